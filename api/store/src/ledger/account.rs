//! Accounts and their currencies.

use diesel::sql_types::{Array, SmallInt, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::ledger::Currency;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An account as it stands in its row, with its currency.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LedgerAccountRow {
    /// Its identifier.
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
}

/// An account to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLedgerAccount<'a> {
    /// Its identifier.
    pub id: Uuid,
    /// Where it stands.
    pub path: &'a str,
    /// The name of its kind.
    pub kind: &'a str,
}

/// Writes the currency down where the books have none with its code; whether the decimal places of what is there are the same.
///
/// # Errors
/// If the database fails.
pub async fn ledger_currency_insert(tx: &mut CoopTx, currency: &Currency) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Places {
        #[diesel(sql_type = SmallInt)]
        minor_digits: i16,
        #[diesel(sql_type = SmallInt)]
        exponent: i16,
    }
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let (minor_digits, exponent) = (i16::from(currency.minor_digits()), i16::from(currency.exponent()));
    sql_query(
        "-- ledger_currency_insert
        INSERT INTO ledger_currency (coop_id, code, minor_digits, exponent, recorded_by) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (coop_id, code) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(currency.code())
    .bind::<SmallInt, _>(minor_digits)
    .bind::<SmallInt, _>(exponent)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    let places: Places = sql_query(
        "-- ledger_currency_get
        SELECT minor_digits, exponent FROM ledger_currency WHERE coop_id = $1 AND code = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(currency.code())
    .get_result(tx.connection())
    .await?;
    Ok((places.minor_digits, places.exponent) == (minor_digits, exponent))
}

/// Opens accounts in a currency that the books have.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `ledger_account_path_is_taken_once` where one is there already.
pub async fn ledger_account_insert(
    tx: &mut CoopTx,
    currency: &str,
    accounts: &[NewLedgerAccount<'_>],
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- ledger_account_insert
        INSERT INTO ledger_account (coop_id, id, path, kind, currency, recorded_by)
        SELECT $1, id, path, kind, $5, $6 FROM unnest($2, $3, $4) AS account (id, path, kind)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(accounts.iter().map(|account| account.id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(accounts.iter().map(|account| account.path).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(accounts.iter().map(|account| account.kind).collect::<Vec<_>>())
    .bind::<Text, _>(currency)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The accounts of the co-op after this one, in the order of identifiers.
///
/// # Errors
/// If the database fails.
pub async fn ledger_account_list(
    tx: &mut CoopTx,
    after: Uuid,
    limit: i64,
) -> Result<Vec<LedgerAccountRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- ledger_account_list
        SELECT account.id, account.path, account.currency, currency.minor_digits, currency.exponent
        FROM ledger_account AS account
        JOIN ledger_currency AS currency ON currency.coop_id = account.coop_id AND currency.code = account.currency
        WHERE account.coop_id = $1 AND account.id > $2 ORDER BY account.id LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<diesel::sql_types::BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
