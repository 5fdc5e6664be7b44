//! Aim: the log is the one that `docs/record.md` describes, byte for byte. Method: a log of three entries that a program in another
//! language wrote by that page (`npm run vectors` in `contracts`); the page quotes the same values.

use ed25519_dalek::SigningKey;
use governance::hash::{Hash32, from_hex, to_hex};
use governance::log::cover::{Claim, CoverRefusal, verify_cover};
use governance::log::proof::{
    ProofRefusal, TreeHead, consistency_plan, inclusion_plan, verify_consistency, verify_inclusion,
};
use governance::log::tile::TileHashes;
use governance::log::{Checkpoint, Frontier, LogEntry, TileBuilder, VerifierKey};
use governance::record::type_registry;
use serde_json::{Map, Value, json};

use crate::tools::Folder;

const LOG: &str = include_str!("../../testdata/log.json");
const RECORD: &str = include_str!("../../../docs/record.md");

fn vectors() -> Value {
    serde_json::from_str(LOG).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn word(value: &Value, name: &str) -> Hash32 {
    text(value, name).parse().unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

fn entries(vectors: &Value) -> Vec<LogEntry> {
    let entry = |value| LogEntry {
        type_hash: word(value, "typeHash"),
        record_hash: word(value, "structHash"),
    };
    list(vectors, "entries").iter().map(entry).collect()
}

/// The heads from the empty log on.
fn heads(vectors: &Value) -> Vec<TreeHead> {
    let head = |value: &Value| TreeHead {
        size: value["size"].as_u64().unwrap(),
        root: word(value, "root"),
    };
    list(vectors, "checkpoints").iter().map(head).collect()
}

fn secret(vectors: &Value) -> SigningKey {
    let seed = from_hex(text(&vectors["key"], "seed")).unwrap();
    SigningKey::from_bytes(&seed.try_into().unwrap())
}

#[test]
fn entries_leaves_and_roots_are_those_of_the_page() {
    let vectors = vectors();
    let mut frontier = Frontier::new();
    let mut found = vec![frontier.root()];
    for (value, entry) in list(&vectors, "entries").iter().zip(entries(&vectors)) {
        let begins = format!("{}(", text(value, "type"));
        let registered = type_registry().into_iter().find(|(name, _)| name.starts_with(&begins));
        assert_eq!(registered.unwrap().1, entry.type_hash, "{begins}");
        assert_eq!(to_hex(&entry.to_bytes()), text(value, "entry"));
        assert_eq!(entry.leaf_hash(), word(value, "leafHash"));
        frontier.push(entry.leaf_hash());
        found.push(frontier.root());
    }
    let expected: Vec<_> = heads(&vectors).into_iter().map(|head| head.root).collect();
    assert_eq!(found, expected);
}

#[test]
fn keys_and_checkpoints_are_those_of_the_page() {
    let vectors = vectors();
    let (origin, secret) = (text(&vectors, "origin"), secret(&vectors));
    let key = VerifierKey::new(origin, secret.verifying_key()).unwrap();
    assert_eq!(to_hex(key.key().as_bytes()), text(&vectors["key"], "publicKey"));
    assert_eq!(key.id().to_string(), text(&vectors["key"], "id"));
    assert_eq!(key.to_string(), text(&vectors["key"], "text"));
    let namespace = text(&vectors, "namespace").strip_prefix("0x").unwrap();
    assert_eq!(origin, format!("vote.example/log/{namespace}"));
    for (value, head) in list(&vectors, "checkpoints").iter().zip(heads(&vectors)) {
        let note = Checkpoint::new(origin, head).unwrap().sign(&secret).unwrap();
        assert_eq!(note.to_string(), text(value, "note"), "size {}", head.size);
        let (checkpoint, _) = Checkpoint::open(text(value, "note").as_bytes(), &key).unwrap();
        assert_eq!(checkpoint.head(), head);
    }
}

#[test]
fn tiles_and_proofs_are_those_of_the_page() {
    let vectors = vectors();
    let (entries, heads) = (entries(&vectors), heads(&vectors));
    let mut builder = TileBuilder::new();
    entries.iter().for_each(|entry| builder.push(*entry));
    let files = builder.take_files().into_iter();
    let files: Map<_, _> = files
        .map(|file| (file.tile.to_string(), json!(to_hex(&file.bytes))))
        .collect();
    assert_eq!(Value::Object(files), vectors["tiles"]);
    let mut folder = Folder::default();
    let mut again = TileBuilder::new();
    entries.iter().for_each(|entry| again.push(*entry));
    let _ = folder.write(&mut again);
    let last = heads[3];
    let mut hashes = TileHashes::new(&folder, last.size);
    for (value, index) in list(&vectors, "inclusion").iter().zip(0..) {
        let proof = inclusion_plan(index, last.size).unwrap().make(&mut hashes).unwrap();
        assert_eq!(json!(proof), value["proof"], "leaf {index}");
        let leaf = entries[usize::try_from(index).unwrap()].leaf_hash();
        assert_eq!(verify_inclusion(leaf, index, last, &proof), Ok(()), "leaf {index}");
        let other = verify_inclusion(leaf, (index + 1) % 3, last, &proof);
        assert_ne!(other, Ok(()), "leaf {index} elsewhere");
    }
    for (value, first) in list(&vectors, "consistency").iter().zip(&heads[1..3]) {
        let plan = consistency_plan(first.size, last.size).unwrap();
        let proof = plan.make(&mut hashes).unwrap();
        assert_eq!(json!(proof), value["proof"], "from {}", first.size);
        assert_eq!(verify_consistency(*first, last, &proof), Ok(()), "from {}", first.size);
        let other = TreeHead {
            root: last.root,
            ..*first
        };
        assert_eq!(verify_consistency(other, last, &proof), Err(ProofRefusal::Root));
    }
}

#[test]
fn the_page_quotes_the_vectors() {
    let vectors = vectors();
    let mut quoted: Vec<String> = Vec::new();
    for entry in list(&vectors, "entries") {
        quoted.extend(["entry", "leafHash"].map(|name| text(entry, name).to_owned()));
    }
    for checkpoint in &list(&vectors, "checkpoints")[..3] {
        quoted.push(text(checkpoint, "root").to_owned());
    }
    let last = &list(&vectors, "checkpoints")[3];
    quoted.push(text(last, "root").to_owned());
    quoted.extend(
        text(last, "note")
            .lines()
            .map(|line| format!("    {line}").trim_end().to_owned()),
    );
    let key = &vectors["key"];
    quoted.extend(["seed", "publicKey", "text"].map(|name| text(key, name).to_owned()));
    for value in quoted {
        assert!(RECORD.contains(&value), "docs/record.md does not quote {value}");
    }
}

#[test]
fn covers_are_those_of_the_page() {
    let sentence = "the cover of entries 1 and 2 is the leaf hash 0; of entry 0 the leaf hashes 1 and 2; of\n\
        entry 2 the root of size 2; of all three it is empty.";
    assert!(RECORD.contains(sentence));
    let vectors = vectors();
    let (leaves, heads) = (entries(&vectors), heads(&vectors));
    let leaves: Vec<Hash32> = leaves.iter().map(LogEntry::leaf_hash).collect();
    for (claimed, cover) in [
        (&[1, 2][..], vec![leaves[0]]),
        (&[0], vec![leaves[1], leaves[2]]),
        (&[2], vec![heads[2].root]),
        (&[0, 1, 2], vec![]),
    ] {
        let claims: Vec<Claim> = claimed.iter().map(|index| (*index as u64, leaves[*index])).collect();
        assert_eq!(
            verify_cover(&claims, heads[3], cover.iter().copied()),
            Ok(()),
            "{claimed:?}"
        );
        let longer = cover.into_iter().chain([Hash32::ZERO]);
        assert_eq!(
            verify_cover(&claims, heads[3], longer),
            Err(CoverRefusal::TooMany),
            "{claimed:?}"
        );
    }
}
