//! Aim: what a decision does happens once, whole, with its events, whatever moment of the execution the program dies at.
//! Method: a decision with three actions, and the program dead at each step from the locked proposal to the job that is done; rows
//! are looked at while it is dead and after it came back. Then one whose last action meets an obstacle, dead around the note of the
//! failure and around the retry. The checker and the auditor look at what is left.

use std::collections::BTreeMap;
use std::time::Duration;

use devstack::postgres::Durability;
use governance::bylaws::Bylaws;
use governance::event::EventKind;
use serde_json::{Value, json};
use tests::checker::journal::Journal;
use tests::person::{Anonymous, Reply};
use tests::stack::Stack;
use tests::voter::{Question, Voter};

use super::program::{dying_at, stack};
use super::story::{check, persist, resurrect, wait_for_records};
use crate::casting::world::{World, id, unsigned};

/// How often it is looked at something before it is given up; with the pause a minute.
const LOOKS_MAX: usize = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// Everything that shows of a decision's execution.
#[derive(Debug, PartialEq, Eq)]
struct Deeds {
    state: String,
    /// Events of actions done, of failures, and of the whole done.
    told: [i64; 3],
    /// Attempts that failed, and that succeeded.
    attempts: [i64; 2],
    /// How often the office was given, the member suspended, and bylaws amended.
    done: [i64; 3],
}

impl Deeds {
    fn of(state: &str, told: [i64; 3], attempts: [i64; 2], done: [i64; 3]) -> Self {
        Self {
            state: state.to_owned(),
            told,
            attempts,
            done,
        }
    }

    fn nothing() -> Self {
        Self::of("queued", [0; 3], [0; 2], [0; 3])
    }

    fn all() -> Self {
        Self::of("executed", [3, 0, 1], [0, 1], [1; 3])
    }
}

/// A decision about to be carried: everyone has voted yes, and nobody has closed yet.
struct Story {
    world: World,
    voters: Vec<Voter>,
    question: Question,
}

impl Story {
    /// The first voter becomes an auditor, the second is suspended, and the bylaws are amended.
    async fn begin(stack: &Stack, journal: &Journal) -> Self {
        Self::with(stack, journal, |voters| {
            let mut bylaws = Bylaws::founding();
            bylaws.kinds.get_mut("motion").expect("a kind").voting_seconds_min = 7;
            json!([
                {"act": {"action": "grant_role", "version": 1, "member": voters[0].member, "role": "auditor", "reason": "trusted"}},
                {"act": {"action": "suspend", "version": 1, "member": voters[1].member, "reason": "idle"}},
                {"act": {"action": "amend_bylaws", "version": 1, "replaces": 1, "bylaws": bylaws}},
            ])
        })
        .await
    }

    async fn with(stack: &Stack, journal: &Journal, actions: impl FnOnce(&[Voter]) -> Value) -> Self {
        let steward = stack.person("Steward").await.expect("a person").noted_in(journal);
        let world = World::found_by(steward, Anonymous::new(&stack.url).noted_in(journal)).await;
        let voters = world.import(3).await;
        let body = json!({"kind": "quick", "title": "Let it be done", "actions": actions(&voters)});
        let draft = world
            .steward
            .post(&world.path("proposals"))
            .json(&body)
            .send()
            .await
            .expect(201);
        let proposal = id(&draft["id"]);
        let _ = world
            .steward
            .post(&world.path(&format!("proposals/{proposal}/discussion")))
            .send()
            .await
            .expect(200);
        let question = world.open(proposal, 3_600).await;
        let story = Self {
            world,
            voters,
            question,
        };
        for voter in &story.voters {
            let _ = story
                .world
                .cast(&story.question, &voter.ballot(&story.question, 1, &[0], &[1]))
                .await
                .expect(201);
        }
        let own = unsigned(1, &[0], &[1]);
        let path = story.question.ballots_path();
        let _ = story.world.steward.post(&path).json(&own).send().await.expect(201);
        story
    }

    fn about(&self, rest: &str) -> String {
        let path = self.world.path(&format!("proposals/{}/{rest}", self.question.proposal));
        path.trim_end_matches('/').to_owned()
    }

    /// The steward closes, if nothing else did; the program may die meanwhile, and again.
    async fn close(&self) {
        let path = self.about("closing");
        let reply = persist(|| self.world.steward.post(&path)).await;
        assert!([200, 409].contains(&reply.status), "{reply:?}");
    }

    async fn retry(&self, key: &str) -> Reply {
        let path = self.about("execution");
        for _ in 0..LOOKS_MAX {
            match self.world.steward.post(&path).key(key).try_send().await {
                Ok(reply) if reply.status < 500 => return reply,
                Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
        panic!("no answer came in time");
    }

    async fn number(&self, stack: &Stack, query: &str) -> i64 {
        let proposal = self.question.proposal.uuid();
        let row = stack.database.query_one(query, &[&proposal]).await;
        row.unwrap_or_else(|error| panic!("{query}: {error}")).get(0)
    }

    async fn deeds(&self, stack: &Stack) -> Deeds {
        let coop = self.world.coop.uuid();
        let state = "SELECT state FROM proposal WHERE id = $1";
        let row = stack.database.query_one(state, &[&self.question.proposal.uuid()]).await;
        let told = |kind: EventKind| {
            format!(
                "SELECT count(*) FROM event WHERE subject = $1 AND kind = {}",
                kind.code()
            )
        };
        let attempts =
            |outcome: &str| format!("SELECT count(*) FROM execution WHERE proposal_id = $1 AND outcome = '{outcome}'");
        // The history of members: what happened twice would stand in it twice.
        let history = |kind: &str, voter: usize| {
            let member = self.voters[voter].member;
            format!(
                "SELECT count(*) FROM member_event WHERE kind = '{kind}' AND member_id = '{member}' AND $1::uuid IS NOT NULL"
            )
        };
        let amended = format!("SELECT count(*) FROM bylaws WHERE coop_id = '{coop}' AND adopted_by_proposal = $1");
        Deeds {
            state: row.expect("a proposal").get(0),
            told: [
                self.number(stack, &told(EventKind::ActionExecuted)).await,
                self.number(stack, &told(EventKind::ExecutionFailed)).await,
                self.number(stack, &told(EventKind::ProposalExecuted)).await,
            ],
            attempts: [
                self.number(stack, &attempts("failed")).await,
                self.number(stack, &attempts("executed")).await,
            ],
            done: [
                self.number(stack, &history("role_granted", 0)).await,
                self.number(stack, &history("status_changed", 1)).await,
                self.number(stack, &amended).await,
            ],
        }
    }

    /// Waits until the execution has come so far, and the log shows everything.
    async fn wait_for(&self, stack: &Stack, state: &str) {
        for _ in 0..LOOKS_MAX {
            let query = "SELECT state = $2 AND NOT EXISTS (SELECT FROM log_pending)
                    AND NOT EXISTS (SELECT FROM log_head WHERE published_size < sequenced)
                    AND NOT EXISTS (SELECT FROM job WHERE done_at IS NULL AND run_at <= clock_timestamp())
                FROM proposal WHERE id = $1";
            let row = stack
                .database
                .query_one(query, &[&self.question.proposal.uuid(), &state])
                .await;
            if row.expect("the database answers").get(0) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("never {state}: {:?}", self.deeds(stack).await);
    }

    async fn bundle(&self) -> ((uuid::Uuid, uuid::Uuid), Vec<u8>) {
        let reply = self.world.steward.get(&self.about("bundle")).send().await;
        assert_eq!(reply.status, 200);
        ((self.world.coop.uuid(), self.question.proposal.uuid()), reply.bytes)
    }
}

/// Every third place in a usual run, all with `ROCHDALE_FULL`.
fn usual<T, const N: usize>(places: [T; N]) -> Vec<T> {
    let step = if std::env::var_os("ROCHDALE_FULL").is_some() {
        1
    } else {
        3
    };
    let first = if step == 1 { 0 } else { 2 };
    places.into_iter().skip(first).step_by(step).collect()
}

/// Lets the program die at a place from now on.
pub async fn trap(stack: &mut Stack, place: &str) {
    stack.environment(dying_at(place));
    resurrect(stack).await;
}

/// Waits until it died.
pub async fn wait_for_death(stack: &mut Stack, place: &str) {
    for _ in 0..LOOKS_MAX {
        if stack.has_ended().expect("a process") {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the program never came by {place}; is it a debug build of this version?");
}

/// Starts it again, to live.
pub async fn heal(stack: &mut Stack) {
    stack.environment(Vec::new());
    resurrect(stack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_executed_once_and_whole_wherever_the_program_dies() {
    let Some(mut stack) = stack("deaths in the execution", Durability::Volatile, &[]).await else {
        return;
    };
    let journal = Journal::default();
    let mut bundles = BTreeMap::new();
    for (place, dead) in usual([
        ("execution_begun", Deeds::nothing()),
        ("action_executed:0", Deeds::nothing()),
        ("action_executed:1", Deeds::nothing()),
        ("action_executed:2", Deeds::nothing()),
        ("actions_executed", Deeds::nothing()),
        ("execution_committed", Deeds::all()),
        ("job_done:execute", Deeds::all()),
    ]) {
        let story = Story::begin(&stack, &journal).await;
        trap(&mut stack, place).await;
        tokio::join!(story.close(), async {
            wait_for_death(&mut stack, place).await;
            assert_eq!(story.deeds(&stack).await, dead, "{place}, while it is dead");
            heal(&mut stack).await;
        });
        story.wait_for(&stack, "executed").await;
        assert_eq!(story.deeds(&stack).await, Deeds::all(), "{place}, afterwards");
        let (id, bundle) = story.bundle().await;
        bundles.insert(id, bundle);
    }
    wait_for_records(&stack).await;
    check(&stack, &journal, Some(bundles)).await;
}

/// The first two actions could be done; the third ends an office that nobody holds.
async fn hindered(stack: &Stack, journal: &Journal) -> Story {
    Story::with(stack, journal, |voters| {
        json!([
            {"act": {"action": "grant_role", "version": 1, "member": voters[0].member, "role": "auditor", "reason": "trusted"}},
            {"act": {"action": "suspend", "version": 1, "member": voters[1].member, "reason": "idle"}},
            {"act": {"action": "end_role", "version": 1, "member": voters[2].member, "role": "treasurer", "reason": "over"}},
        ])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_noted_once_and_a_retry_executes_once_wherever_the_program_dies() {
    let Some(mut stack) = stack("deaths around a failed execution", Durability::Volatile, &[]).await else {
        return;
    };
    let journal = Journal::default();
    let mut bundles = BTreeMap::new();
    let failed = |attempts: i64| Deeds::of("execution_failed", [0, attempts, 0], [attempts, 0], [0; 3]);
    let executed = || Deeds::of("executed", [3, 1, 1], [1, 1], [1, 1, 0]);
    for (failing, noted, trying, tried) in usual([
        ("obstacle_met", Deeds::nothing(), "actions_executed", failed(1)),
        ("failure_noted", failed(1), "execution_committed", executed()),
        ("job_done:execute", failed(1), "action_executed:1", failed(1)),
    ]) {
        let story = hindered(&stack, &journal).await;
        trap(&mut stack, failing).await;
        tokio::join!(story.close(), async {
            wait_for_death(&mut stack, failing).await;
            assert_eq!(story.deeds(&stack).await, noted, "{failing}, while it is dead");
            heal(&mut stack).await;
        });
        story.wait_for(&stack, "execution_failed").await;
        assert_eq!(story.deeds(&stack).await, failed(1), "{failing}, afterwards");
        // The obstacle goes away, and the steward asks again under one key until an answer comes.
        let third = story.voters[2].member;
        let path = story.world.path(&format!("members/{third}/roles/treasurer"));
        let given = story
            .world
            .steward
            .put(&path)
            .json(&json!({"reason": "for the year"}))
            .send()
            .await;
        assert!(given.status < 300, "{given:?}");
        trap(&mut stack, trying).await;
        let (reply, ()) = tokio::join!(story.retry("again"), async {
            wait_for_death(&mut stack, trying).await;
            assert_eq!(story.deeds(&stack).await, tried, "{trying}, while it is dead");
            heal(&mut stack).await;
        });
        assert_eq!(reply.expect(200)["state"], "executed", "{trying}");
        story.wait_for(&stack, "executed").await;
        assert_eq!(story.deeds(&stack).await, executed(), "{trying}, afterwards");
        let (id, bundle) = story.bundle().await;
        bundles.insert(id, bundle);
    }
    wait_for_records(&stack).await;
    check(&stack, &journal, Some(bundles)).await;
}
