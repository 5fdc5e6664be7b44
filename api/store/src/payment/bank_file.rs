//! What banks told.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{BankFileId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A file of a bank.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BankFileRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// SHA-256 of its bytes.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// Which message it is.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// What the bank calls it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// How many things it says.
    #[diesel(sql_type = Integer)]
    pub items: i32,
    /// Who brought it in.
    #[diesel(sql_type = SqlUuid)]
    pub imported_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub imported_at: DateTime<Utc>,
}

/// A try of which a bank speaks.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AttemptRow {
    /// The payment.
    #[diesel(sql_type = SqlUuid)]
    pub payment_id: Uuid,
    /// Which try.
    #[diesel(sql_type = SmallInt)]
    pub number: i16,
    /// Its reference.
    #[diesel(sql_type = Text)]
    pub reference: String,
    /// How much.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    /// In which currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// The account that pays.
    #[diesel(sql_type = SqlUuid)]
    pub bank_account_id: Uuid,
    /// Where that stands in the books.
    #[diesel(sql_type = Text)]
    pub path: String,
}

/// A file to be written down.
#[derive(Debug, Clone, Copy)]
pub struct NewBankFile<'a> {
    /// Its identifier.
    pub id: BankFileId,
    /// SHA-256 of its bytes.
    pub digest: &'a [u8; 32],
    /// Which message it is.
    pub kind: &'a str,
    /// What the bank calls it.
    pub name: &'a str,
    /// Who brings it in, and when.
    pub by: (MemberId, DateTime<Utc>),
}

/// A statement of a day that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStatement {
    /// The account.
    pub account: Uuid,
    /// Its number.
    pub sequence: Option<i64>,
    /// The day of its closing balance.
    pub last_day: Option<NaiveDate>,
    /// The balances before and after.
    pub balances: (Option<i64>, Option<i64>),
    /// What its entries leave unexplained.
    pub unexplained: Option<i64>,
}

/// Something that a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// The account on which it was booked.
    pub account: Option<Uuid>,
    /// What it says.
    pub says: &'static str,
    /// The reference.
    pub reference: Option<String>,
    /// How much.
    pub amount: Option<i64>,
    /// On which day.
    pub day: Option<NaiveDate>,
    /// Why.
    pub reason: Option<String>,
    /// Of which try.
    pub attempt: Option<(Uuid, i16)>,
    /// Why it cannot be so.
    pub contradiction: Option<String>,
}

/// A try that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The payment.
    pub payment: Uuid,
    /// Which try.
    pub number: i16,
    /// Where it stands now.
    pub state: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// What came back.
    pub came_back: Option<i64>,
}

const ATTEMPT: &str =
    "SELECT attempt.payment_id, attempt.number, attempt.reference, attempt.amount, cycle.currency, attempt.state,
        attempt.member_id, file.bank_account_id, account.path
    FROM payment_attempt AS attempt
    JOIN payment_file AS file ON file.coop_id = $1 AND file.id = attempt.file_id
    JOIN payout_cycle AS cycle ON cycle.coop_id = $1 AND cycle.id = file.cycle_id
    JOIN ledger_account AS account ON account.coop_id = $1 AND account.id = file.bank_account_id
    WHERE attempt.coop_id = $1";

/// Whether a file with this digest was brought in before.
///
/// # Errors
/// If the database fails.
pub async fn bank_file_is_known(tx: &mut CoopTx, digest: &[u8; 32]) -> Result<bool, StoreError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        is_known: bool,
    }
    let coop = tx.coop().uuid();
    let found: Found = sql_query(
        "-- bank_file_is_known
        SELECT EXISTS (SELECT FROM bank_file WHERE coop_id = $1 AND digest = $2) AS is_known",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Binary, _>(digest.as_slice())
    .get_result(tx.connection())
    .await?;
    Ok(found.is_known)
}

/// The tries of the file that a bank calls so.
///
/// # Errors
/// If the database fails.
pub async fn attempts_of_message(tx: &mut CoopTx, message: &str) -> Result<Vec<AttemptRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- attempts_of_message\n{ATTEMPT} AND file.message = $2 ORDER BY attempt.reference"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(message)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The tries with these references.
///
/// # Errors
/// If the database fails.
pub async fn attempts_by_reference(tx: &mut CoopTx, references: &[&str]) -> Result<Vec<AttemptRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- attempts_by_reference\n{ATTEMPT} AND attempt.reference = ANY ($2)"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<Text>, _>(references)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The tries from an account that were to be paid up to a day and may still be paid.
///
/// # Errors
/// If the database fails.
pub async fn attempts_waiting(
    tx: &mut CoopTx,
    account: Uuid,
    pay_on: NaiveDate,
) -> Result<Vec<AttemptRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- attempts_waiting\n{ATTEMPT} AND file.bank_account_id = $2 AND file.pay_on <= $3 AND attempt.state IN ('submitted', 'accepted')"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account)
    .bind::<Date, _>(pay_on)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Lets tries go on by what a file says.
///
/// # Errors
/// If the database fails, or a try does not go on so.
pub async fn attempts_change(
    tx: &mut CoopTx,
    file: BankFileId,
    changes: &[Change],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- attempts_change
        UPDATE payment_attempt AS attempt SET state = one.state, reason = one.reason, came_back = one.came_back, evidence_id = $2,
            changed_at = $3, recorded_by = $4
        FROM unnest($5, $6, $7, $8, $9) AS one (payment, number, state, reason, came_back)
        WHERE attempt.coop_id = $1 AND attempt.payment_id = one.payment AND attempt.number = one.number",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file.uuid())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(changes.iter().map(|one| one.payment).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(changes.iter().map(|one| one.number).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(changes.iter().map(|one| one.state).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(changes.iter().map(|one| one.reason.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(changes.iter().map(|one| one.came_back).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Writes a file down, with its statements and what it says.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `bank_file_is_imported_once` where it was brought in before.
pub async fn bank_file_insert(
    tx: &mut CoopTx,
    new: NewBankFile<'_>,
    (statements, items): (&[NewStatement], &[NewItem]),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- bank_file_insert
        INSERT INTO bank_file (coop_id, id, digest, kind, name, items, imported_by, imported_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Binary, _>(new.digest.as_slice())
    .bind::<Text, _>(new.kind)
    .bind::<Text, _>(new.name)
    .bind::<Integer, _>(i32::try_from(items.len()).unwrap_or(i32::MAX))
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- bank_file_insert, statements
        INSERT INTO bank_statement (coop_id, file_id, place, bank_account_id, sequence, last_day, opening, closing, unexplained)
        SELECT $1, $2, one.place, one.account, one.sequence, one.day, one.opening, one.closing, one.unexplained
        FROM unnest($3, $4, $5, $6, $7, $8) WITH ORDINALITY AS one (account, sequence, day, opening, closing, unexplained, place)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Array<SqlUuid>, _>(statements.iter().map(|one| one.account).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(statements.iter().map(|one| one.sequence).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(statements.iter().map(|one| one.last_day).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(statements.iter().map(|one| one.balances.0).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(statements.iter().map(|one| one.balances.1).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(statements.iter().map(|one| one.unexplained).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    items_insert(tx, new.id, items).await
}

async fn items_insert(tx: &mut CoopTx, file: BankFileId, items: &[NewItem]) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- bank_file_insert, items
        INSERT INTO bank_item (coop_id, file_id, place, bank_account_id, says, reference, amount, day, reason, payment_id, number,
            contradiction)
        SELECT $1, $2, one.place, one.account, one.says, one.reference, one.amount, one.day, one.reason, one.payment, one.number,
            one.contradiction
        FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11) WITH ORDINALITY
            AS one (account, says, reference, amount, day, reason, payment, number, contradiction, place)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file.uuid())
    .bind::<Array<Nullable<SqlUuid>>, _>(items.iter().map(|one| one.account).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(items.iter().map(|one| one.says).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(items.iter().map(|one| one.reference.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(items.iter().map(|one| one.amount).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(items.iter().map(|one| one.day).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(items.iter().map(|one| one.reason.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(items.iter().map(|one| one.attempt.map(|of| of.0)).collect::<Vec<_>>())
    .bind::<Array<Nullable<SmallInt>>, _>(items.iter().map(|one| one.attempt.map(|of| of.1)).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(items.iter().map(|one| one.contradiction.as_deref()).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Files after this one, in the order in which they were brought in.
///
/// # Errors
/// If the database fails.
pub async fn bank_file_list(tx: &mut CoopTx, after: Uuid, limit: i64) -> Result<Vec<BankFileRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- bank_file_list
        SELECT id, digest, kind, name, items, imported_by, imported_at FROM bank_file WHERE coop_id = $1 AND id > $2
        ORDER BY id LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
