//! Transactions and their entries.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{JournalId, MemberId};
use governance::ledger::{JournalHead, Posting, journal_digest};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A transaction as it stands in its row.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct JournalRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Its number in the co-op's journal, from 1.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// The name of its kind.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// What it is for.
    #[diesel(sql_type = Text)]
    pub description: String,
    /// The day on which it takes effect in the books.
    #[diesel(sql_type = Date)]
    pub effective_on: NaiveDate,
    /// When it was written.
    #[diesel(sql_type = Timestamptz)]
    pub recorded_at: DateTime<Utc>,
    /// The transaction that it undoes.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub reverses: Option<Uuid>,
    /// The transaction that undoes it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub reversed_by: Option<Uuid>,
    /// SHA-256 over it and its entries.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// Who posted it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_id: Option<Uuid>,
}

/// An entry as it stands in its row, with its account.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct EntryRow {
    /// The number of the transaction.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// Which of its entries, from 1.
    #[diesel(sql_type = Integer)]
    pub line: i32,
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
    /// In units of the currency.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
    /// What it is about.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub reference: Option<Uuid>,
}

/// A transaction to post.
#[derive(Debug, Clone, Copy)]
pub struct NewJournal<'a> {
    /// What it says beside its entries; the co-op is that of the transaction of the database.
    pub head: JournalHead<'a>,
    /// Its entries.
    pub posting: &'a Posting,
    /// The same when the request is repeated; one to two hundred characters.
    pub key: &'a str,
    /// The SHA-256 of the request.
    pub request_hash: &'a [u8; 32],
    /// Who posts it; `None` where the program does.
    pub actor: Option<MemberId>,
}

/// What became of a transaction to post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// It has this number now.
    Fresh(i64),
    /// The same request posted this one before; nothing was changed.
    Before(JournalId, i64),
    /// The key was used for another request; nothing was changed.
    Differs,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Bool)]
    is_repeated: bool,
    #[diesel(sql_type = Bool)]
    differs: bool,
}

/// Posts a transaction. Whether its entries are what it says is looked at once more when the transaction of the database commits, which fails
/// with the name of the rule where they are not.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `journal_is_reversed_once` where another reversal came first, and
/// `journal_entry_account_has_its_currency` for an account that the co-op has not.
pub async fn journal_post(tx: &mut CoopTx, new: NewJournal<'_>) -> Result<Posted, StoreError> {
    let (coop, name) = (tx.coop(), tx.name());
    let digest = journal_digest(&JournalHead { coop, ..new.head }, new.posting);
    let entries = new.posting.entries();
    let column = new.posting.sums();
    let outcome: Outcome = sql_query(
        "-- journal_post
        SELECT (done.posted).id, (done.posted).number, done.is_repeated, done.differs
        FROM journal_post(
            jsonb_populate_record(NULL::journal, jsonb_build_object('coop_id', $1, 'id', $2, 'kind', $3, 'description', $4,
                'effective_on', date '1970-01-01' + $5, 'idempotency_key', $6, 'request_hash', $7, 'reverses', $8,
                'digest', $9, 'currencies', $10, 'debits', $11, 'actor_id', $12, 'recorded_by', $13)),
            $14, $15, $16, $17) AS done",
    )
    .bind::<SqlUuid, _>(coop.uuid())
    .bind::<SqlUuid, _>(new.head.id.uuid())
    .bind::<Text, _>(new.head.kind.name())
    .bind::<Text, _>(new.head.description)
    .bind::<Integer, _>(new.head.effective_on.days())
    .bind::<Text, _>(new.key)
    .bind::<Binary, _>(new.request_hash.as_slice())
    .bind::<Nullable<SqlUuid>, _>(new.head.reverses.map(|id| id.uuid()))
    .bind::<Binary, _>(digest.as_bytes().as_slice())
    .bind::<Array<Text>, _>(column.iter().map(|sum| sum.currency.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(column.iter().map(|sum| sum.debits).collect::<Vec<_>>())
    .bind::<Nullable<SqlUuid>, _>(new.actor.map(|actor| actor.uuid()))
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(entries.iter().map(|entry| entry.account.id.uuid()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(entries.iter().map(|entry| entry.account.currency.code()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(entries.iter().map(|entry| entry.amount).collect::<Vec<_>>())
    .bind::<Array<Nullable<SqlUuid>>, _>(entries.iter().map(|entry| entry.reference).collect::<Vec<_>>())
    .get_result(tx.connection())
    .await?;
    Ok(match outcome {
        Outcome { differs: true, .. } => Posted::Differs,
        Outcome { is_repeated: true, .. } => Posted::Before(JournalId::from_uuid(outcome.id), outcome.number),
        Outcome { .. } => Posted::Fresh(outcome.number),
    })
}

/// The transaction with this identifier.
///
/// # Errors
/// If the database fails.
pub async fn journal_get(tx: &mut CoopTx, id: JournalId) -> Result<Option<JournalRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- journal_get
        SELECT journal.*, (SELECT undoing.id FROM journal AS undoing
                           WHERE undoing.coop_id = $1 AND undoing.reverses = journal.id) AS reversed_by
        FROM journal WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Whether a transaction posted a payout cycle or its payments, or undid one that did.
///
/// # Errors
/// If the database fails.
pub async fn journal_is_of_cycle(tx: &mut CoopTx, id: JournalId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let found: Option<JournalRow> = sql_query(
        "-- journal_is_of_cycle
        SELECT journal.*, NULL::uuid AS reversed_by FROM journal
        WHERE coop_id = $1 AND id = $2 AND EXISTS (
            SELECT FROM payout_cycle AS cycle WHERE cycle.coop_id = $1 AND cycle.journal_id IN (journal.id, journal.reverses)
            UNION ALL
            SELECT FROM payment_issue AS issue WHERE issue.coop_id = $1 AND issue.journal_id IN (journal.id, journal.reverses))",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(found.is_some())
}

/// The transactions before the one with this number, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn journal_list(tx: &mut CoopTx, before: i64, limit: i64) -> Result<Vec<JournalRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- journal_list
        SELECT journal.*, (SELECT undoing.id FROM journal AS undoing
                           WHERE undoing.coop_id = $1 AND undoing.reverses = journal.id) AS reversed_by
        FROM journal WHERE coop_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The entries of these transactions, in order.
///
/// # Errors
/// If the database fails.
pub async fn journal_entries(tx: &mut CoopTx, numbers: &[i64]) -> Result<Vec<EntryRow>, StoreError> {
    journal_entries_first(tx, numbers, i32::MAX).await
}

/// The first entries of each of these transactions, in order.
///
/// # Errors
/// If the database fails.
pub async fn journal_entries_first(tx: &mut CoopTx, numbers: &[i64], lines: i32) -> Result<Vec<EntryRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- journal_entries
        SELECT entry.number, entry.line, entry.account_id, account.path, entry.currency, currency.minor_digits, currency.exponent,
               entry.amount, entry.reference
        FROM journal_entry AS entry
        JOIN ledger_account AS account ON account.coop_id = entry.coop_id AND account.id = entry.account_id
        JOIN ledger_currency AS currency ON currency.coop_id = entry.coop_id AND currency.code = entry.currency
        WHERE entry.coop_id = $1 AND entry.number = ANY ($2) AND entry.line <= $3 ORDER BY entry.number, entry.line",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<BigInt>, _>(numbers)
    .bind::<Integer, _>(lines)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Which entries of some transactions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRange {
    /// The number and the line after which they come.
    pub after: (i64, i32),
    /// The number of the last transaction.
    pub upto: i64,
    /// How many at most.
    pub limit: i64,
}

/// The entries of transactions that follow one another, in order.
///
/// # Errors
/// If the database fails.
pub async fn journal_entries_after(tx: &mut CoopTx, range: EntryRange) -> Result<Vec<EntryRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- journal_entries_after
        SELECT entry.number, entry.line, entry.account_id, account.path, entry.currency, currency.minor_digits, currency.exponent,
               entry.amount, entry.reference
        FROM journal_entry AS entry
        JOIN ledger_account AS account ON account.coop_id = entry.coop_id AND account.id = entry.account_id
        JOIN ledger_currency AS currency ON currency.coop_id = entry.coop_id AND currency.code = entry.currency
        WHERE entry.coop_id = $1 AND (entry.number, entry.line) > ($2, $3) AND entry.number <= $4
        ORDER BY entry.number, entry.line LIMIT $5",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(range.after.0)
    .bind::<Integer, _>(range.after.1)
    .bind::<BigInt, _>(range.upto)
    .bind::<BigInt, _>(range.limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What these transactions move in each account, without saying for whom: a line for each account that they move, numbered from 1.
///
/// # Errors
/// If the database fails.
pub async fn journal_entries_folded(tx: &mut CoopTx, numbers: &[i64]) -> Result<Vec<EntryRow>, StoreError> {
    let coop = tx.coop().uuid();
    // It fits an amount, since all debits of a currency do together, and all credits.
    sql_query(
        "-- journal_entries_folded
        SELECT sums.number, (row_number() OVER (PARTITION BY sums.number ORDER BY sums.line))::integer AS line, sums.account_id, account.path,
               account.currency, currency.minor_digits, currency.exponent, sums.amount, NULL::uuid AS reference
        FROM (SELECT number, account_id, min(line) AS line, sum(amount)::bigint AS amount FROM journal_entry
              WHERE coop_id = $1 AND number = ANY ($2) GROUP BY number, account_id HAVING sum(amount) <> 0) AS sums
        JOIN ledger_account AS account ON account.coop_id = $1 AND account.id = sums.account_id
        JOIN ledger_currency AS currency ON currency.coop_id = $1 AND currency.code = account.currency
        ORDER BY sums.number, sums.line",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<BigInt>, _>(numbers)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The transactions after the one with this number up to another, the oldest first.
///
/// # Errors
/// If the database fails.
pub async fn journal_after(
    tx: &mut CoopTx,
    (after, upto): (i64, i64),
    limit: i64,
) -> Result<Vec<JournalRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- journal_after
        SELECT journal.*, NULL::uuid AS reversed_by FROM journal
        WHERE coop_id = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(upto)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The number of the newest transaction and the first day of the books; nothing where there is none.
///
/// # Errors
/// If the database fails.
pub async fn journal_extent(tx: &mut CoopTx) -> Result<Option<(i64, NaiveDate)>, StoreError> {
    #[derive(QueryableByName)]
    struct Extent {
        #[diesel(sql_type = BigInt)]
        last: i64,
        #[diesel(sql_type = Nullable<Date>)]
        first_on: Option<NaiveDate>,
    }
    let coop = tx.coop().uuid();
    let extent: Extent = sql_query(
        "-- journal_extent
        SELECT coalesce(max(number), 0) AS last, min(effective_on) AS first_on FROM journal WHERE coop_id = $1",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await?;
    Ok(extent.first_on.map(|first| (extent.last, first)))
}

/// A transaction that a key posted.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct JournalKeyRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// SHA-256 of the request.
    #[diesel(sql_type = Binary)]
    pub request_hash: Vec<u8>,
}

/// The transaction that a key posted.
///
/// # Errors
/// If the database fails.
pub async fn journal_key_get(tx: &mut CoopTx, key: &str) -> Result<Option<JournalKeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- journal_key_get
        SELECT id, request_hash FROM journal WHERE coop_id = $1 AND idempotency_key = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(key)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Keeps anybody from posting until the transaction ends, also the first transaction of all.
///
/// # Errors
/// If the database fails.
pub async fn ledger_lock(tx: &mut CoopTx) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- ledger_lock, begin
        INSERT INTO ledger_book (coop_id, last_number) VALUES ($1, 0) ON CONFLICT (coop_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .execute(tx.connection())
    .await?;
    sql_query("-- ledger_lock\nSELECT FROM ledger_book WHERE coop_id = $1 FOR UPDATE")
        .bind::<SqlUuid, _>(coop)
        .execute(tx.connection())
        .await?;
    Ok(())
}
