//! Aim: closing and counting survive a crash between any two of their steps, and any number of workers. Method: the two
//! transactions and the job are run apart, in every order a crash can leave.

use std::time::Duration;

use governance::id::ProposalId;
use serde_json::json;
use server::services::counting::{CloseReport, CountReport, close, count_closed};
use store::decision::job::{JobEnd, JobKind, job_claim, job_end};
use tests::app::TestApp;

use super::world::Hall;

/// A motion on which everyone has voted.
async fn voted(app: &TestApp) -> (Hall, ProposalId) {
    let hall = Hall::with_members(app, 2).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[&[0], &[0], &[1]]).await;
    (hall, proposal)
}

async fn assert_decided_once(app: &TestApp, hall: &Hall, proposal: ProposalId) {
    let tally = hall.tally(proposal).await.expect(200);
    assert_eq!(
        (&tally["outcome"], &tally["motion"]["yes"]),
        (&json!("passed"), &json!(2))
    );
    let client = app.database.superuser().await;
    let row = client
        .query_one(
            "SELECT (SELECT count(*) FROM tally), (SELECT count(*) FROM record WHERE kind = 'TallyV1'),
                    (SELECT count(*) FROM job WHERE done_at IS NULL AND kind = 'count')",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(
        (row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)),
        (1, 1, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_after_the_close_leaves_the_count_to_the_worker() {
    let app = TestApp::start().await;
    let (hall, proposal) = voted(&app).await;
    assert_eq!(close(&app.app, hall.coop, proposal).await.unwrap(), CloseReport::Closed);
    assert_eq!(hall.view(&hall.steward, proposal).await["state"], "closed");
    app.work().await;
    assert_decided_once(&app, &hall, proposal).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_after_publishing_leaves_a_job_that_finds_it_done() {
    let app = TestApp::start().await;
    let (hall, proposal) = voted(&app).await;
    assert_eq!(close(&app.app, hall.coop, proposal).await.unwrap(), CloseReport::Closed);
    assert_eq!(
        count_closed(&app.app, hall.coop, proposal).await.unwrap(),
        CountReport::Published
    );
    let published = hall.tally(proposal).await.expect(200);
    app.work().await;
    assert_eq!(hall.tally(proposal).await.expect(200), published);
    assert_decided_once(&app, &hall, proposal).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counting_begins_only_after_the_close() {
    let app = TestApp::start().await;
    let (hall, proposal) = voted(&app).await;
    assert_eq!(
        count_closed(&app.app, hall.coop, proposal).await.unwrap(),
        CountReport::Nothing
    );
    let unknown = ProposalId::from_uuid(uuid::Uuid::now_v7());
    assert_eq!(
        count_closed(&app.app, hall.coop, unknown).await.unwrap(),
        CountReport::Nothing
    );
    assert_eq!(close(&app.app, hall.coop, unknown).await.unwrap(), CloseReport::Ended);
    let open = hall.opened_motion().await;
    assert!(matches!(
        close(&app.app, hall.coop, open).await.unwrap(),
        CloseReport::Open(_)
    ));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_close_once_and_publish_once() {
    let app = TestApp::start().await;
    let (hall, proposal) = voted(&app).await;
    let (app_ref, coop) = (&app.app, hall.coop);
    let closes = tokio::join!(
        close(app_ref, coop, proposal),
        close(app_ref, coop, proposal),
        close(app_ref, coop, proposal)
    );
    for closed in [closes.0, closes.1, closes.2] {
        assert_eq!(closed.unwrap(), CloseReport::Closed);
    }
    let counts = tokio::join!(
        count_closed(app_ref, coop, proposal),
        count_closed(app_ref, coop, proposal),
        count_closed(app_ref, coop, proposal)
    );
    for counted in [counts.0, counts.1, counts.2] {
        assert_eq!(counted.unwrap(), CountReport::Published);
    }
    app.work().await;
    assert_decided_once(&app, &hall, proposal).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_paused_changes_nothing_when_it_comes_back() {
    let app = TestApp::start().await;
    let (hall, proposal) = voted(&app).await;
    assert_eq!(close(&app.app, hall.coop, proposal).await.unwrap(), CloseReport::Closed);
    let claim = async |lease| {
        let mut tx = app.app.store.global_tx("job_claim").await.unwrap();
        let jobs = job_claim(&mut tx, lease, 10).await.unwrap();
        tx.commit().await.unwrap();
        jobs.into_iter().find(|job| job.kind == JobKind::Count.name())
    };
    // The first worker claims the job and is paused until its lease is over; while it lasts nobody else is given the job.
    let paused = claim(Duration::from_millis(200)).await.unwrap();
    assert_eq!(claim(Duration::from_secs(60)).await, None);
    let mut looks = 0;
    let second = loop {
        if let Some(job) = claim(Duration::from_millis(1)).await {
            break job;
        }
        looks += 1;
        assert!(looks < 200, "the lease never ended");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(second.epoch > paused.epoch);
    let mut tx = app.app.store.global_tx("job_end").await.unwrap();
    assert!(
        !job_end(&mut tx, &paused, JobEnd::Done).await.unwrap(),
        "its epoch is over"
    );
    tx.commit().await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    app.work().await;
    assert_decided_once(&app, &hall, proposal).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_put_off_and_one_that_waits_is_not_counted_as_failed() {
    let app = TestApp::start().await;
    let (hall, proposal) = voted(&app).await;
    assert_eq!(close(&app.app, hall.coop, proposal).await.unwrap(), CloseReport::Closed);
    let claim = async || {
        let mut tx = app.app.store.global_tx("job_claim").await.unwrap();
        let mut jobs = job_claim(&mut tx, Duration::ZERO, 10).await.unwrap();
        tx.commit().await.unwrap();
        jobs.retain(|job| job.kind == JobKind::Count.name());
        jobs.pop()
    };
    let end = async |job: &_, end: JobEnd<'_>| {
        let mut tx = app.app.store.global_tx("job_end").await.unwrap();
        assert!(job_end(&mut tx, job, end).await.unwrap());
        tx.commit().await.unwrap();
    };
    let first = claim().await.unwrap();
    end(&first, JobEnd::Wait(Duration::ZERO)).await;
    let second = claim().await.unwrap();
    assert_eq!((first.attempts, second.attempts), (1, 1));
    end(&second, JobEnd::Retry(Duration::ZERO, "the node was away")).await;
    let third = claim().await.unwrap();
    assert_eq!(third.attempts, 2);
    end(&third, JobEnd::Rest("the node was away")).await;
    assert_eq!(claim().await, None);
    let mut tx = app.app.store.global_tx("job_wake").await.unwrap();
    assert_eq!(store::decision::job::job_wake_resting(&mut tx).await.unwrap(), 1);
    tx.commit().await.unwrap();
    app.work().await;
    assert_decided_once(&app, &hall, proposal).await;
    app.finish().await;
}
