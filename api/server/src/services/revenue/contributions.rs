//! What members contributed: brought in by a treasurer as whole snapshots, disputed by members, decided by stewards.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use governance::event::{ContributionEvent, Event};
use governance::hash::{Hash32, to_hex};
use governance::id::{ContributionId, MemberId};
use governance::ledger::Day;
use governance::membership::Role;
use governance::record::{ContributionsV1, Record as _};
use governance::revenue::{ContributionHead, Label, contribution_digest, read_contributions};
use governance::text;
use store::coop::coop_get;
use store::decision::proposal::clock;
use store::record::{NewRecord, RecordKind, record_append};
use store::revenue::{
    ContributionRow, DisputeRow, METERED_USAGE_IS_COUNTED_ONCE, NewContribution, contribution_get, contribution_insert,
    contribution_list, dispute_insert, dispute_list, members_known, ruling_insert,
};
use store::{CoopTx, StoreError};
use uuid::Uuid;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;
use wire::revenue::{
    ContributionDetail, ContributionPreview, ContributionSignature, ContributionView, DecideDispute,
    DisputeContribution, DisputeView, SubmitContributions,
};

use crate::app::App;
use crate::http::actor::{Active, Actor, Member, Steward, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::decision_rows::{RowDamage, domain, signature_kind, timestamp};
use crate::services::ledger::{date, day};
use crate::services::members::reason;
use crate::services::payouts::digest;
use crate::services::{events, idempotent, paging};

use super::metered;

/// For how many days members may dispute, at most.
const CHALLENGE_DAYS_MAX: u16 = 90;
/// The longest source, in characters.
const SOURCE_LENGTH_MAX: usize = 500;

/// A snapshot as it is asked for.
struct Asked {
    metric: Label,
    starts_on: Day,
    ends_on: Day,
    source: String,
    lines: BTreeMap<MemberId, u64>,
}

pub(super) fn not_so(detail: &str) -> Problem {
    Problem::new(ProblemKind::ContributionState, detail)
}

async fn parse(tx: &mut CoopTx, body: &SubmitContributions) -> Result<Asked, Problem> {
    let day = |name: &str, text: &str| text.parse::<Day>().map_err(|refusal| Problem::field(name, refusal));
    let (starts_on, ends_on) = (day("starts_on", &body.starts_on)?, day("ends_on", &body.ends_on)?);
    if ends_on < starts_on {
        return Err(Problem::field("ends_on", "the last day does not come before the first"));
    }
    if !(1..=CHALLENGE_DAYS_MAX).contains(&body.challenge_days) {
        let rule = format!("members may dispute for 1 to {CHALLENGE_DAYS_MAX} days");
        return Err(Problem::field("challenge_days", rule));
    }
    let metric = body.metric.parse();
    let (source, lines) = match (&body.table, body.metered) {
        (Some(table), None) => (told_source(body)?, of_table(tx, table).await?),
        (None, Some(measure)) => metered::of_meter(tx, body, measure, (date(starts_on)?, date(ends_on)?)).await?,
        _ => {
            let rule = "give a table, or say what is metered, and not both";
            return Err(Problem::field("table", rule));
        }
    };
    Ok(Asked {
        metric: metric.map_err(|refusal| Problem::field("metric", refusal))?,
        starts_on,
        ends_on,
        source,
        lines,
    })
}

/// Where a table comes from, in the words of who brings it in.
fn told_source(body: &SubmitContributions) -> Result<String, Problem> {
    let told = body.source.as_deref().unwrap_or_default();
    let source = text::line(told, SOURCE_LENGTH_MAX).map_err(|refusal| Problem::text("source", &refusal))?;
    if source.to_lowercase().starts_with(metered::SOURCE) {
        let rule = "only what the co-op's own meter counted is called so";
        return Err(Problem::field("source", rule));
    }
    Ok(source)
}

async fn of_table(tx: &mut CoopTx, table: &str) -> Result<BTreeMap<MemberId, u64>, Problem> {
    let read = read_contributions(table).map_err(|refusal| Problem::field("table", refusal))?;
    let asked: Vec<Uuid> = read.keys().map(|member| member.uuid()).collect();
    let known: BTreeSet<Uuid> = members_known(tx, &asked).await?.into_iter().collect();
    if let Some((member, (_, row))) = read.iter().find(|(member, _)| !known.contains(&member.uuid())) {
        let rule = format!("row {row}: the co-op has no member {member}");
        return Err(Problem::field("table", rule));
    }
    Ok(read.into_iter().map(|(member, (count, _))| (member, count)).collect())
}

/// What bringing a table in would do, without doing it.
///
/// # Errors
/// 422 with the first row that is wrong.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: SubmitContributions) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("contribution_preview", actor.coop).await?;
    let asked = parse(&mut tx, &body).await?;
    tx.commit().await?;
    let total = asked
        .lines
        .values()
        .fold(0_u128, |sum, count| sum.saturating_add(u128::from(*count)));
    Answer::ok(&ContributionPreview {
        metric: asked.metric.to_string(),
        line_count: u32::try_from(asked.lines.len()).unwrap_or(u32::MAX),
        total: total.to_string(),
    })
}

/// Brings a snapshot in.
///
/// # Errors
/// 422 with the first row that is wrong; nothing is recorded then.
pub async fn submit(
    app: &App,
    actor: &Actor<Treasurer>,
    command: Command<SubmitContributions>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("contribution_submit", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let now = clock(&mut tx).await?;
    let row = bring_in(&mut tx, actor.member, &value, now).await?;
    let answer = Answer::created(&view(row, now)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await.map_err(or_replaced)?;
    Ok(answer)
}

/// Brings a snapshot in at a moment, in the transaction of the database that is given; it is told with it.
///
/// # Errors
/// As [`submit`].
pub async fn bring_in(
    tx: &mut CoopTx,
    member: MemberId,
    value: &SubmitContributions,
    moment: DateTime<Utc>,
) -> Result<ContributionRow, Problem> {
    let asked = parse(tx, value).await?;
    if let Some(replaced) = value.replaces {
        require_like(tx, member, replaced, &asked).await?;
    }
    let id = ContributionId::from_uuid(Uuid::now_v7());
    let head = ContributionHead {
        coop: tx.coop(),
        id,
        metric: &asked.metric,
        starts_on: asked.starts_on,
        ends_on: asked.ends_on,
        source: &asked.source,
        replaces: value.replaces,
    };
    let digest = contribution_digest(&head, &asked.lines);
    let lines: Vec<(MemberId, i64)> = asked
        .lines
        .iter()
        .map(|(member, count)| Ok((*member, i64::try_from(*count).map_err(Problem::internal)?)))
        .collect::<Result<_, Problem>>()?;
    let since = moment.trunc_subsecs(0);
    let until = since
        .checked_add_signed(TimeDelta::days(i64::from(value.challenge_days)))
        .ok_or_else(|| Problem::internal("a day beyond the calendar"))?;
    let record = record(tx, (member, timestamp(until).0), (&head, digest)).await?;
    let new = NewContribution {
        id,
        metric: asked.metric.as_str(),
        days: (date(asked.starts_on)?, date(asked.ends_on)?),
        source: &asked.source,
        replaces: value.replaces,
        lines: &lines,
        digest,
        submitted_by: member,
        times: (since, until),
        record: (record.struct_hash(), record.salt),
    };
    contribution_insert(tx, new).await.map_err(or_replaced)?;
    let happened = ContributionEvent::Submitted {
        metric: asked.metric.as_str(),
        digest,
        challenge_until: timestamp(until),
        replaces: value.replaces,
    };
    events::append(tx, Some(member), &[Event::Contributions(id, happened)]).await?;
    let told = NewRecord {
        kind: RecordKind::Contributions,
        subject: record.snapshot,
        record_hash: record.struct_hash(),
    };
    record_append(tx, told).await?;
    let row = contribution_get(tx, id, member).await?;
    row.ok_or_else(Problem::not_found)
}

/// The record of a snapshot: what was brought in, by whom, and until when it may be disputed.
async fn record(
    tx: &mut CoopTx,
    (member, challenge_until): (MemberId, u64),
    (head, digest): (&ContributionHead<'_>, Hash32),
) -> Result<ContributionsV1, Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    Ok(ContributionsV1 {
        namespace: domain(&coop)?.namespace,
        snapshot: head.id.word(),
        member: member.word(),
        metric: head.metric.to_string(),
        first_day: head.starts_on.days().into(),
        last_day: head.ends_on.days().into(),
        digest,
        challenge_until,
        salt: Hash32::from_bytes(random().map_err(Problem::internal)?),
    })
}

fn or_replaced(error: StoreError) -> Problem {
    if error.is_constraint("contribution_is_replaced_once") {
        return not_so("Another snapshot replaced this one already. Replace that one.");
    }
    if error.is_constraint(METERED_USAGE_IS_COUNTED_ONCE) {
        return metered::counted_before();
    }
    error.into()
}

/// A correction is of the same metric and the same days, and comes before the figures are used.
async fn require_like(
    tx: &mut CoopTx,
    member: MemberId,
    replaced: ContributionId,
    asked: &Asked,
) -> Result<(), Problem> {
    let row = contribution_get(tx, replaced, member).await?;
    let row = row.ok_or_else(|| Problem::field("replaces", "the co-op has no such snapshot"))?;
    if row.replaced_by.is_some() {
        return Err(not_so("Another snapshot replaced this one already. Replace that one."));
    }
    let is_like = row.metric == asked.metric.as_str()
        && day(row.starts_on)? == asked.starts_on
        && day(row.ends_on)? == asked.ends_on;
    if is_like {
        Ok(())
    } else {
        Err(Problem::field(
            "replaces",
            "a snapshot replaces one of the same metric and the same days",
        ))
    }
}

/// Where a snapshot stands at a moment.
fn state(row: &ContributionRow, now: chrono::DateTime<chrono::Utc>) -> &'static str {
    if row.replaced_by.is_some() {
        "replaced"
    } else if row.disputes_upheld > 0 {
        "rejected"
    } else if now <= row.challenge_until {
        "challengeable"
    } else if row.disputes_open > 0 {
        "disputed"
    } else {
        "usable"
    }
}

/// A snapshot, as it stands at a moment.
///
/// # Errors
/// If the row does not hold what it must.
pub(super) fn view(row: ContributionRow, now: DateTime<Utc>) -> Result<ContributionView, RowDamage> {
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    let signature = signature(&row)?;
    Ok(ContributionView {
        state: state(&row, now).to_owned(),
        id: ContributionId::from_uuid(row.id),
        metric: row.metric,
        starts_on: day(row.starts_on)?.to_string(),
        ends_on: day(row.ends_on)?.to_string(),
        source: row.source,
        replaces: row.replaces.map(ContributionId::from_uuid),
        replaced_by: row.replaced_by.map(ContributionId::from_uuid),
        line_count: row.line_count.unsigned_abs(),
        digest: Hash32::from_slice(&row.digest).ok_or(RowDamage("digest"))?,
        submitted_by: MemberId::from_uuid(row.submitted_by),
        submitted_at: row.submitted_at,
        challenge_until: row.challenge_until,
        disputes_open: count(row.disputes_open),
        disputes_upheld: count(row.disputes_upheld),
        own: row.own.map(count),
        record_hash: row.record_hash.as_deref().map(digest).transpose()?,
        record_salt: row.record_salt.as_deref().map(digest).transpose()?,
        signature,
    })
}

fn signature(row: &ContributionRow) -> Result<Option<ContributionSignature>, RowDamage> {
    let (Some(kind), Some(key), Some(signature), Some(signed_at)) =
        (row.signature_kind, &row.signature_key, &row.signature, row.signed_at)
    else {
        return Ok(None);
    };
    Ok(Some(ContributionSignature {
        kind: signature_kind(kind)?.name().to_owned(),
        public_key: to_hex(key),
        signature: to_hex(signature),
        signed_at,
    }))
}

/// The snapshots, in the order in which they were brought in, each with what the member has.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("contribution_list", actor.coop).await?;
    let rows = contribution_list(&mut tx, actor.member, (after, paging::rows(query))).await?;
    let now = clock(&mut tx).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(|row| view(row, now));
    let views = views.collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &ContributionView| {
        one.id.to_string()
    }))
}

/// A snapshot with what the member has, and the disputes: one's own, and all for those who hold an office.
///
/// # Errors
/// 404 where it is not there.
pub async fn get(app: &App, actor: &Actor<Member>, id: ContributionId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("contribution_get", actor.coop).await?;
    let row = contribution_get(&mut tx, id, actor.member).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let sees_all = [Role::Steward, Role::Treasurer, Role::Auditor]
        .into_iter()
        .any(|role| actor.has(role));
    let whose = (!sees_all).then_some(actor.member);
    let disputes = dispute_list(&mut tx, id, whose).await?;
    let now = clock(&mut tx).await?;
    tx.commit().await?;
    Answer::ok(&ContributionDetail {
        snapshot: view(row, now)?,
        disputes: disputes.into_iter().map(dispute_view).collect(),
    })
}

fn dispute_view(row: DisputeRow) -> DisputeView {
    let count = |count: i64| u64::try_from(count).unwrap_or_default();
    DisputeView {
        member: MemberId::from_uuid(row.member_id),
        counted: row.counted.map(count),
        claimed: row.claimed.map(count),
        reason: row.reason,
        raised_at: row.raised_at,
        is_upheld: row.is_upheld,
        ruling: row.ruling,
        ruled_by: row.ruled_by.map(MemberId::from_uuid),
    }
}

async fn detail(tx: &mut CoopTx, id: ContributionId, member: MemberId, whose: MemberId) -> Result<Answer, Problem> {
    let row = contribution_get(tx, id, member).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let disputes = dispute_list(tx, id, Some(whose)).await?;
    let now = clock(tx).await?;
    Answer::created(&ContributionDetail {
        snapshot: view(row, now)?,
        disputes: disputes.into_iter().map(dispute_view).collect(),
    })
}

/// Says that the member's own line is wrong, or missing. Disputing again changes nothing.
///
/// # Errors
/// 409 after the time for it, or where another snapshot replaced this one.
pub async fn dispute(
    app: &App,
    actor: &Actor<Active>,
    id: ContributionId,
    command: Command<DisputeContribution>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let claimed = value
        .claimed
        .map(|claimed| i64::try_from(claimed).map_err(|_| Problem::field("claimed", "it is more than 63 bits hold")))
        .transpose()?;
    let mut tx = app.store.coop_tx("contribution_dispute", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let row = contribution_get(&mut tx, id, actor.member).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let now = clock(&mut tx).await?;
    match state(&row, now) {
        "replaced" => return Err(not_so("Another snapshot replaced this one. Look at that one.")),
        "challengeable" | "rejected" if now <= row.challenge_until => {}
        _ => {
            return Err(not_so(
                "The time for disputes is over. Ask the treasurer for a correction.",
            ));
        }
    }
    if dispute_insert(&mut tx, (id, actor.member), (claimed, &why, now)).await? {
        let happened = Event::Contributions(id, ContributionEvent::Disputed { reason: &why });
        events::append(&mut tx, Some(actor.member), &[happened]).await?;
    }
    let answer = detail(&mut tx, id, actor.member, actor.member).await?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Decides a dispute, as a steward who has no part in it.
///
/// # Errors
/// 403 for who brought the figures in or disputes them; 409 where it is decided.
pub async fn decide(
    app: &App,
    actor: &Actor<Steward>,
    (id, member): (ContributionId, MemberId),
    command: Command<DecideDispute>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("dispute_decide", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let row = contribution_get(&mut tx, id, actor.member).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    if dispute_list(&mut tx, id, Some(member)).await?.is_empty() {
        return Err(Problem::not_found());
    }
    if row.submitted_by == actor.member.uuid() || member == actor.member {
        return Err(Problem::new(
            ProblemKind::FourEyes,
            "Nobody decides on figures that they brought in, or on their own. Ask another steward.",
        ));
    }
    let now = clock(&mut tx).await?;
    if !ruling_insert(&mut tx, (id, member), (value.is_upheld, &why), (actor.member, now)).await? {
        return Err(not_so("The dispute was decided before."));
    }
    let happened = ContributionEvent::DisputeDecided {
        member,
        upheld: value.is_upheld,
        reason: &why,
    };
    events::append(&mut tx, Some(actor.member), &[Event::Contributions(id, happened)]).await?;
    let answer = detail(&mut tx, id, actor.member, member).await?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
