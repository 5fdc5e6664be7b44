//! Aim: a calendar and a feed reader follow the votes of a co-op at an address that only its member was told, until the member makes
//! another or leaves. Method: both read with parsers that others wrote, hostile titles, and addresses that ended.

use icalendar::parser::{read_calendar, unfold};
use roxmltree::Document;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use crate::decisions::world::{Hall, Insider};

const TITLE: &str = "A \\ loom; with <b>wheels</b>, \"quiet\" & 投票投票投票投票投票投票投票投票投票投票投票投票";

async fn make(hall: &Hall, who: &Insider) -> Value {
    who.person.put(&hall.path("feeds")).send().await.expect(200)
}

/// Reads an address without a session.
async fn read(app: &TestApp, address: &Value) -> Reply {
    let path = address.as_str().unwrap().strip_prefix(&app.url).unwrap().to_owned();
    app.anonymous().get(&path).send().await
}

/// The values of a property in every event of a calendar.
fn values(text: &str, property: &str) -> Vec<String> {
    let unfolded = unfold(text);
    let calendar = read_calendar(&unfolded).unwrap();
    let events = calendar
        .components
        .iter()
        .filter(|component| component.name == "VEVENT");
    events
        .flat_map(|event| event.properties.iter().filter(|one| one.name == property))
        .map(|one| one.val.as_str().to_owned())
        .collect()
}

/// The texts of the elements with this name in the entries of a feed.
fn texts(feed: &str, name: &str) -> Vec<String> {
    let document = Document::parse(feed).unwrap();
    let atom = "http://www.w3.org/2005/Atom";
    assert!(document.root_element().has_tag_name((atom, "feed")));
    let entries = document
        .root_element()
        .children()
        .filter(|node| node.has_tag_name((atom, "entry")));
    entries
        .flat_map(|entry| entry.children().filter(|node| node.has_tag_name((atom, name))))
        .map(|node| node.text().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_and_readers_follow_a_vote_from_its_opening_to_its_result() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let ada = &hall.members[0];
    assert_eq!(
        ada.person.get(&hall.path("feeds")).send().await.expect(200)["calendar"],
        Value::Null
    );
    let made = make(&hall, ada).await;
    assert!(
        made["webcal"].as_str().unwrap().starts_with("webcal://127.0.0.1"),
        "{made}"
    );
    assert_eq!(made, ada.person.get(&hall.path("feeds")).send().await.expect(200));
    let empty = read(&app, &made["atom"]).await;
    assert_eq!(
        texts(&String::from_utf8(empty.bytes).unwrap(), "title"),
        Vec::<String>::new()
    );
    let proposal = hall
        .opened(&json!({"kind": "motion", "title": TITLE, "body": "Not in feeds"}))
        .await;
    let hidden = hall
        .draft(
            &hall.steward,
            &json!({"kind": "motion", "title": "A draft", "body": ""}),
        )
        .await;
    let open = read(&app, &made["calendar"]).await;
    assert_eq!(open.header("content-type"), Some("text/calendar; charset=utf-8"));
    assert_eq!(open.header("cache-control"), Some("private, no-cache"));
    let open = String::from_utf8(open.bytes).unwrap();
    let uids = values(&open, "UID");
    assert_eq!(
        uids,
        [
            format!("voting-{proposal}@127.0.0.1"),
            format!("deadline-{proposal}@127.0.0.1")
        ]
    );
    // The parser takes the escapes away again.
    let title = TITLE;
    assert_eq!(values(&open, "SUMMARY")[0], format!("Voting: {title}"));
    assert!(open.split("\r\n").all(|line| line.len() <= 75));
    for secret in ["Not in feeds", "A draft", &hidden.to_string(), "Steward", "Member 1"] {
        assert!(!open.contains(secret), "{secret}");
    }
    hall.all_cast(proposal, &[&[0], &[0]]).await;
    let _ = hall.finish(&app, proposal).await;
    let after = read(&app, &made["calendar"]).await;
    let tag = after.etag().unwrap();
    let after = String::from_utf8(after.bytes).unwrap();
    assert_eq!(values(&after, "UID")[..2], uids);
    assert_eq!(values(&after, "SUMMARY")[2], format!("Passed: {title}"));
    let sequences = |text: &str| values(text, "SEQUENCE")[0].parse::<u64>().unwrap();
    assert!(sequences(&after) > sequences(&open));
    let feed = String::from_utf8(read(&app, &made["atom"]).await.bytes).unwrap();
    let heads = texts(&feed, "title");
    assert_eq!((heads.len(), &heads[0]), (3, &format!("Passed: {TITLE}")));
    let ids: std::collections::BTreeSet<String> = texts(&feed, "id").into_iter().collect();
    assert_eq!(ids.len(), 3);
    let path = made["calendar"]
        .as_str()
        .unwrap()
        .strip_prefix(&app.url)
        .unwrap()
        .to_owned();
    let known = app.anonymous().get(&path).header("if-none-match", &tag).send().await;
    assert_eq!((known.status, known.bytes.len()), (304, 0));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_ends_with_the_next_one_with_the_membership_and_opens_nothing_else() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let ada = &hall.members[0];
    let first = make(&hall, ada).await;
    let second = make(&hall, ada).await;
    assert_ne!(first["atom"], second["atom"]);
    read(&app, &first["atom"]).await.problem("not-found");
    assert_eq!(read(&app, &second["atom"]).await.status, 200);
    assert_eq!(ada.person.delete(&hall.path("feeds")).send().await.status, 204);
    read(&app, &second["calendar"]).await.problem("not-found");
    let third = make(&hall, ada).await;
    read(&app, &first["atom"]).await.problem("not-found");
    let token = third["atom"].as_str().unwrap().rsplit('/').nth(1).unwrap().to_owned();
    let session = app
        .anonymous()
        .get("account")
        .header("authorization", &format!("Bearer {token}"))
        .send()
        .await;
    assert_eq!(session.status, 401);
    app.anonymous()
        .post(&format!("/unsubscribe/{token}"))
        .send()
        .await
        .problem("link-refused");
    for wrong in [
        String::from("rdf_"),
        format!("{token}A"),
        token.replacen("rdf_", "rdu_", 1),
    ] {
        app.anonymous()
            .get(&format!("feeds/{wrong}/atom.xml"))
            .send()
            .await
            .problem("not-found");
    }
    let at = hall.path(&format!("members/{}", ada.member));
    let card = ada.person.get(&at).send().await;
    let leave = ada.person.post(&format!("{at}/status")).if_match(&card.etag().unwrap());
    let left = leave.json(&json!({"status": "left", "reason": "moving"})).send().await;
    assert!(tests::person::is_success(left.status));
    read(&app, &third["atom"]).await.problem("not-found");
    assert!(!app.log().contains(&token), "addresses stand in no log");
    let client = app.database.superuser().await;
    let rows = client
        .query("SELECT row_to_json(r)::text FROM feed_address r", &[])
        .await
        .unwrap();
    assert!(rows.iter().all(|row| !row.get::<_, String>(0).contains("rdf_")));
    drop(client);
    app.finish().await;
}
