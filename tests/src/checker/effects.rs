//! Requests that were sent twice: done once, answered alike.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::journal::Entry;
use super::rows::Bytes;
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

/// Who asks what, as the server tells requests apart: inside a co-op the member, whom a signed ballot names. The key of a ballot
/// belongs to its proposal.
fn asker(entry: &Entry) -> Option<String> {
    let voter = entry
        .request_json()
        .and_then(|body| body["voter"].as_str().map(str::to_owned));
    let coop = match entry.of_proposal("/ballots") {
        Some(place) => format!("{place:?}"),
        None => entry.coop().map(|coop| coop.to_string()).unwrap_or_default(),
    };
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
        } else if (earlier.status, without_secret(earlier)) != (entry.status, without_secret(entry)) {
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
        if entry.of_proposal("/ballots").is_some() {
            if !is_of_its_ballot(evidence, entry, key) {
                found.push(format!("the ballot under key {key} does not carry its request"));
            }
            continue;
        }
        let reply = without_secret(entry);
        let told = (entry.status.unwrap_or_default(), reply.as_slice());
        if stored.get(key).is_some_and(|answers| !answers.contains(&told)) {
            found.push(format!(
                "key {key} is stored with another answer than {} gave",
                entry.path
            ));
        }
    }
    found
}

/// What a member was told, less the text of a key that was just made: it is shown once and never stored.
fn without_secret(entry: &Entry) -> Vec<u8> {
    let path = entry.path.as_str();
    if !path.ends_with("/access/keys") && !path.ends_with("/rotation") {
        return entry.reply.clone();
    }
    let text = String::from_utf8_lossy(&entry.reply);
    match text.split_once("\"secret\":\"") {
        Some((before, after)) => {
            let rest = after.split_once('"').map_or("", |(_, rest)| rest);
            format!("{before}\"secret\":null{rest}").into_bytes()
        }
        None => entry.reply.clone(),
    }
}

/// Whether the ballot that was acknowledged carries the key and the hash of this request: its receipt follows from it.
fn is_of_its_ballot(evidence: &Evidence, entry: &Entry, key: &str) -> bool {
    let receipt = entry.reply_json().unwrap_or_default();
    let (sequence, hash) = (receipt["sequence"].as_i64(), receipt["record_hash"].as_str());
    // In a restored database the number of a lost ballot is given again.
    let mut ballots = evidence.rows.ballot.iter();
    let ballot = ballots.find(|ballot| {
        Some(ballot.sequence) == sequence && Some(ballot.record_hash.word().to_string().as_str()) == hash
    });
    let mut hasher = Sha256::new();
    for part in [entry.method.as_bytes(), entry.path.as_bytes()] {
        hasher.update(part);
        hasher.update([0]);
    }
    hasher.update(&entry.request);
    // A ballot that is lost is another invariant's business.
    ballot.is_none_or(|ballot| {
        ballot.idempotency_key.as_deref() == Some(key) && ballot.request_hash == Some(Bytes(hasher.finalize().to_vec()))
    })
}
