//! Invoices, credit notes and receipts.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Date, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{DocumentId, JournalId, MemberId};
use governance::money::DocumentKind;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DocumentRow {
    /// Its identifier.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What it is.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// The year in which it counts.
    #[diesel(sql_type = Integer)]
    pub year: i32,
    /// Its number in that year.
    #[diesel(sql_type = Integer)]
    pub number: i32,
    /// The member it is for.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub member_id: Option<Uuid>,
    /// Whom it is addressed to.
    #[diesel(sql_type = Text)]
    pub recipient: String,
    /// When it was issued.
    #[diesel(sql_type = Date)]
    pub issued_on: NaiveDate,
    /// When it is due.
    #[diesel(sql_type = Date)]
    pub due_on: NaiveDate,
    /// The currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// Without VAT.
    #[diesel(sql_type = BigInt)]
    pub net: i64,
    /// The VAT.
    #[diesel(sql_type = BigInt)]
    pub vat: i64,
    /// With VAT.
    #[diesel(sql_type = BigInt)]
    pub gross: i64,
    /// Of a credit note, what is a credit now.
    #[diesel(sql_type = BigInt)]
    pub credit: i64,
    /// Its lines.
    #[diesel(sql_type = Jsonb)]
    pub lines: serde_json::Value,
    /// The VAT by rates.
    #[diesel(sql_type = Jsonb)]
    pub vat_lines: serde_json::Value,
    /// The period of dues.
    #[diesel(sql_type = Nullable<Text>)]
    pub period: Option<String>,
    /// The invoice that it takes back.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub corrects: Option<Uuid>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// The transaction that posted it.
    #[diesel(sql_type = SqlUuid)]
    pub journal_id: Uuid,
    /// Its digest.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// When it was written.
    #[diesel(sql_type = Timestamptz)]
    pub recorded_at: DateTime<Utc>,
    /// Who issued it.
    #[diesel(sql_type = SqlUuid)]
    pub actor_id: Uuid,
    /// What is settled of it.
    #[diesel(sql_type = BigInt)]
    pub settled: i64,
    /// What credit notes take back of it.
    #[diesel(sql_type = BigInt)]
    pub credited: i64,
    /// Those credit notes, in their order.
    #[diesel(sql_type = Array<SqlUuid>)]
    pub credit_notes: Vec<Uuid>,
}

/// A document to write.
#[derive(Debug, Clone, Copy)]
pub struct NewDocument<'a> {
    /// Its identifier.
    pub id: DocumentId,
    /// What it is.
    pub kind: DocumentKind,
    /// The year in which it counts.
    pub year: i32,
    /// Its number in that year.
    pub number: i32,
    /// The member it is for.
    pub member: Option<MemberId>,
    /// Whom it is addressed to.
    pub recipient: &'a str,
    /// When it is issued.
    pub issued_on: NaiveDate,
    /// When it is due.
    pub due_on: NaiveDate,
    /// The currency.
    pub currency: &'a str,
    /// Without VAT, and with it.
    pub amounts: (i64, i64),
    /// Of a credit note, what becomes a credit.
    pub credit: i64,
    /// Its lines.
    pub lines: &'a serde_json::Value,
    /// The VAT by rates.
    pub vat_lines: &'a serde_json::Value,
    /// The period of dues.
    pub period: Option<&'a str>,
    /// The invoice that it takes back, and why.
    pub corrects: Option<(DocumentId, &'a str)>,
    /// The transaction that posts it.
    pub journal: JournalId,
    /// Its digest.
    pub digest: Hash32,
    /// Who issues it.
    pub actor: MemberId,
}

const COLUMNS: &str = "document.id, document.kind, document.year, document.number, document.member_id, document.recipient,
    document.issued_on, document.due_on, document.currency, document.net, document.vat, document.gross, document.credit, document.lines,
    document.vat_lines, document.period, document.corrects, document.reason, document.journal_id, document.digest, document.recorded_at,
    document.actor_id,
    coalesce((SELECT sum(part.amount) FROM settlement AS part WHERE part.coop_id = $1 AND part.document_id = document.id
        AND NOT EXISTS (SELECT FROM journal AS undoing WHERE undoing.coop_id = $1 AND undoing.reverses = part.journal_id)), 0)::bigint
        AS settled,
    coalesce((SELECT sum(note.gross) FROM money_document AS note WHERE note.coop_id = $1 AND note.corrects = document.id), 0)::bigint
        AS credited,
    ARRAY(SELECT note.id FROM money_document AS note WHERE note.coop_id = $1 AND note.corrects = document.id ORDER BY note.id)
        AS credit_notes";

/// Which documents.
#[derive(Debug, Clone, Copy, Default)]
pub struct DocumentFilter {
    /// Those of this member alone.
    pub member: Option<MemberId>,
    /// Invoices that are not settled whole alone.
    pub is_open: bool,
}

/// The documents before the one with this identifier, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn document_list(
    tx: &mut CoopTx,
    (before, limit): (Uuid, i64),
    filter: DocumentFilter,
) -> Result<Vec<DocumentRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- document_list
        SELECT * FROM (SELECT {COLUMNS} FROM money_document AS document
            WHERE document.coop_id = $1 AND document.id < $2 AND ($3 IS NULL OR document.member_id = $3)) AS document
        WHERE NOT $4 OR (document.kind = 'invoice' AND document.settled < document.gross)
        ORDER BY document.id DESC LIMIT $5"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(before)
    .bind::<Nullable<SqlUuid>, _>(filter.member.map(|member| member.uuid()))
    .bind::<diesel::sql_types::Bool, _>(filter.is_open)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// A document.
///
/// # Errors
/// If the database fails.
pub async fn document_get(tx: &mut CoopTx, id: DocumentId) -> Result<Option<DocumentRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- document_get
        SELECT {COLUMNS} FROM money_document AS document WHERE document.coop_id = $1 AND document.id = $2"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The lines of each credit note of an invoice.
///
/// # Errors
/// If the database fails.
pub async fn credited_lines(tx: &mut CoopTx, invoice: DocumentId) -> Result<Vec<serde_json::Value>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Jsonb)]
        lines: serde_json::Value,
    }
    let coop = tx.coop().uuid();
    let rows: Vec<Row> = sql_query(
        "-- credited_lines
        SELECT lines FROM money_document WHERE coop_id = $1 AND corrects = $2 ORDER BY id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(invoice.uuid())
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.lines).collect())
}

/// The invoice with a number.
///
/// # Errors
/// If the database fails.
pub async fn invoice_numbered(tx: &mut CoopTx, (year, number): (i32, i32)) -> Result<Option<DocumentRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- invoice_numbered
        SELECT {COLUMNS} FROM money_document AS document
        WHERE document.coop_id = $1 AND document.kind = 'invoice' AND document.year = $2 AND document.number = $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Integer, _>(year)
    .bind::<Integer, _>(number)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The last number of a kind in a year, and the day of that document.
///
/// # Errors
/// If the database fails.
pub async fn document_last(
    tx: &mut CoopTx,
    kind: DocumentKind,
    year: i32,
) -> Result<Option<(i32, NaiveDate)>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Integer)]
        number: i32,
        #[diesel(sql_type = Date)]
        issued_on: NaiveDate,
    }
    let coop = tx.coop().uuid();
    let found: Option<Row> = sql_query(
        "-- document_last
        SELECT number, issued_on FROM money_document WHERE coop_id = $1 AND kind = $2 AND year = $3 ORDER BY number DESC LIMIT 1",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(kind.name())
    .bind::<Integer, _>(year)
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(found.map(|row| (row.number, row.issued_on)))
}

/// Writes a document that was posted.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `money_document_period_is_charged_once` where the member was charged before.
pub async fn document_insert(tx: &mut CoopTx, new: NewDocument<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let (net, gross) = new.amounts;
    sql_query(
        "-- document_insert
        INSERT INTO money_document (coop_id, id, kind, year, number, member_id, recipient, issued_on, due_on, currency, net, vat, gross,
            credit, lines, vat_lines, period, corrects, reason, journal_id, digest, actor_id, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 - $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(new.kind.name())
    .bind::<Integer, _>(new.year)
    .bind::<Integer, _>(new.number)
    .bind::<Nullable<SqlUuid>, _>(new.member.map(|member| member.uuid()))
    .bind::<Text, _>(new.recipient)
    .bind::<Date, _>(new.issued_on)
    .bind::<Date, _>(new.due_on)
    .bind::<Text, _>(new.currency)
    .bind::<BigInt, _>(net)
    .bind::<BigInt, _>(gross)
    .bind::<BigInt, _>(new.credit)
    .bind::<Jsonb, _>(new.lines)
    .bind::<Jsonb, _>(new.vat_lines)
    .bind::<Nullable<Text>, _>(new.period)
    .bind::<Nullable<SqlUuid>, _>(new.corrects.map(|(invoice, _)| invoice.uuid()))
    .bind::<Nullable<Text>, _>(new.corrects.map(|(_, reason)| reason))
    .bind::<SqlUuid, _>(new.journal.uuid())
    .bind::<Binary, _>(new.digest.as_bytes().as_slice())
    .bind::<SqlUuid, _>(new.actor.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A member who is charged.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ChargedRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The class.
    #[diesel(sql_type = Text)]
    pub class: String,
    /// Whether the period was charged before.
    #[diesel(sql_type = diesel::sql_types::Bool)]
    pub is_charged: bool,
}

/// The active members of these classes, by identifiers, and whether a period was charged before.
///
/// # Errors
/// If the database fails.
pub async fn dues_members(tx: &mut CoopTx, classes: &[&str], period: &str) -> Result<Vec<ChargedRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- dues_members
        SELECT member.id AS member_id, member.display_name AS name, member.class,
            EXISTS (SELECT FROM money_document AS document WHERE document.coop_id = $1 AND document.member_id = member.id
                AND document.period = $3) AS is_charged
        FROM member WHERE member.coop_id = $1 AND member.status = 'active' AND member.class = ANY ($2) ORDER BY member.id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<Text>, _>(classes.to_vec())
    .bind::<Text, _>(period)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What a member owes for use and no invoice asks for yet.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct UsageOwedRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What is owed, in minor units.
    #[diesel(sql_type = BigInt)]
    pub minor: i64,
    /// The first day of use.
    #[diesel(sql_type = Date)]
    pub first_day: NaiveDate,
    /// The last.
    #[diesel(sql_type = Date)]
    pub last_day: NaiveDate,
    /// The number of the last sum of all members in it.
    #[diesel(sql_type = BigInt)]
    pub upto: i64,
}

/// What members owe for use in a currency and no invoice asks for yet, up to so many of them, in no order that tells who they are.
///
/// # Errors
/// If the database fails.
pub async fn usage_uncharged(tx: &mut CoopTx, currency: &str, limit: i64) -> Result<Vec<UsageOwedRow>, StoreError> {
    let coop = tx.coop().uuid();
    // Numbers of invoices are seen by all, and members come in the order in which they joined.
    sql_query(
        "-- usage_uncharged
        SELECT member.id AS member_id, member.display_name AS name, sum(line.minor)::bigint AS minor,
            min(owed.first_day) AS first_day, max(owed.last_day) AS last_day,
            (SELECT max(number) FROM access_owed WHERE coop_id = $1 AND currency = $2) AS upto
        FROM access_owed_line AS line
        JOIN access_owed AS owed ON owed.coop_id = line.coop_id AND owed.number = line.number AND owed.currency = $2
        JOIN member ON member.coop_id = line.coop_id AND member.id = line.member_id
        WHERE line.coop_id = $1 AND line.number > coalesce((
            SELECT max(substr(document.period, 7)::bigint) FROM money_document AS document
            WHERE document.coop_id = $1 AND document.member_id = line.member_id AND document.currency = $2
              AND document.period ~ '^usage-'), 0)
        GROUP BY member.id, member.display_name HAVING sum(line.minor) > 0 ORDER BY random() LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(currency)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
