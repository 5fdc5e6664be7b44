//! The accounts of banks from which the co-op pays.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{LedgerAccountId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An account of a bank.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BankAccountRow {
    /// The account of the books that stands for it.
    #[diesel(sql_type = SqlUuid)]
    pub ledger_account_id: Uuid,
    /// Where that stands.
    #[diesel(sql_type = Text)]
    pub path: String,
    /// Its currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// The number.
    #[diesel(sql_type = Text)]
    pub iban: String,
    /// The bank.
    #[diesel(sql_type = Nullable<Text>)]
    pub bic: Option<String>,
    /// The co-op's name, as the bank has it.
    #[diesel(sql_type = Text)]
    pub holder: String,
    /// Which edition of the file of payments the bank takes.
    #[diesel(sql_type = Text)]
    pub edition: String,
}

/// An account of a bank to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewBankAccount<'a> {
    /// The account of the books.
    pub account: LedgerAccountId,
    /// The number.
    pub iban: &'a str,
    /// The bank.
    pub bic: Option<&'a str>,
    /// The co-op's name.
    pub holder: &'a str,
    /// The edition.
    pub edition: &'a str,
    /// Who adds it, and when.
    pub by: (MemberId, DateTime<Utc>),
}

/// Adds an account.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `bank_account_pkey` or `bank_account_is_one_for_each_number` where there is one.
pub async fn bank_account_insert(tx: &mut CoopTx, new: NewBankAccount<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- bank_account_insert
        INSERT INTO bank_account (coop_id, ledger_account_id, iban, bic, holder, edition, added_by, added_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.account.uuid())
    .bind::<Text, _>(new.iban)
    .bind::<Nullable<Text>, _>(new.bic)
    .bind::<Text, _>(new.holder)
    .bind::<Text, _>(new.edition)
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Every account, by its place in the books.
///
/// # Errors
/// If the database fails.
pub async fn bank_account_list(tx: &mut CoopTx) -> Result<Vec<BankAccountRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- bank_account_list
        SELECT bank.ledger_account_id, account.path, account.currency, bank.iban, bank.bic, bank.holder, bank.edition
        FROM bank_account AS bank
        JOIN ledger_account AS account ON account.coop_id = bank.coop_id AND account.id = bank.ledger_account_id
        WHERE bank.coop_id = $1 ORDER BY account.path COLLATE \"C\", account.currency COLLATE \"C\"",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
