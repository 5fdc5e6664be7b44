//! Ballots that arrive together share one guarded statement and one commit; each is accepted or refused on its own.

use std::collections::HashMap;
use std::sync::Arc;

use governance::id::{CoopId, SessionId};
use store::actor::session_live;
use store::ballot::{
    AcceptedBallot, EarlierBallot, NewBallot, RefusedBallot, ballot_append, ballot_refusals, ballots_that_wait,
};
use store::{Store, StoreError};
use uuid::Uuid;
use wire::problem::ProblemKind;

use crate::causes;
use crate::failpoint::Failpoint;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::services::cast_receipt::Told;
use crate::services::idempotent;

/// How many transactions one batch may take. Ballots of one voter wait for each other, and nobody else should wait for them.
const ROUNDS_MAX: usize = 3;

/// A ballot for the batch.
pub struct Asked {
    /// The session that must still live, where one authenticates.
    pub session: Option<SessionId>,
    /// The ballot, its form and signature checked.
    pub ballot: NewBallot,
}

/// Casts batches.
pub struct Batcher {
    store: Store,
    metrics: Arc<Metrics>,
}

type Slot = Option<Result<Told, Problem>>;

impl Batcher {
    /// Puts it together.
    #[must_use]
    pub const fn new(store: Store, metrics: Arc<Metrics>) -> Self {
        Self { store, metrics }
    }

    /// Casts a batch of one co-op, each voter once per transaction.
    pub async fn cast(&self, coop: CoopId, batch: &[Asked]) -> Vec<Result<Told, Problem>> {
        let mut answers = self.without_session(batch).await;
        // What is left after the last round is told to come again.
        for _ in 0..ROUNDS_MAX {
            let waiting: Vec<(usize, &NewBallot)> = batch
                .iter()
                .zip(&answers)
                .enumerate()
                .filter(|(_, (_, answer))| answer.is_none())
                .map(|(place, (asked, _))| (place, &asked.ballot))
                .collect();
            if waiting.is_empty() {
                break;
            }
            for (place, answer) in self.cast_in_coop(coop, waiting).await {
                if let Some(slot) = answers.get_mut(place) {
                    *slot = answer;
                }
            }
        }
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|| Err(Problem::busy())))
            .collect()
    }

    /// The refusals of those whose session ended or is another account's; `None` for all others.
    async fn without_session(&self, batch: &[Asked]) -> Vec<Slot> {
        let sessions: Vec<Uuid> = batch.iter().filter_map(|asked| Some(asked.session?.uuid())).collect();
        let live = if sessions.is_empty() {
            Ok(Vec::new())
        } else {
            session_live(&self.store, &sessions).await
        };
        match live {
            Ok(live) => {
                let accounts: HashMap<Uuid, Uuid> = live.into_iter().map(|live| (live.id, live.account_id)).collect();
                batch
                    .iter()
                    .map(|asked| {
                        let session = asked.session?.uuid();
                        let is_own = accounts.get(&session).copied() == asked.ballot.account;
                        (!is_own).then(|| Err(Problem::unauthenticated()))
                    })
                    .collect()
            }
            Err(error) => {
                tracing::warn!(error.cause = %causes::chain(&error), sessions = sessions.len(), "sessions could not be looked up");
                batch
                    .iter()
                    .map(|asked| asked.session.map(|_| Err(batch_failed(&error))))
                    .collect()
            }
        }
    }

    /// Casts what can be cast now; each answer with its ballot's place in the batch. `None` stands for a ballot that follows another
    /// one of its voter in this batch and can only be cast after it.
    async fn cast_in_coop(&self, coop: CoopId, mut waiting: Vec<(usize, &NewBallot)>) -> Vec<(usize, Slot)> {
        let count = now_first(&mut waiting);
        let ballots: Vec<&NewBallot> = waiting.iter().map(|(_, ballot)| *ballot).collect();
        let given = match self.store_ballots(coop, &ballots, count).await {
            Ok((accepted, refused)) => self.answers(&ballots, &accepted, &refused),
            Err(error) => {
                // Whether a lost commit went through is unknown: the same request tells, sent again.
                tracing::warn!(error.cause = %causes::chain(&error), ballots = ballots.len(), "a batch of ballots failed");
                ballots.iter().map(|_| Some(Err(batch_failed(&error)))).collect()
            }
        };
        waiting.into_iter().map(|(place, _)| place).zip(given).collect()
    }

    /// One transaction: the guarded statement for the first `count`, where needed a look at those that were not stored and at
    /// those that wait for them, the commit.
    async fn store_ballots(
        &self,
        coop: CoopId,
        ballots: &[&NewBallot],
        count: usize,
    ) -> Result<(Vec<AcceptedBallot>, Vec<RefusedBallot>), StoreError> {
        let mut tx = self.store.coop_tx_by_key("ballot_cast", coop).await?;
        let accepted = ballot_append(&mut tx, ballots.get(..count).unwrap_or(ballots)).await?;
        let refused = if accepted.len() < ballots.len() {
            ballot_refusals(&mut tx, ballots).await?
        } else {
            Vec::new()
        };
        Failpoint::BallotStored.reach();
        tx.commit().await?;
        Failpoint::BallotCommitted.reach();
        Ok((accepted, refused))
    }

    /// What was stored and what refused, told only after the commit.
    fn answers(&self, ballots: &[&NewBallot], accepted: &[AcceptedBallot], refused: &[RefusedBallot]) -> Vec<Slot> {
        let mut answers: Vec<Slot> = ballots.iter().map(|_| None).collect();
        for row in accepted {
            if let Some((slot, ballot)) = at_place(&mut answers, ballots, row.place) {
                let told = Told::of(ballot, row);
                self.metrics.ballots.with_label_values(&[told.kind_name()]).inc();
                *slot = Some(Ok(told));
            }
        }
        for row in refused {
            if let Some((slot @ None, ballot)) = at_place(&mut answers, ballots, row.place) {
                *slot = match &row.earlier {
                    // A session is behind the account; without one only a key on the roll tells the voter from a stranger.
                    _ if ballot.account.is_none() && !row.has_key => Some(Err(Problem::not_found())),
                    Some(earlier) => Some(repeat(ballot, earlier)),
                    None => refusal(row, ballot).map(Err),
                };
            }
        }
        answers
    }
}

/// Puts those that follow another one of their voter behind all others, both in their order; tells how many others there are.
fn now_first(waiting: &mut Vec<(usize, &NewBallot)>) -> usize {
    let ballots: Vec<&NewBallot> = waiting.iter().map(|(_, ballot)| *ballot).collect();
    let mut waits = ballots_that_wait(&ballots).into_iter();
    let (mut now, later): (Vec<_>, Vec<_>) = waiting.drain(..).partition(|_| waits.next() == Some(false));
    let count = now.len();
    now.extend(later);
    *waiting = now;
    count
}

/// The ballot that the same request cast before.
fn repeat(ballot: &NewBallot, earlier: &EarlierBallot) -> Result<Told, Problem> {
    if earlier.request_hash != ballot.request_hash {
        return Err(idempotent::reused());
    }
    Told::of_earlier(ballot, earlier).ok_or_else(|| Problem::internal("a ballot's row is damaged"))
}

fn at_place<'a>(
    answers: &'a mut [Slot],
    ballots: &'a [&NewBallot],
    place: i64,
) -> Option<(&'a mut Slot, &'a NewBallot)> {
    let index = usize::try_from(place).ok()?.checked_sub(1)?;
    answers.get_mut(index).zip(ballots.get(index).copied())
}

/// What every voter of a batch is told that failed as a whole.
fn batch_failed(error: &StoreError) -> Problem {
    match error {
        StoreError::CommitUnknown(_) => Problem::unknown(),
        StoreError::Unavailable(_) | StoreError::Constraint { .. } | StoreError::Busy | StoreError::Unexpected(_) => {
            Problem::busy()
        }
    }
}

/// Voting is not open, whether it never was or is over.
#[must_use]
pub fn not_open() -> Problem {
    Problem::new(
        ProblemKind::VotingClosed,
        "Voting is not open on this proposal, so the ballot was not stored. Look at the proposal for when it opens or what it decided.",
    )
}

/// Why a ballot cannot be stored; `None` if nothing stands against it any more.
fn refusal(row: &RefusedBallot, ballot: &NewBallot) -> Option<Problem> {
    if !row.exists || !row.is_own {
        return Some(Problem::not_found());
    }
    if !row.is_open {
        return Some(not_open());
    }
    if !row.is_on_roll {
        return Some(Problem::new(
            ProblemKind::NotOnRoll,
            "You are not on the roll of this proposal: it was frozen when voting opened, with the members of that moment.",
        ));
    }
    if !row.is_active {
        return Some(Problem::new(
            ProblemKind::MembershipInactive,
            "The membership is not active, so it cannot vote. Ask a steward of the co-op.",
        ));
    }
    if !row.has_key {
        return Some(Problem::new(
            ProblemKind::KeyNotOnRoll,
            "This key was not on the roll when voting opened. Sign with a key that was, or sign in and cast without a signature.",
        ));
    }
    let next = row.current_revision.saturating_add(1);
    (ballot.revision != next).then(|| {
        Problem::new(
            ProblemKind::RevisionConflict,
            format!(
                "Your last ballot here has revision {}, so the next one must be {next}. Look at it and cast again if you still want to change it.",
                row.current_revision
            ),
        )
        .with("current_revision", row.current_revision)
    })
}
