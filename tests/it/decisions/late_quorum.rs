//! Voting that goes on because the quorum was met late.
//!
//! Aim: whoever would have voted against what nobody seemed to care for still can, once, and nobody can where the quorum was met in
//! time. Method: three votes with one announced end, one quorate at once and two shortly before, one of them under pseudonyms; a ballot
//! after that end in each, before the worker looked; the record checked by the auditor's program at the end.

use std::time::Duration;

use chrono::{DateTime, Utc};
use governance::event::EventKind;
use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{Hall, section};

async fn opened(hall: &Hall, secrecy: &str) -> ProposalId {
    let body = json!({"kind": "late", "title": "Shall we buy a loom?", "secrecy": secrecy});
    let proposal = hall.draft(&hall.steward, &body).await;
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    let _ = hall.open_for(proposal, 10).await.expect(200);
    proposal
}

fn moment(of: &Value) -> DateTime<Utc> {
    of.as_str().unwrap().parse().unwrap()
}

async fn wait_until(at: DateTime<Utc>) {
    tokio::time::sleep((at - Utc::now()).to_std().unwrap_or_default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_that_is_met_late_lets_voting_go_on_once() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let prompt = opened(&hall, "open").await;
    let [ada, bo, cy] = [&hall.members[0], &hall.members[1], &hall.members[2]];
    let _ = hall.cast(ada, prompt, 1, &[0]).await.expect(201);
    let _ = hall.cast(bo, prompt, 1, &[0]).await.expect(201);
    let both = [opened(&hall, "open").await, opened(&hall, "pseudonymous").await];
    for late in both {
        let _ = hall.cast(ada, late, 1, &[0]).await.expect(201);
    }
    let announced = moment(&hall.view(ada, both[1]).await["closes_at"]);
    wait_until(announced - Duration::from_secs(4)).await;
    app.work().await;
    for late in both {
        let view = hall.view(ada, late).await;
        assert_eq!(view["extended_from"], Value::Null, "one of four is no quorum");
    }
    let mut met = Vec::new();
    for late in both {
        met.push(hall.cast(bo, late, 1, &[0]).await.expect(201));
    }
    wait_until(announced + Duration::from_millis(300)).await;
    hall.cast(cy, prompt, 1, &[1]).await.problem("voting-closed");
    let mut untils = Vec::new();
    for (late, met) in both.into_iter().zip(&met) {
        // Nobody looked since; the ballot itself makes the server look.
        let _ = hall.cast(cy, late, 1, &[1]).await.expect(201);
        let view = hall.view(ada, late).await;
        assert!(moment(&view["extended_from"]) <= announced);
        let until = moment(&view["closes_at"]);
        assert_eq!(until.timestamp(), moment(&met["at"]).timestamp() + 8);
        untils.push(until);
    }
    app.work().await;
    assert_eq!(hall.view(ada, prompt).await["state"], "passed");
    for (late, until) in both.into_iter().zip(&untils) {
        let open = hall.view(ada, late).await;
        assert_eq!((&open["state"], moment(&open["closes_at"])), (&json!("open"), *until));
    }
    wait_until(untils[1].max(untils[0]) + Duration::from_millis(100)).await;
    for late in both {
        hall.cast(&hall.steward, late, 1, &[1]).await.problem("voting-closed");
    }
    app.work().await;
    let kind = EventKind::VotingExtended.code();
    for (proposal, expected) in [(prompt, 0), (both[0], 1), (both[1], 1)] {
        assert_eq!(hall.view(ada, proposal).await["state"], "passed");
        let lines = hall.bundle(proposal).await;
        let events = section(&lines, "event");
        let told = events.iter().filter(|line| line["record"]["kind"] == kind);
        assert_eq!(told.count(), expected);
    }
    app.finish().await;
}
