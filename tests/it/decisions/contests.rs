//! Contesting a result.
//!
//! Aim: whoever could vote may say in time why a result should not stand, once; nothing of it is executed until another member, a
//! steward, has answered; and everybody sees both. Method: three results with an action each: one not contested, one whose contest is
//! dismissed, one whose contest is upheld, each in another secrecy tier; and every refusal on the way.

use governance::id::ProposalId;
use governance::membership::{Class, Role};
use serde_json::{Value, json};
use server::services::execution::carry_out;
use tests::app::TestApp;
use tests::person::Reply;

use super::world::{Hall, Insider};

/// A motion that makes a member treasurer, carried and published.
async fn carried(app: &TestApp, hall: &Hall, member: &Insider, secrecy: &str) -> ProposalId {
    let act = json!({"action": "grant_role", "version": 1, "member": member.member, "role": "treasurer", "reason": "decided"});
    let body = json!({"kind": "contestable", "title": "Let it be done", "actions": [{"act": act}], "secrecy": secrecy});
    let proposal = hall.opened(&body).await;
    let yes = vec![&[0_u16][..]; hall.members.len() + 1];
    hall.all_cast(proposal, &yes).await;
    assert_eq!(hall.finish(app, proposal).await["outcome"], "passed");
    proposal
}

async fn contest(hall: &Hall, who: &Insider, proposal: ProposalId) -> Reply {
    let body = json!({"reason": "Half of us were asleep."});
    who.person
        .post(&hall.about(proposal, "contests"))
        .json(&body)
        .send()
        .await
}

async fn answered(hall: &Hall, steward: &Insider, proposal: ProposalId, of: &Insider, verdict: &str) -> Reply {
    let body = json!({"member": of.member, "verdict": verdict, "reason": "I looked at it."});
    let path = hall.about(proposal, "contest-verdicts");
    steward.person.post(&path).json(&body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contested_result_waits_until_another_has_answered() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let [ada, bo, cy] = [&hall.members[0], &hall.members[1], &hall.members[2]];
    let plain = carried(&app, &hall, ada, "open").await;
    let dismissed = carried(&app, &hall, bo, "sealed").await;
    let view = contest(&hall, bo, dismissed).await.expect(200);
    assert_eq!(view["course"]["contests"][0]["verdict"], Value::Null);
    let steward = &hall.steward;
    let _ = contest(&hall, steward, dismissed).await.expect(200);
    contest(&hall, bo, dismissed).await.problem("contest-refused");
    answered(&hall, steward, dismissed, steward, "dismissed")
        .await
        .problem("contest-refused");
    answered(&hall, steward, dismissed, cy, "dismissed")
        .await
        .problem("contest-refused");
    assert_eq!(answered(&hall, ada, dismissed, bo, "dismissed").await.status, 403);
    let upheld = carried(&app, &hall, cy, "pseudonymous").await;
    let view = contest(&hall, bo, upheld).await.expect(200);
    let until: chrono::DateTime<chrono::Utc> = view["course"]["contest_until"].as_str().unwrap().parse().unwrap();
    // Who joined since could not vote on it.
    let late = hall.join(&app, "Late", Class::Worker, &[]).await;
    contest(&hall, &late, upheld).await.problem("contest-refused");
    let wait = until - chrono::Utc::now() + chrono::TimeDelta::milliseconds(200);
    tokio::time::sleep(wait.to_std().unwrap_or_default()).await;
    app.work().await;
    let state = async |proposal| hall.view(ada, proposal).await["state"].clone();
    assert_eq!(state(plain).await, "executed");
    for proposal in [dismissed, upheld] {
        let _ = carry_out(&app.app, hall.coop, proposal).await.unwrap();
        assert_eq!(state(proposal).await, "queued", "it is contested");
        contest(&hall, cy, proposal).await.problem("contest-refused");
    }
    let _ = answered(&hall, steward, dismissed, bo, "dismissed").await.expect(200);
    app.work().await;
    assert_eq!(state(dismissed).await, "queued", "one contest is left");
    let other = hall.join(&app, "Other", Class::Worker, &[Role::Steward]).await;
    let _ = answered(&hall, &other, dismissed, steward, "dismissed")
        .await
        .expect(200);
    let aside = answered(&hall, steward, upheld, bo, "upheld").await.expect(200);
    assert_eq!(
        (&aside["state"], &aside["end_reason"]),
        (&json!("rejected"), &json!("I looked at it."))
    );
    assert_eq!(aside["course"]["contests"][0]["verdict"], "upheld");
    answered(&hall, steward, upheld, bo, "dismissed")
        .await
        .problem("contest-refused");
    app.work().await;
    assert_eq!(
        (state(dismissed).await, state(upheld).await),
        (json!("executed"), json!("rejected"))
    );
    let roles = async |who: &Insider| {
        let path = hall.path(&format!("members/{}", who.member));
        hall.steward.person.get(&path).send().await.expect(200)["roles"].clone()
    };
    assert_eq!((roles(bo).await, roles(cy).await), (json!(["treasurer"]), json!([])));
    for proposal in [plain, dismissed, upheld] {
        let _ = hall.bundle(proposal).await;
    }
    app.finish().await;
}
