//! A small co-op with a story, so that a newcomer finds something to do: a decision that was made, two that wait for votes, one
//! being discussed, and somebody who would like to join. Every step takes the way a request takes.

use std::collections::BTreeMap;

use chrono::{Duration, Utc};
use governance::bylaws::{Admission, Bylaws, KindBylaws};
use governance::hash::Hash32;
use governance::id::{AccountId, CoopId, MemberId, ProposalId, SessionId};
use governance::membership::{Class, Role};
use governance::revenue::Approvals;
use governance::rule::DecisionRule;
use governance::secrecy::Privacy;
use serde_json::Value;
use uuid::Uuid;
use wire::account::SecretText;
use wire::ballot::CastBallot;
use wire::coop::{ApplyToCoop, FoundCoop};
use wire::decision::{NewProposal, OpenVoting};

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command, MaybeBasedOn};
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::casting::{self, Caster};
use crate::services::proposals::Asking;
use crate::services::seeding::{self, SeedMember};
use crate::services::{accounts, applications, counting, founding, opening, proposals};

const SLUG: &str = "demo-commons";
const DAY: u64 = 86_400;

/// Who can sign in.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    /// What the person is for.
    pub role: &'static str,
    /// The address.
    pub email: String,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Who can sign in.
    pub people: Vec<DemoPerson>,
    /// The one password of all.
    pub password: String,
    /// The co-op.
    pub coop: CoopId,
}

struct Cast {
    account: AccountId,
    member: MemberId,
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
pub async fn seed(app: &App, password: &str) -> Result<Demo, Problem> {
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
    decided(app, asking, &cast).await?;
    waiting(app, asking, &cast).await?;
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
        approvals: Approvals::default(),
    }
}

/// A motion on which all voted and that is closed; the worker counts and anchors it.
async fn decided(app: &App, asking: Asking, cast: &[Cast]) -> Result<(), Problem> {
    let proposal = begin(app, asking, NewProposal {
        kind: String::from("quick_motion"),
        title: String::from("Run our own model server from January"),
        body: String::from(
            "We rent one machine and run an open model on it, for all members. The price is known and shared; nobody else \
             reads what we ask it.",
        ),
        options: Vec::new(),
        seats: None,
        budget: None,
        costs: None,
        actions: Vec::new(),
        secrecy: None,
        alternative_to: None,
    })
    .await?;
    open(app, asking, proposal, 1).await?;
    for (member, (choice, reason)) in cast.iter().zip([
        (0, Some("It costs less than what we pay now.")),
        (0, None),
        (2, Some("I would like to see the first month's bill before I judge.")),
        (0, None),
        (1, None),
    ]) {
        vote(app, asking.coop, proposal, member, (&[choice], &[1]), reason).await?;
    }
    counting::close_asked(app, asking, proposal, MaybeBasedOn(None), ask()?).await?;
    Ok(())
}

/// A motion and an election that wait for votes, and a motion being discussed.
async fn waiting(app: &App, asking: Asking, cast: &[Cast]) -> Result<(), Problem> {
    let quota = begin(app, asking, NewProposal {
        kind: String::from("motion"),
        title: String::from("Give every member 200,000 tokens a month"),
        body: String::from(
            "Each member may use the shared model for 200,000 tokens a month, alike for all. What is left over at the end of a \
             month goes to whoever asks first.",
        ),
        options: Vec::new(),
        seats: None,
        budget: None,
        costs: None,
        actions: Vec::new(),
        secrecy: None,
        alternative_to: None,
    })
    .await?;
    open(app, asking, quota, 7).await?;
    let board = begin(
        app,
        asking,
        NewProposal {
            kind: String::from("election"),
            title: String::from("Elect two keepers of the model library"),
            body: String::from("They look after which models and corpora we share, for one year."),
            options: ["Demo Auditor", "Demo Member", "Demo Other Member", "Demo Treasurer"]
                .map(str::to_owned)
                .to_vec(),
            seats: Some(2),
            budget: None,
            costs: None,
            actions: Vec::new(),
            secrecy: None,
            alternative_to: None,
        },
    )
    .await?;
    open(app, asking, board, 7).await?;
    if let [_, treasurer, auditor, ..] = cast {
        vote(app, asking.coop, quota, treasurer, (&[0], &[1]), None).await?;
        vote(app, asking.coop, board, treasurer, (&[3, 0, 1], &[1, 2, 3]), None).await?;
        vote(app, asking.coop, board, auditor, (&[0, 2], &[1, 2]), None).await?;
    }
    begin(
        app,
        asking,
        NewProposal {
            kind: String::from("motion"),
            title: String::from("Share our corpus of meeting minutes under CC BY-SA"),
            body: String::from("Names are removed first. Anyone may train on it and must share alike."),
            options: Vec::new(),
            seats: None,
            budget: None,
            costs: None,
            actions: Vec::new(),
            secrecy: None,
            alternative_to: None,
        },
    )
    .await?;
    Ok(())
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

fn command<T>(value: T) -> Result<Command<T>, Problem> {
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
