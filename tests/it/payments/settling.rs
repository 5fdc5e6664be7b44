//! Payments by hand and carried, cycles closed and undone.

use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use super::answers::{statement, status};
use super::world::{House, stands};
use crate::decisions::world::Insider;

impl House {
    /// Brings evidence of a payment.
    async fn evidence(&self, cycle: &str, member: &Insider, body: &Value) -> Reply {
        let path = format!("payouts/{cycle}/payments/{}/evidence", member.member);
        self.post(&self.treasurer, &path, body).await
    }

    /// Says whether it is right.
    async fn judge(&self, who: &Insider, cycle: &str, evidence: &Value, is_right: bool) -> Reply {
        let path = format!("payouts/{cycle}/evidence/{}/verdict", evidence["id"].as_str().unwrap());
        self.post(who, &path, &json!({"is_right": is_right})).await
    }

    /// Gives a payment back to what the member is owed.
    async fn carry(&self, cycle: &str, member: &Insider) -> Reply {
        let path = format!("payouts/{cycle}/payments/{}/carry", member.member);
        self.post(&self.treasurer, &path, &json!({"reason": "no account"}))
            .await
    }

    /// Asks for a cycle to end so.
    async fn end(&self, who: &Insider, cycle: &str, how: &str) -> Reply {
        let body = if how == "reversal" {
            json!({"reason": "the hours were wrong"})
        } else {
            json!({})
        };
        self.post(who, &format!("payouts/{cycle}/{how}"), &body).await
    }

    /// Takes back what somebody asked for.
    async fn take_back(&self, who: &Insider, cycle: &str) -> Reply {
        let path = format!("payouts/{cycle}/ending/withdrawal");
        self.post(who, &path, &json!({})).await
    }

    /// A cycle as a member is told of it: by itself, in the list, and in the member's statement.
    async fn told(&self, cycle: &str) -> [Value; 3] {
        let member = &self.hall.members[0];
        let itself = self.get(member, &format!("payouts/{cycle}")).await.expect(200);
        let list = self.get(member, "payouts").await.expect(200);
        let mut items = list["items"].as_array().unwrap().iter();
        let listed = items.find(|one| one["id"] == cycle).unwrap().clone();
        let statement = self.get(member, &format!("payouts/{cycle}/statement")).await;
        [itself, listed, statement.expect(200)]
    }

    /// Where a cycle stands with its payments, by itself and in the list, which say the same.
    async fn stage(&self, cycle: &str) -> String {
        let [itself, listed, _] = self.told(cycle).await;
        assert_eq!(itself["stage"], listed["stage"]);
        itself["stage"].as_str().unwrap().to_owned()
    }

    /// Has the payouts shown to strangers.
    async fn show_payouts(&self) {
        let page = json!({"is_public": true, "about": "", "shown": ["payouts"]});
        let steward = &self.hall.steward.person;
        let set = steward.put(&self.hall.path("public-page")).if_match("\"0\"");
        let _ = set.json(&page).send().await.expect(200);
    }

    /// The revenue of each cycle that strangers are shown.
    async fn strangers_see(&self) -> Vec<String> {
        let path = format!("public/{}", self.hall.slug);
        let page = self.hall.members[0].person.get(&path).send().await.expect(200);
        let revenues = page["payouts"].as_array().unwrap().iter();
        revenues
            .map(|one| one["revenue"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The account of the books with this path.
    pub async fn account(&self, path: &str) -> Value {
        let all = self.get(&self.treasurer, "ledger/accounts").await.expect(200);
        let mut accounts = all["items"].as_array().unwrap().iter();
        accounts.find(|one| one["path"] == path).unwrap()["id"].clone()
    }
}

fn paid(account: Option<&Value>, outcome: &str) -> Value {
    let mut body = json!({"outcome": outcome, "day": "2026-10-02", "reference": "receipt 7",
        "document": format!("0x{}", "42".repeat(32))});
    if let Some(account) = account {
        body["ledger_account"] = account.clone();
    }
    body
}

/// The story: cash with a receipt, what the bank lost, what is carried; then two persons close the cycle, and the next one pays what was carried.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn everything_of_a_cycle_is_paid_by_hand_found_out_or_carried_and_two_persons_close_it() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (cycle, file, references) = house.asked().await;
    let cash = house.account("assets:cash").await;
    // In cash: the treasurer has a receipt, and somebody else looks at it.
    let manual = json!({"rail": "manual", "name": "in cash"});
    let payee = house.post(&house.hall.steward, "payee", &manual).await.expect(201);
    house.confirm(&payee).await;
    let steward = &house.hall.steward;
    let first = house
        .evidence(&cycle, steward, &paid(Some(&cash), "paid"))
        .await
        .expect(201);
    let _ = house
        .judge(&house.treasurer, &cycle, &first, true)
        .await
        .problem("four-eyes");
    let _ = house.judge(&house.auditor, &cycle, &first, false).await.expect(200);
    let second = house
        .evidence(&cycle, steward, &paid(Some(&cash), "paid"))
        .await
        .expect(201);
    let _ = house
        .evidence(&cycle, steward, &paid(Some(&cash), "paid"))
        .await
        .problem("payment-state");
    let judged = house.judge(&house.auditor, &cycle, &second, true).await.expect(200);
    assert_eq!(judged["verdict"], "right");
    let _ = house
        .judge(&house.auditor, &cycle, &second, true)
        .await
        .problem("payment-state");
    assert_eq!(house.balance("assets:cash").await, "-100.00");
    // The bank: one paid, two not spoken of; a letter says that one was not paid, and one was.
    let early = statement("early", ("2999-12-31", 0), &[(&references[0], -10_000)]);
    let _ = house.hear(&early).await.expect(201);
    let [ana, ben, cem] = [&house.hall.members[0], &house.hall.members[1], &house.hall.members[2]];
    let _ = house
        .evidence(&cycle, ben, &paid(None, "not_paid"))
        .await
        .problem("payment-state");
    let _ = house
        .hear(&statement("late", ("3000-01-03", -10_000), &[]))
        .await
        .expect(201);
    for (who, outcome) in [(ben, "not_paid"), (cem, "paid")] {
        let letter = house.evidence(&cycle, who, &paid(None, outcome)).await.expect(201);
        let _ = house.judge(&house.auditor, &cycle, &letter, true).await.expect(200);
    }
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("held", 2), ("ready", 1), ("settled", 3)])
    );
    assert_eq!(house.lies().await, ["-300.00", "0.00", "0.00"]);
    // Not everything is paid yet.
    let _ = house
        .end(&house.treasurer, &cycle, "closing")
        .await
        .problem("payment-state");
    let _ = house.carry(&cycle, ana).await.problem("payment-state");
    for who in [ben, &house.treasurer, &house.auditor] {
        let carried = house.carry(&cycle, who).await.expect(200);
        assert_eq!(
            (&carried["state"], &carried["rail"]),
            (&json!("settled"), &json!("carry"))
        );
    }
    assert_eq!(house.lies().await, ["0.00", "0.00", "-300.00"]);
    assert_eq!(house.stage(&cycle).await, "issuing");
    let asked = house.end(&house.treasurer, &cycle, "closing").await.expect(200);
    assert_eq!(house.stage(&cycle).await, "reconciling");
    assert_eq!(
        (&asked["closed_at"], &asked["closing_asked_by"]),
        (&Value::Null, &json!(house.treasurer.member))
    );
    // Who asked takes it back, nobody else does; and then it can be asked for anew.
    let _ = house.take_back(&house.auditor, &cycle).await.problem("payment-state");
    let back = house.take_back(&house.treasurer, &cycle).await.expect(200);
    assert_eq!(back["closing_asked_by"], Value::Null);
    assert_eq!(house.stage(&cycle).await, "issuing");
    let _ = house.take_back(&house.treasurer, &cycle).await.problem("payment-state");
    let asked = house.end(&house.treasurer, &cycle, "closing").await.expect(200);
    assert_eq!(asked["closed_at"], Value::Null, "the first of two");
    let _ = house
        .end(&house.treasurer, &cycle, "closing")
        .await
        .problem("four-eyes");
    let closed = house.end(&house.auditor, &cycle, "closing").await.expect(200);
    assert!(closed["closed_at"].is_string(), "{closed}");
    assert_eq!(house.stage(&cycle).await, "closed");
    assert_eq!(house.told(&cycle).await[2]["payment"], "settled");
    let _ = house.take_back(&house.treasurer, &cycle).await.problem("payment-state");
    let _ = house
        .end(&house.auditor, &cycle, "closing")
        .await
        .problem("payment-state");
    // A late answer about what a letter said was not paid is not believed.
    let odd = house
        .hear(&status(
            "odd",
            file["message"].as_str().unwrap(),
            &[(&references[1], "ACCP", "G000")],
        ))
        .await;
    assert_eq!(odd.expect(201)["contradictions"], 1);
    let next = house.owing("2026-Q4", "60.00").await;
    assert_eq!(
        house.issue(&next).await["total"],
        "360.00",
        "60.00, and 300.00 that was carried"
    );
    app.finish().await;
}

/// Aim: what is judged after the year of its day was closed is not refused for ever. Method: cash of last year, the books closed between the
/// evidence and its verdict.
#[tokio::test(flavor = "multi_thread")]
async fn evidence_of_a_year_that_was_closed_meanwhile_is_posted_on_the_first_open_day() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let cycle = house.owing("2026-Q3", "600.00").await;
    let steward = &house.hall.steward;
    let manual = json!({"rail": "manual", "name": "in cash"});
    let payee = house.post(steward, "payee", &manual).await.expect(201);
    house.confirm(&payee).await;
    let _ = house.issue(&cycle).await;
    let cash = house.account("assets:cash").await;
    let mut receipt = paid(Some(&cash), "paid");
    receipt["day"] = json!("2025-12-31");
    let evidence = house.evidence(&cycle, steward, &receipt).await.expect(201);
    let seen = house.get(&house.treasurer, "years/2025/closing").await.expect(200);
    let closing = json!({"digest": seen["digest"]});
    let _ = house
        .post(&house.treasurer, "years/2025/closing", &closing)
        .await
        .expect(201);
    let _ = house.judge(&house.auditor, &cycle, &evidence, true).await.expect(200);
    assert_eq!(house.balance("assets:cash").await, "-100.00");
    let client = app.database.superuser().await;
    let posted = "SELECT effective_on::text FROM journal WHERE description LIKE '%by evidence%'";
    let day: String = client.query_one(posted, &[]).await.unwrap().get(0);
    assert_eq!(day, "2026-01-01");
    app.finish().await;
}

/// Aim: a posted cycle is undone whole, by two persons, and only before anything of it is paid. Method: it is issued, asked of the bank, and
/// undone at each of these points.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn two_persons_undo_a_cycle_before_anything_of_it_is_paid() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let cycle = house.owing("2026-Q3", "600.00").await;
    house.everybody_is_known().await;
    house.show_payouts().await;
    let nobody_said_why = house
        .post(&house.treasurer, &format!("payouts/{cycle}/reversal"), &json!({}))
        .await;
    assert_eq!(nobody_said_why.problem("invalid-field")["field"], "reason");
    let shown = house
        .get(&house.treasurer, &format!("payouts/{cycle}"))
        .await
        .expect(200);
    let by_hand = json!({"reason": "no", "effective_on": "2026-10-01"});
    let path = format!("journal/{}/reversal", shown["journal"].as_str().unwrap());
    let _ = house
        .post(&house.treasurer, &path, &by_hand)
        .await
        .problem("cycle-state");
    let _ = house.issue(&cycle).await;
    let file = house.prepare(&cycle).await.expect(201);
    let _ = house
        .end(&house.treasurer, &cycle, "reversal")
        .await
        .problem("payment-state");
    let path = format!("payouts/{cycle}/files/{}/withdrawal", file["id"].as_str().unwrap());
    let _ = house
        .post(&house.treasurer, &path, &json!({"reason": "wrong hours"}))
        .await
        .expect(200);
    let asked = house.end(&house.treasurer, &cycle, "reversal").await.expect(200);
    assert_eq!(asked["reversed_at"], Value::Null);
    assert_eq!(asked["reversal_reason"], "the hours were wrong");
    let _ = house
        .end(&house.treasurer, &cycle, "reversal")
        .await
        .problem("four-eyes");
    let back = house.take_back(&house.treasurer, &cycle).await.expect(200);
    assert_eq!(
        (&back["reversal_asked_by"], &back["reversal_reason"]),
        (&Value::Null, &Value::Null)
    );
    let asked = house.end(&house.treasurer, &cycle, "reversal").await.expect(200);
    assert_eq!(asked["reversed_at"], Value::Null, "the first of two");
    // Asked for, nothing is undone yet, and everybody still sees it as posted.
    let shown = house.told(&cycle).await;
    assert!(shown.iter().all(|one| one["reversed_at"].is_null()), "{shown:?}");
    assert_eq!(house.strangers_see().await, ["600.00"]);
    // The other one confirms the reason that was given, and no other.
    let path = format!("payouts/{cycle}/reversal");
    let another = house.post(&house.auditor, &path, &json!({"reason": "so"})).await;
    assert_eq!(another.problem("invalid-field")["field"], "reason");
    let undone = house.post(&house.auditor, &path, &json!({})).await.expect(200);
    assert!(undone["reversed_at"].is_string(), "{undone}");
    assert_eq!(undone["reversal_reason"], "the hours were wrong");
    assert_eq!(house.stage(&cycle).await, "undone");
    for one in house.told(&cycle).await {
        assert_eq!(
            (&one["reversed_at"], &one["state"]),
            (&undone["reversed_at"], &json!("posted")),
            "{one}"
        );
    }
    assert_eq!(house.told(&cycle).await[0]["reversal_reason"], "the hours were wrong");
    assert!(house.strangers_see().await.is_empty());
    assert_eq!(house.lies().await, ["0.00", "none", "0.00"]);
    assert_eq!(house.balance("equity:surplus").await, "0.00");
    no_hand_undoes_it(&app, &house).await;
    let _ = house
        .end(&house.auditor, &cycle, "reversal")
        .await
        .problem("payment-state");
    let refused = house.prepare(&cycle).await.problem("payment-state");
    assert!(refused["detail"].as_str().unwrap().contains("undone"), "{refused}");
    // The same income is shared by another cycle, once.
    let again = house.owing("2026-Q3b", "60.00").await;
    let shown = house
        .get(&house.treasurer, &format!("payouts/{again}"))
        .await
        .expect(200);
    assert_eq!(shown["revenue"], "660.00");
    assert_eq!(house.strangers_see().await, ["660.00"]);
    let _ = house.issue(&again).await;
    let file = house.prepare(&again).await.expect(201);
    let _ = house.release(&house.auditor, &again, &file).await.expect(200);
    let _ = house
        .end(&house.treasurer, &again, "reversal")
        .await
        .problem("payment-state");
    app.finish().await;
}

/// Neither what a cycle posted nor what undid it is undone by hand, by a program or past it.
async fn no_hand_undoes_it(app: &TestApp, house: &House) {
    let client = app.database.superuser().await;
    let undoing = "SELECT id::text FROM journal WHERE reverses IN (SELECT journal_id FROM payout_cycle UNION SELECT journal_id FROM payment_issue)";
    let rows = client.query(undoing, &[]).await.unwrap();
    assert_eq!(rows.len(), 2, "of the cycle and of its issue");
    let by_hand = json!({"reason": "no", "effective_on": "2026-10-01"});
    for row in rows {
        let id: String = row.get(0);
        let path = format!("journal/{id}/reversal");
        let reply = house.post(&house.treasurer, &path, &by_hand).await;
        let _ = reply.problem("cycle-state");
        let statement = format!(
            "INSERT INTO journal SELECT (jsonb_populate_record(NULL::journal, to_jsonb(one)
                || jsonb_build_object('id', gen_random_uuid(), 'number', 9999, 'reverses', one.id, 'idempotency_key', 'x'))).*
             FROM journal AS one WHERE id = '{id}'; SET CONSTRAINTS {guard} IMMEDIATE",
            guard = CYCLE_GUARD
        );
        let error = client.batch_execute(&format!("BEGIN; {statement}")).await.unwrap_err();
        client.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(CYCLE_GUARD));
        let asleep = format!("BEGIN; ALTER TABLE journal DISABLE TRIGGER {CYCLE_GUARD}; {statement}");
        client.batch_execute(&asleep).await.unwrap();
        client.batch_execute("ROLLBACK").await.unwrap();
    }
}

const CYCLE_GUARD: &str = "journal_of_a_cycle_is_undone_with_it";

/// Aim: what two persons do together no program does for one. Method: a superuser tries it past the program and is refused by the guard that is
/// named; with that guard alone taken away the same is taken.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of guards")]
async fn the_schema_refuses_what_one_person_would_end_alone() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (first, _, _) = house.asked().await;
    let manual = json!({"rail": "manual", "name": "in cash"});
    let payee = house.post(&house.hall.steward, "payee", &manual).await.expect(201);
    house.confirm(&payee).await;
    let cash = house.account("assets:cash").await;
    let receipt = paid(Some(&cash), "paid");
    let _ = house.evidence(&first, &house.hall.steward, &receipt).await.expect(201);
    let second = house.owing("2026-Q4", "60.00").await;
    let client = app.database.superuser().await;
    let (stater, steward, auditor) = (house.treasurer.member, house.hall.steward.member, house.auditor.member);
    let judged =
        |by| format!("UPDATE payment_statement SET verdict = 'right', confirmed_by = '{by}', confirmed_at = now()");
    let closing = |by| {
        format!(
            "INSERT INTO payment_closing SELECT coop_id, cycle_id, '{stater}', now(), '{by}', now(), 'test' FROM payment_issue"
        )
    };
    let reversal = |cycle: &str, by| {
        format!(
            "INSERT INTO payout_reversal SELECT coop_id, id, 'so', '{stater}', now(), journal_id, '{by}', now(), 'test'
             FROM payout_cycle WHERE id = '{cycle}'"
        )
    };
    let asleep = |table: &str, name: &str| format!("ALTER TABLE {table} DISABLE TRIGGER {name}");
    let drop = |table: &str, name: &str| format!("ALTER TABLE {table} DROP CONSTRAINT {name}");
    let any_closing = asleep("payment_closing", "payment_closing_leaves_nothing");
    let any_reversal = asleep("payout_reversal", "payout_reversal_is_of_the_last_cycle");
    let only_verdicts = asleep("payment_statement", "payment_statement_only_gets_its_verdict");
    let cases = [
        (
            String::from("UPDATE payment_attempt SET state = 'settled' WHERE rail = 'manual'"),
            "payment_attempt_by_hand_is_confirmed",
            asleep("payment_attempt", "payment_attempt_only_goes_on"),
        ),
        (
            judged(stater),
            "payment_statement_is_confirmed_by_another",
            drop("payment_statement", "payment_statement_is_confirmed_by_another"),
        ),
        (judged(steward), "payment_statement_is_not_confirmed_by_the_paid", only_verdicts.clone()),
        (String::from("UPDATE payment_statement SET reference = 'another'"), "", only_verdicts),
        (
            String::from(
                "INSERT INTO payment_statement (coop_id, id, payment_id, number, outcome, ledger_account_id, day, reference, document,
                     stated_by, stated_at, recorded_by)
                 SELECT coop_id, gen_random_uuid(), payment_id, number, outcome, ledger_account_id, day, reference, document, stated_by,
                     stated_at, 'test' FROM payment_statement",
            ),
            "payment_statement_is_alone",
            String::from("DROP INDEX payment_statement_is_alone"),
        ),
        (closing(auditor), "payment_closing_leaves_nothing", any_closing.clone()),
        (
            format!("{any_closing}; {}; UPDATE payment_closing SET withdrawn_at = now()", closing(auditor)),
            "payment_closing_is_withdrawn_before_it_is_done",
            drop("payment_closing", "payment_closing_is_withdrawn_before_it_is_done"),
        ),
        (
            format!("{any_reversal}; {}; UPDATE payout_reversal SET withdrawn_at = now()", reversal(&second, auditor)),
            "payout_reversal_is_withdrawn_before_it_is_done",
            drop("payout_reversal", "payout_reversal_is_withdrawn_before_it_is_done"),
        ),
        (
            format!("{any_closing}; {}", closing(stater)),
            "payment_closing_is_by_another",
            drop("payment_closing", "payment_closing_is_by_another"),
        ),
        (reversal(&first, auditor), "payout_reversal_is_of_the_last_cycle", any_reversal.clone()),
        (
            format!("{any_reversal}; {}", reversal(&second, stater)),
            "payout_reversal_is_by_another",
            drop("payout_reversal", "payout_reversal_is_by_another"),
        ),
        (
            format!(
                "{any_reversal}; {}; INSERT INTO payment_attempt (coop_id, payment_id, member_id, number, amount, reference, rail, state,
                     changed_at, recorded_by)
                 SELECT coop_id, id, member_id, 1, amount, repeat('0', 32), 'manual', 'prepared', now(), 'test' FROM payment
                 WHERE member_id = '{auditor}'",
                reversal(&first, auditor)
            ),
            "payment_attempt_is_of_a_cycle_that_stands",
            asleep("payment_attempt", "payment_attempt_is_of_a_cycle_that_stands"),
        ),
        (
            format!(
                "{any_reversal}; {}; INSERT INTO payment_issue SELECT coop_id, '{second}', journal_id, 1, 1, issued_by, now(), 'test'
                 FROM payment_issue",
                reversal(&second, auditor)
            ),
            "payment_issue_is_of_the_last_cycle",
            asleep("payment_issue", "payment_issue_is_of_the_last_cycle"),
        ),
        (
            String::from("DELETE FROM payment_statement"),
            "",
            asleep("payment_statement", "payment_statement_is_never_removed"),
        ),
    ];
    for (statement, constraint, without) in cases {
        let error = client.batch_execute(&format!("BEGIN; {statement}")).await;
        let error = error.expect_err(&statement);
        client.batch_execute("ROLLBACK").await.unwrap();
        let error = error.as_db_error().unwrap();
        assert_eq!(
            error.constraint().unwrap_or_default(),
            constraint,
            "{statement}: {error}"
        );
        let taken = client.batch_execute(&format!("BEGIN; {without}; {statement}")).await;
        client.batch_execute("ROLLBACK").await.unwrap();
        assert!(taken.is_ok(), "{without}; {statement}: {taken:?}");
    }
    app.finish().await;
}
