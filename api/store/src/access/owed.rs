//! What members owe in money for what they used.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Date, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use governance::access::Owed;
use governance::id::MemberId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// What a member used under one policy, of what some totals tell.
#[derive(Debug, Clone, QueryableByName)]
pub struct MeteredRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// The rate of the policy; nothing where it has none.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub rate: Option<serde_json::Value>,
    /// What it cost.
    #[diesel(sql_type = BigInt)]
    pub charged: i64,
}

/// What is carried for a member in a currency.
#[derive(Debug, Clone, QueryableByName)]
pub struct CarryRow {
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// In parts of a minor unit, as decimal digits.
    #[diesel(sql_type = Text)]
    pub carry: String,
}

/// A sum to be kept, with a line for each member.
#[derive(Debug, Clone, Copy)]
pub struct NewOwed<'a> {
    /// The currency.
    pub currency: &'a str,
    /// The first and the last total that it is for.
    pub totals: (i64, i64),
    /// The first and the last of their days.
    pub days: (NaiveDate, NaiveDate),
    /// The lines.
    pub lines: &'a [Owed],
    /// What they come to, in minor units.
    pub minor: i64,
    /// The transaction in the books.
    pub journal: Option<Uuid>,
    /// When it is told.
    pub told_at: DateTime<Utc>,
}

/// A line of a member, with the sum it is of.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct OwedRow {
    /// The number of the sum.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// The first day of use.
    #[diesel(sql_type = Date)]
    pub first_day: NaiveDate,
    /// The last.
    #[diesel(sql_type = Date)]
    pub last_day: NaiveDate,
    /// What was used, in micro-credits.
    #[diesel(sql_type = BigInt)]
    pub charged: i64,
    /// What is owed, in minor units.
    #[diesel(sql_type = BigInt)]
    pub minor: i64,
    /// What is carried on, in parts of a minor unit.
    #[diesel(sql_type = Text)]
    pub carry: String,
    /// The transaction in the books.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub journal_id: Option<Uuid>,
    /// The invoice that asks for it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub invoice_id: Option<Uuid>,
    /// When it was told.
    #[diesel(sql_type = Timestamptz)]
    pub told_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// What each member used of what some totals tell, by the rate of the policy under which it was charged.
///
/// # Errors
/// If the database fails.
pub async fn usage_metered(
    tx: &mut CoopTx,
    (first, last): (i64, i64),
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<MeteredRow>, StoreError> {
    let coop = tx.coop().uuid();
    diesel::sql_query(
        "-- access_usage_metered
        SELECT u.member_id, p.content -> 'rate' AS rate, sum(u.charged)::bigint AS charged
        FROM access_usage AS u
        JOIN access_total_day AS d ON d.coop_id = u.coop_id AND d.model = u.model AND d.day = (u.at AT TIME ZONE 'UTC')::date
        JOIN access_policy AS p ON p.coop_id = u.coop_id AND p.version = u.policy_version
        WHERE u.coop_id = $1 AND d.number BETWEEN $2 AND $3 AND u.at >= $4 AND u.at < $5
        GROUP BY u.member_id, p.version, p.content -> 'rate' ORDER BY u.member_id, p.version",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(first)
    .bind::<BigInt, _>(last)
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(until)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What is carried for these members, in each currency.
///
/// # Errors
/// If the database fails.
pub async fn owed_carries(tx: &mut CoopTx, members: &[Uuid]) -> Result<Vec<CarryRow>, StoreError> {
    let coop = tx.coop().uuid();
    diesel::sql_query(
        "-- access_owed_carries
        SELECT DISTINCT ON (o.currency, l.member_id) o.currency, l.member_id, l.carry::text AS carry
        FROM access_owed_line AS l JOIN access_owed AS o ON o.coop_id = l.coop_id AND o.number = l.number
        WHERE l.coop_id = $1 AND l.member_id = ANY ($2) ORDER BY o.currency, l.member_id, l.number DESC",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(members)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Keeps what members owe; the number of it. The caller has [`super::totalling_lock`].
///
/// # Errors
/// If the database fails; `access_owed_once_for_each_total` where it is kept already.
pub async fn owed_insert(tx: &mut CoopTx, new: NewOwed<'_>) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let name = tx.name();
    let members = i64::try_from(new.lines.len()).unwrap_or(i64::MAX);
    let row: Number = diesel::sql_query(
        "-- access_owed_insert
        INSERT INTO access_owed (coop_id, number, currency, first_total, last_total, first_day, last_day, members, minor, journal_id,
            told_at, recorded_by)
        SELECT $1, coalesce(max(o.number), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM access_owed AS o WHERE o.coop_id = $1
        RETURNING number",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(new.currency)
    .bind::<BigInt, _>(new.totals.0)
    .bind::<BigInt, _>(new.totals.1)
    .bind::<Date, _>(new.days.0)
    .bind::<Date, _>(new.days.1)
    .bind::<BigInt, _>(members)
    .bind::<BigInt, _>(new.minor)
    .bind::<Nullable<SqlUuid>, _>(new.journal)
    .bind::<Timestamptz, _>(new.told_at)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await?;
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let column = |of: fn(&Owed) -> u128| new.lines.iter().map(|line| of(line).to_string()).collect::<Vec<_>>();
    diesel::sql_query(
        "-- access_owed_line_insert
        INSERT INTO access_owed_line (coop_id, number, member_id, charged, carried, parts, minor, carry)
        SELECT $1, $2, member, charged, carried::numeric, parts::numeric, minor, carry::numeric
        FROM unnest($3, $4, $5, $6, $7, $8) AS line (member, charged, carried, parts, minor, carry)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(row.number)
    .bind::<Array<SqlUuid>, _>(new.lines.iter().map(|line| line.member.uuid()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.lines.iter().map(|line| whole(line.charged)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(column(|line| line.carried))
    .bind::<Array<Text>, _>(column(|line| line.parts))
    .bind::<Array<BigInt>, _>(new.lines.iter().map(|line| whole(line.minor)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(column(|line| line.carry))
    .execute(tx.connection())
    .await?;
    Ok(row.number)
}

/// A member's own lines, newest first, before a number.
///
/// # Errors
/// If the database fails.
pub async fn owed_of_member(
    tx: &mut CoopTx,
    member: MemberId,
    (before, limit): (Option<i64>, i64),
) -> Result<Vec<OwedRow>, StoreError> {
    let coop = tx.coop().uuid();
    diesel::sql_query(
        "-- access_owed_of_member
        SELECT o.number, o.currency, o.first_day, o.last_day, l.charged, l.minor, l.carry::text AS carry, o.journal_id, o.told_at,
            (SELECT d.id FROM money_document AS d
             WHERE d.coop_id = $1 AND d.member_id = $2 AND d.currency = o.currency AND d.period ~ '^usage-' AND l.minor > 0
               AND substr(d.period, 7)::bigint >= o.number ORDER BY substr(d.period, 7)::bigint LIMIT 1) AS invoice_id
        FROM access_owed_line AS l JOIN access_owed AS o ON o.coop_id = l.coop_id AND o.number = l.number
        WHERE l.coop_id = $1 AND l.member_id = $2 AND ($3::bigint IS NULL OR l.number < $3) ORDER BY l.number DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Nullable<BigInt>, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
