//! Accounts: making one by a mailed link, its name, its password.
//!
//! Whoever asks for a mail learns nothing: the answer and the work before it are the same whether the address has an account or not.
//! What is sent is decided when the mail leaves ([`crate::services::mail`]).

use governance::id::AccountId;
use governance::text;
use store::account::link::{
    LinkKey, LinkRow, account_links_void, confirmation_link_insert, link_read, link_use, reset_link_insert,
    sign_up_link_insert, sign_up_links_void,
};
use store::account::session::{EndReason, session_end_all};
use store::account::{
    AccountRow, EMAIL_IS_NEW, NewAccount, PasswordReplacement, account_confirm_email, account_credentials_of,
    account_insert, account_password_replace, account_password_reset, account_read, account_rename,
};
use store::mail::{MailKind, invitation_mail_read, mail_enqueue};
use store::{GlobalTx, StoreError};
use uuid::Uuid;
use wire::account::{AccountBody, AccountPatch, AccountRequest, PasswordChange, ResetCommand, SecretText};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::problem::Problem;
use crate::services::email::Email;
use crate::services::links::{LinkAction, is_invitation, link_token, parse_invitation, parse_link, token_hash};
use crate::services::passwords::NewPassword;
use crate::services::sessions::{self, Started};

/// How long a link to sign up or to confirm works, in seconds: a day.
const LINK_SECONDS: u32 = 24 * 3_600;
/// How long a link to choose a new password works, in seconds: an hour.
const RESET_SECONDS: u32 = 3_600;
/// The longest display name, in characters.
const DISPLAY_NAME_MAX: usize = 120;

/// Where an account comes from.
enum Origin {
    /// A link to sign up, by the SHA-256 of its token.
    Link([u8; 32]),
    /// An invitation, which stays usable: joining uses it up.
    Invitation,
}

/// What the owner of an account sees of it.
#[must_use]
pub fn account_body(row: AccountRow) -> AccountBody {
    AccountBody {
        id: AccountId::from_uuid(row.id),
        email: row.email,
        display_name: row.display_name,
        is_confirmed: row.is_confirmed,
        created_at: row.created_at,
    }
}

/// Has a link to sign up mailed; to an address with an account, the news that it has one.
///
/// # Errors
/// If the database fails.
pub async fn request_sign_up(app: &App, email: &Email) -> Result<(), Problem> {
    let (id, hash) = new_link(app, LinkAction::SignUp);
    let mut tx = app.store.global_tx("sign_up_requested").await?;
    sign_up_link_insert(&mut tx, &hash, email.as_str(), LINK_SECONDS).await?;
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::SignUp(id)).await?;
    Ok(tx.commit().await?)
}

/// Has a link mailed to choose a new password, if the address has an account.
///
/// # Errors
/// If the database fails.
pub async fn request_reset(app: &App, email: &Email) -> Result<(), Problem> {
    let (id, hash) = new_link(app, LinkAction::ResetPassword);
    let mut tx = app.store.global_tx("reset_requested").await?;
    reset_link_insert(&mut tx, &hash, email.as_str(), RESET_SECONDS).await?;
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::ResetPassword(id)).await?;
    Ok(tx.commit().await?)
}

/// Has a link mailed to confirm the address, unless it is confirmed.
///
/// # Errors
/// If the database fails.
pub async fn request_confirmation(app: &App, account: AccountId) -> Result<(), Problem> {
    let (id, hash) = new_link(app, LinkAction::ConfirmEmail);
    let mut tx = app.store.global_tx("confirmation_requested").await?;
    confirmation_link_insert(&mut tx, &hash, account, LINK_SECONDS).await?;
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::ConfirmEmail(id)).await?;
    Ok(tx.commit().await?)
}

fn new_link(app: &App, action: LinkAction) -> (Uuid, [u8; 32]) {
    let id = Uuid::now_v7();
    (id, token_hash(&link_token(&app.secrets, action, id)))
}

/// Makes an account from a mailed token and signs in to it.
///
/// # Errors
/// 410 for a token that does not work, 409 where the address has an account by now, 422 for a name or password that is refused.
pub async fn create(app: &App, request: &AccountRequest) -> Result<Started, Problem> {
    let display_name = display_name(&request.display_name)?;
    let (origin, email) = origin(app, request.token.reveal()).await?;
    let password = NewPassword::parse(&request.password, &[&email, &display_name])?;
    let password_hash = app.identity.passwords.hash(password).await?;
    let mut tx = app.store.global_tx("account_created").await?;
    if let Origin::Link(hash) = &origin {
        // Used up here, where the account is made: whatever fails before leaves the link as it was.
        use_link(
            &mut tx,
            LinkKey {
                token_hash: hash,
                action: LinkAction::SignUp.name(),
            },
        )
        .await?;
    }
    let id = AccountId::from_uuid(Uuid::now_v7());
    let new = NewAccount {
        id,
        email: &email,
        display_name: &display_name,
        password_hash: &password_hash,
    };
    account_insert(&mut tx, new).await.map_err(exists)?;
    sign_up_links_void(&mut tx, &email).await?;
    let started = sessions::begin(app, &mut tx, id, Some(&password_hash)).await?;
    tx.commit().await?;
    started.ok_or_else(|| Problem::internal("a session could not begin on a new account"))
}

/// Makes an account with a confirmed address, for the operator and for seeds. Sends nothing.
///
/// # Errors
/// As [`create`].
pub async fn create_confirmed(app: &App, email: &str, name: &str, password: &SecretText) -> Result<AccountId, Problem> {
    let (email, display_name) = (Email::parse(email)?, display_name(name)?);
    let password = NewPassword::parse(password, &[email.as_str(), &display_name])?;
    let password_hash = app.identity.passwords.hash(password).await?;
    let id = AccountId::from_uuid(Uuid::now_v7());
    let new = NewAccount {
        id,
        email: email.as_str(),
        display_name: &display_name,
        password_hash: &password_hash,
    };
    let mut tx = app.store.global_tx("account_created_by_operator").await?;
    account_insert(&mut tx, new).await.map_err(exists)?;
    tx.commit().await?;
    Ok(id)
}

fn exists(error: StoreError) -> Problem {
    if error.is_constraint(EMAIL_IS_NEW) {
        return Problem::new(
            ProblemKind::AccountExists,
            "This address has an account already. Sign in to it, or choose a new password for it.",
        );
    }
    error.into()
}

/// The address a token was mailed to. Costs one lookup and only for tokens we made, so guessing reaches neither the database nor the
/// hasher.
async fn origin(app: &App, token: &str) -> Result<(Origin, String), Problem> {
    if is_invitation(token) {
        let (coop, invitation) = parse_invitation(&app.secrets, token).ok_or_else(link_refused)?;
        let mut tx = app.store.coop_tx("invitation_read", coop).await?;
        let found = invitation_mail_read(&mut tx, invitation).await?;
        tx.commit().await?;
        return found
            .map(|found| (Origin::Invitation, found.email))
            .ok_or_else(link_refused);
    }
    let link = read_link(app, LinkAction::SignUp, token).await?;
    Ok((Origin::Link(token_hash(token)), link.email))
}

async fn read_link(app: &App, action: LinkAction, token: &str) -> Result<LinkRow, Problem> {
    parse_link(&app.secrets, action, token).ok_or_else(link_refused)?;
    let hash = token_hash(token);
    let mut tx = app.store.global_tx("link_read").await?;
    let link = link_read(
        &mut tx,
        LinkKey {
            token_hash: &hash,
            action: action.name(),
        },
    )
    .await?;
    tx.commit().await?;
    link.ok_or_else(link_refused)
}

async fn use_link(tx: &mut GlobalTx, link: LinkKey<'_>) -> Result<LinkRow, Problem> {
    link_use(tx, link).await?.ok_or_else(link_refused)
}

fn link_refused() -> Problem {
    Problem::new(
        ProblemKind::LinkRefused,
        "This link was used, has expired, or was replaced by a newer one. Ask for a fresh one.",
    )
}

fn display_name(text: &str) -> Result<String, Problem> {
    text::name(text, DISPLAY_NAME_MAX).map_err(|refusal| Problem::text("display_name", &refusal))
}

/// The account.
///
/// # Errors
/// If the database fails.
pub async fn read(app: &App, account: AccountId) -> Result<AccountBody, Problem> {
    let mut tx = app.store.global_tx("account_read").await?;
    let row = account_read(&mut tx, account).await?;
    tx.commit().await?;
    row.map(account_body).ok_or_else(Problem::not_found)
}

/// Changes how the person wishes to be called.
///
/// # Errors
/// 422 for a name that is refused.
pub async fn change(app: &App, account: AccountId, patch: &AccountPatch) -> Result<AccountBody, Problem> {
    let display_name = display_name(&patch.display_name)?;
    let mut tx = app.store.global_tx("account_renamed").await?;
    let row = account_rename(&mut tx, account, &display_name).await?;
    tx.commit().await?;
    row.map(account_body).ok_or_else(Problem::not_found)
}

/// Changes the password. Every session ends, also the one that asks; it gets a fresh one, so that a copy of its tokens is worth
/// nothing either.
///
/// # Errors
/// 422 where the current password is wrong or the new one is refused.
pub async fn change_password(app: &App, signed_in: SignedIn, change: &PasswordChange) -> Result<Started, Problem> {
    let wrong = || Problem::field("current_password", "it is not the password of this account");
    let place = app.identity.passwords.place()?;
    let (account, credentials) = {
        let mut tx = app.store.global_tx("password_read").await?;
        let account = account_read(&mut tx, signed_in.account).await?;
        let credentials = account_credentials_of(&mut tx, signed_in.account).await?;
        tx.commit().await?;
        (
            account.ok_or_else(Problem::not_found)?,
            credentials.ok_or_else(Problem::not_found)?,
        )
    };
    let verified_hash = credentials.password_hash;
    let new = NewPassword::parse(&change.new_password, &[&account.email, &account.display_name])?;
    if !app
        .identity
        .passwords
        .verify(place, &change.current_password, Some(&verified_hash))
        .await?
    {
        return Err(wrong());
    }
    let new_hash = app.identity.passwords.hash(new).await?;
    let mut tx = app.store.global_tx("password_changed").await?;
    let replacement = PasswordReplacement {
        verified_hash: &verified_hash,
        new_hash: &new_hash,
    };
    if !account_password_replace(&mut tx, signed_in.account, replacement).await? {
        return Err(wrong());
    }
    let started = set_password(app, &mut tx, signed_in.account, &new_hash).await?;
    tx.commit().await?;
    Ok(started)
}

/// Makes sure that whoever asks knows the password: what is added to an account must not be added by who finds an open browser.
///
/// # Errors
/// 422 where it is another; 503 where too many are verified at once.
pub(super) async fn require_password(app: &App, account: AccountId, password: &SecretText) -> Result<(), Problem> {
    let place = app.identity.passwords.place()?;
    let mut tx = app.store.global_tx("password_read").await?;
    let credentials = account_credentials_of(&mut tx, account).await?;
    tx.commit().await?;
    let stored = credentials.as_ref().map(|known| known.password_hash.as_str());
    if app.identity.passwords.verify(place, password, stored).await? {
        return Ok(());
    }
    Err(Problem::field(
        "current_password",
        "it is not the password of this account",
    ))
}

async fn set_password(app: &App, tx: &mut GlobalTx, account: AccountId, new_hash: &str) -> Result<Started, Problem> {
    session_end_all(tx, account, EndReason::PasswordChange).await?;
    account_links_void(tx, account, LinkAction::ResetPassword.name()).await?;
    mail_enqueue(tx, Uuid::now_v7(), MailKind::PasswordChanged(account)).await?;
    let started = sessions::begin(app, tx, account, Some(new_hash)).await?;
    started.ok_or_else(|| Problem::internal("a session could not begin after a change of password"))
}

/// Chooses a new password by a mailed link. Every session ends.
///
/// # Errors
/// 410 for a token that does not work, 422 for a password that is refused.
pub async fn reset_password(app: &App, command: &ResetCommand) -> Result<(), Problem> {
    let token = command.token.reveal();
    let link = read_link(app, LinkAction::ResetPassword, token).await?;
    let password = NewPassword::parse(&command.new_password, &[&link.email])?;
    let new_hash = app.identity.passwords.hash(password).await?;
    let hash = token_hash(token);
    let action = LinkAction::ResetPassword.name();
    let mut tx = app.store.global_tx("password_reset").await?;
    let link = use_link(
        &mut tx,
        LinkKey {
            token_hash: &hash,
            action,
        },
    )
    .await?;
    let account = link.account_id.map(AccountId::from_uuid).ok_or_else(link_refused)?;
    account_password_reset(&mut tx, account, &new_hash).await?;
    session_end_all(&mut tx, account, EndReason::PasswordReset).await?;
    account_links_void(&mut tx, account, action).await?;
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::PasswordChanged(account)).await?;
    Ok(tx.commit().await?)
}

/// Confirms an address by a mailed link.
///
/// # Errors
/// 410 for a token that does not work.
pub async fn confirm_email(app: &App, token: &SecretText) -> Result<(), Problem> {
    parse_link(&app.secrets, LinkAction::ConfirmEmail, token.reveal()).ok_or_else(link_refused)?;
    let hash = token_hash(token.reveal());
    let action = LinkAction::ConfirmEmail.name();
    let mut tx = app.store.global_tx("email_confirmed").await?;
    let link = use_link(
        &mut tx,
        LinkKey {
            token_hash: &hash,
            action,
        },
    )
    .await?;
    let account = link.account_id.map(AccountId::from_uuid).ok_or_else(link_refused)?;
    account_confirm_email(&mut tx, account).await?;
    Ok(tx.commit().await?)
}
