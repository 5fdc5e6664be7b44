//! Opening voting: text, rule and roll are frozen, hashed and recorded, all in one transaction.

use chrono::{DateTime, Utc};
use governance::action::only_ends_a_halt;
use governance::alternative::decide_alone;
use governance::due_process::decide_heard;
use governance::event::Event;
use governance::hash::{Hash32, keccak256_words};
use governance::id::{MemberId, ProposalId};
use governance::membership::Class;
use governance::merkle;
use governance::proposal::{Asker, Facts, Step, StepRefusal, decide};
use governance::record::{Record as _, tag};
use governance::roll::roll_leaf;
use governance::time::Timestamp;
use store::CoopTx;
use store::coop::coop_get;
use store::decision::job::{JobKind, job_insert};
use store::decision::proposal::{Opening, ProposalRow, proposal_open};
use store::decision::roll::{RollNames, roll_freeze, voters_count};
use store::decision::schedule::ScheduleOutcome;
use store::record::{NewRecord, RecordKind, record_append};
use wire::decision::OpenVoting;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::{BasedOn, Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::counting::early_look;
use crate::services::decision_rows::{Frozen, RowDamage, domain, moment, planned, proposal_record, tier, timestamp};
use crate::services::proposals::{Asking, Standing, answer, begin, finish, refused, standing};
use crate::services::rolls::RollReader;
use crate::services::{alternatives, events, expulsions, halts, late_quorum, scheduling, secrecy, stages};

/// Members of the roll that are read at once.
const ROLL_PAGE: i64 = 2_000;

/// Opens voting until the moment asked for, or sets when it opens by itself.
///
/// # Errors
/// The refusals of the step.
pub async fn open(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<OpenVoting>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("proposal_open", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    alternatives::enter(&mut tx, proposal).await?;
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    if let Some(version) = value.version {
        BasedOn(version).require(standing.row.version)?;
    }
    if let Some(opens_at) = value.opens_at {
        let times = (timestamp(opens_at), timestamp(value.closes_at));
        scheduling::set(&mut tx, asking, &standing, times).await?;
        let answer = answer(app, &mut tx, asking, proposal, 200).await?;
        return finish(tx, asking, &ask, answer).await;
    }
    // A halt must not keep the members from ending it.
    if !only_ends_a_halt(&planned(&standing.row)?) {
        halts::refuse(&mut tx).await?;
    }
    let opener = (Some(asking.member), asking.asker(&standing.row));
    open_now(&mut tx, &standing, timestamp(value.closes_at), opener)
        .await?
        .map_err(Obstacle::into_problem)?;
    scheduling::forget(&mut tx, (proposal, asking.member), ScheduleOutcome::Opened).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// The classes whose members vote.
#[must_use]
pub fn voting_classes() -> Vec<&'static str> {
    let voting = Class::ALL.iter().filter(|class| class.votes());
    voting.map(|class| class.name()).collect()
}

/// What stands in the way of opening.
pub(super) enum Obstacle {
    /// The step is not possible.
    Step(StepRefusal),
    /// A count of so few would tell too much of single members.
    Group(Problem),
}

impl Obstacle {
    /// As the API answers it.
    pub(super) fn into_problem(self) -> Problem {
        match self {
            Self::Step(refusal) => refused(refusal),
            Self::Group(problem) => problem,
        }
    }

    /// As members read it where nobody asked.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Step(refusal) => format!("Voting could not open: {refusal}."),
            Self::Group(problem) => problem.detail().to_owned(),
        }
    }
}

/// Opens voting on a proposal that this transaction has locked, if the step is possible; `actor` is `None` where the program does.
/// Where it is refused, nothing was done.
///
/// # Errors
/// If the database fails.
pub(super) async fn open_now(
    tx: &mut CoopTx,
    standing: &Standing,
    closes_at: Timestamp,
    (actor, asker): (Option<MemberId>, Asker),
) -> Result<Result<(), Obstacle>, Problem> {
    let proposal = ProposalId::from_uuid(standing.row.id);
    let body = stages::electorate(tx, &standing.row).await?;
    let facts = Facts {
        roll_count: u64::try_from(voters_count(tx, &body).await?).unwrap_or_default(),
        ..standing.facts()
    };
    if let Err(refusal) = decide(&facts, Step::Open { closes_at }, asker) {
        return Ok(Err(Obstacle::Step(refusal)));
    }
    if let Err(refusal) = decide_alone(alternatives::others(tx, standing).await?) {
        return Ok(Err(Obstacle::Step(refusal)));
    }
    let planned = planned(&standing.row)?;
    if let Err(refusal) = decide_heard(&planned, &expulsions::told(tx, proposal).await?, facts.now) {
        return Ok(Err(Obstacle::Step(refusal)));
    }
    let expected = usize::try_from(facts.roll_count).unwrap_or(usize::MAX);
    if let Err(problem) = secrecy::guard(&standing.row, &standing.bylaws, expected) {
        return Ok(Err(Obstacle::Group(problem)));
    }
    let names = if tier(&standing.row)?.hides_names() {
        RollNames::Pseudonyms
    } else {
        RollNames::Members
    };
    // Members may have come or gone since they were counted: what was frozen decides.
    let members = roll_freeze(tx, proposal, &body, names).await?;
    if members == 0 {
        return Ok(Err(Obstacle::Step(StepRefusal::EmptyRoll)));
    }
    secrecy::guard(&standing.row, &standing.bylaws, members)?;
    freeze(tx, standing, (proposal, actor), closes_at).await?;
    let run_at = close_job_at(standing, moment(closes_at).ok_or(RowDamage("closes_at"))?);
    job_insert(tx, JobKind::Close, proposal, run_at).await?;
    Ok(Ok(()))
}

/// When to look for the first time whether voting is over.
fn close_job_at(standing: &Standing, closes_at: DateTime<Utc>) -> DateTime<Utc> {
    if standing.bylaws.close_when_all_voted || standing.bylaws.rule.early {
        early_look(standing.now, closes_at)
    } else {
        late_quorum::first_look(&standing.bylaws.rule, closes_at).unwrap_or(closes_at)
    }
}

async fn freeze(
    tx: &mut CoopTx,
    standing: &Standing,
    (proposal, actor): (ProposalId, Option<MemberId>),
    closes_at: Timestamp,
) -> Result<(), Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let namespace = domain(&coop)?.namespace;
    let roll = read_roll(tx, &standing.row).await?;
    let lot_secret = random().map_err(Problem::internal)?;
    let frozen = Frozen {
        rule_salt: Hash32::from_bytes(random().map_err(Problem::internal)?),
        salt: lot_commitment(&lot_secret),
        roll_root: roll.root,
        roll_count: roll.count,
        roll_weight: roll.weight,
        opens_at: timestamp(standing.now),
        closes_at,
    };
    let record_hash = proposal_record(&standing.row, namespace, &frozen)?.struct_hash();
    let opening = Opening {
        opens_at: moment(frozen.opens_at).ok_or(RowDamage("opens_at"))?,
        closes_at: moment(closes_at).ok_or(RowDamage("closes_at"))?,
        rule_salt: frozen.rule_salt,
        salt: frozen.salt,
        record_hash,
        roll_root: frozen.roll_root,
        roll_count: i32::try_from(frozen.roll_count).map_err(|_| RowDamage("roll_count"))?,
        roll_weight: i64::try_from(frozen.roll_weight).map_err(|_| RowDamage("roll_weight"))?,
        lot_secret: &lot_secret,
    };
    if !proposal_open(tx, proposal, opening).await? {
        return Err(Problem::internal("a locked proposal changed its state"));
    }
    let record = NewRecord {
        kind: RecordKind::Proposal,
        subject: proposal.word(),
        record_hash,
    };
    record_append(tx, record).await?;
    let happened = [Event::ProposalOpened {
        proposal,
        proposal_hash: record_hash,
    }];
    events::append(tx, actor, &happened).await?;
    if tier(&standing.row)?.hides_names() {
        let happened = [Event::RollVeiled {
            proposal,
            electors: secrecy::electors(tx, proposal).await?,
            members: frozen.roll_count,
        }];
        events::append(tx, actor, &happened).await?;
    }
    Ok(())
}

/// What the proposal's salt is, so that its record commits to the lot before anyone votes.
#[must_use]
pub fn lot_commitment(secret: &[u8; 32]) -> Hash32 {
    keccak256_words(&[tag("LotCommitmentV1"), Hash32::from_bytes(*secret)])
}

struct RollSums {
    root: Hash32,
    count: u32,
    weight: u64,
}

/// Reads the frozen roll back and computes what the record holds of it.
async fn read_roll(tx: &mut CoopTx, row: &ProposalRow) -> Result<RollSums, Problem> {
    let proposal = ProposalId::from_uuid(row.id);
    let mut reader = RollReader::new(row, ROLL_PAGE)?;
    let mut leaves: Vec<Hash32> = Vec::new();
    let mut weight: u128 = 0;
    loop {
        let entries = reader.next(tx).await?;
        if entries.is_empty() {
            break;
        }
        weight = entries
            .iter()
            .fold(weight, |weight, entry| weight.saturating_add(entry.weight));
        // Hashing a large roll takes a while; other requests of this thread need not wait for it.
        let hashed = tokio::task::spawn_blocking(move || {
            entries
                .iter()
                .map(|entry| roll_leaf(proposal.word(), entry))
                .collect::<Vec<_>>()
        });
        leaves.extend(hashed.await.map_err(Problem::internal)?);
    }
    let count = u32::try_from(leaves.len()).map_err(|_| RowDamage("roll_count"))?;
    let root = tokio::task::spawn_blocking(move || merkle::root(leaves));
    Ok(RollSums {
        root: root.await.map_err(Problem::internal)?,
        count,
        weight: u64::try_from(weight).map_err(|_| RowDamage("roll_weight"))?,
    })
}
