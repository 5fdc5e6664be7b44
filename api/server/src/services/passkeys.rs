//! Passkeys of an account: adding, taking away, signing in (WebAuthn Level 3, sections 7.1 and 7.2, without attestation).
//!
//! What the browser says of the site is compared with the configuration. A number works once and for five minutes; the challenge is a
//! hash of it that says what it is for, so a passkey that also signs ballots cannot be made to sign one unseen.

use governance::hash::{Hash32, from_hex, sha256, to_hex};
use governance::id::{AccountId, PasskeyId};
use governance::signature::SignatureRefusal;
use governance::signature::passkey::{Assertion, AuthenticatorData, ClientData};
use governance::text;
use store::account::nonce::nonce_use;
use store::account::passkey::{
    CREDENTIAL_IS_NEW, NewPasskey, PasskeyRow, passkey_delete, passkey_find, passkey_insert, passkey_list, passkey_use,
};
use store::mail::{MailKind, mail_enqueue};
use url::Url;
use uuid::Uuid;
use wire::passkey::{AddPasskey, PasskeyChallenge, PasskeyEntry, PasskeyList, PasskeySignIn};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::config::Config;
use crate::problem::Problem;
use crate::services::sessions::{self, Started};
use crate::services::{accounts, wallets};

/// The most passkeys of an account: one for each device and a few to spare.
const PASSKEYS_MAX: i64 = 16;
/// The longest name of one, in characters.
const NAME_MAX: usize = 60;

/// The challenge to sign in.
#[must_use]
pub fn sign_in_challenge(nonce: &str) -> Hash32 {
    sha256(format!("rochdale passkey sign-in\n{nonce}").as_bytes())
}

/// The challenge to add a passkey to an account.
#[must_use]
pub fn registration_challenge(account: AccountId, nonce: &str) -> Hash32 {
    sha256(format!("rochdale passkey registration\n{account}\n{nonce}").as_bytes())
}

/// The host that passkeys are made for.
///
/// # Errors
/// If the configured address has none.
fn site(config: &Config) -> Result<(Url, String), Problem> {
    let ours = Url::parse(&config.server.public_url).map_err(Problem::internal)?;
    let host = ours.host_str().map(str::to_owned);
    host.map(|host| (ours, host))
        .ok_or_else(|| Problem::internal("the public address has no host"))
}

/// Gives out a number.
///
/// # Errors
/// If the database or the system fails.
pub async fn challenge(app: &App) -> Result<PasskeyChallenge, Problem> {
    let (_, site) = site(&app.config)?;
    let number = wallets::issue_nonce(app).await?;
    Ok(PasskeyChallenge {
        nonce: number.nonce,
        site,
        expires_at: number.expires_at,
    })
}

/// Whether an authenticator and a browser speak of this very site.
fn is_here(config: &Config, authenticator: &AuthenticatorData<'_>, client: &ClientData) -> Result<bool, Problem> {
    let (ours, host) = site(config)?;
    Ok(authenticator.site_hash == *sha256(host.as_bytes()).as_bytes()
        && client.origin == ours.origin().ascii_serialization())
}

/// Makes sure that a passkey's signature was asked for by this very site: whatever page lies beside ours may ask for one too.
///
/// # Errors
/// A refusal of the signature, for what is malformed or of another site.
pub(super) fn require_here(config: &Config, signature: &[u8]) -> Result<(), SignatureRefusal> {
    let assertion = Assertion::parse(signature)?;
    match is_here(config, &assertion.authenticator, &assertion.client) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(SignatureRefusal::Mismatch),
    }
}

/// Signs in. Whatever is wrong is answered alike.
///
/// # Errors
/// 401.
pub async fn sign_in(app: &App, given: &PasskeySignIn) -> Result<Started, Problem> {
    let failed = || {
        Problem::new(
            ProblemKind::SignInFailed,
            "The passkey did not sign in: it is not known here, or it answered something else. Try again, or sign in with your \
             address and password.",
        )
    };
    let credential = from_hex(&given.credential).ok_or_else(failed)?;
    let bytes = from_hex(&given.assertion).ok_or_else(failed)?;
    let assertion = Assertion::parse(&bytes).map_err(|_| failed())?;
    if !is_here(&app.config, &assertion.authenticator, &assertion.client)? {
        return Err(failed());
    }
    let mut tx = app.store.global_tx("session_begun").await?;
    // The number is used up whatever comes of it, so this much is committed in any case.
    let is_fresh = nonce_use(&mut tx, &given.nonce).await?;
    let found = passkey_find(&mut tx, &credential).await?;
    let verified = found.filter(|_| is_fresh).filter(|row| {
        let key = row.public_key.as_slice().try_into();
        key.is_ok_and(|key| assertion.verify(key, sign_in_challenge(&given.nonce)).is_ok())
    });
    let account = match &verified {
        Some(row) => {
            passkey_use(
                &mut tx,
                PasskeyId::from_uuid(row.id),
                assertion.authenticator.sign_count,
            )
            .await?
        }
        None => None,
    };
    if let (Some(row), None) = (&verified, account) {
        tracing::warn!(passkey.id = %row.id, "a passkey signed in whose count did not go on: there may be a copy of it");
    }
    let begun = match account {
        Some(account) => sessions::begin(app, &mut tx, account, None).await?,
        None => None,
    };
    tx.commit().await?;
    begun.ok_or_else(failed)
}

/// The passkeys of an account.
///
/// # Errors
/// If the database fails.
pub async fn list(app: &App, account: AccountId) -> Result<PasskeyList, Problem> {
    let mut tx = app.store.global_tx("passkey_list").await?;
    let rows = passkey_list(&mut tx, account).await?;
    tx.commit().await?;
    Ok(PasskeyList {
        items: rows.into_iter().map(entry).collect(),
    })
}

/// Adds a passkey; its owner is told by mail.
///
/// # Errors
/// 409 where an account has it, 422 where the password or what the authenticator said is not right.
pub async fn add(app: &App, account: AccountId, given: &AddPasskey) -> Result<PasskeyEntry, Problem> {
    let name = text::line(&given.name, NAME_MAX).map_err(|refusal| Problem::text("name", &refusal))?;
    let authenticator_bytes = from_hex(&given.authenticator_data).ok_or_else(not_hex)?;
    let client_bytes = from_hex(&given.client_data).ok_or_else(not_hex)?;
    let authenticator = AuthenticatorData::parse(&authenticator_bytes).map_err(refusal)?;
    let client = ClientData::parse(&client_bytes).map_err(refusal)?;
    let made = authenticator.made().map_err(refusal)?;
    let is_answer = client.answers("webauthn.create", registration_challenge(account, &given.nonce));
    if !is_answer || !is_here(&app.config, &authenticator, &client)? {
        return Err(refused("it answered something else, or another site"));
    }
    accounts::require_password(app, account, &given.current_password).await?;
    let mut tx = app.store.global_tx("passkey_added").await?;
    let is_fresh = nonce_use(&mut tx, &given.nonce).await?;
    if !is_fresh {
        return Err(refused("its number was used, has expired or does not come from here"));
    }
    let new = NewPasskey {
        id: PasskeyId::from_uuid(Uuid::now_v7()),
        account,
        credential: made.credential,
        public_key: &made.public_key,
        name: &name,
        sign_count: authenticator.sign_count,
    };
    let row = passkey_insert(&mut tx, new, PASSKEYS_MAX).await.map_err(|error| {
        if error.is_constraint(CREDENTIAL_IS_NEW) {
            return Problem::new(
                ProblemKind::KeyInUse,
                "This passkey signs in to an account already. Make a new one, or take that one away first.",
            );
        }
        error.into()
    })?;
    let Some(row) = row else {
        return Err(refused(&format!(
            "you have {PASSKEYS_MAX}, which is the most; take one away first"
        )));
    };
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::PasskeysChanged(account)).await?;
    tx.commit().await?;
    Ok(entry(row))
}

/// Takes a passkey away; its owner is told by mail. Sessions that it began go on.
///
/// # Errors
/// 404 where the account has none such.
pub async fn remove(app: &App, account: AccountId, passkey: PasskeyId) -> Result<(), Problem> {
    let mut tx = app.store.global_tx("passkey_removed").await?;
    if !passkey_delete(&mut tx, account, passkey).await? {
        return Err(Problem::not_found());
    }
    mail_enqueue(&mut tx, Uuid::now_v7(), MailKind::PasskeysChanged(account)).await?;
    Ok(tx.commit().await?)
}

fn entry(row: PasskeyRow) -> PasskeyEntry {
    PasskeyEntry {
        id: PasskeyId::from_uuid(row.id),
        name: row.name,
        credential: to_hex(&row.credential),
        public_key: to_hex(&row.public_key),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    }
}

fn not_hex() -> Problem {
    refusal(SignatureRefusal::MalformedSignature)
}

fn refusal(refusal: SignatureRefusal) -> Problem {
    refused(&refusal.to_string())
}

fn refused(why: &str) -> Problem {
    Problem::new(
        ProblemKind::KeyRefused,
        format!("The passkey was not added: {why}. Ask for a fresh number and make one again."),
    )
}
