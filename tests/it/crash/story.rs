//! One story: a co-op is founded, everyone votes and some change their vote, voting closes, the result goes on chain. Every
//! request is repeated under its own key until it is answered, however often the program dies meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chain::{EndpointPin, RpcChain, RpcSettings};
use futures_util::future::join_all;
use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::checker::chains::Source;
use tests::checker::journal::Journal;
use tests::checker::{Evidence, Sources, assert_holds};
use tests::person::{Anonymous, Reply, Request};
use tests::stack::Stack;
use tests::voter::{Question, Voter};
use uuid::Uuid;

use crate::casting::world::{World, unsigned};

/// How often a request is sent before it is given up; with the pause between that is a minute.
const TRIES_MAX: usize = 1_200;
const PAUSE: Duration = Duration::from_millis(50);
/// The most ballots of one voter.
const REVISIONS_MAX: u64 = 2_000;
/// Voters by key; with the steward they are the whole roll.
const VOTERS: usize = 12;

/// Bundles by co-op and proposal.
pub type Bundles = BTreeMap<(Uuid, Uuid), Vec<u8>>;

/// A co-op with an open vote.
pub struct Story {
    world: World,
    voters: Vec<Voter>,
    question: Question,
}

/// Sends a request again and again under one key until something other than a failure of the server comes back.
pub async fn persist(request: impl Fn() -> Request) -> Reply {
    let key = Uuid::now_v7().to_string();
    for _ in 0..TRIES_MAX {
        match request().key(&key).try_send().await {
            // Busy, or the first one is still being worked on: come again.
            Ok(reply) if reply.status >= 500 || (reply.status == 409 && is_in_flight(&reply)) => {}
            Ok(reply) => return reply,
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("no answer came in time");
}

fn is_in_flight(reply: &Reply) -> bool {
    reply.json()["type"] == "/problems/idempotency-in-flight"
}

impl Story {
    /// Founds the co-op and opens the vote, while nothing goes wrong.
    pub async fn begin(stack: &Stack, journal: &Journal) -> Self {
        let steward = stack.person("Steward").await.expect("a person").noted_in(journal);
        let anyone = Anonymous::new(&stack.url).noted_in(journal);
        let world = World::found_by(steward, anyone).await;
        let voters = world.import(VOTERS).await;
        let proposal = world.propose("quick", &[]).await;
        let question = world.open(proposal, 3_600).await;
        Self {
            world,
            voters,
            question,
        }
    }

    /// What the vote is about.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Somebody without a session.
    pub fn anyone(&self) -> &Anonymous {
        &self.world.anyone
    }

    /// The co-op.
    pub fn coop(&self) -> Uuid {
        self.world.coop.uuid()
    }

    /// The proposal.
    pub fn proposal(&self) -> ProposalId {
        self.question.proposal
    }

    /// Waits until everything recorded so far is final on the chain and in the published log.
    pub async fn wait_for_records(&self, stack: &Stack) {
        wait_for_records(stack).await;
    }

    /// A voter's signed ballot.
    pub fn ballot(&self, voter: usize, revision: u64) -> Value {
        let answer = u16::from(voter.is_multiple_of(4));
        self.voters[voter].ballot(&self.question, revision, &[answer], &[1])
    }

    /// Everyone votes, each in order, all at the same time; every third voter votes three times. The steward comes last, since
    /// voting may end once all have voted.
    pub async fn vote(&self) {
        self.vote_but_the_last().await;
        self.vote_last().await;
    }

    /// Everyone but the steward votes.
    pub async fn vote_but_the_last(&self) {
        let path = self.question.ballots_path();
        let by_key = (0..self.voters.len()).map(|voter| {
            let path = &path;
            async move {
                for revision in 1..=if voter % 3 == 0 { 3 } else { 1 } {
                    let body = self.ballot(voter, revision);
                    let reply = persist(|| self.world.anyone.post(path).json(&body)).await;
                    assert_eq!(reply.expect(201)["revision"], json!(revision));
                }
            }
        });
        join_all(by_key).await;
    }

    /// Everyone but the steward votes again and again until told to stop, each as fast as the answers come.
    pub async fn vote_until(&self, stop: &AtomicBool) {
        let path = self.question.ballots_path();
        let by_key = (0..self.voters.len()).map(|voter| {
            let path = &path;
            async move {
                for revision in 1..=REVISIONS_MAX {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let body = self.ballot(voter, revision);
                    let reply = persist(|| self.world.anyone.post(path).json(&body)).await;
                    assert_eq!(reply.expect(201)["revision"], json!(revision));
                }
            }
        });
        join_all(by_key).await;
    }

    /// The hashes of the ballots of this story that were acknowledged.
    pub fn acknowledged(&self, journal: &Journal) -> BTreeSet<String> {
        let of_ours = Some((self.world.coop.uuid(), self.proposal().uuid()));
        let entries = journal.entries();
        let acknowledged = entries
            .iter()
            .filter(|entry| entry.is_success() && entry.of_proposal("/ballots") == of_ours);
        acknowledged
            .map(|entry| {
                entry.reply_json().expect("a receipt")["record_hash"]
                    .as_str()
                    .expect("a hash")
                    .to_owned()
            })
            .collect()
    }

    /// Where an acknowledged record stands in the log.
    pub async fn receipt(&self, record_hash: &str) -> Value {
        let path = self.world.path(&format!("receipts/{record_hash}"));
        self.world.steward.get(&path).send().await.expect(200)
    }

    /// The steward votes, without a key.
    pub async fn vote_last(&self) {
        let body = unsigned(1, &[0], &[1]);
        let reply = persist(|| self.world.steward.post(&self.question.ballots_path()).json(&body)).await;
        assert_eq!(reply.expect(201)["signature_kind"], "session");
    }

    /// The steward closes, now that all have voted.
    pub async fn close(&self) {
        let path = self.about("closing");
        let reply = persist(|| self.world.steward.post(&path)).await;
        let _ = reply.expect(200);
    }

    /// The steward asks once to close; whether an answer comes is another matter.
    pub async fn close_once(&self) {
        let _ = self.world.steward.post(&self.about("closing")).try_send().await;
    }

    /// Waits for the published result.
    pub async fn wait_for_result(&self) {
        let mut proposal = Value::Null;
        for _ in 0..TRIES_MAX {
            let reply = self.world.steward.get(&self.about("")).try_send().await;
            proposal = reply.map(|reply| reply.json()).unwrap_or_default();
            if proposal["state"] == "passed" {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no result: {proposal}");
    }

    /// Waits for the published result, then for the final anchor over everything.
    pub async fn wait_for_anchor(&self, stack: &Stack) {
        self.wait_for_result().await;
        self.wait_for_records(stack).await;
    }

    /// Waits until so many ballots of this story are acknowledged.
    pub async fn wait_for_acknowledged(&self, journal: &Journal, ballots: usize) {
        let of_ours = Some((self.world.coop.uuid(), self.proposal().uuid()));
        for _ in 0..TRIES_MAX {
            let entries = journal.entries();
            let acknowledged = entries.iter().filter(|entry| entry.of_proposal("/ballots") == of_ours);
            if acknowledged.filter(|entry| entry.is_success()).count() >= ballots {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("too few ballots are acknowledged");
    }

    /// Waits until the program died at its place.
    pub async fn wait_for_death(&self, stack: &mut Stack, place: &str) {
        for _ in 0..TRIES_MAX {
            if stack.has_ended().expect("a process") {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the program never came by {place}; is it a debug build of this version?");
    }

    /// Opens another vote, which is one record more. The program may die of it before it answers.
    pub async fn record_something(&self) {
        let proposal = self.world.propose("motion", &[]).await;
        let body = json!({"closes_at": chrono::Utc::now() + chrono::TimeDelta::hours(1)});
        let path = self.world.path(&format!("proposals/{proposal}/opening"));
        let _ = self.world.steward.post(&path).json(&body).try_send().await;
    }

    /// The bundle of the decision.
    pub async fn bundle(&self) -> ((Uuid, Uuid), Vec<u8>) {
        let reply = self.world.steward.get(&self.about("bundle")).send().await;
        assert_eq!(reply.status, 200);
        ((self.world.coop.uuid(), self.proposal().uuid()), reply.bytes)
    }

    fn about(&self, rest: &str) -> String {
        let path = self.world.path(&format!("proposals/{}/{rest}", self.proposal()));
        path.trim_end_matches('/').to_owned()
    }
}

/// Waits until everything recorded so far is final on the chain and in the published log.
pub async fn wait_for_records(stack: &Stack) {
    for _ in 0..TRIES_MAX {
        if is_anchored(stack).await {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the co-op is never anchored");
}

/// Starts the program again after its death, as if the leases that it held had run out meanwhile. In service that takes two
/// minutes at most, in which another worker must not take over what a paused one may still be doing; this one is dead.
pub async fn resurrect(stack: &mut Stack) {
    stack.kill_program().expect("it can be killed");
    let expire = "UPDATE job SET leased_until = NULL WHERE done_at IS NULL;
        UPDATE outgoing_mail SET leased_until = NULL WHERE done_at IS NULL;
        UPDATE anchor_lease SET held_until = '-infinity';
        UPDATE log_head SET held_until = '-infinity' WHERE held_until > '-infinity'";
    stack
        .database
        .batch_execute(expire)
        .await
        .expect("the database answers");
    stack.start_program().await.expect("it starts again");
}

/// Whether final anchors cover every record, and the published log every entry.
async fn is_anchored(stack: &Stack) -> bool {
    let query = "SELECT coalesce(bool_and(head.size = coalesce((SELECT max(size) FROM anchor_batch AS batch
            WHERE batch.coop_id = head.coop_id AND batch.state = 'final'), 0)), false)
            AND NOT EXISTS (SELECT FROM job WHERE done_at IS NULL AND run_at <= clock_timestamp())
            AND NOT EXISTS (SELECT FROM log_pending)
            AND NOT EXISTS (SELECT FROM log_head WHERE published_size < sequenced)
        FROM record_head AS head";
    let row = stack.database.query_one(query, &[]).await;
    row.expect("the database answers").get(0)
}

/// Checks every invariant of what the program left behind.
pub async fn check(stack: &Stack, journal: &Journal, bundles: Option<Bundles>) {
    assert_holds(&evidence(stack, journal, bundles).await);
}

/// Everything there is to look at.
pub async fn evidence(stack: &Stack, journal: &Journal, bundles: Option<BTreeMap<(Uuid, Uuid), Vec<u8>>>) -> Evidence {
    let folder = stack.log().parent().map(Path::to_path_buf).expect("a folder");
    let pin = EndpointPin {
        chain_id: 31_337,
        genesis: None,
    };
    let node = RpcChain::connect(
        stack.chain_url().parse().expect("an address"),
        pin,
        RpcSettings::default(),
    )
    .await;
    let postgres = stack.postgres.as_ref().expect("a database");
    let sources = Sources {
        database_url: postgres.superuser_url("postgres"),
        journal: journal.entries(),
        mailbox: Some(folder.join("mailbox")),
        secrets: Some(folder.join("secrets")),
        log: std::fs::read_to_string(stack.log()).expect("a log"),
        chain: Some(Source::Node(node.expect("the node answers"))),
        bundles,
        server_key: None,
        is_quiet: true,
        rested_at: None,
    };
    Evidence::gather(sources).await
}
