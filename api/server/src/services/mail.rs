//! Sending what waits in the queue of mails.
//!
//! Requests only queue, in the transaction that makes the mail necessary. Here the address is read, the token is derived and the text
//! is chosen, so whether an address has an account is decided out of sight of whoever asked. A mail may leave twice if a worker dies
//! after sending; both carry the same Message-ID.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::future::join_all;
use governance::id::{AccountId, CoopId, InvitationId, MemberId};
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use store::StoreError;
use store::account::link::{LinkKey, link_read};
use store::account::{account_exists, account_read};
use store::decision::expulsion::notice_mail_read;
use store::decision::reminder::reminder_mail_read;
use store::mail::{ClaimedMail, MailKind, invitation_mail_read, mail_claim, mail_done, mail_failed, member_mail_read};
use uuid::Uuid;

use crate::app::App;
use crate::config::MailConfig;
use crate::services::links::{LinkAction, invitation_token, link_token, token_hash, unsubscription_token};
use crate::services::mail_texts::{self, MailText};

/// How many mails one round sends, all at once.
const BATCH: u16 = 8;
/// How long an SMTP server may take for any one step.
const SMTP_TIME_MAX: Duration = Duration::from_secs(20);
/// How long one mail may take in all; well within the lease, so that no other worker sends it meanwhile.
const SEND_TIME_MAX: Duration = Duration::from_secs(60);
const LEASE_SECONDS: u32 = 180;
/// The first wait after a failure; each further one is three times as long, so that ten attempts outlast a mail server that is away
/// for most of a day.
const RETRY_SECONDS: u32 = 60;
const RETRY_FACTOR: u32 = 3;
/// The longest wait between two attempts.
const RETRY_SECONDS_MAX: u32 = 4 * 3_600;
/// The longest line of a mail, in bytes (RFC 5322, 2.1.1).
const LINE_BYTES_MAX: usize = 998;

/// Builds mails and lets them leave.
pub struct Mailer {
    from: Mailbox,
    host: String,
    public_url: String,
    way: Way,
}

enum Way {
    Folder(PathBuf),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

/// A mail ready to be built: to whom and what.
struct Letter {
    to: String,
    text: MailText,
    /// Where the receiver ends mails of this kind, with one press (RFC 8058).
    unsubscribe: Option<String>,
}

impl Mailer {
    /// The way out that is configured.
    ///
    /// # Errors
    /// If the sender, the folder's address or the server's address is malformed.
    pub fn new(config: &MailConfig, public_url: &str) -> anyhow::Result<Self> {
        let (from, way) = match config {
            MailConfig::Folder { path, from } => (from, Way::Folder(path.clone())),
            MailConfig::Smtp { url, from } => {
                // The address holds a password, so the error of the library, which may repeat it, is not passed on.
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                    .map_err(|_| anyhow::anyhow!("the key mail.url is not the address of an SMTP server"))?;
                (from, Way::Smtp(builder.timeout(Some(SMTP_TIME_MAX)).build()))
            }
        };
        let url = url::Url::parse(public_url).context("the key server.public_url is not an address")?;
        Ok(Self {
            from: from
                .parse()
                .context("the key mail.from is not a sender like \"Name <name@example.org>\"")?,
            host: url.host_str().unwrap_or("localhost").to_owned(),
            public_url: public_url.to_owned(),
            way,
        })
    }

    fn build(&self, id: Uuid, letter: Letter) -> anyhow::Result<Message> {
        let to = letter
            .to
            .parse()
            .map_err(|_| anyhow::anyhow!("the address is not one that mail can be sent to"))?;
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mut builder = Message::builder();
        if let Some(address) = letter.unsubscribe {
            let name = HeaderName::new_from_ascii_str("List-Unsubscribe");
            builder = builder.raw_header(HeaderValue::dangerous_new_pre_encoded(
                name,
                format!("<{address}>"),
                format!("<{address}>"),
            ));
            let name = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");
            builder = builder.raw_header(HeaderValue::new(name, String::from("List-Unsubscribe=One-Click")));
        }
        builder
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.text.subject)
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .raw_header(HeaderValue::new(automatic, String::from("auto-generated")))
            .header(ContentType::TEXT_PLAIN)
            .body(plain(&letter.text.body)?)
            .context("the mail cannot be put together")
    }

    async fn send(&self, id: Uuid, message: &Message) -> anyhow::Result<()> {
        match &self.way {
            Way::Folder(folder) => write(folder, id, message.formatted()).await,
            Way::Smtp(transport) => match transport.send_raw(message.envelope(), &message.formatted()).await {
                Ok(_) => Ok(()),
                // What the server said may repeat the address, so only its code is kept.
                Err(error) => match error.status() {
                    Some(code) => bail!("the SMTP server refused with code {code}"),
                    None if error.is_timeout() => bail!("the SMTP server did not answer in time"),
                    None if error.is_tls() => bail!("no secure connection to the SMTP server"),
                    None => bail!("the SMTP server cannot be reached"),
                },
            },
        }
    }
}

/// The body as it is: the library would break a long link into pieces that a reader of the file cannot click.
fn plain(text: &str) -> anyhow::Result<Body> {
    if !text.is_ascii() || text.lines().any(|line| line.len() > LINE_BYTES_MAX) {
        bail!("the text of the mail is not plain");
    }
    let lines: String = text.lines().flat_map(|line| [line, "\r\n"]).collect();
    Ok(Body::dangerous_pre_encoded(
        lines.into_bytes(),
        ContentTransferEncoding::SevenBit,
    ))
}

/// Writes the mail beside its place and then moves it there, so that nobody reads half of it.
async fn write(folder: &Path, id: Uuid, bytes: Vec<u8>) -> anyhow::Result<()> {
    tokio::fs::create_dir_all(folder)
        .await
        .context("the folder for mails cannot be made")?;
    let (unfinished, path) = (folder.join(format!("{id}.part")), folder.join(format!("{id}.eml")));
    tokio::fs::write(&unfinished, bytes)
        .await
        .context("the mail cannot be written")?;
    tokio::fs::rename(&unfinished, &path)
        .await
        .context("the mail cannot be moved to its place")
}

/// Sends mails that are due, a bounded number; how many were worked on. A worker calls it again until it is 0.
///
/// # Errors
/// If the database fails. A mail that cannot be sent is no error here: it is tried again later, at most 10 times, and then stays with
/// what went wrong.
pub async fn send_due(app: &App) -> Result<usize, StoreError> {
    let mut tx = app.store.global_tx("mail_claim").await?;
    let claimed = mail_claim(&mut tx, BATCH, LEASE_SECONDS).await?;
    tx.commit().await?;
    for result in join_all(claimed.iter().map(|mail| work(app, *mail))).await {
        result?;
    }
    Ok(claimed.len())
}

async fn work(app: &App, mail: ClaimedMail) -> Result<(), StoreError> {
    let sent = match tokio::time::timeout(SEND_TIME_MAX, send(app, mail)).await {
        Ok(Ok(sent)) => sent,
        Ok(Err(SendError::Store(error))) => Err(error)?,
        Ok(Err(SendError::Mail(error))) => Err(error),
        Err(_) => Err(anyhow::anyhow!("sending took too long")),
    };
    let (result, is_ours) = match sent {
        Ok(()) => {
            let mut tx = app.store.global_tx("mail_done").await?;
            let is_ours = mail_done(&mut tx, mail).await?;
            tx.commit().await?;
            ("done", is_ours)
        }
        Err(error) => {
            tracing::warn!(mail.id = %mail.id, mail.attempts = mail.attempts, error.cause = format!("{error:#}"), "a mail was not sent");
            let mut tx = app.store.global_tx("mail_failed").await?;
            let is_ours = mail_failed(&mut tx, mail, &format!("{error:#}"), retry_seconds(mail.attempts)).await?;
            tx.commit().await?;
            ("failed", is_ours)
        }
    };
    if !is_ours {
        tracing::warn!(mail.id = %mail.id, "another worker took the mail over meanwhile");
    }
    app.metrics.jobs.with_label_values(&["mail", result]).inc();
    Ok(())
}

fn retry_seconds(attempts: i32) -> u32 {
    let failures = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    RETRY_SECONDS
        .saturating_mul(RETRY_FACTOR.saturating_pow(failures))
        .min(RETRY_SECONDS_MAX)
}

enum SendError {
    Store(StoreError),
    Mail(anyhow::Error),
}

impl From<StoreError> for SendError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The inner result is what became of the mail; `Ok` also where it was needless.
async fn send(app: &App, mail: ClaimedMail) -> Result<anyhow::Result<()>, SendError> {
    let letter = match mail.kind {
        Some(kind) => letter(app, kind).await?,
        None => {
            return Ok(Err(anyhow::anyhow!(
                "this version of the program does not know this kind of mail"
            )));
        }
    };
    let Some(letter) = letter else { return Ok(Ok(())) };
    let mailer = &app.identity.mailer;
    let message = mailer.build(mail.id, letter).map_err(SendError::Mail)?;
    Ok(mailer.send(mail.id, &message).await)
}

/// What to send to whom; `None` where it is needless by now.
async fn letter(app: &App, kind: MailKind) -> Result<Option<Letter>, StoreError> {
    match kind {
        MailKind::SignUp(link) => mailed_link(app, LinkAction::SignUp, link).await,
        MailKind::ConfirmEmail(link) => mailed_link(app, LinkAction::ConfirmEmail, link).await,
        MailKind::ResetPassword(link) => mailed_link(app, LinkAction::ResetPassword, link).await,
        MailKind::PasswordChanged(account) => account_changed(app, account, mail_texts::password_changed).await,
        MailKind::PasskeysChanged(account) => account_changed(app, account, mail_texts::passkeys_changed).await,
        MailKind::WalletsChanged(account) => account_changed(app, account, mail_texts::wallets_changed).await,
        MailKind::Invitation(coop, invitation) => invited(app, coop, invitation).await,
        MailKind::Reminder(coop, reminder) => reminded(app, coop, reminder).await,
        MailKind::ExpulsionNotice(coop, reminder) => noticed(app, coop, reminder).await,
        MailKind::PayeeChanged(coop, member) => payee_changed(app, coop, member).await,
    }
}

async fn mailed_link(app: &App, action: LinkAction, id: Uuid) -> Result<Option<Letter>, StoreError> {
    let token = link_token(&app.secrets, action, id);
    let hash = token_hash(&token);
    let mut tx = app.store.global_tx("mail_read").await?;
    let link = link_read(
        &mut tx,
        LinkKey {
            token_hash: &hash,
            action: action.name(),
        },
    )
    .await?;
    let has_account = match &link {
        Some(link) => account_exists(&mut tx, &link.email).await?,
        None => false,
    };
    tx.commit().await?;
    let url = &app.identity.mailer.public_url;
    Ok(link.map(|link| Letter {
        to: link.email,
        text: match action {
            LinkAction::SignUp if has_account => mail_texts::account_exists(url),
            LinkAction::SignUp => mail_texts::sign_up(url, &token),
            LinkAction::ConfirmEmail => mail_texts::confirm_email(url, &token),
            LinkAction::ResetPassword => mail_texts::reset_password(url, &token),
        },
        unsubscribe: None,
    }))
}

async fn account_changed(
    app: &App,
    account: AccountId,
    text: impl Fn(&str) -> MailText,
) -> Result<Option<Letter>, StoreError> {
    let mut tx = app.store.global_tx("mail_read").await?;
    let account = account_read(&mut tx, account).await?;
    tx.commit().await?;
    let text = text(&app.identity.mailer.public_url);
    Ok(account.map(|account| Letter {
        to: account.email,
        text,
        unsubscribe: None,
    }))
}

async fn invited(app: &App, coop: CoopId, id: InvitationId) -> Result<Option<Letter>, StoreError> {
    let mut tx = app.store.coop_tx("mail_read", coop).await?;
    let invitation = invitation_mail_read(&mut tx, id).await?;
    tx.commit().await?;
    let token = invitation_token(&app.secrets, coop, id);
    Ok(invitation.map(|invitation| Letter {
        to: invitation.email,
        text: mail_texts::invitation(&app.identity.mailer.public_url, &invitation.slug, &token),
        unsubscribe: None,
    }))
}

async fn reminded(app: &App, coop: CoopId, reminder: Uuid) -> Result<Option<Letter>, StoreError> {
    let mut tx = app.store.coop_tx("mail_read", coop).await?;
    let found = reminder_mail_read(&mut tx, reminder).await?;
    tx.commit().await?;
    let Some(found) = found else { return Ok(None) };
    let mut tx = app.store.global_tx("mail_read").await?;
    let account = account_read(&mut tx, AccountId::from_uuid(found.account_id)).await?;
    tx.commit().await?;
    // Whoever never showed that the address is theirs did not ask for mail there.
    let Some(account) = account.filter(|account| account.is_confirmed) else {
        return Ok(None);
    };
    let url = &app.identity.mailer.public_url;
    let token = unsubscription_token(&app.secrets, coop, MemberId::from_uuid(found.member_id));
    let unsubscribe = format!("{url}/unsubscribe/{token}");
    let vote = format!("{url}/coops/{coop}/proposals/{}", found.proposal_id);
    Ok(Some(Letter {
        to: account.email,
        text: mail_texts::reminder(&found.slug, found.closes_at, &vote, &unsubscribe),
        unsubscribe: Some(unsubscribe),
    }))
}

async fn noticed(app: &App, coop: CoopId, notice: Uuid) -> Result<Option<Letter>, StoreError> {
    let mut tx = app.store.coop_tx("mail_read", coop).await?;
    let found = notice_mail_read(&mut tx, notice).await?;
    tx.commit().await?;
    let Some(found) = found else { return Ok(None) };
    let mut tx = app.store.global_tx("mail_read").await?;
    let account = account_read(&mut tx, AccountId::from_uuid(found.account_id)).await?;
    tx.commit().await?;
    let url = &app.identity.mailer.public_url;
    let vote = format!("{url}/coops/{coop}/proposals/{}", found.proposal_id);
    Ok(account.map(|account| Letter {
        to: account.email,
        text: mail_texts::expulsion_notice(&found.slug, (&found.grounds, found.reply_until), &vote),
        unsubscribe: None,
    }))
}

async fn payee_changed(app: &App, coop: CoopId, member: MemberId) -> Result<Option<Letter>, StoreError> {
    let mut tx = app.store.coop_tx("mail_read", coop).await?;
    let found = member_mail_read(&mut tx, member).await?;
    tx.commit().await?;
    let Some(found) = found else { return Ok(None) };
    let mut tx = app.store.global_tx("mail_read").await?;
    let account = account_read(&mut tx, AccountId::from_uuid(found.account_id)).await?;
    tx.commit().await?;
    let payee = format!("{}/coops/{coop}/revenue/payee", app.identity.mailer.public_url);
    Ok(account.map(|account| Letter {
        to: account.email,
        text: mail_texts::payee_changed(&found.slug, &payee),
        unsubscribe: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer() -> Mailer {
        let config = MailConfig::Folder {
            path: PathBuf::from("nowhere"),
            from: String::from("Rochdale <no-reply@example.org>"),
        };
        Mailer::new(&config, "https://vote.example.org").unwrap()
    }

    #[test]
    fn a_mail_holds_its_link_on_one_line_and_only_our_headers() {
        let text = mail_texts::sign_up("https://vote.example.org", "rdl_token");
        let letter = Letter {
            to: String::from("o'brien+coop@example.org"),
            text,
            unsubscribe: None,
        };
        let message = mailer().build(Uuid::nil(), letter).unwrap();
        let bytes = String::from_utf8(message.formatted()).unwrap();
        let (head, body) = bytes.split_once("\r\n\r\n").unwrap();
        assert!(
            body.contains("\r\nhttps://vote.example.org/sign-up?token=rdl_token\r\n"),
            "{bytes}"
        );
        let names: Vec<&str> = head
            .lines()
            .filter_map(|line| line.split_once(": ").map(|(name, _)| name))
            .collect();
        let expected = [
            "From",
            "To",
            "Subject",
            "Message-ID",
            "Auto-Submitted",
            "Content-Type",
            "Date",
            "Content-Transfer-Encoding",
        ];
        let mut sorted = (names.clone(), expected);
        sorted.0.sort_unstable();
        sorted.1.sort_unstable();
        assert_eq!(sorted.0, sorted.1, "{head}");
        assert!(
            head.contains("<00000000-0000-0000-0000-000000000000@vote.example.org>"),
            "{head}"
        );
    }

    #[test]
    fn a_reminder_can_be_ended_with_one_press_by_a_header_on_one_line() {
        let address = format!("https://vote.example.org/unsubscribe/rdu_{}", "x".repeat(90));
        let closes_at = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let letter = Letter {
            to: String::from("ada@example.org"),
            text: mail_texts::reminder(
                "weavers",
                closes_at,
                "https://vote.example.org/coops/1/proposals/2",
                &address,
            ),
            unsubscribe: Some(address.clone()),
        };
        let bytes = String::from_utf8(mailer().build(Uuid::nil(), letter).unwrap().formatted()).unwrap();
        for line in [
            format!("List-Unsubscribe: <{address}>"),
            String::from("List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
            String::from("https://vote.example.org/coops/1/proposals/2"),
        ] {
            assert!(bytes.lines().any(|found| found == line), "{line} in {bytes}");
        }
        assert!(bytes.contains("15 January 2027, 08:00 UTC"), "{bytes}");
    }

    #[test]
    fn an_address_that_carries_a_header_is_refused() {
        let text = mail_texts::account_exists("https://vote.example.org");
        let letter = Letter {
            to: String::from("ada@example.org\r\nBcc: all@example.org"),
            text,
            unsubscribe: None,
        };
        assert!(mailer().build(Uuid::nil(), letter).is_err());
    }

    #[test]
    fn every_address_we_accept_can_be_sent_to() {
        for address in [
            "ada@localhost",
            "a@b",
            "o'brien+coop=x@sub.example.org",
            "1@1.example",
            "!#$%&*/?^_`{|}~-@example.org",
        ] {
            let email = crate::services::email::Email::read(address).unwrap();
            let text = mail_texts::account_exists("https://vote.example.org");
            let letter = Letter {
                to: email.to_string(),
                text,
                unsubscribe: None,
            };
            assert!(mailer().build(Uuid::nil(), letter).is_ok(), "{address}");
        }
    }

    #[test]
    fn the_waits_between_attempts_grow_to_four_hours() {
        let waits: Vec<u32> = (1..=10).map(retry_seconds).collect();
        assert_eq!(
            waits,
            [60, 180, 540, 1_620, 4_860, 14_400, 14_400, 14_400, 14_400, 14_400]
        );
    }
}
