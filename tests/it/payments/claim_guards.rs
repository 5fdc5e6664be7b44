//! What the schema itself refuses of roots, claims and their payments.

use tests::app::TestApp;

use crate::money::guards::refused;

/// Each guard of claims alone: what it refuses is taken without it.
pub async fn the_schema_believes_the_chain_alone(app: &TestApp) {
    let client = app.database.superuser().await;
    for (table, guard, rule, statements) in guards() {
        let told = refused(&client, &statements).await;
        assert!(
            told.as_deref().is_some_and(|told| told.contains(rule)),
            "{guard}: {told:?}"
        );
        let without = format!("ALTER TABLE {table} DISABLE TRIGGER {guard}; {statements}");
        assert_eq!(refused(&client, &without).await, None, "without {guard}");
    }
    let (rule, statements) = given_up_by_one();
    assert_eq!(refused(&client, &statements).await.as_deref(), Some(rule));
    let without = format!("ALTER TABLE claim_root DROP CONSTRAINT {rule}; {statements}");
    assert_eq!(refused(&client, &without).await, None, "without {rule}");
}

/// Who asked for a root to be given up gives it up alone.
fn given_up_by_one() -> (&'static str, String) {
    let (.., statements) = guards()
        .into_iter()
        .find(|(_, _, rule, _)| *rule == "claim_root_was_never_submitted")
        .expect("a case");
    let alone = "given_up_by = give_up_asked_by WHERE epoch = 4";
    let (before, _) = statements
        .split_once("UPDATE distributor SET submitted = 4;")
        .expect("a case");
    let statements = format!("{before} UPDATE claim_root SET state = 'given_up', ended_block = 1, {alone}");
    ("claim_root_is_given_up_by_another", statements)
}

/// For each guard its table, the rule that it says, and what it refuses.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn guards() -> Vec<(&'static str, &'static str, &'static str, String)> {
    let root = "INSERT INTO claim_root SELECT (jsonb_populate_record(NULL::claim_root, to_jsonb(one) || jsonb_build_object('file_id', file.id,
            'state', 'prepared', 'epoch', NULL, 'queued_block', NULL, 'ended_block', NULL))).*
        FROM claim_root AS one, payment_file AS file WHERE one.epoch = 3 AND file.bank_account_id IS NOT NULL LIMIT 1;
        INSERT INTO claim SELECT claim.coop_id, root.file_id, address, cumulative, salt FROM claim JOIN claim_root AS three ON three.file_id = claim.file_id,
            claim_root AS root WHERE three.epoch = 3 AND root.state = 'prepared';";
    let now = "SET CONSTRAINTS ALL IMMEDIATE;";
    let told = |epoch: u8| {
        format!(
            "INSERT INTO claim_root_record SELECT coop_id, sha256('hash'), distributor_id, {epoch}, root, total, file_id, sha256('list'),
                 sha256('statements'), sha256('salt'), 'test' FROM claim_root WHERE state = 'prepared';"
        )
    };
    let foreign = "INSERT INTO foreign_root SELECT coop_id, ledger_account_id, 9, decode(repeat('07', 32), 'hex'), true, 1, now(), NULL, 'test'
        FROM distributor;";
    vec![
        (
            "claim_root",
            "claim_root_is_in_the_record",
            "claim_root_is_in_the_record",
            format!("{root} UPDATE claim_root SET state = 'released', epoch = 4 WHERE state = 'prepared'"),
        ),
        (
            "foreign_root",
            "foreign_root_is_in_the_record",
            "foreign_root_is_in_the_record",
            format!("{foreign} {now}"),
        ),
        (
            "claim_root",
            "claim_root_adds_what_its_file_pays",
            "claim_root_adds_what_its_file_pays",
            format!("{root} {now}"),
        ),
        (
            "claim_root",
            "claim_root_adds_what_its_file_pays",
            "claim_root_is_what_its_claims_say",
            format!(
                "{} {now}",
                root.replacen("'state', 'prepared'", "'total', 1, 'state', 'prepared'", 1)
            ),
        ),
        (
            "claim_root",
            "claim_root_only_goes_on",
            "a root goes on and never back",
            String::from("UPDATE claim_root SET state = 'released', ended_block = NULL WHERE epoch = 3"),
        ),
        (
            "claim_root",
            "claim_root_only_goes_on",
            "claim_root_follows_the_last",
            format!(
                "{root} {}
                UPDATE claim_root SET state = 'released', epoch = 5 WHERE state = 'prepared'",
                told(5)
            ),
        ),
        (
            "bank_account",
            "bank_account_is_in_no_contract",
            "ledger_account_is_at_a_bank_or_in_a_contract",
            String::from(
                "INSERT INTO bank_account SELECT (jsonb_populate_record(NULL::bank_account, to_jsonb(bank) || jsonb_build_object(
                     'ledger_account_id', one.ledger_account_id, 'iban', 'NL84MOCK0000000099'))).*
                 FROM distributor AS one JOIN bank_account AS bank ON bank.coop_id = one.coop_id LIMIT 1",
            ),
        ),
        (
            "distributor",
            "distributor_takes_its_place",
            "distributor_place_is_of_one_co_op",
            String::from(
                "INSERT INTO distributor SELECT (jsonb_populate_record(NULL::distributor, to_jsonb(one) || jsonb_build_object(
                     'coop_id', other.coop_id, 'ledger_account_id', other.id, 'added_by', member.id))).*
                 FROM distributor AS one, ledger_account AS other JOIN member ON member.coop_id = other.coop_id
                 WHERE other.coop_id <> one.coop_id AND other.path = 'assets:chain:distributor' LIMIT 1",
            ),
        ),
        (
            "claim_root",
            "claim_root_only_goes_on",
            "claim_root_was_never_submitted",
            format!(
                "{root} {}
                UPDATE claim_root SET state = 'released', epoch = 4, give_up_asked_by = (SELECT added_by FROM distributor),
                    give_up_asked_at = now(), give_up_reason = 'so' WHERE state = 'prepared';
                UPDATE distributor SET submitted = 4;
                UPDATE claim_root SET state = 'given_up', ended_block = 1, given_up_by = (SELECT member.id FROM member
                    WHERE member.coop_id = claim_root.coop_id AND member.id <> give_up_asked_by LIMIT 1) WHERE epoch = 4",
                told(4)
            ),
        ),
        (
            "foreign_root",
            "foreign_root_only_goes_on",
            "a foreign root becomes active, or ends, once",
            String::from(
                "INSERT INTO foreign_root SELECT coop_id, ledger_account_id, 9, decode(repeat('07', 32), 'hex'), true, 1, now(), NULL, 'test'
                    FROM distributor;
                UPDATE foreign_root SET is_active = false",
            ),
        ),
        (
            "claim",
            "claim_comes_with_its_root",
            "claim_comes_with_its_root",
            String::from(
                "INSERT INTO claim SELECT coop_id, file_id, decode(repeat('09', 20), 'hex'), 1, salt FROM claim LIMIT 1",
            ),
        ),
        (
            "claim_seen",
            "claim_seen_never_falls",
            "what was claimed never falls",
            String::from("UPDATE claim_seen SET claimed = claimed - 1"),
        ),
        (
            "distributor",
            "distributor_only_goes_on",
            "a distributor is followed forwards, and is else what it was",
            String::from("UPDATE distributor SET block_number = block_number - 1"),
        ),
        (
            "payment_attempt",
            "payment_attempt_is_as_the_chain_shows",
            "payment_attempt_is_as_the_chain_shows",
            String::from("UPDATE payment_attempt SET state = 'settled' WHERE rail = 'chain' AND state = 'accepted'"),
        ),
    ]
}
