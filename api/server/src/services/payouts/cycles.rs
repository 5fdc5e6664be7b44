//! Cycles opened, listed and shown.

use chrono::SubsecRound as _;
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::{ContributionId, JournalId, MemberId, PayoutCycleId};
use governance::ledger::Day;
use governance::revenue::cycle_word;
use store::decision::proposal::clock;
use store::revenue::{
    CycleRow, NewCycle, approval_list, cycle_get, cycle_insert, cycle_last_posted, cycle_lines, cycle_list,
    cycle_steps, cycle_sums, revenue_rule_in_force,
};
use store::{CoopTx, StoreError};
use uuid::Uuid;
use wire::page::{Page, PageQuery};
use wire::payout::{
    OpenPayoutCycle, PayoutApprovalView, PayoutCycleSummary, PayoutCycleView, PayoutStepView, PayoutSums, PoolLineView,
};

use super::{amount, digest, next, not_so};
use crate::app::App;
use crate::http::actor::{Actor, Member, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::ledger::{date, day};
use crate::services::revenue::rules;
use crate::services::{events, halts, idempotent, paging};

/// The longest name of a period, in characters.
const PERIOD_LENGTH_MAX: usize = 40;

fn period(text: &str) -> Result<&str, Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if begins && text.len() <= PERIOD_LENGTH_MAX && text.bytes().all(plain) {
        return Ok(text);
    }
    let rule = format!("1 to {PERIOD_LENGTH_MAX} letters, digits and . _ -, such as 2026-Q3");
    Err(Problem::field("period", rule))
}

fn or_taken(error: StoreError) -> Problem {
    if error.is_constraint("payout_cycle_is_alone") {
        return not_so("Another cycle is under way. Post it or cancel it first.");
    }
    if error.is_constraint("payout_cycle_is_one_for_each_period") {
        return not_so("There is a cycle of this period already. Call this one otherwise.");
    }
    error.into()
}

/// Opens a cycle under the rule in force.
///
/// # Errors
/// 409 without a rule in force, or while another cycle is under way; 422 for a period or a day that is none.
pub async fn open(app: &App, actor: &Actor<Treasurer>, command: Command<OpenPayoutCycle>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let period = period(&value.period)?;
    let ends_on: Day = value
        .ends_on
        .parse()
        .map_err(|refusal| Problem::field("ends_on", refusal))?;
    let mut tx = app.store.coop_tx("payout_cycle_open", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    if date(ends_on)? > now.date_naive() {
        return Err(Problem::field("ends_on", "the last day does not lie in the future"));
    }
    let row = revenue_rule_in_force(&mut tx, None).await?;
    let row = row.ok_or_else(|| not_so("No revenue rule is in force. The members adopt one by a decision."))?;
    let (rule, hash) = (rules::rule(&row)?, rules::hash(&row)?);
    let last = cycle_last_posted(&mut tx).await?;
    let before = match last.as_ref().and_then(|last| last.digest.as_deref()) {
        Some(bytes) => digest(bytes)?,
        None => Hash32::ZERO,
    };
    let id = PayoutCycleId::from_uuid(Uuid::now_v7());
    let new = NewCycle {
        id,
        period,
        ends_on: date(ends_on)?,
        rule: (row.version, hash),
        currency: &rule.currency,
        previous: last.map(|last| last.id),
        word: cycle_word(before, period),
        by: (actor.member, now),
    };
    cycle_insert(&mut tx, new).await.map_err(or_taken)?;
    let happened = [Event::PayoutCycleOpened {
        cycle: id,
        period,
        rule: hash,
        word: new.word,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::created(&shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The cycles, in the order in which they were opened.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("payout_cycle_list", actor.coop).await?;
    let rows = cycle_list(&mut tx, after, paging::rows(query)).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(summary).collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &PayoutCycleSummary| {
        one.id.to_string()
    }))
}

fn summary(row: CycleRow) -> Result<PayoutCycleSummary, RowDamage> {
    Ok(PayoutCycleSummary {
        id: PayoutCycleId::from_uuid(row.id),
        ends_on: day(row.ends_on)?.to_string(),
        period: row.period,
        currency: row.currency,
        state: row.state,
        stage: row.stage,
        revenue: row.revenue.map(amount).transpose()?.map(|units| units.to_string()),
        posted_at: row.posted_at,
        reversed_at: row.reversed_at,
    })
}

/// A cycle.
///
/// # Errors
/// 404 where it is not there.
pub async fn get(app: &App, actor: &Actor<Member>, id: PayoutCycleId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_cycle_get", actor.coop).await?;
    let view = shown(&mut tx, id).await?;
    tx.commit().await?;
    Answer::ok(&view)
}

/// Everything that is shown of a cycle.
///
/// # Errors
/// 404 where it is not there.
pub async fn shown(tx: &mut CoopTx, id: PayoutCycleId) -> Result<PayoutCycleView, Problem> {
    let row = cycle_get(tx, id, false).await?.ok_or_else(Problem::not_found)?;
    let is_computed = row.digest.is_some();
    let steps = cycle_steps(tx, id).await?;
    let pools = cycle_lines(tx, id, (true, None)).await?;
    let sums = if is_computed {
        Some(cycle_sums(tx, id).await?)
    } else {
        None
    };
    let approvals = approval_list(tx, id).await?;
    let name = |step: i32| {
        let place = usize::try_from(step).unwrap_or_default().saturating_sub(1);
        steps.get(place).map(|step| step.name.clone()).unwrap_or_default()
    };
    let pools = pools
        .into_iter()
        .map(|line| {
            Ok(PoolLineView {
                step: name(line.step),
                pool: line.pool.unwrap_or_default(),
                amount: amount(line.amount)?.to_string(),
            })
        })
        .collect::<Result<_, RowDamage>>()?;
    let sums = sums.map(next::shown).transpose()?;
    let shown = steps
        .iter()
        .map(|step| {
            Ok(PayoutStepView {
                step: step.name.clone(),
                before: amount(step.before)?.to_string(),
                after: amount(step.after)?.to_string(),
                digest: digest(&step.digest)?,
                is_verified: step.twin_digest.as_ref() == Some(&step.digest),
            })
        })
        .collect::<Result<_, RowDamage>>()?;
    let approvals = approvals.iter().map(|approval| PayoutApprovalView {
        member: MemberId::from_uuid(approval.member_id),
        approved_at: approval.approved_at,
    });
    view(row, (shown, pools), (sums, approvals.collect())).map_err(Problem::from)
}

fn view(
    row: CycleRow,
    (steps, pools): (Vec<PayoutStepView>, Vec<PoolLineView>),
    (sums, approvals): (Option<PayoutSums>, Vec<PayoutApprovalView>),
) -> Result<PayoutCycleView, RowDamage> {
    let word = |bytes: Option<Vec<u8>>| bytes.as_deref().map(digest).transpose();
    Ok(PayoutCycleView {
        id: PayoutCycleId::from_uuid(row.id),
        ends_on: day(row.ends_on)?.to_string(),
        rule_version: number(row.rule_version, "rule_version")?,
        rule_hash: digest(&row.rule_hash)?,
        word: digest(&row.word)?,
        opened_by: MemberId::from_uuid(row.opened_by),
        opened_at: row.opened_at,
        revenue: row.revenue.map(amount).transpose()?.map(|units| units.to_string()),
        members: row.members.map(i32::unsigned_abs),
        snapshots: row
            .snapshots
            .unwrap_or_default()
            .into_iter()
            .map(ContributionId::from_uuid)
            .collect(),
        engine: word(row.engine)?,
        digest: word(row.digest)?,
        payout_digest: word(row.payout_digest)?,
        verified_at: row.verified_at,
        proposed_by: super::member(row.proposed_by),
        approvals_needed: row.approvals_needed.map(i16::unsigned_abs),
        approvals,
        journal: row.journal_id.map(JournalId::from_uuid),
        posted_at: row.posted_at,
        cancel_reason: row.cancel_reason,
        reversed_at: row.reversed_at,
        reversal_reason: row.reversal_reason,
        period: row.period,
        currency: row.currency,
        state: row.state,
        stage: row.stage,
        steps,
        pools,
        sums,
    })
}
