//! Aim: whoever may see something can take it away, whole and once, as a file that no spreadsheet runs; nobody takes away more. Method:
//! hostile names and titles, more rows than a page, and ballots before and after the count.

use governance::membership::Class;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use crate::decisions::world::{Hall, Insider};

const FORMULA: &str = "=HYPERLINK(\"https://evil.example\",\"open, me\")";

async fn take(hall: &Hall, who: &Insider, path: &str) -> Reply {
    who.person.get(&hall.path(path)).send().await
}

/// The cells of a file, read as RFC 4180 says.
fn cells(reply: &Reply) -> Vec<Vec<String>> {
    let text = String::from_utf8(reply.bytes.clone()).unwrap();
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, is_quoted) {
            ('"', true) if characters.peek() == Some(&'"') => cell.extend(characters.next()),
            ('"', _) => is_quoted = !is_quoted,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (other, _) => cell.push(other),
        }
    }
    assert!(
        row.is_empty() && cell.is_empty() && !is_quoted,
        "the file breaks off: {text}"
    );
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_away_is_whole_and_runs_nowhere() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let ada = &hall.members[0];
    let named = hall.join(&app, FORMULA, Class::Worker, &[]).await;
    let proposal = hall
        .opened(&json!({"kind": "motion", "title": FORMULA, "body": ""}))
        .await;
    let _draft = hall
        .draft(
            &hall.steward,
            &json!({"kind": "motion", "title": "A draft", "body": ""}),
        )
        .await;
    let file = take(&hall, ada, "exports/proposals.csv").await;
    let name = format!("attachment; filename=\"{}-proposals.csv\"", hall.slug);
    assert_eq!(file.header("content-disposition"), Some(name.as_str()));
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    let rows = cells(&file);
    assert_eq!(
        (rows.len(), rows[0][3].as_str(), rows[1][3].as_str()),
        (2, "title", format!("'{FORMULA}").as_str())
    );
    assert_eq!(
        cells(&take(&hall, &hall.steward, "exports/proposals.csv").await).len(),
        3,
        "a steward sees drafts"
    );
    let list = take(&hall, ada, "exports/proposals.json").await.expect(200);
    assert_eq!(
        (list[0]["title"].as_str(), list.as_array().unwrap().len()),
        (Some(FORMULA), 1)
    );
    let roll = cells(&take(&hall, ada, &format!("proposals/{proposal}/exports/roll.csv")).await);
    assert!(roll.iter().any(|row| row[1] == format!("'{FORMULA}")), "{roll:?}");
    take(&hall, ada, "exports/members.csv").await.problem("role-needed");
    let members = cells(&take(&hall, &hall.steward, "exports/members.csv").await);
    assert_eq!(members.len(), 4);
    assert!(!format!("{members:?}").contains('@'), "no addresses");
    for row in [&rows, &roll, &members].into_iter().flatten().flatten() {
        assert!(!row.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']), "{row}");
    }
    let records = take(&hall, ada, "exports/record.json").await.expect(200);
    let first = &records[0];
    assert_eq!(
        (first["sequence"].as_u64(), first["kind"].as_str()),
        (Some(1), Some("BylawsV1"))
    );
    for gone in [
        "exports/ballots.csv",
        "exports/members.xml",
        "exports/members",
        "exports/..%2Fmembers.csv",
    ] {
        take(&hall, &hall.steward, gone).await.problem("not-found");
    }
    drop(named);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ballots_are_taken_away_once_the_count_is_published_and_never_before() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let ada = &hall.members[0];
    let proposal = hall.opened_motion().await;
    let _ = hall.cast(ada, proposal, 1, &[1]).await.expect(201);
    let about = |file: &str| format!("proposals/{proposal}/exports/{file}");
    for file in ["ballots.csv", "ballots.json", "tally.csv", "tally.json"] {
        take(&hall, &hall.steward, &about(file))
            .await
            .problem("not-counted-yet");
    }
    let _ = hall.cast(ada, proposal, 2, &[0]).await.expect(201);
    let _ = hall.cast(&hall.steward, proposal, 1, &[0]).await.expect(201);
    let _ = hall.finish(&app, proposal).await;
    let ballots = take(&hall, ada, &about("ballots.json")).await.expect(200);
    let told: Vec<(&str, bool, &Value)> = ballots
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["display_name"].as_str().unwrap(),
                row["is_counted"].as_bool().unwrap(),
                &row["options"],
            )
        })
        .collect();
    let (yes, no) = (json!([0]), json!([1]));
    assert_eq!(
        told,
        [
            ("Member 1", false, &no),
            ("Member 1", true, &yes),
            ("Steward", true, &yes)
        ]
    );
    let tally = cells(&take(&hall, ada, &about("tally.csv")).await);
    let value = |name: &str| tally.iter().find(|row| row[0] == name).map(|row| row[1].clone());
    assert_eq!(
        (value("outcome"), value("motion.yes")),
        (Some(String::from("passed")), Some(String::from("2")))
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_more_rows_than_a_page_holds_each_once() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let voters = hall.import(1_000).await;
    let _ = hall.import(300).await;
    let members = take(&hall, &hall.steward, "exports/members.json").await.expect(200);
    let ids: std::collections::BTreeSet<&str> = members
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        (members.as_array().unwrap().len(), ids.len(), voters.len()),
        (1_301, 1_301, 1_000)
    );
    app.finish().await;
}
