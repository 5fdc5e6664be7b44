//! Casting a ballot: the hot path. Form and signature are checked here, then ballots that arrive together share one statement and
//! one commit; none is acknowledged before it is durable.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use governance::ballot::{Method, read_choice};
use governance::hash::{Hash32, keccak256};
use governance::id::{CoopId, MemberId, ProposalId};
use governance::record::{BallotV1, ChainDomain, Domain, ReceiptV1, Record as _, digest_of_hash};
use governance::signature::{PublicKey, SignatureKind, verify};
use governance::text;
use store::ballot::{
    AcceptedBallot, CastEffect, CastHeader, NewBallot, RefusedBallot, ballot_append, ballot_effects_append,
    ballot_refusals, ballots_that_wait, cast_header,
};
use store::{Store, StoreError};
use wire::ballot::{BallotReceipt, BallotSignature, CastBallot};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::combine::Combiner;
use crate::failpoint::Failpoint;
use crate::http::actor::{Active, Actor, Right as _, SignedIn};
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command};
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::secrets::Secrets;
use crate::services::idempotent;

/// How many batches go on at once: while one waits for the disk another is prepared. More would make batches smaller, and the
/// database would have to note several holders of each row lock.
const LANES: usize = 2;
/// The longest reason, in characters.
const REASON_LENGTH_MAX: usize = 2_000;
/// How many open proposals are remembered; what is remembered never changes, so forgetting costs one read.
const HEADERS_MAX: usize = 1_024;

/// What a ballot is checked against; fixed when voting opened.
#[derive(Debug, Clone, Copy)]
struct Header {
    method: Method,
    option_count: usize,
    proposal_hash: Hash32,
    domain: Domain,
}

/// A ballot for the batch.
struct Asked {
    coop: CoopId,
    namespace: Hash32,
    ballot: NewBallot,
}

/// Shared by every request that casts.
pub struct Casting {
    headers: RwLock<HashMap<(CoopId, ProposalId), Header>>,
    combiner: Combiner<Asked, Result<Answer, Problem>>,
}

impl Casting {
    /// Starts the lanes.
    #[must_use]
    pub fn start(store: Store, secrets: Arc<Secrets>, metrics: Arc<Metrics>) -> Self {
        let batcher = Arc::new(Batcher {
            store,
            secrets,
            metrics,
        });
        Self {
            headers: RwLock::new(HashMap::new()),
            combiner: Combiner::start(LANES, move |batch| {
                let batcher = Arc::clone(&batcher);
                async move { batcher.cast(batch).await }
            }),
        }
    }
}

/// Casts a ballot. Who signed in needs no signature; who signs with a key on the roll needs no session.
///
/// # Errors
/// The refusals of casting, each with what to do next.
pub async fn cast(
    app: &App,
    (coop, proposal): (CoopId, ProposalId),
    signed_in: Option<SignedIn>,
    command: Command<CastBallot>,
) -> Result<Answer, Problem> {
    let Command { value: cast, ask } = command;
    let voter = voter(app, coop, signed_in, &cast).await?;
    let header = header(app, coop, proposal).await?;
    read_choice(header.method, header.option_count, &cast.options, &cast.points).map_err(|refusal| {
        Problem::new(
            ProblemKind::BallotMalformed,
            format!("{refusal}. Correct the ballot and cast it again."),
        )
    })?;
    let reason = cast
        .reason
        .as_deref()
        .map(|reason| text::paragraphs(reason, REASON_LENGTH_MAX))
        .transpose()
        .map_err(|refusal| Problem::text("reason", &refusal))?;
    let record = BallotV1 {
        namespace: header.domain.namespace,
        proposal: proposal.word(),
        proposal_hash: header.proposal_hash,
        voter: voter.word(),
        revision: cast.revision,
        options: cast.options,
        points: cast.points,
        reason: reason
            .as_ref()
            .map_or(Hash32::ZERO, |reason| keccak256(reason.as_bytes())),
        salt: cast.salt,
    };
    let record_hash = record.struct_hash();
    let signed = sign(app, &header, record_hash, cast.signature.as_ref())?;
    let ballot = NewBallot {
        proposal: proposal.uuid(),
        member: voter.uuid(),
        revision: i64::try_from(record.revision).map_err(|_| Problem::field("revision", "it is too large"))?,
        options: record.options,
        points: record.points,
        reason,
        salt: *record.salt.as_bytes(),
        record_hash: *record_hash.as_bytes(),
        kind: i16::from(signed.kind.code()),
        public_key: signed.public_key,
        signature: signed.signature,
        key: ask.key,
        request_hash: ask.request_hash,
    };
    app.casting
        .combiner
        .ask(Asked {
            coop,
            namespace: header.domain.namespace,
            ballot,
        })
        .await?
}

/// Whose ballot it is: the member who signed in, or without a session the one whose key signed it.
async fn voter(app: &App, coop: CoopId, signed_in: Option<SignedIn>, cast: &CastBallot) -> Result<MemberId, Problem> {
    match (signed_in, cast.voter) {
        (Some(signed_in), named) => {
            let actor: Actor<Active> = app.member(signed_in, coop).await?;
            Active::check(actor.is_active, &actor.roles)?;
            if named.is_some_and(|named| named != actor.member) {
                return Err(Problem::field(
                    "voter",
                    "it names another member than the one signed in; leave it out",
                ));
            }
            Ok(actor.member)
        }
        (None, Some(named)) if cast.signature.is_some() => Ok(named),
        (None, _) => Err(Problem::new(
            ProblemKind::Unauthenticated,
            "Sign in to vote, or send a ballot that a key on the roll has signed, with its voter.",
        )),
    }
}

async fn header(app: &App, coop: CoopId, proposal: ProposalId) -> Result<Header, Problem> {
    let known = app
        .casting
        .headers
        .read()
        .ok()
        .and_then(|headers| headers.get(&(coop, proposal)).copied());
    if let Some(header) = known {
        return Ok(header);
    }
    let mut tx = app.store.coop_tx("cast_header", coop).await?;
    let found = cast_header(&mut tx, proposal.uuid()).await?;
    tx.commit().await?;
    let row = found.ok_or_else(Problem::not_found)?.ok_or_else(not_open)?;
    let header = read_header(&row).ok_or_else(|| Problem::internal("an open proposal's row is damaged"))?;
    if let Ok(mut headers) = app.casting.headers.write() {
        if headers.len() >= HEADERS_MAX {
            headers.clear();
        }
        headers.insert((coop, proposal), header);
    }
    Ok(header)
}

fn read_header(row: &CastHeader) -> Option<Header> {
    let chain = match (row.chain_id, &row.contract) {
        (Some(chain_id), Some(contract)) => Some(ChainDomain {
            chain_id: u64::try_from(chain_id).ok()?,
            contract: contract.as_slice().try_into().ok()?,
        }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return None,
    };
    Some(Header {
        method: Method::from_name(&row.method)?,
        option_count: usize::try_from(row.option_count).ok()?,
        proposal_hash: Hash32::from_slice(&row.record_hash)?,
        domain: Domain {
            namespace: Hash32::from_slice(&row.namespace)?,
            chain,
        },
    })
}

struct Signed {
    kind: SignatureKind,
    public_key: Vec<u8>,
    signature: Vec<u8>,
}

/// Checks the voter's signature, or attests the ballot with the server's key.
fn sign(
    app: &App,
    header: &Header,
    record_hash: Hash32,
    signature: Option<&BallotSignature>,
) -> Result<Signed, Problem> {
    let digest = digest_of_hash(&header.domain, record_hash);
    let Some(given) = signature else {
        return Ok(Signed {
            kind: SignatureKind::Session,
            public_key: app.secrets.server_key().as_bytes().to_vec(),
            signature: app.secrets.attest(digest).to_vec(),
        });
    };
    let refused = |why: &dyn std::fmt::Display| {
        Problem::new(
            ProblemKind::SignatureRefused,
            format!("The signature was refused: {why}. Sign the digest of exactly this ballot and cast it again."),
        )
    };
    let kind = match SignatureKind::from_name(&given.kind) {
        Some(kind @ (SignatureKind::Wallet | SignatureKind::Ed25519)) => kind,
        Some(SignatureKind::Session) | None => return Err(refused(&"its kind must be wallet or ed25519")),
    };
    let key = PublicKey::parse_hex(kind, &given.public_key).map_err(|refusal| refused(&refusal))?;
    let bytes =
        governance::hash::from_hex(&given.signature).ok_or_else(|| refused(&"it must be 0x and hexadecimal digits"))?;
    verify(&key, digest, &bytes).map_err(|refusal| refused(&refusal))?;
    Ok(Signed {
        kind,
        public_key: key.as_bytes().to_vec(),
        signature: bytes,
    })
}

fn not_open() -> Problem {
    Problem::new(
        ProblemKind::VotingClosed,
        "Voting is not open on this proposal, so the ballot was not stored. Look at the proposal for when it opens or what it decided.",
    )
}

struct Batcher {
    store: Store,
    secrets: Arc<Secrets>,
    metrics: Arc<Metrics>,
}

impl Batcher {
    /// Casts a batch: each co-op behind its own wall, each voter once per transaction.
    async fn cast(&self, batch: Vec<Asked>) -> Vec<Result<Answer, Problem>> {
        let mut answers: Vec<Option<Result<Answer, Problem>>> = batch.iter().map(|_| None).collect();
        let mut waiting: Vec<(usize, Asked)> = batch.into_iter().enumerate().collect();
        while let Some(coop) = waiting.first().map(|(_, asked)| asked.coop) {
            let (round, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, asked)| asked.coop == coop);
            let namespace = round.first().map_or(Hash32::ZERO, |(_, asked)| asked.namespace);
            let (places, ballots): (Vec<usize>, Vec<NewBallot>) =
                round.into_iter().map(|(place, asked)| (place, asked.ballot)).unzip();
            let mut now = (Vec::new(), Vec::new());
            waiting = rest;
            for ((place, ballot), waits) in places.into_iter().zip(ballots.clone()).zip(ballots_that_wait(&ballots)) {
                if waits {
                    waiting.push((
                        place,
                        Asked {
                            coop,
                            namespace,
                            ballot,
                        },
                    ));
                } else {
                    now.0.push(place);
                    now.1.push(ballot);
                }
            }
            for (place, answer) in now.0.into_iter().zip(self.cast_in_coop(coop, namespace, now.1).await) {
                if let Some(slot) = answers.get_mut(place) {
                    *slot = Some(answer);
                }
            }
        }
        answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|| Err(Problem::busy())))
            .collect()
    }

    async fn cast_in_coop(
        &self,
        coop: CoopId,
        namespace: Hash32,
        ballots: Vec<NewBallot>,
    ) -> Vec<Result<Answer, Problem>> {
        match self.cast_together(coop, namespace, &ballots).await {
            Ok(answers) => answers,
            // One ballot can spoil a statement for all (an Idempotency-Key used twice at the same instant); apart, each gets
            // the answer that is its own.
            Err(StoreError::Constraint { .. }) if ballots.len() > 1 => {
                let mut answers = Vec::with_capacity(ballots.len());
                for ballot in &ballots {
                    let alone = self.cast_together(coop, namespace, std::slice::from_ref(ballot)).await;
                    answers.push(match alone {
                        Ok(mut one) => one.pop().unwrap_or_else(|| Err(Problem::busy())),
                        Err(error) => Err(refused_alone(error)),
                    });
                }
                answers
            }
            Err(error) => {
                tracing::warn!(error.cause = %error, ballots = ballots.len(), "a batch of ballots failed");
                ballots.iter().map(|_| Err(Problem::busy())).collect()
            }
        }
    }

    /// One transaction: the guarded statement, the receipts, their storage, the commit. Nothing is acknowledged before it.
    async fn cast_together(
        &self,
        coop: CoopId,
        namespace: Hash32,
        ballots: &[NewBallot],
    ) -> Result<Vec<Result<Answer, Problem>>, StoreError> {
        let mut tx = self.store.coop_tx("ballot_cast", coop).await?;
        let accepted = ballot_append(&mut tx, ballots).await?;
        let mut answers: Vec<Option<Result<Answer, Problem>>> = ballots.iter().map(|_| None).collect();
        let mut effects = Vec::with_capacity(accepted.len());
        for row in &accepted {
            let Some((place, ballot)) = at_place(ballots, row.place) else {
                continue;
            };
            let answer = self.receipt(namespace, ballot, row);
            if let Ok(answer) = &answer {
                effects.push(CastEffect {
                    member: ballot.member,
                    key: ballot.key.clone(),
                    request_hash: ballot.request_hash,
                    body: answer.body.clone(),
                });
            }
            if let Some(slot) = answers.get_mut(place) {
                *slot = Some(answer);
            }
        }
        if !effects.is_empty() {
            ballot_effects_append(&mut tx, 201, &effects).await?;
        }
        if accepted.len() < ballots.len() {
            for row in ballot_refusals(&mut tx, ballots).await? {
                let Some((place, ballot)) = at_place(ballots, row.place) else {
                    continue;
                };
                if let Some(slot @ None) = answers.get_mut(place) {
                    *slot = Some(refusal(&row, ballot));
                }
            }
        }
        Failpoint::BallotStored.reach();
        tx.commit().await?;
        Failpoint::BallotCommitted.reach();
        for ballot in accepted
            .iter()
            .filter_map(|row| at_place(ballots, row.place))
            .map(|(_, ballot)| ballot)
        {
            let name = u8::try_from(ballot.kind)
                .ok()
                .and_then(SignatureKind::from_code)
                .map_or("unknown", SignatureKind::name);
            self.metrics.ballots.with_label_values(&[name]).inc();
        }
        Ok(answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|| Err(Problem::busy())))
            .collect())
    }

    fn receipt(&self, namespace: Hash32, ballot: &NewBallot, row: &AcceptedBallot) -> Result<Answer, Problem> {
        let receipt = ReceiptV1 {
            namespace,
            subject: ProposalId::from_uuid(ballot.proposal).word(),
            record_hash: Hash32::from_bytes(ballot.record_hash),
            sequence: row.sequence.unsigned_abs(),
            at: row.cast_at.timestamp().unsigned_abs(),
            salt: Hash32::from_bytes(ballot.salt),
        };
        // Signed without the chain in the domain: a receipt is the server's word and needs no contract to be checked.
        let domain = Domain { namespace, chain: None };
        let signature = self.secrets.attest(digest_of_hash(&domain, receipt.struct_hash()));
        Answer::created(&BallotReceipt {
            record_hash: receipt.record_hash,
            sequence: receipt.sequence,
            at: row.cast_at,
            revision: ballot.revision.unsigned_abs(),
            signature_kind: u8::try_from(ballot.kind)
                .ok()
                .and_then(SignatureKind::from_code)
                .map_or("unknown", SignatureKind::name)
                .to_owned(),
            receipt,
            receipt_signature: governance::hash::to_hex(&signature),
            server_key: self.secrets.server_key().to_string(),
        })
    }
}

fn at_place(ballots: &[NewBallot], place: i64) -> Option<(usize, &NewBallot)> {
    let index = usize::try_from(place).ok()?.checked_sub(1)?;
    ballots.get(index).map(|ballot| (index, ballot))
}

fn refused_alone(error: StoreError) -> Problem {
    match error {
        // The same key arrived twice at the same instant and the other one won.
        StoreError::Constraint { .. } => Problem::new(
            ProblemKind::IdempotencyInFlight,
            "The first request with this Idempotency-Key is still being worked on. Wait a moment and repeat it.",
        )
        .retry_after(1),
        other @ (StoreError::Unavailable(_) | StoreError::Busy | StoreError::Unexpected(_)) => other.into(),
    }
}

fn refusal(row: &RefusedBallot, ballot: &NewBallot) -> Result<Answer, Problem> {
    if let (Some(hash), Some(body)) = (&row.earlier_hash, &row.earlier_body) {
        let ask = Ask {
            key: ballot.key.clone(),
            request_hash: ballot.request_hash,
        };
        return idempotent::repeat(&ask, hash, 201, body.clone());
    }
    Err(if !row.exists {
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
        Problem::new(
            ProblemKind::RevisionConflict,
            format!(
                "Your last ballot here has revision {}, so the next one must be {}. Look at it and cast again if you still want to change it.",
                row.current_revision,
                row.current_revision.saturating_add(1)
            ),
        )
        .with("current_revision", row.current_revision)
    } else {
        // Everything holds now: another ballot was in the way for a moment.
        Problem::busy()
    })
}
