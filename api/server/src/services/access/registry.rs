//! What decisions change about the tools, done; and the keys of the co-op at providers, which stewards give.

use std::collections::BTreeMap;

use chrono::{Days, NaiveTime, SubsecRound as _};
use governance::access::{ModelTerms, Policy, TOLD_MEMBERS_MIN, ToolTerms};
use governance::action::{AccessFacts, Action, Change, Planned};
use governance::event::Event;
use governance::id::{ProposalId, UpstreamId};
use governance::time::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use store::CoopTx;
use store::access::{
    NewModel, NewPolicy, NewTool, PolicyRow, ToolRow, model_retire, model_set, models, policy_insert, policy_last,
    subjects, tool_key_set, tool_retire, tool_set, tools, tools_lock, usage_groups,
};
use store::decision::proposal::clock;
use uuid::Uuid;
use wire::access::GiveToolKey;

use super::{model_terms, policy, subject, tool_terms, totals};
use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, moment, number, timestamp};
use crate::services::events;
use crate::services::proposals::Asking;

/// For how many members a preview says what changes; a larger co-op sees the first of them.
const PREVIEW_MEMBERS_MAX: i64 = 10_000;
/// What "lately" means in a preview: so many whole days that are over.
const LATELY_DAYS: u64 = 30;
/// The longest key of a provider, in bytes.
const TOOL_KEY_MAX: usize = 500;

/// Whether an action is about the tools.
const fn is_about_tools(act: &Action) -> bool {
    match act {
        Action::SetTool { .. }
        | Action::RetireTool { .. }
        | Action::SetModel { .. }
        | Action::RetireModel { .. }
        | Action::SetAccessPolicy { .. } => true,
        Action::AmendBylaws { .. }
        | Action::Admit { .. }
        | Action::Suspend { .. }
        | Action::Reinstate { .. }
        | Action::Expel { .. }
        | Action::GrantRole { .. }
        | Action::EndRole { .. }
        | Action::Halt { .. }
        | Action::EndHalt { .. }
        | Action::SeatWinners { .. }
        | Action::AdoptRevenueRule { .. }
        | Action::SetMoneyTerms { .. } => false,
    }
}

/// The tools, as far as these actions ask. `locked` keeps them so until the transaction ends; the members are read for previews alone.
///
/// # Errors
/// If the database fails.
pub async fn facts(tx: &mut CoopTx, planned: &[Planned], locked: bool) -> Result<AccessFacts, Problem> {
    if !planned.iter().any(|each| is_about_tools(&each.act)) {
        return Ok(AccessFacts::default());
    }
    let mut facts = AccessFacts::default();
    if locked {
        tools_lock(tx).await?;
    } else {
        for row in subjects(tx, PREVIEW_MEMBERS_MAX).await? {
            facts.members.push(subject(&row)?);
        }
        facts.users = used_lately(tx).await?;
    }
    for row in tools(tx).await?.iter().filter(|row| row.retired_at.is_none()) {
        facts.tools.insert(row.name.clone(), tool_terms(row)?);
    }
    for row in models(tx).await? {
        if row.retired_at.or(row.tool_retired_at).is_none() {
            facts.models.insert(row.name.clone(), model_terms(&row)?);
        }
    }
    if let Some(row) = policy_last(tx).await? {
        facts.policy_version = number(row.version, "version")?;
        facts.policy = Some(policy(&row)?);
    }
    Ok(facts)
}

/// How many members used each model lately, where at least five did: in fives, so that two days in turn tell of no single member.
async fn used_lately(tx: &mut CoopTx) -> Result<BTreeMap<String, u64>, Problem> {
    let until = clock(tx).await?.date_naive().and_time(NaiveTime::MIN).and_utc();
    let from = until.checked_sub_days(Days::new(LATELY_DAYS)).unwrap_or(until);
    let five = u64::try_from(TOLD_MEMBERS_MIN).unwrap_or(u64::MAX);
    let rows = usage_groups(tx, (from, until), i64::try_from(five).unwrap_or(i64::MAX)).await?;
    let users = rows.into_iter().map(|row| {
        let members: u64 = number(row.members, "members")?;
        let odd = members.checked_rem(five).unwrap_or_default();
        Ok((row.model, members.saturating_sub(odd)))
    });
    Ok(users.collect::<Result<_, RowDamage>>()?)
}

/// Writes a change about the tools, with its event.
///
/// # Errors
/// If the database fails.
pub async fn write(tx: &mut CoopTx, proposal: ProposalId, (act, change): (&Action, &Change)) -> Result<(), Problem> {
    match change {
        Change::ToolSet { tool, after, .. } => set_tool(tx, proposal, (tool, after)).await?,
        Change::ToolRetired { tool, .. } => retire_tool(tx, proposal, tool).await?,
        Change::ModelSet { model, after, .. } => set_model(tx, proposal, (model, after.as_ref())).await?,
        Change::ModelRetired { model, .. } => {
            let at = clock(tx).await?;
            model_retire(tx, model, (proposal, at)).await?;
            let coop = tx.coop();
            events::append(tx, None, &[Event::ModelRetired { coop, model, proposal }]).await?;
        }
        Change::AccessPolicySet { version, .. } => {
            let Action::SetAccessPolicy {
                effective_at, policy, ..
            } = act
            else {
                return Err(Problem::internal("a policy that no action sets"));
            };
            set_policy(tx, (proposal, *version), (*effective_at, policy)).await?;
        }
        Change::BylawsAmended { .. }
        | Change::MemberAdmitted { .. }
        | Change::StatusChanged { .. }
        | Change::RoleGranted { .. }
        | Change::RoleEnded { .. }
        | Change::Halted { .. }
        | Change::HaltEnded { .. }
        | Change::RoleContested { .. }
        | Change::RevenueRuleAdopted { .. }
        | Change::MoneyTermsSet { .. } => return Err(Problem::internal("a change that is not about the tools")),
    }
    Ok(())
}

async fn tool_named(tx: &mut CoopTx, name: &str) -> Result<ToolRow, Problem> {
    let found = tools(tx).await?.into_iter().find(|row| row.name == name);
    found.ok_or_else(|| Problem::internal("a tool that was just written is not there"))
}

async fn set_tool(tx: &mut CoopTx, proposal: ProposalId, (tool, terms): (&str, &ToolTerms)) -> Result<(), Problem> {
    let whole = |number: u32| i32::try_from(number).map_err(Problem::internal);
    let new = NewTool {
        id: UpstreamId::from_uuid(Uuid::now_v7()),
        name: tool,
        kind: terms.kind.name(),
        base_url: &terms.base_url,
        external: terms.external,
        data_location: &terms.data_location,
        slots: whole(terms.slots)?,
        first_byte_seconds: whole(terms.first_byte_seconds)?,
        idle_seconds: whole(terms.idle_seconds)?,
        by: (proposal, clock(tx).await?),
    };
    tool_set(tx, new).await?;
    let happened = [Event::ToolSet {
        upstream: UpstreamId::from_uuid(tool_named(tx, tool).await?.id),
        tool,
        terms: terms.hash(),
        proposal,
    }];
    Ok(events::append(tx, None, &happened).await?)
}

async fn retire_tool(tx: &mut CoopTx, proposal: ProposalId, tool: &str) -> Result<(), Problem> {
    let at = clock(tx).await?;
    tool_retire(tx, tool, (proposal, at)).await?;
    let happened = [Event::ToolRetired {
        upstream: UpstreamId::from_uuid(tool_named(tx, tool).await?.id),
        tool,
        proposal,
    }];
    Ok(events::append(tx, None, &happened).await?)
}

async fn set_model(tx: &mut CoopTx, proposal: ProposalId, (model, terms): (&str, &ModelTerms)) -> Result<(), Problem> {
    let whole = |number: u64| i64::try_from(number).map_err(Problem::internal);
    let endpoints: Vec<&'static str> = terms.endpoints.iter().map(|endpoint| endpoint.name()).collect();
    let new = NewModel {
        name: model,
        tool: &terms.tool,
        upstream_name: &terms.upstream_name,
        licence: &terms.licence,
        tokens: (whole(terms.context_tokens)?, whole(terms.output_tokens)?),
        price: (
            whole(terms.price.input)?,
            whole(terms.price.output)?,
            whole(terms.price.call)?,
        ),
        overhead: (whole(terms.overhead.call)?, whole(terms.overhead.message)?),
        endpoints: &endpoints,
        fallbacks: &terms.fallbacks,
        by: (proposal, clock(tx).await?),
    };
    model_set(tx, new).await?;
    let happened = [Event::ModelSet {
        coop: tx.coop(),
        model,
        terms: terms.hash(),
        proposal,
    }];
    Ok(events::append(tx, None, &happened).await?)
}

async fn set_policy(
    tx: &mut CoopTx,
    (proposal, version): (ProposalId, u64),
    (from, policy): (Option<Timestamp>, &Policy),
) -> Result<(), Problem> {
    let before = policy_last(tx).await?;
    let now = clock(tx).await?.trunc_subsecs(0);
    // Never before the one it follows: the highest version whose time has come is in force.
    let effective_at = [from.and_then(moment), before.as_ref().map(|row| row.effective_at)]
        .into_iter()
        .flatten()
        .fold(now, std::cmp::max);
    let since = effective_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let new_origin = json!({"proposal": proposal, "since": since});
    let origins: Vec<Value> = policy
        .allowances
        .iter()
        .map(|line| Ok(origin(before.as_ref(), line)?.unwrap_or_else(|| new_origin.clone())))
        .collect::<Result<_, Problem>>()?;
    let new = NewPolicy {
        version: i64::try_from(version).map_err(Problem::internal)?,
        effective_at,
        proposal,
        content: &serde_json::to_value(policy).map_err(Problem::internal)?,
        origins: &Value::Array(origins),
        set_at: now,
    };
    policy_insert(tx, new).await?;
    totals::begin(tx).await?;
    let happened = [Event::AccessPolicySet {
        coop: tx.coop(),
        version,
        policy: policy.hash(),
        effective_at: timestamp(effective_at),
        proposal,
    }];
    Ok(events::append(tx, None, &happened).await?)
}

/// Where an allowance comes from that stood in the policy before just as it stands now.
fn origin(before: Option<&PolicyRow>, line: &governance::access::Allowance) -> Result<Option<Value>, Problem> {
    let Some(row) = before else { return Ok(None) };
    let place = policy(row)?.allowances.iter().position(|old| old == line);
    Ok(place.and_then(|place| row.origins.get(place).cloned()))
}

/// Gives the key of the co-op at a tool. It is sealed at once and never shown again.
///
/// # Errors
/// 404 where there is no such tool in use, 422 for a text that is no key.
pub async fn give_key(app: &App, asking: Asking, tool: UpstreamId, body: GiveToolKey) -> Result<Answer, Problem> {
    let plain = !body.key.is_empty() && body.key.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain || body.key.len() > TOOL_KEY_MAX {
        return Err(Problem::field(
            "key",
            format!("up to {TOOL_KEY_MAX} plain ASCII letters without spaces"),
        ));
    }
    let key = SecretString::from(body.key);
    change_key(app, asking, tool, Some(key)).await
}

/// Takes the key of the co-op at a tool back.
///
/// # Errors
/// 404 where there is no such tool in use.
pub async fn take_key(app: &App, asking: Asking, tool: UpstreamId) -> Result<Answer, Problem> {
    change_key(app, asking, tool, None).await
}

async fn change_key(app: &App, asking: Asking, tool: UpstreamId, key: Option<SecretString>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("access_tool_key", asking.coop).await?;
    // Its address stays what the key is sealed for.
    tools_lock(&mut tx).await?;
    let rows = tools(&mut tx).await?;
    let row = rows
        .into_iter()
        .find(|row| row.id == tool.uuid() && row.retired_at.is_none())
        .ok_or_else(Problem::not_found)?;
    let sealed = key
        .map(|key| app.secrets.seal(asking.coop, &row.base_url, &key))
        .transpose()
        .map_err(Problem::internal)?;
    if !tool_key_set(&mut tx, &row.name, sealed.as_deref()).await? {
        return Err(Problem::not_found());
    }
    let happened = [Event::ToolKeyChanged {
        upstream: tool,
        tool: &row.name,
        given: sealed.is_some(),
    }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    tx.commit().await?;
    Ok(Answer::nothing())
}
