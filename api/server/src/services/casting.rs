//! Casting a ballot: the hot path. Form and signature are checked here, then ballots that arrive together share one statement and
//! one commit; none is acknowledged before it is durable.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use governance::ballot::{Form, read_choice};
use governance::bylaws::KindBylaws;
use governance::hash::{Hash32, keccak256};
use governance::id::{AccountId, CoopId, MemberId, ProposalId, SessionId};
use governance::record::{BallotV1, ChainDomain, Domain, Record as _, digest_under};
use governance::rule::DecisionRule;
use governance::secrecy::{SmallGroup, Tier};
use governance::text;
use store::Store;
use store::ballot::{CastHeader, NewBallot, ballot_refusals, cast_header};
use store::decision::roll::roll_member;
use wire::ballot::CastBallot;
use wire::problem::ProblemKind;

use crate::app::App;
use crate::combine::{Combiner, Limits};
use crate::http::actor::{Active, Actor, Member, Right as _, SignedIn};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::services::cast_batch::{Asked, Batcher, not_open};
use crate::services::cast_receipt::{Told, Under};
use crate::services::cast_signature::{Given, Misfit, Signed};
use crate::services::late_quorum;
use crate::tokens::Named;

/// The longest reason, in characters.
const REASON_LENGTH_MAX: usize = 2_000;
/// How many open proposals are remembered; what is remembered never changes, so forgetting costs one read.
const HEADERS_MAX: usize = 1_024;

/// What a ballot is checked against; fixed when voting opened.
#[derive(Debug, Clone)]
struct Header {
    rule: Arc<DecisionRule>,
    tier: Tier,
    small_group: SmallGroup,
    option_count: usize,
    proposal_hash: Hash32,
    namespace: Hash32,
    /// Of the domain in which ballots are signed.
    separator: Hash32,
    /// Where receipts are signed.
    under: Under,
}

/// Shared by every request that casts.
pub struct Casting {
    headers: RwLock<HashMap<(CoopId, ProposalId), Header>>,
    combiner: Combiner<CoopId, Asked, Result<Told, Problem>>,
}

impl Casting {
    /// Starts the lanes.
    #[must_use]
    pub fn start(store: Store, metrics: Arc<Metrics>) -> Self {
        let batcher = Arc::new(Batcher::new(store, metrics));
        Self {
            headers: RwLock::new(HashMap::new()),
            combiner: Combiner::start(Limits::default(), move |coop, batch: Vec<Asked>| {
                let batcher = Arc::clone(&batcher);
                async move { batcher.cast(coop, &batch).await }
            }),
        }
    }
}

/// Who casts.
#[derive(Clone, Copy)]
pub enum Caster {
    /// Nobody signed in: the signature of the ballot is what authenticates.
    Key,
    /// The bearer of a genuine token; whether the session lives is asked together with storing the ballot.
    Token(Named),
    /// A person whose session lives.
    SignedIn(SignedIn),
}

impl Caster {
    /// The account that must be behind the voter.
    const fn account(self) -> Option<AccountId> {
        match self {
            Self::Key => None,
            Self::Token(named) => Some(named.account),
            Self::SignedIn(signed_in) => Some(signed_in.account),
        }
    }

    /// The session that must be asked for.
    const fn session(self) -> Option<SessionId> {
        match self {
            Self::Token(named) => Some(named.session),
            Self::Key | Self::SignedIn(_) => None,
        }
    }

    /// The person, once it is certain that the session lives.
    async fn signed_in(self, app: &App) -> Result<Option<SignedIn>, Problem> {
        match self {
            Self::Key => Ok(None),
            Self::Token(named) => app.signed_in(named).await.map(Some),
            Self::SignedIn(signed_in) => Ok(Some(signed_in)),
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
    caster: Caster,
    command: Command<CastBallot>,
) -> Result<Answer, Problem> {
    let voter = command.value.voter;
    let problem = match cast_unchecked(app, (coop, proposal), caster, command).await {
        Ok(answer) => return Ok(answer),
        Err(problem) => problem,
    };
    // A voter who is named beside a session is compared with it where the ballot is stored. Only if nothing was stored it matters
    // who asks: a stranger learns nothing, a member that the name is another's.
    if let (Some(voter), Some(signed_in)) = (voter, caster.signed_in(app).await?) {
        let actor: Actor<Member> = app.member(signed_in, coop).await?;
        if voter != actor.member {
            return Err(another_voter());
        }
    }
    Err(problem)
}

fn reason_of(cast: &CastBallot) -> Result<Option<String>, Problem> {
    let reason = cast.reason.as_deref();
    reason
        .map(|reason| text::paragraphs(reason, REASON_LENGTH_MAX))
        .transpose()
        .map_err(|refusal| Problem::text("reason", &refusal))
}

fn no_reasons() -> Problem {
    let why = "the bylaws take no reasons in this decision: words could tell whose ballot it is; leave it out";
    Problem::field("reason", why)
}

async fn cast_unchecked(
    app: &App,
    (coop, proposal): (CoopId, ProposalId),
    caster: Caster,
    command: Command<CastBallot>,
) -> Result<Answer, Problem> {
    let Command { value: cast, ask } = command;
    let voter = voter(app, coop, caster, &cast).await?;
    // What is wrong whatever the proposal is comes first: it tells nothing of any.
    let given = cast.signature.as_ref().map(Given::read).transpose()?;
    let reason = reason_of(&cast)?;
    let revision = i64::try_from(cast.revision).map_err(|_| Problem::field("revision", "it is too large"))?;
    let header = match header(app, coop, proposal).await {
        Ok(Some(header)) => header,
        found => {
            given.as_ref().map(Given::key).transpose()?;
            return Err(found.err().unwrap_or_else(|| never_opened(caster)));
        }
    };
    let word = voter_word(app, (coop, proposal), (caster, voter), &header, given.is_some()).await?;
    let takes_reasons = !header.tier.hides_names() || header.small_group != SmallGroup::Refuse;
    if reason.is_some() && !takes_reasons {
        return Err(no_reasons());
    }
    let choice = read_choice(
        Form::of(&header.rule.counting),
        header.option_count,
        &cast.options,
        &cast.points,
    )
    .map_err(|refusal| {
        Problem::new(
            ProblemKind::BallotMalformed,
            format!("{refusal}. Correct the ballot and cast it again."),
        )
    });
    let record = BallotV1 {
        namespace: header.namespace,
        proposal: proposal.word(),
        proposal_hash: header.proposal_hash,
        voter: word,
        revision: cast.revision,
        options: cast.options,
        points: cast.points,
        reason: reason
            .as_ref()
            .map_or(Hash32::ZERO, |reason| keccak256(reason.as_bytes())),
        salt: cast.salt,
    };
    let record_hash = record.struct_hash();
    let (signed, fits) = sign(app, digest_under(header.separator, record_hash), given)?;
    let ballot = NewBallot {
        proposal: proposal.uuid(),
        member: voter.uuid(),
        account: caster.account().map(|account| account.uuid()),
        revision,
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
    let may_change = changeable(&header.rule, revision);
    if let Err(problem) = choice.map(drop).and(may_change).and(fits) {
        return Err(told_of(app, coop, caster, ballot, problem).await?);
    }
    let session = caster.session();
    let told = stored(app, (coop, proposal), &header.rule, Asked { session, ballot }).await?;
    told.receipt(header.under, &app.secrets)
}

/// Has a ballot stored.
async fn stored(
    app: &App,
    (coop, proposal): (CoopId, ProposalId),
    rule: &DecisionRule,
    Asked { session, ballot }: Asked,
) -> Result<Told, Problem> {
    // Kept where the quorum may have been met shortly before the announced end, and nobody looked since.
    let again = (rule.late_quorum_seconds > 0).then(|| ballot.clone());
    match (app.casting.combiner.ask(coop, Asked { session, ballot }).await?, again) {
        (Err(problem), Some(ballot)) if problem.kind() == ProblemKind::VotingClosed => {
            if !late_quorum::goes_on(app, coop, proposal).await? {
                return Err(problem);
            }
            app.casting.combiner.ask(coop, Asked { session, ballot }).await?
        }
        (told, _) => told,
    }
}

/// In whose name the ballot stands. Under a pseudonym nobody signs: a key tells whose ballot it is.
async fn voter_word(
    app: &App,
    (coop, proposal): (CoopId, ProposalId),
    (caster, voter): (Caster, MemberId),
    header: &Header,
    is_signed: bool,
) -> Result<Hash32, Problem> {
    if !header.tier.hides_names() {
        return Ok(voter.word());
    }
    if is_signed {
        return Err(match caster {
            Caster::Key => Problem::not_found(),
            Caster::Token(_) | Caster::SignedIn(_) => Problem::new(
                ProblemKind::KeyNotOnRoll,
                "Ballots of this decision stand under pseudonyms, and a key would tell whose they are. Cast without a signature.",
            ),
        });
    }
    let mut tx = app.store.coop_tx("ballot_pseudonym", coop).await?;
    let place = roll_member(&mut tx, proposal, voter).await?;
    tx.commit().await?;
    // Who is on no roll is told so where the ballot would be stored.
    Ok(place.map_or(Hash32::ZERO, |place| MemberId::from_uuid(place.voter()).word()))
}

/// Whether the rule lets a member cast this revision.
fn changeable(rule: &DecisionRule, revision: i64) -> Result<(), Problem> {
    if !rule.ballots_final || revision == 1 {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::RevisionConflict,
        "The rule of this decision makes ballots final: the first one you cast stands, with revision 1.",
    ))
}

/// The voter's signature and whether it fits, or where there is none the server's word.
fn sign(app: &App, digest: Hash32, given: Option<Given>) -> Result<(Signed, Result<(), Problem>), Problem> {
    let Some(given) = given else {
        return Ok((Signed::attested(&app.secrets, digest), Ok(())));
    };
    let fits = match given.fits(&app.config, digest) {
        Ok(()) => Ok(()),
        Err(Misfit::Mismatch(problem)) => Err(problem),
        Err(Misfit::Malformed(problem)) => return Err(problem),
    };
    Ok((given.signed(), fits))
}

fn never_opened(caster: Caster) -> Problem {
    match caster {
        Caster::Token(_) | Caster::SignedIn(_) => not_open(),
        // No key can have signed a ballot of a proposal that never opened, and whoever has no session learns nothing of it.
        Caster::Key => Problem::not_found(),
    }
}

/// What a caster may learn of a ballot that is refused before it is stored. Without a session only one who names a key that stands
/// on the roll of the proposal for that voter learns more than that nothing is there.
async fn told_of(
    app: &App,
    coop: CoopId,
    caster: Caster,
    ballot: NewBallot,
    problem: Problem,
) -> Result<Problem, Problem> {
    match caster {
        Caster::Token(_) | Caster::SignedIn(_) => return Ok(problem),
        Caster::Key => {}
    }
    let mut tx = app.store.coop_tx("ballot_key_known", coop).await?;
    let rows = ballot_refusals(&mut tx, &[&ballot]).await?;
    tx.commit().await?;
    Ok(if rows.iter().any(|row| row.has_key) {
        problem
    } else {
        Problem::not_found()
    })
}

/// Whose ballot it is: the member who signed in, or without a session the one whose key signed it.
async fn voter(app: &App, coop: CoopId, caster: Caster, cast: &CastBallot) -> Result<MemberId, Problem> {
    match (caster, cast.voter) {
        (Caster::Token(_) | Caster::SignedIn(_), Some(named)) => Ok(named),
        (Caster::Key, Some(named)) if cast.signature.is_some() => Ok(named),
        (Caster::Token(_) | Caster::SignedIn(_) | Caster::Key, _) => {
            let signed_in = caster.signed_in(app).await?.ok_or_else(|| {
                Problem::new(
                    ProblemKind::Unauthenticated,
                    "Sign in to vote, or send a ballot that a key on the roll has signed, with its voter.",
                )
            })?;
            let actor: Actor<Active> = app.member(signed_in, coop).await?;
            Active::check(actor.is_active, &actor.roles)?;
            Ok(actor.member)
        }
    }
}

fn another_voter() -> Problem {
    Problem::field("voter", "it names another member than the one signed in; leave it out")
}

/// What ballots of a proposal are checked against; `None` where voting never opened.
async fn header(app: &App, coop: CoopId, proposal: ProposalId) -> Result<Option<Header>, Problem> {
    let known = app
        .casting
        .headers
        .read()
        .ok()
        .and_then(|headers| headers.get(&(coop, proposal)).cloned());
    if let Some(header) = known {
        return Ok(Some(header));
    }
    let mut tx = app.store.coop_tx("cast_header", coop).await?;
    let found = cast_header(&mut tx, proposal.uuid()).await?;
    tx.commit().await?;
    let Some(row) = found.ok_or_else(Problem::not_found)? else {
        return Ok(None);
    };
    let header = read_header(&row).ok_or_else(|| Problem::internal("an open proposal's row is damaged"))?;
    if let Ok(mut headers) = app.casting.headers.write() {
        if headers.len() >= HEADERS_MAX {
            headers.clear();
        }
        headers.insert((coop, proposal), header.clone());
    }
    Ok(Some(header))
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
    let domain = Domain {
        namespace: Hash32::from_slice(&row.namespace)?,
        chain,
    };
    Some(Header {
        rule: Arc::new(serde_json::from_value(row.rule.clone()).ok()?),
        tier: Tier::from_code(u8::try_from(row.secrecy).ok()?)?,
        small_group: serde_json::from_value::<KindBylaws>(row.bylaws.clone())
            .ok()?
            .privacy
            .small_group,
        option_count: usize::try_from(row.option_count).ok()?,
        proposal_hash: Hash32::from_slice(&row.record_hash)?,
        namespace: domain.namespace,
        separator: domain.separator(),
        under: Under {
            namespace: domain.namespace,
            separator: Domain { chain: None, ..domain }.separator(),
        },
    })
}
