//! Aim: where only the operator founds co-ops, the operator can.

use serde_json::json;
use server::config::Founding;
use server::services::operator::{FoundingFor, found};
use tests::app::{Options, TestApp};
use wire::problem::ProblemKind;

fn pioneers(email: &str, may_create_account: bool) -> FoundingFor {
    FoundingFor {
        slug: String::from("pioneers"),
        name: String::from("The Pioneers"),
        email: email.to_owned(),
        display_name: String::from("Ellen"),
        may_create_account,
    }
}

async fn start() -> TestApp {
    TestApp::start_with(Options::default().configure(|config| config.server.founding = Founding::Operator)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_founds_for_a_person_what_the_person_may_not() {
    let app = start().await;
    let (ellen, other) = (app.person("Ellen").await, app.person("Other").await);
    let body = json!({"slug": "pioneers", "name": "The Pioneers", "display_name": "Ellen"});
    ellen.post("coops").json(&body).send().await.problem("role-needed");
    let founded = found(&app.app, pioneers(&ellen.email, false)).await.unwrap();
    assert!(!founded.is_new_account && !founded.is_repeated);
    let view = ellen.get(&format!("coops/{}", founded.coop)).send().await.expect(200);
    assert_eq!(view["me"]["roles"], json!(["steward"]));
    let again = found(&app.app, pioneers(&ellen.email, false)).await.unwrap();
    assert_eq!((again.coop, again.is_repeated), (founded.coop, true));
    let renamed = FoundingFor {
        name: String::from("Others"),
        ..pioneers(&ellen.email, false)
    };
    for refused in [renamed, pioneers(&other.email, false)] {
        let problem = found(&app.app, refused).await.unwrap_err();
        assert_eq!(problem.kind(), ProblemKind::SlugTaken);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_only_where_that_is_said_and_its_owner_chooses_the_password() {
    let app = start().await;
    let problem = found(&app.app, pioneers("ellen@demo.example", false))
        .await
        .unwrap_err();
    assert!(problem.detail().contains("--create-account"), "{}", problem.detail());
    let founded = found(&app.app, pioneers("ellen@demo.example", true)).await.unwrap();
    assert!(founded.is_new_account);
    app.work().await;
    let mut texts = Vec::new();
    for file in std::fs::read_dir(app.mailbox()).unwrap() {
        texts.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    let reset = texts
        .iter()
        .find(|text| text.contains("/reset?token="))
        .expect("a mail with a link");
    let token = reset.split("token=").nth(1).unwrap().split_whitespace().next().unwrap();
    let body = json!({"token": token, "new_password": "correct horse battery"});
    let _ = app.anonymous().put("password-resets").json(&body).send().await;
    let body = json!({"email": "ellen@demo.example", "password": "correct horse battery"});
    let session = app.anonymous().post("sessions").json(&body).send().await.expect(201);
    assert_eq!(session["account"]["id"], founded.account.to_string());
    app.finish().await;
}
