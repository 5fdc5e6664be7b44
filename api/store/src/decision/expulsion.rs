//! What members were told whom a proposal would expel, and what they replied.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// The last notice that a member was given of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct NoticeRow {
    /// The notice.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// To whom.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called today.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// Why the proposal would expel the member.
    #[diesel(sql_type = Text)]
    pub grounds: String,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub given_at: DateTime<Utc>,
    /// Until when voting waits for the reply.
    #[diesel(sql_type = Timestamptz)]
    pub reply_until: DateTime<Utc>,
    /// What the member replied.
    #[diesel(sql_type = Nullable<Text>)]
    pub reply: Option<String>,
    /// When.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub replied_at: Option<DateTime<Utc>>,
}

/// A notice that is about to be given.
#[derive(Debug, Clone, Copy)]
pub struct NewNotice<'a> {
    /// Its id.
    pub id: Uuid,
    /// Of which proposal.
    pub proposal: ProposalId,
    /// To whom.
    pub member: MemberId,
    /// Why the proposal would expel the member.
    pub grounds: &'a str,
    /// When.
    pub given_at: DateTime<Utc>,
    /// Until when voting waits for the reply.
    pub reply_until: DateTime<Utc>,
}

/// A notice as its mail needs it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct NoticeMail {
    /// The co-op's short name.
    #[diesel(sql_type = Text)]
    pub slug: String,
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// Why it would expel the member.
    #[diesel(sql_type = Text)]
    pub grounds: String,
    /// Until when voting waits for the reply.
    #[diesel(sql_type = Timestamptz)]
    pub reply_until: DateTime<Utc>,
    /// The member's account.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
}

/// Gives a notice.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `expulsion_notice_has_a_member` where there is no such member.
pub async fn notice_insert(tx: &mut CoopTx, new: NewNotice<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- notice_insert
        INSERT INTO expulsion_notice (coop_id, id, proposal_id, member_id, grounds, given_at, reply_until, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id)
    .bind::<SqlUuid, _>(new.proposal.uuid())
    .bind::<SqlUuid, _>(new.member.uuid())
    .bind::<Text, _>(new.grounds)
    .bind::<Timestamptz, _>(new.given_at)
    .bind::<Timestamptz, _>(new.reply_until)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The last notice of each member whom a proposal would have expelled at some time.
///
/// # Errors
/// If the database fails.
pub async fn notices(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<NoticeRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- notices
        SELECT DISTINCT ON (notice.member_id) notice.id, notice.member_id, member.display_name, notice.grounds, notice.given_at,
            notice.reply_until, notice.reply, notice.replied_at
        FROM expulsion_notice AS notice
        JOIN member ON member.coop_id = notice.coop_id AND member.id = notice.member_id
        WHERE notice.coop_id = $1 AND notice.proposal_id = $2 ORDER BY notice.member_id, notice.id DESC",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Notes a reply; false where one was noted before.
///
/// # Errors
/// If the database fails.
pub async fn notice_reply(tx: &mut CoopTx, id: Uuid, reply: &str) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- notice_reply
        UPDATE expulsion_notice SET reply = $3, replied_at = clock_timestamp()
        WHERE coop_id = $1 AND id = $2 AND reply IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(reply)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// What the mail of a notice says; `None` where the member has no account to write to.
///
/// # Errors
/// If the database fails.
pub async fn notice_mail_read(tx: &mut CoopTx, id: Uuid) -> Result<Option<NoticeMail>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- notice_mail_read
        SELECT coop.slug, notice.proposal_id, notice.grounds, notice.reply_until, member.account_id
        FROM expulsion_notice AS notice
        JOIN coop ON coop.id = notice.coop_id
        JOIN member ON member.coop_id = notice.coop_id AND member.id = notice.member_id
        WHERE notice.coop_id = $1 AND notice.id = $2 AND member.account_id IS NOT NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}
