//! Ballots that arrive together share one guarded statement and one commit; each is accepted or refused on its own.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{CoopId, ProposalId};
use governance::record::{Domain, ReceiptV1, Record as _, digest_of_hash};
use governance::signature::SignatureKind;
use store::ballot::{
    AcceptedBallot, EarlierBallot, NewBallot, RefusedBallot, ballot_append, ballot_refusals, ballots_that_wait,
};
use store::{Store, StoreError};
use wire::ballot::BallotReceipt;
use wire::problem::ProblemKind;

use crate::failpoint::Failpoint;
use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::secrets::Secrets;
use crate::services::idempotent;

/// A ballot for the batch.
pub struct Asked {
    /// The co-op.
    pub coop: CoopId,
    /// Its namespace.
    pub namespace: Hash32,
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

    /// Casts a batch: each co-op behind its own wall, each voter once per transaction.
    pub async fn cast(&self, batch: Vec<Asked>) -> Vec<Result<Answer, Problem>> {
        let mut answers: Vec<Option<Result<Answer, Problem>>> = batch.iter().map(|_| None).collect();
        let mut waiting: Vec<(usize, Asked)> = batch.into_iter().enumerate().collect();
        while let Some((coop, namespace)) = waiting.first().map(|(_, asked)| (asked.coop, asked.namespace)) {
            let (round, mut rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, asked)| asked.coop == coop);
            let ballots: Vec<NewBallot> = round.iter().map(|(_, asked)| asked.ballot.clone()).collect();
            let waits = ballots_that_wait(&ballots);
            let (later, now): (Vec<_>, Vec<_>) = round.into_iter().zip(waits).partition(|(_, waits)| *waits);
            rest.extend(later.into_iter().map(|(asked, _)| asked));
            waiting = rest;
            let (places, ballots): (Vec<usize>, Vec<NewBallot>) =
                now.into_iter().map(|((place, asked), _)| (place, asked.ballot)).unzip();
            for (place, answer) in places
                .into_iter()
                .zip(self.cast_in_coop(coop, namespace, ballots).await)
            {
                if let Some(slot) = answers.get_mut(place) {
                    *slot = Some(answer);
                }
            }
        }
        complete(answers)
    }

    async fn cast_in_coop(
        &self,
        coop: CoopId,
        namespace: Hash32,
        ballots: Vec<NewBallot>,
    ) -> Vec<Result<Answer, Problem>> {
        match self.store_ballots(coop, &ballots).await {
            Ok((accepted, refused)) => self.answers(namespace, &ballots, &accepted, &refused),
            Err(error) => {
                // Whether a lost commit went through is unknown: the same request tells, sent again.
                tracing::warn!(error.cause = %error, ballots = ballots.len(), "a batch of ballots failed");
                ballots.iter().map(|_| Err(Problem::busy())).collect()
            }
        }
    }

    /// One transaction: the guarded statement, where needed a look at what was refused, the commit.
    async fn store_ballots(
        &self,
        coop: CoopId,
        ballots: &[NewBallot],
    ) -> Result<(Vec<AcceptedBallot>, Vec<RefusedBallot>), StoreError> {
        let mut tx = self.store.coop_tx("ballot_cast", coop).await?;
        let accepted = ballot_append(&mut tx, ballots).await?;
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
    ) -> Vec<Result<Answer, Problem>> {
        let mut answers: Vec<Option<Result<Answer, Problem>>> = ballots.iter().map(|_| None).collect();
        for row in accepted {
            if let Some((slot, ballot)) = at_place(&mut answers, ballots, row.place) {
                let told = Told::of(ballot, row);
                self.metrics.ballots.with_label_values(&[kind_name(told.kind)]).inc();
                *slot = Some(self.receipt(namespace, &told));
            }
        }
        for row in refused {
            if let Some((slot @ None, ballot)) = at_place(&mut answers, ballots, row.place) {
                *slot = Some(match &row.earlier {
                    Some(earlier) => self.repeat(namespace, ballot, earlier),
                    None => Err(refusal(row, ballot)),
                });
            }
        }
        complete(answers)
    }

    /// The receipt of the ballot that the same request cast before. It follows from the ballot, byte for byte.
    fn repeat(&self, namespace: Hash32, ballot: &NewBallot, earlier: &EarlierBallot) -> Result<Answer, Problem> {
        let told = Told::of_earlier(ballot, earlier).ok_or_else(|| Problem::internal("a ballot's row is damaged"))?;
        let receipt = self.receipt(namespace, &told)?;
        let ask = Ask {
            key: ballot.key.clone(),
            request_hash: ballot.request_hash,
        };
        idempotent::repeat(&ask, &earlier.request_hash, receipt.status, receipt.body)
    }

    fn receipt(&self, namespace: Hash32, told: &Told) -> Result<Answer, Problem> {
        let receipt = ReceiptV1 {
            namespace,
            subject: told.proposal.word(),
            record_hash: told.record_hash,
            sequence: told.sequence.unsigned_abs(),
            at: told.cast_at.timestamp().unsigned_abs(),
            salt: told.salt,
        };
        // Signed without the chain in the domain: a receipt is the server's word and needs no contract to be checked.
        let domain = Domain { namespace, chain: None };
        let signature = self.secrets.attest(digest_of_hash(&domain, receipt.struct_hash()));
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

fn complete(answers: Vec<Slot>) -> Vec<Result<Answer, Problem>> {
    answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|| Err(Problem::busy())))
        .collect()
}

/// Voting is not open, whether it never was or is over.
#[must_use]
pub fn not_open() -> Problem {
    Problem::new(
        ProblemKind::VotingClosed,
        "Voting is not open on this proposal, so the ballot was not stored. Look at the proposal for when it opens or what it decided.",
    )
}

fn refusal(row: &RefusedBallot, ballot: &NewBallot) -> Problem {
    if !row.exists || !row.is_own {
        Problem::not_found()
    } else if !row.is_open {
        not_open()
    } else if !row.is_on_roll {
        Problem::new(
            ProblemKind::NotOnRoll,
            "You are not on the roll of this proposal: it was frozen when voting opened, with the members of that moment.",
        )
    } else if !row.is_active {
        Problem::new(
            ProblemKind::MembershipInactive,
            "The membership is not active, so it cannot vote. Ask a steward of the co-op.",
        )
    } else if !row.has_key {
        Problem::new(
            ProblemKind::KeyNotOnRoll,
            "This key was not on the roll when voting opened. Sign with a key that was, or sign in and cast without a signature.",
        )
    } else if row.current_revision.saturating_add(1) != ballot.revision {
        let next = row.current_revision.saturating_add(1);
        Problem::new(
            ProblemKind::RevisionConflict,
            format!(
                "Your last ballot here has revision {}, so the next one must be {next}. Look at it and cast again if you still want to change it.",
                row.current_revision
            ),
        )
        .with("current_revision", row.current_revision)
    } else {
        // Everything holds now: another ballot was in the way for a moment.
        Problem::busy()
    }
}
