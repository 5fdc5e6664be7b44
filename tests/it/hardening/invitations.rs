//! Aim: nobody's mailbox is flooded by invitations. Method: a steward invites the same person and many persons.

use serde_json::{Value, json};
use tests::app::{Options, TestApp};
use tests::person::Reply;

use crate::coops::world::{Coop, found};

async fn invite(coop: &Coop, email: &str, class: &str) -> Reply {
    let body = json!({"email": email, "class": class});
    coop.founder.post(&coop.path("invitations")).json(&body).send().await
}

async fn mails(app: &TestApp) -> i64 {
    let client = app.database.superuser().await;
    let row = client
        .query_one("SELECT count(*) FROM outgoing_mail WHERE kind = 'invitation'", &[])
        .await
        .unwrap();
    row.get(0)
}

fn id(invitation: &Value) -> String {
    invitation["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_invited_already_gets_no_second_mail_from_the_same_co_op() {
    let app = TestApp::start().await;
    let (coop, other) = (found(&app).await, found(&app).await);
    let first = invite(&coop, "ada@demo.example", "worker").await.expect(201);
    let again = invite(&coop, " ADA@demo.example ", "worker").await.expect(200);
    assert_eq!(again, first);
    assert_eq!(
        invite(&coop, "ada@demo.example", "user").await.problem("invalid-field")["field"],
        "class"
    );
    assert_eq!(mails(&app).await, 1);
    let elsewhere = invite(&other, "ada@demo.example", "worker").await.expect(201);
    assert_ne!(id(&elsewhere), id(&first));
    let path = coop.path(&format!("invitations/{}", id(&first)));
    let _ = coop.founder.delete(&path).send().await.expect(204);
    let fresh = invite(&coop, "ada@demo.example", "user").await.expect(201);
    assert_ne!(id(&fresh), id(&first));
    let race = futures_util::future::join_all((0..8).map(|_| invite(&coop, "bob@demo.example", "worker"))).await;
    let made = race.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(
        made,
        1,
        "{:?}",
        race.iter().map(|reply| reply.status).collect::<Vec<_>>()
    );
    assert_eq!(mails(&app).await, 4);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_count_against_the_limit_of_a_mailbox_and_of_a_client() {
    let app = TestApp::start().await;
    let mut refused = 0;
    for _ in 0..7 {
        let coop = found(&app).await;
        let reply = invite(&coop, "ada@demo.example", "worker").await;
        if reply.status == 429 {
            reply.problem("too-many-requests");
            assert!(reply.header("retry-after").is_some());
            refused += 1;
        } else {
            let _ = reply.expect(201);
        }
    }
    assert_eq!(refused, 2, "five mails at once to one address");
    app.finish().await;

    let options = Options::default().configure(|config| config.server.attempts_per_minute = 3);
    let app = TestApp::start_with(options).await;
    let coop = found(&app).await;
    let mut statuses = Vec::new();
    for index in 0..6 {
        statuses.push(invite(&coop, &format!("p{index}@demo.example"), "worker").await.status);
    }
    assert_eq!(statuses[..3], [201; 3]);
    assert!(statuses[3..].contains(&429), "{statuses:?}");
    app.finish().await;
}
