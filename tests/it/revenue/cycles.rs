//! A payout cycle from the decision on the rule to the books, and everything that stops it.

use serde_json::json;
use tests::app::TestApp;

use super::house::{House, rule};
use super::world::{end_challenges, nothing, table};

/// The story: income and hours are frozen, computed twice alike, approved by another, posted as one, and every member sees how each cent
/// came about; the next cycle shares what came in since, and carries on.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn revenue_is_shared_by_the_rule_and_posted_once() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    house.hours(&app, [30, 10]).await;
    let (cycle, view) = house.upto("2026-Q3", "posting").await;
    assert_eq!(
        (&view["state"], &view["revenue"]),
        (&json!("posted"), &json!("1000.00")),
        "{view}"
    );
    let pools: Vec<(&str, &str)> = view["pools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["pool"].as_str().unwrap(), line["amount"].as_str().unwrap()))
        .collect();
    assert_eq!(
        pools,
        [
            ("reserve:legal", "100.00"),
            ("pool:all", "300.00"),
            ("pool:work", "600.00")
        ]
    );
    assert_eq!(view["sums"]["accrued"], "900.00");
    let own = house.statement(&house.hall.members[0], &cycle).await;
    let lines: Vec<(&str, &str, &str)> = own["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["step"].as_str().unwrap(),
                line["weight"].as_str().unwrap(),
                line["amount"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(lines, [("equal", "1", "60.00"), ("labour", "30", "450.00")], "{own}");
    assert_eq!(
        (&own["accrued"], &own["paid"], &own["carried"]),
        (&json!("510.00"), &json!("510.00"), &json!("0.00"))
    );
    assert_eq!(house.balance("liabilities:members:payable").await, "-900.00");
    assert_eq!(house.balance("equity:reserve:legal").await, "-100.00");
    assert_eq!(house.balance("equity:surplus").await, "1000.00");
    // Had everything been shared equally: ana would have got 200.00 of 1000.00, and the other four more than they did.
    let mut draft = super::world::equal(2, view["rule_hash"].as_str().unwrap());
    draft["payout"]["min"] = json!("500.00");
    let request = house.hall.members[0]
        .person
        .post(&house.hall.path("revenue/rules/preview"));
    let told = request.json(&json!({"rule": draft})).send().await.expect(200)["what_if"].clone();
    assert_eq!(
        (
            &told["cycles"],
            &told["members_gain"],
            &told["members_lose"],
            &told["own"]
        ),
        (
            &json!(1),
            &json!(3),
            &json!(2),
            &json!({"accrued": "510.00", "paid": "510.00", "would_accrue": "200.00", "would_be_paid": "0.00", "would_carry": "200.00"})
        ),
        "{told}"
    );
    // The same money is not shared twice, and what members are owed is carried.
    house.earn("inv-2", "10.00").await;
    let (_, next) = house.upto("2026-Q4", "posting").await;
    assert_eq!(next["revenue"], "10.00");
    assert_ne!(next["word"], view["word"]);
    assert_eq!(
        next["pools"][3]["pool"], "fund:common",
        "the hours were counted before: {next}"
    );
    app.finish().await;
}

/// What is frozen, computed or approved is what is posted, whoever asks what in between.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a story")]
async fn each_step_comes_once_and_in_its_order() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    house.hours(&app, [1, 1]).await;
    let cycle = house.open("2026-Q3").await;
    let second = house
        .post(
            &house.treasurer,
            "payouts",
            &json!({"period": "2026-Q4", "ends_on": "2026-09-30"}),
        )
        .await;
    assert_eq!(second.status, 409, "one cycle at a time");
    for (step, early) in [
        (
            "freezing",
            ["computation", "verification", "proposal", "posting"].as_slice(),
        ),
        ("computation", &["freezing", "verification", "proposal", "posting"]),
        ("verification", &["freezing", "computation", "proposal", "posting"]),
        ("proposal", &["freezing", "computation", "verification", "posting"]),
    ] {
        for wrong in early {
            assert_eq!(
                house.step(&house.treasurer, &cycle, wrong).await.status,
                409,
                "{wrong} before {step}"
            );
        }
        let _ = house.step(&house.treasurer, &cycle, step).await.expect(200);
    }
    // What is earned now is for the next cycle.
    house.earn("inv-2", "500.00").await;
    let view = house
        .treasurer
        .person
        .get(&house.hall.path(&format!("payouts/{cycle}")))
        .send()
        .await
        .expect(200);
    assert_eq!(view["revenue"], "1000.00");
    let mut other = view.clone();
    other["digest"] = json!(nothing());
    assert_eq!(
        house.approve(&house.auditor, &cycle, &other).await.status,
        409,
        "another digest"
    );
    assert_eq!(
        house.approve(&house.treasurer, &cycle, &view).await.status,
        403,
        "who prepared it"
    );
    assert_eq!(
        house.approve(&house.hall.members[0], &cycle, &view).await.status,
        403,
        "without an office"
    );
    let _ = house.approve(&house.auditor, &cycle, &view).await.expect(200);
    assert_eq!(
        house.approve(&house.hall.steward, &cycle, &view).await.status,
        409,
        "it is approved"
    );
    // Many ask at once: one posts.
    let asks = (0..8).map(|_| house.step(&house.treasurer, &cycle, "posting"));
    let replies = futures_util::future::join_all(asks).await;
    let posted = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(
        posted,
        1,
        "{:?}",
        replies.iter().map(|reply| reply.status).collect::<Vec<_>>()
    );
    assert_eq!(house.balance("equity:surplus").await, "1000.00");
    let cancel = house
        .post(
            &house.treasurer,
            &format!("payouts/{cycle}/cancellation"),
            &json!({"reason": "no"}),
        )
        .await;
    assert_eq!(cancel.status, 409, "what is posted stays");
    app.finish().await;
}

/// Counts and weights that 64 bits do not hold are refused with whose and which, where the inputs are shown and where the rule is applied.
#[tokio::test(flavor = "multi_thread")]
async fn more_than_can_be_counted_is_refused_by_its_name() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let [ana, ben] = [&house.hall.members[0], &house.hall.members[1]];
    house.hours(&app, [u64::try_from(i64::MAX).unwrap(), 1]).await;
    house.hours(&app, [1, 1]).await;
    let cycle = house.open("2026-Q3").await;
    let path = house.hall.path(&format!("payouts/{cycle}/freezing"));
    let seen = house.treasurer.person.get(&path).send().await.expect(200);
    let expected = format!("the hours of member {} add up to more than can be counted", ana.member);
    assert!(seen["obstacles"][0].as_str().unwrap().starts_with(&expected), "{seen}");
    assert!(
        !seen["obstacles"].to_string().contains(&ben.member.to_string()),
        "{seen}"
    );
    let told = house
        .step(&house.treasurer, &cycle, "freezing")
        .await
        .problem("cycle-state");
    assert!(told["detail"].as_str().unwrap().contains(&expected), "{told}");
    app.finish().await;
}

/// A weight that 64 bits do not hold is refused by the step and the member.
#[tokio::test(flavor = "multi_thread")]
async fn a_weight_that_cannot_be_counted_is_refused_by_its_name() {
    let app = TestApp::start().await;
    let mut heavy = rule();
    heavy["steps"][3]["does"]["weights"][0]["weight"] = json!(1_000_000);
    let house = House::under(&app, &heavy).await;
    house.hours(&app, [u64::try_from(i64::MAX).unwrap(), 1]).await;
    let (cycle, _) = house.upto("2026-Q3", "freezing").await;
    let told = house
        .step(&house.treasurer, &cycle, "computation")
        .await
        .problem("cycle-state");
    let expected = format!("step labour: the weight of member {}", house.hall.members[0].member);
    assert!(told["detail"].as_str().unwrap().contains(&expected), "{told}");
    app.finish().await;
}

/// Figures that members may still dispute keep a cycle open, and so do costs above the income.
#[tokio::test(flavor = "multi_thread")]
async fn inputs_that_are_not_settled_are_not_frozen() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let ana = &house.hall.members[0];
    let body = json!({"metric": "hours", "starts_on": "2026-07-01", "ends_on": "2026-09-30", "source": "sheets", "challenge_days": 7,
        "table": table(&[(ana.member, 5)])});
    let made = house.post(&house.treasurer, "contributions", &body).await.expect(201);
    let cycle = house.open("2026-Q3").await;
    let preview = || async {
        let request = house
            .treasurer
            .person
            .get(&house.hall.path(&format!("payouts/{cycle}/freezing")));
        request.send().await.expect(200)["obstacles"].as_array().unwrap().len()
    };
    assert_eq!(preview().await, 1, "the time for disputes");
    assert_eq!(house.step(&house.treasurer, &cycle, "freezing").await.status, 409);
    let dispute = format!("contributions/{}/disputes", made["id"].as_str().unwrap());
    let _ = house.post(ana, &dispute, &json!({"reason": "More."})).await.expect(201);
    end_challenges(&app).await;
    assert_eq!(preview().await, 1, "an open dispute");
    let ruling = format!("{dispute}/{}/ruling", ana.member);
    let _ = house
        .post(
            &house.hall.steward,
            &ruling,
            &json!({"is_upheld": false, "reason": "It is right."}),
        )
        .await
        .expect(201);
    assert_eq!(preview().await, 0);
    house.earn("inv-1/back", "-1000.01").await;
    assert_eq!(preview().await, 1, "costs above the income");
    house.earn("inv-3", "0.01").await;
    assert_eq!(preview().await, 1, "nothing is left to share");
    house.earn("inv-4", "0.01").await;
    assert_eq!(preview().await, 0);
    let _ = house.step(&house.treasurer, &cycle, "freezing").await.expect(200);
    app.finish().await;
}

/// A cycle whose rule keeps everything gives nobody anything: the books take no transaction that moves nothing, so it is refused, and cancelled.
#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_gives_nobody_anything_is_not_posted() {
    let app = TestApp::start().await;
    let mut keeps = rule();
    keeps["steps"] = json!([{"id": "keep", "does": {"op": "sink"}}]);
    let house = House::under(&app, &keeps).await;
    let (cycle, _) = house.upto("2026-Q3", "approval").await;
    let refused = house.step(&house.treasurer, &cycle, "posting").await;
    let told = refused.problem("cycle-state");
    assert!(told["detail"].as_str().unwrap().contains("nothing to post"), "{told}");
    let path = format!("payouts/{cycle}/cancellation");
    let _ = house
        .post(&house.treasurer, &path, &json!({"reason": "it keeps all"}))
        .await
        .expect(200);
    app.finish().await;
}

/// A rule that promises more than there is says at which step, and nothing of the cycle is posted; it can be cancelled.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_cannot_be_applied_is_refused_with_its_step_and_posts_nothing() {
    let app = TestApp::start().await;
    let mut promises = rule();
    promises["steps"][3]["does"]["floor"] = json!("5000.00");
    promises["steps"][3]["does"]["infeasible"] = json!("refuse");
    let house = House::under(&app, &promises).await;
    house.hours(&app, [1, 1]).await;
    let cycle = house.open("2026-Q3").await;
    let _ = house.step(&house.treasurer, &cycle, "freezing").await.expect(200);
    let journal = async || {
        let asked = house.hall.steward.person.get(&house.hall.path("journal"));
        asked.send().await.expect(200)["items"].take()
    };
    let before = journal().await;
    for _ in 0..2 {
        let refused = house.step(&house.treasurer, &cycle, "computation").await;
        let told = refused.problem("cycle-state");
        let detail = told["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("The rule cannot be applied: ") && detail.contains("labour"),
            "{told}"
        );
    }
    assert_eq!(journal().await, before);
    let path = format!("payouts/{cycle}/cancellation");
    let reason = json!({"reason": "it promises too much"});
    let _ = house.post(&house.treasurer, &path, &reason).await.expect(200);
    app.finish().await;
}

/// The file of a cycle, given to the auditor's program: it computes the same digests from the frozen inputs.
#[tokio::test(flavor = "multi_thread")]
async fn the_auditor_recomputes_a_cycle_from_its_file() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    house.hours(&app, [30, 11]).await;
    let (cycle, view) = house.upto("2026-Q3", "computation").await;
    let path = house.hall.path(&format!("payouts/{cycle}/bundle"));
    assert_eq!(house.hall.members[0].person.get(&path).send().await.status, 403);
    let file = house.auditor.person.get(&path).send().await;
    assert_eq!(file.status, 200);
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    let report = audit::allocate_reader(text.as_bytes()).unwrap();
    assert_eq!(
        (report.different, &report.missing),
        (0, &Vec::new()),
        "{:?}",
        report.differences
    );
    let digests = [report.computed.digest, report.payout_digest].map(|digest| digest.to_string());
    assert_eq!(
        digests,
        ["digest", "payout_digest"].map(|name| view[name].as_str().unwrap().to_owned())
    );
    let place = text.find("\"kind\":\"line\"").unwrap();
    let start = text[..place].rfind("\"amount\":\"").unwrap() + "\"amount\":\"".len();
    let cent = format!("{}1{}", &text[..start], &text[start..]);
    let report = audit::allocate_reader(cent.as_bytes()).unwrap();
    assert_eq!(report.different, 1, "{:?}", report.differences);
    app.finish().await;
}

/// The schema holds what the program promises: two equal digests, four eyes, nothing added to what was computed. Each guard is taken away
/// alone, and then what it refused is taken: no other one would have held it.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn the_schema_takes_no_cycle_that_is_not_computed_twice_alike() {
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    house.hours(&app, [1, 2]).await;
    let (_, _) = house.upto("2026-Q3", "computation").await;
    let client = app.database.superuser().await;
    let verify = |digest: &str, paid: &str, steps: &str| {
        format!(
            "UPDATE payout_step SET twin_digest = {steps};
             UPDATE payout_cycle SET state = 'verified', twin_digest = {digest}, twin_payout_digest = {paid}, verified_at = now()"
        )
    };
    let proposed = format!(
        "{}; UPDATE payout_cycle SET state = 'proposed', proposed_by = opened_by, proposed_at = now(), approvals_needed = 1;",
        verify("digest", "payout_digest", "digest")
    );
    let statements =
        "INSERT INTO payout_statements SELECT coop_id, id, sha256('secret'), sha256('root'), 'test' FROM payout_cycle;
        INSERT INTO payout_statement_tile SELECT coop_id, id, 0, 0, opened_by, decode(repeat('00', 32 * members), 'hex')
        FROM payout_cycle;";
    let posted = "UPDATE payout_cycle SET state = 'posted', journal_id = (SELECT id FROM journal LIMIT 1), posted_by = opened_by,
        posted_at = now()";
    let approval = |who: &str, digest: &str| {
        format!(
            "{proposed} INSERT INTO payout_approval SELECT coop_id, id, {who}, {digest}, payout_digest, now(), 'test' FROM payout_cycle"
        )
    };
    let auditor = format!("'{}'::uuid", house.auditor.member);
    let drop = |table: &str, name: &str| format!("ALTER TABLE {table} DROP CONSTRAINT {name}");
    let asleep = |table: &str, name: &str| format!("ALTER TABLE {table} DISABLE TRIGGER {name}");
    let twice = drop("payout_cycle", "payout_cycle_is_computed_twice_alike");
    let only_on = asleep("payout_cycle", "payout_cycle_only_goes_on");
    let by_another = asleep("payout_approval", "payout_approval_is_by_another");
    // What is tried, the guard that refuses it, and what takes that guard alone away: then the same is taken.
    let cases = [
        (verify("sha256('x')", "payout_digest", "digest"), "payout_cycle_is_computed_twice_alike", &twice),
        (verify("digest", "sha256('x')", "digest"), "payout_cycle_is_computed_twice_alike", &twice),
        (
            verify("digest", "payout_digest", "sha256('x')"),
            "payout_step_is_computed_twice_alike",
            &drop("payout_step", "payout_step_is_computed_twice_alike"),
        ),
        (verify("digest", "payout_digest", "NULL"), "payout_cycle_has_every_step_twice", &only_on),
        (approval("opened_by", "digest"), "payout_approval_is_by_another", &by_another),
        (approval(&auditor, "sha256('x')"), "payout_approval_is_of_what_is_proposed", &by_another),
        (
            format!("{proposed} UPDATE payout_cycle SET state = 'approved', approved_at = now()"),
            "payout_cycle_is_approved_by_enough",
            &only_on,
        ),
        (
            format!(
                "{statements} {}; UPDATE payout_cycle SET state = 'approved', approved_at = now(); {posted}",
                approval(&auditor, "digest")
            ),
            "payout_cycle_is_posted_as_one",
            &only_on,
        ),
        (
            format!("{only_on}; {} {posted}", proposed),
            "payout_cycle_is_posted_with_its_statements",
            &asleep("payout_cycle", "payout_cycle_is_posted_with_its_statements"),
        ),
        (
            format!("{only_on}; {} {} {posted}", statements.replace("* members", "* (members - 1)"), proposed),
            "payout_cycle_is_posted_with_its_statements",
            &asleep("payout_cycle", "payout_cycle_is_posted_with_its_statements"),
        ),
        (
            format!("{proposed} {statements}"),
            "payout_cycle_is_at_that_step",
            &format!("{}; {}", asleep("payout_statements", "payout_statements_comes_at_its_step"),
                asleep("payout_statement_tile", "payout_statement_tile_comes_at_its_step")),
        ),
        (
            String::from(
                "INSERT INTO payout_cycle SELECT (jsonb_populate_record(NULL::payout_cycle, to_jsonb(one) || jsonb_build_object(
                     'id', gen_random_uuid(), 'period', place, 'state', 'posted', 'journal_id', (SELECT id FROM journal LIMIT 1),
                     'posted_by', opened_by, 'posted_at', now(), 'twin_digest', digest, 'twin_payout_digest', payout_digest,
                     'verified_at', now(), 'proposed_by', opened_by, 'proposed_at', now(), 'approvals_needed', 1))).*
                 FROM payout_cycle AS one, unnest(ARRAY['a', 'b']) AS place",
            ),
            "payout_cycle_is_posted_by_one_transaction",
            &String::from("DROP INDEX payout_cycle_is_posted_by_one_transaction"),
        ),
        (
            String::from("INSERT INTO payout_line SELECT coop_id, id, 1, 9, opened_by, NULL, 5 FROM payout_cycle"),
            "payout_cycle_is_at_that_step",
            &asleep("payout_line", "payout_line_comes_at_its_step"),
        ),
        (
            String::from("INSERT INTO payout_member SELECT coop_id, id, gen_random_uuid(), '{}', 0, NULL, 0, 'open', 0 FROM payout_cycle"),
            "payout_cycle_is_at_that_step",
            &asleep("payout_member", "payout_member_comes_at_its_step"),
        ),
        (String::from("UPDATE payout_cycle SET state = 'open'"), "", &only_on),
        (
            String::from(
                "UPDATE payout_cycle SET state = 'cancelled', revenue = 5, cancelled_by = opened_by, cancelled_at = now(),
                     cancel_reason = 'so'",
            ),
            "",
            &only_on,
        ),
        (
            String::from("UPDATE payout SET paid = paid + 1, carried = carried - 1"),
            "",
            &asleep("payout", "payout_only_grows"),
        ),
        (
            format!("{}; UPDATE payout SET paid = paid + 1", asleep("payout", "payout_only_grows")),
            "payout_loses_nothing",
            &drop("payout", "payout_loses_nothing"),
        ),
        (String::from("DELETE FROM payout_step"), "", &asleep("payout_step", "payout_step_is_never_removed")),
        (
            String::from(
                "INSERT INTO payout_cycle (coop_id, id, period, ends_on, currency, rule_version, rule_hash, word, opened_by, opened_at,
                     recorded_by)
                 SELECT coop_id, gen_random_uuid(), 'other', ends_on, currency, rule_version, rule_hash, word, opened_by, opened_at, 'test'
                 FROM payout_cycle",
            ),
            "payout_cycle_is_alone",
            &String::from("DROP INDEX payout_cycle_is_alone"),
        ),
    ];
    for (statement, constraint, without) in cases {
        let error = client
            .batch_execute(&format!("BEGIN; {statement}"))
            .await
            .expect_err(&statement);
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
