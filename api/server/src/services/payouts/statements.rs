//! A member's own statement of a cycle: how each cent came about.

use governance::hash::Hash32;
use governance::id::PayoutCycleId;
use governance::log::LogEntry;
use governance::log::proof::{TreeHead, verify_inclusion};
use governance::record::{PayoutV1, Record as _};
use governance::revenue::{Operation, RevenueRule};
use governance::rule::Language;
use store::CoopTx;
use store::payment::payment_list;
use store::revenue::{
    CycleRow, PayoutRow, StepRow, cycle_get, cycle_lines, cycle_payouts, cycle_steps, cycle_weights, statement_place,
    statements_get,
};
use uuid::Uuid;
use wire::payout::{PayoutRecord, PayoutStatement, StatementLine, StatementProof};

use super::freezing::rule_of;
use super::{amount, balance, digest, not_so, statement_tree};
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::log::receipts;
use crate::services::payments::listing;

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
    let mut shown = statement(&row, &payout, lines)?;
    shown.payment = own_payment(app, &mut tx, (actor, &rule), &row).await?;
    let proved = prove(&mut tx, &row, &shown).await?;
    tx.commit().await?;
    if let Some((record, salt, (index, inclusion))) = proved {
        shown.proof = Some(StatementProof {
            salt,
            index,
            inclusion,
            log: receipts::state(app, actor.coop, record.struct_hash()).await?,
            payout: payout_record(record)?,
        });
    }
    Answer::ok(&shown)
}

/// Where the member's payment of a posted cycle stands.
async fn own_payment(
    app: &App,
    tx: &mut CoopTx,
    (actor, rule): (&Actor<Member>, &RevenueRule),
    row: &CycleRow,
) -> Result<Option<String>, Problem> {
    if row.posted_at.is_none() {
        return Ok(None);
    }
    let id = PayoutCycleId::from_uuid(row.id);
    let payment = payment_list(tx, id, (Uuid::nil(), 1), Some(actor.member)).await?.pop();
    let standing = payment.map(|payment| listing::standing(app, actor.coop, &rule.payout.rails, &payment));
    Ok(standing.transpose()?.map(|standing| standing.name().to_owned()))
}

type Proved = (PayoutV1, Hash32, (u64, Vec<Hash32>));

/// What proves a statement of a posted cycle, checked before it is given out; `None` before it is posted, and for a cycle that was posted before
/// there were proofs.
async fn prove(tx: &mut CoopTx, row: &CycleRow, shown: &PayoutStatement) -> Result<Option<Proved>, Problem> {
    let id = shown.cycle;
    let tree = statements_get(tx, id).await?.filter(|_| row.posted_at.is_some());
    let Some(tree) = tree else { return Ok(None) };
    let record = statement_tree::record(tx, row, &tree).await?;
    let head = statement_tree::head(tx, id, digest(&tree.secret)?).await?;
    let salt = head.salt(shown.member);
    let place = statement_place(tx, id, shown.member).await?;
    let index = place
        .and_then(|place| u64::try_from(place).ok())
        .ok_or(RowDamage("member_id"))?;
    let inclusion = statement_tree::inclusion(tx, id, (index, record.members)).await?;
    let tree = TreeHead {
        size: record.members,
        root: record.statements,
    };
    let entry = shown.record(head.namespace, salt).map(|record| LogEntry::of(&record));
    let leaf = entry.ok_or(RowDamage("payout"))?.leaf_hash();
    verify_inclusion(leaf, index, tree, &inclusion).map_err(Problem::internal)?;
    Ok(Some((record, salt, (index, inclusion))))
}

fn payout_record(record: PayoutV1) -> Result<PayoutRecord, RowDamage> {
    Ok(PayoutRecord {
        namespace: record.namespace,
        ruleset: record.ruleset,
        digest: record.digest,
        payout_digest: record.payout_digest,
        statements: record.statements,
        members: record.members,
        total: super::written(&record.total.to_string())?,
        salt: record.salt,
    })
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

fn statement(row: &CycleRow, payout: &PayoutRow, lines: Vec<StatementLine>) -> Result<PayoutStatement, RowDamage> {
    Ok(PayoutStatement {
        cycle: PayoutCycleId::from_uuid(row.id),
        period: row.period.clone(),
        currency: row.currency.clone(),
        state: row.state.clone(),
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
        payment: None,
        proof: None,
    })
}

/// The zero word, for a rule without a salt.
pub(super) const NO_SALT: Hash32 = Hash32::ZERO;
