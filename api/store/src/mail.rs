//! Mail that waits to be sent, claimed by lease.

use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::id::{AccountId, CoopId, InvitationId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, GlobalTx, StoreError};

/// How often a mail is tried. After that it stays with its last error, for the operator to see.
pub const ATTEMPTS_MAX: i32 = 10;

/// Which text to send, and about what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    /// A link to sign up, or the news that there is an account already. The id is that behind the link.
    SignUp(Uuid),
    /// A link to confirm the address. The id is that behind the link.
    ConfirmEmail(Uuid),
    /// A link to choose a new password. The id is that behind the link.
    ResetPassword(Uuid),
    /// The news that the password is another one now.
    PasswordChanged(AccountId),
    /// The news that a passkey was added or taken away.
    PasskeysChanged(AccountId),
    /// The news that a wallet was linked, to sign in, or taken away.
    WalletsChanged(AccountId),
    /// An invitation to a co-op.
    Invitation(CoopId, InvitationId),
    /// A reminder of a vote. The id is that of the reminder.
    Reminder(CoopId, Uuid),
    /// That a proposal would expel the member. The id is that of the notice.
    ExpulsionNotice(CoopId, Uuid),
    /// The news that where the member wants to be paid was changed.
    PayeeChanged(CoopId, MemberId),
}

impl MailKind {
    const fn name(self) -> &'static str {
        match self {
            Self::SignUp(_) => "sign_up",
            Self::ConfirmEmail(_) => "confirm_email",
            Self::ResetPassword(_) => "reset_password",
            Self::PasswordChanged(_) => "password_changed",
            Self::PasskeysChanged(_) => "passkeys_changed",
            Self::WalletsChanged(_) => "wallets_changed",
            Self::Invitation(..) => "invitation",
            Self::Reminder(..) => "reminder",
            Self::ExpulsionNotice(..) => "expulsion_notice",
            Self::PayeeChanged(..) => "payee_changed",
        }
    }

    const fn coop(self) -> Option<Uuid> {
        match self {
            Self::SignUp(_)
            | Self::ConfirmEmail(_)
            | Self::ResetPassword(_)
            | Self::PasswordChanged(_)
            | Self::PasskeysChanged(_)
            | Self::WalletsChanged(_) => None,
            Self::Invitation(coop, _)
            | Self::Reminder(coop, _)
            | Self::ExpulsionNotice(coop, _)
            | Self::PayeeChanged(coop, _) => Some(coop.uuid()),
        }
    }

    const fn subject(self) -> Uuid {
        match self {
            Self::SignUp(link) | Self::ConfirmEmail(link) | Self::ResetPassword(link) => link,
            Self::PasswordChanged(account) | Self::PasskeysChanged(account) | Self::WalletsChanged(account) => {
                account.uuid()
            }
            Self::Invitation(_, invitation) => invitation.uuid(),
            Self::Reminder(_, reminder) => reminder,
            Self::ExpulsionNotice(_, notice) => notice,
            Self::PayeeChanged(_, member) => member.uuid(),
        }
    }

    fn read(kind: &str, coop: Option<Uuid>, subject: Uuid) -> Option<Self> {
        match kind {
            "sign_up" => Some(Self::SignUp(subject)),
            "confirm_email" => Some(Self::ConfirmEmail(subject)),
            "reset_password" => Some(Self::ResetPassword(subject)),
            "password_changed" => Some(Self::PasswordChanged(AccountId::from_uuid(subject))),
            "passkeys_changed" => Some(Self::PasskeysChanged(AccountId::from_uuid(subject))),
            "wallets_changed" => Some(Self::WalletsChanged(AccountId::from_uuid(subject))),
            "invitation" => {
                coop.map(|coop| Self::Invitation(CoopId::from_uuid(coop), InvitationId::from_uuid(subject)))
            }
            "reminder" => coop.map(|coop| Self::Reminder(CoopId::from_uuid(coop), subject)),
            "expulsion_notice" => coop.map(|coop| Self::ExpulsionNotice(CoopId::from_uuid(coop), subject)),
            "payee_changed" => {
                coop.map(|coop| Self::PayeeChanged(CoopId::from_uuid(coop), MemberId::from_uuid(subject)))
            }
            _ => None,
        }
    }
}

/// A mail that this worker may send until its lease ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedMail {
    /// The mail.
    pub id: Uuid,
    /// What to send; `None` if a newer version of the program queued it.
    pub kind: Option<MailKind>,
    /// The number of this claim.
    pub epoch: i64,
    /// How often it was claimed, this time included.
    pub attempts: i32,
}

#[derive(QueryableByName)]
struct ClaimRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    coop_id: Option<Uuid>,
    #[diesel(sql_type = SqlUuid)]
    subject_id: Uuid,
    #[diesel(sql_type = BigInt)]
    epoch: i64,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

/// An invitation as its mail needs it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct InvitationMail {
    /// Who is invited.
    #[diesel(sql_type = Text)]
    pub email: String,
    /// The co-op's short name.
    #[diesel(sql_type = Text)]
    pub slug: String,
}

/// Queues a mail that belongs to no co-op; it leaves if the transaction commits.
///
/// # Errors
/// If the database fails.
pub async fn mail_enqueue(tx: &mut GlobalTx, id: Uuid, kind: MailKind) -> Result<(), StoreError> {
    let name = tx.name();
    insert(tx.connection(), id, kind, name).await
}

/// Queues the mail of an invitation of this co-op; it leaves if the transaction commits.
///
/// # Errors
/// If the database fails.
pub async fn invitation_mail_enqueue(tx: &mut CoopTx, id: Uuid, invitation: InvitationId) -> Result<(), StoreError> {
    let (name, coop) = (tx.name(), tx.coop());
    insert(tx.connection(), id, MailKind::Invitation(coop, invitation), name).await
}

/// Queues the mail of a notice of this co-op; it leaves if the transaction commits.
///
/// # Errors
/// If the database fails.
pub async fn notice_mail_enqueue(tx: &mut CoopTx, notice: Uuid) -> Result<(), StoreError> {
    let (name, coop) = (tx.name(), tx.coop());
    insert(tx.connection(), notice, MailKind::ExpulsionNotice(coop, notice), name).await
}

/// Queues the mail that tells a member of this co-op that where to be paid was changed; it leaves if the transaction commits.
///
/// # Errors
/// If the database fails.
pub async fn payee_mail_enqueue(tx: &mut CoopTx, id: Uuid, member: MemberId) -> Result<(), StoreError> {
    let (name, coop) = (tx.name(), tx.coop());
    insert(tx.connection(), id, MailKind::PayeeChanged(coop, member), name).await
}

/// What a mail to a member needs.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MemberMail {
    /// The co-op's short name.
    #[diesel(sql_type = Text)]
    pub slug: String,
    /// The member's account.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
}

/// Whom to tell something as a member of this co-op; `None` where the member has no account.
///
/// # Errors
/// If the database fails.
pub async fn member_mail_read(tx: &mut CoopTx, member: MemberId) -> Result<Option<MemberMail>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- member_mail_read
        SELECT coop.slug, member.account_id FROM member JOIN coop ON coop.id = member.coop_id
        WHERE member.coop_id = $1 AND member.id = $2 AND member.account_id IS NOT NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

async fn insert(
    connection: &mut AsyncPgConnection,
    id: Uuid,
    kind: MailKind,
    recorded_by: &str,
) -> Result<(), StoreError> {
    sql_query(
        "-- mail_enqueue
        INSERT INTO outgoing_mail (id, kind, coop_id, subject_id, recorded_by) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(kind.name())
    .bind::<Nullable<SqlUuid>, _>(kind.coop())
    .bind::<SqlUuid, _>(kind.subject())
    .bind::<Text, _>(recorded_by)
    .execute(connection)
    .await?;
    Ok(())
}

/// Claims up to `limit` mails that are due, for `lease_seconds`.
///
/// # Errors
/// If the database fails.
pub async fn mail_claim(tx: &mut GlobalTx, limit: u16, lease_seconds: u32) -> Result<Vec<ClaimedMail>, StoreError> {
    let rows: Vec<ClaimRow> = sql_query(
        "-- mail_claim
        UPDATE outgoing_mail
        SET epoch = epoch + 1, attempts = attempts + 1, leased_until = now() + make_interval(secs => $2)
        WHERE id IN (
            SELECT id FROM outgoing_mail
            WHERE done_at IS NULL AND run_at <= now() AND attempts < $3 AND coalesce(leased_until <= now(), true)
            ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING id, kind, coop_id, subject_id, epoch, attempts",
    )
    .bind::<BigInt, _>(i64::from(limit))
    .bind::<Double, _>(f64::from(lease_seconds))
    .bind::<Integer, _>(ATTEMPTS_MAX)
    .get_results(tx.connection())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ClaimedMail {
            id: row.id,
            kind: MailKind::read(&row.kind, row.coop_id, row.subject_id),
            epoch: row.epoch,
            attempts: row.attempts,
        })
        .collect())
}

/// Notes that a mail needs no more work; whether the claim was still ours.
///
/// # Errors
/// If the database fails.
pub async fn mail_done(tx: &mut GlobalTx, mail: ClaimedMail) -> Result<bool, StoreError> {
    let changed = sql_query(
        "-- mail_done
        UPDATE outgoing_mail SET done_at = now(), leased_until = NULL, last_error = NULL
        WHERE id = $1 AND epoch = $2 AND done_at IS NULL",
    )
    .bind::<SqlUuid, _>(mail.id)
    .bind::<BigInt, _>(mail.epoch)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Notes why a mail could not be sent and when to try again; whether the claim was still ours.
///
/// # Errors
/// If the database fails.
pub async fn mail_failed(
    tx: &mut GlobalTx,
    mail: ClaimedMail,
    error: &str,
    retry_seconds: u32,
) -> Result<bool, StoreError> {
    let changed = sql_query(
        "-- mail_failed
        UPDATE outgoing_mail
        SET last_error = left($3, 500), leased_until = NULL, run_at = now() + make_interval(secs => $4)
        WHERE id = $1 AND epoch = $2 AND done_at IS NULL",
    )
    .bind::<SqlUuid, _>(mail.id)
    .bind::<BigInt, _>(mail.epoch)
    .bind::<Text, _>(error)
    .bind::<Double, _>(f64::from(retry_seconds))
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// The invitation, if it still works.
///
/// # Errors
/// If the database fails.
pub async fn invitation_mail_read(
    tx: &mut CoopTx,
    invitation: InvitationId,
) -> Result<Option<InvitationMail>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- invitation_mail_read
        SELECT invitation.email, coop.slug
        FROM invitation JOIN coop ON coop.id = invitation.coop_id
        WHERE invitation.coop_id = $1 AND invitation.id = $2
          AND invitation.used_at IS NULL AND invitation.revoked_at IS NULL AND invitation.expires_at > now()",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(invitation.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Removes mails that were done this long ago, and those that were given up and queued this long ago; how many of at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn mail_sweep(tx: &mut GlobalTx, age_seconds: u32, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- mail_sweep
        DELETE FROM outgoing_mail WHERE id IN (
            SELECT id FROM outgoing_mail
            WHERE done_at < now() - make_interval(secs => $1)
                OR (done_at IS NULL AND attempts >= $3 AND created_at < now() - make_interval(secs => $1))
            ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Double, _>(f64::from(age_seconds))
    .bind::<BigInt, _>(i64::from(limit))
    .bind::<Integer, _>(ATTEMPTS_MAX)
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}
