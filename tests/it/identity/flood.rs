//! A9: a flood of sign-ins takes what it may take and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::app::TestApp;
use tokio::sync::Barrier;

use super::{PASSWORD, count, owner, sign_in};

const SIGN_INS: usize = 500;
/// The most memory that all hashes at once may take beside everything else, in KiB; without a bound it would be 9.5 GiB.
const GROWTH_KIB_MAX: u64 = 256 * 1024;

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_sign_ins_at_once_are_bounded_in_memory_and_time() {
    let app = TestApp::start().await;
    let owner = owner(&app, "Ada").await;
    let before = resident_kib();
    let peak = Arc::new(AtomicU64::new(before));
    let is_over = Arc::new(AtomicBool::new(false));
    let watcher = std::thread::spawn({
        let (peak, is_over) = (Arc::clone(&peak), Arc::clone(&is_over));
        move || {
            while !is_over.load(Ordering::Relaxed) {
                peak.fetch_max(resident_kib(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
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
    let barrier = Arc::new(Barrier::new(SIGN_INS));
    let client = app.anonymous();
    let sign_ins: Vec<_> = (0..SIGN_INS)
        .map(|index| {
            let (client, barrier) = (client.clone(), Arc::clone(&barrier));
            let email = if index % 2 == 0 {
                owner.email.clone()
            } else {
                format!("nobody{index}@demo.example")
            };
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
    let (mut signed_in, mut failed, mut refusals) = (0_i64, 0, Vec::new());
    for one in sign_ins {
        let (reply, elapsed) = one.await.unwrap();
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
    is_over.store(true, Ordering::Relaxed);
    watcher.join().unwrap();
    let mut times = others.await.unwrap();
    times.sort_unstable();
    let growth = peak.load(Ordering::Relaxed).saturating_sub(before);
    let slowest = times.last().copied().unwrap_or_default();
    refusals.sort_unstable();
    assert!(!refusals.is_empty(), "the queue is bounded");
    let at = |part: usize| refusals[(refusals.len() - 1) * part / 100];
    eprintln!(
        "{signed_in} signed in, {failed} failed, {} refused (half within {:?}, all within {:?}); {growth} KiB more; {} other \
         requests, the slowest {slowest:?}",
        refusals.len(),
        at(50),
        at(100),
        times.len()
    );
    assert!(signed_in + failed > 0, "some got through");
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
