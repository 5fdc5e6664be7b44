//! Aim: a member's receipt file proves from the roll to the count what the server did with one ballot, and nobody else can have it.
//! Method: the file fetched over HTTP at each moment of a decision, judged by the auditor's library.

use audit::log::{ReceiptFileReport, ReceiptStanding, ReceiptVerdict, check_receipt_file};
use audit::{OmissionVerdict, Options, check_omission};
use governance::id::ProposalId;
use governance::membership::Class;
use governance::record::{Domain, namespace_without_chain};
use serde_json::{Value, json};
use tests::app::TestApp;

use super::level1::bundle;
use super::world::Log;
use crate::decisions::world::{Hall, Insider};
use crate::delegation::{brief_motion, coop, counted, give, trust};

const YES: &[u16] = &[0];
const NO: &[u16] = &[1];

async fn fetch(hall: &Hall, who: &Insider, proposal: ProposalId) -> Value {
    let reply = who
        .person
        .get(&hall.about(proposal, "ballots/mine/receipt"))
        .send()
        .await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let name = reply.header("content-disposition").unwrap().to_owned();
    assert!(
        name.starts_with(&format!("attachment; filename=\"{}-receipt-", hall.slug)),
        "{name}"
    );
    reply.expect(200)
}

fn judge(file: &Value, log: &Log<'_>) -> ReceiptFileReport {
    check_receipt_file(file.to_string().as_bytes(), log.key(), None, None)
}

fn standing(report: &ReceiptFileReport, field: &str) -> Option<ReceiptStanding> {
    report
        .checks
        .iter()
        .find(|check| check.field == field)
        .map(|check| check.standing)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_file_proves_one_ballot_from_the_roll_to_the_count_for_its_holder_alone() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let log = Log::of(&app, hall.coop);
    let (holder, other) = (&hall.members[0], &hall.members[1]);
    let proposal = hall.opened_motion().await;
    let path = hall.about(proposal, "ballots/mine/receipt");
    assert_eq!(holder.person.get(&path).send().await.status, 404, "nothing is cast yet");
    let _ = hall.cast(holder, proposal, 1, NO).await.expect(201);
    let _ = hall.cast(holder, proposal, 2, YES).await.expect(201);

    // At once the server's word, the roll, and no place in the log yet or one already.
    let early = fetch(&hall, holder, proposal).await;
    let report = judge(&early, &log);
    assert_ne!(report.verdict, ReceiptVerdict::Contradicted, "{report:?}");
    assert_eq!(standing(&report, "roll"), Some(ReceiptStanding::Proved));
    assert_eq!(standing(&report, "result"), Some(ReceiptStanding::Pending));
    assert_eq!(early["ballot"]["options"], json!([0]), "the last ballot");
    app.work().await;
    let report = judge(&fetch(&hall, holder, proposal).await, &log);
    assert_eq!(
        (report.verdict, report.status),
        (ReceiptVerdict::Proved, 0),
        "{report:?}"
    );

    // Whoever cast nothing has none, and a stranger does not learn that there is a proposal.
    assert_eq!(other.person.get(&path).send().await.status, 404);
    let stranger = app.person("Stranger").await;
    assert_eq!(stranger.get(&path).send().await.status, 404);
    assert_eq!(app.anonymous().get(&path).send().await.status, 401);

    let _ = hall.cast(other, proposal, 1, NO).await.expect(201);
    let _ = hall.cast(&hall.steward, proposal, 1, YES).await.expect(201);
    let _ = hall.finish(&app, proposal).await;
    app.work().await;
    let bundle = bundle(&hall, proposal).await;
    for who in [holder, other, &hall.steward] {
        let file = fetch(&hall, who, proposal).await;
        let evidence = file.to_string();
        let keys = (Some(log.key()), None);
        let omission = check_omission(evidence.as_bytes(), keys, bundle.as_slice(), &Options::default());
        assert_eq!(omission.verdict, OmissionVerdict::Held, "{omission:?}");
        let report = judge(&file, &log);
        assert_eq!(
            (report.verdict, report.status),
            (ReceiptVerdict::Proved, 0),
            "{report:?}"
        );
        assert_eq!(file["result"]["state"], "counted");
        assert!(
            report
                .checks
                .iter()
                .all(|check| check.standing == ReceiptStanding::Proved),
            "{report:?}"
        );
        assert_eq!(report.voter, Some(who.member.word()));
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_file_names_the_keys_of_the_roll_and_the_weight_that_was_carried() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let log = Log::of(&app, hall.coop);
    let keyed = hall.join(&app, "Keyed", Class::Worker, &[]).await;
    let voter = tests::voter::Voter::new(keyed.member);
    let domain = Domain {
        namespace: namespace_without_chain(hall.coop),
        chain: None,
    };
    let register = keyed.person.post(&hall.path("keys")).json(&voter.registration(&domain));
    let registered = register.send().await.expect(201);
    let given = give(&hall, &hall.members[0], &trust(&coop(), Some(keyed.member), 1)).await;
    let _ = given.expect(201);
    let proposal = brief_motion(&hall, 3).await;
    let question = hall.question(proposal).await;
    let body = voter.ballot(&question, 1, &[0], &[1]);
    let _ = app
        .anonymous()
        .post(&question.ballots_path())
        .json(&body)
        .send()
        .await
        .expect(201);
    let _ = counted(&app, &hall, proposal).await;
    app.work().await;
    let file = fetch(&hall, &keyed, proposal).await;
    let report = judge(&file, &log);
    assert_eq!(
        (report.verdict, report.status),
        (ReceiptVerdict::Proved, 0),
        "{report:?}"
    );
    assert_eq!(
        (&file["roll"]["weight"], &file["result"]["weight"]),
        (&json!("1"), &json!("2"))
    );
    let Some([key]) = report.keys.as_deref() else {
        panic!("{report:?}")
    };
    assert_eq!(json!(key.public_key), registered["public_key"]);
    let mut lacking = file.clone();
    lacking["roll"]["keys"] = json!([]);
    let report = judge(&lacking, &log);
    assert_eq!(standing(&report, "roll"), Some(ReceiptStanding::Contradicted));
    app.finish().await;
}
