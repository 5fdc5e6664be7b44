//! A member's own statement of a cycle: how each cent came about.

use governance::hash::Hash32;
use governance::id::PayoutCycleId;
use governance::revenue::{Operation, RevenueRule};
use governance::rule::Language;
use store::CoopTx;
use store::revenue::{CycleRow, PayoutRow, StepRow, cycle_get, cycle_lines, cycle_payouts, cycle_steps, cycle_weights};
use wire::payout::{PayoutStatement, StatementLine};

use super::freezing::rule_of;
use super::{amount, balance, not_so};
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;

/// The member's own statement of a computed cycle.
///
/// # Errors
/// 404 where the member has no part in it, 409 before it is computed.
pub async fn own(app: &App, actor: &Actor<Member>, id: PayoutCycleId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_statement", actor.coop).await?;
    let row = cycle_get(&mut tx, id, false).await?.ok_or_else(Problem::not_found)?;
    if row.digest.is_none() {
        return Err(not_so("The cycle is not computed yet.").with("state", row.state));
    }
    let rule = rule_of(&mut tx, &row).await?;
    let payout = cycle_payouts(&mut tx, id, Some(actor.member)).await?.pop();
    let payout = payout.ok_or_else(Problem::not_found)?;
    let steps = cycle_steps(&mut tx, id).await?;
    let lines = lines(&mut tx, actor, (&row, &rule), &steps).await?;
    tx.commit().await?;
    Answer::ok(&statement(row, payout, lines)?)
}

async fn lines(
    tx: &mut CoopTx,
    actor: &Actor<Member>,
    (row, rule): (&CycleRow, &RevenueRule),
    steps: &[StepRow],
) -> Result<Vec<StatementLine>, Problem> {
    let id = PayoutCycleId::from_uuid(row.id);
    let (english, chinese) = (rule.sentences(Language::English), rule.sentences(Language::Chinese));
    let mut shown = Vec::new();
    for line in cycle_lines(tx, id, (false, Some(actor.member))).await? {
        let place = usize::try_from(line.step).unwrap_or_default().saturating_sub(1);
        let (Some(step), Some(computed)) = (rule.steps.get(place), steps.get(place)) else {
            return Err(RowDamage("step").into());
        };
        let weighs = matches!(
            step.does,
            Operation::PerCapita { .. } | Operation::Patronage { .. } | Operation::CapitalInterest { .. }
        );
        let weights = if weighs {
            let step = serde_json::to_value(step).map_err(Problem::internal)?;
            Some(cycle_weights(tx, id, &step, actor.member).await?)
        } else {
            None
        };
        shown.push(StatementLine {
            step: computed.name.clone(),
            sentence: english.get(place).cloned().unwrap_or_default(),
            sentence_zh: chinese.get(place).cloned().unwrap_or_default(),
            shared: amount(computed.before.saturating_sub(computed.after))?.to_string(),
            weight: weights.as_ref().map(|weights| weights.own.clone()),
            weight_of_all: weights.map(|weights| weights.all_members),
            amount: amount(line.amount)?.to_string(),
        });
    }
    Ok(shown)
}

fn statement(row: CycleRow, payout: PayoutRow, lines: Vec<StatementLine>) -> Result<PayoutStatement, RowDamage> {
    Ok(PayoutStatement {
        cycle: PayoutCycleId::from_uuid(row.id),
        period: row.period,
        currency: row.currency,
        state: row.state,
        reversed_at: row.reversed_at,
        member: governance::id::MemberId::from_uuid(payout.member_id),
        lines,
        before: balance(payout.before),
        accrued: amount(payout.accrued)?.to_string(),
        withheld: amount(payout.withheld)?.to_string(),
        paid: amount(payout.paid)?.to_string(),
        dormant: amount(payout.dormant)?.to_string(),
        carried: balance(payout.carried),
        is_held: payout.is_held,
    })
}

/// The zero word, for a rule without a salt.
pub(super) const NO_SALT: Hash32 = Hash32::ZERO;
