//! How revenue is shared: only decisions adopted the rules, each as it was voted on, one after the other.

use governance::action::Action;
use governance::event::EventKind;
use governance::hash::Hash32;
use governance::id::ProposalId;
use governance::revenue::RevenueRule;
use uuid::Uuid;

use super::events::{Pattern, number};
use super::rows::Rows;
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[invariant!(
    "41a",
    revenue_rules_are_what_decisions_adopted,
    "Each revenue rule stands as an action of an executed decision, hashes to its hash, and follows the version before by number, by hash and \
     in time."
)];

fn revenue_rules_are_what_decisions_adopted(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for row in &rows.revenue_rule {
        let before = rows
            .revenue_rule
            .iter()
            .find(|other| (other.coop_id, other.version + 1) == (row.coop_id, row.version));
        let follows = match before {
            Some(before) => {
                row.supersedes.as_ref() == Some(&before.rule_hash) && row.effective_at >= before.effective_at
            }
            None => row.version == 1 && row.supersedes.is_none(),
        };
        let adopted = |rule: &RevenueRule| {
            let namespace = rows
                .coop(row.coop_id)
                .map(|coop| coop.namespace.word())
                .unwrap_or_default();
            let planned = rows
                .proposal
                .iter()
                .filter(|proposal| (proposal.coop_id, proposal.id) == (row.coop_id, row.proposal_id))
                .filter(|proposal| proposal.state == "executed")
                .flat_map(|proposal| proposal.planned());
            let mut acts = planned.map(|each| each.act);
            rule.hash(namespace) == row.rule_hash.word()
                && acts.any(|act| matches!(act, Action::AdoptRevenueRule { rule: voted, .. } if *voted == *rule))
        };
        let rule: Option<RevenueRule> = serde_json::from_value(row.content.clone()).ok();
        if !follows || !rule.is_some_and(|rule| adopted(&rule)) {
            found.push(format!("version {} of the rule was not adopted so", row.version));
        }
    }
    found
}

/// What rules told: the co-op, the kind, the subject, the words.
pub(super) fn told(rows: &Rows) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let adopted = rows.revenue_rule.iter().map(|rule| {
        let words = vec![
            Some(Hash32::ZERO),
            number(rule.version),
            Some(rule.rule_hash.word()),
            number(rule.effective_at.timestamp()),
            Some(ProposalId::from_uuid(rule.proposal_id).word()),
        ];
        (rule.coop_id, EventKind::RevenueRuleAdopted, rule.coop_id, words)
    });
    adopted.collect()
}
