//! The walls between co-ops, and what only grows.

use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "20a",
        every_child_belongs_to_the_co_op_of_its_parent,
        "No row points at something that is missing or of another co-op, looked at as the superuser, past every trigger."
    ),
    invariant!(
        "20b",
        every_key_between_tenants_carries_the_co_op,
        "Every foreign key between tables of co-ops joins them on the co-op too, since foreign keys see through walls."
    ),
    invariant!(
        "21a",
        every_table_of_co_ops_is_walled,
        "Every table with a co-op has row-level security, forced, with a policy."
    ),
    invariant!(
        "21b",
        what_only_grows_cannot_be_changed,
        "Tables that only grow refuse every change by triggers that always fire, and nobody has the right to try."
    ),
    invariant!(
        "21c",
        the_roles_of_the_program_are_plain,
        "The program's roles own nothing, pass no wall and may not become the owner."
    ),
    invariant!(
        "21d",
        nothing_runs_with_the_rights_of_its_owner,
        "There is no view that sees past the walls, no function that runs as its owner, no unfinished index."
    ),
];

/// Tables that name a co-op and have no wall: they span co-ops, and only the role that serves all of them reads them.
const SPANNING: [&str; 3] = ["account_coop", "coop_directory", "job"];
/// Tables whose rows are never changed.
const GROWING: [&str; 54] = [
    "access_policy",
    "access_total",
    "access_total_day",
    "access_usage",
    "ballot",
    "bank_account",
    "bank_file",
    "bank_item",
    "bank_statement",
    "bill_approval",
    "bylaws",
    "claim",
    "comment",
    "comment_removal",
    "comment_version",
    "claim_root_record",
    "contribution_dispute",
    "contribution_line",
    "contribution_record",
    "contribution_ruling",
    "contribution_signature",
    "contribution_snapshot",
    "erasure",
    "event",
    "incoming_payment",
    "journal",
    "journal_entry",
    "ledger_account",
    "log_leaf",
    "lot",
    "member_event",
    "member_tax_profile",
    "money_document",
    "money_terms",
    "payee_confirmation",
    "payment",
    "payment_issue",
    "payout",
    "payout_approval",
    "payout_line",
    "payout_member",
    "payout_metric",
    "payout_statement_tile",
    "payout_statements",
    "record",
    "revenue_rule",
    "roll_entry",
    "roll_key",
    "settlement",
    "share_interest",
    "share_interest_line",
    "share_movement",
    "tally",
    "year_close",
];
/// Tables without a co-op column that are walled nevertheless.
const WALLED_ELSEWISE: [&str; 1] = ["coop"];

fn every_child_belongs_to_the_co_op_of_its_parent(evidence: &Evidence) -> Vec<String> {
    evidence.catalog.stray_rows.clone()
}

fn every_key_between_tenants_carries_the_co_op(evidence: &Evidence) -> Vec<String> {
    evidence.catalog.loose_keys.clone()
}

fn every_table_of_co_ops_is_walled(evidence: &Evidence) -> Vec<String> {
    let tables = evidence.catalog.tables.iter();
    tables
        .filter(|table| !table.is_walled)
        .filter(|table| {
            (table.has_coop && !SPANNING.contains(&table.name.as_str()))
                || WALLED_ELSEWISE.contains(&table.name.as_str())
        })
        .map(|table| table.name.clone())
        .collect()
}

fn what_only_grows_cannot_be_changed(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for table in &evidence.catalog.tables {
        let name = table.name.as_str();
        let never: &[&str] = if GROWING.contains(&name) {
            &["UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"]
        } else {
            &["TRUNCATE", "TRIGGER", "REFERENCES"]
        };
        for grant in &table.loose_grants {
            if never.iter().any(|right| grant.ends_with(right)) {
                found.push(format!("{name} grants {grant}"));
            }
        }
        if (GROWING.contains(&name) || table.only_grows) && !table.always_refuses {
            found.push(format!("{name} can be changed past its triggers"));
        }
    }
    for name in GROWING {
        if !evidence.catalog.tables.iter().any(|table| table.name == name) {
            found.push(format!("{name} is gone"));
        }
    }
    found
}

fn the_roles_of_the_program_are_plain(evidence: &Evidence) -> Vec<String> {
    evidence.catalog.strong_roles.clone()
}

fn nothing_runs_with_the_rights_of_its_owner(evidence: &Evidence) -> Vec<String> {
    let catalog = &evidence.catalog;
    [
        ("view", &catalog.open_views),
        ("function", &catalog.definer_functions),
        ("index", &catalog.invalid_indexes),
    ]
    .into_iter()
    .flat_map(|(what, names)| names.iter().map(move |name| format!("{what} {name}")))
    .collect()
}
