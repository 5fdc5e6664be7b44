//! Aim: lists in pages, requests that are sent twice, and addresses that are wrong. Method: over HTTP.

use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{Hall, Insider, motion};

async fn titles(hall: &Hall, who: &Insider, query: &str) -> Vec<String> {
    let mut titles = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = hall.path(&format!("proposals?limit=2{query}{cursor}"));
        let page = who.person.get(&path).send().await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        titles.extend(items.iter().map(|item| item["title"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return titles,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proposals_come_newest_first_in_pages_and_drafts_only_to_whom_they_belong() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let [author, other] = [&hall.members[0], &hall.members[1]];
    for number in 1..=5 {
        let proposal = hall
            .draft(author, &json!({"kind": "motion", "title": format!("Motion {number}")}))
            .await;
        if number != 3 {
            let _ = hall.step(author, proposal, "discussion").await.expect(200);
        }
    }
    let all = ["Motion 5", "Motion 4", "Motion 3", "Motion 2", "Motion 1"];
    let shown = ["Motion 5", "Motion 4", "Motion 2", "Motion 1"];
    assert_eq!(titles(&hall, author, "").await, all);
    assert_eq!(titles(&hall, &hall.steward, "").await, all);
    assert_eq!(titles(&hall, other, "").await, shown);
    assert_eq!(titles(&hall, other, "&state=discussion").await, shown);
    assert_eq!(titles(&hall, author, "&state=draft").await, ["Motion 3"]);
    assert!(titles(&hall, other, "&state=draft").await.is_empty());
    for query in ["state=drafty", "cursor=no", "limit=x", "unknown=1", "cursor=bm8"] {
        other
            .person
            .get(&hall.path(&format!("proposals?{query}")))
            .send()
            .await
            .problem("invalid-query");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_sent_twice_is_done_once() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let author = &hall.members[0];
    let draft = |body: Value| {
        author
            .person
            .post(&hall.path("proposals"))
            .key("draft")
            .json(&body)
            .send()
    };
    let first = draft(motion()).await;
    let proposal = first.expect(201)["id"].as_str().unwrap().parse().unwrap();
    let again = draft(motion()).await;
    assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(
        (again.etag(), first.etag()),
        (Some(String::from("\"1\"")), again.etag())
    );
    draft(json!({"kind": "motion", "title": "Another"}))
        .await
        .problem("idempotency-key-reused");

    let discuss = || {
        author
            .person
            .post(&hall.about(proposal, "discussion"))
            .key("discuss")
            .send()
    };
    let first = discuss().await;
    let again = discuss().await;
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(
        (again.etag(), first.etag()),
        (Some(String::from("\"2\"")), again.etag())
    );
    let closes_at = chrono::Utc::now() + chrono::TimeDelta::hours(1);
    let path = hall.about(proposal, "opening");
    let open = || {
        hall.steward
            .person
            .post(&path)
            .key("open")
            .json(&json!({"closes_at": closes_at}))
            .send()
    };
    let (one, two) = tokio::join!(open(), open());
    let statuses = [one.status, two.status];
    assert!(statuses.contains(&200), "{statuses:?}");
    let again = open().await;
    assert_eq!(again.expect(200)["version"], 3);
    // Each answer about a proposal says its version in the header too, so that a change can follow without reading it first.
    assert_eq!(again.etag().as_deref(), Some("\"3\""));
    let records = hall.steward.person.get(&hall.path("records")).send().await.expect(200);
    assert_eq!(records["items"].as_array().unwrap().len(), 2, "bylaws and one opening");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_keeps_the_periods_of_the_bylaws_by_the_clock_of_the_database() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let proposal = hall.draft(&hall.steward, &motion()).await;
    hall.open(proposal).await.problem("step-refused");
    let _ = hall.step(&hall.steward, proposal, "discussion").await.expect(200);
    for seconds in [-10, 0, 86_400 * 2] {
        let reply = hall.open_for(proposal, seconds).await;
        let document = reply.problem("invalid-field");
        assert_eq!(
            (reply.status, &document["field"]),
            (422, &json!("closes_at")),
            "{seconds}"
        );
    }
    let path = hall.about(proposal, "opening");
    for closes_at in [json!("tomorrow"), json!(1), json!("9999-99-99T00:00:00Z"), Value::Null] {
        let opening = hall.steward.person.post(&path).json(&json!({"closes_at": closes_at}));
        opening.send().await.problem("invalid-body");
    }
    // Three days of discussion are three days, whatever the clock of the client says.
    let slow = hall
        .draft(&hall.steward, &json!({"kind": "slow", "title": "Slow"}))
        .await;
    let shown = hall.step(&hall.steward, slow, "discussion").await.expect(200);
    let refused = hall.open_for(slow, 86_400 * 2).await.problem("step-refused");
    let moment = |value: &Value| {
        chrono::DateTime::parse_from_rfc3339(value.as_str().unwrap())
            .unwrap()
            .timestamp()
    };
    assert_eq!(moment(&refused["possible_at"]), moment(&shown["opens_from"]));
    assert_eq!(
        moment(&shown["opens_from"]),
        moment(&shown["discussed_at"]) + 3 * 86_400
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_based_on_an_older_version_is_not_taken() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let proposal = hall.draft(&hall.steward, &motion()).await;
    let closes_at = chrono::Utc::now() + chrono::TimeDelta::hours(1);
    let nothing = json!({});
    let opening = json!({"closes_at": closes_at});
    let reason = json!({"reason": "for a test"});
    let post = |step: &str, etag: &str, body: &Value| {
        let request = hall.steward.person.post(&hall.about(proposal, step));
        request.if_match(etag).json(body).send()
    };
    // Each step that is taken makes the next version, and leaves the ones before behind.
    for (version, taken, body, refused) in [
        (
            1,
            "discussion",
            &nothing,
            [("discussion", &nothing), ("withdrawal", &reason)],
        ),
        (
            2,
            "opening",
            &opening,
            [("opening", &opening), ("cancellation", &reason)],
        ),
        (
            3,
            "closing",
            &nothing,
            [("closing", &nothing), ("cancellation", &reason)],
        ),
    ] {
        let older = format!("\"{}\"", version - 1);
        for (step, body) in refused {
            let stale = post(step, &older, body).await;
            assert_eq!(stale.status, 412, "{step} at {version}");
            assert_eq!(stale.problem("stale-version")["current_version"], version, "{step}");
            post(step, "*", body).await.problem("if-match-missing");
        }
        if taken != "closing" {
            let _ = post(taken, &format!("\"{version}\""), body).await.expect(200);
        }
    }
    let cancelled = post("cancellation", "\"3\"", &reason).await;
    assert_eq!(cancelled.expect(200)["state"], "cancelled");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_holds_a_hundred_at_most() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let word = |number: usize| format!("0x{number:064x}");
    let members: Vec<Value> = (1..=101_usize)
        .map(|number| {
            json!({"display_name": format!("Member {number}"), "class": "worker",
                "key": {"kind": "ed25519", "public_key": tests::voter::Voter::new(hall.steward.member).public_key(),
                    "salt": word(number)}})
        })
        .collect();
    let body = json!({"members": members});
    let imported = hall
        .steward
        .person
        .post(&hall.path("member-imports"))
        .json(&body)
        .send()
        .await;
    let _ = imported.expect(201);
    for (query, count) in [
        ("", 50),
        ("?limit=99", 99),
        ("?limit=100", 100),
        ("?limit=101", 100),
        ("?limit=65535", 100),
        ("?limit=0", 1),
    ] {
        let path = hall.path(&format!("members{query}"));
        let page = hall.steward.person.get(&path).send().await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
        assert!(page["next_cursor"].is_string(), "{query}");
    }
    app.finish().await;
}
