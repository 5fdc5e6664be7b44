//! The inputs of a cycle, taken from the books, the roll and the contributions, and frozen.

use std::collections::BTreeMap;

use chrono::{Datelike as _, SubsecRound as _};
use governance::event::Event;
use governance::id::{ContributionId, MemberId, PayoutCycleId};
use governance::membership::{Class, Role};
use governance::revenue::{Amount, Operation, PoolKind, Profile, RevenueRule, Target};
use serde_json::{Map, Value};
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::money::interest_get;
use store::revenue::{
    CountedRow, CycleRow, Freeze, cycle_basis, cycle_earliest_income, cycle_freeze, cycle_get, cycle_overflows,
    cycle_snapshots, revenue_rule_get,
};
use wire::payout::FreezePreview;

use super::computing::engine;
use super::{cycles, locked, not_so};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::revenue::rules;
use crate::services::{events, halts, idempotent};

/// Groups that the roll gives, beside classes, offices and `with_` before a metric.
const GROUPS: [&str; 3] = ["all", "active", "shareholders"];
/// The balance of members' shares, as rules call it.
const CAPITAL: &str = "capital_paid_up";
/// What the books keep members' shares under.
const SHARES: &str = "equity:shares";

/// The inputs, or what stands in their way.
struct Inputs {
    revenue: i128,
    reserves: Value,
    balances: Value,
    snapshots: Vec<uuid::Uuid>,
    journal_upto: i64,
    obstacles: Vec<String>,
}

/// The account of the books for a pool: `reserve:legal` stands under `equity:reserve:legal`, what is withheld under `liabilities:tax`.
#[must_use]
pub fn account_of(pool: &governance::revenue::Pool) -> String {
    let name = pool.to_string().replace('_', "-");
    match pool.kind() {
        PoolKind::Tax => format!("liabilities:{name}"),
        PoolKind::Reserve | PoolKind::Fund | PoolKind::Pool => format!("equity:{name}"),
    }
}

/// The rule of a cycle.
///
/// # Errors
/// If the database fails.
pub async fn rule_of(tx: &mut CoopTx, row: &CycleRow) -> Result<RevenueRule, Problem> {
    let rule = revenue_rule_get(tx, row.rule_version).await?;
    Ok(rules::rule(&rule.ok_or(RowDamage("rule_version"))?)?)
}

/// Contributions that cannot be counted: not settled, or more than numbers hold.
async fn unusable(tx: &mut CoopTx, counted: &[CountedRow]) -> Result<Vec<String>, Problem> {
    let unsettled = counted.iter().filter(|one| one.is_unsettled).map(|one| {
        format!(
            "the {} of snapshot {} may still be disputed, are disputed, or were found wrong; wait, decide, or replace them",
            one.metric,
            ContributionId::from_uuid(one.id)
        )
    });
    let snapshots: Vec<_> = counted.iter().map(|one| one.id).collect();
    let too_many = cycle_overflows(tx, &snapshots).await?.into_iter().map(|one| {
        format!(
            "the {} of member {} add up to more than can be counted; replace a snapshot with one that counts in larger units",
            one.metric,
            MemberId::from_uuid(one.member_id)
        )
    });
    Ok(unsettled.chain(too_many).collect())
}

async fn inputs(tx: &mut CoopTx, row: &CycleRow, rule: &RevenueRule) -> Result<Inputs, Problem> {
    let basis = cycle_basis(tx, &row.currency, row.ends_on).await?;
    let counted = cycle_snapshots(tx, row.ends_on).await?;
    let equity: BTreeMap<String, String> = serde_json::from_value(basis.equity).map_err(|_| RowDamage("equity"))?;
    let mut obstacles = unusable(tx, &counted).await?;
    let revenue: i128 = basis.revenue.parse().map_err(|_| RowDamage("revenue"))?;
    match Amount::from_wide(revenue) {
        None => obstacles.push(String::from(
            "the costs are more than the income, so there is nothing to share; costs that are netted leave a later cycle",
        )),
        // The books take no transaction that moves nothing.
        Some(amount) if amount.units() == 0 => obstacles.push(String::from(
            "no income came in that was not shared before, so there is nothing to share; wait until some does",
        )),
        Some(_) => {}
    }
    obstacles.extend(unknown_groups(rule));
    obstacles.extend(younger_than_income(tx, row, rule).await?);
    obstacles.extend(interest_twice(tx, row, rule).await?);
    let held = |path: &str| {
        equity
            .get(path)
            .and_then(|digits| digits.parse::<i128>().ok())
            .unwrap_or_default()
    };
    let (mut reserves, mut balances) = (Map::new(), Map::new());
    for step in &rule.steps {
        let Operation::Reserve {
            to, until: Some(until), ..
        } = &step.does
        else {
            continue;
        };
        match Amount::from_wide(held(&account_of(to))) {
            Some(amount) => _ = reserves.insert(to.to_string(), Value::from(amount.units())),
            None => obstacles.push(format!(
                "the books hold less than nothing in {to}; set that right first"
            )),
        }
        match until {
            Target::Amount { .. } => {}
            Target::Balance { of, .. } if of.as_str() == CAPITAL => match Amount::from_wide(held(SHARES)) {
                Some(amount) => _ = balances.insert(of.to_string(), Value::from(amount.units())),
                None => obstacles.push(format!(
                    "the books hold less than nothing in {SHARES}; set that right first"
                )),
            },
            Target::Balance { of, .. } => obstacles.push(format!(
                "step {} measures by {of}, which the books do not give; they give {CAPITAL}",
                step.id
            )),
        }
    }
    Ok(Inputs {
        revenue,
        reserves: Value::Object(reserves),
        balances: Value::Object(balances),
        snapshots: counted.iter().map(|one| one.id).collect(),
        journal_upto: basis.journal_upto,
        obstacles,
    })
}

/// Under the profile of the United States what is shared was owed by the rule before it came in (26 CFR 1.1388-1(a)(1)): income that is older
/// than the rule is not patronage.
async fn younger_than_income(tx: &mut CoopTx, row: &CycleRow, rule: &RevenueRule) -> Result<Option<String>, Problem> {
    if rule.profile != Some(Profile::UsT) {
        return Ok(None);
    }
    let earliest = cycle_earliest_income(tx, &row.currency, row.ends_on).await?;
    let adopted = revenue_rule_get(tx, row.rule_version).await?;
    let adopted = adopted.ok_or(RowDamage("rule_version"))?.adopted_at.date_naive();
    Ok(earliest.filter(|earliest| *earliest < adopted).map(|earliest| {
        format!(
            "there is income of {earliest}, and the rule was adopted on {adopted}; under US-T a rule shares later income alone, so undo the \
             older and post it where no rule shares it"
        )
    }))
}

/// Interest on shares that the terms of money gave for the year already.
async fn interest_twice(tx: &mut CoopTx, row: &CycleRow, rule: &RevenueRule) -> Result<Option<String>, Problem> {
    let gives = |step: &governance::revenue::Step| matches!(step.does, Operation::CapitalInterest { .. });
    let year = row.ends_on.year();
    if !rule.steps.iter().any(gives) || interest_get(tx, year).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(format!(
        "the interest on shares for {year} was credited by the terms of money, and the rule would give it again; share the year by a rule \
         without that step"
    )))
}

/// Groups that nobody could ever be in.
fn unknown_groups(rule: &RevenueRule) -> Vec<String> {
    let groups = rule.steps.iter().filter_map(|step| match &step.does {
        Operation::CapitalInterest { to, .. } | Operation::PerCapita { to } | Operation::Patronage { to, .. } => {
            Some((&step.id, to.to_string()))
        }
        Operation::Fixed { .. }
        | Operation::Percent { .. }
        | Operation::Reserve { .. }
        | Operation::Split { .. }
        | Operation::Transfer { .. }
        | Operation::Sink {} => None,
    });
    let is_known = |group: &str| {
        let name = group.strip_prefix("members:").unwrap_or(group);
        GROUPS.contains(&name)
            || name.starts_with("with_")
            || Class::from_name(name).is_some()
            || Role::from_name(name).is_some()
    };
    groups
        .filter(|(_, group)| !is_known(group))
        .map(|(step, group)| {
            format!(
                "step {step} shares among {group}, which the roll does not give; it gives all, active, shareholders, every class and \
                 office, and with_ before the name of a metric"
            )
        })
        .collect()
}

/// What freezing a cycle would take, and what stands in its way. Nothing is frozen.
///
/// # Errors
/// 404 where there is no such cycle.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, id: PayoutCycleId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_freeze_preview", actor.coop).await?;
    let row = cycle_get(&mut tx, id, false).await?.ok_or_else(Problem::not_found)?;
    let rule = rule_of(&mut tx, &row).await?;
    let inputs = inputs(&mut tx, &row, &rule).await?;
    tx.commit().await?;
    Answer::ok(&FreezePreview {
        revenue: governance::revenue::Balance::from_wide(inputs.revenue)
            .unwrap_or_default()
            .to_string(),
        currency: row.currency,
        snapshots: inputs.snapshots.into_iter().map(ContributionId::from_uuid).collect(),
        obstacles: inputs.obstacles,
    })
}

/// What stands in the way of freezing a cycle.
///
/// # Errors
/// If the database fails.
pub async fn obstacles(tx: &mut CoopTx, row: &CycleRow) -> Result<Vec<String>, Problem> {
    let rule = rule_of(tx, row).await?;
    Ok(inputs(tx, row, &rule).await?.obstacles)
}

/// Freezes the inputs of an open cycle: nothing that happens later changes what it computes.
///
/// # Errors
/// 409 where it is not open, or with what stands in its way.
pub async fn freeze(app: &App, actor: &Actor<Treasurer>, id: PayoutCycleId, ask: &Ask) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_freeze", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let row = locked(&mut tx, id, "open").await?;
    // Nothing is posted between the statements that look at the books.
    ledger_lock(&mut tx).await?;
    let rule = rule_of(&mut tx, &row).await?;
    let inputs = inputs(&mut tx, &row, &rule).await?;
    if let Some(first) = inputs.obstacles.first() {
        return Err(
            not_so(format!("The inputs cannot be frozen: {first}.")).with("obstacles", inputs.obstacles.clone())
        );
    }
    let revenue = i64::try_from(inputs.revenue).map_err(Problem::internal)?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let freeze = Freeze {
        cycle: id,
        revenue,
        reserves: &inputs.reserves,
        balances: &inputs.balances,
        snapshots: &inputs.snapshots,
        journal_upto: inputs.journal_upto,
        engine: &engine(),
        by: (actor.member, now),
    };
    cycle_freeze(&mut tx, freeze).await?;
    Failpoint::CycleFrozen.reach();
    let view = cycles::shown(&mut tx, id).await?;
    let happened = [Event::PayoutCycleFrozen {
        cycle: id,
        revenue: revenue.unsigned_abs(),
        members: view.members.unwrap_or_default(),
        journal_upto: inputs.journal_upto.unsigned_abs(),
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&view)?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
