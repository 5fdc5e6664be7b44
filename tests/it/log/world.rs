//! Reading a published log as anyone can, and checking it as an auditor does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use governance::hash::Hash32;
use governance::id::CoopId;
use governance::log::proof::{ProofRefusal, TreeHead, verify_inclusion};
use governance::log::tile::{bundle_parse, growth};
use governance::log::{Checkpoint, Frontier, LogEntry, TileKind, VerifierKey};
use serde_json::Value;
use tests::app::TestApp;
use tests::person::{Person, Reply};

use crate::casting::world::World;

/// A published log, to be read over HTTP.
pub struct Log<'a> {
    app: &'a TestApp,
    namespace: String,
    key: VerifierKey,
}

/// The folder of the log of a co-op without a chain.
pub fn folder(app: &TestApp, coop: CoopId) -> PathBuf {
    let namespace = governance::record::namespace_without_chain(coop);
    app.app.config.log.folder.join(hex::encode(namespace.as_bytes()))
}

/// The checkpoint in a folder; `None` before the first.
pub fn checkpoint_in(folder: &Path, key: &VerifierKey) -> Option<TreeHead> {
    let bytes = std::fs::read(folder.join("checkpoint")).ok()?;
    Some(
        Checkpoint::open(&bytes, key)
            .expect("a checkpoint of this log")
            .0
            .head(),
    )
}

impl<'a> Log<'a> {
    /// The log of a co-op.
    pub fn of(app: &'a TestApp, coop: CoopId) -> Self {
        let namespace = governance::record::namespace_without_chain(coop);
        Self {
            app,
            namespace: hex::encode(namespace.as_bytes()),
            key: server::services::log::verifier_key(&app.app, namespace).expect("a key"),
        }
    }

    /// Its key.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// One of its files.
    pub async fn file(&self, name: &str) -> Reply {
        let url = format!("{}/log/{}/{name}", self.app.url, self.namespace);
        let reply = reqwest::get(url).await.expect("an answer");
        Reply {
            status: reply.status().as_u16(),
            headers: reply.headers().clone(),
            bytes: reply.bytes().await.expect("a body").to_vec(),
        }
    }

    /// Its published checkpoint.
    pub async fn head(&self) -> TreeHead {
        let reply = self.file("checkpoint").await;
        assert_eq!(reply.status, 200);
        Checkpoint::open(&reply.bytes, &self.key)
            .expect("a checkpoint of this log")
            .0
            .head()
    }

    /// Its entries, read from the bundles and compared with the root of the checkpoint.
    pub async fn entries(&self) -> Vec<LogEntry> {
        let head = self.head().await;
        let (mut entries, mut frontier) = (Vec::new(), Frontier::new());
        for tile in growth(0, head.size).filter(|tile| tile.kind() == TileKind::Entries) {
            let reply = self.file(&tile.to_string()).await;
            assert_eq!(reply.status, 200, "{tile}");
            for bytes in bundle_parse(&reply.bytes, tile.width()).expect("a bundle") {
                let entry = LogEntry::parse(bytes).expect("an entry");
                frontier.push(entry.leaf_hash());
                entries.push(entry);
            }
        }
        assert_eq!(frontier.root(), head.root);
        entries
    }
}

/// Asks for a receipt.
pub async fn receipt(person: &Person, world: &World, record_hash: &Value, wait: u64) -> Reply {
    let path = world.path(&format!("receipts/{}", record_hash.as_str().expect("a hash")));
    let request = person.get(&path).header("prefer", &format!("wait={wait}"));
    request.send().await
}

/// Checks a receipt as a member can who knows nothing of the server but the key of the log.
pub fn check_receipt(receipt: &Value, key: &VerifierKey) -> TreeHead {
    proved(receipt, key).expect("the proof leads to the root")
}

/// What a receipt proves.
pub fn proved(receipt: &Value, key: &VerifierKey) -> Result<TreeHead, ProofRefusal> {
    assert_eq!(receipt["state"], "published", "{receipt}");
    assert_eq!(receipt["log_key"], key.to_string());
    let word = |name: &str| {
        receipt[name]
            .as_str()
            .and_then(|text| text.parse().ok())
            .expect("a hash")
    };
    let entry = LogEntry {
        type_hash: word("type_hash"),
        record_hash: word("record_hash"),
    };
    let note = receipt["checkpoint"].as_str().expect("a note");
    let (checkpoint, _) = Checkpoint::open(note.as_bytes(), key).expect("a checkpoint of this log");
    assert_eq!(receipt["origin"], checkpoint.origin());
    assert_eq!(receipt["size"], checkpoint.head().size);
    let path: Vec<Hash32> = serde_json::from_value(receipt["inclusion"].clone()).expect("hashes");
    let index = receipt["index"].as_u64().expect("a number");
    verify_inclusion(entry.leaf_hash(), index, checkpoint.head(), &path).map(|()| checkpoint.head())
}

/// Every checkpoint that ever lay in a folder: no two of one size may have different roots.
#[derive(Debug, Default)]
pub struct Seen(pub BTreeMap<u64, Hash32>);

impl Seen {
    /// Notes one.
    pub fn note(&mut self, head: TreeHead) {
        let earlier = self.0.insert(head.size, head.root);
        assert!(
            earlier.is_none_or(|root| root == head.root),
            "two roots of {} leaves",
            head.size
        );
        let largest = self.0.last_key_value().map(|(size, _)| *size);
        assert_eq!(largest, Some(head.size), "a checkpoint was taken back");
    }

    /// Checks that each was a beginning of this log.
    pub fn check(&self, entries: &[LogEntry]) {
        let mut frontier = Frontier::new();
        let mut left = self.0.clone();
        for entry in entries {
            frontier.push(entry.leaf_hash());
            if let Some(root) = left.remove(&frontier.size()) {
                assert_eq!(
                    root,
                    frontier.root(),
                    "another log of {} leaves was signed",
                    frontier.size()
                );
            }
        }
        assert!(left.is_empty(), "checkpoints of more leaves than there are: {left:?}");
    }
}

/// How often to look for something that comes by itself.
pub const LOOKS_MAX: usize = 400;
/// The pause between two looks.
pub const LOOK: Duration = Duration::from_millis(25);
