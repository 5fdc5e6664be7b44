//! A co-op whose bylaws let decisions end as soon as everyone has voted, so that no test waits for a clock.

use std::io::Read as _;

use governance::bylaws::{Bylaws, KindBylaws};
use governance::id::{CoopId, MemberId, ProposalId};
use governance::membership::{Class, Role};
use governance::rule::{Counting, DecisionRule, ElectionTie, Quorum, Ratio};
use governance::secrecy::{SmallGroup, Tier};
use serde_json::{Value, json};
use server::services::seeding::{self, SeedMember};
use tests::app::TestApp;
use tests::person::{Person, Reply};
use tests::voter::{Question, Voter, random_word};

/// A member who is signed in.
#[derive(Clone)]
pub struct Insider {
    /// The person.
    pub person: Person,
    /// The membership.
    pub member: MemberId,
}

/// A co-op with a steward and members.
pub struct Hall {
    /// The co-op.
    pub coop: CoopId,
    /// Its short name.
    pub slug: String,
    /// Who founded it and keeps its roll.
    pub steward: Insider,
    /// The other members.
    pub members: Vec<Insider>,
}

/// Bylaws without a time for discussion; voting lasts from a second to a day and ends early once everyone has voted. Besides the
/// founding kinds there is `board`, an election in which no lot may be drawn, `slow`, a motion with the founding periods, `settled`, one
/// with final ballots that ends once its result is settled, `guarded`, one
/// with conditions, `budget`, `hidden`, a motion in any secrecy tier, `consent`, by consent in any tier, `careful`, one under pseudonyms by at least five members, `late`, a
/// motion whose quorum may be met late, `contestable`, one whose result may be contested for eight seconds, and `expulsion`, which hears
/// whom it would expel for three, `joint`, a motion whose alternatives are put to one vote, and
/// `appeals`, by consent with two appeals against a dismissal, and `capped`, a motion in which nobody carries more than one other.
pub fn quick_bylaws() -> Value {
    let mut bylaws = Bylaws::founding();
    let founding: KindBylaws = bylaws.kinds["motion"].clone();
    let board = DecisionRule::new(Counting::ScottishStv {
        seats: 0,
        tie: ElectionTie::Forbidden,
    });
    bylaws.kinds.insert(
        String::from("board"),
        KindBylaws {
            rule: board,
            ..founding.clone()
        },
    );
    for kind in bylaws.kinds.values_mut() {
        kind.discussion_seconds = 0;
        kind.voting_seconds_min = 1;
        kind.voting_seconds_max = 86_400;
        kind.close_when_all_voted = true;
    }
    let mut hidden = bylaws.kinds["motion"].clone();
    hidden.privacy.tiers = Tier::ALL.to_vec();
    bylaws.kinds.insert(String::from("hidden"), hidden.clone());
    hidden.privacy.tiers = vec![Tier::Pseudonymous, Tier::Open];
    hidden.privacy.small_group = SmallGroup::Refuse;
    bylaws.kinds.insert(String::from("careful"), hidden);
    let mut consent = bylaws.kinds["motion"].clone();
    consent.rule = DecisionRule::preset("consent").unwrap();
    consent.privacy.tiers = Tier::ALL.to_vec();
    bylaws.kinds.insert(String::from("consent"), consent.clone());
    consent.rule.counting = Counting::Consent {
        standing_max: 0,
        appeals: 2,
    };
    bylaws.kinds.insert(String::from("appeals"), consent);
    let mut settled = founding.clone();
    settled.discussion_seconds = 0;
    settled.voting_seconds_min = 1;
    settled.rule.ballots_final = true;
    settled.rule.early = true;
    bylaws.kinds.insert(String::from("settled"), settled.clone());
    settled.rule = DecisionRule::preset("loomio_like").unwrap();
    settled.close_when_all_voted = true;
    bylaws.kinds.insert(String::from("guarded"), settled.clone());
    settled.rule = DecisionRule::preset("budget").unwrap();
    bylaws.kinds.insert(String::from("budget"), settled);
    unhurried(&mut bylaws, &founding);
    let mut late = founding;
    (late.discussion_seconds, late.voting_seconds_min) = (0, 8);
    late.rule.quorum = Some(Quorum::of_roll(Ratio::new(1, 2).unwrap()));
    late.rule.late_quorum_seconds = 8;
    late.privacy.tiers = vec![Tier::Open, Tier::Pseudonymous];
    bylaws.kinds.insert(String::from("late"), late);
    serde_json::to_value(bylaws).unwrap()
}

/// The kinds of decisions that begin as the founding motion does: slow, contestable, expulsion, capped and joint.
fn unhurried(bylaws: &mut Bylaws, founding: &KindBylaws) {
    bylaws.kinds.insert(String::from("slow"), founding.clone());
    let mut contestable = founding.clone();
    (contestable.discussion_seconds, contestable.voting_seconds_min) = (0, 1);
    (contestable.close_when_all_voted, contestable.contest_seconds) = (true, 8);
    contestable.privacy.tiers = Tier::ALL.to_vec();
    bylaws.kinds.insert(String::from("contestable"), contestable);
    let mut expulsion = bylaws.kinds["contestable"].clone();
    expulsion.reply_seconds = 3;
    bylaws.kinds.insert(String::from("expulsion"), expulsion);
    let mut capped = founding.clone();
    (
        capped.discussion_seconds,
        capped.voting_seconds_min,
        capped.rule.carried_max,
    ) = (0, 1, 1);
    bylaws.kinds.insert(String::from("capped"), capped);
    let mut joint = founding.clone();
    (
        joint.discussion_seconds,
        joint.voting_seconds_min,
        joint.close_when_all_voted,
    ) = (0, 1, true);
    joint.privacy.tiers = vec![Tier::Open, Tier::Pseudonymous];
    joint.alternatives = DecisionRule::preset("schulze");
    bylaws.kinds.insert(String::from("joint"), joint);
}

impl Hall {
    /// A co-op with this many members beside its steward.
    pub async fn with_members(app: &TestApp, count: usize) -> Self {
        let person = app.person("Steward").await;
        let slug = format!("c{}", uuid::Uuid::now_v7().simple());
        let body = json!({"slug": slug, "name": "The Weavers", "display_name": "Steward", "bylaws": quick_bylaws()});
        let view = person.post("coops").json(&body).send().await.expect(201);
        let mut hall = Self {
            coop: view["id"].as_str().unwrap().parse().unwrap(),
            slug,
            steward: Insider {
                person,
                member: view["me"]["id"].as_str().unwrap().parse().unwrap(),
            },
            members: Vec::new(),
        };
        for number in 1..=count {
            let member = hall.join(app, &format!("Member {number}"), Class::Worker, &[]).await;
            hall.members.push(member);
        }
        hall
    }

    /// Adds a member without listing it.
    pub async fn join(&self, app: &TestApp, name: &str, class: Class, roles: &[Role]) -> Insider {
        let person = app.person(name).await;
        let seed = SeedMember {
            account: person.account,
            display_name: name,
            class,
            roles,
        };
        let member = seeding::member(&app.app, self.coop, seed).await.unwrap();
        Insider { person, member }
    }

    /// Enters members by their keys.
    pub async fn import(&self, count: usize) -> Vec<Voter> {
        let mut voters: Vec<Voter> = (0..count)
            .map(|_| Voter::new(MemberId::from_uuid(uuid::Uuid::nil())))
            .collect();
        let entry = |voter: &Voter| {
            let key = json!({"kind": "ed25519", "public_key": voter.public_key(), "salt": random_word()});
            json!({"display_name": format!("Voter {}", voter.public_key()), "class": "user", "key": key})
        };
        let body = json!({"members": voters.iter().map(entry).collect::<Vec<Value>>()});
        let made = self
            .steward
            .person
            .post(&self.path("member-imports"))
            .json(&body)
            .send()
            .await
            .expect(201);
        for (voter, made) in voters.iter_mut().zip(made["members"].as_array().unwrap()) {
            voter.member = made["id"].as_str().unwrap().parse().unwrap();
        }
        voters
    }

    /// An address inside the co-op.
    pub fn path(&self, rest: &str) -> String {
        format!("coops/{}/{rest}", self.coop)
    }

    /// An address of a proposal.
    pub fn about(&self, proposal: ProposalId, rest: &str) -> String {
        let path = self.path(&format!("proposals/{proposal}"));
        if rest.is_empty() {
            path
        } else {
            format!("{path}/{rest}")
        }
    }

    /// Begins a proposal as this person.
    pub async fn draft(&self, author: &Insider, body: &Value) -> ProposalId {
        let made = author
            .person
            .post(&self.path("proposals"))
            .json(body)
            .send()
            .await
            .expect(201);
        made["id"].as_str().unwrap().parse().unwrap()
    }

    /// Takes a step without a body, or the one that asks for nothing but a reason.
    pub async fn step(&self, who: &Insider, proposal: ProposalId, step: &str) -> Reply {
        let request = who.person.post(&self.about(proposal, step));
        match step {
            "withdrawal" => request.json(&json!({"reason": "I changed my mind."})).send().await,
            _ => request.send().await,
        }
    }

    /// Opens voting for an hour as the steward.
    pub async fn open(&self, proposal: ProposalId) -> Reply {
        self.open_for(proposal, 3_600).await
    }

    /// Opens voting for so many seconds as the steward.
    pub async fn open_for(&self, proposal: ProposalId, seconds: i64) -> Reply {
        let closes_at = chrono::Utc::now() + chrono::TimeDelta::seconds(seconds);
        let body = json!({"closes_at": closes_at});
        self.steward
            .person
            .post(&self.about(proposal, "opening"))
            .json(&body)
            .send()
            .await
    }

    /// A proposal on which voting is open.
    pub async fn opened(&self, body: &Value) -> ProposalId {
        let proposal = self.draft(&self.steward, body).await;
        let _ = self.step(&self.steward, proposal, "discussion").await.expect(200);
        let _ = self.open(proposal).await.expect(200);
        proposal
    }

    /// A motion on which voting is open.
    pub async fn opened_motion(&self) -> ProposalId {
        self.opened(&motion()).await
    }

    /// A proposal as somebody sees it.
    pub async fn view(&self, who: &Insider, proposal: ProposalId) -> Value {
        who.person.get(&self.about(proposal, "")).send().await.expect(200)
    }

    /// What signed ballots of a proposal are bound to.
    pub async fn question(&self, proposal: ProposalId) -> Question {
        Question::of(self.coop, &self.view(&self.steward, proposal).await)
    }

    /// Casts without a signature.
    pub async fn cast(&self, who: &Insider, proposal: ProposalId, revision: u64, options: &[u16]) -> Reply {
        let points: Vec<usize> = (1..=options.len()).collect();
        let body = json!({"revision": revision, "options": options, "points": points, "salt": random_word()});
        who.person
            .post(&self.about(proposal, "ballots"))
            .json(&body)
            .send()
            .await
    }

    /// Everyone casts a first ballot, in the order of steward, members.
    pub async fn all_cast(&self, proposal: ProposalId, choices: &[&[u16]]) {
        let everyone = std::iter::once(&self.steward).chain(&self.members);
        for (who, options) in everyone.zip(choices) {
            let _ = self.cast(who, proposal, 1, options).await.expect(201);
        }
    }

    /// Closes a proposal on which everyone has voted, counts it, and gives the tally.
    pub async fn finish(&self, app: &TestApp, proposal: ProposalId) -> Value {
        let _ = self.step(&self.steward, proposal, "closing").await.expect(200);
        app.work().await;
        self.tally(proposal).await.expect(200)
    }

    /// The tally as the steward sees it.
    pub async fn tally(&self, proposal: ProposalId) -> Reply {
        self.steward.person.get(&self.about(proposal, "tally")).send().await
    }

    /// The lines of the bundle.
    pub async fn bundle(&self, proposal: ProposalId) -> Vec<Value> {
        for _ in 0..500 {
            let reply = self.steward.person.get(&self.about(proposal, "bundle")).send().await;
            // Few bundles are written at once, and tests run beside each other.
            if reply.status == 503 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                continue;
            }
            assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.bytes));
            let name = format!("attachment; filename=\"{}-decision-{proposal}.rochdale\"", self.slug);
            assert_eq!(reply.header("content-disposition"), Some(name.as_str()));
            return lines(&reply.bytes);
        }
        panic!("no bundle could be had");
    }
}

/// The lines of a bundle.
pub fn lines(bytes: &[u8]) -> Vec<Value> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines of one section.
pub fn section<'a>(lines: &'a [Value], name: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["section"] == name).collect()
}

/// A motion.
pub fn motion() -> Value {
    json!({"kind": "motion", "title": "Shall we buy a loom?", "body": "It weaves."})
}

/// An election with these candidates.
pub fn election(kind: &str, seats: u16, candidates: &[&str]) -> Value {
    json!({"kind": kind, "title": "Who speaks for us?", "options": candidates, "seats": seats})
}
