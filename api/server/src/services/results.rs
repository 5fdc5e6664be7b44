//! What members read of decisions: proposals, rolls, their own ballots, tallies, records and anchors.
//!
//! Until a tally is published nothing here tells more than how many have voted: no sum, no order, no time of another's ballot.

use chrono::{DateTime, SecondsFormat, Utc};
use governance::ballot::Method;
use governance::bylaws::KindBylaws;
use governance::due_process::expelled;
use governance::hash::{Hash32, keccak256_words, to_hex};
use governance::id::{MemberId, ProposalId};
use governance::proposal::State;
use governance::record::{Domain, ReceiptV1, Record as _, digest_of_hash};
use governance::rule::Language;
use store::CoopTx;
use store::coop::{coop_get, member_get};
use store::decision::ballot::{BallotRow, ballot_last_of_member, turnout};
use store::decision::contest::contests;
use store::decision::execution::{AttemptRow, VoiceRow, execution_attempts, objections, sponsors};
use store::decision::expulsion::notices;
use store::decision::proposal::{ProposalListRow, ProposalPage, ProposalPosition, ProposalRow, Viewer, proposal_list};
use store::decision::roll::{RollMemberRow, roll_member};
use store::decision::schedule::schedule_last;
use wire::ballot::BallotReceipt;
use wire::decision::{
    Author, ExecutionAttempt, MyBallot, ProposalAnswer, ProposalCourse, ProposalQuery, ProposalSummary, QuestionView,
    RollCommitment, Signing, SigningDomain, StageView, Turnout,
};
use wire::live::LiveProposal;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::secrets::Secrets;
use crate::services::contests::views;
use crate::services::decision_rows::{
    Frozen, RowDamage, domain, frozen, moment, number, planned, rule, signature_kind, state, tier, timestamp, word,
};
use crate::services::expulsions;
use crate::services::objections::voice;
use crate::services::previews::sentences;
use crate::services::proposals::{Asking, bylaws_of, visible};
use crate::services::scheduling::scheduled;
use crate::services::{alternatives, paging, secrecy, stages};

/// A moment as JSON holds it: RFC 3339, UTC, whole seconds.
#[must_use]
pub fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// One proposal.
///
/// # Errors
/// 404 where the member sees none.
pub async fn proposal(app: &App, asking: Asking, proposal: ProposalId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("proposal_read", asking.coop).await?;
    let row = visible(&mut tx, asking, proposal).await?;
    let version = row.version;
    let body = describe(app, &mut tx, asking, row).await?;
    tx.commit().await?;
    Ok(Answer::ok(&body)?.at_version(version))
}

/// A page of proposals, newest first.
///
/// # Errors
/// 422 for a cursor that is none of ours.
pub async fn proposals(app: &App, asking: Asking, query: ProposalQuery) -> Result<Answer, Problem> {
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let viewer = if asking.is_steward {
        Viewer::Steward
    } else {
        Viewer::Member(asking.member)
    };
    let mut tx = app.store.coop_tx("proposal_list", asking.coop).await?;
    let asked = ProposalPage {
        state: query.state.map(State::name),
        after: position(&page)?,
        limit: paging::rows(&page),
    };
    let rows = proposal_list(&mut tx, viewer, asked).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| {
        format!("{}/{}", row.created_at.timestamp_micros(), row.id)
    });
    Answer::ok(&Page {
        items: rows
            .items
            .into_iter()
            .map(summary)
            .collect::<Result<Vec<_>, RowDamage>>()?,
        next_cursor: rows.next_cursor,
    })
}

fn position(page: &PageQuery) -> Result<Option<ProposalPosition>, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    let Some(text) = page.position().map_err(|_| refused())? else {
        return Ok(None);
    };
    let parse = || {
        let (micros, id) = text.split_once('/')?;
        Some(ProposalPosition {
            created_at: paging::moment(micros.parse().ok()?)?,
            id: id.parse().ok()?,
        })
    };
    parse().map(Some).ok_or_else(refused)
}

/// A proposal in a list.
///
/// # Errors
/// If the row holds no known method or state.
pub fn summary(row: ProposalListRow) -> Result<ProposalSummary, RowDamage> {
    Ok(ProposalSummary {
        id: ProposalId::from_uuid(row.id),
        kind: row.kind,
        method: Method::from_name(&row.method).ok_or(RowDamage("rule"))?,
        title: row.title,
        state: State::from_name(&row.state).ok_or(RowDamage("state"))?,
        author: Author {
            id: MemberId::from_uuid(row.author_id),
            display_name: row.author_name,
        },
        created_at: row.created_at,
        opens_at: row.opens_at,
        closes_at: row.closes_at,
    })
}

/// What describes a proposal to one member.
struct Described {
    row: ProposalRow,
    author: String,
    domain: Domain,
    bylaws: KindBylaws,
    frozen: Option<Frozen>,
    place: Option<RollMemberRow>,
    cast: i64,
    last: Option<BallotRow>,
    beside: Beside,
}

/// What stands beside the row of a proposal.
struct Beside {
    course: ProposalCourse,
    stage: Option<StageView>,
    question: Option<QuestionView>,
}

/// A proposal with everything the caller needs to vote.
///
/// # Errors
/// If the database fails.
pub async fn describe(app: &App, tx: &mut CoopTx, asking: Asking, row: ProposalRow) -> Result<ProposalAnswer, Problem> {
    let id = ProposalId::from_uuid(row.id);
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let author = member_get(tx, MemberId::from_uuid(row.author_id))
        .await?
        .ok_or(RowDamage("author_id"))?;
    let bylaws = bylaws_of(tx, &row).await?;
    let mut described = Described {
        author: author.display_name,
        domain: domain(&coop)?,
        beside: Beside {
            course: course(tx, &row, &bylaws).await?,
            stage: stages::view(tx, &row).await?,
            question: alternatives::view(tx, asking, &row).await?,
        },
        bylaws,
        frozen: frozen(&row)?,
        row,
        place: None,
        cast: 0,
        last: None,
    };
    if described.frozen.is_some() {
        described.place = roll_member(tx, id, asking.member).await?;
        described.cast = turnout(tx, id).await?;
        described.last = ballot_last_of_member(tx, id, asking.member).await?;
    }
    Ok(shape(app, described)?)
}

fn shape(app: &App, described: Described) -> Result<ProposalAnswer, RowDamage> {
    let Described {
        row,
        domain,
        bylaws,
        frozen,
        last,
        beside,
        ..
    } = described;
    let id = ProposalId::from_uuid(row.id);
    let (state, rule, secrecy) = (state(&row)?, rule(&row)?, tier(&row)?);
    let record_hash = record_hash(&row)?;
    let voter = described.place.map(|place| MemberId::from_uuid(place.voter()));
    let tells_turnout = !secrecy.hides_turnout() || is_counted(state);
    let cast = number(described.cast, "count")?;
    let revision = last.as_ref().map_or(0, |ballot| ballot.revision);
    let ends_at = row.ends_at();
    let opens_from = row.discussed_at.filter(|_| state == State::Discussion);
    let warned = |frozen: &Frozen| secrecy::warnings(&bylaws.privacy, secrecy, u64::from(frozen.roll_count));
    Ok(ProposalAnswer {
        id,
        kind: row.kind,
        bylaws_version: number(row.bylaws_version, "bylaws_version")?,
        title: row.title,
        body: row.body,
        options: row.options,
        method: rule.method(),
        seats: rule.seats(),
        rule_sentence: rule.sentence(Language::English),
        rule_sentence_zh: rule.sentence(Language::Chinese),
        rule,
        state,
        author: Author {
            id: MemberId::from_uuid(row.author_id),
            display_name: described.author,
        },
        version: number(row.version, "version")?,
        created_at: row.created_at,
        discussed_at: row.discussed_at,
        opens_from: opens_from.and_then(|at| moment(timestamp(at).plus_seconds(bylaws.periods().discussion))),
        voting_seconds_min: bylaws.voting_seconds_min,
        voting_seconds_max: bylaws.voting_seconds_max,
        close_when_all_voted: bylaws.close_when_all_voted,
        opens_at: row.opens_at,
        closes_at: ends_at,
        extended_from: row.closes_at.filter(|_| row.extended_until.is_some()),
        closed_at: row.closed_at,
        ended_by: row.ended_by.map(MemberId::from_uuid),
        end_reason: row.end_reason,
        course: beside.course,
        stage: beside.stage,
        question: beside.question,
        secrecy,
        secrecy_warnings: frozen.as_ref().map(warned).unwrap_or_default(),
        roll: frozen.as_ref().map(commitment),
        turnout: frozen
            .as_ref()
            .filter(|_| tells_turnout)
            .map(|frozen| of_roll(cast, frozen)),
        record_hash,
        is_on_roll: voter.is_some(),
        signing: record_hash
            .filter(|_| state == State::Open)
            .zip(voter)
            .map(|(hash, voter)| signing(&domain, voter, id, hash, revision)),
        my_ballot: last
            .as_ref()
            .map(|ballot| my_ballot(&app.secrets, domain.namespace, id, ballot))
            .transpose()?,
    })
}

/// What whoever follows a proposal is told; `None` where it never left its author's desk.
///
/// # Errors
/// If the row is damaged.
pub(super) fn live(row: &ProposalRow, cast: i64) -> Result<Option<LiveProposal>, RowDamage> {
    let state = state(row)?;
    if row.discussed_at.or(row.submitted_at).is_none() {
        return Ok(None);
    }
    let tells = !tier(row)?.hides_turnout() || is_counted(state);
    let cast = number(cast, "count")?;
    Ok(Some(LiveProposal {
        state: state.name().to_owned(),
        version: number(row.version, "version")?,
        closes_at: row.ends_at(),
        turnout: frozen(row)?.filter(|_| tells).map(|frozen| of_roll(cast, &frozen)),
    }))
}

fn record_hash(row: &ProposalRow) -> Result<Option<Hash32>, RowDamage> {
    let hash = row.record_hash.as_deref();
    hash.map(|hash| word(hash, "record_hash")).transpose()
}

fn of_roll(cast: u64, frozen: &Frozen) -> Turnout {
    Turnout {
        cast,
        of: u64::from(frozen.roll_count),
    }
}

/// Whether the count of a proposal in this state was published.
#[must_use]
pub const fn is_counted(state: State) -> bool {
    match state {
        State::Passed
        | State::Objection
        | State::Queued
        | State::Executed
        | State::ExecutionFailed
        | State::Expired
        | State::Rejected
        | State::NoQuorum
        | State::Tied => true,
        State::Draft
        | State::Admission
        | State::Discussion
        | State::Open
        | State::Closed
        | State::Merged
        | State::Withdrawn
        | State::Cancelled => false,
    }
}

/// What comes before and after the vote.
async fn course(tx: &mut CoopTx, row: &ProposalRow, bylaws: &KindBylaws) -> Result<ProposalCourse, Problem> {
    let id = ProposalId::from_uuid(row.id);
    let voices = |rows: Vec<VoiceRow>| rows.into_iter().map(voice).collect();
    let attempt = |row: AttemptRow| {
        Ok::<_, RowDamage>(ExecutionAttempt {
            attempt: number(row.attempt, "attempt")?,
            outcome: row.outcome,
            reason: row.reason,
            asked_by: row.asked_by.map(MemberId::from_uuid),
            at: row.at,
        })
    };
    Ok(ProposalCourse {
        actions: sentences(tx, &planned(row)?).await?,
        sponsors_needed: bylaws.sponsors,
        // Most proposals have none of this, and nothing is asked for them.
        sponsors: match row.submitted_at {
            Some(_) => voices(sponsors(tx, id).await?),
            None => Vec::new(),
        },
        notices: if expelled(&planned(row)?).next().is_some() {
            notices(tx, id).await?.into_iter().map(expulsions::view).collect()
        } else {
            Vec::new()
        },
        opening: schedule_last(tx, id).await?.map(scheduled),
        objectors_needed: bylaws.objectors,
        objection_until: row.objection_until,
        objections: match row.objection_until {
            Some(_) => voices(objections(tx, id).await?),
            None => Vec::new(),
        },
        contest_until: row.contest_until,
        contests: match row.contest_until {
            Some(_) => views(row, contests(tx, id).await?)?,
            None => Vec::new(),
        },
        timelock_seconds: bylaws.timelock_seconds,
        execute_after: row.execute_after,
        expires_at: row.expires_at,
        executed_at: row.executed_at,
        attempts: match row.execute_after {
            Some(_) => execution_attempts(tx, id)
                .await?
                .into_iter()
                .map(attempt)
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        },
    })
}

const fn commitment(frozen: &Frozen) -> RollCommitment {
    RollCommitment {
        root: frozen.roll_root,
        count: frozen.roll_count,
        weight: frozen.roll_weight,
    }
}

fn signing(domain: &Domain, voter: MemberId, proposal: ProposalId, hash: Hash32, revision: i64) -> Signing {
    Signing {
        domain: SigningDomain {
            name: String::from(Domain::NAME),
            version: String::from(Domain::VERSION),
            chain_id: domain.chain.map(|chain| chain.chain_id),
            verifying_contract: domain.chain.map(|chain| to_hex(&chain.contract)),
            salt: domain.namespace,
        },
        namespace: domain.namespace,
        proposal: proposal.word(),
        proposal_hash: hash,
        voter: voter.word(),
        next_revision: revision.unsigned_abs().saturating_add(1),
    }
}

/// A ballot with the receipt that was given for it: signing is deterministic, so it is the same one again.
///
/// # Errors
/// If the row is damaged.
pub fn my_ballot(
    secrets: &Secrets,
    namespace: Hash32,
    proposal: ProposalId,
    row: &BallotRow,
) -> Result<MyBallot, RowDamage> {
    let receipt = ReceiptV1 {
        namespace,
        subject: proposal.word(),
        record_hash: word(&row.record_hash, "record_hash")?,
        sequence: number(row.sequence, "sequence")?,
        at: timestamp(row.cast_at).0,
        salt: word(&row.salt, "salt")?,
    };
    // As when it was given: without the chain in the domain.
    let signature = secrets.attest(digest_of_hash(
        &Domain { namespace, chain: None },
        receipt.struct_hash(),
    ));
    Ok(MyBallot {
        options: row.options.iter().map(|option| option.cast_unsigned()).collect(),
        points: row.points.iter().map(|points| points.cast_unsigned()).collect(),
        reason: row.reason.clone(),
        salt: receipt.salt,
        public_key: to_hex(&row.public_key),
        signature: to_hex(&row.signature),
        receipt: BallotReceipt {
            record_hash: receipt.record_hash,
            sequence: receipt.sequence,
            at: row.cast_at,
            revision: number(row.revision, "revision")?,
            signature_kind: signature_kind(row.kind)?.name().to_owned(),
            receipt,
            receipt_signature: to_hex(&signature),
            server_key: secrets.server_key().to_string(),
        },
    })
}

/// The lot that a secret and a beacon make.
#[must_use]
pub fn lot_of(secret: Hash32, beacon: Hash32) -> Hash32 {
    keccak256_words(&[governance::record::tag("LotV1"), secret, beacon])
}
