//! Requests that were sent twice: done once, answered alike.

use std::collections::BTreeMap;

use super::journal::Entry;
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "25a",
        a_repeated_request_is_answered_alike,
        "One actor's Idempotency-Key has one outcome: the same request the same bytes, another request none."
    ),
    invariant!(
        "25b",
        an_effect_is_stored_with_its_answer,
        "What is stored for an Idempotency-Key is whole, and is what the client was told."
    ),
];

/// Who asks what, as the server tells requests apart: inside a co-op the member, whom a signed ballot names.
fn asker(entry: &Entry) -> Option<String> {
    let voter = entry
        .request_json()
        .and_then(|body| body["voter"].as_str().map(str::to_owned));
    let coop = entry.coop().map(|coop| coop.to_string()).unwrap_or_default();
    match (voter, entry.asker.account) {
        (_, Some(account)) => Some(format!("{coop} {account}")),
        (Some(voter), None) => Some(format!("{coop} {voter}")),
        (None, None) => None,
    }
}

fn a_repeated_request_is_answered_alike(evidence: &Evidence) -> Vec<String> {
    let mut first: BTreeMap<(String, &str), &Entry> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in evidence
        .journal
        .iter()
        .filter(|entry| entry.method == "POST" && entry.is_success())
    {
        let (Some(asker), Some(key)) = (asker(entry), entry.key.as_deref()) else {
            continue;
        };
        let earlier = *first.entry((asker, key)).or_insert(entry);
        if (&earlier.path, &earlier.request) != (&entry.path, &entry.request) {
            found.push(format!("key {key} was accepted for two requests to {}", entry.path));
        } else if (earlier.status, &earlier.reply) != (entry.status, &entry.reply) {
            found.push(format!("key {key} was answered in two ways by {}", entry.path));
        }
    }
    found
}

fn an_effect_is_stored_with_its_answer(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let inside = rows
        .effect
        .iter()
        .map(|effect| (&effect.key, effect.status, &effect.body));
    let outside = rows
        .account_effect
        .iter()
        .map(|effect| (&effect.key, effect.status, &effect.body));
    let mut found = Vec::new();
    let mut stored: BTreeMap<&str, Vec<(u16, &[u8])>> = BTreeMap::new();
    for (key, status, body) in inside.chain(outside) {
        match (status, body) {
            (Some(status), Some(body)) => stored.entry(key).or_default().push((status, body.0.as_slice())),
            (_, _) => found.push(format!("key {key} was taken and never answered")),
        }
    }
    for entry in evidence.journal.iter().filter(|entry| entry.is_success()) {
        let Some(key) = entry.key.as_deref().filter(|_| entry.method == "POST") else {
            continue;
        };
        let told = (entry.status.unwrap_or_default(), entry.reply.as_slice());
        let is_ballot = entry.of_proposal("/ballots").is_some();
        match stored.get(key) {
            Some(answers) if answers.contains(&told) => {}
            Some(_) => found.push(format!(
                "key {key} is stored with another answer than {} gave",
                entry.path
            )),
            None if is_ballot => found.push(format!("the ballot under key {key} has no stored answer")),
            None => {}
        }
    }
    found
}
