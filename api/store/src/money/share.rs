//! The register of shares. A move stands as long as its transaction is not undone.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{JournalId, MemberId, ShareMovementId};
use governance::money::ShareMove;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A move of shares.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ShareMovementRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Whose shares.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How they move.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub shares: i64,
    /// What they cost, in units of the currency.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// When it takes effect.
    #[diesel(sql_type = Date)]
    pub effective_on: NaiveDate,
    /// From when they may be refunded.
    #[diesel(sql_type = Nullable<Date>)]
    pub due_on: Option<NaiveDate>,
    /// The terms under which they moved.
    #[diesel(sql_type = BigInt)]
    pub terms_version: i64,
    /// The transaction that posted it.
    #[diesel(sql_type = SqlUuid)]
    pub journal_id: Uuid,
    /// When it was written.
    #[diesel(sql_type = Timestamptz)]
    pub recorded_at: DateTime<Utc>,
    /// Who recorded it.
    #[diesel(sql_type = SqlUuid)]
    pub actor_id: Uuid,
    /// Whether its transaction is undone.
    #[diesel(sql_type = Bool)]
    pub is_undone: bool,
}

/// A move to record.
#[derive(Debug, Clone, Copy)]
pub struct NewShareMovement<'a> {
    /// Its identifier.
    pub id: ShareMovementId,
    /// Whose shares.
    pub member: MemberId,
    /// How they move.
    pub kind: ShareMove,
    /// How many.
    pub shares: i64,
    /// What they cost.
    pub amount: i64,
    /// The currency.
    pub currency: &'a str,
    /// When it takes effect.
    pub effective_on: NaiveDate,
    /// From when they may be refunded.
    pub due_on: Option<NaiveDate>,
    /// The terms under which they move.
    pub terms_version: i64,
    /// The transaction that posts it.
    pub journal: JournalId,
    /// Who records it.
    pub actor: MemberId,
}

/// What a member holds.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct HoldingRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Promised and not paid.
    #[diesel(sql_type = BigInt)]
    pub unpaid: i64,
    /// Paid up.
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
    /// Given back and not refunded.
    #[diesel(sql_type = BigInt)]
    pub leaving: i64,
    /// The day of the first move.
    #[diesel(sql_type = Date)]
    pub since: NaiveDate,
}

const COLUMNS: &str = "movement.id, movement.member_id, movement.kind, movement.shares, movement.amount, movement.currency,
    movement.effective_on, movement.due_on, movement.terms_version, movement.journal_id, movement.recorded_at, movement.actor_id,
    EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1 AND undoing.reverses = movement.journal_id) AS is_undone";

/// The register as it stood at the end of a day, by members; who never had a share does not stand in it. A move that was undone stands up to
/// the day on which its undoing takes effect.
///
/// # Errors
/// If the database fails.
pub async fn holdings_on(tx: &mut CoopTx, day: NaiveDate) -> Result<Vec<HoldingRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- holdings_on
        WITH standing AS (
            SELECT movement.member_id, movement.kind, movement.shares, movement.effective_on FROM share_movement AS movement
            WHERE movement.coop_id = $1 AND movement.effective_on <= $2
              AND NOT EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1
                              AND undoing.reverses = movement.journal_id AND undoing.effective_on <= $2)),
        sums AS (
            SELECT member_id, min(effective_on) AS since,
                coalesce(sum(shares) FILTER (WHERE kind = 'subscribed'), 0)
                    - coalesce(sum(shares) FILTER (WHERE kind IN ('paid', 'waived')), 0) AS unpaid,
                coalesce(sum(shares) FILTER (WHERE kind = 'paid'), 0)
                    - coalesce(sum(shares) FILTER (WHERE kind = 'withdrawn'), 0) AS paid,
                coalesce(sum(shares) FILTER (WHERE kind = 'withdrawn'), 0)
                    - coalesce(sum(shares) FILTER (WHERE kind = 'refunded'), 0) AS leaving
            FROM standing GROUP BY member_id)
        SELECT sums.member_id, member.display_name AS name, sums.unpaid::bigint AS unpaid, sums.paid::bigint AS paid,
            sums.leaving::bigint AS leaving, sums.since
        FROM sums JOIN member ON member.coop_id = $1 AND member.id = sums.member_id ORDER BY sums.member_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Date, _>(day)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The moves before the one with this identifier, the newest first; those of one member where one is named.
///
/// # Errors
/// If the database fails.
pub async fn movement_list(
    tx: &mut CoopTx,
    (before, limit): (Uuid, i64),
    member: Option<MemberId>,
) -> Result<Vec<ShareMovementRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- movement_list
        SELECT {COLUMNS} FROM share_movement AS movement
        WHERE movement.coop_id = $1 AND movement.id < $2 AND ($3 IS NULL OR movement.member_id = $3)
        ORDER BY movement.id DESC LIMIT $4"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(before)
    .bind::<Nullable<SqlUuid>, _>(member.map(|member| member.uuid()))
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The moves that stand, of one member or of all, by days.
///
/// # Errors
/// If the database fails.
pub async fn movements_of(tx: &mut CoopTx, member: Option<MemberId>) -> Result<Vec<ShareMovementRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- movements_of
        SELECT {COLUMNS} FROM share_movement AS movement
        WHERE movement.coop_id = $1 AND ($2 IS NULL OR movement.member_id = $2)
          AND NOT EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1 AND undoing.reverses = movement.journal_id)
        ORDER BY movement.member_id, movement.effective_on, movement.id"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Nullable<SqlUuid>, _>(member.map(|member| member.uuid()))
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Records a move that was posted.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] with the rule that refuses it.
pub async fn movement_insert(tx: &mut CoopTx, new: NewShareMovement<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- movement_insert
        INSERT INTO share_movement (coop_id, id, member_id, kind, shares, amount, currency, effective_on, due_on, terms_version,
            journal_id, actor_id, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<SqlUuid, _>(new.member.uuid())
    .bind::<Text, _>(new.kind.name())
    .bind::<BigInt, _>(new.shares)
    .bind::<BigInt, _>(new.amount)
    .bind::<Text, _>(new.currency)
    .bind::<Date, _>(new.effective_on)
    .bind::<Nullable<Date>, _>(new.due_on)
    .bind::<BigInt, _>(new.terms_version)
    .bind::<SqlUuid, _>(new.journal.uuid())
    .bind::<SqlUuid, _>(new.actor.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
