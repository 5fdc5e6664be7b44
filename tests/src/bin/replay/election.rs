//! One election from its ballot papers to the verified bundle.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use governance::blt::Blt;
use governance::hash::Hash32;
use governance::id::{CoopId, MemberId};
use serde_json::{Value, json};
use tests::person::{Anonymous, Person, Reply};
use tests::stack::{Stack, StackOptions};
use tests::voter::{Question, Voter, random_word};

use crate::steps::Steps;

/// How many members go into one request.
const IMPORT_SIZE: usize = 1_000;
/// How long counting and anchoring may take.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// An election that is open.
pub struct Election {
    stack: Stack,
    steward: Person,
    question: Question,
    voters: Vec<Voter>,
    rankings: Vec<Vec<u16>>,
    names: Vec<String>,
    connections: usize,
}

/// What the auditor said.
pub struct Verified {
    /// Its exit status.
    pub exit: i32,
    /// Its report.
    pub text: String,
}

impl Election {
    /// Starts everything, enters the members and opens voting.
    pub async fn prepare(blt: &Blt, programs: &Path, connections: usize, steps: &mut Steps) -> anyhow::Result<Self> {
        let rankings = rankings(blt)?;
        let options = StackOptions::new(&programs.join("rochdale"));
        let stack = steps
            .step(
                "start PostgreSQL, the node, the contract and the server",
                Stack::start(options),
            )
            .await?;
        let steward = stack.person("Steward").await?;
        let coop = steps.step("found the co-op", found(&steward)).await?;
        let voters = steps
            .step(
                &format!("enter {} members by public key", rankings.len()),
                enter(&steward, coop, rankings.len()),
            )
            .await?;
        let question = steps
            .step("draft the election and open voting", open(&steward, coop, blt))
            .await?;
        Ok(Self {
            stack,
            steward,
            question,
            voters,
            rankings,
            names: blt.candidates.clone(),
            connections,
        })
    }

    /// How many papers there are.
    pub fn ballot_count(&self) -> usize {
        self.rankings.len()
    }

    /// Signs and casts every paper.
    pub async fn cast(&self, steps: &mut Steps) -> anyhow::Result<()> {
        let sign = async {
            let bodies: Vec<Value> = self
                .voters
                .iter()
                .zip(&self.rankings)
                .map(|(voter, ranking)| {
                    let points: Vec<u32> = (1..).take(ranking.len()).collect();
                    voter.ballot(&self.question, 1, ranking, &points)
                })
                .collect();
            Ok(Arc::new(bodies))
        };
        let bodies = steps
            .step(&format!("sign {} ballots", self.rankings.len()), sign)
            .await?;
        let (url, path) = (self.stack.url.clone(), self.question.ballots_path());
        let cast = async {
            let next = Arc::new(AtomicUsize::new(0));
            let tasks: Vec<_> = (0..self.connections)
                .map(|_| {
                    let (bodies, next) = (Arc::clone(&bodies), Arc::clone(&next));
                    let (anyone, path) = (Anonymous::new(&url), path.clone());
                    tokio::spawn(async move {
                        while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                            success(&anyone.post(&path).json(body).send().await)?;
                        }
                        anyhow::Ok(())
                    })
                })
                .collect();
            for task in tasks {
                task.await??;
            }
            Ok(())
        };
        steps
            .step(&format!("cast {} ballots over HTTP", self.rankings.len()), cast)
            .await
    }

    /// Closes voting and waits for the count.
    pub async fn close(&self, steps: &mut Steps) -> anyhow::Result<Value> {
        let path = format!("coops/{}/proposals/{}", self.question.coop, self.question.proposal);
        let count = async {
            success(&self.steward.post(&format!("{path}/closing")).send().await)?;
            let started = Instant::now();
            while started.elapsed() < WAIT_MAX {
                let reply = self.steward.get(&format!("{path}/tally")).send().await;
                if reply.status == 200 {
                    return Ok(reply.json());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            bail!("the count did not come")
        };
        steps.step("close and count", count).await
    }

    /// Waits until the anchor that covers the count is final on the chain.
    pub async fn wait_for_finality(&self, steps: &mut Steps) -> anyhow::Result<()> {
        let wait = async {
            let records = format!("coops/{}/records", self.question.coop);
            let newest = last_sequence(&self.steward, &records).await?;
            let started = Instant::now();
            while started.elapsed() < WAIT_MAX {
                let anchors = success(
                    &self
                        .steward
                        .get(&format!("coops/{}/anchors", self.question.coop))
                        .send()
                        .await,
                )?;
                let covered = anchors["items"].as_array().into_iter().flatten().any(|anchor| {
                    anchor["state"] == "final" && anchor["size"].as_u64().is_some_and(|size| size >= newest)
                });
                if covered {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            bail!("the anchor did not become final")
        };
        steps.step("anchor, until it is final", wait).await
    }

    /// Fetches the bundle.
    pub async fn bundle(&self, to: &Path, steps: &mut Steps) -> anyhow::Result<()> {
        let path = format!(
            "coops/{}/proposals/{}/bundle",
            self.question.coop, self.question.proposal
        );
        let fetch = async {
            let reply = self.steward.get(&path).send().await;
            if reply.status != 200 {
                bail!("the bundle was refused: {}", String::from_utf8_lossy(&reply.bytes));
            }
            std::fs::write(to, &reply.bytes).with_context(|| format!("cannot write {}", to.display()))
        };
        steps.step("write the bundle", fetch).await
    }

    /// Lets `rochdale-audit` verify it, against the node as well.
    pub fn verify(&self, programs: &Path, bundle: &Path, steps: &mut Steps) -> anyhow::Result<Verified> {
        let started = Instant::now();
        let output = std::process::Command::new(programs.join("rochdale-audit"))
            .arg("verify")
            .arg(bundle)
            .args(["--rpc", &self.stack.chain_url()])
            .output()
            .context("rochdale-audit cannot be started; build it with cargo build --release")?;
        steps.note("rochdale-audit verify", started.elapsed());
        Ok(Verified {
            exit: output.status.code().unwrap_or(-1),
            text: format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
        })
    }

    /// Prints who is elected.
    pub fn print(&self, tally: &Value) {
        let count = &tally["count"];
        println!(
            "\nQuota {}, {} stages.",
            count["quota"],
            count["stages"].as_array().map_or(0, Vec::len)
        );
        for elected in count["elected"].as_array().into_iter().flatten() {
            let number = elected
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
                .unwrap_or_default();
            let name = number
                .checked_sub(1)
                .and_then(|index| self.names.get(index))
                .map_or("", String::as_str);
            println!("Elected: {number} {name}");
        }
    }
}

/// Each paper on its own, as a strict order.
fn rankings(blt: &Blt) -> anyhow::Result<Vec<Vec<u16>>> {
    let mut rankings = Vec::new();
    for paper in &blt.papers {
        let ranking = paper.strict_order().with_context(|| format!("line {}", paper.line))?;
        for _ in 0..paper.weight {
            rankings.push(ranking.clone());
        }
    }
    Ok(rankings)
}

fn success(reply: &Reply) -> anyhow::Result<Value> {
    if tests::person::is_success(reply.status) {
        return Ok(reply.json());
    }
    bail!(
        "refused with {}: {}",
        reply.status,
        String::from_utf8_lossy(&reply.bytes)
    )
}

/// A co-op whose elections end as soon as everyone has voted; the steward does not vote.
async fn found(steward: &Person) -> anyhow::Result<CoopId> {
    let body = json!({
        "slug": "replay", "name": "Replay", "display_name": "Steward", "class": "observer",
        "bylaws": {
            "kinds": {"election": {
                "rule": {"counting": {"method": "scottish_stv", "seats": 0, "tie": "lot"}},
                "discussion_seconds": 0, "voting_seconds_min": 1, "voting_seconds_max": 86_400, "close_when_all_voted": true,
            }},
            "admission": "invitation",
        },
    });
    let coop = success(&steward.post("coops").json(&body).send().await)?;
    coop["id"].as_str().context("no id")?.parse().context("a malformed id")
}

async fn enter(steward: &Person, coop: CoopId, count: usize) -> anyhow::Result<Vec<Voter>> {
    let mut voters = Vec::with_capacity(count);
    while voters.len() < count {
        let size = IMPORT_SIZE.min(count - voters.len());
        let unnamed: Vec<Voter> = (0..size)
            .map(|_| Voter::new(MemberId::from_uuid(uuid::Uuid::nil())))
            .collect();
        let members: Vec<Value> = unnamed
            .iter()
            .enumerate()
            .map(|(place, voter)| {
                json!({
                    "display_name": format!("Voter {}", voters.len() + place + 1), "class": "user",
                    "key": {"kind": "ed25519", "public_key": voter.public_key(), "salt": random_word()},
                })
            })
            .collect();
        let path = format!("coops/{coop}/member-imports");
        let answer = success(&steward.post(&path).json(&json!({"members": members})).send().await)?;
        let entered = answer["members"].as_array().context("no members in the answer")?;
        anyhow::ensure!(
            entered.len() == size,
            "{size} members were sent and {} entered",
            entered.len()
        );
        for (mut voter, entry) in unnamed.into_iter().zip(entered) {
            let id = entry["id"].as_str();
            voter.member = id.context("no id in the answer")?.parse()?;
            voters.push(voter);
        }
    }
    Ok(voters)
}

async fn open(steward: &Person, coop: CoopId, blt: &Blt) -> anyhow::Result<Question> {
    let title = if blt.title.trim().is_empty() {
        "Election"
    } else {
        blt.title.trim()
    };
    let body = json!({"kind": "election", "title": title, "options": blt.candidates, "seats": blt.seats});
    let path = format!("coops/{coop}/proposals");
    let drafted = success(&steward.post(&path).json(&body).send().await)?;
    let proposal = format!("{path}/{}", drafted["id"].as_str().context("no id")?);
    success(&steward.post(&format!("{proposal}/discussion")).send().await)?;
    let closes_at = chrono::Utc::now() + chrono::Duration::hours(12);
    success(
        &steward
            .post(&format!("{proposal}/opening"))
            .json(&json!({"closes_at": closes_at}))
            .send()
            .await,
    )?;
    let opened = success(&steward.get(&proposal).send().await)?;
    let view = success(&steward.get(&format!("coops/{coop}")).send().await)?;
    let question = Question::of_coop(&view, &opened);
    anyhow::ensure!(question.proposal_hash != Hash32::ZERO, "the proposal has no hash");
    Ok(question)
}

async fn last_sequence(steward: &Person, path: &str) -> anyhow::Result<u64> {
    let (mut newest, mut cursor) = (0, None::<String>);
    loop {
        let query = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = success(&steward.get(&format!("{path}?limit=100{query}")).send().await)?;
        for item in page["items"].as_array().into_iter().flatten() {
            newest = newest.max(item["sequence"].as_u64().unwrap_or_default());
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(newest),
        }
    }
}
