//! Bundles: all the evidence of a decision in one file, streamed from one snapshot of the database.
//!
//! A bundle is written page by page into a channel and never held whole, so it may be larger than memory. Whoever reads it
//! slowly slows its writing down; whoever stops reading is cut off before the database would give up the idle transaction.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use governance::hash::{Hash32, to_hex};
use governance::id::{CoopId, MemberId, ProposalId};
use governance::record::{BallotV1, Domain};
use store::CoopTx;
use store::coop::{CoopRow, coop_get};
use store::decision::ballot::{ListedBallotRow, ballots_fetch, ballots_open};
use store::decision::proposal::{ProposalRow, proposal_lot_secret, proposal_read};
use store::decision::tally::{LotRow, TallyRow, lot_read, tally_read};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::time::timeout;
use wire::bundle::{
    BallotLine, BundleBeacon, BundleCoop, BundleDomain, BundleError, BundleKey, BundleType, BundleWriter, FORMAT,
    HeaderLine, KIND_DECISION, LotLine, Named, ProposalLine, RollLine, RuleLine, TallyLine, VERSION,
};
use wire::decision::TallyRecord;

use crate::app::App;
use crate::problem::Problem;
use crate::services::bundle_anchors::anchor_lines;
use crate::services::decision_rows::{
    Frozen, RowDamage, domain, frozen, number, proposal_record, rule, signature_kind, timestamp, word,
};
use crate::services::proposals::{Asking, visible};
use crate::services::published::not_counted_yet;
use crate::services::rolls::{RollFault, RollReader};

/// Members of the roll that are read at once.
const ROLL_PAGE: i64 = 500;
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
    /// A line does not fit the format.
    #[error("a line of a bundle could not be written")]
    Line(#[from] BundleError),
    /// Compression failed.
    #[error("a bundle could not be compressed")]
    Compression(#[from] io::Error),
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

async fn write(
    app: &App,
    mut tx: CoopTx,
    head: &Head,
    sender: &mpsc::Sender<Result<Vec<u8>, BundleFault>>,
) -> Result<(), BundleFault> {
    let outlet = Outlet::default();
    let compressor = GzEncoder::new(outlet.clone(), Compression::fast());
    let mut writer = BundleWriter::new(compressor, &header_line(app, head)?)?;
    writer.write(&rule_line(head)?)?;
    writer.write(&proposal_line(head)?)?;
    let proposal = ProposalId::from_uuid(head.row.id);
    let mut roll = RollReader::new(proposal, ROLL_PAGE);
    loop {
        let entries = roll.next(&mut tx).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            writer.write(&roll_line(entry))?;
        }
        outlet.send(sender).await?;
    }
    let marker = head.row.close_marker.ok_or(RowDamage("close_marker"))?;
    ballots_open(&mut tx, proposal, marker).await?;
    loop {
        let rows = ballots_fetch(&mut tx).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            writer.write(&ballot_line(head, row)?)?;
        }
        outlet.send(sender).await?;
    }
    writer.write(&lot_line(head)?)?;
    writer.write(&tally_line(head)?)?;
    for line in anchor_lines(&mut tx, proposal).await? {
        writer.write(&line)?;
    }
    tx.commit().await?;
    writer.finish(|digest| app.secrets.attest(digest))?.finish()?;
    outlet.send(sender).await
}

fn header_line(app: &App, head: &Head) -> Result<HeaderLine, RowDamage> {
    Ok(HeaderLine {
        section: Named,
        format: FORMAT.to_owned(),
        version: VERSION,
        kind: KIND_DECISION.to_owned(),
        coop: BundleCoop {
            id: head.coop_id,
            slug: head.coop.slug.clone(),
            name: head.coop.name.clone(),
        },
        namespace: head.domain.namespace,
        domain: BundleDomain {
            name: Domain::NAME.to_owned(),
            version: Domain::VERSION.to_owned(),
            chain_id: head.domain.chain.map(|chain| chain.chain_id),
            verifying_contract: head.domain.chain.map(|chain| to_hex(&chain.contract)),
        },
        registrar: head.coop.registrar.as_deref().map(to_hex),
        server_key: app.secrets.server_key().to_string(),
        log: None,
        types: BundleType::all(),
    })
}

fn rule_line(head: &Head) -> Result<RuleLine, RowDamage> {
    let rule = rule(&head.row)?;
    Ok(RuleLine {
        section: Named,
        record: rule.record(head.domain.namespace, head.frozen.rule_salt),
        rule,
        sentence: rule.sentence(),
    })
}

fn proposal_line(head: &Head) -> Result<ProposalLine, RowDamage> {
    Ok(ProposalLine {
        section: Named,
        record: proposal_record(&head.row, head.domain.namespace, &head.frozen)?,
        title: head.row.title.clone(),
        body: head.row.body.clone(),
        options: head.row.options.clone(),
        kind: head.row.kind.clone(),
        bylaws_version: number(head.row.bylaws_version, "bylaws_version")?,
        log_index: None,
    })
}

fn roll_line(entry: governance::roll::RollEntry) -> RollLine {
    let key = |key: governance::roll::RollKey| BundleKey {
        kind: key.public_key.kind().into(),
        public_key: key.public_key.to_string(),
        registered_sequence: key.registered_sequence,
    };
    RollLine {
        section: Named,
        voter: entry.voter,
        weight: entry.weight,
        keys: entry.keys.into_iter().map(key).collect(),
    }
}

fn ballot_line(head: &Head, listed: ListedBallotRow) -> Result<BallotLine, RowDamage> {
    let ListedBallotRow { ballot: row, is_last } = listed;
    let proposal_hash = head.row.record_hash.as_deref().ok_or(RowDamage("record_hash"))?;
    Ok(BallotLine {
        section: Named,
        record: BallotV1 {
            namespace: head.domain.namespace,
            proposal: ProposalId::from_uuid(head.row.id).word(),
            proposal_hash: word(proposal_hash, "record_hash")?,
            voter: MemberId::from_uuid(row.member_id).word(),
            revision: number(row.revision, "revision")?,
            options: row.options.iter().map(|option| option.cast_unsigned()).collect(),
            points: row.points.iter().map(|points| points.cast_unsigned()).collect(),
            reason: row
                .reason
                .as_ref()
                .map_or(Hash32::ZERO, |reason| governance::hash::keccak256(reason.as_bytes())),
            salt: word(&row.salt, "salt")?,
        },
        reason: row.reason,
        kind: signature_kind(row.kind)?.into(),
        public_key: to_hex(&row.public_key),
        signature: to_hex(&row.signature),
        sequence: number(row.sequence, "sequence")?,
        at: timestamp(row.cast_at).0,
        counted: is_last,
        log_index: None,
    })
}

fn lot_line(head: &Head) -> Result<LotLine, RowDamage> {
    let beacon = head.lot.as_ref().and_then(|lot| {
        Some((
            lot.beacon_block_number?,
            lot.beacon_block_hash.as_deref()?,
            lot.beacon_timestamp?,
        ))
    });
    Ok(LotLine {
        section: Named,
        lot_secret: head.lot_secret,
        beacon: beacon
            .map(|(block_number, hash, at)| {
                Ok::<_, RowDamage>(BundleBeacon {
                    block_number: number(block_number, "beacon_block_number")?,
                    block_hash: word(hash, "beacon_block_hash")?,
                    timestamp: number(at, "beacon_timestamp")?,
                })
            })
            .transpose()?,
    })
}

fn tally_line(head: &Head) -> Result<TallyLine, RowDamage> {
    let tally = &head.tally;
    let record: TallyRecord = serde_json::from_value(tally.record.clone()).map_err(|_| RowDamage("record"))?;
    let count = tally.count.clone().map(serde_json::from_value).transpose();
    Ok(TallyLine {
        section: Named,
        record: record.0,
        outcome: governance::rule::Outcome::from_name(&tally.outcome).ok_or(RowDamage("outcome"))?,
        reasons: tally.reasons.clone(),
        signed_ballots: number(i64::from(tally.signed_ballots), "signed_ballots")?,
        attested_ballots: number(i64::from(tally.attested_ballots), "attested_ballots")?,
        count: count.map_err(|_| RowDamage("count"))?,
        log_index: None,
    })
}
