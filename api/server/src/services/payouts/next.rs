//! What comes next in a cycle, before it is done: what it does and whether it stays, what it is about in figures, and who does it.

use governance::id::{MemberId, PayoutCycleId};
use governance::membership::Role;
use store::CoopTx;
use store::coop::bylaws_current;
use store::payment::{closing_get, reversal_get};
use store::revenue::{CycleRow, SumsRow, approval_list, approvers, cycle_get, cycle_sums};
use wire::payout::{PayoutApprover, PayoutNext, PayoutSums};

use super::{amount, digest, freezing, written};
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::bylaws;
use crate::services::decision_rows::RowDamage;

/// A step as it is told before it is taken.
struct Step {
    /// The last part of its route.
    act: &'static str,
    /// What it does.
    what: &'static str,
    /// Whether nobody takes it back alone.
    stays: bool,
    /// Whether anybody with an office takes it, and not treasurers alone.
    any_office: bool,
}

const fn step(act: &'static str, what: &'static str) -> Step {
    Step {
        act,
        what,
        stays: false,
        any_office: false,
    }
}

/// What follows where a cycle stands; `None` at its end.
fn following(stage: &str) -> Option<Step> {
    Some(match stage {
        "open" => step(
            "freezing",
            "It freezes what is shared, the members and their figures: nothing that happens later changes what this cycle computes. Until it is posted it can be cancelled.",
        ),
        "frozen" => step(
            "computation",
            "It applies the rule to the frozen inputs inside the database. Nothing is paid by it, and until it is posted the cycle can be cancelled.",
        ),
        "computed" => step(
            "verification",
            "A second program computes the same from the frozen inputs, and the tree over all statements is written. Where the two differ nothing goes on.",
        ),
        "verified" => step(
            "proposal",
            "It puts exactly these digests before those who approve. Who prepared the cycle, or brought about its figures, is none of them.",
        ),
        "proposed" => Step {
            any_office: true,
            ..step(
                "approvals",
                "It approves exactly these digests. An approval is not taken back; the cycle can be cancelled until it is posted.",
            )
        },
        "approved" => Step {
            stays: true,
            ..step(
                "posting",
                "It posts the cycle to the books as one transaction, which stays: two persons undo it, and only before anything of it is paid. Its record enters the log, and proves what each member is told.",
            )
        },
        "posted" => step(
            "issue",
            "It sets aside what is to be paid, one payment for each member. Nothing leaves the bank by it.",
        ),
        "issuing" | "reconciling" => Step {
            stays: true,
            any_office: true,
            ..step(
                "closing",
                "It closes the cycle for good, once every payment ended. One person asks for it, and another one does it.",
            )
        },
        _ => return None,
    })
}

/// What comes next in a cycle.
///
/// # Errors
/// 404 where it is not there.
pub async fn get(app: &App, actor: &Actor<Member>, id: PayoutCycleId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_next", actor.coop).await?;
    let row = cycle_get(&mut tx, id, false).await?.ok_or_else(Problem::not_found)?;
    let step = following(&row.stage);
    let sums = if row.digest.is_some() {
        Some(cycle_sums(&mut tx, id).await?)
    } else {
        None
    };
    let view = PayoutNext {
        obstacles: match &step {
            // Whether inputs can be frozen is looked up for who freezes them: it takes a look at all books.
            Some(step) if step.act != "freezing" || actor.has(Role::Treasurer) => {
                obstacles(&mut tx, step.act, &row).await?
            }
            _ => Vec::new(),
        },
        approvals_needed: approvals_needed(&mut tx, &row, sums.as_ref()).await?,
        approvals_given: u64::try_from(approval_list(&mut tx, id).await?.len()).unwrap_or(u64::MAX),
        approvers: may_approve(&mut tx, &row).await?,
        path: step.as_ref().map(|step| format!("payouts/{id}/{}", step.act)),
        act: step.as_ref().map(|step| step.act.to_owned()),
        what: step.as_ref().map(|step| step.what.to_owned()),
        stays: step.as_ref().is_some_and(|step| step.stays),
        roles: step.as_ref().map(roles).unwrap_or_default(),
        revenue: row.revenue.map(amount).transpose()?.map(|units| units.to_string()),
        members: row.members.map(i32::unsigned_abs),
        sums: sums.map(shown).transpose()?,
        digest: row.digest.as_deref().map(digest).transpose()?,
        payout_digest: row.payout_digest.as_deref().map(digest).transpose()?,
        stage: row.stage,
        currency: row.currency,
    };
    tx.commit().await?;
    Answer::ok(&view)
}

fn roles(step: &Step) -> Vec<String> {
    let offices: &[Role] = if step.any_office {
        &[Role::Treasurer, Role::Auditor, Role::Steward]
    } else {
        &[Role::Treasurer]
    };
    offices.iter().map(|role| role.name().to_owned()).collect()
}

/// What is paid and withheld, as it is shown.
///
/// # Errors
/// If a sum is none.
pub fn shown(sums: SumsRow) -> Result<PayoutSums, RowDamage> {
    Ok(PayoutSums {
        accrued: written(&sums.accrued)?,
        paid: written(&sums.paid)?,
        withheld: written(&sums.withheld)?,
        dormant: written(&sums.dormant)?,
        payments: u64::try_from(sums.payments).unwrap_or_default(),
    })
}

/// How many approve it: as it was proposed, and before that as the bylaws in force say.
async fn approvals_needed(tx: &mut CoopTx, row: &CycleRow, sums: Option<&SumsRow>) -> Result<Option<u16>, Problem> {
    if let Some(needed) = row.approvals_needed {
        return Ok(Some(needed.unsigned_abs()));
    }
    let Some(sums) = sums else { return Ok(None) };
    let accrued: i128 = sums.accrued.parse().map_err(|_| RowDamage("sum"))?;
    let bylaws = bylaws_current(tx).await?.ok_or(RowDamage("bylaws"))?;
    let needed = bylaws::content(&bylaws)?.approvals.needed(accrued);
    Ok(Some(needed))
}

/// Who may approve it, while that is still to come.
async fn may_approve(tx: &mut CoopTx, row: &CycleRow) -> Result<Vec<PayoutApprover>, Problem> {
    if !matches!(row.state.as_str(), "computed" | "verified" | "proposed") {
        return Ok(Vec::new());
    }
    let id = PayoutCycleId::from_uuid(row.id);
    let given = approval_list(tx, id).await?;
    let rows = approvers(tx, id).await?.into_iter();
    let left = rows.filter(|row| given.iter().all(|approval| approval.member_id != row.member_id));
    let view = |row: store::revenue::ApproverRow| PayoutApprover {
        member: MemberId::from_uuid(row.member_id),
        name: row.name,
    };
    Ok(left.map(view).collect())
}

/// What stands in the way now.
async fn obstacles(tx: &mut CoopTx, act: &str, row: &CycleRow) -> Result<Vec<String>, Problem> {
    let id = PayoutCycleId::from_uuid(row.id);
    Ok(match act {
        "freezing" => freezing::obstacles(tx, row).await?,
        "posting" => {
            let approvals = approval_list(tx, id).await?;
            let standing = approvals.iter().filter(|approval| approval.holds_office).count();
            let is_enough = i16::try_from(standing).unwrap_or(i16::MAX) >= row.approvals_needed.unwrap_or(i16::MAX);
            let missing =
                "Not enough of those who approved still hold an office. Cancel the cycle, and prepare it again.";
            if is_enough {
                Vec::new()
            } else {
                vec![missing.to_owned()]
            }
        }
        "issue" | "closing" => {
            let mut found = Vec::new();
            if reversal_get(tx, id).await?.is_some() {
                found.push(String::from("Somebody asked for this cycle to be undone."));
            }
            if act == "closing" && closing_get(tx, id).await?.is_some() {
                found.push(String::from(
                    "Somebody asked for it to be closed: another person does it.",
                ));
            }
            found
        }
        _ => Vec::new(),
    })
}
