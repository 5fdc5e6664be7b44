//! Revenue rules: read, looked at before a vote, and adopted by a decision.

use chrono::SubsecRound as _;
use governance::action::{Action, Planned, RevenueFacts, RuleReading};
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::ProposalId;
use governance::revenue::RevenueRule;
use store::CoopTx;
use store::coop::coop_get;
use store::decision::proposal::clock;
use store::revenue::{NewRevenueRule, RevenueRuleRow, revenue_rule_in_force, revenue_rule_insert, revenue_rule_list};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;
use wire::revenue::{PreviewRevenueRule, RevenueRulePreview, RevenueRuleVersion};

use crate::app::App;
use crate::http::actor::{Active, Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, domain, moment, number, timestamp};
use crate::services::revenue::history;
use crate::services::{events, paging};

/// The rule of a row.
///
/// # Errors
/// If the row was written by another version or by hand.
pub fn rule(row: &RevenueRuleRow) -> Result<RevenueRule, RowDamage> {
    serde_json::from_value(row.content.clone()).map_err(|_| RowDamage("content"))
}

/// The hash of a row.
///
/// # Errors
/// As [`rule`].
pub fn hash(row: &RevenueRuleRow) -> Result<Hash32, RowDamage> {
    Hash32::from_slice(&row.rule_hash).ok_or(RowDamage("rule_hash"))
}

/// The newest rule, as far as these actions ask. Whoever executes decisions one after the other finds each version taken once: the
/// key of the table refuses a second one.
///
/// # Errors
/// If the database fails.
pub async fn facts(tx: &mut CoopTx, planned: &[Planned]) -> Result<RevenueFacts, Problem> {
    let is_asked = planned
        .iter()
        .any(|each| matches!(each.act, Action::AdoptRevenueRule { .. }));
    if is_asked {
        newest(tx).await
    } else {
        Ok(RevenueFacts::default())
    }
}

async fn newest(tx: &mut CoopTx) -> Result<RevenueFacts, Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let mut facts = RevenueFacts {
        namespace: domain(&coop)?.namespace,
        ..RevenueFacts::default()
    };
    if let Some(row) = revenue_rule_list(tx, None, 1).await?.pop() {
        facts.version = number(row.version, "version")?;
        facts.hash = hash(&row)?;
    }
    Ok(facts)
}

/// Adopts a rule, with its event.
///
/// # Errors
/// If the database fails.
pub async fn adopt(tx: &mut CoopTx, proposal: ProposalId, (rule, hash): (&RevenueRule, Hash32)) -> Result<(), Problem> {
    let before = revenue_rule_list(tx, None, 1).await?.pop();
    let now = clock(tx).await?.trunc_subsecs(0);
    // Never before the one it follows: the highest version whose time has come is in force.
    let effective_at = [moment(rule.effective_from), before.as_ref().map(|row| row.effective_at)]
        .into_iter()
        .flatten()
        .fold(now, std::cmp::max);
    let new = NewRevenueRule {
        version: i64::try_from(rule.version).map_err(Problem::internal)?,
        hash,
        supersedes: (rule.supersedes != Hash32::ZERO).then_some(rule.supersedes),
        currency: &rule.currency,
        effective_at,
        proposal,
        content: &serde_json::to_value(rule).map_err(Problem::internal)?,
        adopted_at: now,
    };
    revenue_rule_insert(tx, new).await?;
    let happened = [Event::RevenueRuleAdopted {
        coop: tx.coop(),
        version: rule.version,
        rule: hash,
        effective_at: timestamp(effective_at),
        proposal,
    }];
    Ok(events::append(tx, None, &happened).await?)
}

/// The versions of the rule, newest first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, page: &PageQuery) -> Result<Answer, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    let position = page.position().map_err(|_| refused())?;
    let before = position
        .map(|text| text.parse::<i64>().map_err(|_| refused()))
        .transpose()?;
    let mut tx = app.store.coop_tx("revenue_rule_list", actor.coop).await?;
    let rows = revenue_rule_list(&mut tx, before, paging::rows(page)).await?;
    let in_force = revenue_rule_in_force(&mut tx, None).await?.map(|row| row.version);
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.version.to_string());
    let items = rows.items.iter().map(|row| view(row, in_force));
    Answer::ok(&Page {
        items: items.collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

fn view(row: &RevenueRuleRow, in_force: Option<i64>) -> Result<RevenueRuleVersion, RowDamage> {
    let rule = rule(row)?;
    Ok(RevenueRuleVersion {
        version: number(row.version, "version")?,
        hash: hash(row)?,
        is_in_force: in_force == Some(row.version),
        effective_at: row.effective_at,
        adopted_at: row.adopted_at,
        proposal: ProposalId::from_uuid(row.proposal_id),
        words: RuleReading::of(&rule).into(),
        rule,
    })
}

/// Looks at a draft: its hash, its words, what the law may have against it, and whether it follows the newest version.
///
/// # Errors
/// 422 for a rule that is none, with the step and the reason.
pub async fn preview(app: &App, actor: &Actor<Active>, body: PreviewRevenueRule) -> Result<Answer, Problem> {
    let rule = body.rule;
    rule.check().map_err(|refusal| Problem::field("rule", refusal))?;
    let mut tx = app.store.coop_tx("revenue_rule_preview", actor.coop).await?;
    let facts = newest(&mut tx).await?;
    let history = history::read(&app.store, &mut tx, &rule.currency).await?;
    tx.commit().await?;
    let (hash, member) = (rule.hash(facts.namespace), actor.member);
    let (rule, what_if) = tokio::task::spawn_blocking(move || {
        let told = history.tell(&rule, hash, member);
        (rule, told)
    })
    .await
    .map_err(Problem::internal)?;
    let obstacle = facts.clone().adopt(&rule).err().map(|obstacle| obstacle.to_string());
    Answer::ok(&RevenueRulePreview {
        hash,
        next_version: facts.version.saturating_add(1),
        supersedes: facts.hash,
        obstacle,
        what_if,
        words: RuleReading::of(&rule).into(),
    })
}
