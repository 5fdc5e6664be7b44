//! The books of the shared tools: what is held is what calls hold, what is spent is what they cost, and only decisions changed the rules.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use governance::access::{Policy, TOLD_MEMBERS_MIN};
use governance::action::Action;
use governance::event::EventKind;
use governance::hash::{Hash32, keccak256};
use governance::id::ProposalId;
use uuid::Uuid;

use super::events::{Pattern, number, some_actor, text};
use super::rows::{AccessTotalDay, AccessUsage, Event, Proposal, Rows};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "40a",
        what_is_held_is_the_sum_of_the_open_holds,
        "Each account of the tools holds what its open holds set aside and spent what its settled ones were charged, and never passes its cap."
    ),
    invariant!(
        "40b",
        each_settled_hold_is_booked_once,
        "Each settled hold has one row of usage with the same charge, no open one has any, and nobody pays an excess."
    ),
    invariant!(
        "40c",
        tools_and_models_are_what_decisions_made_them,
        "Each event about a tool or a model is of an executed decision with that action, and each tool and model has the event of its last one."
    ),
    invariant!(
        "40d",
        each_total_is_of_five_members_and_adds_up,
        "Each total of usage is what all calls of its model on its days used, by at least five members, and no day is in two."
    ),
    invariant!(
        "40e",
        what_is_owed_is_what_was_used_at_its_rate,
        "What members owe and carry is exactly what they used on days that were told, times the rate of its policy, and stands in the books."
    ),
];

fn each_total_is_of_five_members_and_adds_up(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for total in &rows.access_total {
        let of_total = |day: &&AccessTotalDay| (day.coop_id, day.number) == (total.coop_id, total.number);
        let days: BTreeSet<NaiveDate> = rows
            .access_total_day
            .iter()
            .filter(of_total)
            .map(|day| day.day)
            .collect();
        let calls: Vec<&AccessUsage> = rows
            .access_usage
            .iter()
            .filter(|call| {
                (call.coop_id, &call.model) == (total.coop_id, &total.model) && days.contains(&call.at.date_naive())
            })
            .collect();
        let members: BTreeSet<Uuid> = calls.iter().map(|call| call.member_id).collect();
        let sum = |of: &dyn Fn(&AccessUsage) -> i64| calls.iter().map(|call| of(call)).sum::<i64>();
        let used = [
            i64::try_from(days.len()).unwrap_or(i64::MAX),
            i64::try_from(members.len()).unwrap_or(i64::MAX),
            i64::try_from(calls.len()).unwrap_or(i64::MAX),
            sum(&|call| call.input_tokens.unwrap_or_default()),
            sum(&|call| call.output_tokens.unwrap_or_default()),
            sum(&|call| call.charged),
        ];
        let told = [
            total.days,
            total.members,
            total.calls,
            total.input_tokens,
            total.output_tokens,
            total.charged,
        ];
        let ends = (days.first().copied(), days.last().copied());
        if used != told || members.len() < TOLD_MEMBERS_MIN || ends != (Some(total.first_day), Some(total.last_day)) {
            found.push(format!(
                "total {} of {} tells {told:?}, its calls {used:?}",
                total.number, total.model
            ));
        }
    }
    let days: BTreeSet<_> = rows
        .access_total_day
        .iter()
        .map(|day| (day.coop_id, &day.model, day.day))
        .collect();
    if days.len() != rows.access_total_day.len() {
        found.push(String::from("a day is in two totals"));
    }
    found
}

/// Money is kept to eight places; the currencies of these tests are paid in two.
const UNITS_OF_A_MINOR_UNIT: i64 = 1_000_000;

fn what_is_owed_is_what_was_used_at_its_rate(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    let rate = |call: &AccessUsage| {
        let policy = rows
            .access_policy
            .iter()
            .find(|policy| (policy.coop_id, policy.version) == (call.coop_id, call.policy_version))?;
        serde_json::from_value::<Policy>(policy.content.clone()).ok()?.rate
    };
    // What each member owes in each currency, in parts: by the calls, then by the lines.
    let mut sums: BTreeMap<(Uuid, String, Uuid), (u128, u128)> = BTreeMap::new();
    for call in &rows.access_usage {
        let of_call = |day: &&AccessTotalDay| {
            (day.coop_id, &day.model, day.day) == (call.coop_id, &call.model, call.at.date_naive())
        };
        if let (Some(rate), true) = (rate(call), rows.access_total_day.iter().any(|day| of_call(&day))) {
            let parts = u128::from(call.charged.unsigned_abs()) * u128::from(rate.minor_per_million);
            sums.entry((call.coop_id, rate.currency, call.member_id)).or_default().0 += parts;
        }
    }
    let mut carries: BTreeMap<(Uuid, String, Uuid), u64> = BTreeMap::new();
    for owed in &rows.access_owed {
        let lines = rows.access_owed_line.iter();
        let lines: Vec<_> = lines
            .filter(|line| (line.coop_id, line.number) == (owed.coop_id, owed.number))
            .collect();
        for line in &lines {
            let key = (line.coop_id, owed.currency.clone(), line.member_id);
            if carries.insert(key.clone(), line.carry).unwrap_or_default() != line.carried {
                found.push(format!(
                    "what was carried for {} is lost in {}",
                    line.member_id, line.number
                ));
            }
            sums.entry(key).or_default().1 += u128::from(line.parts);
        }
        let minor: i64 = lines.iter().map(|line| line.minor).sum();
        let posted = rows.journal.iter().find(|journal| Some(journal.id) == owed.journal_id);
        let posted = posted.map(|journal| {
            (
                journal.kind.as_str(),
                journal.currencies.clone(),
                journal.debits.clone(),
            )
        });
        let expected = (minor > 0).then(|| {
            (
                "usage",
                vec![owed.currency.clone()],
                vec![minor * UNITS_OF_A_MINOR_UNIT],
            )
        });
        if (minor, posted) != (owed.minor, expected) || i64::try_from(lines.len()) != Ok(owed.members) {
            found.push(format!("what is owed as {} stands otherwise in the books", owed.number));
        }
    }
    found.extend(
        sums.iter()
            .filter(|(_, (used, owed))| used != owed)
            .map(|((_, currency, member), sum)| format!("{member} used and owes {sum:?} parts of {currency}")),
    );
    found
}

fn what_is_held_is_the_sum_of_the_open_holds(evidence: &Evidence) -> Vec<String> {
    let mut sums: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
    for hold in &evidence.rows.access_hold {
        for account in &hold.accounts {
            let sum = sums.entry(*account).or_default();
            match hold.charged {
                Some(charged) => sum.1 += charged,
                None => sum.0 += hold.units,
            }
        }
    }
    let accounts = evidence.rows.access_account.iter();
    accounts
        .filter_map(|account| {
            let (held, spent) = sums.remove(&account.id).unwrap_or_default();
            let fits = (held, spent) == (account.held, account.spent) && account.spent + account.held <= account.cap;
            (!fits).then(|| format!("account {} has {account:?}, its holds {held} and {spent}", account.id))
        })
        .collect()
}

fn each_settled_hold_is_booked_once(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut booked: BTreeMap<(Uuid, Uuid), i64> = BTreeMap::new();
    let mut found = Vec::new();
    for usage in &rows.access_usage {
        if booked.insert((usage.coop_id, usage.hold_id), usage.charged).is_some() {
            found.push(format!("hold {} is booked twice", usage.hold_id));
        }
    }
    for hold in &rows.access_hold {
        if booked.get(&(hold.coop_id, hold.id)).copied() != hold.charged
            || (hold.state == "open") != hold.charged.is_none()
        {
            found.push(format!("hold {} is {} and booked otherwise", hold.id, hold.state));
        }
        if hold.excess.unwrap_or_default() != 0 {
            found.push(format!("hold {} has an excess", hold.id));
        }
    }
    found
}

/// What decisions about tools and models told, as the actions of a proposal say: the kind, the name, the terms.
fn told_by(proposal: &Proposal) -> Vec<(EventKind, Hash32, Option<Hash32>)> {
    let name = |name: &str| keccak256(name.as_bytes());
    let planned = proposal.planned().into_iter();
    planned
        .filter_map(|each| match each.act {
            Action::SetTool { tool, terms, .. } => Some((EventKind::ToolSet, name(&tool), Some(terms.hash()))),
            Action::RetireTool { tool, .. } => Some((EventKind::ToolRetired, name(&tool), None)),
            Action::SetModel { model, terms, .. } => Some((EventKind::ModelSet, name(&model), Some(terms.hash()))),
            Action::RetireModel { model, .. } => Some((EventKind::ModelRetired, name(&model), None)),
            _ => None,
        })
        .collect()
}

/// Kinds of event that a row says nothing of, since a row says how things stand and not how often they changed.
pub(super) const fn is_of_registry(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::ToolSet
            | EventKind::ToolRetired
            | EventKind::ModelSet
            | EventKind::ModelRetired
            | EventKind::ModelProved
            | EventKind::ToolKeyChanged
    )
}

fn words(event: &Event) -> Vec<Hash32> {
    event.words.0.chunks(32).filter_map(Hash32::from_slice).collect()
}

fn tools_and_models_are_what_decisions_made_them(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    let mut told: Vec<(Uuid, Hash32, Uuid)> = Vec::new();
    let mut proved: Vec<(Uuid, Hash32)> = Vec::new();
    for event in &rows.event {
        let Some(kind) = EventKind::from_code(event.kind).filter(|kind| is_of_registry(*kind)) else {
            continue;
        };
        if kind == EventKind::ToolKeyChanged {
            if event.actor_id.is_none() {
                found.push(format!("nobody changed the key of tool {}", event.subject));
            }
            continue;
        }
        let words = words(event);
        if kind == EventKind::ModelProved {
            proved.push((event.coop_id, words[1]));
            continue;
        }
        let terms = (kind.facts().len() == 3).then(|| words[2]);
        let fits = |proposal: &&Proposal| {
            words.last() == Some(&ProposalId::from_uuid(proposal.id).word())
                && proposal.coop_id == event.coop_id
                && proposal.state == "executed"
        };
        match rows.proposal.iter().find(fits) {
            Some(proposal) if told_by(proposal).contains(&(kind, words[1], terms)) => {
                told.push((event.coop_id, words[1], proposal.id));
            }
            _ => found.push(format!("{} of {} was not decided", kind.name(), event.subject)),
        }
    }
    let tools = rows
        .access_upstream
        .iter()
        .map(|row| (row.coop_id, &row.name, row.proposal_id));
    let models = rows
        .access_model
        .iter()
        .map(|row| (row.coop_id, &row.name, row.proposal_id));
    for row in rows.access_model.iter().filter(|row| row.proved_at.is_some()) {
        if !proved.contains(&(row.coop_id, keccak256(row.name.as_bytes()))) {
            found.push(format!("nothing told that {} is proved", row.name));
        }
    }
    for (coop, name, proposal) in tools.chain(models) {
        if !told.contains(&(coop, keccak256(name.as_bytes()), proposal)) {
            found.push(format!("{name} was set by {proposal} and nothing was told"));
        }
    }
    found
}

/// What keys and policies told: the co-op, the kind, the subject, the words.
pub(super) fn told(rows: &Rows) -> Vec<(Uuid, EventKind, Uuid, Pattern)> {
    let mut told = Vec::new();
    for key in &rows.access_key {
        let word = Some(Hash32::left_padded(key.id.as_bytes()));
        let own = some_actor(key.member_id);
        told.push((
            key.coop_id,
            EventKind::AccessKeyMade,
            key.member_id,
            vec![own, word, None],
        ));
        if key.revoked_at.is_some() {
            let words = vec![None, word, None];
            told.push((key.coop_id, EventKind::AccessKeyRevoked, key.member_id, words));
        }
        if let Some(replaced) = key.replaces {
            let words = vec![own, Some(Hash32::left_padded(replaced.as_bytes())), None];
            told.push((key.coop_id, EventKind::AccessKeyRevoked, key.member_id, words));
        }
    }
    for policy in &rows.access_policy {
        let content: Option<Policy> = serde_json::from_value(policy.content.clone()).ok();
        let words = vec![
            Some(Hash32::ZERO),
            number(policy.version),
            // What cannot be read has no hash, which nothing told.
            content.map_or_else(|| text("damaged"), |content| Some(content.hash())),
            number(policy.effective_at.timestamp()),
            Some(ProposalId::from_uuid(policy.proposal_id).word()),
        ];
        told.push((policy.coop_id, EventKind::AccessPolicySet, policy.coop_id, words));
    }
    for total in &rows.access_total {
        let day = |day: NaiveDate| number(day.signed_duration_since(NaiveDate::default()).num_days());
        let words = vec![
            Some(Hash32::ZERO),
            text(&total.model),
            day(total.first_day),
            day(total.last_day),
            number(total.days),
            number(total.members),
            number(total.calls),
            number(total.input_tokens),
            number(total.output_tokens),
            number(total.charged),
        ];
        told.push((total.coop_id, EventKind::UsageTotalled, total.coop_id, words));
    }
    for owed in &rows.access_owed {
        let words = vec![
            Some(Hash32::ZERO),
            number(owed.number),
            text(&owed.currency),
            number(owed.first_total),
            number(owed.last_total),
            number(owed.members),
            number(owed.minor),
            Some(
                owed.journal_id
                    .map_or(Hash32::ZERO, |journal| Hash32::left_padded(journal.as_bytes())),
            ),
        ];
        told.push((owed.coop_id, EventKind::UsageOwed, owed.coop_id, words));
    }
    told
}
