//! Aim: strangers see what a steward chose to show, and nothing else, ever. Method: each part turned on and off, with decisions about
//! members beside others, looked at without a session.

use serde_json::{Value, json};
use tests::app::TestApp;

use crate::decisions::world::{Hall, motion};

async fn set(hall: &Hall, version: u64, body: &Value) -> tests::person::Reply {
    let request = hall.steward.person.put(&hall.path("public-page"));
    request.if_match(&format!("\"{version}\"")).json(body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_see_what_a_steward_chose_and_the_history_says_who_chose_it() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let page = format!("public/{}", hall.slug);
    app.anonymous().get(&page).send().await.problem("not-found");
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[&[0], &[0], &[1]]).await;
    let _ = hall.finish(&app, proposal).await;
    let still_open = hall.opened_motion().await;

    let nothing = json!({"is_public": true, "about": "  We weave.\n\n<b>Together</b>.  ", "shown": []});
    let answer = set(&hall, 0, &nothing).await.expect(200);
    assert_eq!(
        (&answer["version"], &answer["about"]),
        (&json!(1), &json!("We weave.\n\n<b>Together</b>."))
    );
    let seen = app.anonymous().get(&page).send().await.expect(200);
    assert_eq!((&seen["slug"], &seen["about"]), (&json!(hall.slug), &answer["about"]));
    for part in ["members", "bylaws", "decisions", "payouts", "keys"] {
        assert_eq!(seen[part], Value::Null, "{part}");
    }

    let all = json!({"is_public": true, "about": "", "shown": ["keys", "payouts", "decisions", "bylaws", "members"]});
    set(&hall, 0, &all).await.problem("stale-version");
    let _ = set(&hall, 1, &all).await.expect(200);
    let seen = app.anonymous().get(&page).send().await.expect(200);
    assert_eq!(seen["members"]["active"], 3);
    assert_eq!(seen["payouts"], json!([]));
    assert!(seen["bylaws"]["sentences_zh"]["motion"].is_string());
    assert!(seen["keys"]["log_key"].as_str().unwrap().contains('+'), "{seen}");
    assert_eq!(
        (&seen["keys"]["anchors"], &seen["keys"]["registrar"]),
        (&json!([]), &Value::Null),
        "a co-op without a chain"
    );
    let decisions = seen["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 1, "{decisions:?}");
    assert_eq!(
        (&decisions[0]["id"], &decisions[0]["outcome"]),
        (&json!(proposal), &json!("passed"))
    );
    assert_eq!((&decisions[0]["cast"], &decisions[0]["of"]), (&json!(3), &json!(3)));
    assert!(!seen.to_string().contains(&still_open.to_string()));
    for member in hall.members.iter().chain([&hall.steward]) {
        assert!(
            !seen.to_string().contains(&member.member.to_string()),
            "no member is named"
        );
    }

    let gone = json!({"is_public": false, "about": "", "shown": ["keys"]});
    let _ = set(&hall, 2, &gone).await.expect(200);
    app.anonymous().get(&page).send().await.problem("not-found");
    let member = &hall.members[0].person;
    let setting = member.get(&hall.path("public-page")).send().await.expect(200);
    let versions: Vec<_> = setting["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["version"].clone())
        .collect();
    assert_eq!(versions, [json!(3), json!(2), json!(1)]);
    assert_eq!(setting["history"][0]["set_by"], json!(hall.steward.member));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_about_a_member_is_shown_to_no_stranger() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let target = hall.members[1].member;
    let mut about = motion();
    about["title"] = json!("Give an office");
    about["actions"] = json!([{"act": {"action": "grant_role", "version": 1, "member": target, "role": "auditor", "reason": "Good eyes."}}]);
    let proposal = hall.opened(&about).await;
    hall.all_cast(proposal, &[&[0], &[0], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    let plain = hall.opened_motion().await;
    hall.all_cast(plain, &[&[1], &[1], &[1]]).await;
    let _ = hall.finish(&app, plain).await;
    let body = json!({"is_public": true, "about": "", "shown": ["decisions"]});
    let _ = set(&hall, 0, &body).await.expect(200);
    let seen = app
        .anonymous()
        .get(&format!("public/{}", hall.slug))
        .send()
        .await
        .expect(200);
    let ids: Vec<_> = seen["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!(ids, [json!(plain)]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_takes_plain_words_of_bounded_length_from_stewards() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let body = |about: &str| json!({"is_public": true, "about": about, "shown": []});
    let long = "a".repeat(4_001);
    for about in [long.as_str(), "a\u{0}b"] {
        assert_eq!(
            set(&hall, 0, &body(about)).await.problem("invalid-field")["field"],
            "about"
        );
    }
    let other = hall.members[0].person.put(&hall.path("public-page"));
    other
        .if_match("\"0\"")
        .json(&body("Mine"))
        .send()
        .await
        .problem("role-needed");
    for slug in ["nobody-here", "a\u{0}b", "../x"] {
        app.anonymous()
            .get(&format!("public/{}", slug.replace('\u{0}', "%00")))
            .send()
            .await
            .problem("not-found");
    }
    app.finish().await;
}
