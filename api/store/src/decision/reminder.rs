//! Reminders of votes: when members wish them, whom a round reminds, and what each mail needs.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, GlobalTx, StoreError};

/// How long before its end a vote is remembered, in hours.
pub const CLOSING_HOURS: i64 = 24;
/// A vote shorter than this, in hours, is remembered once, when it opens.
pub const SHORT_HOURS: i64 = 26;

#[derive(QueryableByName)]
struct WishRow {
    #[diesel(sql_type = Text)]
    wish: String,
}

/// What a round has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct ReminderRound {
    /// How many mails it queued.
    #[diesel(sql_type = BigInt)]
    pub queued: i64,
    /// The last member it looked at; `None` where nobody is left.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub last: Option<Uuid>,
}

/// An open vote as a round needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct RemindedVote {
    /// When it opened.
    #[diesel(sql_type = Timestamptz)]
    pub opens_at: DateTime<Utc>,
    /// When it ends.
    #[diesel(sql_type = Timestamptz)]
    pub closes_at: DateTime<Utc>,
    /// The clock of the database.
    #[diesel(sql_type = Timestamptz)]
    pub now: DateTime<Utc>,
}

/// What a mail needs.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ReminderMail {
    /// The co-op's short name.
    #[diesel(sql_type = Text)]
    pub slug: String,
    /// The vote.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// When it ends.
    #[diesel(sql_type = Timestamptz)]
    pub closes_at: DateTime<Utc>,
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// The account behind the member.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
}

/// When a member wishes to be reminded; `None` where the member never said.
///
/// # Errors
/// If the database fails.
pub async fn reminder_wish_read(tx: &mut CoopTx, member: MemberId) -> Result<Option<String>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<WishRow> = sql_query(
        "-- reminder_wish_read
        SELECT wish FROM reminder_wish WHERE coop_id = $1 AND member_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| row.wish))
}

/// Notes when a member wishes to be reminded.
///
/// # Errors
/// If the database fails; `reminder_wish_has_a_member` where there is no such member.
pub async fn reminder_wish_set(tx: &mut CoopTx, member: MemberId, wish: &str) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- reminder_wish_set
        INSERT INTO reminder_wish (coop_id, member_id, wish, recorded_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (coop_id, member_id) DO UPDATE SET wish = excluded.wish, changed_at = clock_timestamp()
        WHERE reminder_wish.wish <> excluded.wish",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(wish)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Asks for both rounds of a vote that just opened; of a short one for the first alone.
///
/// # Errors
/// If the database fails.
pub async fn reminders_schedule(tx: &mut CoopTx, proposal: ProposalId) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- reminders_schedule
        INSERT INTO errand (coop_id, id, kind, subject_id, run_at, recorded_by)
        SELECT coop_id, gen_random_uuid(), round.name, id,
            CASE round.name WHEN 'remind_opening' THEN clock_timestamp() ELSE closes_at - make_interval(hours => $4) END, $3
        FROM proposal, unnest(ARRAY['remind_opening', 'remind_closing']) AS round (name)
        WHERE coop_id = $1 AND id = $2
          AND (round.name = 'remind_opening' OR closes_at - opens_at >= make_interval(hours => $5))
        ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(name)
    .bind::<diesel::sql_types::Integer, _>(i32::try_from(CLOSING_HOURS).unwrap_or(i32::MAX))
    .bind::<diesel::sql_types::Integer, _>(i32::try_from(SHORT_HOURS).unwrap_or(i32::MAX))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A vote that is open; `None` where it is not, or not any more.
///
/// # Errors
/// If the database fails.
pub async fn reminded_vote(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<RemindedVote>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- reminded_vote
        SELECT opens_at, coalesce(extended_until, closes_at) AS closes_at, clock_timestamp() AS now FROM proposal
        WHERE coop_id = $1 AND id = $2 AND state = 'open' AND coalesce(extended_until, closes_at) > clock_timestamp()",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Queues the mails of one round, for up to `limit` members on the roll after `after`: active ones with an account and one of these
/// wishes, who have not voted and were not reminded so before. Each reminder and its mail are one row each, in one statement.
///
/// # Errors
/// If the database fails.
pub async fn reminders_enqueue(
    tx: &mut CoopTx,
    (proposal, kind): (ProposalId, &str),
    wishes: &[&str],
    after: Uuid,
    limit: i64,
) -> Result<ReminderRound, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- reminders_enqueue
        WITH looked_at AS (
            SELECT member_id FROM roll_entry WHERE coop_id = $1 AND proposal_id = $2 AND member_id > $5
            ORDER BY member_id LIMIT $6),
        made AS (
            INSERT INTO reminder (coop_id, proposal_id, member_id, kind, id, recorded_by)
            SELECT $1, $2, member.id, $3, gen_random_uuid(), $7
            FROM looked_at JOIN member ON member.coop_id = $1 AND member.id = looked_at.member_id
            LEFT JOIN reminder_wish ON reminder_wish.coop_id = $1 AND reminder_wish.member_id = member.id
            WHERE member.status = 'active' AND member.account_id IS NOT NULL
              AND coalesce(reminder_wish.wish, 'both') = ANY ($4)
              AND NOT EXISTS (SELECT FROM ballot WHERE ballot.coop_id = $1 AND ballot.proposal_id = $2
                              AND ballot.member_id = member.id)
            ON CONFLICT DO NOTHING
            RETURNING id),
        queued AS (
            INSERT INTO outgoing_mail (id, kind, coop_id, subject_id, recorded_by)
            SELECT gen_random_uuid(), 'reminder', $1, id, $7 FROM made)
        SELECT (SELECT count(*) FROM made) AS queued,
               (SELECT member_id FROM looked_at ORDER BY member_id DESC LIMIT 1) AS last",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(kind)
    .bind::<Array<Text>, _>(wishes)
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What the mail of a reminder needs; `None` where it is needless by now: the vote is over, the member voted, left, or wishes none.
///
/// # Errors
/// If the database fails.
pub async fn reminder_mail_read(tx: &mut CoopTx, reminder: Uuid) -> Result<Option<ReminderMail>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- reminder_mail_read
        SELECT coop.slug, proposal.id AS proposal_id, coalesce(proposal.extended_until, proposal.closes_at) AS closes_at, member.id AS member_id, member.account_id
        FROM reminder
        JOIN coop ON coop.id = reminder.coop_id
        JOIN proposal ON proposal.coop_id = reminder.coop_id AND proposal.id = reminder.proposal_id
        JOIN member ON member.coop_id = reminder.coop_id AND member.id = reminder.member_id
        LEFT JOIN reminder_wish ON reminder_wish.coop_id = reminder.coop_id AND reminder_wish.member_id = member.id
        WHERE reminder.coop_id = $1 AND reminder.id = $2
          AND proposal.state = 'open' AND coalesce(proposal.extended_until, proposal.closes_at) > clock_timestamp()
          AND member.status = 'active' AND member.account_id IS NOT NULL
          AND coalesce(reminder_wish.wish, 'both') <> 'off'
          AND NOT EXISTS (SELECT FROM ballot WHERE ballot.coop_id = reminder.coop_id
                          AND ballot.proposal_id = reminder.proposal_id AND ballot.member_id = member.id)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(reminder)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Removes reminders whose mail was queued this long ago; how many of at most `limit`. The database lets none go in the first thirty days.
///
/// # Errors
/// If the database fails.
pub async fn reminder_sweep(tx: &mut GlobalTx, age_seconds: u32, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- reminder_sweep
        DELETE FROM reminder WHERE (coop_id, id) IN (
            SELECT coop_id, id FROM reminder WHERE created_at < now() - make_interval(secs => $1)
            ORDER BY created_at LIMIT $2)",
    )
    .bind::<Double, _>(f64::from(age_seconds))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}
