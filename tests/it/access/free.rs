//! Calls that cost nothing: a server admits them by what it knows, as long as the database has the same mark for it, and notes them
//! afterwards. Whatever changes is felt by the very next call at every server, as if each had been looked up.

use std::time::Duration;

use governance::access::KeyParts;
use governance::id::HoldId;
use serde_json::{Value, json};
use server::gateway::meter::{HoldState, Meter as _, Refusal, Settlement, Stop};
use server::services::access::meter::Books;
use tests::app::TestApp;

use super::books::{books, call, outcome};
use super::world::{allowance, carry, key, model, policy, shared};
use crate::decisions::world::Hall;

fn free_model() -> Value {
    let mut free = model("free");
    free["terms"]["price"] = json!({"input": 0, "output": 0, "call": 0});
    free
}

fn for_everyone(units: u64) -> [Value; 1] {
    [allowance(json!({"group": "everyone"}), "each", units)]
}

async fn free_shop(app: &TestApp, members: usize) -> Hall {
    let hall = shared(app, members, &for_everyone(1_000)).await;
    let _ = carry(app, &hall, &[free_model()]).await;
    hall
}

/// Holds, those that are open, and rows of usage.
async fn noted(app: &TestApp) -> (i64, i64, i64) {
    let row = app.database.superuser().await;
    let row = row
        .query_one(
            "SELECT count(*), count(*) FILTER (WHERE state = 'open'), (SELECT count(*) FROM access_usage) FROM access_hold",
            &[],
        )
        .await
        .unwrap();
    (row.get(0), row.get(1), row.get(2))
}

async fn noted_are(app: &TestApp, expected: (i64, i64, i64)) {
    for _ in 0..250 {
        if noted(app).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("noted are {:?}, not {expected:?}", noted(app).await);
}

async fn admit(books: &Books, key: &str) -> HoldId {
    match books.admit(&call(key, "free")).await {
        Ok(admission) => {
            assert_eq!(
                (admission.units_held, admission.input_max, admission.output_max),
                (0, 100, 10)
            );
            admission.hold
        }
        Err(refusal) => panic!("{refusal:?}"),
    }
}

async fn refusal(books: &Books, key: &str) -> Refusal {
    books.admit(&call(key, "free")).await.err().expect("a refusal")
}

async fn end(books: &Books, hold: HoldId) {
    let settled = books
        .settle(hold, &outcome(HoldState::Finished, Some((50, 10)), true))
        .await;
    assert_eq!(settled, Ok(Settlement { charged: 0, excess: 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_felt_by_the_next_call_at_every_server_and_each_call_is_noted_once() {
    let app = TestApp::start().await;
    let hall = free_shop(&app, 2).await;
    let (first, second) = (
        key(&hall, &hall.members[0], json!({})).await,
        key(&hall, &hall.members[1], json!({})).await,
    );
    let servers = [books(&app), books(&app)];
    for books in &servers {
        for key in [&first, &second, &first] {
            let hold = admit(books, key).await;
            end(books, hold).await;
            end(books, hold).await;
        }
    }
    noted_are(&app, (12 / 2, 0, 12 / 2)).await;

    let id = KeyParts::read(&first).unwrap().id;
    let path = hall.path(&format!("access/members/{}/keys/{id}", hall.members[0].member));
    let _ = hall.members[0].person.delete(&path).send().await.expect(204);
    for books in &servers {
        assert_eq!(refusal(books, &first).await, Refusal::BadKey);
        end(books, admit(books, &second).await).await;
    }
    let _ = carry(&app, &hall, &[policy(1, &[])]).await;
    for books in &servers {
        assert!(matches!(refusal(books, &second).await, Refusal::AllowanceUsedUp { .. }));
    }
    let mut dear = free_model();
    dear["terms"]["price"]["call"] = json!(7);
    let _ = carry(&app, &hall, &[policy(2, &for_everyone(10)), dear]).await;
    for books in &servers {
        let Err(refusal) = books.admit(&call(&second, "free")).await.map(|admission| {
            assert_eq!(admission.units_held, 7);
        }) else {
            continue;
        };
        assert!(
            matches!(&refusal, Refusal::AllowanceUsedUp(line) if line.held == Some(7)),
            "{refusal:?}"
        );
    }
    app.abandon().await;
}

/// Each of the things that decide whether a call is admitted, changed in a transaction that is rolled back.
#[tokio::test(flavor = "multi_thread")]
async fn a_mark_changes_with_everything_that_decides_whether_a_call_is_admitted() {
    let app = TestApp::start().await;
    let hall = free_shop(&app, 1).await;
    let text = key(&hall, &hall.members[0], json!({})).await;
    let (coop, id) = (hall.coop.uuid(), KeyParts::read(&text).unwrap().id);
    let member = hall.members[0].member;
    let changes = [
        ("UPDATE access_key SET revoked_at = now()".to_owned(), false),
        ("UPDATE access_key SET expires_at = made_at + interval '1 microsecond'".to_owned(), false),
        (format!("UPDATE member SET status = 'suspended' WHERE id = '{member}'"), false),
        (
            "INSERT INTO halt (coop_id, number, began_at, until, reason, actor_id, recorded_by)
             SELECT coop_id, 1, date_trunc('second', now()), now() + interval '1 hour', 'a test', id, 'test' FROM member LIMIT 1"
                .to_owned(),
            false,
        ),
        ("UPDATE access_key SET expires_at = expires_at - interval '1 day'".to_owned(), true),
        (format!("UPDATE member SET class = 'user' WHERE id = '{member}'"), true),
        (
            format!("INSERT INTO member_role (coop_id, member_id, role, recorded_by) VALUES ('{coop}', '{member}', 'auditor', 'test')"),
            true,
        ),
        ("UPDATE access_model SET proved_at = NULL WHERE name = 'small'".to_owned(), true),
        ("UPDATE access_upstream SET slots = 3".to_owned(), true),
        (
            "INSERT INTO access_policy SELECT coop_id, version + 1, now(), proposal_id, content, origins, now(), 'test' FROM access_policy"
                .to_owned(),
            true,
        ),
    ];
    let mut client = app.database.superuser().await;
    let marks = "SELECT access_marks($1, $2)::text";
    let before: String = client.query_one(marks, &[&coop, &vec![id]]).await.unwrap().get(0);
    for (change, is_still_served) in changes {
        let tx = client.transaction().await.unwrap();
        tx.batch_execute(&change)
            .await
            .unwrap_or_else(|error| panic!("{change}: {error}"));
        let after: String = tx.query_one(marks, &[&coop, &vec![id]]).await.unwrap().get(0);
        tx.rollback().await.unwrap();
        assert_ne!(after, before, "{change}");
        assert_eq!(after != "[null]", is_still_served, "{change}: {after}");
    }
    let after: String = client.query_one(marks, &[&coop, &vec![id]]).await.unwrap().get(0);
    assert_eq!(after, before, "what was rolled back did not happen");
    app.finish().await;
}

/// What a server tells from what it knows, against what the database told a server that knows nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_any_size_is_told_what_the_database_tells() {
    let app = TestApp::start().await;
    let hall = free_shop(&app, 1).await;
    let key = key(&hall, &hall.members[0], json!({})).await;
    let known = books(&app);
    end(&known, admit(&known, &key).await).await;
    for (bytes, output) in [
        (0, None),
        (1, Some(0)),
        (7, Some(9_000)),
        (9_000, None),
        (9_999, Some(5)),
        (10_000, Some(1)),
        (10_001, None),
    ] {
        let mut asked = call(&key, "free");
        (asked.input_bound, asked.max_output) = (bytes, output);
        let mut told = Vec::new();
        for books in [&known, &books(&app)] {
            told.push(match books.admit(&asked).await {
                Ok(admission) => {
                    end(books, admission.hold).await;
                    let limits = (
                        admission.input_max,
                        admission.output_max,
                        admission.clamped,
                        admission.units_held,
                    );
                    Ok((
                        limits,
                        admission.weight,
                        admission.rule,
                        admission.proposal,
                        admission.model.id,
                    ))
                }
                Err(refusal) => Err(refusal),
            });
        }
        assert_eq!(told[0], told[1], "{bytes} {output:?}");
    }
    app.finish().await;
}

/// A call that lasts is an open hold like any other: it is stopped where its key is revoked, settled, or swept where its server dies.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_lasts_is_held_stopped_and_settled_as_any_other() {
    let app = TestApp::start().await;
    let hall = free_shop(&app, 1).await;
    let key = key(&hall, &hall.members[0], json!({})).await;
    let books = books(&app);
    end(&books, admit(&books, &key).await).await;
    let (lasting, renewed) = (admit(&books, &key).await, admit(&books, &key).await);
    assert_eq!(
        books.renew(&[renewed]).await,
        Ok(Vec::new()),
        "a call that is renewed is a hold at once"
    );
    assert!(noted(&app).await.1 >= 1);
    noted_are(&app, (3, 2, 1)).await;
    let id = KeyParts::read(&key).unwrap().id;
    let path = hall.path(&format!("access/members/{}/keys/{id}", hall.members[0].member));
    let _ = hall.members[0].person.delete(&path).send().await.expect(204);
    assert_eq!(books.renew(&[lasting]).await, Ok(vec![(lasting, Stop::Revoked)]));
    end(&books, lasting).await;
    assert_eq!(noted(&app).await, (3, 1, 2));
    let expire = "UPDATE access_hold SET lease_until = clock_timestamp() WHERE state = 'open'";
    app.database.superuser().await.batch_execute(expire).await.unwrap();
    app.work().await;
    assert_eq!(noted(&app).await, (3, 0, 3));
    app.finish().await;
}

/// The first hold that is written waits and then fails, or not; meanwhile its call ends.
async fn first_hold(app: &TestApp, then: &str) {
    let sql = format!(
        "CREATE SEQUENCE first_hold; GRANT ALL ON first_hold TO PUBLIC;
        CREATE FUNCTION first_hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('first_hold') = 1 THEN PERFORM pg_sleep(0.3); {then} END IF;
            RETURN new;
        END $$;
        CREATE TRIGGER first_hold BEFORE INSERT ON access_hold FOR EACH ROW EXECUTE FUNCTION first_hold()"
    );
    app.database.superuser().await.batch_execute(&sql).await.unwrap();
}

/// Whether a call is a hold already is not known while it is written; it is noted once all the same, as what it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ends_while_it_becomes_a_hold_is_noted_once_whether_or_not_it_became_one() {
    for then in ["", "RAISE 'no such luck';"] {
        let app = TestApp::start().await;
        let hall = free_shop(&app, 1).await;
        let key = key(&hall, &hall.members[0], json!({})).await;
        let books = books(&app);
        end(&books, admit(&books, &key).await).await;
        noted_are(&app, (1, 0, 1)).await;
        first_hold(&app, then).await;
        let hold = admit(&books, &key).await;
        let holds = [hold];
        let (renewed, ()) = tokio::join!(books.renew(&holds), async {
            while first_hold_writes(&app).await == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            end(&books, hold).await;
            end(&books, hold).await;
            assert_eq!(books.unbooked(), 1);
        });
        assert!(renewed.is_ok());
        noted_are(&app, (2, 0, 2)).await;
        let client = app.database.superuser().await;
        let ending = "SELECT ending FROM access_usage WHERE hold_id = $1";
        let row = client.query_one(ending, &[&hold.uuid()]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), "finished");
        for _ in 0..250 {
            if books.unbooked() == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(books.unbooked(), 0);
        app.finish().await;
    }
}

async fn first_hold_writes(app: &TestApp) -> i64 {
    let row = app.database.superuser().await;
    let asked = row.query_one(
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM first_hold",
        &[],
    );
    asked.await.unwrap().get(0)
}
