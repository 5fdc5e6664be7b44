//! How members are called: nobody comes in under a name that would be mixed up with another's.

use ed25519_dalek::SigningKey;
use governance::hash::to_hex;
use serde_json::{Value, json};
use server::services::links;
use tests::app::TestApp;
use tests::person::Reply;
use tests::voter::random_word;

use super::world::{Coop, Insider, found, id, post};

/// Letters of other scripts, capitals, more blanks: to the eye each is `Ada Lovelace`.
const ALIKE: [&str; 5] = [
    "Ada Lovelace",
    "\u{410}da Lovelace",
    "ADA LOVELACE",
    "Ada  Lovelace",
    "Ad\u{430} Love\u{406}ace",
];

fn imported(name: &str) -> Value {
    let key = SigningKey::from_bytes(random_word().as_bytes()).verifying_key();
    json!({"display_name": name, "class": "user",
        "key": {"kind": "ed25519", "public_key": to_hex(key.as_bytes()), "salt": random_word()}})
}

async fn import(coop: &Coop, names: &[&str]) -> Reply {
    let members: Vec<Value> = names.iter().map(|name| imported(name)).collect();
    post(
        &coop.founder,
        &coop.path("member-imports"),
        &json!({"members": members}),
    )
    .await
}

async fn rename(coop: &Coop, who: &Insider, name: &str) -> Reply {
    let path = coop.path(&format!("members/{}", who.member));
    let etag = who.person.get(&path).send().await.etag().unwrap();
    let body = json!({"display_name": name});
    who.person.patch(&path).if_match(&etag).json(&body).send().await
}

async fn apply(coop: &Coop, app: &TestApp, name: &str) -> Reply {
    let body = json!({"display_name": name, "statement": "Please"});
    post(&app.person("Somebody").await, &coop.path("applications"), &body).await
}

async fn token(coop: &Coop, app: &TestApp) -> String {
    let body = json!({"email": format!("{}@demo.example", uuid::Uuid::now_v7().simple()), "class": "user"});
    let invitation = post(&coop.founder, &coop.path("invitations"), &body).await.expect(201);
    links::invitation_token(&app.app.secrets, coop.id, id(&invitation["id"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_looks_like_another_comes_in_by_no_way() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let ada = coop.insider(&app, "Ada Lovelace", &[]).await;
    let bob = coop.insider(&app, "Bob", &[]).await;
    for name in ALIKE {
        let refused = apply(&coop, &app, name).await;
        assert_eq!(refused.status, 409, "{name}");
        assert_eq!(refused.problem("name-alike")["field"], "display_name");
        rename(&coop, &bob, name).await.problem("name-alike");
        let join = json!({"token": token(&coop, &app).await, "display_name": name});
        let path = coop.path("memberships");
        post(&app.person("Somebody").await, &path, &join)
            .await
            .problem("name-alike");
        let refused = import(&coop, &["Cleo", name]).await.problem("name-alike");
        assert_eq!(refused["field"], "members[1].display_name");
    }
    let among_themselves = import(&coop, &["Cleo", "Dora", "D\u{43E}ra"])
        .await
        .problem("name-alike");
    assert_eq!(among_themselves["field"], "members[2].display_name");
    let hidden = rename(&coop, &bob, "Bo\u{200B}b").await;
    assert_eq!(hidden.status, 422);
    assert!(
        hidden.problem("invalid-field")["detail"]
            .as_str()
            .unwrap()
            .contains("U+200B")
    );
    // One's own name may be written otherwise, and nothing of what was refused is left.
    assert_eq!(
        rename(&coop, &ada, "ada lovelace").await.expect(200)["display_name"],
        "ada lovelace"
    );
    assert_eq!(import(&coop, &["Cleo", "Dora"]).await.status, 201);
    // Nor does the name of a member who has no account.
    import(&coop, &["Cleo"]).await.problem("name-alike");
    apply(&coop, &app, "Dora").await.problem("name-alike");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_free_again_when_its_bearer_has_gone_and_names_of_before_stay() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let ada = coop.insider(&app, "Ada", &[]).await;
    // As they stood before names were compared: the demonstration's way in compares nothing.
    let twin = coop.insider(&app, "\u{410}da", &[]).await;
    let list = coop.founder.get(&coop.path("members")).send().await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    for gone in [&ada, &twin] {
        apply(&coop, &app, "Ada").await.problem("name-alike");
        coop.change(gone.member, json!({"status": "expelled", "reason": "as decided"}))
            .await;
    }
    let application = apply(&coop, &app, "Ada").await.expect(201);
    // It is compared again when it is decided: somebody else may have come in meanwhile.
    let late = coop.insider(&app, "Ada", &[]).await;
    let decision = coop.path(&format!(
        "applications/{}/decision",
        application["id"].as_str().unwrap()
    ));
    let admit = json!({"decision": "admitted", "class": "user"});
    post(&coop.founder, &decision, &admit).await.problem("name-alike");
    coop.change(late.member, json!({"status": "expelled", "reason": "as decided"}))
        .await;
    assert_eq!(post(&coop.founder, &decision, &admit).await.status, 200);
    app.finish().await;
}

/// Aim: of two who take names that look alike at one moment, one gets it. Method: both at once, in several rounds.
#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_take_one_name_at_once_one_gets_it() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let mut people = Vec::new();
    for place in 0..5 {
        people.push(coop.insider(&app, &format!("Person {place}"), &[]).await);
    }
    for round in 0..6 {
        let answers = futures_util::future::join_all(people.iter().zip(ALIKE).map(|(who, name)| {
            let name = format!("{name} {round}");
            let coop = &coop;
            async move { rename(coop, who, &name).await.status }
        }))
        .await;
        assert_eq!(
            answers.iter().filter(|status| **status == 200).count(),
            1,
            "{answers:?}"
        );
        assert_eq!(
            answers.iter().filter(|status| **status == 409).count(),
            4,
            "{answers:?}"
        );
    }
    app.finish().await;
}
