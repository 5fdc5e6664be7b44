//! A co-op in which members vote: some by keys alone, some signed in, one with a wallet.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use governance::bylaws::Bylaws;
use governance::hash::Hash32;
use governance::id::{CoopId, MemberId, ProposalId};
use governance::membership::Class;
use governance::record::Domain;
use serde_json::{Value, json};
use server::services::seeding::{self, SeedMember};
use tests::app::TestApp;
use tests::person::{Anonymous, Person, Reply};
use tests::voter::{Question, Voter, random_word};

/// How often it is looked whether voting is over.
const LOOKS_MAX: usize = 400;
const PAUSE: Duration = Duration::from_millis(25);

/// A co-op whose kinds of decision open at once: `motion` and `election` end at their time, `quick` also when all have voted.
pub struct World {
    /// The co-op.
    pub coop: CoopId,
    /// Its steward.
    pub steward: Person,
    /// The domain of its signatures.
    pub domain: Domain,
    /// Somebody without a session.
    pub anyone: Anonymous,
}

/// A person with a membership.
#[derive(Clone)]
pub struct Insider {
    /// The person.
    pub person: Person,
    /// The membership.
    pub member: MemberId,
}

/// The bylaws: no discussion, voting from one second.
fn bylaws() -> Value {
    let mut bylaws = Bylaws::founding();
    for kind in bylaws.kinds.values_mut() {
        kind.discussion_seconds = 0;
        kind.voting_seconds_min = 1;
    }
    let motion = bylaws.kinds["motion"].clone();
    let mut quick = motion;
    quick.close_when_all_voted = true;
    bylaws.kinds.insert(String::from("quick"), quick);
    serde_json::to_value(bylaws).expect("bylaws are JSON")
}

impl World {
    /// Founds it.
    pub async fn found(app: &TestApp) -> Self {
        Self::found_by(app.person("Steward").await, app.anonymous()).await
    }

    /// Founds it as this person.
    pub async fn found_by(steward: Person, anyone: Anonymous) -> Self {
        let body = json!({
            "slug": format!("c{}", uuid::Uuid::now_v7().simple()), "name": "The Weavers", "display_name": "Steward",
            "bylaws": bylaws(),
        });
        let view = steward.post("coops").json(&body).send().await.expect(201);
        let question = json!({"id": uuid::Uuid::nil(), "signing": {
            "domain": view["domain"], "namespace": view["namespace"], "proposal_hash": Hash32::ZERO}});
        let coop = id(&view["id"]);
        Self {
            coop,
            steward,
            domain: Question::of(coop, &question).domain,
            anyone,
        }
    }

    /// An address inside the co-op.
    pub fn path(&self, rest: &str) -> String {
        format!("coops/{}/{rest}", self.coop)
    }

    /// Members of this class by their keys alone.
    pub async fn import_as(&self, class: &str, count: usize) -> Vec<Voter> {
        // The member is known only after the import, so the keys are made for nobody at first.
        let mut voters: Vec<Voter> = (0..count)
            .map(|_| Voter::new(MemberId::from_uuid(uuid::Uuid::nil())))
            .collect();
        let members: Vec<Value> = voters
            .iter()
            .enumerate()
            .map(|(place, voter)| {
                json!({"display_name": format!("Member {place} {}", voter.public_key()), "class": class,
                    "key": {"kind": "ed25519", "public_key": voter.public_key(), "salt": random_word()}})
            })
            .collect();
        let body = json!({"members": members});
        let imported = self
            .steward
            .post(&self.path("member-imports"))
            .json(&body)
            .send()
            .await
            .expect(201);
        for (voter, member) in voters.iter_mut().zip(imported["members"].as_array().expect("members")) {
            voter.member = id(&member["id"]);
        }
        voters
    }

    /// Members by their keys alone.
    pub async fn import(&self, count: usize) -> Vec<Voter> {
        self.import_as("worker", count).await
    }

    /// A member who signs in and has no key.
    pub async fn insider(&self, app: &TestApp, name: &str) -> Insider {
        let person = app.person(name).await;
        let seed = SeedMember {
            account: person.account,
            display_name: name,
            class: Class::Worker,
            roles: &[],
        };
        let member = seeding::member(&app.app, self.coop, seed).await.expect("a member");
        Insider { person, member }
    }

    /// Gives a member who signs in an Ed25519 key.
    pub async fn give_key(&self, insider: &Insider) -> Voter {
        let voter = Voter::new(insider.member);
        let body = voter.registration(&self.domain);
        let _ = insider
            .person
            .post(&self.path("keys"))
            .json(&body)
            .send()
            .await
            .expect(201);
        voter
    }

    /// Changes a member's status as the steward.
    pub async fn change_status(&self, member: MemberId, status: &str) {
        self.change_status_as(&self.steward, member, status).await;
    }

    /// Changes a member's status as this person.
    pub async fn change_status_as(&self, person: &Person, member: MemberId, status: &str) {
        let path = self.path(&format!("members/{member}"));
        let etag = person.get(&path).send().await.etag().expect("a version");
        let body = json!({"status": status, "reason": "for a test"});
        let changed = person
            .post(&format!("{path}/status"))
            .if_match(&etag)
            .json(&body)
            .send()
            .await;
        let _ = changed.expect(200);
    }

    /// A proposal of this kind before the members.
    pub async fn propose(&self, kind: &str, options: &[&str]) -> ProposalId {
        let mut body = json!({"kind": kind, "title": "Shall we?", "body": "We should."});
        if !options.is_empty() {
            body["options"] = json!(options);
            body["seats"] = json!(1);
        }
        let draft = self
            .steward
            .post(&self.path("proposals"))
            .json(&body)
            .send()
            .await
            .expect(201);
        let path = self.path(&format!("proposals/{}", draft["id"].as_str().expect("an id")));
        let discussed = self.steward.post(&format!("{path}/discussion")).send().await;
        assert!(discussed.status < 300, "{}", discussed.json());
        id(&draft["id"])
    }

    /// Opens voting for this long; the steward is on the roll, so the answer shows what a signer needs.
    pub async fn open(&self, proposal: ProposalId, seconds: i64) -> Question {
        let closes_at: DateTime<Utc> = Utc::now() + TimeDelta::seconds(seconds);
        let path = self.path(&format!("proposals/{proposal}"));
        let body = json!({"closes_at": closes_at});
        let opened = self.steward.post(&format!("{path}/opening")).json(&body).send().await;
        assert!(opened.status < 300, "{}", opened.json());
        Question::of(self.coop, &self.steward.get(&path).send().await.expect(200))
    }

    /// An open motion, for an hour.
    pub async fn motion(&self) -> Question {
        let proposal = self.propose("motion", &[]).await;
        self.open(proposal, 3_600).await
    }

    /// Casts a ballot that a key signed, without a session.
    pub async fn cast(&self, question: &Question, body: &Value) -> Reply {
        self.anyone.post(&question.ballots_path()).json(body).send().await
    }

    /// Waits until voting is over by its time, and everything that follows is done.
    pub async fn decided(&self, app: &TestApp, question: &Question) -> Value {
        let path = self.path(&format!("proposals/{}", question.proposal));
        for _ in 0..LOOKS_MAX {
            app.work().await;
            let proposal = self.steward.get(&path).send().await.expect(200);
            if !matches!(proposal["state"].as_str(), Some("open" | "closed")) {
                return proposal;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("voting never ends");
    }
}

/// The same key, claimed for another member.
pub fn in_the_name_of(member: MemberId, voter: &Voter) -> Voter {
    let mut claimed = voter.clone();
    claimed.member = member;
    claimed
}

/// The body of a ballot without a signature.
pub fn unsigned(revision: u64, options: &[u16], points: &[u32]) -> Value {
    json!({"revision": revision, "options": options, "points": points, "salt": random_word()})
}

/// How many ballots of a proposal are stored.
pub async fn stored(app: &TestApp, question: &Question) -> i64 {
    let client = app.database.superuser().await;
    let query = "SELECT count(*) FROM ballot WHERE proposal_id = $1";
    let row = client.query_one(query, &[&question.proposal.uuid()]).await;
    row.expect("a count").get(0)
}

/// An identifier in an answer.
#[track_caller]
pub fn id<T: std::str::FromStr>(value: &Value) -> T {
    match value.as_str().and_then(|text| text.parse().ok()) {
        Some(id) => id,
        None => panic!("{value} is no identifier"),
    }
}
