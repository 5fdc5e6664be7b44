//! A cycle as a file that `rochdale-audit allocate` computes anew: the rule, the frozen inputs, and everything that is claimed.

use governance::id::PayoutCycleId;
use governance::revenue::{Amount, Balance, MemberInput, RevenueRule};
use serde_json::{Value, json};
use store::CoopTx;
use store::coop::coop_get;
use store::revenue::{CycleRow, StatementsRow, cycle_get, cycle_lines, cycle_payouts, cycle_steps, statements_get};

use super::freezing::rule_of;
use super::statements::NO_SALT;
use super::{amount, computing, digest, not_so};
use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, domain};

/// The most members of one file; larger cycles are taken away from the database.
const MEMBERS_MAX: i32 = 200_000;

/// Writes the file of a computed cycle, for those who hold an office: it holds what everybody gets.
///
/// # Errors
/// 403 for others, 409 before it is computed, 503 where it is too large for one answer.
pub async fn write(app: &App, actor: &Actor<Active>, id: PayoutCycleId) -> Result<String, Problem> {
    super::approving::require_office(actor)?;
    let mut tx = app.store.coop_tx("payout_bundle", actor.coop).await?;
    let row = cycle_get(&mut tx, id, false).await?.ok_or_else(Problem::not_found)?;
    if row.digest.is_none() {
        return Err(not_so("The cycle is not computed yet.").with("state", row.state));
    }
    if row.members.unwrap_or_default() > MEMBERS_MAX {
        return Err(Problem::busy());
    }
    let namespace = domain(&coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?)?.namespace;
    let rule = rule_of(&mut tx, &row).await?;
    let tree = statements_get(&mut tx, id).await?;
    let mut lines = vec![
        json!({"kind": "rule", "rule": rule, "namespace": namespace, "salt": NO_SALT}),
        head(&row, tree.as_ref())?,
    ];
    let mut members = app.store.frozen_members(actor.coop, id).await?;
    while let Some(row) = members.next().await? {
        lines.push(line("member", &member_value(&computing::input(row)?)));
    }
    claims(&mut tx, (&row, &rule, tree.as_ref()), &mut lines).await?;
    tx.commit().await?;
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.to_string());
        text.push('\n');
    }
    Ok(text)
}

fn line(kind: &str, value: &Value) -> Value {
    let mut line = value.clone();
    if let Some(object) = line.as_object_mut() {
        object.insert(String::from("kind"), Value::from(kind));
    }
    line
}

fn member_value(member: &MemberInput) -> Value {
    serde_json::to_value(member).unwrap_or_default()
}

/// Balances are stored in units and written as amounts.
fn written(object: Option<&Value>) -> Result<Value, RowDamage> {
    let object = object.and_then(Value::as_object).ok_or(RowDamage("balances"))?;
    let amounts = object.iter().map(|(name, units)| {
        let units = units
            .as_u64()
            .and_then(Amount::from_units)
            .ok_or(RowDamage("balances"))?;
        Ok((name.clone(), json!(units)))
    });
    Ok(Value::Object(amounts.collect::<Result<_, _>>()?))
}

fn head(row: &CycleRow, tree: Option<&StatementsRow>) -> Result<Value, RowDamage> {
    let secret = tree.map(|tree| digest(&tree.secret)).transpose()?;
    Ok(json!({
        "kind": "cycle",
        "cycle": digest(&row.word)?,
        "id": row.id,
        "secret": secret,
        "revenue": amount(row.revenue.unwrap_or_default())?,
        "reserves": written(row.reserves.as_ref())?,
        "balances": written(row.balances.as_ref())?,
    }))
}

async fn claims(
    tx: &mut CoopTx,
    (row, rule, tree): (&CycleRow, &RevenueRule, Option<&StatementsRow>),
    lines: &mut Vec<Value>,
) -> Result<(), Problem> {
    let id = PayoutCycleId::from_uuid(row.id);
    let name = |step: i32| {
        let place = usize::try_from(step).unwrap_or_default().saturating_sub(1);
        rule.steps.get(place).map(|step| &step.id).ok_or(RowDamage("step"))
    };
    for step in cycle_steps(tx, id).await? {
        lines.push(
            json!({"kind": "step", "step": step.name, "before": amount(step.before)?, "after": amount(step.after)?,
            "digest": digest(&step.digest)?}),
        );
    }
    for line in cycle_lines(tx, id, (false, None)).await? {
        let to = line
            .pool
            .clone()
            .or_else(|| line.member_id.map(|member| member.to_string()));
        lines.push(
            json!({"kind": "line", "step": name(line.step)?, "to": to.ok_or(RowDamage("line"))?,
            "amount": amount(line.amount)?}),
        );
    }
    for payout in cycle_payouts(tx, id, None).await? {
        let parts = [payout.withheld, payout.paid, payout.dormant, payout.carried];
        // Members of whom nothing is to be said are left out, as in the digest.
        if parts.iter().any(|units| *units != 0) {
            lines.push(
                json!({"kind": "payment", "member": payout.member_id, "withheld": amount(payout.withheld)?,
                "paid": amount(payout.paid)?, "dormant": amount(payout.dormant)?,
                "carried": Balance::from_units(payout.carried)}),
            );
        }
    }
    lines.push(json!({"kind": "result", "rule": digest(&row.rule_hash)?,
        "digest": digest(row.digest.as_deref().unwrap_or_default())?,
        "payout_digest": digest(row.payout_digest.as_deref().unwrap_or_default())?,
        "statements": tree.map(|tree| digest(&tree.root)).transpose()?}));
    Ok(())
}
