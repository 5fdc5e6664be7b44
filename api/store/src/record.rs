//! The records of a co-op in their order: what anchors cover.

use diesel::sql_types::{Array, BigInt, Binary, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::hash::{Hash32, keccak256};
use governance::record::{
    BylawsV1, ClaimRootV1, ContributionsV1, DelegationV1, KeyRegistrationV1, PayoutV1, ProposalV1, Record as _, TallyV1,
};

use crate::log::{LogEntry, log_append};
use crate::{CoopTx, StoreError};

/// The types of which records are numbered and anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// Bylaws were adopted.
    Bylaws,
    /// A key was registered.
    KeyRegistration,
    /// Voting opened.
    Proposal,
    /// A result was published.
    Tally,
    /// A member gave a delegation or took one back.
    Delegation,
    /// A payout cycle was posted.
    Payout,
    /// A root was released, or a contract shows one that nobody released.
    ClaimRoot,
    /// Somebody brought in a snapshot of contributions.
    Contributions,
}

impl RecordKind {
    /// The name of the type, as it stands in rows and as what the tag of a leaf hashes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bylaws => "BylawsV1",
            Self::KeyRegistration => "KeyRegistrationV1",
            Self::Proposal => "ProposalV1",
            Self::Tally => "TallyV1",
            Self::Delegation => "DelegationV1",
            Self::Payout => "PayoutV1",
            Self::ClaimRoot => "ClaimRootV1",
            Self::Contributions => "ContributionsV1",
        }
    }

    /// What its entry in the log says of its type.
    fn type_hash(self) -> Hash32 {
        let type_string = match self {
            Self::Bylaws => BylawsV1::TYPE,
            Self::KeyRegistration => KeyRegistrationV1::TYPE,
            Self::Proposal => ProposalV1::TYPE,
            Self::Tally => TallyV1::TYPE,
            Self::Delegation => DelegationV1::TYPE,
            Self::Payout => PayoutV1::TYPE,
            Self::ClaimRoot => ClaimRootV1::TYPE,
            Self::Contributions => ContributionsV1::TYPE,
        };
        keccak256(type_string.as_bytes())
    }
}

/// A record that is about to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord {
    /// Its type.
    pub kind: RecordKind,
    /// What it is about, as a word.
    pub subject: Hash32,
    /// Its struct hash.
    pub record_hash: Hash32,
}

/// A record as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct RecordRow {
    /// Its place among the records of the co-op, from 1 without a gap.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// The name of its type.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// What it is about, as a word.
    #[diesel(sql_type = Binary)]
    pub subject: Vec<u8>,
    /// Its struct hash.
    #[diesel(sql_type = Binary)]
    pub record_hash: Vec<u8>,
    /// When it was added.
    #[diesel(sql_type = Timestamptz)]
    pub at: chrono::DateTime<chrono::Utc>,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    size: i64,
}

/// Adds a record, to the log too, and gives its sequence number. Transactions that add to one co-op wait for each other here, so
/// take this late.
///
/// # Errors
/// If the database fails.
pub async fn record_append(tx: &mut CoopTx, record: NewRecord) -> Result<i64, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let head: Size = sql_query(
        "-- record_append, head
        INSERT INTO record_head AS head (coop_id, size) VALUES ($1, 1)
        ON CONFLICT (coop_id) DO UPDATE SET size = head.size + 1
        RETURNING size",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await?;
    sql_query(
        "-- record_append
        INSERT INTO record (coop_id, sequence, tag, subject, record_hash, kind, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(head.size)
    .bind::<Binary, _>(&governance::record::tag(record.kind.name()).as_bytes()[..])
    .bind::<Binary, _>(&record.subject.as_bytes()[..])
    .bind::<Binary, _>(&record.record_hash.as_bytes()[..])
    .bind::<Text, _>(record.kind.name())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    let entry = LogEntry {
        type_hash: record.kind.type_hash(),
        record_hash: record.record_hash,
    };
    log_append(tx, &[entry]).await?;
    Ok(head.size)
}

/// A subject and the struct hash of its record.
pub type SubjectAndHash = (Hash32, Hash32);

/// Adds many records of one kind in their order, to the log too, in three statements, and gives the sequence number of the first.
///
/// # Errors
/// If the database fails.
pub async fn record_append_many(
    tx: &mut CoopTx,
    kind: RecordKind,
    records: &[SubjectAndHash],
) -> Result<i64, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let count = i64::try_from(records.len()).unwrap_or(i64::MAX);
    let head: Size = sql_query(
        "-- record_append_many, head
        INSERT INTO record_head AS head (coop_id, size) VALUES ($1, $2)
        ON CONFLICT (coop_id) DO UPDATE SET size = head.size + $2
        RETURNING size",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(count)
    .get_result(tx.connection())
    .await?;
    let first = head.size.saturating_sub(count).saturating_add(1);
    let subjects: Vec<&[u8]> = records.iter().map(|(subject, _)| &subject.as_bytes()[..]).collect();
    let hashes: Vec<&[u8]> = records.iter().map(|(_, hash)| &hash.as_bytes()[..]).collect();
    sql_query(
        "-- record_append_many
        INSERT INTO record (coop_id, sequence, tag, subject, record_hash, kind, recorded_by)
        SELECT $1, $2 + place - 1, $3, subject, record_hash, $4, $5
        FROM unnest($6, $7) WITH ORDINALITY AS new (subject, record_hash, place)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(first)
    .bind::<Binary, _>(&governance::record::tag(kind.name()).as_bytes()[..])
    .bind::<Text, _>(kind.name())
    .bind::<Text, _>(name)
    .bind::<Array<Binary>, _>(subjects)
    .bind::<Array<Binary>, _>(hashes)
    .execute(tx.connection())
    .await?;
    let type_hash = kind.type_hash();
    let entries: Vec<LogEntry> = records
        .iter()
        .map(|(_, record_hash)| LogEntry {
            type_hash,
            record_hash: *record_hash,
        })
        .collect();
    log_append(tx, &entries).await?;
    Ok(first)
}

/// The records of the co-op after `after`, in their order.
///
/// # Errors
/// If the database fails.
pub async fn record_list(tx: &mut CoopTx, after: i64, limit: i64) -> Result<Vec<RecordRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- record_list
        SELECT sequence, kind, subject, record_hash, at FROM record
        WHERE coop_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
