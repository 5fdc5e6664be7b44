//! Decisions that pass several bodies: which stage a proposal is, and what follows once it is carried.
//!
//! Each stage is a proposal of its own. The transaction that publishes the result of one that was carried begins the next, with the same
//! texts and actions, and puts it before the members; nothing of it can be edited. So there is never a result without what follows from it.

use governance::body::{AtStage, at_stage};
use governance::bylaws::KindBylaws;
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::proposal::State;
use governance::record::texts_hash;
use governance::secrecy::Tier;
use store::CoopTx;
use store::coop::bylaws_get;
use store::decision::proposal::{NewProposalRow, ProposalRow, ProposalTexts, clock, proposal_discuss, proposal_insert};
use store::decision::roll::Electorate;
use store::decision::stage::{NewStage, StageRow, stage_insert, stage_read};
use uuid::Uuid;
use wire::decision::StageView;
use wire::problem::ProblemKind;

use crate::problem::Problem;
use crate::services::counting::CountingFault;
use crate::services::decision_rows::{RowDamage, kind_bylaws, number, tier};
use crate::services::events;

/// What the bylaws under which a proposal was made say of its kind, at the stage that it is.
///
/// # Errors
/// If the database fails or a row is damaged.
pub async fn of_proposal(tx: &mut CoopTx, row: &ProposalRow) -> Result<AtStage, CountingFault> {
    let bylaws = bylaws_get(tx, row.bylaws_version)
        .await?
        .ok_or(RowDamage("bylaws_version"))?;
    let mut kind = kind_bylaws(&bylaws.content, &row.kind)?.ok_or(RowDamage("kind"))?;
    // Of a kind that decides by yes or no, only a vote on several proposals has options.
    if let Some(joint) = kind.alternatives.clone().filter(|_| !row.options.is_empty()) {
        kind.rule = joint;
    }
    if kind.stages.is_empty() {
        return Ok(at_stage(&kind, 1).ok_or(RowDamage("kind"))?);
    }
    let stage = stage_read(tx, ProposalId::from_uuid(row.id))
        .await?
        .ok_or(RowDamage("stages"))?;
    let which = number(i64::from(stage.number), "number")?;
    Ok(at_stage(&kind, which).ok_or(RowDamage("number"))?)
}

/// The first stage of a decision of this kind.
///
/// # Errors
/// If the bylaws are damaged.
pub fn first(kind: &KindBylaws) -> Result<AtStage, RowDamage> {
    at_stage(kind, 1).ok_or(RowDamage("kind"))
}

/// Stores and tells that a proposal, just drafted, is the first of several stages.
///
/// # Errors
/// If the database fails.
pub async fn begin(
    tx: &mut CoopTx,
    (proposal, author): (ProposalId, MemberId),
    stage: &AtStage,
) -> Result<(), CountingFault> {
    if stage.of == 1 {
        return Ok(());
    }
    store(tx, proposal, stage, None).await?;
    tell(tx, (proposal, Some(author)), stage, (Hash32::ZERO, Hash32::ZERO)).await
}

async fn store(
    tx: &mut CoopTx,
    proposal: ProposalId,
    stage: &AtStage,
    former: Option<ProposalId>,
) -> Result<(), CountingFault> {
    let small = |value: u16| i16::try_from(value).map_err(|_| RowDamage("number"));
    let body = stage.body.name();
    let new = NewStage {
        number: small(stage.number)?,
        stages: small(stage.of)?,
        body: &body,
        former,
    };
    Ok(stage_insert(tx, proposal, new).await?)
}

async fn tell(
    tx: &mut CoopTx,
    (proposal, actor): (ProposalId, Option<MemberId>),
    stage: &AtStage,
    (former, tally): (Hash32, Hash32),
) -> Result<(), CountingFault> {
    let body = stage.body.name();
    let happened = [Event::StageBegun {
        proposal,
        number: stage.number,
        stages: stage.of,
        body: &body,
        former,
        tally,
    }];
    Ok(events::append(tx, actor, &happened).await?)
}

/// Begins the next stage of a proposal whose result leads to this state, if it was carried and there is one; `tally` is the hash of the
/// record of that result, and `former` the one of the proposal.
///
/// # Errors
/// If the database fails.
pub async fn follow(
    tx: &mut CoopTx,
    row: &ProposalRow,
    state: State,
    (former, tally): (Hash32, Hash32),
) -> Result<(), CountingFault> {
    let stage = of_proposal(tx, row).await?;
    if stage.is_last() || state != State::Passed {
        return Ok(());
    }
    let bylaws = bylaws_get(tx, row.bylaws_version)
        .await?
        .ok_or(RowDamage("bylaws_version"))?;
    let kind = kind_bylaws(&bylaws.content, &row.kind)?.ok_or(RowDamage("kind"))?;
    let next = at_stage(&kind, stage.number.saturating_add(1)).ok_or(RowDamage("number"))?;
    let rule = serde_json::to_value(&next.bylaws.rule).map_err(|_| RowDamage("rule"))?;
    let secrecy = tier(row)?;
    let id = ProposalId::from_uuid(Uuid::now_v7());
    let new = NewProposalRow {
        id,
        kind: &row.kind,
        bylaws_version: row.bylaws_version,
        texts: ProposalTexts {
            title: &row.title,
            body: &row.body,
            options: &row.options,
            rule: &rule,
            actions: &row.actions,
            secrecy,
        },
        author: MemberId::from_uuid(row.author_id),
    };
    proposal_insert(tx, new).await?;
    let happened = [Event::ProposalDrafted {
        proposal: id,
        kind: &row.kind,
        bylaws_version: row.bylaws_version.unsigned_abs(),
        text: texts_hash([row.title.as_str(), row.body.as_str()]),
        options: texts_hash(row.options.iter().map(String::as_str)),
        seats: next.bylaws.rule.seats(),
    }];
    events::append(tx, None, &happened).await?;
    store(tx, id, &next, Some(ProposalId::from_uuid(row.id))).await?;
    tell(tx, (id, None), &next, (former, tally)).await?;
    if secrecy != Tier::Open {
        let happened = [Event::SecrecyChosen {
            proposal: id,
            tier: secrecy,
        }];
        events::append(tx, None, &happened).await?;
    }
    let now = clock(tx).await?;
    proposal_discuss(tx, id, now).await?;
    Ok(events::append(tx, None, &[Event::ProposalDiscussed { proposal: id }]).await?)
}

/// Refuses to edit what the stage before carried.
///
/// # Errors
/// 409 in every stage but the first.
pub async fn refuse_edit(tx: &mut CoopTx, proposal: ProposalId) -> Result<(), Problem> {
    let stage = stage_read(tx, proposal).await?;
    if stage.is_some_and(|stage| stage.number > 1) {
        return Err(Problem::new(
            ProblemKind::ProposalFrozen,
            "Another body has carried this text, and it goes to the next unchanged. Withdraw it and begin a new proposal for other texts.",
        ));
    }
    Ok(())
}

/// The stage as members read it; `None` where the decision has a single one.
///
/// # Errors
/// If the database fails or a row is damaged.
pub async fn view(tx: &mut CoopTx, row: &ProposalRow) -> Result<Option<StageView>, CountingFault> {
    let Some(StageRow { former_id, next_id, .. }) = stage_read(tx, ProposalId::from_uuid(row.id)).await? else {
        return Ok(None);
    };
    let stage = of_proposal(tx, row).await?;
    Ok(Some(StageView {
        number: stage.number,
        of: stage.of,
        body: stage.body,
        former: former_id.map(ProposalId::from_uuid),
        next: next_id.map(ProposalId::from_uuid),
    }))
}

/// Who stands on the roll of a proposal that is opened now.
///
/// # Errors
/// If the database fails or a row is damaged.
pub async fn electorate(tx: &mut CoopTx, row: &ProposalRow) -> Result<Electorate, CountingFault> {
    let body = of_proposal(tx, row).await?.body;
    Ok(Electorate {
        classes: body.classes().into_iter().map(|class| class.name()).collect(),
        office: body.office().map(|role| role.name()),
    })
}
