//! Aim: the auditor's program shows at level L1 what a real server did, and a server that leaves a ballot out, or shows another log,
//! is named. Method: bundles and answers of a server over HTTP, judged by the program's own library.

use audit::{
    Level, OmissionReport, OmissionVerdict, Options, Report, Standing, check_omission, print_report, verify_reader,
};
use governance::id::ProposalId;
use serde_json::{Value, json};
use tests::app::TestApp;

use super::restore::copy_folder;
use super::world::{Log, folder};
use crate::decisions::world::Hall;

pub(super) async fn bundle(hall: &Hall, proposal: ProposalId) -> Vec<u8> {
    for _ in 0..500 {
        let reply = hall.steward.person.get(&hall.about(proposal, "bundle")).send().await;
        if reply.status == 200 {
            return reply.bytes;
        }
        // Few bundles are written at once, and tests run beside each other.
        assert_eq!(reply.status, 503);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no bundle could be had");
}

async fn verify(bundle: &[u8], options: &Options) -> Report {
    let (bundle, options) = (bundle.to_vec(), options.clone());
    let verify = move || verify_reader(bundle.as_slice(), &options).unwrap();
    tokio::task::spawn_blocking(verify).await.unwrap()
}

fn told(report: &Report) -> String {
    let mut page = Vec::new();
    print_report(&mut page, report).unwrap();
    String::from_utf8(page).unwrap()
}

fn omission(answer: &Value, log: &Log<'_>, bundle: &[u8]) -> OmissionReport {
    let evidence = answer.to_string();
    check_omission(
        evidence.as_bytes(),
        (Some(log.key()), None),
        bundle,
        &Options::default(),
    )
}

/// Two decisions: five members cast in each, one of them twice. Gives what the server answered to the ballots.
async fn decide(app: &TestApp, hall: &Hall) -> [(ProposalId, Vec<Value>); 2] {
    let voters = hall.import(4).await;
    let mut decided = Vec::new();
    for proposal in [hall.opened_motion().await, hall.opened_motion().await] {
        let question = hall.question(proposal).await;
        let mut answers = Vec::new();
        for (voter, revision) in voters.iter().map(|voter| (voter, 1)).chain([(&voters[1], 2)]) {
            let body = voter.ballot(&question, revision, &[0], &[1]);
            let cast = app.anonymous().post(&question.ballots_path()).json(&body).send().await;
            answers.push(cast.expect(201));
        }
        answers.push(hall.cast(&hall.steward, proposal, 1, &[1]).await.expect(201));
        decided.push((proposal, answers));
    }
    for (proposal, _) in &decided {
        let _ = hall.finish(app, *proposal).await;
    }
    app.work().await;
    decided.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn level_one_holds_for_what_a_server_did_beside_its_folder_and_its_address() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let decided = decide(&app, &hall).await;
    let log = Log::of(&app, hall.coop);
    let folder = folder(&app, hall.coop);
    let address = format!("{}/log/{}", app.url, folder.file_name().unwrap().to_str().unwrap());
    for (proposal, answers) in &decided {
        let bundle = bundle(&hall, *proposal).await;
        for place in [folder.to_str().unwrap(), address.as_str()] {
            let options = Options {
                log: Some(place.to_owned()),
                log_key: Some(log.key().clone()),
                ..Options::default()
            };
            let report = verify(&bundle, &options).await;
            assert_eq!(
                (report.status, report.levels[&Level::L1]),
                (0, Standing::Holds),
                "{}",
                told(&report)
            );
            let page = told(&report);
            assert!(page.contains("6 ballots stand in the log between opening (#"), "{page}");
            assert!(page.contains("the published log continues it, with "), "{page}");
        }
        for answer in answers {
            let report = omission(answer, &log, &bundle);
            assert_eq!(report.verdict, OmissionVerdict::Held, "{report:?}");
            let path = hall.path(&format!("receipts/{}", answer["record_hash"].as_str().unwrap()));
            let proof = hall.steward.person.get(&path).send().await.expect(200);
            assert_eq!(omission(&proof, &log, &bundle).verdict, OmissionVerdict::Held);
        }
    }
    // The answers to the one decision say nothing of the other.
    let other = bundle(&hall, decided[1].0).await;
    assert_eq!(
        omission(&decided[0].1[0], &log, &other).verdict,
        OmissionVerdict::Undecided
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_not_the_one_of_the_bundle_is_named() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    let early = tempfile::tempdir().unwrap();
    let [(proposal, _), _] = decide(&app, &hall).await;
    let folder = folder(&app, hall.coop);
    let bytes = bundle(&hall, proposal).await;
    let log = Log::of(&app, hall.coop);
    let beside = |place: &std::path::Path| Options {
        log: Some(place.to_str().unwrap().to_owned()),
        log_key: Some(log.key().clone()),
        ..Options::default()
    };
    // The log of another co-op of the same server, by the same secret.
    let other = Hall::with_members(&app, 0).await;
    let _ = other.opened_motion().await;
    app.work().await;
    let report = verify(&bytes, &beside(&super::world::folder(&app, other.coop))).await;
    let is_named = told(&report).contains("is not one of this log");
    assert!(report.status == 1 && is_named, "{}", told(&report));
    // A log that its own key signed anew with other entries.
    copy_folder(&folder, early.path());
    let forged = {
        let head = log.head().await;
        let root = governance::hash::keccak256(b"other entries");
        let head = governance::log::proof::TreeHead { root, ..head };
        let checkpoint = governance::log::Checkpoint::new(log.key().name(), head).unwrap();
        checkpoint.sign(app.app.secrets.log_key()).unwrap().to_string()
    };
    std::fs::write(early.path().join("checkpoint"), forged).unwrap();
    let report = verify(&bytes, &beside(early.path())).await;
    let is_named = told(&report).contains("a split view");
    assert!(report.status == 1 && is_named, "{}", told(&report));
    assert_eq!(json!(report.levels)["L1"], "contradicted");
    app.finish().await;
}
