//! Several proposals on one question: begun as alternatives to the first, adopted by an author, or put to one vote.
//!
//! Whatever puts a proposal of a question before the members, opens it, adopts or joins it, locks the first proposal on that question before any
//! other. So what is put to one vote is all that is discussed, and nothing is opened beside it.

use chrono::{DateTime, Utc};
use governance::action::{Planned, actions_hash};
use governance::alternative::{JoinRefusal, Joint, Part, join};
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::proposal::{State, Step, decide};
use governance::record::texts_hash;
use governance::rule::DecisionRule;
use governance::secrecy::Tier;
use store::CoopTx;
use store::coop::coop_get;
use store::decision::alternative::{
    ProposalVersionRow, QuestionRow, alternative_insert, alternatives_count, is_joint, original_of, proposal_merge,
    question_discussed, question_read, version_keep, version_list, versions_count,
};
use store::decision::proposal::{
    Ending, NewProposalRow, ProposalRow, proposal_discuss, proposal_insert, proposal_lock,
};
use store::decision::schedule::ScheduleOutcome;
use store::decision::stage::stage_read;
use uuid::Uuid;
use wire::decision::{
    AdoptAlternative, Author, ProposalVersion, PutToOneVote, QuestionProposal, QuestionView, Speaker,
};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::{BasedOn, Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, domain, number, planned, rule, state, tier};
use crate::services::members::reason;
use crate::services::previews::sentences;
use crate::services::proposal_texts::{Terms, Texts};
use crate::services::proposals::{
    Asking, Standing, answer, begin as begin_asked, finish, refused, rewrite, standing, visible,
};
use crate::services::{events, paging, scheduling, secrecy};

/// The most alternatives to one proposal, so that a question can still be read.
const ALTERNATIVES_MAX: i64 = 50;
/// The most texts of one proposal that were replaced before the members.
const VERSIONS_MAX: i64 = 200;
/// The most proposals that are shown of a question: the first, its alternatives, and a vote on several.
const SHOWN_MAX: i64 = ALTERNATIVES_MAX + 10;

/// Locks the first proposal on the question of an alternative, before the alternative itself.
///
/// # Errors
/// If the database fails.
pub(super) async fn enter(tx: &mut CoopTx, proposal: ProposalId) -> Result<(), Problem> {
    if let Some(original) = original_of(tx, proposal).await? {
        proposal_lock(tx, original).await?;
    }
    Ok(())
}

/// The first proposal on the question of one: itself, unless it is an alternative.
async fn first_of(tx: &mut CoopTx, proposal: ProposalId) -> Result<ProposalId, Problem> {
    Ok(original_of(tx, proposal).await?.unwrap_or(proposal))
}

/// How many others on the question of a proposal are discussed that the bylaws put to one vote with it.
///
/// # Errors
/// If the database fails.
pub(super) async fn others(tx: &mut CoopTx, standing: &Standing) -> Result<u64, Problem> {
    if standing.bylaws.alternatives.is_none() {
        return Ok(0);
    }
    let proposal = ProposalId::from_uuid(standing.row.id);
    let first = first_of(tx, proposal).await?;
    let others = question_discussed(tx, first, Some(proposal)).await?;
    Ok(u64::try_from(others.len()).unwrap_or(u64::MAX))
}

/// The first proposal on the question that a draft of this kind, under these bylaws, is to be an alternative on.
///
/// # Errors
/// 422 where there can be none to `to`; 409 where there are too many.
pub(super) async fn original(
    tx: &mut CoopTx,
    asking: Asking,
    to: ProposalId,
    (kind, bylaws_version): (&str, i64),
) -> Result<ProposalId, Problem> {
    let refuse = |why: &str| Err(Problem::field("alternative_to", why));
    let row = visible(tx, asking, to).await?;
    if !matches!(state(&row)?, State::Admission | State::Discussion) {
        return refuse("there are alternatives only to proposals before the members on which voting has not opened");
    }
    if row.kind != kind {
        return refuse("an alternative is of the same kind of decision");
    }
    if row.bylaws_version != bylaws_version {
        return refuse(
            "the bylaws were amended since it was begun; ask its author to begin it anew under the present ones",
        );
    }
    if is_joint(tx, to).await? || stage_read(tx, to).await?.is_some_and(|stage| stage.number > 1) {
        return refuse("its text does not change any more; begin a proposal of its own");
    }
    let first = first_of(tx, to).await?;
    if alternatives_count(tx, first).await? >= ALTERNATIVES_MAX {
        let detail =
            format!("There are {ALTERNATIVES_MAX} alternatives on this question already; support one of them.");
        return Err(Problem::new(ProblemKind::LimitReached, detail).with("max", ALTERNATIVES_MAX));
    }
    Ok(first)
}

/// Stores and tells that a proposal, just drafted, is an alternative.
///
/// # Errors
/// If the database fails.
pub(super) async fn begin(
    tx: &mut CoopTx,
    (proposal, author): (ProposalId, MemberId),
    original: ProposalId,
) -> Result<(), Problem> {
    alternative_insert(tx, proposal, original).await?;
    let happened = [Event::AlternativeBegun { proposal, original }];
    Ok(events::append(tx, Some(author), &happened).await?)
}

/// Refuses to edit a vote on several proposals.
///
/// # Errors
/// 409 there.
pub(super) async fn refuse_edit(tx: &mut CoopTx, proposal: ProposalId) -> Result<(), Problem> {
    if is_joint(tx, proposal).await? {
        return Err(Problem::new(
            ProblemKind::ProposalFrozen,
            "This vote holds the texts of several proposals as their authors wrote them. Cancel it and begin anew for other texts.",
        ));
    }
    Ok(())
}

/// Keeps the text of a proposal that members read and that is about to be replaced.
///
/// # Errors
/// 409 where it was replaced too often.
pub(super) async fn keep(
    tx: &mut CoopTx,
    proposal: ProposalId,
    who: (MemberId, DateTime<Utc>),
    adopted: Option<ProposalId>,
) -> Result<(), Problem> {
    if versions_count(tx, proposal).await? >= VERSIONS_MAX {
        let detail =
            format!("It was changed {VERSIONS_MAX} times before the members. Open voting on it, or begin it anew.");
        return Err(Problem::new(ProblemKind::LimitReached, detail).with("max", VERSIONS_MAX));
    }
    Ok(version_keep(tx, proposal, who, adopted).await?)
}

/// Takes the texts and actions of an alternative over into a proposal, which its author alone does.
///
/// # Errors
/// The refusals of the steps; 412 where either is not the version that was read; 422 where the other is on no common question.
pub async fn adopt(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<AdoptAlternative>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("alternative_adopt", asking.coop).await?;
    if let Some(answer) = begin_asked(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    enter(&mut tx, proposal).await?;
    let own = standing(&mut tx, asking, proposal).await?;
    based_on.require(own.row.version)?;
    decide(&own.facts(), Step::Adopt, asking.asker(&own.row)).map_err(refused)?;
    let is_other = value.alternative != proposal;
    let same = first_of(&mut tx, proposal).await? == first_of(&mut tx, value.alternative).await?;
    if !is_other || !same {
        let detail = "it is no other proposal on the same question; the page of this one lists those that are";
        return Err(Problem::field("alternative", detail));
    }
    let other = standing(&mut tx, asking, value.alternative).await?;
    BasedOn(value.version).require(other.row.version)?;
    decide(&other.facts(), Step::Merge, asking.asker(&other.row)).map_err(refused)?;
    let mut texts = Texts::read(&other.row.title, &other.row.body, &other.row.options)?;
    texts.plan(planned(&other.row)?)?;
    texts.secrecy = tier(&own.row)?;
    let rule = rule(&other.row)?;
    rewrite(&mut tx, asking, &own, (texts, &rule), Some(value.alternative)).await?;
    let happened = [Event::AlternativeAdopted {
        proposal,
        alternative: value.alternative,
        reason: &why,
    }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    merge(&mut tx, asking, value.alternative, (proposal, None), &why).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// Ends a proposal whose text goes on in another one.
async fn merge(
    tx: &mut CoopTx,
    asking: Asking,
    proposal: ProposalId,
    (into, place): (ProposalId, Option<u16>),
    why: &str,
) -> Result<(), Problem> {
    let ending = Ending {
        state: State::Merged.name(),
        by: asking.member,
        reason: why,
    };
    let column = place.map(i16::try_from).transpose().map_err(|_| RowDamage("place"))?;
    if !proposal_merge(tx, proposal, (into, column), ending).await? {
        return Err(Problem::internal("a locked proposal changed its state"));
    }
    let happened = [Event::ProposalMerged {
        proposal,
        into,
        place,
        reason: why,
    }];
    events::append(tx, Some(asking.member), &happened).await?;
    scheduling::forget(tx, (proposal, asking.member), ScheduleOutcome::Ended).await
}

/// Puts all proposals on a question that are discussed to one vote: a proposal of its own, whose options they are.
///
/// # Errors
/// The refusals of the step; 409 where the bylaws give no rule for it, or the proposals do not fit into one vote.
pub async fn put_to_one_vote(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<PutToOneVote>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("alternatives_join", asking.coop).await?;
    if let Some(answer) = begin_asked(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    enter(&mut tx, proposal).await?;
    let asked = standing(&mut tx, asking, proposal).await?;
    based_on.require(asked.row.version)?;
    decide(&asked.facts(), Step::Join, asking.asker(&asked.row)).map_err(refused)?;
    let Some(joint_rule) = asked.bylaws.alternatives.clone() else {
        let detail = "The bylaws give this kind of decision no rule by which several proposals are put to one vote. Open them by \
                      themselves, or propose to amend the bylaws.";
        return Err(Problem::new(ProblemKind::StepRefused, detail).with("state", asked.state.name()));
    };
    let first = first_of(&mut tx, proposal).await?;
    let mut parts = Vec::new();
    for id in question_discussed(&mut tx, first, None).await? {
        parts.push(standing(&mut tx, asking, id).await?);
    }
    let id = draft_joint(&mut tx, asking, (&asked, &joint_rule), (&parts, &why)).await?;
    let answer = answer(app, &mut tx, asking, id, 201).await?;
    finish(tx, asking, &ask, answer).await
}

/// Drafts the vote on several proposals, lets them end in it, and puts it before the members; gives its id.
async fn draft_joint(
    tx: &mut CoopTx,
    asking: Asking,
    (asked, joint_rule): (&Standing, &DecisionRule),
    (parts, why): (&[Standing], &str),
) -> Result<ProposalId, Problem> {
    let joint = join_texts(parts)?;
    let terms = Terms {
        seats: Some(1),
        budget: None,
        costs: None,
    };
    let rule = terms.rule(joint_rule, joint.options.len())?;
    let mut texts = Texts::read(&asked.row.title, &joint.body, &joint.options)?;
    texts.plan(joint.planned.clone())?;
    texts.secrecy = common_tier(parts)?;
    let id = ProposalId::from_uuid(Uuid::now_v7());
    let row = NewProposalRow {
        id,
        kind: &asked.row.kind,
        bylaws_version: asked.row.bylaws_version,
        texts: texts.with_rule(&rule)?,
        author: asking.member,
    };
    proposal_insert(tx, row).await?;
    let drafted = Event::ProposalDrafted {
        proposal: id,
        kind: &asked.row.kind,
        bylaws_version: asked.row.bylaws_version.unsigned_abs(),
        text: texts.text_hash(),
        options: texts.options_hash(),
        seats: rule.seats(),
    };
    events::append(tx, Some(asking.member), &[drafted]).await?;
    secrecy::tell(tx, (id, asking.member), (Tier::Open, texts.secrecy)).await?;
    join_parts(tx, asking, (id, &joint), (parts, why)).await?;
    proposal_discuss(tx, id, asked.now).await?;
    events::append(tx, Some(asking.member), &[Event::ProposalDiscussed { proposal: id }]).await?;
    Ok(id)
}

/// What the proposals become as options of one vote.
fn join_texts(parts: &[Standing]) -> Result<Joint, Problem> {
    let plans: Vec<Vec<Planned>> = parts
        .iter()
        .map(|part| planned(&part.row))
        .collect::<Result<_, RowDamage>>()?;
    let parts: Vec<Part<'_>> = parts
        .iter()
        .zip(&plans)
        .map(|(part, planned)| Part {
            title: &part.row.title,
            body: &part.row.body,
            planned,
        })
        .collect();
    join(&parts).map_err(|refusal: JoinRefusal| {
        Problem::new(ProblemKind::StepRefused, format!("This is not possible: {refusal}."))
            .with("state", State::Discussion.name())
    })
}

/// The tier of secrecy that all of them chose.
fn common_tier(parts: &[Standing]) -> Result<Tier, Problem> {
    let mut tiers = parts
        .iter()
        .map(|part| tier(&part.row))
        .collect::<Result<Vec<_>, RowDamage>>()?;
    tiers.dedup();
    match tiers.as_slice() {
        [one] => Ok(*one),
        _ => {
            let detail =
                "They choose different secrecy tiers, and one vote has one. Ask their authors to agree on one of them.";
            Err(Problem::new(ProblemKind::StepRefused, detail).with("state", State::Discussion.name()))
        }
    }
}

/// Tells of each option what it was, and ends the proposal that became it.
async fn join_parts(
    tx: &mut CoopTx,
    asking: Asking,
    (into, joint): (ProposalId, &Joint),
    (parts, why): (&[Standing], &str),
) -> Result<(), Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let namespace: Hash32 = domain(&coop)?.namespace;
    for (place, (part, length)) in (1_u16..).zip(parts.iter().zip(&joint.lengths)) {
        let (row, alternative) = (&part.row, ProposalId::from_uuid(part.row.id));
        decide(&part.facts(), Step::Join, asking.asker(row)).map_err(refused)?;
        let happened = [Event::OptionJoined {
            proposal: into,
            place,
            alternative,
            text: texts_hash([row.title.as_str(), row.body.as_str()]),
            actions: actions_hash(&planned(row)?, namespace),
            length: *length,
        }];
        events::append(tx, Some(asking.member), &happened).await?;
        merge(tx, asking, alternative, (into, Some(place)), why).await?;
    }
    Ok(())
}

/// The question that a proposal is on; `None` where no other is on it that the member may see.
///
/// # Errors
/// If the database fails or a row is damaged.
pub async fn view(tx: &mut CoopTx, asking: Asking, row: &ProposalRow) -> Result<Option<QuestionView>, Problem> {
    let rows = question_read(tx, ProposalId::from_uuid(row.id), SHOWN_MAX).await?;
    let may_see =
        |other: &QuestionRow| other.shown_at.is_some() || asking.is_steward || other.author_id == asking.member.uuid();
    let rows: Vec<QuestionRow> = rows.into_iter().filter(may_see).collect();
    if rows.len() < 2 {
        return Ok(None);
    }
    let own = rows.iter().find(|each| each.id == row.id);
    let to_id = |id: Option<Uuid>| id.map(ProposalId::from_uuid);
    Ok(Some(QuestionView {
        original: to_id(own.and_then(|own| own.original_id)),
        merged_into: to_id(own.and_then(|own| own.into_id)),
        proposals: rows.into_iter().map(shown).collect::<Result<_, RowDamage>>()?,
    }))
}

fn shown(row: QuestionRow) -> Result<QuestionProposal, RowDamage> {
    let place = row.place.map(|place| number(i64::from(place), "place")).transpose()?;
    Ok(QuestionProposal {
        id: ProposalId::from_uuid(row.id),
        title: row.title,
        state: State::from_name(&row.state).ok_or(RowDamage("state"))?,
        author: Author {
            id: MemberId::from_uuid(row.author_id),
            display_name: row.author_name,
        },
        is_alternative: row.original_id.is_some(),
        merged_into: row.into_id.map(ProposalId::from_uuid),
        place,
        end_reason: row.end_reason,
    })
}

/// The texts of a proposal that stood before the members and were replaced, the newest first.
///
/// # Errors
/// 404 where the member sees no such proposal; 422 for a cursor that is none of ours.
pub async fn versions(app: &App, asking: Asking, proposal: ProposalId, page: PageQuery) -> Result<Answer, Problem> {
    let before = before(&page)?;
    let mut tx = app.store.coop_tx("proposal_versions", asking.coop).await?;
    visible(&mut tx, asking, proposal).await?;
    let rows = version_list(&mut tx, proposal, before, paging::rows(&page)).await?;
    let rows = Page::cut(rows, page.limit(), |row| row.version.to_string());
    let mut items = Vec::with_capacity(rows.items.len());
    for row in rows.items {
        items.push(version(&mut tx, row).await?);
    }
    tx.commit().await?;
    Answer::ok(&Page {
        items,
        next_cursor: rows.next_cursor,
    })
}

fn before(page: &PageQuery) -> Result<i64, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    match page.position().map_err(|_| refused())? {
        None => Ok(i64::MAX),
        Some(position) => position.parse().map_err(|_| refused()),
    }
}

async fn version(tx: &mut CoopTx, row: ProposalVersionRow) -> Result<ProposalVersion, Problem> {
    let planned: Vec<Planned> = serde_json::from_value(row.actions).map_err(|_| RowDamage("actions"))?;
    Ok(ProposalVersion {
        version: number(row.version, "version")?,
        title: row.title,
        body: row.body,
        options: row.options,
        actions: sentences(tx, &planned).await?,
        replaced_by: Speaker {
            id: MemberId::from_uuid(row.replaced_by),
            display_name: row.replaced_by_name,
        },
        replaced_at: row.replaced_at,
        alternative: row.alternative_id.map(ProposalId::from_uuid),
    })
}
