//! What members read about the tools.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use governance::access::TOLD_MEMBERS_MIN;
use governance::id::{ProposalId, UpstreamId};
use serde::Deserialize;
use store::access::{
    AccountRow, InvariantsRow, PolicyRow, UsageRow, accounts_of_member, invariants, models, policy_in_force,
    policy_list, subject_get, tools, usage_groups, usage_of_member,
};
use store::decision::proposal::clock;
use wire::access::{
    AllowanceLine, AllowanceOrigin, Allowances, Invariants, ModelTermsView, PolicyVersion, Registry, ToolView,
    UsageGroup, UsageOfDay, UsageView,
};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use super::crowd::Crowd;
use super::{model_terms, policy, subject, tool_terms};
use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::paging;
use crate::services::proposals::Asking;

/// Where an allowance comes from, as a row has it.
#[derive(Deserialize)]
struct Origin {
    proposal: ProposalId,
    since: DateTime<Utc>,
}

/// All tools and models.
///
/// # Errors
/// If the database fails.
pub async fn registry(app: &App, asking: Asking) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("access_registry", asking.coop).await?;
    let (tools, models) = (tools(&mut tx).await?, models(&mut tx).await?);
    let in_force = policy_in_force(&mut tx, None).await?;
    let row = subject_get(&mut tx, asking.member).await?;
    tx.commit().await?;
    let subject = subject(&row.ok_or_else(Problem::not_found)?)?;
    let in_force = in_force.as_ref().map(policy).transpose()?;
    let models = models
        .iter()
        .map(|row| {
            let permits = |policy: &governance::access::Policy| {
                !policy.limits(&subject).is_empty() && policy.permits(&subject, &row.name)
            };
            Ok(ModelTermsView {
                name: row.name.clone(),
                terms: model_terms(row)?,
                external: row.external,
                data_location: row.data_location.clone(),
                proposal: ProposalId::from_uuid(row.proposal_id),
                registered_at: row.registered_at,
                retired_at: row.retired_at.or(row.tool_retired_at),
                is_proved: row.proved_at.is_some(),
                lacks: row.lacks.map(|lacks| number(lacks, "lacks")).transpose()?,
                lacks_message: row
                    .lacks_message
                    .map(|lacks| number(lacks, "lacks_message"))
                    .transpose()?,
                is_permitted: in_force.as_ref().is_some_and(permits),
            })
        })
        .collect::<Result<_, RowDamage>>()?;
    let tools = tools
        .iter()
        .map(|row| {
            Ok(ToolView {
                id: UpstreamId::from_uuid(row.id),
                name: row.name.clone(),
                terms: tool_terms(row)?,
                has_key: row.has_key,
                proposal: ProposalId::from_uuid(row.proposal_id),
                set_at: row.set_at,
                retired_at: row.retired_at,
            })
        })
        .collect::<Result<_, RowDamage>>()?;
    Answer::ok(&Registry { tools, models })
}

/// What the member may still use.
///
/// # Errors
/// If the database fails.
pub async fn allowance(app: &App, asking: Asking) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("access_allowance", asking.coop).await?;
    let rows = accounts_of_member(&mut tx, asking.member).await?;
    let in_force = policy_in_force(&mut tx, None).await?;
    let row = subject_get(&mut tx, asking.member).await?;
    let mut limits = Vec::with_capacity(rows.len());
    let crowd = Crowd::read(&mut tx).await?;
    tx.commit().await?;
    for row in rows {
        let is_shown = crowd.may_see(&row);
        limits.push(line(row, is_shown)?);
    }
    let subject = subject(&row.ok_or_else(Problem::not_found)?)?;
    let in_force = in_force.as_ref().map(policy).transpose()?;
    Answer::ok(&Allowances {
        limits,
        weight: in_force.map_or(1, |policy| policy.weight(&subject)),
    })
}

fn line(row: AccountRow, is_shown: bool) -> Result<AllowanceLine, RowDamage> {
    let shown = |units: i64, column| is_shown.then(|| number(units, column)).transpose();
    Ok(AllowanceLine {
        cap: number(row.cap, "cap")?,
        spent: shown(row.spent, "spent")?,
        held: shown(row.held, "held")?,
        limit: row.kind,
        subject: row.subject,
        period: row.period,
        resets_at: row.ends_at,
        proposal: row.proposal_id.map(ProposalId::from_uuid),
        since: row.since,
    })
}

/// The versions of the policy, newest first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn policies(app: &App, asking: Asking, page: PageQuery) -> Result<Answer, Problem> {
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
    let mut tx = app.store.coop_tx("access_policies", asking.coop).await?;
    let rows = policy_list(&mut tx, before, paging::rows(&page)).await?;
    let in_force = policy_in_force(&mut tx, None).await?.map(|row| row.version);
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.version.to_string());
    let items = rows.items.iter().map(|row| version(row, in_force));
    Answer::ok(&Page {
        items: items.collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

fn version(row: &PolicyRow, in_force: Option<i64>) -> Result<PolicyVersion, RowDamage> {
    let origins: Vec<Origin> = serde_json::from_value(row.origins.clone()).map_err(|_| RowDamage("origins"))?;
    Ok(PolicyVersion {
        version: number(row.version, "version")?,
        is_in_force: in_force == Some(row.version),
        effective_at: row.effective_at,
        proposal: ProposalId::from_uuid(row.proposal_id),
        policy: policy(row)?,
        origins: origins
            .into_iter()
            .map(|origin| AllowanceOrigin {
                proposal: origin.proposal,
                since: origin.since,
            })
            .collect(),
    })
}

/// The member's own calls, newest first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn usage(app: &App, asking: Asking, page: PageQuery) -> Result<Answer, Problem> {
    let before = page.cursor.as_ref().map(|_| paging::after(&page)).transpose()?;
    let mut tx = app.store.coop_tx("access_usage", asking.coop).await?;
    let rows = usage_of_member(&mut tx, asking.member, (before, paging::rows(&page))).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.hold_id.to_string());
    Answer::ok(&Page {
        items: rows.items.into_iter().map(call).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

fn call(row: UsageRow) -> Result<UsageView, RowDamage> {
    let tokens = |tokens: Option<i64>| tokens.map(|tokens| number(tokens, "tokens")).transpose();
    Ok(UsageView {
        hold: row.hold_id,
        key: row.key_id,
        model: row.model,
        endpoint: row.endpoint,
        ending: row.ending,
        source: row.source,
        input_tokens: tokens(row.input_tokens)?,
        output_tokens: tokens(row.output_tokens)?,
        rule: row.rule,
        units: number(row.units, "units")?,
        charged: number(row.charged, "charged")?,
        at: row.at,
    })
}

/// What members together used on a day that is over: whole days alone, so that no two answers differ by one member's call.
///
/// # Errors
/// 404 for a day that is not over.
pub async fn usage_of_day(app: &App, asking: Asking, day: NaiveDate) -> Result<Answer, Problem> {
    let next = day.checked_add_days(Days::new(1)).ok_or_else(Problem::not_found)?;
    let begin = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let (from, until) = (begin(day), begin(next));
    let mut tx = app.store.coop_tx("access_usage_of_day", asking.coop).await?;
    if clock(&mut tx).await? < until {
        return Err(Problem::not_found());
    }
    let least = i64::try_from(TOLD_MEMBERS_MIN).unwrap_or(i64::MAX);
    let rows = usage_groups(&mut tx, (from, until), least).await?;
    tx.commit().await?;
    let groups = rows.into_iter().map(|row| {
        Ok(UsageGroup {
            members: number(row.members, "members")?,
            calls: number(row.calls, "calls")?,
            input_tokens: number(row.input_tokens, "input_tokens")?,
            output_tokens: number(row.output_tokens, "output_tokens")?,
            charged: number(row.charged, "charged")?,
            model: row.model,
        })
    });
    Answer::ok(&UsageOfDay {
        groups: groups.collect::<Result<_, RowDamage>>()?,
        day: day.to_string(),
    })
}

/// Whether the books agree with themselves.
///
/// # Errors
/// If the database fails.
pub async fn checked(app: &App, asking: Asking) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("access_invariants", asking.coop).await?;
    let row = invariants(&mut tx).await?;
    let crowd = Crowd::read(&mut tx).await?;
    tx.commit().await?;
    Answer::ok(&shown(&row, crowd.may_see_all())?)
}

fn shown(row: &InvariantsRow, may_see: bool) -> Result<Invariants, RowDamage> {
    let holds_true = row.held == row.held_by_holds
        && row.spent == row.charged
        && [row.mismatches, row.beyond_cap, row.unbooked, row.excess] == [0; 4];
    let sum = |units, column| may_see.then(|| number(units, column)).transpose();
    Ok(Invariants {
        at: row.at,
        holds_true,
        accounts: number(row.accounts, "accounts")?,
        holds_open: sum(row.holds_open, "holds_open")?,
        holds_expired: number(row.holds_expired, "holds_expired")?,
        held: sum(row.held, "held")?,
        held_by_holds: sum(row.held_by_holds, "held_by_holds")?,
        spent: sum(row.spent, "spent")?,
        charged: sum(row.charged, "charged")?,
        mismatches: number(row.mismatches, "mismatches")?,
        beyond_cap: number(row.beyond_cap, "beyond_cap")?,
        unbooked: number(row.unbooked, "unbooked")?,
        excess: number(row.excess, "excess")?,
    })
}
