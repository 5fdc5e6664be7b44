//! Closed years, and what members got in a year.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Binary, Date, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{JournalId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A closed year.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct YearRow {
    /// The year.
    #[diesel(sql_type = Integer)]
    pub year: i32,
    /// The transaction that closed its accounts.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub journal_id: Option<Uuid>,
    /// What was closed.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// The result in each currency, as digits.
    #[diesel(sql_type = Jsonb)]
    pub results: serde_json::Value,
    /// Who closed it.
    #[diesel(sql_type = SqlUuid)]
    pub closed_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub closed_at: DateTime<Utc>,
}

/// An account of income or costs with what its entries up to a day came to.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClosingRow {
    /// The account.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub path: String,
    /// The code of its currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// The decimal places in which the currency is paid.
    #[diesel(sql_type = SmallInt)]
    pub minor_digits: i16,
    /// Those in which it is kept.
    #[diesel(sql_type = SmallInt)]
    pub exponent: i16,
    /// What its entries came to, as digits.
    #[diesel(sql_type = Text)]
    pub balance: String,
}

/// What a member got in a year.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SummaryRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// What cycles gave.
    #[diesel(sql_type = BigInt)]
    pub accrued: i64,
    /// What was withheld.
    #[diesel(sql_type = BigInt)]
    pub withheld: i64,
    /// What was to be paid, each unit once.
    #[diesel(sql_type = BigInt)]
    pub paid: i64,
    /// The interest on shares.
    #[diesel(sql_type = BigInt)]
    pub interest: i64,
}

/// The closed years, the last first.
///
/// # Errors
/// If the database fails.
pub async fn year_list(tx: &mut CoopTx) -> Result<Vec<YearRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- year_list
        SELECT year, journal_id, digest, results, closed_by, closed_at FROM year_close WHERE coop_id = $1 ORDER BY year DESC LIMIT 200",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The last closed year.
///
/// # Errors
/// If the database fails.
pub async fn year_last(tx: &mut CoopTx) -> Result<Option<i32>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Integer>)]
        year: Option<i32>,
    }
    let coop = tx.coop().uuid();
    let found: Row = sql_query("-- year_last\nSELECT max(year) AS year FROM year_close WHERE coop_id = $1")
        .bind::<SqlUuid, _>(coop)
        .get_result(tx.connection())
        .await?;
    Ok(found.year)
}

/// The accounts of income and costs whose entries up to a day do not come to zero, by paths and currencies.
///
/// # Errors
/// If the database fails.
pub async fn closing_balances(tx: &mut CoopTx, day: NaiveDate) -> Result<Vec<ClosingRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- closing_balances
        WITH sums AS (
            SELECT entry.account_id, sum(entry.amount) AS balance FROM journal_entry AS entry
            JOIN journal ON journal.coop_id = entry.coop_id AND journal.number = entry.number
            WHERE entry.coop_id = $1 AND journal.effective_on <= $2 GROUP BY entry.account_id HAVING sum(entry.amount) <> 0)
        SELECT account.id, account.path, account.currency, currency.minor_digits, currency.exponent, sums.balance::text AS balance
        FROM sums
        JOIN ledger_account AS account ON account.coop_id = $1 AND account.id = sums.account_id AND account.kind IN ('income', 'expense')
        JOIN ledger_currency AS currency ON currency.coop_id = $1 AND currency.code = account.currency
        ORDER BY account.path COLLATE \"C\", account.currency COLLATE \"C\"",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Date, _>(day)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// How many bills written up to a day wait to be approved.
///
/// # Errors
/// If the database fails.
pub async fn bills_waiting(tx: &mut CoopTx, day: NaiveDate) -> Result<i64, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let coop = tx.coop().uuid();
    let found: Row = sql_query(
        "-- bills_waiting\nSELECT count(*) AS count FROM bill WHERE coop_id = $1 AND state = 'proposed' AND issued_on <= $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Date, _>(day)
    .get_result(tx.connection())
    .await?;
    Ok(found.count)
}

/// A year to close.
#[derive(Debug, Clone, Copy)]
pub struct NewYearClose<'a> {
    /// The year.
    pub year: i32,
    /// The transaction that closed its accounts.
    pub journal: Option<JournalId>,
    /// What is closed.
    pub digest: Hash32,
    /// The result in each currency, as digits.
    pub results: &'a serde_json::Value,
    /// Who closes it, and when.
    pub by: (MemberId, DateTime<Utc>),
}

/// Closes a year whose accounts were closed by a transaction.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `year_close_leaves_nothing` where something is left in them.
pub async fn year_close_insert(tx: &mut CoopTx, new: NewYearClose<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- year_close_insert
        INSERT INTO year_close (coop_id, year, journal_id, digest, results, closed_by, closed_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Integer, _>(new.year)
    .bind::<Nullable<SqlUuid>, _>(new.journal.map(|journal| journal.uuid()))
    .bind::<Binary, _>(new.digest.as_bytes().as_slice())
    .bind::<Jsonb, _>(new.results)
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What members after this one got in a year, by members and currencies; what one member got where one is named. Cycles count in the year in
/// which they were posted; one whose transaction was undone does not count. What is to be paid is counted once, however many cycles carry
/// it: what was given and credited up to a cycle, less what was withheld, went to a fund, or is carried, less the same of the cycle before. A
/// member's last line is never left to the next page.
///
/// # Errors
/// If the database fails.
pub async fn year_summaries(
    tx: &mut CoopTx,
    year: i32,
    (after, limit): (Uuid, i64),
    member: Option<MemberId>,
) -> Result<Vec<SummaryRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- year_summaries
        WITH posted AS (
            SELECT cycle.id, cycle.currency, cycle.journal_upto, extract(year FROM cycle.posted_at AT TIME ZONE 'UTC') = $2 AS is_of_the_year,
                lag(cycle.id) OVER earlier AS former, lag(cycle.journal_upto, 1, 0::bigint) OVER earlier AS former_upto
            FROM payout_cycle AS cycle WHERE cycle.coop_id = $1 AND cycle.state = 'posted'
              AND NOT EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1 AND undoing.reverses = cycle.journal_id)
            WINDOW earlier AS (PARTITION BY cycle.currency ORDER BY cycle.posted_at, cycle.id)),
        cycle AS (SELECT * FROM posted WHERE is_of_the_year),
        parts AS (
            SELECT payout.member_id, cycle.currency, payout.accrued, payout.withheld,
                payout.accrued - payout.withheld - payout.dormant - payout.carried AS paid, 0::bigint AS interest
            FROM cycle JOIN payout ON payout.coop_id = $1 AND payout.cycle_id = cycle.id
            WHERE payout.member_id > $3 AND ($4 IS NULL OR payout.member_id = $4)
            UNION ALL
            SELECT payout.member_id, cycle.currency, 0, 0, payout.carried, 0
            FROM cycle JOIN payout ON payout.coop_id = $1 AND payout.cycle_id = cycle.former
            WHERE payout.carried <> 0 AND payout.member_id > $3 AND ($4 IS NULL OR payout.member_id = $4)
            UNION ALL
            -- Interest that a cycle is the first to find among what members are owed.
            SELECT line.member_id, cycle.currency, 0, 0, line.amount, 0
            FROM share_interest AS head JOIN journal ON journal.coop_id = $1 AND journal.id = head.journal_id
            JOIN cycle ON cycle.currency = head.currency AND journal.number > cycle.former_upto AND journal.number <= cycle.journal_upto
            JOIN share_interest_line AS line ON line.coop_id = $1 AND line.year = head.year
            WHERE head.coop_id = $1 AND line.member_id > $3 AND ($4 IS NULL OR line.member_id = $4)
            UNION ALL
            SELECT line.member_id, head.currency, 0, 0, 0, line.amount
            FROM share_interest AS head JOIN share_interest_line AS line ON line.coop_id = $1 AND line.year = head.year
            WHERE head.coop_id = $1 AND head.year = $2 AND line.member_id > $3 AND ($4 IS NULL OR line.member_id = $4))
        SELECT parts.member_id, member.display_name AS name, parts.currency, sum(parts.accrued)::bigint AS accrued,
            sum(parts.withheld)::bigint AS withheld, sum(parts.paid)::bigint AS paid, sum(parts.interest)::bigint AS interest
        FROM parts JOIN member ON member.coop_id = $1 AND member.id = parts.member_id
        GROUP BY parts.member_id, member.display_name, parts.currency
        ORDER BY parts.member_id FETCH FIRST $5 ROWS WITH TIES",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Integer, _>(year)
    .bind::<SqlUuid, _>(after)
    .bind::<Nullable<SqlUuid>, _>(member.map(|member| member.uuid()))
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
