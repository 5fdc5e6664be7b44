//! A small co-op with a story, so that a newcomer finds something to do: decisions that were made, among them the shared model with its
//! allowance and the rule by which revenue is shared; two that wait for votes, one of which raises the allowance; one being discussed; a
//! week of use that was charged, shared, paid by a bank and by claim on a chain, and closed; a payout cycle that waits for its treasurer; and somebody who would like
//! to join. Every step takes the way a request takes, but for use and figures of days that are over.

mod claims;
mod decisions;
mod payday;
mod tools;
mod treasury;
mod usage;

use std::collections::BTreeMap;

use chrono::{Duration, Utc};
use governance::action::Planned;
use governance::bylaws::{Admission, Bylaws, KindBylaws};
use governance::hash::Hash32;
use governance::id::{AccountId, CoopId, MemberId, ProposalId, SessionId};
use governance::membership::{Class, Role};
use governance::revenue::Approvals;
use governance::rule::DecisionRule;
use governance::secrecy::Privacy;
use governance::watch::Watch;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use wire::account::SecretText;
use wire::ballot::CastBallot;
use wire::coop::{ApplyToCoop, FoundCoop};
use wire::decision::{NewProposal, OpenVoting};

pub use self::claims::DemoClaims;
use self::claims::Island;
use crate::app::App;
use crate::http::actor::{Actor, Member, SignedIn, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::casting::{self, Caster};
use crate::services::proposals::Asking;
use crate::services::seeding::{self, SeedMember};
use crate::services::{accounts, applications, counting, founding, jobs, opening, proposals};

const SLUG: &str = "demo-commons";
const DAY: u64 = 86_400;
/// How often jobs are looked for after a decision: to count it, and to do it.
const ROUNDS_MAX: usize = 32;

/// A choice, and why.
type Vote = (u16, Option<&'static str>);

/// Who can sign in.
#[derive(Debug, Clone, Serialize)]
pub struct DemoPerson {
    /// What the person is for.
    pub role: &'static str,
    /// The address.
    pub email: String,
}

/// Where models are served, each with the path that ends with `/v1`.
#[derive(Debug, Clone)]
pub struct DemoModels {
    /// The language model.
    pub language: String,
    /// The model of embeddings.
    pub embeddings: String,
}

/// How much of the story is told.
#[derive(Debug, Clone, Default)]
pub struct DemoStory {
    /// Where models are served that the co-op shares; it shares none where left out.
    pub models: Option<DemoModels>,
    /// Whether the co-op shares revenue: a rule that was adopted, a cycle that was paid and closed, and one that was opened.
    pub shares_revenue: bool,
    /// Where one member claims what the cycle pays; everybody is paid by the bank where left out.
    pub claims: Option<DemoClaims>,
}

/// What was made, and as `/demonstration.json` tells a page.
#[derive(Debug, Clone, Serialize)]
pub struct Demo {
    /// Who can sign in.
    pub people: Vec<DemoPerson>,
    /// The one password of all.
    pub password: String,
    /// The co-op.
    pub coop: CoopId,
    /// Its name in addresses.
    pub slug: &'static str,
}

struct Cast {
    account: AccountId,
    member: MemberId,
}

/// Who keeps the books.
struct Keeper {
    actor: Actor<Treasurer>,
    /// The same, as any member.
    member: Actor<Member>,
    currency: String,
}

/// A member of the demonstration: what for, how called, class, roles.
type Part = (&'static str, &'static str, Class, &'static [Role]);

const FOUNDER: Part = ("steward", "Demo Steward", Class::Worker, &[Role::Steward]);
const OTHERS: [Part; 4] = [
    ("treasurer", "Demo Treasurer", Class::Worker, &[Role::Treasurer]),
    ("auditor", "Demo Auditor", Class::Supporter, &[Role::Auditor]),
    ("member", "Demo Member", Class::User, &[]),
    ("other", "Demo Other Member", Class::User, &[]),
];
const APPLICANT: (&str, &str) = ("applicant", "Demo Applicant");

/// Makes the co-op. Fails if it was made before.
///
/// # Errors
/// If a step is refused.
pub async fn seed(app: &App, password: &str, story: &DemoStory) -> Result<Demo, Problem> {
    let secret = SecretText::new(password);
    let (coop, cast) = members(app, &secret).await?;
    let steward = cast
        .first()
        .ok_or_else(|| Problem::internal("the demonstration has no founder"))?
        .member;
    let asking = Asking {
        coop,
        member: steward,
        is_steward: true,
    };
    decisions::decided(app, asking, &cast).await?;
    if let Some(models) = &story.models {
        tools::share(app, asking, &cast, models).await?;
    }
    if story.shares_revenue {
        let island = match &story.claims {
            Some(place) => Some(Island::reach(app, place, secret.clone()).await?),
            None => None,
        };
        treasury::run(app, asking, &cast, (story.models.is_some(), island.as_ref())).await?;
    }
    decisions::waiting(app, asking, &cast, story.models.is_some()).await?;
    let applicant = accounts::create_confirmed(app, &email(APPLICANT.0), APPLICANT.1, &secret).await?;
    let application = ApplyToCoop {
        display_name: APPLICANT.1.to_owned(),
        statement: String::from("I train small language models and would like to share them."),
    };
    applications::apply(app, signed_in(applicant), coop, command(application)?).await?;
    let people = [FOUNDER.0]
        .into_iter()
        .chain(OTHERS.iter().map(|part| part.0))
        .chain([APPLICANT.0])
        .map(|role| DemoPerson {
            role,
            email: email(role),
        })
        .collect();
    Ok(Demo {
        people,
        password: password.to_owned(),
        coop,
        slug: SLUG,
    })
}

/// The co-op with its members, the founder first.
async fn members(app: &App, secret: &SecretText) -> Result<(CoopId, Vec<Cast>), Problem> {
    let (role, name, class, _) = FOUNDER;
    let founder = accounts::create_confirmed(app, &email(role), name, secret).await?;
    let asked = FoundCoop {
        slug: SLUG.to_owned(),
        name: String::from("Demo Commons"),
        display_name: name.to_owned(),
        class: Some(class),
        bylaws: Some(bylaws()),
    };
    let founded = founding::found_as(app, founder, asked, &ask()?).await?;
    let coop: CoopId = read(&founded, "/id")?;
    let mut cast = vec![Cast {
        account: founder,
        member: read(&founded, "/me/id")?,
    }];
    for (role, display_name, class, roles) in OTHERS {
        let account = accounts::create_confirmed(app, &email(role), display_name, secret).await?;
        let seed = SeedMember {
            account,
            display_name,
            class,
            roles,
        };
        let member = seeding::member(app, coop, seed).await?;
        cast.push(Cast { account, member });
    }
    Ok((coop, cast))
}

fn email(role: &str) -> String {
    format!("{role}@demo.example")
}

/// Short periods, so that a whole decision fits into a first look; `quick` ends as soon as everyone has voted.
fn bylaws() -> Bylaws {
    let kind = |rule, close_when_all_voted| KindBylaws {
        rule,
        discussion_seconds: 0,
        voting_seconds_min: 60,
        voting_seconds_max: 30 * DAY,
        close_when_all_voted,
        sponsors: 0,
        objection_seconds: 0,
        objectors: 0,
        timelock_seconds: 0,
        execution_seconds: 30 * DAY,
        privacy: Privacy::default(),
        contest_seconds: 0,
        reply_seconds: 0,
        stages: Vec::new(),
        alternatives: (!close_when_all_voted)
            .then(|| DecisionRule::preset("schulze"))
            .flatten(),
    };
    Bylaws {
        kinds: BTreeMap::from([
            (String::from("election"), kind(DecisionRule::election(), true)),
            (String::from("motion"), kind(DecisionRule::simple_majority(), false)),
            (
                String::from("quick_motion"),
                kind(DecisionRule::simple_majority(), true),
            ),
        ]),
        admission: Admission::Application,
        approvals: Approvals {
            tiers: Vec::new(),
            above: 2,
        },
        reconciliation: Watch::default(),
    }
}

/// A proposal of a kind with a text and nothing else.
fn new(kind: &str, title: &str, body: &str) -> NewProposal {
    NewProposal {
        kind: kind.to_owned(),
        title: title.to_owned(),
        body: body.to_owned(),
        options: Vec::new(),
        seats: None,
        budget: None,
        costs: None,
        actions: Vec::new(),
        secrecy: None,
        alternative_to: None,
    }
}

/// These acts, each for whatever the members decide.
fn acts(acts: Value) -> Result<Vec<Planned>, Problem> {
    serde_json::from_value(acts).map_err(Problem::internal)
}

/// Puts a proposal to the vote of all, whose choices these are, and closes it; what it decides is done when this returns.
async fn decide(app: &App, asking: Asking, cast: &[Cast], new: NewProposal, votes: [Vote; 5]) -> Result<(), Problem> {
    let proposal = begin(app, asking, new).await?;
    open(app, asking, proposal, 1).await?;
    for (member, (choice, reason)) in cast.iter().zip(votes) {
        vote(app, asking.coop, proposal, member, (&[choice], &[1]), reason).await?;
    }
    counting::close_asked(app, asking, proposal, MaybeBasedOn(None), ask()?).await?;
    // Nothing is waited for here: the work that a worker would do is done at once.
    for _ in 0..ROUNDS_MAX {
        if jobs::jobs_once(app).await.map_err(Problem::internal)? == 0 {
            return Ok(());
        }
    }
    Err(Problem::internal("the jobs of the demonstration do not end"))
}

async fn begin(app: &App, asking: Asking, new: NewProposal) -> Result<ProposalId, Problem> {
    let drafted = proposals::create(app, asking, command(new)?).await?;
    let proposal = read(&drafted, "/id")?;
    proposals::discuss(app, asking, proposal, MaybeBasedOn(None), ask()?).await?;
    Ok(proposal)
}

async fn open(app: &App, asking: Asking, proposal: ProposalId, days: i64) -> Result<(), Problem> {
    let closes_at = Utc::now() + Duration::days(days);
    opening::open(
        app,
        asking,
        proposal,
        MaybeBasedOn(None),
        command(OpenVoting {
            closes_at,
            opens_at: None,
            version: None,
        })?,
    )
    .await?;
    Ok(())
}

async fn vote(
    app: &App,
    coop: CoopId,
    proposal: ProposalId,
    member: &Cast,
    (options, points): (&[u16], &[u32]),
    reason: Option<&str>,
) -> Result<(), Problem> {
    let ballot = CastBallot {
        voter: Some(member.member),
        revision: 1,
        options: options.to_vec(),
        points: points.to_vec(),
        reason: reason.map(str::to_owned),
        salt: Hash32::from_bytes(random().map_err(Problem::internal)?),
        signature: None,
    };
    let caster = Caster::SignedIn(signed_in(member.account));
    casting::cast(app, (coop, proposal), caster, command(ballot)?).await?;
    Ok(())
}

/// Services take a session for granted once a route has seen it; these people have none yet.
fn signed_in(account: AccountId) -> SignedIn {
    SignedIn {
        account,
        session: SessionId::from_uuid(Uuid::now_v7()),
    }
}

fn ask() -> Result<Ask, Problem> {
    Ok(Ask {
        key: Uuid::now_v7().to_string(),
        request_hash: random().map_err(Problem::internal)?,
    })
}

fn command<T, const BYTES: usize>(value: T) -> Result<Command<T, BYTES>, Problem> {
    Ok(Command { value, ask: ask()? })
}

fn read<T: std::str::FromStr>(answer: &Answer, pointer: &str) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(&answer.body).map_err(Problem::internal)?;
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::internal(format_args!("an answer lacks {pointer}")))
}
