//! The books beside the bank: what is told, and when somebody must look.

use serde_json::{Value, json};
use server::services::payments::reconciling::look_at_all;
use tests::app::TestApp;
use tests::person::Anonymous;

use super::answers::{back, statement};
use super::world::House;
use crate::revenue::world::carry;

impl House {
    /// The books beside the bank.
    async fn beside(&self) -> Value {
        self.get(&self.auditor, "reconciliation").await.expect(200)
    }

    /// Why somebody must look, and how much of it there is.
    async fn alarms(&self) -> Vec<(String, u64)> {
        let view = self.beside().await;
        let alarms = view["alarms"].as_array().unwrap().iter();
        let named = |one: &Value| (one["kind"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap());
        alarms.map(named).collect()
    }

    /// What stands on one side alone: the side, the amount, and whether it does for too long.
    async fn alone(&self) -> Vec<(String, String, bool)> {
        let view = self.beside().await;
        let unmatched = view["unmatched"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let told = |one: &Value| {
            (
                text(&one["side"]),
                text(&one["amount"]),
                one["is_overdue"].as_bool().unwrap(),
            )
        };
        unmatched.map(told).collect()
    }

    /// Undoes a transaction by hand.
    async fn undo(&self, journal: &Value, day: &str) -> Value {
        let path = format!("journal/{}/reversal", journal["id"].as_str().unwrap());
        let body = json!({"reason": "a mistake", "effective_on": day});
        self.post(&self.treasurer, &path, &body).await.expect(201)
    }

    /// Posts something by hand.
    pub async fn move_by_hand(&self, (from, to): (&str, &str), amount: &str, day: &str) -> Value {
        let entry = |account: &str, amount: &str| json!({"account": account, "currency": "EUR", "amount": amount});
        let body = json!({"description": "By hand", "effective_on": day,
            "entries": [entry(to, amount), entry(from, &format!("-{amount}"))]});
        self.post(&self.treasurer, "journal", &body).await.expect(201)
    }

    /// The references of payments of which the bank says what cannot be so.
    async fn contradictions(&self) -> Vec<String> {
        let view = self.beside().await;
        let unmatched = view["unmatched"].as_array().unwrap().iter();
        let odd = unmatched.filter(|one| one["side"] == "contradiction");
        odd.map(|one| one["reference"].as_str().unwrap().to_owned()).collect()
    }

    /// Two persons find out that a member was paid.
    async fn is_paid(&self, cycle: &str, who: usize) {
        let path = format!("payouts/{cycle}/payments/{}/evidence", self.hall.members[who].member);
        let letter = json!({"outcome": "paid", "day": "2026-10-02", "reference": "a letter of the bank",
            "document": format!("0x{}", "42".repeat(32))});
        let letter = self.post(&self.treasurer, &path, &letter).await.expect(201);
        let path = format!("payouts/{cycle}/evidence/{}/verdict", letter["id"].as_str().unwrap());
        let _ = self
            .post(&self.auditor, &path, &json!({"is_right": true}))
            .await
            .expect(200);
    }

    /// Has the members decide for how many days the books may differ from the bank.
    async fn amend_watch(&self, app: &TestApp, watch: Value) {
        let bylaws = self.get(&self.hall.steward, "bylaws").await.expect(200);
        let mut content = bylaws["content"].clone();
        content["reconciliation"] = watch;
        let act = json!({"action": "amend_bylaws", "version": 1, "replaces": bylaws["version"], "bylaws": content});
        let _ = carry(app, &self.hall, &[act]).await;
    }
}

fn expected(alarms: &[(&str, u64)]) -> Vec<(String, u64)> {
    alarms
        .iter()
        .map(|(kind, count)| ((*kind).to_owned(), *count))
        .collect()
}

/// What monitoring reads of one kind of alarm.
async fn metric(app: &TestApp, kind: &str) -> String {
    look_at_all(&app.app).await.unwrap();
    let metrics = Anonymous::new(&app.url).get("/metrics").send().await;
    let text = String::from_utf8(metrics.bytes).unwrap();
    let name = format!("rochdale_reconciliation_alarms{{kind=\"{kind}\"}} ");
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix(&name))
        .unwrap_or("none")
        .to_owned()
}

/// Aim: what stands on one side and not on the other is told, with its age. Method: a cycle half answered, a rent that nobody booked, a
/// statement with a gap.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn the_books_are_laid_beside_the_bank() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (_, _, references) = house.asked().await;
    let [ana, ben, cem] = [&*references[0], &*references[1], &*references[2]];
    let _ = house
        .hear(&statement(
            "d1",
            ("2026-12-01", 60_000),
            &[(ana, -10_000), ("rent", -5_000)],
        ))
        .await
        .expect(201);
    let _ = house.hear(&back("b1", ana, ("100.00", "97.50"))).await.expect(201);
    // It begins with another balance than the one before ended with.
    let _ = house
        .hear(&statement("d2", ("2026-12-05", 44_000), &[(ana, 9_750), (ben, -9_999)]))
        .await
        .expect(201);
    let view = house.get(&house.auditor, "reconciliation").await.expect(200);
    let account = &view["accounts"][0];
    assert_eq!(
        (
            &account["account"],
            &account["last_day"],
            &account["gaps"],
            &account["in_the_books"]
        ),
        (
            &json!("assets:bank:main"),
            &json!("2026-12-05"),
            &json!(1),
            &json!("597.50")
        ),
        "{view}"
    );
    assert_eq!(account["difference"], "-159.99", "{view}");
    let waiting: Vec<(&str, bool)> = view["waiting"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["payments"].as_str().unwrap(), one["is_even"].as_bool().unwrap()))
        .collect();
    assert_eq!(waiting, [("200.00", true), ("400.00", true)], "{view}");
    let unmatched: Vec<(&str, Option<&str>)> = view["unmatched"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["side"].as_str().unwrap(), one["reference"].as_str()))
        .collect();
    for expected in [
        ("bank", Some("rent")),
        ("contradiction", Some(ben)),
        ("payment", Some(ben)),
        ("payment", Some(cem)),
    ] {
        assert!(unmatched.contains(&expected), "{expected:?} of {view}");
    }
    let books = view["unmatched"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["side"] == "books")
        .unwrap();
    assert_eq!(
        (&books["amount"], &books["day"]),
        (&json!("600.00"), &json!("2026-07-01"))
    );
    assert!(books["age_days"].as_i64().unwrap() > 0);
    // The bank tells the rent again in another file, and one of as much the same day: those are two. The books have one, then both.
    let rents = [("rent", -5_000), ("more rent", -5_000)];
    let _ = house
        .hear(&statement("d1b", ("2026-12-01", 70_000), &rents))
        .await
        .expect(201);
    for left in [2, 1, 0] {
        let view = house.beside().await;
        let unmatched = view["unmatched"].as_array().unwrap().iter();
        let rents = unmatched.filter(|one| one["side"] == "bank" && one["amount"] == "-50.00");
        assert_eq!(rents.count(), left, "{view}");
        house
            .move_by_hand(("assets:bank:main", "expenses:operations"), "50.00", "2026-12-01")
            .await;
    }
    // What the books have too much of is told the other way round.
    let view = house.beside().await;
    let mut unmatched = view["unmatched"].as_array().unwrap().iter();
    assert!(
        unmatched.any(|one| one["side"] == "books" && one["amount"] == "-50.00"),
        "{view}"
    );
    app.finish().await;
}

/// Aim: what there is nothing to do about alarms nobody for ever. Method: each reason, made and ended: a mistake that was undone, also beside one
/// that the bank knows; a statement that comes twice; what was before the bank spoke; a contradiction that two persons looked at.
#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_ends_where_nothing_is_left_to_do() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let told = |side: &str, amount: &str, is_overdue: bool| (side.to_owned(), amount.to_owned(), is_overdue);
    let rent = ("assets:bank:main", "expenses:operations");
    let mistaken = house.move_by_hand(rent, "70.00", "2026-09-02").await;
    assert_eq!(house.alone().await, [told("books", "-70.00", true)]);
    let undoing = house.undo(&mistaken, "2026-09-03").await;
    assert!(house.alone().await.is_empty());
    // The undoing was wrong: it stands again, once.
    let again = house.undo(&undoing, "2026-09-04").await;
    assert_eq!(house.alone().await, [told("books", "-70.00", true)]);
    let _ = house.undo(&again, "2026-09-05").await;
    // Twice written down and once undone: the bank has the other one, whichever of both was undone.
    let first = house.move_by_hand(rent, "50.00", "2026-09-10").await;
    let _ = house.move_by_hand(rent, "50.00", "2026-09-10").await;
    let _ = house.undo(&first, "2026-09-11").await;
    assert!(house.alone().await.contains(&told("books", "-50.00", true)));
    let september = statement("september", ("2026-09-10", 0), &[("rent", -5_000)]);
    let _ = house.hear(&september).await.expect(201);
    assert!(!house.alone().await.iter().any(|one| one.1 == "-50.00"));
    // What the bank booked and took back stands on both sides.
    let bounced = house.move_by_hand(rent, "30.00", "2026-09-12").await;
    let _ = house.undo(&bounced, "2026-09-14").await;
    let both = [
        statement("d12", ("2026-09-12", -5_000), &[("shop", -3_000)]),
        statement("d14", ("2026-09-14", -8_000), &[("shop", 3_000)]),
    ];
    for file in &both {
        let _ = house.hear(file).await.expect(201);
    }
    assert!(
        !house
            .alone()
            .await
            .iter()
            .any(|one| one.1 == "-30.00" || one.1 == "30.00")
    );
    // The same statement in another file.
    assert!(!house.alarms().await.iter().any(|(kind, _)| kind == "gap"));
    let _ = house
        .hear(&both[0].replace("<Id>d12</Id>", "<Id>d12, again</Id>"))
        .await
        .expect(201);
    assert!(!house.alarms().await.iter().any(|(kind, _)| kind == "gap"));
    // From before the bank told of anything: listed behind all else, and no alarm.
    let _ = house
        .move_by_hand(("equity:opening", "assets:bank:main"), "900.00", "2025-01-01")
        .await;
    let _ = house
        .move_by_hand(("equity:opening", "assets:bank:main"), "1.00", "2026-09-14")
        .await;
    let alone = house.alone().await;
    assert_eq!(alone.last(), Some(&told("books", "900.00", false)), "{alone:?}");
    assert!(alone.contains(&told("books", "1.00", true)), "{alone:?}");
    app.finish().await;
}

/// Aim: a contradiction of the bank ends once two persons looked. Method: another amount than was asked; evidence from before it ends nothing,
/// evidence since does, and so does the closing of the cycle.
#[tokio::test(flavor = "multi_thread")]
async fn a_contradiction_ends_once_two_persons_looked() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (cycle, _, references) = house.asked().await;
    let [ana, ben, cem] = [&*references[0], &*references[1], &*references[2]];
    // The bank does not speak of one by its day: two persons find out that it was paid. Of another it paid less.
    let early = statement("early", ("2999-12-31", 0), &[(ana, -10_000), (ben, -9_999)]);
    let _ = house.hear(&early).await.expect(201);
    let _ = house
        .hear(&statement("late", ("3000-01-03", -19_999), &[]))
        .await
        .expect(201);
    for who in [1, 2] {
        house.is_paid(&cycle, who).await;
    }
    assert_eq!(house.contradictions().await, Vec::<String>::new());
    // Both persons looked before the bank said this.
    let wrong = statement("wrong", ("3000-01-04", -19_999), &[(cem, -9_998)]);
    let _ = house.hear(&wrong).await.expect(201);
    assert_eq!(house.contradictions().await, [cem]);
    for who in [&house.hall.steward, &house.treasurer, &house.auditor] {
        let path = format!("payouts/{cycle}/payments/{}/carry", who.member);
        let _ = house
            .post(&house.treasurer, &path, &json!({"reason": "no account"}))
            .await
            .expect(200);
    }
    let superuser = app.database.superuser().await;
    let then = "BEGIN; ALTER TABLE bank_file DISABLE TRIGGER bank_file_only_grows;
        UPDATE bank_file SET imported_at = imported_at - interval '1 minute';
        ALTER TABLE bank_file ENABLE ALWAYS TRIGGER bank_file_only_grows; COMMIT;";
    superuser.batch_execute(then).await.unwrap();
    for who in [&house.treasurer, &house.auditor] {
        assert_eq!(house.contradictions().await, [cem]);
        let _ = house
            .post(who, &format!("payouts/{cycle}/closing"), &json!({}))
            .await
            .expect(200);
    }
    assert_eq!(house.contradictions().await, Vec::<String>::new());
    app.finish().await;
}

/// Aim: somebody is told to look in time. Method: each reason alone, on the day after its time is over; then the members give it more time.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_must_look_when_the_books_and_the_bank_differ_for_too_long() {
    let app = TestApp::start().await;
    let mut house = House::new(&app).await;
    let (_, _, references) = house.asked().await;
    // They vote as well.
    house
        .hall
        .members
        .extend([house.treasurer.clone(), house.auditor.clone()]);
    // What came in months ago stands in the books alone; what the bank was asked to pay on a day to come only waits.
    assert_eq!(house.alarms().await, expected(&[("unmatched", 1)]));
    assert_eq!(metric(&app, "unmatched").await, "1");
    let item = house.beside().await["unmatched"][0].clone();
    assert_eq!(
        (&item["side"], &item["is_overdue"]),
        (&json!("books"), &json!(true)),
        "{item}"
    );
    let year = json!({"unmatched_days": 366, "unknown_days": 366});
    house.amend_watch(&app, year).await;
    assert_eq!(house.alarms().await, []);
    assert_eq!(metric(&app, "unmatched").await, "0");
    // The bank does not speak of two payments, in the next millennium; of the day of payment it is said that it was in September.
    for (name, day, booked) in [
        ("early", "2999-12-31", &[(&*references[0], -10_000)][..]),
        ("late", "3000-01-03", &[]),
    ] {
        let opening = if booked.is_empty() { -10_000 } else { 0 };
        let _ = house.hear(&statement(name, (day, opening), booked)).await.expect(201);
    }
    assert_eq!(house.alarms().await, []);
    let superuser = app.database.superuser().await;
    let then = "BEGIN; ALTER TABLE payment_file DISABLE TRIGGER payment_file_only_goes_on;
        UPDATE payment_file SET pay_on = '2025-09-30';
        ALTER TABLE payment_file ENABLE ALWAYS TRIGGER payment_file_only_goes_on; COMMIT;";
    superuser.batch_execute(then).await.unwrap();
    assert_eq!(house.alarms().await, expected(&[("unknown", 2)]));
    assert_eq!(metric(&app, "unknown").await, "1");
    // A statement that does not begin where the one before ended.
    let _ = house
        .hear(&statement("gap", ("3000-01-05", 7_000), &[]))
        .await
        .expect(201);
    assert_eq!(house.alarms().await, expected(&[("unknown", 2), ("gap", 1)]));
    // Somebody moves by hand what payments wait in.
    house
        .move_by_hand(("assets:cash", "liabilities:payments:due"), "1.00", "2026-10-01")
        .await;
    assert_eq!(
        house.alarms().await,
        expected(&[("unknown", 2), ("uneven", 1), ("gap", 1)])
    );
    house
        .move_by_hand(("liabilities:payments:due", "assets:cash"), "1.00", "2026-10-01")
        .await;
    assert_eq!(house.alarms().await, expected(&[("unknown", 2), ("gap", 1)]));
    app.finish().await;
}

/// Aim: an alarm counts everything, and what only waits hides nothing. Method: more lines of the bank than are shown, and payments that wait since
/// long before them.
#[tokio::test(flavor = "multi_thread")]
async fn alarms_count_what_is_not_shown_and_what_waits_comes_last() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let _ = house.asked().await;
    let names: Vec<String> = (0..1_001).map(|number| format!("rent-{number}")).collect();
    let booked: Vec<(&str, i64)> = names.iter().map(|name| (&**name, -100)).collect();
    let _ = house
        .hear(&statement("many", ("2026-09-01", 0), &booked))
        .await
        .expect(201);
    let then = "BEGIN; ALTER TABLE payment_file DISABLE TRIGGER payment_file_only_goes_on;
        UPDATE payment_file SET pay_on = '2020-01-01';
        ALTER TABLE payment_file ENABLE ALWAYS TRIGGER payment_file_only_goes_on; COMMIT;";
    app.database.superuser().await.batch_execute(then).await.unwrap();
    // The income of July is one more, before the day of which the bank told first.
    assert_eq!(house.alarms().await, expected(&[("unmatched", 1_001)]));
    let shown = house.alone().await;
    assert_eq!(shown.len(), 1_000);
    assert!(
        shown.iter().all(|(side, _, is_overdue)| side == "bank" && *is_overdue),
        "{shown:?}"
    );
    app.finish().await;
}
