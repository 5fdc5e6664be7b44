//! What the clients were told: every request with its answer, in order. What was acknowledged here must be true for ever.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Longer bodies are not kept whole; no answer that the checker reads comes near it.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Who asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The account behind the session.
    pub account: Option<Uuid>,
    /// The session.
    pub session: Option<Uuid>,
    /// The access token.
    pub token: Option<String>,
}

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The place among all moments of the journal at which it was asked.
    pub asked: u64,
    /// The place at which the answer was there.
    pub answered: u64,
    /// When it was asked, by our clock.
    pub asked_at: DateTime<Utc>,
    /// Who asked.
    pub asker: Asker,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The Idempotency-Key.
    pub key: Option<String>,
    /// The body.
    #[serde(with = "digits")]
    pub request: Vec<u8>,
    /// The status; `None` where no answer came, so that it may have been done or not.
    pub status: Option<u16>,
    /// The cookies set.
    pub cookies: Vec<String>,
    /// The body of the answer, as far as it was kept.
    #[serde(with = "digits")]
    pub reply: Vec<u8>,
}

impl Entry {
    /// Whether it was answered with a success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether it was to change something.
    #[must_use]
    pub fn is_change(&self) -> bool {
        matches!(self.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE")
    }

    /// The body of the answer where it is JSON.
    #[must_use]
    pub fn reply_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.reply).ok()
    }

    /// The body of the request where it is JSON.
    #[must_use]
    pub fn request_json(&self) -> Option<Value> {
        serde_json::from_slice(&self.request).ok()
    }

    /// The co-op and the proposal of `/api/v1/coops/{coop}/proposals/{proposal}/REST`, where the path is such a one.
    #[must_use]
    pub fn of_proposal(&self, rest: &str) -> Option<(Uuid, Uuid)> {
        let (coop, below) = self.path.strip_prefix("/api/v1/coops/")?.split_once("/proposals/")?;
        let proposal = below.strip_suffix(rest)?;
        Some((coop.parse().ok()?, proposal.parse().ok()?))
    }

    /// The co-op of `/api/v1/coops/{coop}/…`.
    #[must_use]
    pub fn coop(&self) -> Option<Uuid> {
        let rest = self.path.strip_prefix("/api/v1/coops/")?;
        rest.split('/').next()?.parse().ok()
    }
}

/// The journal of one test; its clients write it together.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    clock: AtomicU64,
    entries: Mutex<Vec<Entry>>,
}

/// A request under way.
#[derive(Debug)]
pub struct Asked {
    entry: Entry,
}

impl Journal {
    /// Notes that something is being asked.
    #[must_use]
    pub fn ask(&self, asker: Asker, method: &str, path: &str, key: Option<String>, request: &[u8]) -> Asked {
        Asked {
            entry: Entry {
                asked: self.tick(),
                answered: 0,
                asked_at: Utc::now(),
                asker,
                method: method.to_owned(),
                path: path.to_owned(),
                key,
                request: kept(request),
                status: None,
                cookies: Vec::new(),
                reply: Vec::new(),
            },
        }
    }

    /// Notes the answer, or with `None` that there was none.
    pub fn answer(&self, asked: Asked, answer: Option<(u16, Vec<String>, &[u8])>) {
        let mut entry = asked.entry;
        if let Some((status, cookies, reply)) = answer {
            entry.status = Some(status);
            entry.cookies = cookies;
            entry.reply = kept(reply);
        }
        entry.answered = self.tick();
        self.lock().push(entry);
    }

    /// Everything noted so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// Writes it as JSON lines, for the checker's program.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) {
        let lines: Vec<String> = self
            .lock()
            .iter()
            .map(|entry| serde_json::to_string(entry).expect("an entry is JSON"))
            .collect();
        std::fs::write(path, lines.join("\n")).expect("the journal can be written");
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Panics
    /// If the file is no journal.
    #[must_use]
    pub fn read(path: &Path) -> Vec<Entry> {
        let text = std::fs::read_to_string(path).expect("the journal can be read");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line of a journal"))
            .collect()
    }

    fn tick(&self) -> u64 {
        self.shared.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes as hexadecimal digits.
mod digits {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text).map_err(serde::de::Error::custom)
    }
}

fn kept(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(BODY_BYTES_MAX)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_survives_its_file() {
        let journal = Journal::default();
        let asked = journal.ask(
            Asker::default(),
            "POST",
            "/api/v1/coops",
            Some(String::from("k")),
            b"{}",
        );
        journal.answer(asked, Some((201, vec![String::from("a=b")], b"{\"id\":1}")));
        let lost = journal.ask(Asker::default(), "GET", "/healthz", None, b"");
        journal.answer(lost, None);
        let folder = tempfile::tempdir().unwrap();
        journal.write(&folder.path().join("journal"));
        assert_eq!(Journal::read(&folder.path().join("journal")), journal.entries());
    }

    #[test]
    fn the_path_names_coop_and_proposal() {
        let (coop, proposal) = (Uuid::now_v7(), Uuid::now_v7());
        let journal = Journal::default();
        let path = format!("/api/v1/coops/{coop}/proposals/{proposal}/ballots");
        journal.answer(journal.ask(Asker::default(), "POST", &path, None, b""), None);
        let entry = &journal.entries()[0];
        assert_eq!(entry.of_proposal("/ballots"), Some((coop, proposal)));
        assert_eq!(entry.of_proposal("/opening"), None);
        assert_eq!(entry.coop(), Some(coop));
    }
}
