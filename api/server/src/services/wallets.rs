//! The proof that somebody holds a wallet: a message of ours (EIP-4361), signed, with a number that we gave out and that works once.

use chrono::{DateTime, TimeDelta, Utc};
use governance::hash::from_hex;
use governance::signature::recover_wallet;
use store::account::nonce::{nonce_insert, nonce_use};
use url::Url;
use wire::account::NonceBody;
use wire::problem::ProblemKind;

use crate::app::App;
use crate::config::Config;
use crate::problem::Problem;
use crate::services::siwe::{Message, personal_hash};

/// How long a nonce works, in seconds.
const NONCE_SECONDS: u32 = 300;
/// How far the clock of a wallet may be ahead of ours.
const CLOCK_AHEAD_MAX: TimeDelta = TimeDelta::seconds(60);
/// The chain named where none is configured: every wallet knows the first one.
const DEFAULT_CHAIN_ID: u64 = 1;
/// What every resource that means something to this program begins with.
pub const RESOURCE_PREFIX: &str = "urn:rochdale:";

/// A wallet that was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The account.
    pub address: [u8; 20],
    /// What was signed, for the caller to look at its statement and resources.
    pub message: Message,
}

impl Proven {
    /// Whether the message was signed for this and nothing else that means something to this program.
    #[must_use]
    pub fn is_for(&self, resource: &str) -> bool {
        let mut ours = self
            .message
            .resources
            .iter()
            .filter(|one| one.starts_with(RESOURCE_PREFIX));
        ours.next().is_some_and(|first| first == resource) && ours.next().is_none()
    }
}

/// Makes a nonce.
///
/// # Errors
/// If the database or the system fails.
pub async fn issue_nonce(app: &App) -> Result<NonceBody, Problem> {
    let random = crate::secrets::random().map_err(Problem::internal)?;
    let nonce = hex::encode(random.first_chunk::<16>().unwrap_or(&[0; 16]));
    let mut tx = app.store.global_tx("nonce_issued").await?;
    let expires_at = nonce_insert(&mut tx, &nonce, NONCE_SECONDS).await?;
    tx.commit().await?;
    Ok(NonceBody {
        nonce,
        chain_id: expected_chain_id(&app.config),
        expires_at,
    })
}

/// The chain a message must name.
#[must_use]
pub fn expected_chain_id(config: &Config) -> u64 {
    config.chain.as_ref().map_or(DEFAULT_CHAIN_ID, |chain| chain.chain_id)
}

/// Checks a signed message and uses its nonce up. What the message says of the site is compared with the configuration, never with
/// what the request says of itself.
///
/// # Errors
/// 422 with what is wrong; a nonce that was never given out, was used or has expired is refused alike.
pub async fn check_siwe(app: &App, message: &str, signature: &str) -> Result<Proven, Problem> {
    let proven = prove(app, message, signature).map_err(|reason| refused(&reason))?;
    let mut tx = app.store.global_tx("nonce_used").await?;
    let is_usable = nonce_use(&mut tx, &proven.message.nonce).await?;
    tx.commit().await?;
    if is_usable {
        return Ok(proven);
    }
    Err(refused("its nonce was used, has expired or does not come from here"))
}

/// Checks all of a signed message but its nonce, which is the caller's to use up in the transaction that the proof is for.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn prove(app: &App, message: &str, signature: &str) -> Result<Proven, String> {
    check(&app.config, message, signature, Utc::now())
}

/// The message proves nothing, and why.
pub(super) fn refused(reason: &str) -> Problem {
    Problem::new(
        ProblemKind::KeyRefused,
        format!(
            "The signed message does not prove that you hold the wallet: {reason}. Get a fresh nonce and sign again."
        ),
    )
}

/// All that can be checked without the database.
fn check(config: &Config, text: &str, signature: &str, now: DateTime<Utc>) -> Result<Proven, String> {
    let message = Message::parse(text).map_err(|malformed| malformed.to_string())?;
    let ours = Url::parse(&config.server.public_url).map_err(|error| error.to_string())?;
    if message.domain != ours.authority() || message.scheme.as_ref().is_some_and(|scheme| scheme != ours.scheme()) {
        return Err(format!(
            "it was made for {} and not for {}",
            message.domain,
            ours.authority()
        ));
    }
    if !Url::parse(&message.uri).is_ok_and(|uri| uri.origin() == ours.origin()) {
        return Err(String::from("its URI is not one of this site"));
    }
    let chain_id = expected_chain_id(config);
    if message.chain_id != chain_id {
        return Err(format!("it names the chain {} and not {chain_id}", message.chain_id));
    }
    let has_begun = message.not_before.is_none_or(|not_before| not_before <= now);
    if message.issued_at > now + CLOCK_AHEAD_MAX || !has_begun {
        return Err(String::from("it is not valid yet"));
    }
    let oldest = now - TimeDelta::seconds(i64::from(NONCE_SECONDS)) - CLOCK_AHEAD_MAX;
    let has_expired = message.expiration_time.is_some_and(|expiration| expiration <= now);
    if message.issued_at < oldest || has_expired {
        return Err(String::from("it has expired"));
    }
    if signer(text, signature)? != message.address {
        return Err(String::from("another account signed it"));
    }
    Ok(Proven {
        address: message.address,
        message,
    })
}

/// The account that signed a text, as `0x` and 130 digits say.
///
/// # Errors
/// A sentence that says what is wrong with the signature.
pub fn signer(text: &str, signature: &str) -> Result<[u8; 20], String> {
    let mut bytes = from_hex(signature).ok_or("the signature is not 0x and hexadecimal digits")?;
    // Some wallets number the recovery from 0.
    if let Some(last) = bytes.last_mut()
        && *last < 2
    {
        *last = last.saturating_add(27);
    }
    recover_wallet(personal_hash(text), &bytes).map_err(|refusal| refusal.to_string())
}
