//! Sending one message, signed as Standard Webhooks say (github.com/standard-webhooks), once or again later.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::SecondsFormat;
use governance::id::{CoopId, WebhookId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::redirect::Policy;
use serde_json::json;
use sha2::Sha256;
use store::StoreError;
use store::coop::{WebhookAttempt, WebhookMessage, webhook_attempted, webhook_message};
use store::errand::ErrandEnd;
use uuid::Uuid;

use super::address::{AddressRefusal, Loopback, Resolved, resolve};
use crate::app::App;
use crate::secrets::Secrets;

/// How long to find and reach a receiver.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long one attempt may take in all; well within the lease of an errand.
const TIME_MAX: Duration = Duration::from_secs(10);
/// How long to wait after each failure, in seconds; after the last one the message is given up, more than two days after it was made.
const WAITS_SECONDS: [u64; 8] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000];

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Failure {
    #[error("the address was refused: {0}")]
    Refused(AddressRefusal),
    #[error("no answer within {} seconds", TIME_MAX.as_secs())]
    Time,
    #[error("no connection")]
    Connection,
    #[error("the answer was {0}")]
    Status(u16),
}

/// The secret of a webhook with this number, as it is shown: `whsec_` and base64.
#[must_use]
pub fn secret(secrets: &Secrets, coop: CoopId, webhook: WebhookId, generation: i64) -> String {
    format!("whsec_{}", STANDARD.encode(key(secrets, coop, webhook, generation)))
}

fn key(secrets: &Secrets, coop: CoopId, webhook: WebhookId, generation: i64) -> [u8; 32] {
    let (coop, webhook) = (coop.uuid(), webhook.uuid());
    let input = [&coop.as_bytes()[..], &webhook.as_bytes()[..], &generation.to_be_bytes()].concat();
    secrets.derive("webhook secret", &input)
}

/// The value of `webhook-signature`: version 1, HMAC-SHA256 over id, moment and body.
fn signature(key: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    // A key of any length is taken, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Sends a message that waits and notes what became of it. A worker that dies in between sends it again; receivers know it by its id.
///
/// # Errors
/// If the database fails.
pub async fn deliver(app: &App, coop: CoopId, delivery: Uuid) -> Result<ErrandEnd, StoreError> {
    let mut tx = app.store.coop_tx("webhook_message", coop).await?;
    let message = webhook_message(&mut tx, delivery).await?;
    tx.commit().await?;
    let Some(message) = message else {
        return Ok(ErrandEnd::Done);
    };
    let sent = match tokio::time::timeout(TIME_MAX, send(app, coop, &message)).await {
        Ok(sent) => sent,
        Err(_) => Err(Failure::Time),
    };
    let failures = usize::try_from(message.attempts).unwrap_or_default();
    let (end, state) = match (&sent, WAITS_SECONDS.get(failures)) {
        (Ok(_), _) => (ErrandEnd::Done, "delivered"),
        (Err(_), Some(seconds)) => (ErrandEnd::Wait(Duration::from_secs(*seconds)), "waiting"),
        (Err(_), None) => (ErrandEnd::Done, "given_up"),
    };
    let status = match &sent {
        Ok(status) | Err(Failure::Status(status)) => Some(i32::from(*status)),
        Err(Failure::Refused(_) | Failure::Time | Failure::Connection) => None,
    };
    let error = sent.err().map(|failure| failure.to_string());
    let attempt = WebhookAttempt {
        state,
        status,
        error: error.as_deref(),
    };
    let mut tx = app.store.coop_tx("webhook_attempted", coop).await?;
    webhook_attempted(&mut tx, delivery, attempt).await?;
    tx.commit().await?;
    Ok(end)
}

async fn send(app: &App, coop: CoopId, message: &WebhookMessage) -> Result<u16, Failure> {
    let loopback = if app.config.webhooks.allow_loopback {
        Loopback::Allowed
    } else {
        Loopback::Refused
    };
    let target = resolve(&message.url, loopback).await.map_err(Failure::Refused)?;
    let body = json!({
        "type": message.event,
        "timestamp": message.happened_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "data": {
            "coop": coop,
            "slug": message.slug,
            "proposal": message.subject_id,
            "url": format!("{}/coops/{coop}/proposals/{}", app.config.server.public_url, message.subject_id),
        },
    })
    .to_string();
    let timestamp = chrono::Utc::now().timestamp();
    let key = key(
        &app.secrets,
        coop,
        WebhookId::from_uuid(message.webhook_id),
        message.generation,
    );
    let request = client(&target)?
        .post(target.url)
        .header("content-type", "application/json")
        .header("webhook-id", message.id.to_string())
        .header("webhook-timestamp", timestamp.to_string())
        .header(
            "webhook-signature",
            signature(&key, &message.id.to_string(), timestamp, &body),
        )
        .body(body);
    // The body of the answer is not read: nothing depends on it, and it may have any size.
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(answer.status().as_u16()),
        Ok(answer) => Err(Failure::Status(answer.status().as_u16())),
        Err(error) if error.is_timeout() => Err(Failure::Time),
        Err(_) => Err(Failure::Connection),
    }
}

/// A client for one message: it goes where the address was seen to lead, follows no redirect and uses no proxy.
fn client(target: &Resolved) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIME_MAX)
        .timeout(TIME_MAX)
        .user_agent("rochdale-webhook");
    if let Some(domain) = &target.domain {
        builder = builder.resolve_to_addrs(domain, &target.addresses);
    }
    builder.build().map_err(|_| Failure::Connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of Standard Webhooks test themselves with.
    #[test]
    fn a_signature_is_that_of_standard_webhooks() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "{\"test\": 2432232314}");
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(&key, id, 1_614_265_330, body), expected);
        assert_ne!(signature(&key, id, 1_614_265_331, body), expected);
    }
}
