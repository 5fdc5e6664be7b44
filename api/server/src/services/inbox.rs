//! What waits for a person in all of their co-ops: open votes in which they are on the roll and have not voted.

use governance::id::CoopId;
use store::StoreError;
use store::coop::{coop_get, coops_of_account};
use store::decision::inbox::{InboxPosition, inbox_coming, inbox_list};
use uuid::Uuid;
use wire::decision::{InboxCoop, InboxItem, InboxQuery, ProposalSummary};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::opening::voting_classes;
use crate::services::{paging, results};

/// The most co-ops of a person that are looked at, each behind its own wall.
const COOPS_MAX: i64 = 200;

/// What waits, or will, the nearest deadline first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn inbox(app: &App, signed_in: SignedIn, query: &InboxQuery) -> Result<Answer, Problem> {
    let page = &PageQuery {
        cursor: query.cursor.clone(),
        limit: query.limit,
    };
    let after = position(page)?;
    let mut items = Vec::new();
    for coop in own_coops(app, signed_in).await? {
        let mut tx = app.store.coop_tx("inbox_list", coop).await?;
        let rows = if query.scheduled.unwrap_or_default() {
            inbox_coming(
                &mut tx,
                signed_in.account,
                (&voting_classes(), after),
                paging::rows(page),
            )
            .await?
        } else {
            inbox_list(&mut tx, signed_in.account, after, paging::rows(page)).await?
        };
        let row = if rows.is_empty() {
            None
        } else {
            coop_get(&mut tx).await?
        };
        tx.commit().await?;
        let Some(row) = row else { continue };
        for proposal in rows {
            let coop = InboxCoop {
                id: coop,
                slug: row.slug.clone(),
                name: row.name.clone(),
            };
            let proposal = results::summary(proposal)?;
            items.push(InboxItem { coop, proposal });
        }
    }
    items.sort_by_key(|item| (item.proposal.closes_at, item.proposal.id));
    Answer::ok(&Page::cut(items, page.limit(), |item| place(&item.proposal)))
}

async fn own_coops(app: &App, signed_in: SignedIn) -> Result<Vec<CoopId>, StoreError> {
    let mut tx = app.store.global_tx("coops_of_account").await?;
    let coops = coops_of_account(&mut tx, signed_in.account, Uuid::nil(), COOPS_MAX).await?;
    tx.commit().await?;
    Ok(coops)
}

fn place(proposal: &ProposalSummary) -> String {
    let micros = proposal.closes_at.map(|at| at.timestamp_micros()).unwrap_or_default();
    format!("{micros}/{}", proposal.id)
}

fn position(page: &PageQuery) -> Result<Option<InboxPosition>, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    let Some(text) = page.position().map_err(|_| refused())? else {
        return Ok(None);
    };
    let parse = || {
        let (micros, id) = text.split_once('/')?;
        Some(InboxPosition {
            closes_at: paging::moment(micros.parse().ok()?)?,
            id: id.parse().ok()?,
        })
    };
    parse().map(Some).ok_or_else(refused)
}
