//! Webhooks: stewards name addresses outside that are told what happens to proposals. Messages hold identifiers and no text of anyone;
//! who wants more asks the API.

pub mod address;
pub mod sending;

use governance::event::{Event, EventKind};
use governance::id::{MemberId, WebhookId};
use store::coop::{
    WebhookDeliveryRow, WebhookRow, webhook_count, webhook_deliveries, webhook_end, webhook_exists, webhook_insert,
    webhook_list, webhook_renew_secret, webhook_tell,
};
use store::{CoopTx, StoreError};
use uuid::Uuid;
use wire::coop::{NewWebhook, WebhookDelivery, WebhookEvent, WebhookSecret, WebhookView};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use self::address::Loopback;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::paging;
use crate::services::proposals::{Asking, begin, finish};

/// The most webhooks of a co-op that work.
const WEBHOOKS_MAX: u16 = 10;

/// The webhooks of the co-op, ended ones too.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, asking: Asking, page: PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(&page)?;
    let mut tx = app.store.coop_tx("webhook_list", asking.coop).await?;
    let rows = webhook_list(&mut tx, after, paging::rows(&page)).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.id.to_string());
    Answer::ok(&Page {
        items: rows.items.into_iter().map(view).collect::<Vec<_>>(),
        next_cursor: rows.next_cursor,
    })
}

/// Registers a webhook. Nothing is sent before it has a secret.
///
/// # Errors
/// 422 where the address may not be told, 409 where there are too many.
pub async fn register(app: &App, asking: Asking, command: Command<NewWebhook>) -> Result<Answer, Problem> {
    let Command { value: new, ask } = command;
    let loopback = if app.config.webhooks.allow_loopback {
        Loopback::Allowed
    } else {
        Loopback::Refused
    };
    address::check(&new.url, loopback).map_err(|refusal| Problem::field("url", refusal))?;
    let mut events: Vec<&str> = new.events.iter().map(|event| event.name()).collect();
    events.sort_unstable();
    events.dedup();
    if events.is_empty() {
        return Err(Problem::field("events", "name at least one"));
    }
    let mut tx = app.store.coop_tx("webhook_register", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    if webhook_count(&mut tx).await? >= i64::from(WEBHOOKS_MAX) {
        let detail = format!("A co-op has at most {WEBHOOKS_MAX} webhooks. End one that is not needed any more.");
        return Err(Problem::new(ProblemKind::LimitReached, detail).with("max", WEBHOOKS_MAX));
    }
    let id = WebhookId::from_uuid(Uuid::now_v7());
    let row = webhook_insert(&mut tx, id, (&new.url, &events), asking.member).await?;
    let answer = Answer::created(&view(row))?;
    finish(tx, asking, &ask, answer).await
}

/// Makes a webhook's next secret, shows it this once, and ends the one before.
///
/// # Errors
/// 404 where there is no such webhook, or not any more.
pub async fn renew_secret(app: &App, asking: Asking, webhook: WebhookId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("webhook_renew_secret", asking.coop).await?;
    let generation = webhook_renew_secret(&mut tx, webhook).await?;
    tx.commit().await?;
    let generation = generation.ok_or_else(Problem::not_found)?;
    Answer::ok(&WebhookSecret {
        secret: sending::secret(&app.secrets, asking.coop, webhook, generation),
    })
}

/// Ends a webhook; messages that wait are not sent any more.
///
/// # Errors
/// 404 where there is no such webhook, or not any more.
pub async fn end(app: &App, asking: Asking, webhook: WebhookId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("webhook_end", asking.coop).await?;
    let is_ended = webhook_end(&mut tx, webhook).await?;
    tx.commit().await?;
    if is_ended {
        Ok(Answer::nothing())
    } else {
        Err(Problem::not_found())
    }
}

/// What became of the messages to a webhook, newest first.
///
/// # Errors
/// 404 where there is no such webhook.
pub async fn deliveries(app: &App, asking: Asking, webhook: WebhookId, page: PageQuery) -> Result<Answer, Problem> {
    let before = page.cursor.as_ref().map(|_| paging::after(&page)).transpose()?;
    let mut tx = app.store.coop_tx("webhook_deliveries", asking.coop).await?;
    if !webhook_exists(&mut tx, webhook).await? {
        return Err(Problem::not_found());
    }
    let rows = webhook_deliveries(&mut tx, webhook, before, paging::rows(&page)).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.id.to_string());
    Answer::ok(&Page {
        items: rows.items.into_iter().map(delivery).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

/// What webhooks are told of, by what happened. The subject of each is the proposal.
const TOLD: [(EventKind, WebhookEvent); 6] = [
    (EventKind::ProposalDiscussed, WebhookEvent::Discussed),
    (EventKind::ProposalOpened, WebhookEvent::Opened),
    (EventKind::ProposalClosed, WebhookEvent::Closed),
    (EventKind::ResultPublished, WebhookEvent::Result),
    (EventKind::ProposalWithdrawn, WebhookEvent::Withdrawn),
    (EventKind::ProposalCancelled, WebhookEvent::Cancelled),
];

/// Makes the messages that follow from what happened, in the same transaction.
///
/// # Errors
/// If the database fails.
pub async fn tell(tx: &mut CoopTx, event: &Event<'_>) -> Result<(), StoreError> {
    if let Some((_, told)) = TOLD.iter().find(|(kind, _)| *kind == event.kind()) {
        let ids: Vec<Uuid> = (0..WEBHOOKS_MAX).map(|_| Uuid::now_v7()).collect();
        webhook_tell(tx, told.name(), event.subject(), &ids).await?;
    }
    Ok(())
}

fn view(row: WebhookRow) -> WebhookView {
    WebhookView {
        id: WebhookId::from_uuid(row.id),
        url: row.url,
        events: row.events,
        has_secret: row.generation > 0,
        created_by: MemberId::from_uuid(row.created_by),
        created_at: row.created_at,
        ended_at: row.ended_at,
    }
}

fn delivery(row: WebhookDeliveryRow) -> Result<WebhookDelivery, RowDamage> {
    Ok(WebhookDelivery {
        id: row.id,
        event: row.event,
        proposal: row.subject_id,
        happened_at: row.happened_at,
        state: row.state,
        attempts: number(i64::from(row.attempts), "attempts")?,
        attempted_at: row.attempted_at,
        last_status: row
            .last_status
            .map(|status| number(i64::from(status), "last_status"))
            .transpose()?,
        last_error: row.last_error,
    })
}
