//! Where members want to be paid, cycles that are issued, and files for the bank.

use std::process::Command;

use governance::id::MemberId;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tests::app::TestApp;
use tests::data::{not_run, shared_data};

use super::world::{ACCOUNTS, House, stands};
use crate::identity::last_mail;
use crate::money::guards::refused;

/// The story: what a posted cycle owes is set aside once, asked of the bank in a file that two persons made, and the file is the same bytes
/// whenever it is fetched.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_cycle_owes_is_asked_of_the_bank_once_and_in_the_same_bytes() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let cycle = house.owing("2026-Q3", "600.00").await;
    house.everybody_is_known().await;
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 3), ("ready", 3)]));
    let too_early = house.prepare(&cycle).await;
    assert!(
        too_early.problem("payment-state")["detail"]
            .as_str()
            .unwrap()
            .contains("not issued")
    );
    let issued = house.issue(&cycle).await;
    assert_eq!(
        (&issued["payments"], &issued["total"]),
        (&json!(6), &json!("600.00")),
        "{issued}"
    );
    let again = house
        .post(&house.treasurer, &format!("payouts/{cycle}/issue"), &json!({}))
        .await;
    let _ = again.problem("payment-state");
    assert_eq!(house.lies().await, ["-600.00", "none", "0.00"]);
    let file = house.prepare(&cycle).await.expect(201);
    assert_eq!(
        (&file["transfers"], &file["total"], &file["state"]),
        (&json!(3), &json!("300.00"), &json!("prepared"))
    );
    let _ = house.download(&cycle, &file).await.problem("payment-state");
    let _ = house
        .release(&house.treasurer, &cycle, &file)
        .await
        .problem("four-eyes");
    let mut other = file.clone();
    other["digest"] = json!(format!("0x{}", "11".repeat(32)));
    let _ = house
        .release(&house.auditor, &cycle, &other)
        .await
        .problem("payment-state");
    let released = house.release(&house.auditor, &cycle, &file).await.expect(200);
    assert_eq!(released["state"], "released");
    assert_eq!(house.lies().await, ["-300.00", "-300.00", "0.00"]);
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 3), ("submitted", 3)]));
    let [first, second] = [house.download(&cycle, &file).await, house.download(&cycle, &file).await];
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.bytes, second.bytes);
    let digest = format!("0x{}", hex::encode(Sha256::digest(&first.bytes)));
    assert_eq!(file["digest"], digest);
    let xml = String::from_utf8(first.bytes.clone()).unwrap();
    let own = house
        .get(&house.hall.members[0], &format!("payouts/{cycle}/payment"))
        .await
        .expect(200);
    let reference = own["reference"].as_str().unwrap();
    assert!(xml.contains(&format!("<EndToEndId>{reference}</EndToEndId>")) && xml.contains(ACCOUNTS[0]));
    assert!(xml.contains(&format!("<MsgId>{}</MsgId>", file["message"].as_str().unwrap())));
    fits_the_schema(&xml);
    // Nobody is asked twice, and a released file is not taken back.
    let _ = house.prepare(&cycle).await.problem("payment-state");
    let path = format!("payouts/{cycle}/files/{}/withdrawal", file["id"].as_str().unwrap());
    let _ = house
        .post(&house.treasurer, &path, &json!({"reason": "no"}))
        .await
        .problem("payment-state");
    app.finish().await;
}

fn fits_the_schema(xml: &str) {
    const NAME: &str = "downloaded files of payments against their schema";
    if Command::new("xmllint").arg("--version").output().is_err() {
        not_run(NAME, "xmllint is not installed (Debian: libxml2-utils)");
        return;
    }
    let Some(data) = shared_data(NAME) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("transfers.xml");
    std::fs::write(&path, xml).unwrap();
    let schema = data.join("ledger/iso20022/pain.001.001.09.xsd");
    let checked = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(schema)
        .arg(path)
        .output();
    assert!(checked.unwrap().status.success(), "{xml}");
}

/// Aim: who takes over a member's sign-in does not get the member's money. Method: a member says where to be paid, and again after a file was
/// prepared; nothing goes there before somebody else confirmed it, and the file is not released.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn a_change_of_where_to_be_paid_holds_the_payment() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let cycle = house.owing("2026-Q3", "600.00").await;
    let _ = house.issue(&cycle).await;
    let ana = &house.hall.members[0];
    let first = house.say(ana, "Ana Núñez", ACCOUNTS[0]).await;
    assert_eq!(
        (&first["account"], &first["is_usable"]),
        (&json!("DE89**************3000"), &json!(false))
    );
    let _ = house.prepare(&cycle).await.problem("payment-state");
    // Nobody confirms the own, however many offices are held.
    let own = house.say(&house.auditor, "Demo Auditor", ACCOUNTS[1]).await;
    // The member is told by mail, without anything of the account.
    let mail = last_mail(&app, &house.auditor.person.email).await;
    assert!(mail.subject.contains("pays you was changed"), "{mail:?}");
    assert!(
        mail.body.contains("/revenue/payee") && !mail.body.contains(&ACCOUNTS[1][18..]),
        "{mail:?}"
    );
    let path = format!("payees/{}/confirmation", own["member"].as_str().unwrap());
    let _ = house
        .post(&house.auditor, &path, &json!({"version": 1}))
        .await
        .problem("four-eyes");
    house.confirm(&first).await;
    let file = house.prepare(&cycle).await.expect(201);
    assert_eq!(file["transfers"], 1);
    let second = house.say(ana, "Ana Núñez", ACCOUNTS[2]).await;
    let refused = house
        .release(&house.auditor, &cycle, &file)
        .await
        .problem("payment-state");
    assert!(refused["detail"].as_str().unwrap().contains("elsewhere"), "{refused}");
    let path = format!("payouts/{cycle}/files/{}/withdrawal", file["id"].as_str().unwrap());
    let _ = house
        .post(&house.treasurer, &path, &json!({"reason": "Ana moved"}))
        .await
        .expect(200);
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 6)]));
    house.confirm(&second).await;
    let next = house.prepare(&cycle).await.expect(201);
    assert_ne!(next["message"], file["message"], "another try is another reference");
    let _ = house.release(&house.auditor, &cycle, &next).await.expect(200);
    let xml = house.download(&cycle, &next).await;
    assert!(String::from_utf8_lossy(&xml.bytes).contains(ACCOUNTS[2]));
    // The account number stands nowhere in the database in clear.
    let superuser = app.database.superuser().await;
    for query in [
        "SELECT count(*) FROM payee WHERE encode(sealed, 'escape') LIKE '%' || $1 || '%'",
        "SELECT count(*) FROM effect WHERE encode(body, 'escape') LIKE '%' || $1 || '%'",
    ] {
        let row = superuser.query_one(query, &[&ACCOUNTS[0]]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 0, "{query}");
    }
    for (body, field) in [
        (
            json!({"rail": "bank", "name": "Ana", "iban": "DE89370400440532013001"}),
            "iban",
        ),
        (json!({"rail": "bank", "name": "李雷", "iban": ACCOUNTS[0]}), "name"),
        (json!({"rail": "bank", "name": "Ana"}), "iban"),
        (
            json!({"rail": "bank", "name": "Ana", "iban": ACCOUNTS[0], "bic": "X"}),
            "bic",
        ),
        (
            json!({"rail": "manual", "name": "in cash", "iban": ACCOUNTS[0]}),
            "iban",
        ),
        (json!({"rail": "post", "name": "Ana"}), "rail"),
    ] {
        let refused = house.post(ana, "payee", &body).await.problem("invalid-field");
        assert_eq!(refused["field"], field, "{refused}");
    }
    app.finish().await;
}

/// Aim: the same money is not paid by two cycles. Method: a later cycle is frozen before the first is issued, and after.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_cycle_carries_is_not_issued_and_what_is_issued_is_not_carried() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let first = house.owing("2026-Q1", "600.00").await;
    let second = house.owing("2026-Q2", "60.00").await;
    let path = format!("payouts/{first}/issue");
    let shown = house.get(&house.auditor, &path).await.expect(200);
    assert!(shown["obstacle"].as_str().unwrap().contains("later cycle"), "{shown}");
    let refused = house
        .post(&house.treasurer, &path, &json!({}))
        .await
        .problem("payment-state");
    assert!(refused["detail"].as_str().unwrap().contains("later cycle"));
    let issued = house.issue(&second).await;
    assert_eq!(issued["total"], "660.00", "the second carries what the first owed");
    let third = house.owing("2026-Q3", "60.00").await;
    let issued = house.issue(&third).await;
    assert_eq!(issued["total"], "60.00", "what was issued is not owed any more");
    app.finish().await;
}

/// Aim: the schema refuses what would pay twice, or to another place, whichever program writes. Method: a superuser tries it past the program and is
/// refused by the guard that is named; with that guard alone taken away the same is taken.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_would_pay_twice() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let cycle = house.owing("2026-Q3", "600.00").await;
    house.everybody_is_known().await;
    let _ = house.issue(&cycle).await;
    let file = house.prepare(&cycle).await.expect(201);
    let superuser = app.database.superuser().await;
    for (statements, rule, without) in prepared_wrongly(house.auditor.member) {
        assert_eq!(
            refused(&superuser, &statements).await.as_deref(),
            Some(rule),
            "{statements}"
        );
        let taken = format!("{without}; {statements}");
        assert_eq!(refused(&superuser, &taken).await, None, "{taken}");
    }
    let _ = house.release(&house.auditor, &cycle, &file).await.expect(200);
    for (table, guard, statement) in [
        (
            "payment_attempt",
            "only_goes_on",
            "UPDATE payment_attempt SET state = 'prepared'",
        ),
        (
            "payment_file",
            "only_goes_on",
            "UPDATE payment_file SET pay_on = pay_on + 1",
        ),
        (
            "payment_file",
            "only_goes_on",
            "UPDATE payment_file SET state = 'prepared', released_by = NULL, released_at = NULL",
        ),
        ("payee", "is_only_emptied", "UPDATE payee SET sealed = NULL"),
        ("payment_attempt", "is_never_removed", "DELETE FROM payment_attempt"),
        ("payment", "only_grows", "UPDATE payment SET member_id = member_id"),
    ] {
        assert!(refused(&superuser, statement).await.is_some(), "{statement}");
        let taken = format!("ALTER TABLE {table} DISABLE TRIGGER {table}_{guard}; {statement}");
        assert_eq!(refused(&superuser, &taken).await, None, "{taken}");
    }
    app.finish().await;
}

/// What must not be while a file is prepared: the statements, the rule, and what takes its guard away.
fn prepared_wrongly(auditor: MemberId) -> Vec<(String, &'static str, String)> {
    let asleep = |table: &str, name: &str| format!("ALTER TABLE {table} DISABLE TRIGGER {name}");
    let drop = |table: &str, name: &str| format!("ALTER TABLE {table} DROP CONSTRAINT {name}");
    let goes_anywhere = asleep("payment_attempt", "payment_attempt_only_goes_on");
    let again = "DROP INDEX payment_attempt_is_alone; INSERT INTO payment_attempt SELECT (jsonb_populate_record(one,
            jsonb_build_object('number', 2, 'reference', translate(reference, '0123456789', '1234567890')))).*
        FROM payment_attempt AS one LIMIT 1";
    let elsewhere = "INSERT INTO payee SELECT (jsonb_populate_record(one, jsonb_build_object('version', version + 1))).* FROM payee AS one";
    let released =
        |by: &str| format!("UPDATE payment_file SET state = 'released', released_by = {by}, released_at = now()");
    let paid_more = "ALTER TABLE payment DROP CONSTRAINT payment_is_one_for_each_payout;
        INSERT INTO payment SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'amount', amount + 1))).*
        FROM payment AS one LIMIT 1";
    let of_another = "INSERT INTO payment_attempt SELECT (jsonb_populate_record(one, jsonb_build_object(
            'payment_id', (SELECT id FROM payment WHERE NOT EXISTS (
                SELECT FROM payment_attempt AS other WHERE other.payment_id = payment.id) LIMIT 1),
            'reference', translate(reference, '0123456789', '1234567890')))).*
        FROM payment_attempt AS one LIMIT 1";
    vec![
        (
            again.replace("'number', 2", "'state', 'submitted', 'number', 2"),
            "payment_attempt_begins_prepared",
            asleep("payment_attempt", "payment_attempt_follows_one_that_failed"),
        ),
        (
            of_another.to_owned(),
            "payment_attempt_is_of_its_payment",
            asleep("payment_attempt", "payment_attempt_follows_one_that_failed"),
        ),
        (
            again.to_owned(),
            "payment_attempt_follows_one_that_failed",
            asleep("payment_attempt", "payment_attempt_follows_one_that_failed"),
        ),
        (
            format!("{goes_anywhere}; UPDATE payment_attempt SET state = 'accepted'"),
            "payment_attempt_has_evidence",
            drop("payment_attempt", "payment_attempt_has_evidence"),
        ),
        (
            format!("{goes_anywhere}; UPDATE payment_attempt SET amount = amount + 1"),
            "payment_attempt_is_of_the_amount",
            drop("payment_attempt", "payment_attempt_is_of_the_amount"),
        ),
        (
            released("prepared_by"),
            "payment_file_is_released_by_another",
            drop("payment_file", "payment_file_is_released_by_another"),
        ),
        (
            format!("{elsewhere}; {}", released(&format!("'{auditor}'"))),
            "payment_file_is_to_current_payees",
            asleep("payment_file", "payment_file_only_goes_on"),
        ),
        (
            paid_more.to_owned(),
            "payment_is_what_the_payout_pays",
            asleep("payment", "payment_is_what_the_payout_pays"),
        ),
        (
            format!(
                "{elsewhere}; INSERT INTO payee_confirmation SELECT coop_id, member_id, version, member_id, now(), 'test'
                     FROM payee WHERE version > 1"
            ),
            "payee_confirmation_is_by_another",
            drop("payee_confirmation", "payee_confirmation_is_by_another"),
        ),
    ]
}
