//! Aim: V2 of the study of attacks. A ballot that was acknowledged counts, however close to the end it came.
//! Method: two hundred casts race one close. Then one ballot is held in flight while a close is under way, with our close and with
//! three that look as good; the same question is asked of each, and only ours answers it rightly.

use std::collections::HashMap;
use std::sync::Arc;

use governance::id::ProposalId;
use serde_json::{Value, json};
use server::services::counting::{CloseReport, close};
use tests::app::TestApp;
use tokio::sync::Barrier;
use tokio_postgres::Client;
use uuid::Uuid;

use super::world::{Hall, section};

const VOTERS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_ballot_acknowledged_while_voting_closes_is_in_the_tally_and_in_the_bundle() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let voters = hall.import(VOTERS).await;
    let proposal = hall.opened_motion().await;
    let question = hall.question(proposal).await;
    let path = question.ballots_path();
    let anonymous = app.anonymous();
    // Everyone has voted yes once, so voting may end at any moment.
    let firsts = voters.iter().map(|voter| {
        let body = voter.ballot(&question, 1, &[0], &[1]);
        let request = anonymous.post(&path).json(&body);
        async move { request.send().await.expect(201) }
    });
    let _ = futures_util::future::join_all(firsts).await;
    let _ = hall.cast(&hall.steward, proposal, 1, &[0]).await.expect(201);

    let barrier = Arc::new(Barrier::new(VOTERS + 1));
    let changes: Vec<_> = voters
        .iter()
        .map(|voter| {
            let request = anonymous.post(&path).json(&voter.ballot(&question, 2, &[1], &[1]));
            let (barrier, member) = (Arc::clone(&barrier), voter.member);
            tokio::spawn(async move {
                barrier.wait().await;
                (member, request.send().await)
            })
        })
        .collect();
    barrier.wait().await;
    let _ = hall.step(&hall.steward, proposal, "closing").await.expect(200);
    let mut accepted: HashMap<String, Value> = HashMap::new();
    for change in changes {
        let (member, reply) = change.await.unwrap();
        if reply.status == 201 {
            accepted.insert(member.word().to_string(), reply.json());
        } else {
            reply.problem("voting-closed");
        }
    }
    app.work().await;
    let tally = hall.tally(proposal).await.expect(200);
    assert_eq!(tally["motion"]["no"], json!(accepted.len()));
    assert_eq!(tally["motion"]["yes"], json!(VOTERS + 1 - accepted.len()));
    let lines = hall.bundle(proposal).await;
    let ballots = section(&lines, "ballot");
    assert_eq!(ballots.len(), VOTERS + 1 + accepted.len());
    for ballot in ballots {
        let voter = ballot["record"]["voter"].as_str().unwrap();
        let last = if accepted.contains_key(voter) { 2 } else { 1 };
        assert_eq!(
            ballot["counted"],
            json!(ballot["record"]["revision"] == last),
            "{ballot}"
        );
        if ballot["record"]["revision"] == 2 {
            assert_eq!(ballot["sequence"], accepted[voter]["sequence"]);
        }
    }
    app.finish().await;
}

/// A way to end voting, and a way to cast while it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Ours: lock first, read afterwards, READ COMMITTED.
    Ours,
    /// Lock first, REPEATABLE READ: the snapshot is older than the lock.
    RepeatableRead,
    /// Count first, then change the state.
    NoLock,
    /// Our close, with a caster who looks at the state and inserts without holding the row.
    CasterWithoutLock,
}

#[tokio::test(flavor = "multi_thread")]
async fn only_lock_first_and_read_afterwards_keeps_a_ballot_in_flight() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    for (way, is_kept) in [
        (Way::Ours, true),
        (Way::RepeatableRead, false),
        (Way::NoLock, false),
        (Way::CasterWithoutLock, false),
    ] {
        let proposal = hall.opened_motion().await;
        // Both have voted, so that voting may end; the second ballot of one of them is the one in flight.
        hall.all_cast(proposal, &[&[0], &[0]]).await;
        let acknowledged = race(&app, &hall, proposal, way).await;
        let client = app.database.superuser().await;
        let row = client
            .query_one(
                "SELECT state, close_marker FROM proposal WHERE id = $1",
                &[&proposal.uuid()],
            )
            .await
            .unwrap();
        assert_eq!(row.get::<_, &str>(0), "closed", "{way:?}");
        let is_counted = acknowledged <= row.get::<_, i64>(1);
        assert_eq!(
            is_counted, is_kept,
            "{way:?}: an acknowledged ballot {acknowledged} and its close marker"
        );
    }
    // Three of the four lost a ballot on purpose.
    app.abandon().await;
}

/// Casts a ballot around a close and gives its sequence number; it is acknowledged in every case.
async fn race(app: &TestApp, hall: &Hall, proposal: ProposalId, way: Way) -> i64 {
    let mut caster = app.database.superuser().await;
    let member = hall.members[0].member.uuid();
    let cast = caster.transaction().await.unwrap();
    if way == Way::CasterWithoutLock {
        let open = cast
            .query_one("SELECT state FROM proposal WHERE id = $1", &[&proposal.uuid()])
            .await
            .unwrap();
        assert_eq!(open.get::<_, &str>(0), "open");
        assert_eq!(close(&app.app, hall.coop, proposal).await.unwrap(), CloseReport::Closed);
        let sequence = insert(&cast, proposal, member, "").await;
        cast.commit().await.unwrap();
        return sequence;
    }
    let sequence = insert(&cast, proposal, member, "FOR SHARE OF proposal").await;
    let closing = match way {
        Way::Ours | Way::CasterWithoutLock => {
            let (server, coop) = (Arc::clone(&app.app), hall.coop);
            tokio::spawn(async move {
                assert_eq!(close(&server, coop, proposal).await.unwrap(), CloseReport::Closed);
            })
        }
        Way::RepeatableRead | Way::NoLock => {
            let closer = app.database.superuser().await;
            tokio::spawn(async move { close_naively(&closer, proposal, way).await })
        }
    };
    wait_until_blocked(app).await;
    cast.commit().await.unwrap();
    closing.await.unwrap();
    sequence
}

/// A second ballot of a member, as a guarded statement or not.
async fn insert(cast: &tokio_postgres::Transaction<'_>, proposal: ProposalId, member: Uuid, lock: &str) -> i64 {
    let statement = format!(
        "INSERT INTO ballot (coop_id, proposal_id, member_id, revision, options, points, salt, record_hash, kind, public_key,
            signature, cast_at, recorded_by)
         SELECT ballot.coop_id, proposal_id, member_id, 2, ballot.options, points, ballot.salt, ballot.record_hash,
            ballot.kind, public_key, signature, clock_timestamp(), 'test'
         FROM ballot JOIN proposal ON proposal.coop_id = ballot.coop_id AND proposal.id = ballot.proposal_id
         WHERE proposal.id = $1 AND member_id = $2 {lock} RETURNING sequence"
    );
    cast.query_one(&statement, &[&proposal.uuid(), &member])
        .await
        .unwrap()
        .get(0)
}

async fn close_naively(closer: &Client, proposal: ProposalId, way: Way) {
    let isolation = if way == Way::RepeatableRead {
        "REPEATABLE READ"
    } else {
        "READ COMMITTED"
    };
    closer
        .batch_execute(&format!("BEGIN ISOLATION LEVEL {isolation}"))
        .await
        .unwrap();
    let id = &[&proposal.uuid() as &(dyn tokio_postgres::types::ToSql + Sync)];
    if way == Way::RepeatableRead {
        closer
            .query_one("SELECT state FROM proposal WHERE id = $1 FOR UPDATE", id)
            .await
            .unwrap();
    }
    let marker = "SELECT coalesce(max(sequence), 0) FROM ballot WHERE proposal_id = $1";
    let marker: i64 = closer.query_one(marker, id).await.unwrap().get(0);
    let change = "UPDATE proposal SET state = 'closed', closed_at = clock_timestamp(), close_marker = $2 WHERE id = $1";
    closer.execute(change, &[&proposal.uuid(), &marker]).await.unwrap();
    closer.batch_execute("COMMIT").await.unwrap();
}

/// Waits until somebody waits for a row of this database.
async fn wait_until_blocked(app: &TestApp) {
    let client = app.database.superuser().await;
    for _ in 0..500 {
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        if client.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waited");
}
