//! What the books, the bank and the payments say of each other.

use chrono::NaiveDate;
use diesel::sql_types::{BigInt, Bool, Date, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An account of a bank beside the account of the books that stands for it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct BesideRow {
    /// The account of the books.
    #[diesel(sql_type = SqlUuid)]
    pub ledger_account_id: Uuid,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub path: String,
    /// Its currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// The day of the newest statement.
    #[diesel(sql_type = Nullable<Date>)]
    pub last_day: Option<NaiveDate>,
    /// What the bank says that there was at its end.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub closing: Option<i64>,
    /// What the books said on that day, as decimal digits.
    #[diesel(sql_type = Text)]
    pub in_books: String,
    /// How many statements leave an entry out, or do not begin where the one before ended.
    #[diesel(sql_type = BigInt)]
    pub gaps: i64,
}

/// Something on one side that is not on the other.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct UnmatchedRow {
    /// On which side: `bank`, `books`, `payment` or `contradiction`.
    #[diesel(sql_type = Text)]
    pub side: String,
    /// The account.
    #[diesel(sql_type = Nullable<Text>)]
    pub path: Option<String>,
    /// In which currency.
    #[diesel(sql_type = Nullable<Text>)]
    pub currency: Option<String>,
    /// What it is called there.
    #[diesel(sql_type = Nullable<Text>)]
    pub reference: Option<String>,
    /// How much: money in above zero, out below.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub amount: Option<i64>,
    /// On which day.
    #[diesel(sql_type = Nullable<Date>)]
    pub day: Option<NaiveDate>,
    /// For how many days.
    #[diesel(sql_type = Nullable<Integer>)]
    pub age_days: Option<i32>,
    /// What is odd about it.
    #[diesel(sql_type = Text)]
    pub what: String,
    /// Whether it stands there for longer than the bylaws let.
    #[diesel(sql_type = Bool)]
    pub is_overdue: bool,
    /// How many things do, also of those that are not shown, but for payments of which nobody knows what became of them.
    #[diesel(sql_type = BigInt)]
    pub unmatched: i64,
    /// For how many days the oldest of them.
    #[diesel(sql_type = Nullable<Integer>)]
    pub unmatched_oldest: Option<i32>,
    /// How many such payments do.
    #[diesel(sql_type = BigInt)]
    pub unknown: i64,
    /// For how many days the oldest of them.
    #[diesel(sql_type = Nullable<Integer>)]
    pub unknown_oldest: Option<i32>,
}

/// What payments come to by where they stand, beside what the books hold for them.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClearingRow {
    /// The account.
    #[diesel(sql_type = Text)]
    pub path: String,
    /// In which currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// What the books hold, as decimal digits.
    #[diesel(sql_type = Text)]
    pub in_books: String,
    /// What payments come to, as decimal digits.
    #[diesel(sql_type = Text)]
    pub payments: String,
}

/// Each account of a bank beside the books.
///
/// # Errors
/// If the database fails.
pub async fn reconcile_accounts(tx: &mut CoopTx) -> Result<Vec<BesideRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- reconcile_accounts
        -- A bank may send the same statement in several files: it is one, and begins where the one before it ended.
        WITH statement AS (
            SELECT bank_account_id, last_day, sequence, opening, closing, unexplained, min(file_id::text) AS file, min(place) AS place
            FROM bank_statement WHERE coop_id = $1 GROUP BY bank_account_id, last_day, sequence, opening, closing, unexplained),
        told AS (
            SELECT statement.*, lag(closing) OVER (PARTITION BY bank_account_id ORDER BY last_day, sequence, file, place) AS former
            FROM statement)
        SELECT account.id AS ledger_account_id, account.path, account.currency, newest.last_day, newest.closing,
            coalesce((SELECT sum(entry.amount) FROM journal_entry AS entry
                JOIN journal ON journal.coop_id = $1 AND journal.number = entry.number
                WHERE entry.coop_id = $1 AND entry.account_id = account.id
                  AND (newest.last_day IS NULL OR journal.effective_on <= newest.last_day)), 0)::text AS in_books,
            (SELECT count(*) FROM told WHERE told.bank_account_id = account.id
                AND (coalesce(told.unexplained, 0) <> 0 OR told.opening <> told.former)) AS gaps
        FROM bank_account AS bank
        JOIN ledger_account AS account ON account.coop_id = $1 AND account.id = bank.ledger_account_id
        LEFT JOIN LATERAL (SELECT last_day, closing FROM bank_statement WHERE coop_id = $1 AND bank_account_id = account.id
            ORDER BY last_day DESC NULLS LAST, sequence DESC NULLS LAST, file_id DESC, place DESC LIMIT 1) AS newest ON true
        WHERE bank.coop_id = $1 ORDER BY account.path, account.currency",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

const UNMATCHED: &str = "-- reconcile_unmatched
    -- A bank may tell the same in several files: within a file it is counted, over files it is not.
    WITH RECURSIVE told AS (
        SELECT DISTINCT bank_account_id, reference, amount, day, row_number() OVER (
            PARTITION BY file_id, bank_account_id, reference, amount, day ORDER BY place) AS time
        FROM bank_item WHERE coop_id = $1 AND says = 'booked' AND payment_id IS NULL),
    booked AS (
        SELECT told.*, row_number() OVER (PARTITION BY bank_account_id, amount, day ORDER BY reference, time) AS place FROM told),
    -- Payments that a bank's file moved have their own reference; what two persons stated may still stand on a statement.
    -- Whether a transaction undoes another one, or brings back what was undone, in turns.
    chain AS (
        SELECT one.id, true AS undoes FROM journal AS one JOIN journal AS begun ON begun.coop_id = $1 AND begun.id = one.reverses
        WHERE one.coop_id = $1 AND begun.reverses IS NULL
        UNION ALL
        SELECT next.id, NOT chain.undoes FROM chain JOIN journal AS next ON next.coop_id = $1 AND next.reverses = chain.id),
    -- Of equal entries that of a mistake that was undone is the last to be matched.
    known AS (
        SELECT entry.account_id, entry.amount, journal.effective_on AS day, journal.description, journal.id, journal.reverses,
            coalesce(chain.undoes, false) AS undoes, row_number() OVER (
            PARTITION BY entry.account_id, entry.amount, journal.effective_on
            ORDER BY undoing.id IS NOT NULL, entry.number, entry.line) AS place
        FROM bank_account AS bank
        JOIN journal_entry AS entry ON entry.coop_id = $1 AND entry.account_id = bank.ledger_account_id
        JOIN journal ON journal.coop_id = $1 AND journal.number = entry.number
        LEFT JOIN journal AS undoing ON undoing.coop_id = $1 AND undoing.reverses = journal.id
        LEFT JOIN chain ON chain.id = journal.id
        WHERE bank.coop_id = $1 AND (journal.kind <> 'cycle'
            OR EXISTS (SELECT FROM payment_statement AS said WHERE said.coop_id = $1 AND said.payment_id = entry.reference
                    AND said.verdict = 'right' AND said.ledger_account_id = entry.account_id)
               AND NOT EXISTS (SELECT FROM bank_item AS item WHERE item.coop_id = $1 AND item.payment_id = entry.reference
                    AND item.says = 'booked'))),
    alone AS (
        SELECT known.* FROM known LEFT JOIN booked ON booked.bank_account_id = known.account_id AND booked.amount = known.amount
            AND booked.day = known.day AND booked.place = known.place
        WHERE booked.bank_account_id IS NULL),
    begun AS (
        SELECT bank_account_id, min(day) AS day FROM (
            SELECT bank_account_id, last_day AS day FROM bank_statement WHERE coop_id = $1
            UNION ALL SELECT bank_account_id, day FROM bank_item WHERE coop_id = $1 AND says = 'booked') AS spoken
        GROUP BY bank_account_id)
    SELECT aged.side, account.path, account.currency, aged.reference, aged.amount, aged.day, aged.age_days, aged.what, aged.is_overdue,
        count(*) FILTER (WHERE is_overdue AND NOT is_unknown) OVER () AS unmatched,
        max(age_days) FILTER (WHERE is_overdue AND NOT is_unknown) OVER () AS unmatched_oldest,
        count(*) FILTER (WHERE is_overdue AND is_unknown) OVER () AS unknown,
        max(age_days) FILTER (WHERE is_overdue AND is_unknown) OVER () AS unknown_oldest
    FROM (SELECT found.*, $2 - found.day AS age_days,
        -- What the bank was asked to pay and answered, or need not have answered yet, only waits; and of what was before the first day of
        -- which it told, it never will.
        coalesce(NOT waits AND NOT is_before AND $2 - found.day > CASE WHEN is_unknown THEN $5 ELSE $4 END, false) AS is_overdue
    FROM (SELECT every.*, every.side = 'payment' AND NOT every.is_unknown AS waits FROM (
        SELECT 'bank' AS side, booked.bank_account_id AS account_id, booked.reference, booked.amount, booked.day,
            'the bank booked it, and the books have no such amount on that day' AS what, false AS is_unknown, false AS is_before
        FROM booked LEFT JOIN known ON known.account_id = booked.bank_account_id AND known.amount = booked.amount
            AND known.day = booked.day AND known.place = booked.place
        WHERE known.account_id IS NULL
        UNION ALL
        SELECT 'books', alone.account_id, alone.description, alone.amount, alone.day, CASE WHEN alone.day < begun.day
            THEN 'the books have it from before the first day of which the bank told'
            ELSE 'the books have it, and no statement of the bank does' END, false, coalesce(alone.day < begun.day, false)
        FROM alone LEFT JOIN begun ON begun.bank_account_id = alone.account_id
        -- What was undone, and what undid it, come to nothing where the bank knows of neither.
        WHERE NOT EXISTS (SELECT FROM alone AS other WHERE other.account_id = alone.account_id
            AND (other.id = alone.reverses AND alone.undoes OR other.reverses = alone.id AND other.undoes))
        UNION ALL
        SELECT 'contradiction', coalesce(item.bank_account_id, file.bank_account_id), item.reference, item.amount, item.day,
            item.contradiction, false, false
        FROM bank_item AS item
        JOIN bank_file AS heard ON heard.coop_id = $1 AND heard.id = item.file_id
        LEFT JOIN payment_attempt AS attempt ON attempt.coop_id = $1 AND attempt.payment_id = item.payment_id AND attempt.number = item.number
        LEFT JOIN payment_file AS file ON file.coop_id = $1 AND file.id = attempt.file_id
        WHERE item.coop_id = $1 AND item.contradiction IS NOT NULL
          -- Two persons looked since: by evidence of that try, or when they closed the cycle. Identifiers are in the order of time.
          AND NOT EXISTS (SELECT FROM payment_statement AS said WHERE said.coop_id = $1 AND said.payment_id = item.payment_id
              AND said.number = item.number AND said.verdict = 'right' AND said.id > item.file_id)
          AND NOT EXISTS (SELECT FROM payment JOIN payment_closing AS closing ON closing.coop_id = $1
                  AND closing.cycle_id = payment.cycle_id AND closing.closed_at > heard.imported_at
              WHERE payment.coop_id = $1 AND payment.id = item.payment_id)
        UNION ALL
        SELECT 'payment', coalesce(file.bank_account_id, file.distributor_id), attempt.reference, -attempt.amount, file.pay_on,
            CASE WHEN attempt.rail = 'bank' THEN 'the bank was asked to pay it, and it is ' || attempt.state
                WHEN attempt.state = 'accepted' THEN 'the member may claim it, and did not'
                ELSE 'it can be claimed once its root is active' END, attempt.state = 'unknown', false
        FROM payment_attempt AS attempt JOIN payment_file AS file ON file.coop_id = $1 AND file.id = attempt.file_id
        WHERE attempt.coop_id = $1 AND attempt.state IN ('submitted', 'accepted', 'unknown')
    ) AS every) AS found) AS aged
    LEFT JOIN ledger_account AS account ON account.coop_id = $1 AND account.id = aged.account_id
    ORDER BY aged.is_before, aged.waits, aged.day, aged.side, aged.reference LIMIT $3";

/// What stands on one side and not on the other, the oldest first; behind all else payments that only wait, and what is from before the first day of
/// which the bank told. Overdue is what stands for more days than are given, for payments of which nobody knows what became of them the second.
///
/// # Errors
/// If the database fails.
pub async fn reconcile_unmatched(
    tx: &mut CoopTx,
    today: NaiveDate,
    ((unmatched_days, unknown_days), limit): ((i32, i32), i64),
) -> Result<Vec<UnmatchedRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(UNMATCHED)
        .bind::<SqlUuid, _>(coop)
        .bind::<Date, _>(today)
        .bind::<BigInt, _>(limit)
        .bind::<Integer, _>(unmatched_days)
        .bind::<Integer, _>(unknown_days)
        .get_results(tx.connection())
        .await
        .map_err(StoreError::from)
}

/// The accounts in which payments wait, beside the payments that do.
///
/// # Errors
/// If the database fails.
pub async fn reconcile_clearing(tx: &mut CoopTx) -> Result<Vec<ClearingRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- reconcile_clearing
        WITH standing AS (
            SELECT cycle.currency, payment.amount, live.state,
                EXISTS (SELECT FROM payout_reversal AS undone WHERE undone.coop_id = $1 AND undone.cycle_id = payment.cycle_id
                    AND undone.reversed_at IS NOT NULL) AS is_undone
            FROM payment JOIN payout_cycle AS cycle ON cycle.coop_id = $1 AND cycle.id = payment.cycle_id
            LEFT JOIN payment_attempt AS live ON live.coop_id = $1 AND live.payment_id = payment.id
                AND live.state NOT IN ('rejected', 'returned', 'withdrawn')
            WHERE payment.coop_id = $1)
        SELECT account.path, account.currency,
            (-coalesce((SELECT sum(amount) FROM journal_entry AS entry WHERE entry.coop_id = $1 AND entry.account_id = account.id), 0))::text
                AS in_books,
            coalesce((SELECT sum(amount) FROM standing WHERE standing.currency = account.currency AND NOT standing.is_undone
                AND CASE account.path WHEN 'liabilities:payments:due' THEN coalesce(standing.state, 'prepared') = 'prepared'
                    ELSE standing.state IN ('submitted', 'accepted', 'unknown') END), 0)::text AS payments
        FROM ledger_account AS account
        WHERE account.coop_id = $1 AND account.path IN ('liabilities:payments:due', 'liabilities:payments:clearing')
        ORDER BY account.path, account.currency",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
