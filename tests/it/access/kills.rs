//! Aim: however many servers work on one database, and whenever SIGKILL hits them, nothing is spent beyond a cap and each call that
//! reached a model is booked once; of calls that cost nothing, which are noted once they are over, no more is forgotten than those of the
//! last moment of a server that dies. Method: seeds. Three servers as processes of their own, twelve clients at three keys of which some
//! walk away in the middle, a model that takes its time; servers are killed at moments drawn from the seed and started again, and
//! every other time all leases end just then, also those of calls that still run. Beside it somebody adds up the books again and
//! again. No two questions are of one length, so each hold, each row of usage and each request at the model is known by its length.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use devstack::guard::Guarded;
use devstack::postgres::Durability;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::checker::journal::Journal;
use tests::database::connect;
use tests::stack::Stack;
use tests::upstream::{MockUpstream, Script, Step, done, stop, text, usage};

use super::world::{allowance, key, model, motion, policy, tool_at};
use crate::crash::program::stack_configured;
use crate::crash::seeds::Numbers;
use crate::crash::story::{check, resurrect};
use crate::decisions::world::{Hall, Insider, quick_bylaws};

/// How many seeds there are, and how many a usual run tries.
const SEEDS: u64 = 8;
const SEEDS_USUAL: u64 = 1;
/// How often a server is killed by one seed, and after how many further answers at the earliest.
const KILLS: usize = 6;
const ANSWERS_BETWEEN: u64 = 12;
/// The longest time from then to the death, in milliseconds.
const KILL_MS_MAX: u64 = 40;
/// Servers beside the one that works too.
const REPLICAS: usize = 2;
const CLIENTS: u64 = 12;
/// What all may spend together: some hundreds of calls.
const CAP: u64 = 14_000;
/// Clients of a model that costs nothing, beside them.
const FREE_CLIENTS: u64 = 4;
/// A call that costs nothing and lasts longer is held as any other.
const FREE_LASTS: Duration = Duration::from_millis(250);
/// How long it may take on a busy machine to write down what is to be written down at once.
const SLACK: Duration = Duration::from_secs(1);
/// How long the longer ones of these calls take, so that each of them must be held.
const FREE_LONG: Duration = Duration::from_millis(1_600);
/// How often a client asks for nothing but to be refused, once the cap is met, before it is taken to be met.
const REFUSALS_MIN: u64 = 20;

/// Adds up every account in one statement, which sees one moment.
const WRONG: &str = "SELECT count(*) FROM access_account AS a WHERE a.spent + a.held > a.cap
    OR a.held <> (SELECT coalesce(sum(h.units), 0) FROM access_hold AS h
        WHERE h.coop_id = a.coop_id AND a.id = ANY (h.accounts) AND h.state = 'open')
    OR a.spent <> (SELECT coalesce(sum(h.charged), 0) FROM access_hold AS h
        WHERE h.coop_id = a.coop_id AND a.id = ANY (h.accounts) AND h.state = 'settled')";

/// What clients share.
struct Crowd {
    urls: Mutex<Vec<String>>,
    next: AtomicU64,
    stop: AtomicBool,
    /// What the answer to each call said that it cost, by the length of its question.
    told: Mutex<BTreeMap<u64, u64>>,
    /// The calls that cost nothing, by the length of the question.
    free: Mutex<BTreeMap<u64, FreeCall>>,
    /// When each server died, and where it was.
    deaths: Mutex<Vec<(Instant, String)>>,
    refused: AtomicU64,
    left: AtomicU64,
    broken: AtomicU64,
}

/// A call that cost nothing, as its client saw it.
#[derive(Clone)]
struct FreeCall {
    url: String,
    began: Instant,
    ended: Instant,
}

impl FreeCall {
    /// Whether the death of its server may make it forgotten: it was over but for a moment or had just begun.
    fn may_be_forgotten(&self, (died, url): &(Instant, String)) -> bool {
        let until = self.ended.min(*died);
        let is_short = until.saturating_duration_since(self.began) <= FREE_LASTS + SLACK;
        *url == self.url && self.began <= *died && is_short && died.saturating_duration_since(until) <= SLACK
    }
}

/// The models of a shop: one at a price, and one that costs nothing.
struct Models {
    dear: MockUpstream,
    free: MockUpstream,
}

/// A co-op of one, whose tools are the mocks, with three keys.
async fn co_op(stack: &Stack, models: &Models) -> (Hall, Vec<String>) {
    let person = stack.person("Steward").await.expect("a person");
    let body = json!({"slug": "shop", "name": "The Weavers", "display_name": "Steward", "bylaws": quick_bylaws()});
    let view = person.post("coops").json(&body).send().await.expect(201);
    let member = view["me"]["id"].as_str().unwrap().parse().unwrap();
    let hall = Hall {
        coop: view["id"].as_str().unwrap().parse().unwrap(),
        slug: String::from("shop"),
        steward: Insider { person, member },
        members: Vec::new(),
    };
    let everyone = json!({"group": "everyone"});
    let lines = [
        allowance(everyone.clone(), "together", CAP),
        allowance(everyone, "each", 2 * CAP),
    ];
    let mut slow = model("small");
    slow["terms"]["price"] = json!({"input": 0, "output": 10, "call": 1});
    let mut tool = tool_at(&models.dear.origin);
    tool["terms"]["slots"] = json!(64);
    let mut free_tool = tool_at(&models.free.origin);
    (free_tool["tool"], free_tool["terms"]["slots"]) = (json!("free"), json!(64));
    let mut free = model("free");
    (free["terms"]["price"], free["terms"]["tool"]) = (json!({"input": 0, "output": 0, "call": 0}), json!("free"));
    let acts = [tool, slow, free_tool, free, policy(0, &lines)];
    let proposal = hall.opened(&motion(&acts)).await;
    hall.all_cast(proposal, &[&[0]]).await;
    let _ = hall.step(&hall.steward, proposal, "closing").await;
    for _ in 0..1_200 {
        if hall.view(&hall.steward, proposal).await["state"] == "executed" && is_proved(stack).await {
            models.dear.forget();
            models.free.forget();
            let mut keys = Vec::new();
            for _ in 0..3 {
                let cap = json!({"cap": {"units": CAP, "period": "day"}});
                keys.push(key(&hall, &hall.steward, cap).await);
            }
            return (hall, keys);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the decision is not executed");
}

/// Whether the worker has shown that the model keeps to its bound.
async fn is_proved(stack: &Stack) -> bool {
    let row = stack
        .database
        .query_one("SELECT bool_and(proved_at IS NOT NULL) FROM access_model", &[])
        .await;
    row.expect("the database answers").get::<_, Option<bool>>(0) == Some(true)
}

/// An answer in pieces that take their time.
fn slow() -> Script {
    let told = json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10});
    let pause = || Step::Pause(Duration::from_millis(15));
    let steps = vec![
        text("Hel"),
        pause(),
        text("lo"),
        pause(),
        text("!"),
        stop(),
        usage(told),
        done(),
    ];
    Script::stream(steps)
}

/// Short answers, and at times one that lasts.
fn free_answers() -> Vec<Script> {
    let lasts = Script::stream(vec![text("a"), Step::Pause(FREE_LONG), stop(), done()]);
    let three = [slow(), slow(), lasts];
    three.iter().cycle().take(600).cloned().collect()
}

/// Asks until told to stop. A third of the calls are left after their first piece.
async fn client(crowd: Arc<Crowd>, keys: Vec<String>, (model, seed): (&'static str, u64)) {
    let http = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let mut numbers = Numbers(seed);
    while !crowd.stop.load(Ordering::Relaxed) {
        let number = crowd.next.fetch_add(1, Ordering::Relaxed);
        let url = {
            let urls = crowd.urls.lock().unwrap();
            urls[usize::try_from(numbers.next()).unwrap() % urls.len()].clone()
        };
        let leaves = numbers.next().is_multiple_of(3);
        // The role counts with the text.
        let content = "x".repeat(usize::try_from(number).unwrap() - "user".len());
        let body = json!({"model": model, "max_tokens": 5, "stream": leaves, "messages": [{"role": "user", "content": content}]});
        let key = &keys[usize::try_from(numbers.next()).unwrap() % keys.len()];
        let asking = http
            .post(format!("{url}/v1/chat/completions"))
            .bearer_auth(key)
            .json(&body);
        let began = Instant::now();
        let answer = asking.send().await;
        if model == "free" {
            if let Ok(mut answer) = answer {
                assert_ne!(answer.status().as_u16(), 429, "it costs nothing");
                while let Ok(Some(_)) = answer.chunk().await {
                    if leaves {
                        break;
                    }
                }
            }
            let ended = Instant::now();
            crowd
                .free
                .lock()
                .unwrap()
                .insert(number, FreeCall { url, began, ended });
            continue;
        }
        let Ok(mut answer) = answer else {
            crowd.broken.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        match answer.status().as_u16() {
            200 if leaves => {
                let _ = answer.chunk().await;
                crowd.left.fetch_add(1, Ordering::Relaxed);
            }
            200 => match answer.json::<Value>().await {
                Ok(answer) => {
                    let charged = answer["coop"]["charged_units"].as_u64();
                    crowd.told.lock().unwrap().insert(number, charged.expect("a charge"));
                }
                Err(_) => drop(crowd.broken.fetch_add(1, Ordering::Relaxed)),
            },
            429 => {
                crowd.refused.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            // Cut in the middle, or the books could not be reached while a server began.
            502..=504 => drop(crowd.broken.fetch_add(1, Ordering::Relaxed)),
            status => panic!("{status}: {:?}", answer.text().await),
        }
    }
}

/// Kills one server after the other at moments of the seed, and starts each again.
async fn torment(stack: &mut Stack, crowd: &Crowd, replicas: &mut [Option<Guarded>], numbers: &mut Numbers) {
    for kill in 0..KILLS {
        let before = crowd.answered();
        while crowd.answered() < before + ANSWERS_BETWEEN && crowd.refused.load(Ordering::Relaxed) < REFUSALS_MIN {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(numbers.next() % KILL_MS_MAX)).await;
        if kill % 2 == 1 {
            let expire = "UPDATE access_hold SET lease_until = clock_timestamp() WHERE state = 'open'";
            stack
                .database
                .batch_execute(expire)
                .await
                .expect("the database answers");
        }
        match kill % (REPLICAS + 1) {
            0 => {
                // It is dead within moments of this; what it does until then is within the slack.
                crowd.died(stack.url.clone());
                resurrect(stack).await;
            }
            place => {
                let place = place - 1;
                if let Some(replica) = replicas[place].take() {
                    replica.kill().expect("it can be killed");
                }
                let url = crowd.urls.lock().unwrap()[place].clone();
                crowd.died(url);
                let (url, replica) = stack.start_replica(place).await.expect("it starts again");
                crowd.urls.lock().unwrap()[place] = url;
                replicas[place] = Some(replica);
            }
        }
    }
}

impl Crowd {
    fn answered(&self) -> u64 {
        u64::try_from(self.told.lock().unwrap().len()).unwrap()
    }

    fn died(&self, url: String) {
        self.deaths.lock().unwrap().push((Instant::now(), url));
    }
}

/// Adds up the books until told to stop; how often.
async fn watch(database: &tokio_postgres::Client, stop: &AtomicBool) -> u32 {
    let mut looks = 0;
    while !stop.load(Ordering::Relaxed) {
        let wrong: i64 = database.query_one(WRONG, &[]).await.expect("the books").get(0);
        assert_eq!(wrong, 0, "the books are wrong at look {looks}");
        looks += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    looks
}

/// Every hold is settled once the leases of the dead have ended.
async fn swept(stack: &Stack) {
    let expire = "UPDATE access_hold SET lease_until = clock_timestamp() WHERE state = 'open'";
    stack
        .database
        .batch_execute(expire)
        .await
        .expect("the database answers");
    for _ in 0..600 {
        let row = stack
            .database
            .query_one("SELECT count(*) FROM access_hold WHERE state = 'open'", &[])
            .await;
        if row.expect("the database answers").get::<_, i64>(0) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("holds of the dead are left open");
}

/// What the books say of each call by the length of its question, and how it ended.
async fn booked(stack: &Stack) -> BTreeMap<u64, (u64, String)> {
    let rows = "SELECT h.input_max, u.charged, u.ending, h.excess FROM access_hold AS h
        JOIN access_usage AS u ON u.coop_id = h.coop_id AND u.hold_id = h.id";
    let rows = stack.database.query(rows, &[]).await.expect("the books");
    let holds = stack
        .database
        .query_one("SELECT count(*) FROM access_hold", &[])
        .await
        .expect("the books");
    assert_eq!(
        holds.get::<_, i64>(0),
        i64::try_from(rows.len()).unwrap(),
        "each hold is booked once"
    );
    let mut booked = BTreeMap::new();
    for row in rows {
        let (length, charged, excess): (i64, i64, i64) = (row.get(0), row.get(1), row.get(3));
        assert_eq!(excess, 0);
        let entry = (charged.unsigned_abs(), row.get::<_, String>(2));
        assert!(
            booked.insert(length.unsigned_abs(), entry).is_none(),
            "two holds of one call"
        );
    }
    booked
}

/// The lengths of the questions that reached the model; none did twice.
fn reached(mock: &MockUpstream) -> BTreeSet<u64> {
    let mut reached = BTreeSet::new();
    for got in mock.got() {
        let content = got.body["messages"][0]["content"].as_str().expect("a question");
        let number = u64::try_from(content.len() + "user".len()).unwrap();
        assert!(reached.insert(number), "call {number} reached the model twice");
    }
    reached
}

/// What the books say at the end, against what the model was asked and what clients were told.
async fn judge(stack: &Stack, models: &Models, crowd: &Crowd, looks: u32) {
    let booked = booked(stack).await;
    let reached_free = reached(&models.free);
    judge_free(&booked, &reached_free, crowd);
    let reached = reached(&models.dear);
    for number in &reached {
        assert!(
            booked.contains_key(number),
            "call {number} reached the model and is not booked"
        );
    }
    let told = crowd.told.lock().unwrap().clone();
    for (number, charged) in &told {
        assert_eq!(
            booked[number].0, *charged,
            "call {number} costs what its client was told"
        );
    }
    let of = |ending: &str| booked.values().filter(|entry| entry.1 == ending).count();
    let spent: u64 = booked.values().map(|entry| entry.0).sum();
    assert!(spent <= CAP && looks > 20, "{spent} {looks}");
    assert!(
        of("expired") > 0 && of("finished") > 0 && of("client_gone") > 0,
        "{} expired, {} finished, {} left",
        of("expired"),
        of("finished"),
        of("client_gone")
    );
    eprintln!(
        "{} holds ({} finished, {} left, {} expired), {} reached the model, {} answered, {} broken, {spent} of {CAP} spent, looked {looks} times",
        booked.len(),
        of("finished"),
        of("client_gone"),
        of("expired"),
        reached.len(),
        told.len(),
        crowd.broken.load(Ordering::Relaxed)
    );
}

/// Each call that cost nothing is booked once at most, and where it is not, its server died in its last moment.
fn judge_free(booked: &BTreeMap<u64, (u64, String)>, reached: &BTreeSet<u64>, crowd: &Crowd) {
    let (calls, deaths) = (crowd.free.lock().unwrap(), crowd.deaths.lock().unwrap());
    let mut forgotten = 0;
    for number in reached {
        match booked.get(number) {
            Some((charged, _)) => assert_eq!(*charged, 0, "call {number} costs nothing"),
            None => {
                let call = &calls[number];
                assert!(
                    deaths.iter().any(|death| call.may_be_forgotten(death)),
                    "call {number} is forgotten, and its server did not die: it took {:?}",
                    call.ended - call.began
                );
                forgotten += 1;
            }
        }
    }
    let noted = reached.len() - forgotten;
    assert!(noted > 0, "none was noted");
    eprintln!(
        "{} calls that cost nothing: {noted} noted, {forgotten} forgotten",
        reached.len()
    );
}

async fn play(seed: u64) -> Option<()> {
    let models = Models {
        dear: MockUpstream::start(vec![slow()]).await,
        free: MockUpstream::start(vec![slow()]).await,
    };
    let config = format!(
        "[gateway]\nallowed_origins = [\"{}\", \"{}\"]\nrenew_ms = 200\n",
        models.dear.origin, models.free.origin
    );
    let mut stack = stack_configured("kills of the gateway", Durability::Volatile, &config).await?;
    let (hall, keys) = co_op(&stack, &models).await;
    models.free.script(free_answers());
    let (mut urls, mut replicas) = (Vec::new(), Vec::new());
    for place in 0..REPLICAS {
        let (url, replica) = stack.start_replica(place).await.expect("a replica");
        urls.push(url);
        replicas.push(Some(replica));
    }
    urls.push(stack.url.clone());
    let crowd = Arc::new(Crowd {
        urls: Mutex::new(urls),
        next: AtomicU64::new(10),
        stop: AtomicBool::new(false),
        told: Mutex::default(),
        free: Mutex::default(),
        deaths: Mutex::default(),
        refused: AtomicU64::new(0),
        left: AtomicU64::new(0),
        broken: AtomicU64::new(0),
    });
    let clients: Vec<_> = (0..CLIENTS + FREE_CLIENTS)
        .map(|number| {
            let model = if number < CLIENTS { "small" } else { "free" };
            tokio::spawn(client(Arc::clone(&crowd), keys.clone(), (model, seed * 1_000 + number)))
        })
        .collect();
    let (watcher, over) = (connect(&stack.superuser_url()).await, AtomicBool::new(false));
    let (looks, ()) = tokio::join!(watch(&watcher, &over), async {
        torment(&mut stack, &crowd, &mut replicas, &mut Numbers(seed)).await;
        while crowd.refused.load(Ordering::Relaxed) < REFUSALS_MIN {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        crowd.stop.store(true, Ordering::Relaxed);
        for client in join_all(clients).await {
            client.expect("a client");
        }
        for (place, replica) in replicas.iter_mut().enumerate() {
            let url = crowd.urls.lock().unwrap()[place].clone();
            crowd.died(url);
            let Some(replica) = replica.take() else { continue };
            replica.kill().expect("it can be killed");
        }
        swept(&stack).await;
        over.store(true, Ordering::Relaxed);
    });
    judge(&stack, &models, &crowd, looks).await;
    drop(hall);
    check(&stack, &Journal::default(), None).await;
    Some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_servers_never_let_more_be_spent_and_leave_no_call_unbooked_or_booked_twice() {
    let seeds = if std::env::var_os("ROCHDALE_FULL").is_some() {
        SEEDS
    } else {
        SEEDS_USUAL
    };
    for seed in 0..seeds {
        if play(seed).await.is_none() {
            return;
        }
    }
}
