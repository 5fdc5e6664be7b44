//! A verified cycle put before others, who approve exactly its digests; or cancelled.

use chrono::SubsecRound as _;
use governance::event::Event;
use governance::id::PayoutCycleId;
use governance::membership::Role;
use store::coop::bylaws_current;
use store::decision::proposal::clock;
use store::revenue::{
    approval_insert, approval_list, approvers, cycle_approve, cycle_cancel, cycle_get, cycle_propose, cycle_sums,
};
use wire::payout::{ApprovePayoutCycle, CancelPayoutCycle};
use wire::problem::ProblemKind;

use super::{cycles, digest, locked, not_so};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Active, Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command};
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::members::reason;
use crate::services::{bylaws, events, halts, idempotent};

/// Nobody approves what they prepared. Says who may, so that nobody has to try.
async fn four_eyes(app: &App, actor: &Actor<Active>, id: PayoutCycleId) -> Result<Problem, Problem> {
    let mut tx = app.store.coop_tx("payout_approvers", actor.coop).await?;
    let may = approvers(&mut tx, id).await?;
    tx.commit().await?;
    let names: Vec<&str> = may.iter().map(|one| one.name.as_str()).collect();
    let who = if names.is_empty() {
        String::from("Nobody who holds an office had no part in it: members give one to somebody else.")
    } else {
        format!(
            "Who holds an office and had no part in it approves it: {}.",
            names.join(", ")
        )
    };
    let detail = format!("You prepared this cycle, or brought about figures that it counts. {who}");
    let ids: Vec<String> = may.iter().map(|one| one.member_id.to_string()).collect();
    Ok(Problem::new(ProblemKind::FourEyes, detail).with("approvers", ids))
}

/// Whoever holds any office.
///
/// # Errors
/// 403 for others.
pub fn require_office(actor: &Actor<Active>) -> Result<(), Problem> {
    let offices = [Role::Treasurer, Role::Auditor, Role::Steward];
    if offices.into_iter().any(|role| actor.has(role)) {
        return Ok(());
    }
    let names = offices.map(Role::name);
    let detail = format!("Only a {} of the co-op can do this. Ask one.", names.join(" or "));
    Err(Problem::new(ProblemKind::RoleNeeded, detail).with("role", names.to_vec()))
}

/// Puts a verified cycle before the approvers.
///
/// # Errors
/// 409 where it is not verified.
pub async fn propose(app: &App, actor: &Actor<Treasurer>, id: PayoutCycleId, ask: &Ask) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_propose", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let row = locked(&mut tx, id, "verified").await?;
    let sums = cycle_sums(&mut tx, id).await?;
    let accrued: i128 = sums.accrued.parse().map_err(|_| RowDamage("sum"))?;
    // As the bylaws say that are in force now: the cycle keeps it, whatever members decide later.
    let bylaws = bylaws_current(&mut tx).await?.ok_or(RowDamage("bylaws"))?;
    let needed = bylaws::content(&bylaws)?.approvals.needed(accrued);
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let stored = i16::try_from(needed).map_err(Problem::internal)?;
    cycle_propose(&mut tx, id, stored, (actor.member, now)).await?;
    Failpoint::CycleProposed.reach();
    let happened = [Event::PayoutCycleProposed {
        cycle: id,
        digest: digest(row.digest.as_deref().unwrap_or_default())?,
        approvals: needed,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&cycles::shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Approves a proposed cycle, as somebody who holds an office and had no part in preparing it. With the last approval that is needed it is
/// approved.
///
/// # Errors
/// 403 for who holds no office or prepared it; 409 where it is not proposed, or for other digests than its own.
pub async fn approve(
    app: &App,
    actor: &Actor<Active>,
    id: PayoutCycleId,
    command: Command<ApprovePayoutCycle>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    require_office(actor)?;
    let mut tx = app.store.coop_tx("payout_approve", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let row = locked(&mut tx, id, "proposed").await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let digests = (value.digest, value.payout_digest);
    let proposed = [&row.digest, &row.payout_digest].map(|one| digest(one.as_deref().unwrap_or_default()));
    // Also where the same person approved it before, of which nothing is written again.
    if proposed.into_iter().collect::<Result<Vec<_>, _>>()? != [digests.0, digests.1] {
        return Err(not_so(
            "These are not the digests of the cycle. Look at it again before you approve it.",
        ));
    }
    let fresh = match approval_insert(&mut tx, id, digests, (actor.member, now)).await {
        Ok(fresh) => fresh,
        Err(error) if error.is_constraint("payout_approval_is_by_another") => {
            drop(tx);
            return Err(four_eyes(app, actor, id).await?);
        }
        Err(error) => return Err(error.into()),
    };
    if fresh {
        let happened = [Event::PayoutCycleApproved {
            cycle: id,
            digest: value.digest,
            payout_digest: value.payout_digest,
        }];
        events::append(&mut tx, Some(actor.member), &happened).await?;
    }
    let given = approval_list(&mut tx, id).await?.len();
    if i16::try_from(given).unwrap_or(i16::MAX) >= row.approvals_needed.unwrap_or(i16::MAX) {
        cycle_approve(&mut tx, id, now).await?;
    }
    Failpoint::CycleApproved.reach();
    let answer = Answer::ok(&cycles::shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Cancels a cycle that was not posted. Another one can be opened then, for the same period too.
///
/// # Errors
/// 409 where it was posted or cancelled.
pub async fn cancel(
    app: &App,
    actor: &Actor<Treasurer>,
    id: PayoutCycleId,
    command: Command<CancelPayoutCycle>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("payout_cancel", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let row = cycle_get(&mut tx, id, true).await?.ok_or_else(Problem::not_found)?;
    if row.state == "posted" || row.state == "cancelled" {
        let detail = format!(
            "The cycle is {}. Only one that is not posted yet is cancelled; two persons undo a posted one before anything of it is paid.",
            row.state
        );
        return Err(not_so(detail).with("state", row.state));
    }
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    cycle_cancel(&mut tx, id, &why, (actor.member, now)).await?;
    let happened = [Event::PayoutCycleCancelled {
        cycle: id,
        reason: &why,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&cycles::shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
