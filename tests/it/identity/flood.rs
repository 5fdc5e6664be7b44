//! A9: a flood of sign-ins takes what it may take and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;
use tests::app::TestApp;
use tests::person::Reply;
use tokio::sync::Barrier;

use super::{PASSWORD, count, owner, sign_in};

const SIGN_INS: usize = 500;
/// The most memory that all hashes at once may take beside everything else, in KiB; without a bound it would be 9.5 GiB.
const GROWTH_KIB_MAX: u64 = 256 * 1024;

/// What this process has in memory.
pub fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Sends so many sign-ins at the same moment, half of them for addresses that nobody has; each answer with the time it took.
async fn flood(app: &TestApp, email: &str) -> Vec<(Reply, Duration)> {
    let barrier = Arc::new(Barrier::new(SIGN_INS));
    let client = app.anonymous();
    let sign_ins: Vec<_> = (0..SIGN_INS)
        .map(|index| {
            let (client, barrier) = (client.clone(), Arc::clone(&barrier));
            let nobody = format!("nobody{index}@demo.example");
            let email = if index % 2 == 0 { email.to_owned() } else { nobody };
            let password = if index % 4 == 0 { PASSWORD } else { "not my password" };
            let body = json!({"email": email, "password": password});
            tokio::spawn(async move {
                // The connection stands before the start.
                let _ = client.get("/healthz").send().await.expect(200);
                barrier.wait().await;
                let started = Instant::now();
                let reply = client.post("sessions").json(&body).send().await;
                (reply, started.elapsed())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for sign_in in sign_ins {
        answers.push(sign_in.await.unwrap());
    }
    answers
}

/// Looks at memory until it is ended.
pub struct Peak {
    is_over: Arc<AtomicBool>,
    memory: JoinHandle<u64>,
}

impl Peak {
    pub fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let memory = std::thread::spawn({
            let is_over = Arc::clone(&is_over);
            move || {
                let mut peak = 0;
                while !is_over.load(Ordering::Relaxed) {
                    peak = peak.max(resident_kib());
                    std::thread::sleep(Duration::from_millis(5));
                }
                peak
            }
        });
        Self { is_over, memory }
    }

    /// The most there was, in KiB.
    pub fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.memory.join().unwrap()
    }
}

/// Looks at memory and at another route until the flood is over; the most memory, and how long each request took.
struct Watch {
    is_over: Arc<AtomicBool>,
    memory: Peak,
    others: tokio::task::JoinHandle<Vec<Duration>>,
}

impl Watch {
    fn start(app: &TestApp) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let others = tokio::spawn({
            let (client, is_over) = (app.anonymous(), Arc::clone(&is_over));
            async move {
                let mut times = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let started = Instant::now();
                    let _ = client.get("/readyz").send().await.expect(200);
                    times.push(started.elapsed());
                }
                times
            }
        });
        Self {
            is_over,
            memory: Peak::start(),
            others,
        }
    }

    async fn end(self) -> (u64, Vec<Duration>) {
        self.is_over.store(true, Ordering::Relaxed);
        (self.memory.end(), self.others.await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_sign_ins_at_once_are_bounded_in_memory_and_time() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let before = resident_kib();
    let watch = Watch::start(&app);
    let answers = flood(&app, &owner.email).await;
    let (peak, others) = watch.end().await;
    let (mut signed_in, mut failed, mut refusals) = (0_i64, 0, Vec::new());
    for (reply, elapsed) in answers {
        match reply.status {
            201 => signed_in += 1,
            401 => failed += 1,
            503 => {
                reply.problem("busy");
                assert!(reply.header("retry-after").is_some());
                refusals.push(elapsed);
            }
            other => panic!("{other}: {}", String::from_utf8_lossy(&reply.bytes)),
        }
    }
    refusals.sort_unstable();
    assert!(!refusals.is_empty(), "the queue is bounded");
    assert!(signed_in + failed > 0, "some got through");
    let at = |part: usize| refusals[(refusals.len() - 1) * part / 100];
    let growth = peak.saturating_sub(before);
    let slowest = others.iter().max().copied().unwrap_or_default();
    eprintln!(
        "{signed_in} signed in, {failed} failed, {} refused (half within {:?}, all within {:?}); {growth} KiB more; {} other \
         requests, the slowest {slowest:?}",
        refusals.len(),
        at(50),
        at(100),
        others.len()
    );
    // The clients run on the same cores as the server and as other tests, so the last ones may be measured late.
    assert!(at(90) < Duration::from_secs(2), "{:?}", at(90));
    assert!(at(100) < Duration::from_secs(5), "{:?}", at(100));
    assert!(growth < GROWTH_KIB_MAX, "{growth} KiB");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert_eq!(count(&app, "SELECT count(*) FROM session", &[]).await, signed_in);
    // Afterwards all is as before.
    let _ = sign_in(&app, &owner.email, PASSWORD).await.expect(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_ten_megabytes_never_reaches_the_hasher() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let send = async |bytes: usize| {
        let body = json!({"email": owner.email, "password": "x".repeat(bytes)}).to_string();
        // The server may close the connection while the body is still being sent.
        app.anonymous()
            .post("sessions")
            .body("application/json", body)
            .try_send()
            .await
    };
    if let Ok(reply) = send(10 << 20).await {
        reply.problem("body-too-large");
    }
    for _ in 0..5 {
        send(400 * 1024).await.unwrap().problem("sign-in-failed");
    }
    app.finish().await;
}
