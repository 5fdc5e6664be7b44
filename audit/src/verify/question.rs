//! The rule and the proposal: what was asked, and what decides.

use governance::action::actions_hash;
use governance::hash::Hash32;
use governance::record::{Record, texts_hash};
use governance::rule::{DecisionRule, Language};
use governance::secrecy::{Privacy, Tier};
use wire::bundle::{ProposalLine, RuleLine, Section};

use super::header::Header;
use crate::report::{At, Ledger};

/// A proposal and what follows from it.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) line: ProposalLine,
    pub(super) hash: Hash32,
    /// How secret ballots are; open where that is not known, which is told elsewhere.
    pub(super) tier: Tier,
    /// The rule, read back from its record.
    pub(super) rule: Option<DecisionRule>,
}

pub(super) fn check_rule(ledger: &mut Ledger, at: At, line: &RuleLine, header: Option<&Header>) {
    if let Some(header) = header {
        ledger.hold(
            at,
            "records are of this co-op",
            line.record.namespace == header.line.namespace,
            || "the rule is of another namespace".to_owned(),
        );
    }
    let read = DecisionRule::from_record(&line.record, &line.conditions);
    ledger.hold(
        at,
        "the rule says what its record says",
        read.as_ref() == Some(&line.rule),
        || match read {
            None => "the record has a field without meaning, or holds other conditions".to_owned(),
            Some(rule) => format!("the record says: {}", rule.sentence(Language::English)),
        },
    );
    for (language, sentence) in [
        (Language::English, &line.sentence),
        (Language::Chinese, &line.sentence_zh),
    ] {
        let is = line.rule.sentence(language);
        ledger.hold(at, "the sentence says what the rule says", *sentence == is, || {
            format!("the rule says: {is}")
        });
    }
}

pub(super) fn check(
    ledger: &mut Ledger,
    at: At,
    line: ProposalLine,
    header: Option<&Header>,
    rule: Option<&RuleLine>,
) -> Question {
    let record = &line.record;
    if let Some(header) = header {
        ledger.hold(
            at,
            "records are of this co-op",
            record.namespace == header.line.namespace,
            || "the proposal is of another namespace".to_owned(),
        );
    }
    let text = texts_hash([line.title.as_str(), line.body.as_str()]);
    ledger.hold(at, "the texts are those that were hashed", text == record.text, || {
        "title and body do not have the hash in the record".to_owned()
    });
    let options = texts_hash(line.options.iter().map(String::as_str));
    ledger.hold(
        at,
        "the options are those that were hashed",
        options == record.options,
        || "the options do not have the hash in the record".to_owned(),
    );
    ledger.hold(
        at,
        "the actions are those that were hashed",
        actions_hash(&line.actions, record.namespace) == record.actions,
        || "the actions do not have the hash in the record".to_owned(),
    );
    ledger.hold(
        at,
        "voting closes after it opens",
        record.opens_at < record.closes_at,
        || format!("voting opens at {} and closes at {}", record.opens_at, record.closes_at),
    );
    let tier = Tier::from_code(record.secrecy);
    ledger.hold(at, "the secrecy tier is known", tier.is_some(), || {
        format!("the secrecy tier {} is not known to this program", record.secrecy)
    });
    let read = rule.and_then(|rule| DecisionRule::from_record(&rule.record, &rule.conditions));
    if let Some(rule) = rule {
        let at = At::section(Section::Rule);
        ledger.hold(
            at,
            "the rule is the one the proposal was opened under",
            rule.record.struct_hash() == record.rule,
            || "the rule does not have the hash in the proposal's record".to_owned(),
        );
    }
    if let Some(rule) = &read {
        let privacy = Privacy {
            tiers: vec![tier.unwrap_or(Tier::Open)],
            ..Privacy::default()
        };
        let keeps = privacy.check(rule);
        ledger.hold(at, "the rule keeps what the tier hides", keeps.is_ok(), || {
            keeps.err().map(|refusal| refusal.to_string()).unwrap_or_default()
        });
        let fits = rule.check_options(line.options.len());
        ledger.hold(at, "rule and options fit", fits.is_ok(), || {
            fits.err().map(|refusal| refusal.to_string()).unwrap_or_default()
        });
    }
    Question {
        hash: record.struct_hash(),
        tier: tier.unwrap_or(Tier::Open),
        line,
        rule: read,
    }
}
