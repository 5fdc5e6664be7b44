//! What accounts come to. No balance stands in a row that changes: it is the newest snapshot and the entries after it.

use chrono::NaiveDate;
use diesel::sql_types::{BigInt, Date, SmallInt, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// What an account comes to.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BalanceRow {
    /// The account.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
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
    /// The sum of its entries, in units of the currency, as decimal digits: it may be more than an entry can hold.
    #[diesel(sql_type = Text)]
    pub balance: String,
}

/// What every account comes to now.
///
/// # Errors
/// If the database fails.
pub async fn ledger_balances(tx: &mut CoopTx) -> Result<Vec<BalanceRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- ledger_balances
        WITH newest AS (SELECT coalesce(max(upto_number), 0) AS number FROM ledger_snapshot WHERE coop_id = $1),
        parts AS (
            SELECT account_id, balance AS amount FROM ledger_snapshot
            WHERE coop_id = $1 AND upto_number = (SELECT number FROM newest)
            UNION ALL
            SELECT account_id, amount FROM journal_entry WHERE coop_id = $1 AND number > (SELECT number FROM newest)
        ),
        sums AS (SELECT account_id, sum(amount) AS balance FROM parts GROUP BY account_id)
        SELECT account.id AS account_id, account.path, account.currency, currency.minor_digits, currency.exponent,
               coalesce(sums.balance, 0)::text AS balance
        FROM ledger_account AS account
        JOIN ledger_currency AS currency ON currency.coop_id = account.coop_id AND currency.code = account.currency
        LEFT JOIN sums ON sums.account_id = account.id
        WHERE account.coop_id = $1 ORDER BY account.path COLLATE \"C\", account.currency COLLATE \"C\"",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What every account comes to by what took effect up to a day, that day included, whenever it was recorded.
///
/// # Errors
/// If the database fails.
pub async fn ledger_balances_on(tx: &mut CoopTx, day: NaiveDate) -> Result<Vec<BalanceRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- ledger_balances_on
        WITH sums AS (
            SELECT entry.account_id, sum(entry.amount) AS balance FROM journal_entry AS entry
            JOIN journal ON journal.coop_id = entry.coop_id AND journal.number = entry.number
            WHERE entry.coop_id = $1 AND journal.effective_on <= $2 GROUP BY entry.account_id)
        SELECT account.id AS account_id, account.path, account.currency, currency.minor_digits, currency.exponent,
               coalesce(sums.balance, 0)::text AS balance
        FROM ledger_account AS account
        JOIN ledger_currency AS currency ON currency.coop_id = account.coop_id AND currency.code = account.currency
        LEFT JOIN sums ON sums.account_id = account.id
        WHERE account.coop_id = $1 ORDER BY account.path COLLATE \"C\", account.currency COLLATE \"C\"",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Date, _>(day)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Writes down what every account comes to; gives the number of the last transaction in it, 0 where there is none.
///
/// # Errors
/// If the database fails.
pub async fn ledger_snapshot_take(tx: &mut CoopTx) -> Result<i64, StoreError> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let coop = tx.coop().uuid();
    let taken: Taken = sql_query("-- ledger_snapshot_take\nSELECT ledger_snapshot_take($1) AS number")
        .bind::<SqlUuid, _>(coop)
        .get_result(tx.connection())
        .await?;
    Ok(taken.number)
}
