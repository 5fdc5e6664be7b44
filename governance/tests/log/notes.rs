//! Aim: a note is read in one spelling, and a signature holds for one key, one name and one text.

use ed25519_dalek::SigningKey;
use governance::hash::keccak256;
use governance::log::checkpoint::CheckpointRefusal;
use governance::log::note::{NOTE_BYTES_MAX, NoteRefusal, SIGNATURES_MAX, VerifierKeyError};
use governance::log::proof::TreeHead;
use governance::log::tree::{TREE_SIZE_MAX, empty_root};
use governance::log::{Checkpoint, Note, VerifierKey};

const ORIGIN: &str = "vote.example/0123456789abcdef";

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[11; 32])
}

fn key(name: &str) -> VerifierKey {
    VerifierKey::new(name, signing_key().verifying_key()).unwrap()
}

fn checkpoint() -> Checkpoint {
    let head = TreeHead {
        size: 70_000,
        root: keccak256(b"root"),
    };
    Checkpoint::new(ORIGIN, head).unwrap()
}

fn published() -> String {
    checkpoint().sign(&signing_key()).unwrap().to_string()
}

#[test]
fn a_checkpoint_comes_back_as_it_was_signed() {
    let (opened, note) = Checkpoint::open(published().as_bytes(), &key(ORIGIN)).unwrap();
    assert_eq!(opened, checkpoint());
    assert_eq!(note.to_string(), published());
    assert_eq!(published(), published(), "the same bytes each time");
    let text = key(ORIGIN).to_string();
    assert_eq!(text.parse(), Ok(key(ORIGIN)));
}

#[test]
fn no_byte_of_a_checkpoint_can_be_changed() {
    let good = published().into_bytes();
    for place in 0..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[place] ^= 1 << bit;
            assert!(
                Checkpoint::open(&changed, &key(ORIGIN)).is_err(),
                "byte {place}, bit {bit}"
            );
        }
        assert!(
            Checkpoint::open(&good[..place], &key(ORIGIN)).is_err(),
            "cut at {place}"
        );
        let doubled = [&good[..=place], &good[place..]].concat();
        assert!(Checkpoint::open(&doubled, &key(ORIGIN)).is_err(), "byte {place} twice");
    }
}

#[test]
fn a_key_of_another_name_or_log_does_not_open_it() {
    let open = |name: &str, text: &str| Checkpoint::open(text.as_bytes(), &key(name));
    let other = key("vote.example/other");
    assert_eq!(
        open(other.name(), &published()),
        Err(CheckpointRefusal::Note(NoteRefusal::NotSignedBy(other.id())))
    );
    // The same key under another name signs: its signature does not speak for this origin.
    let mut note = Note::new(checkpoint().to_string()).unwrap();
    note.sign(other.name(), &signing_key()).unwrap();
    assert_eq!(
        open(other.name(), &note.to_string()),
        Err(CheckpointRefusal::OtherOrigin)
    );
}

#[test]
fn signatures_of_strangers_are_kept_and_do_not_matter() {
    let mut note = checkpoint().sign(&signing_key()).unwrap();
    note.sign("witness.example/one", &SigningKey::from_bytes(&[12; 32]))
        .unwrap();
    let stranger = "\u{2014} stranger.example AAAAAAA=\n";
    let text = note.to_string() + stranger;
    let (_, read) = Checkpoint::open(text.as_bytes(), &key(ORIGIN)).unwrap();
    assert_eq!(read.signatures().len(), 3);
    assert_eq!(read.signatures()[2].name(), "stranger.example");
    assert_eq!(read.to_string(), text, "kept byte for byte");
    // Neither the id alone nor the name alone makes a signature ours.
    let line = published().lines().last().unwrap().replace(ORIGIN, "vote.example/else") + "\n";
    assert!(Checkpoint::open((published() + &line).as_bytes(), &key(ORIGIN)).is_ok());
    // A line in our name that does not verify spoils the note, wherever it stands.
    let mut other = Note::new("another text\n".to_owned()).unwrap();
    other.sign(ORIGIN, &signing_key()).unwrap();
    let spoiled = published() + &format!("{}\n", other.signatures()[0]);
    assert_eq!(
        Checkpoint::open(spoiled.as_bytes(), &key(ORIGIN)),
        Err(CheckpointRefusal::Note(NoteRefusal::Mismatch(key(ORIGIN).id())))
    );
}

#[test]
fn a_malformed_note_is_refused_with_its_reason() {
    let line = "\u{2014} a AAAAAAA=\n";
    let many = |count: usize| format!("x\n\n{}", line.repeat(count));
    for (note, reason) in [
        (String::new(), NoteRefusal::Unsigned),
        ("x\n".to_owned(), NoteRefusal::Unsigned),
        ("x\n\n".to_owned(), NoteRefusal::Unsigned),
        (format!("x\n{line}"), NoteRefusal::Unsigned),
        (format!("x\n\n{}", line.trim_end()), NoteRefusal::Unsigned),
        (format!("x\n\n{line}\n"), NoteRefusal::Unsigned),
        (format!("x\r\n\n{line}"), NoteRefusal::Text),
        (format!("x\t\n\n{line}"), NoteRefusal::Text),
        (format!("x\n\n{line}y\n"), NoteRefusal::Signature),
        ("x\n\n- a AAAAAAA=\n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014}a AAAAAAA=\n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014}  AAAAAAA=\n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014} a+b AAAAAAA=\n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014} a\u{a0}b AAAAAAA=\n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014} a AAAAAA==\n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014} a AAAAAAB=\n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014} a AAAAAAA\n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014} a AAAAAAA= \n".to_owned(), NoteRefusal::Signature),
        ("x\n\n\u{2014} a AAA_AAA=\n".to_owned(), NoteRefusal::Signature),
        (many(SIGNATURES_MAX + 1), NoteRefusal::TooManySignatures),
        (
            format!("{}\n\n{line}", "x".repeat(NOTE_BYTES_MAX)),
            NoteRefusal::TooLong,
        ),
    ] {
        let shown: String = note.chars().take(40).collect();
        assert_eq!(Note::parse(note.as_bytes()), Err(reason), "{shown:?}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteRefusal::Text));
    assert_eq!(
        Note::parse(many(SIGNATURES_MAX).as_bytes()).unwrap().signatures().len(),
        64
    );
    // The text may have blank lines of its own; the last one parts it from the signatures.
    assert_eq!(
        Note::parse(format!("x\n\ny\n\n{line}").as_bytes()).unwrap().text(),
        "x\n\ny\n"
    );
}

#[test]
fn a_malformed_checkpoint_is_refused_with_its_reason() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for (text, reason) in [
        (String::new(), CheckpointRefusal::Lines),
        (format!("a\n1\n{root}"), CheckpointRefusal::Lines),
        ("a\n1\n".to_owned(), CheckpointRefusal::Lines),
        (format!("a\n1\n{root}\nmore\n"), CheckpointRefusal::Extension),
        (format!("a\n1\n{root}\n\n"), CheckpointRefusal::Extension),
        (format!("\n1\n{root}\n"), CheckpointRefusal::Origin),
        (format!("a b\n1\n{root}\n"), CheckpointRefusal::Origin),
        (format!("a+b\n1\n{root}\n"), CheckpointRefusal::Origin),
        (format!("{}\n1\n{root}\n", "a".repeat(256)), CheckpointRefusal::Origin),
        (format!("a\n\n{root}\n"), CheckpointRefusal::Size),
        (format!("a\n01\n{root}\n"), CheckpointRefusal::Size),
        (format!("a\n+1\n{root}\n"), CheckpointRefusal::Size),
        (format!("a\n-1\n{root}\n"), CheckpointRefusal::Size),
        (format!("a\n1 \n{root}\n"), CheckpointRefusal::Size),
        (format!("a\n0x1\n{root}\n"), CheckpointRefusal::Size),
        (format!("a\n{}\n{root}\n", TREE_SIZE_MAX + 1), CheckpointRefusal::Size),
        (format!("a\n99999999999999999999\n{root}\n"), CheckpointRefusal::Size),
        (format!("a\n0\n{root}\n"), CheckpointRefusal::Root),
        (format!("a\n1\n{root}=\n"), CheckpointRefusal::Root),
        (format!("a\n1\n {root}\n"), CheckpointRefusal::Root),
        (
            format!("a\n1\n{}\n", root.replace("2I=", "2J=")),
            CheckpointRefusal::Root,
        ),
        (
            format!("a\n1\n{}\n", root.trim_end_matches('=')),
            CheckpointRefusal::Root,
        ),
        ("a\n1\nAAAA\n".to_owned(), CheckpointRefusal::Root),
        ("a\n1\n\n".to_owned(), CheckpointRefusal::Root),
    ] {
        assert_eq!(Checkpoint::parse(&text), Err(reason), "{text:?}");
    }
    let good = format!("a\n1\n{root}\n");
    assert_eq!(Checkpoint::parse(&good).unwrap().to_string(), good);
    let nothing = TreeHead {
        size: 0,
        root: empty_root(),
    };
    assert!(Checkpoint::new("a", nothing).is_ok());
}

#[test]
fn a_malformed_key_is_refused_with_its_reason() {
    let good = key("a").to_string();
    let weak = format!("a+00000000+{}", "AQ".to_owned() + &"A".repeat(42));
    for (text, reason) in [
        (String::new(), VerifierKeyError::Form),
        ("a+b".to_owned(), VerifierKeyError::Form),
        (good.clone() + "=", VerifierKeyError::Form),
        (good.clone() + "AAAA", VerifierKeyError::Key),
        (format!("{}{good}", "a".repeat(400)), VerifierKeyError::Form),
        (format!("b{}", &good[1..]), VerifierKeyError::Id),
        (good.replacen('a', "", 1), VerifierKeyError::Name),
        (good.replacen('a', "a b", 1), VerifierKeyError::Name),
        (good.replacen("+AW", "+BW", 1), VerifierKeyError::Type),
        (good.replace("7724aba2", "7724ABA2"), VerifierKeyError::Id),
        (good.replace("7724aba2", "+7724aba2"), VerifierKeyError::Form),
        (weak, VerifierKeyError::Key),
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(reason), "{text}");
    }
    assert_eq!(
        Note::new("x\n".to_owned()).unwrap().sign("a b", &signing_key()),
        Err(VerifierKeyError::Name)
    );
}
