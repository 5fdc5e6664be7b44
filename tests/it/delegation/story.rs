//! Aim: weight flows to the ballots as the members say, and every part of it can be checked. Method: one motion with a chain, an own
//! ballot instead, a circle, and somebody who trusts nobody.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::{brief_motion, coop, counted, give, this, trust};
use crate::decisions::world::{Hall, section};

#[tokio::test(flavor = "multi_thread")]
async fn weight_flows_along_a_chain_own_ballots_count_instead_and_circles_count_for_nobody() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 8).await;
    let [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map(|index| &hall.members[index]);
    // A chain a, b, c; d trusts c and votes; e and f trust each other; g trusts c, but nobody here; h comes back from c to a.
    for (from, to) in [(a, b), (b, c), (d, c), (e, f), (f, e), (g, c), (h, c)] {
        let _ = give(&hall, from, &trust(&coop(), Some(to.member), 1)).await.expect(201);
    }
    let proposal = brief_motion(&hall, 6).await;
    let _ = give(&hall, g, &trust(&this(proposal), None, 1)).await.expect(201);
    let _ = give(&hall, h, &trust(&this(proposal), Some(a.member), 1))
        .await
        .expect(201);
    let _ = hall.cast(c, proposal, 1, &[0]).await.expect(201);
    let _ = hall.cast(d, proposal, 1, &[1]).await.expect(201);

    let mine = c.person.get(&hall.path("delegations")).send().await.expect(200);
    assert_eq!(mine["trusted_by"], 4, "directly, in some scope: b, d, g and h");
    let tally = counted(&app, &hall, proposal).await;
    assert_eq!(
        tally["weights"],
        json!({"direct": 2, "delegated": 3, "by_proxy": 0, "uncast": 4})
    );
    assert_eq!(tally["motion"], json!({"yes": 4, "no": 1, "abstain": 0, "blank": 0}));
    assert_eq!(
        (&tally["outcome"], &tally["turnout"]["cast"]),
        (&json!("passed"), &json!(2))
    );
    assert_eq!(tally["attested_delegations"], 3);
    assert_ne!(tally["record"]["delegations"], format!("0x{}", "0".repeat(64)));

    let lines = hall.bundle(proposal).await;
    assert_eq!(section(&lines, "delegation").len(), 9, "every one that reaches it");
    assert_eq!(section(&lines, "proxy").len(), 0);
    let path = hall.path(&format!("members/{}/delegate-report", c.member));
    let report: Value = a.person.get(&path).send().await.expect(200);
    assert_eq!(report["items"][0]["carried_weight"], 3);
    assert_eq!(report["items"][0]["carried_members"], 3);
    assert_eq!(report["items"][0]["ballot"]["options"], json!([0]));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_before_the_close_carries_nothing() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [a, b] = [0, 1].map(|index| &hall.members[index]);
    let proposal = brief_motion(&hall, 5).await;
    let _ = give(&hall, a, &trust(&coop(), Some(b.member), 1)).await.expect(201);
    let _ = give(&hall, &hall.steward, &trust(&this(proposal), Some(b.member), 1))
        .await
        .expect(201);
    let _ = hall.cast(b, proposal, 1, &[0]).await.expect(201);
    let gone = a.person.delete(&hall.path("delegations/coop")).send().await;
    assert_eq!(gone.status, 204);
    a.person
        .delete(&hall.path("delegations/coop"))
        .send()
        .await
        .problem("not-found");
    let tally = counted(&app, &hall, proposal).await;
    assert_eq!(
        tally["weights"],
        json!({"direct": 1, "delegated": 1, "by_proxy": 0, "uncast": 1})
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_rule_bounds_what_one_carries_the_rest_is_not_cast() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 3).await;
    let [a, b, c] = [0, 1, 2].map(|index| &hall.members[index]);
    for from in [a, b] {
        let _ = give(&hall, from, &trust(&coop(), Some(c.member), 1)).await.expect(201);
    }
    let body = json!({"kind": "capped", "title": "Shall we buy a loom?"});
    let proposal = hall.draft(&hall.steward, &body).await;
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    let _ = hall.open_for(proposal, 4).await.expect(200);
    let _ = hall.cast(c, proposal, 1, &[0]).await.expect(201);
    let tally = counted(&app, &hall, proposal).await;
    assert_eq!(
        tally["weights"],
        json!({"direct": 1, "delegated": 1, "by_proxy": 0, "uncast": 2})
    );
    app.finish().await;
}
