//! Aim: no guard stands in the documents of the books, of cycles, payments and money that no test takes away. Method: the tables of those documents
//! are read, and for each name in them it is said here where it is taken away; that test must be there, name it, and take something away.

use std::collections::BTreeSet;

use tests::data::repository;

/// The documents with tables of guards, each under a heading that begins so.
const DOCUMENTS: [&str; 4] = ["ledger", "payouts", "payments", "money"];
const HEADING: &str = "## What guards";

/// Which test takes which guards away, each alone.
const TAKEN_AWAY: &[(&str, &str, &[&str])] = &[
    (
        "ledger/guards.rs",
        "the_database_takes_no_transaction_that_is_not_whole_and_no_change",
        &[
            "_is_never_emptied",
            "_only_grows",
            "journal_balances_in_each_currency",
            "journal_comes_to_its_sums",
            "journal_has_its_entries",
            "journal_has_the_digest_of_its_entries",
            "journal_is_sealed",
            "ledger_book_only_goes_on",
        ],
    ),
    (
        "ledger/guards.rs",
        "a_transaction_that_is_whole_is_refused_for_its_account_its_number_or_what_it_undoes",
        &[
            "journal_entry_account_has_its_currency",
            "journal_number_was_given_out",
            "journal_reversal_undoes_each_entry",
        ],
    ),
    (
        "ledger/keys.rs",
        "each_unique_key_refuses_what_nothing_else_does",
        &[
            "bank_file_is_imported_once",
            "bill_reference_is_taken_once",
            "claim_root_is_alone",
            "contribution_signature_pkey",
            "incoming_payment_reference_is_taken_once",
            "journal_is_reversed_once",
            "journal_key_is_used_once",
            "journal_number_is_taken_once",
            "money_document_number_is_taken_once",
            "money_document_period_is_charged_once",
            "money_terms_are_superseded_once",
            "payment_attempt_is_alone",
            "payment_attempt_reference_is_used_once",
            "payment_closing_is_alone",
            "payment_file_is_written_once",
            "payout_cycle_is_one_for_each_period",
            "payout_reversal_is_alone",
            "share_interest",
            "share_movement_is_posted_by_one_transaction",
        ],
    ),
    (
        "revenue/cycles.rs",
        "the_schema_takes_no_cycle_that_is_not_computed_twice_alike",
        &[
            "_comes_at_its_step",
            "payout_approval_is_by_another",
            "payout_approval_is_of_what_is_proposed",
            "payout_cycle_has_every_step_twice",
            "payout_cycle_is_alone",
            "payout_cycle_is_approved_by_enough",
            "payout_cycle_is_at_that_step",
            "payout_cycle_is_computed_twice_alike",
            "payout_cycle_is_posted_as_one",
            "payout_cycle_is_posted_by_one_transaction",
            "payout_cycle_is_posted_with_its_statements",
            "payout_cycle_only_goes_on",
            "payout_loses_nothing",
            "payout_statements_comes_at_its_step",
            "payout_step_is_computed_twice_alike",
        ],
    ),
    (
        "revenue/contributions.rs",
        "the_schema_keeps_snapshots_whole",
        &[
            "contribution_dispute_comes_in_time",
            "contribution_has_the_digest_of_its_lines",
            "contribution_is_sealed",
            "contribution_replaces_its_like",
            "contribution_ruling_is_by_somebody_else",
        ],
    ),
    ("revenue/metered.rs", "at_once", &["metered_usage_is_counted_once"]),
    (
        "revenue/signing.rs",
        "the_schema_takes_keys_of_who_brought_them_in_alone",
        &["contribution_signature_is_by_who_brought_it"],
    ),
    (
        "payments/files.rs",
        "the_schema_refuses_what_would_pay_twice",
        &[
            "payee_confirmation_is_by_another",
            "payment_attempt_begins_prepared",
            "payment_attempt_follows_one_that_failed",
            "payment_attempt_has_evidence",
            "payment_attempt_is_of_its_payment",
            "payment_attempt_is_of_the_amount",
            "payment_attempt_only_goes_on",
            "payment_file_is_released_by_another",
            "payment_file_is_to_current_payees",
            "payment_is_what_the_payout_pays",
        ],
    ),
    (
        "payments/settling.rs",
        "the_schema_refuses_what_one_person_would_end_alone",
        &[
            "payment_attempt_by_hand_is_confirmed",
            "payment_attempt_is_of_a_cycle_that_stands",
            "payment_closing_is_by_another",
            "payment_closing_is_withdrawn_before_it_is_done",
            "payment_closing_leaves_nothing",
            "payment_issue_is_of_the_last_cycle",
            "payment_statement_is_alone",
            "payment_statement_is_confirmed_by_another",
            "payment_statement_is_not_confirmed_by_the_paid",
            "payment_statement_only_gets_its_verdict",
            "payout_reversal_is_by_another",
            "payout_reversal_is_of_the_last_cycle",
            "payout_reversal_is_withdrawn_before_it_is_done",
        ],
    ),
    (
        "payments/settling.rs",
        "no_hand_undoes_it",
        &["journal_of_a_cycle_is_undone_with_it"],
    ),
    (
        "payments/claim_guards.rs",
        "the_schema_believes_the_chain_alone",
        &[
            "claim_comes_with_its_root",
            "claim_root_adds_what_its_file_pays",
            "claim_root_follows_the_last",
            "claim_root_is_given_up_by_another",
            "claim_root_is_in_the_record",
            "claim_root_is_what_its_claims_say",
            "claim_root_only_goes_on",
            "claim_root_was_never_submitted",
            "claim_seen_never_falls",
            "distributor_only_goes_on",
            "distributor_place_is_of_one_co_op",
            "foreign_root_is_in_the_record",
            "foreign_root_only_goes_on",
            "ledger_account_is_at_a_bank_or_in_a_contract",
            "payment_attempt_is_as_the_chain_shows",
        ],
    ),
    (
        "money/guards.rs",
        "the_schema_moves_no_shares_that_are_not_there",
        &[
            "money_terms_are_set_by_a_proposal",
            "share_interest_comes_to_its_lines",
            "share_movement_is_after_the_last_interest",
            "share_movement_is_of_shares_that_are_there",
            "share_movement_is_posted_as_it_is",
        ],
    ),
    (
        "money/guards.rs",
        "the_schema_numbers_documents_and_settles_them_once",
        &[
            "journal_of_such_an_act_is_not_undone",
            "money_document_is_posted_as_it_is",
            "money_document_numbers_follow_each_other",
            "money_document_takes_an_invoice_back",
            "money_document_takes_back_no_more_than_there_is",
            "settlement_is_of_what_is_open",
            "settlement_uses_credit_that_is_there",
        ],
    ),
    (
        "money/guards.rs",
        "the_schema_approves_no_bill_and_closes_no_year_but_as_they_are",
        &[
            "bill_approval_is_by_another",
            "bill_approval_is_of_what_is_proposed",
            "bill_is_approved_by_enough",
            "bill_is_posted_as_it_is",
            "bill_only_goes_on",
            "journal_year_is_open",
            "year_close_follows_the_years_before",
            "year_close_leaves_nothing",
        ],
    ),
    (
        "money/undoing.rs",
        "nothing_is_undone_on_which_something_rests",
        &[
            "settlement_of_what_was_taken_back_stays",
            "share_movement_is_refunded_when_it_is_due",
        ],
    ),
    (
        "money/checks.rs",
        "every_check_of_the_money_tables_refuses_what_it_is_for",
        &["share_interest_is_of_a_year_that_is_over"],
    ),
    (
        "money/interest.rs",
        "interest_on_shares_is_given_once_for_a_year",
        &["payout_cycle_counts_interest_once", "share_interest_is_counted_once"],
    ),
    (
        "access/charging.rs",
        "the_schema_asks_once",
        &["journal_usage_undoing_is_refused", "money_document_asks_for_use_once"],
    ),
];

/// What takes a guard away.
const AWAY: [&str; 3] = ["DISABLE TRIGGER", "DROP CONSTRAINT", "DROP INDEX"];

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).expect(path)
}

/// The guards that a document names: in the last column of each table under such a heading, what is written as code with a low line.
fn named(document: &str) -> BTreeSet<String> {
    let text = read(&format!("docs/{document}.md"));
    let (_, under) = text.split_once(&format!("\n{HEADING}")).expect(document);
    let under = under.split("\n##").next().unwrap_or_default();
    let rows = under.lines().filter(|line| line.starts_with("| "));
    let held = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    let code = held.flat_map(|held| held.split('`').skip(1).step_by(2));
    code.filter(|name| name.contains('_'))
        .map(|name| name.trim_start_matches('…').to_owned())
        .collect()
}

#[test]
fn every_guard_that_the_documents_name_is_taken_away_by_a_test() {
    let told: BTreeSet<String> = DOCUMENTS.iter().flat_map(|document| named(document)).collect();
    let taken: BTreeSet<String> = TAKEN_AWAY
        .iter()
        .flat_map(|(.., guards)| *guards)
        .map(|name| (*name).to_owned())
        .collect();
    let missing: Vec<_> = told.symmetric_difference(&taken).collect();
    assert!(
        missing.is_empty(),
        "of the documents and not taken away, or the other way round: {missing:?}"
    );
    for (file, test, guards) in TAKEN_AWAY {
        let source = read(&format!("tests/it/{file}"));
        assert!(source.contains(&format!("fn {test}(")), "{file} has no {test}");
        assert!(
            AWAY.iter().any(|away| source.contains(away)),
            "{file} takes nothing away"
        );
        for guard in *guards {
            // Primary keys are those of their tables.
            let name = guard.trim_end_matches("_pkey");
            assert!(source.contains(name), "{file} does not name {guard}");
        }
    }
}
