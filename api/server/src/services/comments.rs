//! What members say about a proposal, from the moment it is put before them until voting ends.
//!
//! Comments are no part of the record: no decision rests on them, and whoever leaves may have theirs forgotten. That a steward takes
//! a member's words out of sight is an act of office and leaves an event.

use governance::event::Event;
use governance::id::{CommentId, MemberId, ProposalId};
use governance::proposal::State;
use governance::text;
use store::CoopTx;
use store::decision::comment::{
    CommentRow, NewCommentRow, comment_counts, comment_insert, comment_list, comment_read, comment_removal_insert,
    comment_thread_hold, comment_version_insert, comment_versions,
};
use store::decision::proposal::ProposalRow;
use uuid::Uuid;
use wire::decision::{
    CommentAnswer, CommentRemovalAnswer, CommentVersion, EditComment, NewComment, RemoveComment, Speaker,
};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::{BasedOn, Command};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number, state};
use crate::services::proposals::{Asking, begin, finish, refused, visible};
use crate::services::{events, paging};

/// The longest comment, in characters; the schema says the same.
const BODY_LENGTH_MAX: usize = 5_000;
/// The longest reason for a removal, in characters; the schema says the same.
const REASON_LENGTH_MAX: usize = 2_000;
/// How many answers deep a comment may stand; the schema says the same. Deeper, nobody reads on a narrow screen.
const DEPTH_MAX: i16 = 4;
/// The most comments of one member on one proposal, so that nobody fills the thread for the others.
const OWN_MAX: i64 = 200;
/// The most comments on one proposal.
const ALL_MAX: i64 = 5_000;
/// The most versions of one comment; the schema says the same.
const VERSIONS_MAX: i64 = 100;

/// The comments on a proposal in the order in which they were made.
///
/// # Errors
/// 404 where the member sees no such proposal.
pub async fn list(app: &App, asking: Asking, proposal: ProposalId, page: PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(&page)?;
    let mut tx = app.store.coop_tx("comment_list", asking.coop).await?;
    visible(&mut tx, asking, proposal).await?;
    let rows = comment_list(&mut tx, proposal, after, paging::rows(&page)).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.id.to_string());
    Answer::ok(&Page {
        items: rows.items.into_iter().map(shape).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

/// The words of a comment from the first to the newest.
///
/// # Errors
/// 404 where there is none.
pub async fn versions(
    app: &App,
    asking: Asking,
    (proposal, comment): (ProposalId, CommentId),
    page: PageQuery,
) -> Result<Answer, Problem> {
    let after = version_after(&page)?;
    let mut tx = app.store.coop_tx("comment_versions", asking.coop).await?;
    visible(&mut tx, asking, proposal).await?;
    found(&mut tx, proposal, comment).await?;
    let rows = comment_versions(&mut tx, (proposal, comment), after, paging::rows(&page)).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.version.to_string());
    let version = |row: store::decision::comment::CommentVersionRow| {
        Ok::<_, RowDamage>(CommentVersion {
            version: number(row.version, "version")?,
            body: row.body,
            written_at: row.written_at,
        })
    };
    Answer::ok(&Page {
        items: rows.items.into_iter().map(version).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

/// Says something.
///
/// # Errors
/// 409 where nothing is said about the proposal now, or too much was said.
pub async fn post(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    command: Command<NewComment>,
) -> Result<Answer, Problem> {
    let Command { value: new, ask } = command;
    let body = text::paragraphs(&new.body, BODY_LENGTH_MAX).map_err(|refusal| Problem::text("body", &refusal))?;
    let mut tx = app.store.coop_tx("comment_post", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    require_talk(&visible(&mut tx, asking, proposal).await?)?;
    comment_thread_hold(&mut tx, proposal).await?;
    let depth = match new.parent {
        Some(parent) => depth_below(&mut tx, proposal, parent).await?,
        None => 0,
    };
    let counts = comment_counts(&mut tx, proposal, asking.member).await?;
    for (said, max) in [(counts.own, OWN_MAX), (counts.all, ALL_MAX)] {
        if said >= max {
            return Err(full("comments on this proposal", max));
        }
    }
    let id = CommentId::from_uuid(Uuid::now_v7());
    let row = NewCommentRow {
        id,
        proposal,
        parent: new.parent,
        depth,
        author: asking.member,
        body: &body,
    };
    comment_insert(&mut tx, row).await?;
    let row = found(&mut tx, proposal, id).await?;
    let version = row.version;
    let answer = Answer::created(&shape(row)?)?.at_version(version);
    finish(tx, asking, &ask, answer).await
}

/// Puts other words in the place of one's own. Those before stay readable.
///
/// # Errors
/// 403 where the comment is another's, 412 where it is not the version that was read.
pub async fn edit(
    app: &App,
    asking: Asking,
    (proposal, comment): (ProposalId, CommentId),
    based_on: BasedOn,
    change: EditComment,
) -> Result<Answer, Problem> {
    let body = text::paragraphs(&change.body, BODY_LENGTH_MAX).map_err(|refusal| Problem::text("body", &refusal))?;
    let mut tx = app.store.coop_tx("comment_edit", asking.coop).await?;
    let row = visible(&mut tx, asking, proposal).await?;
    comment_thread_hold(&mut tx, proposal).await?;
    let old = found(&mut tx, proposal, comment).await?;
    if old.author_id != asking.member.uuid() {
        return Err(refused(governance::proposal::StepRefusal::AuthorOnly));
    }
    require_talk(&row)?;
    require_there(&old)?;
    based_on.require(old.version)?;
    if old.version >= VERSIONS_MAX {
        return Err(full("versions of this comment", VERSIONS_MAX));
    }
    // What says the same is no other version.
    if old.body.as_deref() != Some(body.as_str()) {
        comment_version_insert(&mut tx, (proposal, comment), old.version.saturating_add(1), &body).await?;
    }
    let row = found(&mut tx, proposal, comment).await?;
    let version = row.version;
    let answer = Answer::ok(&shape(row)?)?.at_version(version);
    tx.commit().await?;
    Ok(answer)
}

/// Takes a comment out of sight, at any time, with a reason that stands in its place.
///
/// # Errors
/// 404 where there is none, 409 where it was removed before.
pub async fn remove(
    app: &App,
    asking: Asking,
    (proposal, comment): (ProposalId, CommentId),
    command: Command<RemoveComment>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let reason =
        text::paragraphs(&value.reason, REASON_LENGTH_MAX).map_err(|refusal| Problem::text("reason", &refusal))?;
    let mut tx = app.store.coop_tx("comment_remove", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    visible(&mut tx, asking, proposal).await?;
    comment_thread_hold(&mut tx, proposal).await?;
    require_there(&found(&mut tx, proposal, comment).await?)?;
    comment_removal_insert(&mut tx, (proposal, comment), asking.member, &reason).await?;
    let happened = [Event::CommentRemoved { proposal, comment }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    let answer = Answer::ok(&shape(found(&mut tx, proposal, comment).await?)?)?;
    finish(tx, asking, &ask, answer).await
}

async fn found(tx: &mut CoopTx, proposal: ProposalId, comment: CommentId) -> Result<CommentRow, Problem> {
    comment_read(tx, proposal, comment)
        .await?
        .ok_or_else(Problem::not_found)
}

/// How deep an answer to this comment stands.
async fn depth_below(tx: &mut CoopTx, proposal: ProposalId, parent: CommentId) -> Result<i16, Problem> {
    let parent = comment_read(tx, proposal, parent)
        .await?
        .ok_or_else(|| Problem::field("parent", "there is no such comment on this proposal"))?;
    require_there(&parent)?;
    if parent.depth >= DEPTH_MAX {
        return Err(Problem::field(
            "parent",
            "answers stand at most four deep; answer the comment above instead",
        ));
    }
    Ok(parent.depth.saturating_add(1))
}

fn require_talk(row: &ProposalRow) -> Result<(), Problem> {
    if matches!(state(row)?, State::Discussion | State::Open) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::DiscussionClosed,
        "Members write about a proposal from the moment it is put before them until voting ends.",
    ))
}

fn require_there(row: &CommentRow) -> Result<(), Problem> {
    if row.body.is_some() {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::DiscussionClosed,
        "The comment is not there any more: it was removed, or its author was forgotten. Write a new one instead.",
    ))
}

fn full(what: &str, max: i64) -> Problem {
    Problem::new(
        ProblemKind::LimitReached,
        format!("There are {max} {what}, and there may be no more. Edit one of yours instead."),
    )
    .with("max", max)
}

fn version_after(page: &PageQuery) -> Result<i64, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    match page.position().map_err(|_| refused())? {
        None => Ok(0),
        Some(text) => text.parse().map_err(|_| refused()),
    }
}

fn shape(row: CommentRow) -> Result<CommentAnswer, RowDamage> {
    let removed = match (row.removed_by, row.removed_by_name, row.removed_reason, row.removed_at) {
        (Some(by), Some(display_name), Some(reason), Some(at)) => Some(CommentRemovalAnswer {
            by: Speaker {
                id: MemberId::from_uuid(by),
                display_name,
            },
            reason,
            at,
        }),
        (None, None, None, None) => None,
        (_, _, _, _) => return Err(RowDamage("removed_by")),
    };
    Ok(CommentAnswer {
        id: CommentId::from_uuid(row.id),
        parent: row.parent_id.map(CommentId::from_uuid),
        depth: number(i64::from(row.depth), "depth")?,
        author: Speaker {
            id: MemberId::from_uuid(row.author_id),
            display_name: row.author_name,
        },
        body: row.body,
        version: number(row.version, "version")?,
        created_at: row.created_at,
        written_at: row.written_at,
        removed,
    })
}
