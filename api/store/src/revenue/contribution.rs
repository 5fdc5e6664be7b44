//! What members contributed: snapshots, their lines, disputes and what became of them.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{ContributionId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ContributionRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What is counted.
    #[diesel(sql_type = Text)]
    pub metric: String,
    /// The first day counted.
    #[diesel(sql_type = Date)]
    pub starts_on: NaiveDate,
    /// The last day counted.
    #[diesel(sql_type = Date)]
    pub ends_on: NaiveDate,
    /// Where the figures come from.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// The snapshot that it corrects.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub replaces: Option<Uuid>,
    /// The snapshot that corrects it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub replaced_by: Option<Uuid>,
    /// How many members have a line.
    #[diesel(sql_type = Integer)]
    pub line_count: i32,
    /// SHA-256 over it and its lines.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// Who brought it in.
    #[diesel(sql_type = SqlUuid)]
    pub submitted_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub submitted_at: DateTime<Utc>,
    /// Until when members may dispute it.
    #[diesel(sql_type = Timestamptz)]
    pub challenge_until: DateTime<Utc>,
    /// How many disputes nobody has decided yet.
    #[diesel(sql_type = BigInt)]
    pub disputes_open: i64,
    /// How many were upheld.
    #[diesel(sql_type = BigInt)]
    pub disputes_upheld: i64,
    /// What the member has who asks; `None` without a line.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub own: Option<i64>,
    /// The struct hash of its record; `None` where it was brought in before there were any.
    #[diesel(sql_type = Nullable<Binary>)]
    pub record_hash: Option<Vec<u8>>,
    /// The salt of its record.
    #[diesel(sql_type = Nullable<Binary>)]
    pub record_salt: Option<Vec<u8>>,
    /// The kind of the key that signed that record; `None` where nobody did.
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub signature_kind: Option<i16>,
    /// The key.
    #[diesel(sql_type = Nullable<Binary>)]
    pub signature_key: Option<Vec<u8>>,
    /// The signature.
    #[diesel(sql_type = Nullable<Binary>)]
    pub signature: Option<Vec<u8>>,
    /// When it was given.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub signed_at: Option<DateTime<Utc>>,
}

/// A snapshot to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct NewContribution<'a> {
    /// Its identifier.
    pub id: ContributionId,
    /// What is counted.
    pub metric: &'a str,
    /// The first and the last day counted.
    pub days: (NaiveDate, NaiveDate),
    /// Where the figures come from.
    pub source: &'a str,
    /// The snapshot that it corrects.
    pub replaces: Option<ContributionId>,
    /// Its lines, in the order of members.
    pub lines: &'a [(MemberId, i64)],
    /// SHA-256 over it and its lines.
    pub digest: Hash32,
    /// Who brings it in.
    pub submitted_by: MemberId,
    /// When, and until when members may dispute it.
    pub times: (DateTime<Utc>, DateTime<Utc>),
    /// The struct hash of its record, and the salt.
    pub record: (Hash32, Hash32),
}

/// A dispute, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DisputeRow {
    /// Whose.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// What the snapshot says; `None` without a line.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub counted: Option<i64>,
    /// What it should be.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub claimed: Option<i64>,
    /// Why.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub raised_at: DateTime<Utc>,
    /// Whether the member is right; `None` while it is open.
    #[diesel(sql_type = Nullable<Bool>)]
    pub is_upheld: Option<bool>,
    /// Why it was decided so.
    #[diesel(sql_type = Nullable<Text>)]
    pub ruling: Option<String>,
    /// Who decided.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub ruled_by: Option<Uuid>,
}

const COLUMNS: &str = "SELECT header.id, header.metric, header.starts_on, header.ends_on, header.source, header.replaces,
        (SELECT other.id FROM contribution_snapshot AS other WHERE other.coop_id = $1 AND other.replaces = header.id) AS replaced_by,
        header.line_count, header.digest, header.submitted_by, header.submitted_at, header.challenge_until,
        (SELECT count(*) FROM contribution_dispute AS dispute WHERE dispute.coop_id = $1 AND dispute.snapshot_id = header.id
            AND NOT EXISTS (SELECT FROM contribution_ruling AS ruling WHERE ruling.coop_id = $1 AND ruling.snapshot_id = header.id
                AND ruling.member_id = dispute.member_id)) AS disputes_open,
        (SELECT count(*) FROM contribution_ruling AS ruling WHERE ruling.coop_id = $1 AND ruling.snapshot_id = header.id
            AND ruling.is_upheld) AS disputes_upheld,
        (SELECT line.count FROM contribution_line AS line WHERE line.coop_id = $1 AND line.snapshot_id = header.id
            AND line.member_id = $2) AS own, told.record_hash, told.salt AS record_salt,
        key.kind AS signature_kind, key.public_key AS signature_key, signed.signature, signed.signed_at
    FROM contribution_snapshot AS header
    LEFT JOIN contribution_record AS told ON told.coop_id = $1 AND told.snapshot_id = header.id
    LEFT JOIN contribution_signature AS signed ON signed.coop_id = $1 AND signed.snapshot_id = header.id
    LEFT JOIN voting_key AS key ON key.coop_id = $1 AND key.id = signed.key_id
    WHERE header.coop_id = $1";

/// A snapshot, as a member sees it.
///
/// # Errors
/// If the database fails.
pub async fn contribution_get(
    tx: &mut CoopTx,
    id: ContributionId,
    member: MemberId,
) -> Result<Option<ContributionRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!("-- contribution_get\n{COLUMNS} AND header.id = $3"))
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(member.uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .get_result(tx.connection())
        .await
        .optional()
        .map_err(StoreError::from)
}

/// Snapshots after this one, in the order of identifiers, as a member sees them.
///
/// # Errors
/// If the database fails.
pub async fn contribution_list(
    tx: &mut CoopTx,
    member: MemberId,
    (after, limit): (Uuid, i64),
) -> Result<Vec<ContributionRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- contribution_list\n{COLUMNS} AND header.id > $3 ORDER BY header.id LIMIT $4"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Those of these members that the co-op has or had.
///
/// # Errors
/// If the database fails.
pub async fn members_known(tx: &mut CoopTx, members: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    #[derive(QueryableByName)]
    struct Known {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let coop = tx.coop().uuid();
    let rows: Vec<Known> = sql_query(
        "-- members_known
        SELECT id FROM member WHERE coop_id = $1 AND id = ANY ($2) ORDER BY id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(members)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Records a snapshot with its lines. Whether they are what it says is looked at when the transaction commits.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `contribution_is_replaced_once` where another correction came first.
pub async fn contribution_insert(tx: &mut CoopTx, new: NewContribution<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- contribution_insert
        INSERT INTO contribution_snapshot (coop_id, id, metric, starts_on, ends_on, source, replaces, line_count, digest, submitted_by,
            submitted_at, challenge_until, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(new.metric)
    .bind::<Date, _>(new.days.0)
    .bind::<Date, _>(new.days.1)
    .bind::<Text, _>(new.source)
    .bind::<Nullable<SqlUuid>, _>(new.replaces.map(|id| id.uuid()))
    .bind::<Integer, _>(i32::try_from(new.lines.len()).unwrap_or(i32::MAX))
    .bind::<Binary, _>(new.digest.as_bytes().as_slice())
    .bind::<SqlUuid, _>(new.submitted_by.uuid())
    .bind::<Timestamptz, _>(new.times.0)
    .bind::<Timestamptz, _>(new.times.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- contribution_insert, record
        INSERT INTO contribution_record (coop_id, snapshot_id, record_hash, salt, recorded_by) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Binary, _>(new.record.0.as_bytes().as_slice())
    .bind::<Binary, _>(new.record.1.as_bytes().as_slice())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- contribution_insert, lines
        INSERT INTO contribution_line (coop_id, snapshot_id, line, member_id, count)
        SELECT $1, $2, place, member, count FROM unnest($3, $4) WITH ORDINALITY AS line (member, count, place)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Array<SqlUuid>, _>(new.lines.iter().map(|(member, _)| member.uuid()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.lines.iter().map(|(_, count)| *count).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Adds a dispute; false where the member disputes it already.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `contribution_dispute_comes_in_time` after the time for it.
pub async fn dispute_insert(
    tx: &mut CoopTx,
    (id, member): (ContributionId, MemberId),
    (claimed, reason, at): (Option<i64>, &str, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- dispute_insert
        INSERT INTO contribution_dispute (coop_id, snapshot_id, member_id, claimed, reason, raised_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (coop_id, snapshot_id, member_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Nullable<BigInt>, _>(claimed)
    .bind::<Text, _>(reason)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}

/// The disputes of a snapshot, or one member's.
///
/// # Errors
/// If the database fails.
pub async fn dispute_list(
    tx: &mut CoopTx,
    id: ContributionId,
    member: Option<MemberId>,
) -> Result<Vec<DisputeRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- dispute_list
        SELECT dispute.member_id, line.count AS counted, dispute.claimed, dispute.reason, dispute.raised_at, ruling.is_upheld,
            ruling.reason AS ruling, ruling.ruled_by
        FROM contribution_dispute AS dispute
        LEFT JOIN contribution_line AS line ON line.coop_id = $1 AND line.snapshot_id = $2 AND line.member_id = dispute.member_id
        LEFT JOIN contribution_ruling AS ruling ON ruling.coop_id = $1 AND ruling.snapshot_id = $2
            AND ruling.member_id = dispute.member_id
        WHERE dispute.coop_id = $1 AND dispute.snapshot_id = $2 AND dispute.member_id = coalesce($3, dispute.member_id)
        ORDER BY dispute.raised_at, dispute.member_id LIMIT 1000",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<Nullable<SqlUuid>, _>(member.map(|member| member.uuid()))
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Decides a dispute; false where it is decided.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `contribution_ruling_is_by_somebody_else` where the decider brought the figures
/// in, or is the member.
pub async fn ruling_insert(
    tx: &mut CoopTx,
    (id, member): (ContributionId, MemberId),
    (is_upheld, reason): (bool, &str),
    (by, at): (MemberId, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- ruling_insert
        INSERT INTO contribution_ruling (coop_id, snapshot_id, member_id, is_upheld, reason, ruled_by, ruled_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (coop_id, snapshot_id, member_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Bool, _>(is_upheld)
    .bind::<Text, _>(reason)
    .bind::<SqlUuid, _>(by.uuid())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}
