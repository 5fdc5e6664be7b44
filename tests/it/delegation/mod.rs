//! Delegation over HTTP: who votes for whom, to the verdict and the auditor's report.

mod giving;
mod proxies;
mod racing;
mod story;

use std::time::Duration;

use governance::id::{MemberId, ProposalId};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;
use tests::voter::random_word;

use crate::decisions::world::{Hall, Insider};

/// The body of a delegation for two hours.
pub fn trust(scope: &Value, trustee: Option<MemberId>, revision: u64) -> Value {
    let until = chrono::Utc::now() + chrono::TimeDelta::hours(2);
    json!({"scope": scope, "trustee": trustee, "valid_until": until, "revision": revision, "salt": random_word()})
}

pub fn coop() -> Value {
    json!({"reach": "coop"})
}

pub fn this(proposal: ProposalId) -> Value {
    json!({"reach": "proposal", "id": proposal})
}

/// Gives a delegation.
pub async fn give(hall: &Hall, who: &Insider, body: &Value) -> Reply {
    who.person.post(&hall.path("delegations")).json(body).send().await
}

/// A motion on which voting is open for a few seconds.
pub async fn brief_motion(hall: &Hall, seconds: i64) -> ProposalId {
    let proposal = hall.draft(&hall.steward, &crate::decisions::world::motion()).await;
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    let _ = hall.open_for(proposal, seconds).await.expect(200);
    proposal
}

/// Waits until a motion is counted, and gives the tally.
pub async fn counted(app: &TestApp, hall: &Hall, proposal: ProposalId) -> Value {
    for _ in 0..400 {
        app.work().await;
        let tally = hall.tally(proposal).await;
        if tally.status == 200 {
            return tally.expect(200);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was never counted");
}
