//! Proposals until voting opens: drafting, editing, discussion, and the ways they end undecided.

use chrono::{DateTime, Utc};
use governance::bylaws::KindBylaws;
use governance::event::Event;
use governance::id::{CoopId, MemberId, ProposalId};
use governance::membership::Role;
use governance::proposal::{Asker, Facts, State, Step, StepRefusal, decide};
use governance::rule::DecisionRule;
use governance::secrecy::Tier;
use governance::text;
use store::CoopTx;
use store::coop::bylaws_current;
use store::decision::execution::proposal_submit;
use store::decision::job::{JobKind, job_hasten};
use store::decision::proposal::{
    Ending, NewProposalRow, ProposalRow, clock, proposal_discuss, proposal_edit, proposal_end, proposal_insert,
    proposal_lock, proposal_read,
};
use store::decision::schedule::ScheduleOutcome;
use uuid::Uuid;
use wire::decision::{Cancellation, EditProposal, NewProposal};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::Actor;
use crate::http::answer::Answer;
use crate::http::body::{Ask, BasedOn, Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, kind_bylaws, moment, planned, rule, state, tier, timestamp};
use crate::services::proposal_texts::{Terms, Texts};
use crate::services::{alternatives, events, expulsions, idempotent, results, scheduling, secrecy, stages};

/// The longest reason for a cancellation, in characters.
const REASON_LENGTH_MAX: usize = 2_000;

/// Who asks for something about a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// The co-op.
    pub coop: CoopId,
    /// The member.
    pub member: MemberId,
    /// Whether the member is a steward.
    pub is_steward: bool,
}

impl<R> From<&Actor<R>> for Asking {
    fn from(actor: &Actor<R>) -> Self {
        Self {
            coop: actor.coop,
            member: actor.member,
            is_steward: actor.has(Role::Steward),
        }
    }
}

impl Asking {
    /// As the life cycle asks for it.
    #[must_use]
    pub fn asker(self, row: &ProposalRow) -> Asker {
        Asker {
            is_author: row.author_id == self.member.uuid(),
            is_steward: self.is_steward,
        }
    }

    /// What was never put before the members is seen by its author and by stewards alone.
    fn may_see(self, row: &ProposalRow) -> bool {
        row.discussed_at.or(row.submitted_at).is_some() || self.is_steward || row.author_id == self.member.uuid()
    }
}

/// A locked proposal with everything a step is decided from, read after the lock was had.
pub struct Standing {
    /// The row.
    pub row: ProposalRow,
    /// Where it stands.
    pub state: State,
    /// The bylaws of its kind.
    pub bylaws: KindBylaws,
    /// The clock of the database.
    pub now: DateTime<Utc>,
}

impl Standing {
    /// As the life cycle asks for it; nobody on the roll and nobody who voted, until the step says otherwise.
    #[must_use]
    pub fn facts(&self) -> Facts {
        Facts {
            state: self.state,
            now: timestamp(self.now),
            discussed_at: self.row.discussed_at.map(timestamp),
            closes_at: self.row.ends_at().map(timestamp),
            roll_count: 0,
            voted: 0,
            is_settled: false,
            sponsors: 0,
            objections: 0,
            objection_until: self.row.objection_until.map(timestamp),
            has_actions: false,
            execute_after: self.row.execute_after.map(timestamp),
            expires_at: self.row.expires_at.map(timestamp),
            is_contested: false,
            periods: self.bylaws.periods(),
        }
    }
}

/// A proposal as `asking` may see it.
///
/// # Errors
/// 404 where there is none, or none for this member.
pub async fn visible(tx: &mut CoopTx, asking: Asking, proposal: ProposalId) -> Result<ProposalRow, Problem> {
    let row = proposal_read(tx, proposal).await?;
    row.filter(|row| asking.may_see(row)).ok_or_else(Problem::not_found)
}

/// Locks a proposal for a step.
///
/// # Errors
/// As [`visible`].
pub async fn standing(tx: &mut CoopTx, asking: Asking, proposal: ProposalId) -> Result<Standing, Problem> {
    let row = proposal_lock(tx, proposal).await?;
    let row = row.filter(|row| asking.may_see(row)).ok_or_else(Problem::not_found)?;
    let bylaws = bylaws_of(tx, &row).await?;
    Ok(Standing {
        state: state(&row)?,
        bylaws,
        now: clock(tx).await?,
        row,
    })
}

/// What the bylaws under which a proposal was made say of its kind, at the stage that it is.
///
/// # Errors
/// If the database fails.
pub async fn bylaws_of(tx: &mut CoopTx, row: &ProposalRow) -> Result<KindBylaws, Problem> {
    Ok(stages::of_proposal(tx, row).await?.bylaws)
}

/// A refused step, with what to do instead.
#[must_use]
pub fn refused(refusal: StepRefusal) -> Problem {
    let detail = format!("This is not possible: {refusal}.");
    match refusal {
        StepRefusal::WrongState(state) => Problem::new(ProblemKind::StepRefused, detail).with("state", state.name()),
        StepRefusal::AuthorOnly => Problem::new(ProblemKind::RoleNeeded, detail).with("role", vec!["author"]),
        StepRefusal::StewardOnly => Problem::new(ProblemKind::RoleNeeded, detail).with("role", vec!["steward"]),
        StepRefusal::DiscussUntil(at)
        | StepRefusal::ReplyUntil(at)
        | StepRefusal::OpenUntil(at)
        | StepRefusal::ObjectionsUntil(at)
        | StepRefusal::ExecuteAfter(at)
        | StepRefusal::NotExpired(at) => {
            let problem = Problem::new(ProblemKind::StepRefused, detail);
            match moment(at) {
                Some(at) => problem.with("possible_at", results::text(at)),
                None => problem,
            }
        }
        StepRefusal::VotingTime { min, max } => Problem::field("closes_at", refusal)
            .with("voting_seconds_min", min)
            .with("voting_seconds_max", max),
        StepRefusal::OpeningTime => Problem::field("opens_at", refusal),
        StepRefusal::EmptyRoll
        | StepRefusal::TimePassed(_)
        | StepRefusal::OwnProposal
        | StepRefusal::Others(_)
        | StepRefusal::Contested
        | StepRefusal::NoNotice(_)
        | StepRefusal::ObjectedTooLate(_)
        | StepRefusal::TooLate(_) => Problem::new(ProblemKind::StepRefused, detail),
    }
}

/// Begins a proposal, as a draft that its author and stewards see.
///
/// # Errors
/// 422 where a text, the kind or the options are not acceptable.
pub async fn create(app: &App, asking: Asking, command: Command<NewProposal>) -> Result<Answer, Problem> {
    let Command { value: new, ask } = command;
    let mut texts = Texts::read(&new.title, &new.body, &new.options)?;
    texts.plan(new.actions)?;
    let mut tx = app.store.coop_tx("proposal_draft", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let bylaws = bylaws_current(&mut tx).await?.ok_or(RowDamage("bylaws"))?;
    let kind = kind_bylaws(&bylaws.content, &new.kind)?.ok_or_else(|| {
        Problem::field(
            "kind",
            "the bylaws of this co-op have no such kind of decision; read them for those they have",
        )
    })?;
    let stage = stages::first(&kind)?;
    let kind = &stage.bylaws;
    let original = match new.alternative_to {
        Some(to) => Some(alternatives::original(&mut tx, asking, to, (&new.kind, bylaws.version)).await?),
        None => None,
    };
    let terms = Terms {
        seats: new.seats,
        budget: new.budget,
        costs: new.costs,
    };
    let rule = terms.rule(&kind.rule, texts.options.len())?;
    texts.secrecy = secrecy::chosen(kind, new.secrecy)?;
    expulsions::require_times(&texts.planned()?, kind)?;
    let id = ProposalId::from_uuid(Uuid::now_v7());
    let row = NewProposalRow {
        id,
        kind: &new.kind,
        bylaws_version: bylaws.version,
        texts: texts.with_rule(&rule)?,
        author: asking.member,
    };
    proposal_insert(&mut tx, row).await?;
    let happened = [Event::ProposalDrafted {
        proposal: id,
        kind: &new.kind,
        bylaws_version: bylaws.version.unsigned_abs(),
        text: texts.text_hash(),
        options: texts.options_hash(),
        seats: rule.seats(),
    }];
    events::append(&mut tx, Some(asking.member), &happened).await?;
    stages::begin(&mut tx, (id, asking.member), &stage).await?;
    if let Some(original) = original {
        alternatives::begin(&mut tx, (id, asking.member), original).await?;
    }
    secrecy::tell(&mut tx, (id, asking.member), (Tier::Open, texts.secrecy)).await?;
    let answer = answer(app, &mut tx, asking, id, 201).await?;
    finish(tx, asking, &ask, answer).await
}

/// Changes the texts of a proposal before voting opens.
///
/// # Errors
/// 409 once voting opened, 412 where somebody else changed it in the meantime.
pub async fn edit(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: BasedOn,
    change: EditProposal,
) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("proposal_edit", asking.coop).await?;
    let standing = standing(&mut tx, asking, proposal).await?;
    let asker = asking.asker(&standing.row);
    if !asker.is_author && !asker.is_steward {
        return Err(refused(StepRefusal::AuthorOnly));
    }
    if !standing.state.is_editable() {
        return Err(frozen(standing.state));
    }
    stages::refuse_edit(&mut tx, proposal).await?;
    alternatives::refuse_edit(&mut tx, proposal).await?;
    based_on.require(standing.row.version)?;
    let old = &standing.row;
    let mut texts = Texts::read(
        change.title.as_deref().unwrap_or(&old.title),
        change.body.as_deref().unwrap_or(&old.body),
        change.options.as_deref().unwrap_or(&old.options),
    )?;
    texts.plan(change.actions.map_or_else(|| planned(old), Ok)?)?;
    texts.secrecy = secrecy::chosen(&standing.bylaws, change.secrecy.or(Some(tier(old)?)))?;
    let old_rule = rule(old)?;
    let terms = Terms {
        seats: change.seats,
        budget: change.budget,
        costs: change.costs,
    };
    let rule = terms.or_as_in(&old_rule).rule(&old_rule, texts.options.len())?;
    rewrite(&mut tx, asking, &standing, (texts, &rule), None).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Puts other texts in the place of those of a locked proposal: an author's, or those of an alternative that was adopted. What members
/// read so far is kept.
///
/// # Errors
/// 409 once voting opened, or where bylaws lack what the actions need.
pub(super) async fn rewrite(
    tx: &mut CoopTx,
    asking: Asking,
    standing: &Standing,
    (mut texts, rule): (Texts, &DecisionRule),
    adopted: Option<ProposalId>,
) -> Result<(), Problem> {
    let proposal = ProposalId::from_uuid(standing.row.id);
    let (planned, before) = (texts.planned()?, tier(&standing.row)?);
    expulsions::require_times(&planned, &standing.bylaws)?;
    if standing.state == State::Discussion {
        alternatives::keep(tx, proposal, (asking.member, standing.now), adopted).await?;
    }
    if !proposal_edit(tx, proposal, texts.with_rule(rule)?).await? {
        return Err(frozen(standing.state));
    }
    let happened = [Event::ProposalEdited {
        proposal,
        text: texts.text_hash(),
        options: texts.options_hash(),
        seats: rule.seats(),
    }];
    events::append(tx, Some(asking.member), &happened).await?;
    secrecy::tell(tx, (proposal, asking.member), (before, texts.secrecy)).await?;
    scheduling::end_edited(tx, asking, proposal).await?;
    if standing.state == State::Discussion {
        let told = (planned.as_slice(), &standing.bylaws);
        expulsions::give_notice(tx, (proposal, asking.member), told, standing.now).await?;
    }
    Ok(())
}

/// Puts a draft before the members.
///
/// # Errors
/// The refusals of the step; 412 where it is not the version the caller read.
pub async fn discuss(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    ask: Ask,
) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("proposal_discuss", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    alternatives::enter(&mut tx, proposal).await?;
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    let after = decide(&standing.facts(), Step::Discuss, asking.asker(&standing.row)).map_err(refused)?;
    let happened = if after == State::Admission {
        proposal_submit(&mut tx, proposal, standing.now).await?;
        Event::ProposalSubmitted { proposal }
    } else {
        proposal_discuss(&mut tx, proposal, standing.now).await?;
        Event::ProposalDiscussed { proposal }
    };
    events::append(&mut tx, Some(asking.member), &[happened]).await?;
    let told = (planned(&standing.row)?, &standing.bylaws);
    expulsions::give_notice(&mut tx, (proposal, asking.member), (&told.0, told.1), standing.now).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// Takes a proposal back, for a reason that members read.
///
/// # Errors
/// The refusals of the step.
pub async fn withdraw(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<Cancellation>,
) -> Result<Answer, Problem> {
    end(app, asking, (proposal, based_on), command, Step::Withdraw).await
}

/// Stops a proposal, with a reason that members read.
///
/// # Errors
/// The refusals of the step.
pub async fn cancel(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    command: Command<Cancellation>,
) -> Result<Answer, Problem> {
    end(app, asking, (proposal, based_on), command, Step::Cancel).await
}

async fn end(
    app: &App,
    asking: Asking,
    (proposal, based_on): (ProposalId, MaybeBasedOn),
    command: Command<Cancellation>,
    step: Step,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let reason =
        text::paragraphs(&value.reason, REASON_LENGTH_MAX).map_err(|refusal| Problem::text("reason", &refusal))?;
    let mut tx = app.store.coop_tx("proposal_end", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let standing = standing(&mut tx, asking, proposal).await?;
    based_on.require(standing.row.version)?;
    let after = decide(&standing.facts(), step, asking.asker(&standing.row)).map_err(refused)?;
    let ending = Ending {
        state: after.name(),
        by: asking.member,
        reason: &reason,
    };
    proposal_end(&mut tx, proposal, ending).await?;
    let reason = reason.as_str();
    let happened = if after == State::Withdrawn {
        Event::ProposalWithdrawn { proposal, reason }
    } else {
        Event::ProposalCancelled { proposal, reason }
    };
    events::append(&mut tx, Some(asking.member), &[happened]).await?;
    scheduling::forget(&mut tx, (proposal, asking.member), ScheduleOutcome::Ended).await?;
    // Where voting was open, the job that would have closed it finds nothing to do; it need not wait for that.
    job_hasten(&mut tx, JobKind::Close, proposal).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    finish(tx, asking, &ask, answer).await
}

/// A proposal as it stands now in the transaction, as an answer with its version.
///
/// # Errors
/// If the database fails.
pub async fn answer(
    app: &App,
    tx: &mut CoopTx,
    asking: Asking,
    proposal: ProposalId,
    status: u16,
) -> Result<Answer, Problem> {
    let row = proposal_read(tx, proposal).await?.ok_or_else(Problem::not_found)?;
    let version = row.version;
    let body = results::describe(app, tx, asking, row).await?;
    let answer = if status == 201 {
        Answer::created(&body)?
    } else {
        Answer::ok(&body)?
    };
    Ok(answer.at_version(version))
}

/// Takes the request's key. `Some` is the answer given before, with the version it had, which stands in its body.
///
/// # Errors
/// 422 where the key belongs to another request, 409 while the first one is worked on.
pub async fn begin(tx: &mut CoopTx, asking: Asking, ask: &Ask) -> Result<Option<Answer>, Problem> {
    let earlier = idempotent::begin(tx, asking.member.uuid(), ask).await?;
    Ok(
        earlier.map(|answer| match serde_json::from_slice::<Versioned>(&answer.body) {
            Ok(Versioned { version }) => answer.at_version(version),
            Err(_) => answer,
        }),
    )
}

/// What every answer about a proposal holds.
#[derive(serde::Deserialize)]
struct Versioned {
    version: i64,
}

/// Stores the answer with its effect and commits.
///
/// # Errors
/// If the database fails.
pub async fn finish(mut tx: CoopTx, asking: Asking, ask: &Ask, answer: Answer) -> Result<Answer, Problem> {
    idempotent::finish(&mut tx, asking.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

fn frozen(state: State) -> Problem {
    Problem::new(
        ProblemKind::ProposalFrozen,
        "What members vote on does not change once voting opened. Begin a new proposal for other texts.",
    )
    .with("state", state.name())
}
