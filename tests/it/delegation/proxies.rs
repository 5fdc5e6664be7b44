//! Aim: the holder of many proxies votes for each as told, and each member keeps the last word. Method: one motion, one holder.

use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;

use super::{brief_motion, coop, counted, give, trust};
use crate::decisions::world::{Hall, section};

fn vote(yes: &[&Value], no: &[&Value]) -> Value {
    json!({"votes": [{"options": [0], "points": [1], "members": yes}, {"options": [1], "points": [1], "members": no}]})
}

/// Nobody votes for members of whom they hold no proxy, nor twice in one action, nor otherwise than the method knows.
async fn refused(hall: &Hall, proposal: ProposalId, ids: &[Value]) {
    let [holder, a] = [0, 1].map(|index| &hall.members[index]);
    let path = hall.about(proposal, "proxy-ballots");
    let [a_id, d_id] = [&ids[0], &ids[3]];
    let stranger = a.person.post(&path).json(&vote(&[d_id], &[])).send().await;
    assert_eq!(stranger.problem("delegation-refused")["member"], *d_id);
    let malformed = json!({"votes": [{"options": [9], "points": [1], "members": [a_id]}]});
    holder
        .person
        .post(&path)
        .json(&malformed)
        .send()
        .await
        .problem("ballot-malformed");
    let twice = vote(&[a_id], &[a_id]);
    holder
        .person
        .post(&path)
        .json(&twice)
        .send()
        .await
        .problem("invalid-field");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_votes_yes_for_some_and_no_for_others_in_one_action() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 6).await;
    let [holder, a, b, c, d, e] = [0, 1, 2, 3, 4, 5].map(|index| &hall.members[index]);
    for (from, to) in [(a, holder), (b, holder), (c, b), (d, holder), (e, d)] {
        let _ = give(&hall, from, &trust(&coop(), Some(to.member), 1)).await.expect(201);
    }
    let proposal = brief_motion(&hall, 7).await;
    let held = holder
        .person
        .get(&hall.about(proposal, "proxies"))
        .send()
        .await
        .expect(200);
    let depths: Vec<&Value> = held["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|held| &held["depth"])
        .collect();
    assert_eq!(depths, [1, 1, 1, 2, 2]);
    let path = hall.about(proposal, "proxy-ballots");
    let vote = |yes: &[&Value], no: &[&Value]| json!({"votes": [{"options": [0], "points": [1], "members": yes}, {"options": [1], "points": [1], "members": no}]});
    let ids: Vec<Value> = [a, b, c, d, e].map(|member| json!(member.member)).to_vec();
    let [a_id, b_id, c_id, d_id, e_id] = [0, 1, 2, 3, 4].map(|index| &ids[index]);
    let both = vote(&[a_id, b_id], &[c_id, d_id]);
    let stored = holder.person.post(&path).json(&both).send().await.expect(201);
    assert_eq!(stored["ballots"].as_array().unwrap().len(), 4);
    let again = holder
        .person
        .post(&path)
        .json(&vote(&[a_id], &[]))
        .send()
        .await
        .expect(201);
    assert_eq!(again["ballots"][0]["revision"], 2);
    refused(&hall, proposal, &ids).await;

    let seen = d
        .person
        .get(&hall.about(proposal, "proxy-ballots/mine"))
        .send()
        .await
        .expect(200);
    assert_eq!(seen["items"][0]["options"], json!([1]));
    assert_eq!(seen["items"][0]["holder"]["id"], json!(holder.member));
    // d votes: the proxy is void, and e, whose way stops at d now, goes with d.
    let _ = hall.cast(d, proposal, 1, &[2]).await.expect(201);
    holder
        .person
        .post(&path)
        .json(&vote(&[e_id], &[]))
        .send()
        .await
        .problem("delegation-refused");
    let tally = counted(&app, &hall, proposal).await;
    assert_eq!(tally["motion"], json!({"yes": 2, "no": 1, "abstain": 2, "blank": 0}));
    assert_eq!(
        tally["weights"],
        json!({"direct": 1, "delegated": 4, "by_proxy": 3, "uncast": 2})
    );
    assert_eq!(section(&hall.bundle(proposal).await, "proxy").len(), 4);
    let over = holder.person.get(&hall.about(proposal, "proxies")).send().await;
    assert_eq!(over.expect(200)["members"], json!([]), "no vote is open any more");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_ballot_is_final_where_ballots_are() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [holder, a] = [0, 1].map(|index| &hall.members[index]);
    let _ = give(&hall, a, &trust(&coop(), Some(holder.member), 1))
        .await
        .expect(201);
    let proposal = hall
        .opened(&json!({"kind": "settled", "title": "Final?", "body": "It is."}))
        .await;
    let path = hall.about(proposal, "proxy-ballots");
    let id = json!(a.member);
    let _ = holder
        .person
        .post(&path)
        .json(&vote(&[&id], &[]))
        .send()
        .await
        .expect(201);
    let again = holder.person.post(&path).json(&vote(&[], &[&id])).send().await;
    again.problem("delegation-refused");
    app.finish().await;
}
