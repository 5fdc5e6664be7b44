//! Ballots that arrive together share one guarded statement and one commit; each is accepted or refused on its own.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{CoopId, ProposalId, SessionId};
use governance::record::{Domain, ReceiptV1, Record as _, digest_under};
use governance::signature::SignatureKind;
use store::actor::session_live;
use store::ballot::{
    AcceptedBallot, EarlierBallot, NewBallot, RefusedBallot, ballot_append, ballot_refusals, ballots_that_wait,
};
use store::{Store, StoreError};
use uuid::Uuid;
use wire::ballot::BallotReceipt;
use wire::problem::ProblemKind;

use crate::causes;
use crate::failpoint::Failpoint;
use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::secrets::Secrets;
use crate::services::idempotent;

/// How many transactions one batch may take. Ballots of one voter wait for each other, and nobody else should wait for them.
const ROUNDS_MAX: usize = 3;

/// A ballot for the batch.
pub struct Asked {
    /// The namespace of the co-op.
    pub namespace: Hash32,
    /// The session that must still live, where one authenticates.
    pub session: Option<SessionId>,
    /// The ballot, its form and signature checked.
    pub ballot: NewBallot,
}

/// Casts batches.
pub struct Batcher {
    store: Store,
    secrets: Arc<Secrets>,
    metrics: Arc<Metrics>,
}

impl Batcher {
    /// Puts it together.
    #[must_use]
    pub const fn new(store: Store, secrets: Arc<Secrets>, metrics: Arc<Metrics>) -> Self {
        Self {
            store,
            secrets,
            metrics,
        }
    }

    /// Casts a batch of one co-op, each voter once per transaction.
    pub async fn cast(&self, coop: CoopId, batch: Vec<Asked>) -> Vec<Result<Answer, Problem>> {
        let mut answers = self.without_session(&batch).await;
        let mut waiting: Vec<(usize, Asked)> = batch
            .into_iter()
            .enumerate()
            .filter(|(place, _)| matches!(answers.get(*place), Some(None)))
            .collect();
        // What is left after the last round is told to come again.
        for _ in 0..ROUNDS_MAX {
            let Some(namespace) = waiting.first().map(|(_, asked)| asked.namespace) else {
                break;
            };
            let ballots: Vec<NewBallot> = waiting.iter().map(|(_, asked)| asked.ballot.clone()).collect();
            let given = self.cast_in_coop(coop, namespace, &ballots).await;
            let mut rest: Vec<(usize, Asked)> = Vec::new();
            for ((place, asked), answer) in waiting.into_iter().zip(given) {
                match (answer, answers.get_mut(place)) {
                    (None, _) => rest.push((place, asked)),
                    (answer, Some(slot)) => *slot = answer,
                    (Some(_), None) => {}
                }
            }
            waiting = rest;
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

    /// Casts what can be cast now. `None` stands for a ballot that follows another one of its voter in this batch and can only be
    /// cast after it.
    async fn cast_in_coop(&self, coop: CoopId, namespace: Hash32, ballots: &[NewBallot]) -> Vec<Slot> {
        let waits = ballots_that_wait(ballots);
        let (now, later): (Vec<usize>, Vec<usize>) =
            (0..ballots.len()).partition(|index| waits.get(*index).is_some_and(|waits| !waits));
        let ordered: Vec<NewBallot> = now
            .iter()
            .chain(&later)
            .filter_map(|index| ballots.get(*index).cloned())
            .collect();
        let given = match self.store_ballots(coop, &ordered, now.len()).await {
            Ok((accepted, refused)) => self.answers(namespace, &ordered, &accepted, &refused),
            Err(error) => {
                // Whether a lost commit went through is unknown: the same request tells, sent again.
                tracing::warn!(error.cause = %causes::chain(&error), ballots = ballots.len(), "a batch of ballots failed");
                ballots.iter().map(|_| Some(Err(batch_failed(&error)))).collect()
            }
        };
        let mut answers: Vec<Slot> = ballots.iter().map(|_| None).collect();
        for (index, answer) in now.into_iter().chain(later).zip(given) {
            if let Some(slot) = answers.get_mut(index) {
                *slot = answer;
            }
        }
        answers
    }

    /// One transaction: the guarded statement for the first `count`, where needed a look at those that were not stored and at
    /// those that wait for them, the commit.
    async fn store_ballots(
        &self,
        coop: CoopId,
        ballots: &[NewBallot],
        count: usize,
    ) -> Result<(Vec<AcceptedBallot>, Vec<RefusedBallot>), StoreError> {
        let mut tx = self.store.coop_tx("ballot_cast", coop).await?;
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

    /// Receipts and refusals, made only after the commit.
    fn answers(
        &self,
        namespace: Hash32,
        ballots: &[NewBallot],
        accepted: &[AcceptedBallot],
        refused: &[RefusedBallot],
    ) -> Vec<Slot> {
        let mut answers: Vec<Slot> = ballots.iter().map(|_| None).collect();
        // Signed without the chain in the domain: a receipt is the server's word and needs no contract to be checked.
        let domain = Domain { namespace, chain: None };
        let under = Under {
            namespace,
            separator: domain.separator(),
        };
        for row in accepted {
            if let Some((slot, ballot)) = at_place(&mut answers, ballots, row.place) {
                let told = Told::of(ballot, row);
                self.metrics.ballots.with_label_values(&[kind_name(told.kind)]).inc();
                *slot = Some(self.receipt(under, &told));
            }
        }
        for row in refused {
            if let Some((slot @ None, ballot)) = at_place(&mut answers, ballots, row.place) {
                *slot = match &row.earlier {
                    // A session is behind the account; without one only a key on the roll tells the voter from a stranger.
                    _ if ballot.account.is_none() && !row.has_key => Some(Err(Problem::not_found())),
                    Some(earlier) => Some(self.repeat(under, ballot, earlier)),
                    None => refusal(row, ballot).map(Err),
                };
            }
        }
        answers
    }

    /// The receipt of the ballot that the same request cast before. It follows from the ballot, byte for byte.
    fn repeat(&self, under: Under, ballot: &NewBallot, earlier: &EarlierBallot) -> Result<Answer, Problem> {
        let told = Told::of_earlier(ballot, earlier).ok_or_else(|| Problem::internal("a ballot's row is damaged"))?;
        let receipt = self.receipt(under, &told)?;
        let ask = Ask {
            key: ballot.key.clone(),
            request_hash: ballot.request_hash,
        };
        idempotent::repeat(&ask, &earlier.request_hash, receipt.status, receipt.body)
    }

    fn receipt(&self, under: Under, told: &Told) -> Result<Answer, Problem> {
        let receipt = ReceiptV1 {
            namespace: under.namespace,
            subject: told.proposal.word(),
            record_hash: told.record_hash,
            sequence: told.sequence.unsigned_abs(),
            at: told.cast_at.timestamp().unsigned_abs(),
            salt: told.salt,
        };
        let signature = self
            .secrets
            .attest(digest_under(under.separator, receipt.struct_hash()));
        Answer::created(&BallotReceipt {
            record_hash: receipt.record_hash,
            sequence: receipt.sequence,
            at: told.cast_at,
            revision: told.revision.unsigned_abs(),
            signature_kind: kind_name(told.kind).to_owned(),
            receipt,
            receipt_signature: governance::hash::to_hex(&signature),
            server_key: self.secrets.server_key().to_string(),
        })
    }
}

/// What all receipts of a batch share.
#[derive(Clone, Copy)]
struct Under {
    namespace: Hash32,
    separator: Hash32,
}

/// What a receipt tells of a ballot.
struct Told {
    proposal: ProposalId,
    revision: i64,
    record_hash: Hash32,
    salt: Hash32,
    kind: i16,
    sequence: i64,
    cast_at: DateTime<Utc>,
}

impl Told {
    fn of(ballot: &NewBallot, row: &AcceptedBallot) -> Self {
        Self {
            proposal: ProposalId::from_uuid(ballot.proposal),
            revision: ballot.revision,
            record_hash: Hash32::from_bytes(ballot.record_hash),
            salt: Hash32::from_bytes(ballot.salt),
            kind: ballot.kind,
            sequence: row.sequence,
            cast_at: row.cast_at,
        }
    }

    fn of_earlier(ballot: &NewBallot, earlier: &EarlierBallot) -> Option<Self> {
        Some(Self {
            proposal: ProposalId::from_uuid(ballot.proposal),
            revision: earlier.revision,
            record_hash: Hash32::from_slice(&earlier.record_hash)?,
            salt: Hash32::from_slice(&earlier.salt)?,
            kind: earlier.kind,
            sequence: earlier.sequence,
            cast_at: earlier.cast_at,
        })
    }
}

fn kind_name(kind: i16) -> &'static str {
    u8::try_from(kind)
        .ok()
        .and_then(SignatureKind::from_code)
        .map_or("unknown", SignatureKind::name)
}

type Slot = Option<Result<Answer, Problem>>;

fn at_place<'a>(
    answers: &'a mut [Slot],
    ballots: &'a [NewBallot],
    place: i64,
) -> Option<(&'a mut Slot, &'a NewBallot)> {
    let index = usize::try_from(place).ok()?.checked_sub(1)?;
    answers.get_mut(index).zip(ballots.get(index))
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
