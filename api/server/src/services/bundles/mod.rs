//! Bundles: all the evidence of a decision in one file, streamed from one snapshot of the database.
//!
//! A bundle is written page by page into a channel and never held whole, so it may be larger than memory. Whoever reads it
//! slowly slows its writing down; whoever stops reading is cut off before the database would give up the idle transaction.

mod anchors;
mod lines;
mod log;

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use governance::hash::Hash32;
use governance::id::{CoopId, ProposalId};
use governance::log::CoverRefusal;
use governance::log::tile::TileFault;
use governance::record::Domain;
use store::CoopTx;
use store::coop::{CoopRow, coop_get};
use store::decision::ballot::{ballots_fetch, ballots_open};
use store::decision::delegated::proxy_ballots_last;
use store::decision::proposal::{ProposalRow, proposal_lot_secret, proposal_read};
use store::decision::roll::roll_members;
use store::decision::tally::{LotRow, TallyRow, lot_read, tally_read};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::time::timeout;
use uuid::Uuid;
use wire::bundle::{BundleError, BundleWriter, KIND_DECISION, SectionLine};

use self::anchors::anchor_lines;
use self::lines::{
    ballot_line, delegation_line, header_line, lot_line, proposal_line, proxy_line, roll_line, rule_line, tally_line,
};
use self::log::{LogPlaces, LogView, event_lines};
use crate::app::App;
use crate::problem::Problem;
use crate::services::decision_rows::{Frozen, RowDamage, domain, frozen, tier, word};
use crate::services::delegated::{DelegatedFault, ReachingReader};
use crate::services::log::folder::FolderFault;
use crate::services::proposals::{Asking, visible};
use crate::services::published::not_counted_yet;
use crate::services::rolls::{RollFault, RollReader};

/// Members of the roll that are read at once.
const ROLL_PAGE: i64 = 500;
/// Proxy ballots that are read at once.
const PROXY_PAGE: i64 = 500;
/// How many bundles are written at once: each holds a connection to the database.
const WRITERS_MAX: usize = 4;
/// The largest piece that is handed on, in bytes.
const PIECE_BYTES_MAX: usize = 64 * 1024;
/// Pieces that wait for a slow reader.
const PIECES_MAX: usize = 32;
/// How long a reader may take for one piece before it is taken to have left: while it hangs, a connection does nothing.
const PIECE_TIME_MAX: Duration = Duration::from_secs(8);

static WRITERS: Semaphore = Semaphore::const_new(WRITERS_MAX);

/// Why a bundle broke off. Its reader sees a file that ends early, which no program takes for a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleFault {
    /// The database failed.
    #[error("the database did not answer a bundle")]
    Store(#[from] store::StoreError),
    /// A row does not hold what it must.
    #[error("a row of a bundle is damaged")]
    Row(#[from] RowDamage),
    /// The delegations cannot be read.
    #[error("the delegations of a bundle cannot be read")]
    Delegated(#[from] DelegatedFault),
    /// A line does not fit the format.
    #[error("a line of a bundle could not be written")]
    Line(#[from] BundleError),
    /// Compression failed.
    #[error("a bundle could not be compressed")]
    Compression(#[from] io::Error),
    /// The published files of the log cannot be read.
    #[error("the published log of a bundle cannot be read")]
    Log(#[from] TileFault<FolderFault>),
    /// The log's places are no places of one tree.
    #[error("records of a bundle have no places in the published log")]
    Places(#[from] CoverRefusal),
    /// The published files of the log are damaged.
    #[error("the published tiles do not lead from the records of a bundle to the root")]
    Root,
    /// Nobody reads on.
    #[error("the reader of a bundle left")]
    ReaderLeft,
}

impl From<RollFault> for BundleFault {
    fn from(fault: RollFault) -> Self {
        match fault {
            RollFault::Store(error) => Self::Store(error),
            RollFault::Row(damage) => Self::Row(damage),
        }
    }
}

/// A bundle on its way.
pub struct Bundle {
    /// Its file name.
    pub name: String,
    /// Its pieces; an error is the last one.
    pub pieces: mpsc::Receiver<Result<Vec<u8>, BundleFault>>,
}

/// What stands at the beginning and shows that there is a bundle at all.
struct Head {
    coop_id: CoopId,
    coop: CoopRow,
    domain: Domain,
    row: ProposalRow,
    frozen: Frozen,
    tally: TallyRow,
    lot: Option<LotRow>,
    lot_secret: Hash32,
    log: LogView,
    /// By member the pseudonym that is published; empty where names are.
    pseudonyms: HashMap<Uuid, Uuid>,
}

/// Starts writing the bundle of a published decision.
///
/// # Errors
/// 404 where the member sees no such proposal, 409 before its count is published, 503 while too many are written.
pub async fn bundle(app: Arc<App>, asking: Asking, proposal: ProposalId) -> Result<Bundle, Problem> {
    let permit = WRITERS.try_acquire().map_err(|_| Problem::busy())?;
    let mut tx = app.store.coop_snapshot("bundle_read", asking.coop).await?;
    let row = visible(&mut tx, asking, proposal).await?;
    start(app, tx, row, permit).await
}

/// Starts writing the bundle of a published decision for the operator, who need be no member.
///
/// # Errors
/// As [`bundle`]; never because of who asks.
pub async fn bundle_for_export(app: Arc<App>, coop: CoopId, proposal: ProposalId) -> Result<Bundle, Problem> {
    let permit = WRITERS.acquire().await.map_err(Problem::internal)?;
    let mut tx = app.store.coop_snapshot("bundle_export", coop).await?;
    let row = proposal_read(&mut tx, proposal).await?.ok_or_else(Problem::not_found)?;
    start(app, tx, row, permit).await
}

async fn start(
    app: Arc<App>,
    mut tx: CoopTx,
    row: ProposalRow,
    permit: SemaphorePermit<'static>,
) -> Result<Bundle, Problem> {
    let proposal = ProposalId::from_uuid(row.id);
    let tally = tally_read(&mut tx, proposal).await?.ok_or_else(not_counted_yet)?;
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let secret = proposal_lot_secret(&mut tx, proposal)
        .await?
        .ok_or(RowDamage("lot_secret"))?;
    let head = Head {
        coop_id: tx.coop(),
        domain: domain(&coop)?,
        frozen: frozen(&row)?.ok_or(RowDamage("record_hash"))?,
        tally,
        lot: lot_read(&mut tx, proposal).await?,
        lot_secret: word(&secret, "lot_secret")?,
        log: LogView::read(&app, &mut tx, &coop).await?,
        pseudonyms: pseudonyms(&mut tx, &row).await?,
        row,
        coop,
    };
    let name = format!("{}-{KIND_DECISION}-{proposal}.rochdale", head.coop.slug);
    let (sender, pieces) = mpsc::channel(PIECES_MAX);
    // Its own thread: compression would keep the requests of this one waiting.
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(write_to(app, tx, head, sender, permit)));
    Ok(Bundle { name, pieces })
}

/// Under which pseudonym each member is published; nothing where members are published under their ids.
async fn pseudonyms(tx: &mut CoopTx, row: &ProposalRow) -> Result<HashMap<Uuid, Uuid>, Problem> {
    let mut pseudonyms = HashMap::new();
    if !tier(row)?.hides_names() {
        return Ok(pseudonyms);
    }
    let mut after = None;
    loop {
        let page = roll_members(tx, ProposalId::from_uuid(row.id), after, ROLL_PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(pseudonyms);
        };
        after = Some(last.member_id);
        pseudonyms.extend(page.iter().map(|row| (row.member_id, row.voter())));
    }
}

async fn write_to(
    app: Arc<App>,
    tx: CoopTx,
    head: Head,
    sender: mpsc::Sender<Result<Vec<u8>, BundleFault>>,
    permit: SemaphorePermit<'static>,
) {
    let written = write(&app, tx, &head, &sender).await;
    drop(permit);
    if let Err(fault) = written {
        if !matches!(fault, BundleFault::ReaderLeft) {
            tracing::error!(error.cause = %causes(&fault), "a bundle broke off");
        }
        let _ = timeout(PIECE_TIME_MAX, sender.send(Err(fault))).await;
    }
}

/// A failure with everything that led to it.
fn causes(fault: &BundleFault) -> String {
    let mut text = fault.to_string();
    let mut source = std::error::Error::source(fault);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Where compressed bytes wait until they are sent.
#[derive(Clone, Default)]
struct Outlet(Arc<Mutex<Vec<u8>>>);

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Outlet {
    async fn send(&self, sender: &mpsc::Sender<Result<Vec<u8>, BundleFault>>) -> Result<(), BundleFault> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for piece in bytes.chunks(PIECE_BYTES_MAX) {
            let sent = timeout(PIECE_TIME_MAX, sender.send(Ok(piece.to_vec()))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return Err(BundleFault::ReaderLeft);
            }
        }
        Ok(())
    }
}

/// A bundle that is being written, and to whom.
struct Stream<'a> {
    writer: BundleWriter<GzEncoder<Outlet>>,
    outlet: Outlet,
    sender: &'a mpsc::Sender<Result<Vec<u8>, BundleFault>>,
}

impl Stream<'_> {
    fn write<L: SectionLine>(&mut self, line: &L) -> Result<(), BundleError> {
        self.writer.write(line)
    }

    /// Hands on what was written.
    async fn send(&self) -> Result<(), BundleFault> {
        self.outlet.send(self.sender).await
    }
}

async fn write(
    app: &App,
    mut tx: CoopTx,
    head: &Head,
    sender: &mpsc::Sender<Result<Vec<u8>, BundleFault>>,
) -> Result<(), BundleFault> {
    let outlet = Outlet::default();
    let compressor = GzEncoder::new(outlet.clone(), Compression::fast());
    let mut stream = Stream {
        writer: BundleWriter::new(compressor, &header_line(app, head)?)?,
        outlet,
        sender,
    };
    let proposal = ProposalId::from_uuid(head.row.id);
    let record_hash = head.row.record_hash.as_deref().ok_or(RowDamage("record_hash"))?;
    let mut places = LogPlaces::default();
    stream.write(&rule_line(head)?)?;
    let found = head.log.find(&mut tx, &[record_hash]).await?;
    stream.write(&proposal_line(head, places.take(&found, record_hash)?)?)?;
    write_roll(&mut stream, &mut tx, &head.row).await?;
    for line in event_lines(&mut tx, head, &mut places).await? {
        stream.write(&line)?;
    }
    write_ballots(&mut stream, &mut tx, head, &mut places).await?;
    // They name members, and do not count where ballots stand under pseudonyms.
    if !tier(&head.row)?.hides_names() {
        write_delegations(&mut stream, &mut tx, head, &mut places).await?;
        write_proxies(&mut stream, &mut tx, head, &mut places).await?;
    }
    stream.write(&lot_line(head)?)?;
    let found = head.log.find(&mut tx, &[&head.tally.record_hash]).await?;
    let log_index = places.take(&found, &head.tally.record_hash)?;
    stream.write(&tally_line(head, log_index)?)?;
    for line in anchor_lines(&mut tx, proposal).await? {
        stream.write(&line)?;
    }
    // What follows is read from published files, so the connection is free for others.
    tx.commit().await?;
    log::write_proof(app, &mut stream, &head.log, places).await?;
    stream.writer.finish(|digest| app.secrets.attest(digest))?.finish()?;
    stream.outlet.send(sender).await
}

async fn write_roll(stream: &mut Stream<'_>, tx: &mut CoopTx, row: &ProposalRow) -> Result<(), BundleFault> {
    let mut roll = RollReader::new(row, ROLL_PAGE)?;
    loop {
        let entries = roll.next(tx).await?;
        if entries.is_empty() {
            return Ok(());
        }
        for entry in entries {
            stream.write(&roll_line(entry))?;
        }
        stream.send().await?;
    }
}

async fn write_delegations(
    stream: &mut Stream<'_>,
    tx: &mut CoopTx,
    head: &Head,
    places: &mut LogPlaces,
) -> Result<(), BundleFault> {
    let mut reader = ReachingReader::new(tx, &head.row, &head.frozen).await?;
    loop {
        let rows = reader.next(tx).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let hashes: Vec<&[u8]> = rows.iter().map(|row| row.record_hash.as_slice()).collect();
        let found = head.log.find(tx, &hashes).await?;
        for row in &rows {
            let log_index = places.take(&found, &row.record_hash)?;
            stream.write(&delegation_line(head, row, log_index)?)?;
        }
        stream.send().await?;
    }
}

async fn write_proxies(
    stream: &mut Stream<'_>,
    tx: &mut CoopTx,
    head: &Head,
    places: &mut LogPlaces,
) -> Result<(), BundleFault> {
    let mut after = (Uuid::nil(), Uuid::nil());
    loop {
        let rows = proxy_ballots_last(tx, ProposalId::from_uuid(head.row.id), after, PROXY_PAGE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.member_id, last.holder_id);
        let hashes: Vec<&[u8]> = rows.iter().map(|row| row.record_hash.as_slice()).collect();
        let found = head.log.find(tx, &hashes).await?;
        for row in &rows {
            let log_index = places.take(&found, &row.record_hash)?;
            stream.write(&proxy_line(head, row, log_index)?)?;
        }
        stream.send().await?;
    }
}

async fn write_ballots(
    stream: &mut Stream<'_>,
    tx: &mut CoopTx,
    head: &Head,
    places: &mut LogPlaces,
) -> Result<(), BundleFault> {
    let marker = head.row.close_marker.ok_or(RowDamage("close_marker"))?;
    ballots_open(tx, ProposalId::from_uuid(head.row.id), marker).await?;
    loop {
        let rows = ballots_fetch(tx).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let hashes: Vec<&[u8]> = rows.iter().map(|row| row.ballot.record_hash.as_slice()).collect();
        let found = head.log.find(tx, &hashes).await?;
        for row in rows {
            let log_index = places.take(&found, &row.ballot.record_hash)?;
            stream.write(&ballot_line(head, row, log_index)?)?;
        }
        stream.send().await?;
    }
}
