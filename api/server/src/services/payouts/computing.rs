//! A frozen cycle computed inside PostgreSQL, and once more by the definition from the rows as they stream by.

use chrono::SubsecRound as _;
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::{MemberId, PayoutCycleId};
use governance::revenue::{
    Amount, Balance, Computed, Cycle, GivenMembers, Measure, MemberInput, Payment, RevenueRule, Standing, compute, pay,
    payout_digest,
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use store::decision::proposal::clock;
use store::revenue::{CycleRow, FrozenRow, cycle_compute, cycle_verify, statements_insert};
use store::{CoopTx, Store};

use super::freezing::rule_of;
use super::{amount, cycles, digest, locked, not_so, statement_tree};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::decision_rows::RowDamage;
use crate::services::{events, halts, idempotent};

/// The Keccak-256 of the names of steps and pools, in hex: PostgreSQL has no Keccak.
#[must_use]
pub fn words(rule: &RevenueRule) -> Value {
    let hex = |word: Hash32| Value::from(word.to_string().trim_start_matches("0x"));
    let mut words = Map::new();
    for step in &rule.steps {
        words.insert(format!("step:{}", step.id), hex(step.id.word()));
        for pool in step.does.pools() {
            words.insert(pool.to_string(), hex(pool.word()));
        }
    }
    Value::Object(words)
}

/// The SHA-256 of the functions inside PostgreSQL: a cycle is computed by those that were there when it was frozen.
#[must_use]
pub fn engine() -> [u8; 32] {
    Sha256::digest(store::engine::FUNCTIONS).into()
}

/// Computes a frozen cycle inside PostgreSQL.
///
/// # Errors
/// 409 where it is not frozen, or where the rule cannot be applied to its inputs, with the step.
pub async fn compute_in_database(
    app: &App,
    actor: &Actor<Treasurer>,
    id: PayoutCycleId,
    ask: &Ask,
) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_compute", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let row = locked(&mut tx, id, "frozen").await?;
    if row.engine.as_deref() != Some(engine().as_slice()) {
        return Err(not_so(
            "The program that computes changed since the inputs were frozen. Cancel the cycle and freeze it again.",
        ));
    }
    let rule = rule_of(&mut tx, &row).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    match cycle_compute(&mut tx, id, &words(&rule), (actor.member, now)).await {
        Ok(()) => {}
        Err(error) if error.is_constraint("revenue_engine_refuses") => {
            drop(tx);
            return Err(refusal(app, actor, id).await?);
        }
        Err(error) => return Err(error.into()),
    }
    Failpoint::CycleComputed.reach();
    let view = cycles::shown(&mut tx, id).await?;
    let happened = [Event::PayoutCycleComputed {
        cycle: id,
        digest: view.digest.unwrap_or_default(),
        payout_digest: view.payout_digest.unwrap_or_default(),
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&view)?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Why the definition refuses the cycle, in its words.
async fn refusal(app: &App, actor: &Actor<Treasurer>, id: PayoutCycleId) -> Result<Problem, Problem> {
    let mut tx = app.store.coop_tx("payout_refusal", actor.coop).await?;
    let row = locked(&mut tx, id, "frozen").await?;
    let (rule, cycle) = inputs(&app.store, &mut tx, &row).await?;
    tx.commit().await?;
    Ok(match compute(&rule, digest(&row.rule_hash)?, &cycle) {
        Err(refused) => not_so(format!("The rule cannot be applied: {refused}.")),
        Ok(_) => Problem::internal("PostgreSQL refuses a cycle that the definition computes"),
    })
}

/// The frozen inputs as the definition takes them.
///
/// # Errors
/// If the database fails.
pub async fn inputs(store: &Store, tx: &mut CoopTx, row: &CycleRow) -> Result<(RevenueRule, Cycle), Problem> {
    let rule = rule_of(tx, row).await?;
    let mut cycle = Cycle::new(digest(&row.word)?, amount(row.revenue.unwrap_or_default())?);
    for (name, units) in balances(row.reserves.as_ref())? {
        cycle
            .reserves
            .insert(name.parse().map_err(|_| RowDamage("reserves"))?, units);
    }
    for (name, units) in balances(row.balances.as_ref())? {
        cycle
            .balances
            .insert(name.parse().map_err(|_| RowDamage("balances"))?, units);
    }
    let mut given = GivenMembers::default();
    let mut rows = store
        .frozen_members(tx.coop(), PayoutCycleId::from_uuid(row.id))
        .await?;
    while let Some(row) = rows.next().await? {
        given.push(input(row)?).map_err(Problem::internal)?;
    }
    let cycle = cycle.with_given(given).map_err(Problem::internal)?;
    Ok((rule, cycle))
}

fn balances(object: Option<&Value>) -> Result<Vec<(String, Amount)>, RowDamage> {
    let object = object.and_then(Value::as_object).ok_or(RowDamage("balances"))?;
    object
        .iter()
        .map(|(name, units)| {
            let units = units.as_u64().and_then(Amount::from_units);
            Ok((name.clone(), units.ok_or(RowDamage("balances"))?))
        })
        .collect()
}

/// A frozen member as the definition takes it.
///
/// # Errors
/// If the row is damaged.
pub fn input(row: FrozenRow) -> Result<MemberInput, RowDamage> {
    let metrics = row.metrics.iter().zip(&row.counts).map(|(metric, count)| {
        Ok(Measure {
            metric: metric.parse().map_err(|_| RowDamage("metric"))?,
            count: u64::try_from(*count).map_err(|_| RowDamage("count"))?,
        })
    });
    Ok(MemberInput {
        member: MemberId::from_uuid(row.member_id),
        groups: row
            .groups
            .iter()
            .map(|group| group.parse().map_err(|_| RowDamage("groups")))
            .collect::<Result<_, _>>()?,
        metrics: metrics.collect::<Result<_, RowDamage>>()?,
        capital: amount(row.capital)?,
        tax: row
            .tax
            .map(|tax| tax.parse().map_err(|_| RowDamage("tax")))
            .transpose()?,
        carried: Balance::from_units(row.carried),
        taxed: amount(row.taxed)?,
        standing: match row.standing.as_str() {
            "open" => Standing::Open,
            "held" => Standing::Held,
            "leaving" => Standing::Leaving,
            _ => return Err(RowDamage("standing")),
        },
        idle_months: u16::try_from(row.idle_months).map_err(|_| RowDamage("idle_months"))?,
    })
}

/// Computes by the definition what PostgreSQL computed.
///
/// # Errors
/// If the definition refuses what PostgreSQL computed.
pub fn twin(rule: &RevenueRule, hash: Hash32, cycle: &Cycle) -> Result<(Computed, Vec<Payment>), Problem> {
    let computed = compute(rule, hash, cycle).map_err(Problem::internal)?;
    let payments = pay(rule, cycle, &computed).map_err(Problem::internal)?;
    Ok((computed, payments))
}

/// Computes a computed cycle once more, by the definition, and writes the digests beside those of PostgreSQL. The schema takes equal ones
/// alone, step by step.
///
/// # Errors
/// 409 where it is not computed, or where the two differ: then nothing goes on, and the cycle can only be cancelled.
pub async fn verify(app: &App, actor: &Actor<Treasurer>, id: PayoutCycleId, ask: &Ask) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payout_verify", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let row = locked(&mut tx, id, "computed").await?;
    let (rule, cycle) = inputs(&app.store, &mut tx, &row).await?;
    let hash = digest(&row.rule_hash)?;
    let secret = Hash32::from_bytes(random().map_err(Problem::internal)?);
    let head = statement_tree::head(&mut tx, id, secret).await?;
    let (steps, whole, paid, tree) = tokio::task::spawn_blocking(move || {
        let (computed, payments) = twin(&rule, hash, &cycle)?;
        let steps: Vec<Hash32> = computed.steps.iter().map(|step| step.digest).collect();
        let tree = statement_tree::build(&head, &computed, &payments);
        Ok::<_, Problem>((steps, computed.digest, payout_digest(&payments), tree))
    })
    .await
    .map_err(Problem::internal)??;
    statements_insert(&mut tx, id, (secret, tree.root), &tree.tiles).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    cycle_verify(&mut tx, id, &steps, (whole, paid, now))
        .await
        .map_err(|error| {
            let differs = ["payout_step_is_computed_twice_alike", "payout_cycle_is_computed_twice_alike"];
            if differs.iter().any(|name| error.is_constraint(name)) {
                tracing::error!(cycle.id = %id, "two computations of a cycle differ");
                return not_so("Two computations of this cycle differ. Nothing can be paid by it: cancel it, and tell who keeps the program.");
            }
            error.into()
        })?;
    Failpoint::CycleVerified.reach();
    let happened = [Event::PayoutCycleVerified {
        cycle: id,
        digest: whole,
        payout_digest: paid,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&cycles::shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
