//! Sessions: one newest refresh token each, and none that works after its end.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::rows::Session;
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "23a",
        a_session_has_one_newest_refresh_token,
        "The refresh tokens of a session are one chain: at most one of them was not replaced."
    ),
    invariant!(
        "23b",
        nothing_was_done_in_a_session_after_its_end,
        "No request inside a co-op or of an account succeeded in a session that had ended when it was asked."
    ),
];

fn a_session_has_one_newest_refresh_token(evidence: &Evidence) -> Vec<String> {
    let mut newest: BTreeMap<Uuid, usize> = BTreeMap::new();
    for token in evidence
        .rows
        .refresh_token
        .iter()
        .filter(|token| token.replaced_at.is_none())
    {
        *newest.entry(token.session_id).or_default() += 1;
    }
    newest
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(session, count)| format!("session {session} has {count} refresh tokens that work"))
        .collect()
}

fn nothing_was_done_in_a_session_after_its_end(evidence: &Evidence) -> Vec<String> {
    let sessions: BTreeMap<Uuid, &Session> = evidence
        .rows
        .session
        .iter()
        .map(|session| (session.id, session))
        .collect();
    let mut found = Vec::new();
    for entry in evidence.journal.iter().filter(|entry| entry.is_success()) {
        let needs_session = entry.path.starts_with("/api/v1/coops")
            || entry.path.starts_with("/api/v1/account/")
            || entry.path == "/api/v1/account";
        let Some(session) = entry.asker.session.filter(|_| needs_session) else {
            continue;
        };
        let ended = match sessions.get(&session) {
            None => true,
            Some(session) => {
                let end = session
                    .ended_at
                    .map_or(session.expires_at, |ended| ended.min(session.expires_at));
                end < entry.asked_at
            }
        };
        if ended {
            found.push(format!("{} {} in session {session}", entry.method, entry.path));
        }
    }
    found
}
