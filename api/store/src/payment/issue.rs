//! Cycles that are paid, and their payments.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{JournalId, MemberId, PayoutCycleId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// That a cycle is paid.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct IssueRow {
    /// How many payments.
    #[diesel(sql_type = Integer)]
    pub payments: i32,
    /// What they come to.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// The transaction that set it aside.
    #[diesel(sql_type = SqlUuid)]
    pub journal_id: Uuid,
    /// Who issued it.
    #[diesel(sql_type = SqlUuid)]
    pub issued_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub issued_at: DateTime<Utc>,
}

/// A payment to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewPayment {
    /// Its identifier.
    pub id: Uuid,
    /// To whom.
    pub member: Uuid,
    /// How much.
    pub amount: i64,
}

/// What a payout pays, with its last try and where the member wants to be paid.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PaymentRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// Whether the membership is active, suspended, or has ended.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// How much, in units of the currency.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    /// Whether the cycle was undone.
    #[diesel(sql_type = Bool)]
    pub is_undone: bool,
    /// The last try, from 1.
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub number: Option<i16>,
    /// Its reference.
    #[diesel(sql_type = Nullable<Text>)]
    pub reference: Option<String>,
    /// How it is made.
    #[diesel(sql_type = Nullable<Text>)]
    pub rail: Option<String>,
    /// Where it stands.
    #[diesel(sql_type = Nullable<Text>)]
    pub state: Option<String>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// What came back.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub came_back: Option<i64>,
    /// Its file.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub file_id: Option<Uuid>,
    /// Since when it stands there.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub changed_at: Option<DateTime<Utc>>,
    /// Where the member wants to be paid: the newest version.
    #[diesel(sql_type = Nullable<Integer>)]
    pub payee_version: Option<i32>,
    /// How.
    #[diesel(sql_type = Nullable<Text>)]
    pub payee_rail: Option<String>,
    /// The details, sealed.
    #[diesel(sql_type = Nullable<Binary>)]
    pub sealed: Option<Vec<u8>>,
    /// From when on they may be used.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub usable_at: Option<DateTime<Utc>>,
    /// Whether they may be used now.
    #[diesel(sql_type = Bool)]
    pub is_usable: bool,
}

/// The issue of a cycle, if there is one.
///
/// # Errors
/// If the database fails.
pub async fn issue_get(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Option<IssueRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- issue_get
        SELECT payments, total, journal_id, issued_by, issued_at FROM payment_issue WHERE coop_id = $1 AND cycle_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Whether a later cycle was frozen when the books owed what this one pays: then that one pays it.
///
/// # Errors
/// If the database fails.
pub async fn is_carried_on(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        is_carried: bool,
    }
    let coop = tx.coop().uuid();
    let found: Found = sql_query(
        "-- is_carried_on
        SELECT EXISTS (SELECT FROM payout_cycle AS cycle
            JOIN journal ON journal.coop_id = $1 AND journal.id = cycle.journal_id
            JOIN payout_cycle AS later ON later.coop_id = $1 AND later.currency = cycle.currency AND later.id <> cycle.id
                AND later.state NOT IN ('open', 'cancelled') AND later.journal_upto >= journal.number
                AND NOT EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = $1 AND undone.cycle_id = later.id
                    AND undone.reversed_at IS NOT NULL)
            WHERE cycle.coop_id = $1 AND cycle.id = $2) AS is_carried",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(found.is_carried)
}

/// Notes that a cycle is paid.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payment_issue_is_of_the_last_cycle` where a later one pays it.
pub async fn issue_insert(
    tx: &mut CoopTx,
    (cycle, journal): (PayoutCycleId, JournalId),
    (payments, total): (i32, i64),
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- issue_insert
        INSERT INTO payment_issue (coop_id, cycle_id, journal_id, payments, total, issued_by, issued_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(journal.uuid())
    .bind::<Integer, _>(payments)
    .bind::<BigInt, _>(total)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes the payments of a cycle.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payment_is_what_the_payout_pays`.
pub async fn payment_insert(tx: &mut CoopTx, cycle: PayoutCycleId, payments: &[NewPayment]) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- payment_insert
        INSERT INTO payment (coop_id, id, cycle_id, member_id, amount, recorded_by)
        SELECT $1, one.id, $2, one.member, one.amount, $3 FROM unnest($4, $5, $6) AS one (id, member, amount)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(payments.iter().map(|one| one.id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(payments.iter().map(|one| one.member).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(payments.iter().map(|one| one.amount).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What a cycle pays to members after this one, or to one member, in the order of their identifiers, whether it was issued or not.
///
/// # Errors
/// If the database fails.
pub async fn payment_list(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    (after, limit): (Uuid, i64),
    member: Option<MemberId>,
) -> Result<Vec<PaymentRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- payment_list
        SELECT payout.member_id, member.status, payout.paid AS amount, undone.cycle_id IS NOT NULL AS is_undone, last.number, last.reference, last.rail, last.state, last.reason,
            last.came_back, last.file_id, last.changed_at, payee.version AS payee_version, payee.rail AS payee_rail, payee.sealed,
            payee.usable_at, coalesce(payee.usable_at <= clock_timestamp(), false) OR given.confirmed_by IS NOT NULL AS is_usable
        FROM payout
        JOIN member ON member.coop_id = $1 AND member.id = payout.member_id
        LEFT JOIN payment ON payment.coop_id = $1 AND payment.cycle_id = $2 AND payment.member_id = payout.member_id
        LEFT JOIN LATERAL (SELECT * FROM payment_attempt WHERE payment_attempt.coop_id = $1 AND payment_attempt.payment_id = payment.id
            ORDER BY number DESC LIMIT 1) AS last ON true
        LEFT JOIN LATERAL (SELECT * FROM payee AS newest WHERE newest.coop_id = $1 AND newest.member_id = payout.member_id
            ORDER BY version DESC LIMIT 1) AS payee ON true
        LEFT JOIN payout_reversal AS undone ON undone.coop_id = $1 AND undone.cycle_id = $2 AND undone.reversed_at IS NOT NULL
        LEFT JOIN payee_confirmation AS given ON given.coop_id = $1 AND given.member_id = payee.member_id AND given.version = payee.version
        WHERE payout.coop_id = $1 AND payout.cycle_id = $2 AND payout.paid > 0 AND payout.member_id > $3
            AND ($5 IS NULL OR payout.member_id = $5)
        ORDER BY payout.member_id LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .bind::<Nullable<SqlUuid>, _>(member.map(|member| member.uuid()))
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
