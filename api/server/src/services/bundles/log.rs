//! The log in a bundle: where each record stands, what happened to the proposal, and the proof of both under one checkpoint.

use std::collections::HashMap;

use governance::hash::Hash32;
use governance::id::ProposalId;
use governance::log::VerifierKey;
use governance::log::cover::cover_plan;
use governance::log::proof::TreeHead;
use governance::log::tile::TileHashes;
use governance::record::EventV1;
use store::CoopTx;
use store::coop::CoopRow;
use store::decision::evidence::{SubjectEventRow, events_of_subject, log_indexes};
use store::log::log_peek;
use wire::bundle::{COVER_HASHES_MAX, CheckpointLine, CoverLine, EventLine, Named, SectionLine as _};

use super::{BundleFault, Head, Stream};
use crate::app::App;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number, timestamp, word};
use crate::services::log::folder::LogFolder;
use crate::services::{coops, log};

/// The log of the co-op as the snapshot knows it.
pub(super) struct LogView {
    /// The key that signs it, under its name.
    pub(super) key: VerifierKey,
    namespace: Hash32,
    /// How many leaves are known to be published.
    published: i64,
    /// Whether the database and the published files disagree, or might.
    is_refused: bool,
}

impl LogView {
    /// Reads how far the log is.
    pub(super) async fn read(app: &App, tx: &mut CoopTx, coop: &CoopRow) -> Result<Self, Problem> {
        let namespace = coops::namespace(coop)?;
        let head = log_peek(tx).await?;
        Ok(Self {
            key: log::verifier_key(app, namespace).map_err(Problem::internal)?,
            namespace,
            published: head.as_ref().map_or(0, |head| head.published_size),
            is_refused: head.is_some_and(|head| head.refused.is_some()),
        })
    }

    /// Looks up where these records stand in what is published.
    pub(super) async fn find(
        &self,
        tx: &mut CoopTx,
        record_hashes: &[&[u8]],
    ) -> Result<HashMap<Vec<u8>, i64>, BundleFault> {
        Ok(log_indexes(tx, self.published, record_hashes).await?)
    }
}

/// The places of records in the log, as they are found: what the bundle claims, 8 bytes for each.
#[derive(Default)]
pub(super) struct LogPlaces {
    indexes: Vec<u64>,
    /// Whether some record has none that is published.
    is_incomplete: bool,
}

impl LogPlaces {
    /// The place of one of the records that were looked up; the bundle then claims it.
    pub(super) fn take(&mut self, found: &HashMap<Vec<u8>, i64>, record_hash: &[u8]) -> Result<Option<u64>, RowDamage> {
        let index = found.get(record_hash).map(|index| number(*index, "log_index"));
        let index = index.transpose()?;
        self.indexes.extend(index);
        self.is_incomplete |= index.is_none();
        Ok(index)
    }
}

/// Everything that happened to the proposal, in the order of the section.
pub(super) async fn event_lines(
    tx: &mut CoopTx,
    head: &Head,
    places: &mut LogPlaces,
) -> Result<Vec<EventLine>, BundleFault> {
    let rows = events_of_subject(tx, head.row.id).await?;
    let hashes: Vec<&[u8]> = rows.iter().map(|row| row.record_hash.as_slice()).collect();
    let found = head.log.find(tx, &hashes).await?;
    let mut lines = rows
        .iter()
        .map(|row| event_line(head, row, places.take(&found, &row.record_hash)?))
        .collect::<Result<Vec<EventLine>, RowDamage>>()?;
    lines.sort_by_cached_key(EventLine::rank);
    Ok(lines)
}

fn event_line(head: &Head, row: &SubjectEventRow, log_index: Option<u64>) -> Result<EventLine, RowDamage> {
    let (words, rest) = row.words.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(RowDamage("words"));
    }
    Ok(EventLine {
        section: Named,
        record: EventV1 {
            namespace: head.domain.namespace,
            kind: number(i64::from(row.kind), "kind")?,
            subject: ProposalId::from_uuid(head.row.id).word(),
            payload: word(&row.payload, "payload")?,
            at: timestamp(row.at).0,
            salt: word(&row.salt, "salt")?,
        },
        facts: words.iter().copied().map(Hash32::from_bytes).collect(),
        log_index,
    })
}

/// Writes the newest checkpoint and the cover of everything that the bundle claims; nothing where a record has no published place.
pub(super) async fn write_proof(
    app: &App,
    stream: &mut Stream<'_>,
    log: &LogView,
    places: LogPlaces,
) -> Result<(), BundleFault> {
    let folder = LogFolder::of(&app.config.log.folder, log.namespace);
    let Some((head, note)) = checkpoint(&folder, log, &places) else {
        return Ok(());
    };
    stream.write(&CheckpointLine { section: Named, note })?;
    let mut indexes = places.indexes;
    indexes.sort_unstable();
    let mut cover = cover_plan(indexes, head.size)?.read(TileHashes::new(&folder, head.size));
    loop {
        let mut hashes = Vec::with_capacity(COVER_HASHES_MAX);
        while hashes.len() < COVER_HASHES_MAX
            && let Some(hash) = cover.next_hash()?
        {
            hashes.push(hash);
        }
        if hashes.is_empty() {
            break;
        }
        stream.write(&CoverLine { section: Named, hashes })?;
        stream.send().await?;
    }
    // Damaged tiles would make a bundle that accuses the server of what it has not done.
    if cover.root() == Some(head.root) {
        Ok(())
    } else {
        Err(BundleFault::Root)
    }
}

/// The checkpoint under which everything stands that the bundle claims.
fn checkpoint(folder: &LogFolder, log: &LogView, places: &LogPlaces) -> Option<(TreeHead, String)> {
    // While the published log disagrees with the database, no place is certain. The rest of the bundle is evidence all the same.
    if places.is_incomplete || log.is_refused {
        return None;
    }
    let published = u64::try_from(log.published).ok()?;
    match folder.checkpoint(&log.key) {
        Ok(found) => found.filter(|(head, _)| head.size >= published),
        Err(fault) => {
            tracing::error!(error.cause = %fault, "a bundle is written without the checkpoint, which cannot be read");
            None
        }
    }
}
