//! Aim: the trees, proofs and notes that others publish come out alike. Method: vectors that lie in a folder outside this
//! repository; where it is absent, a line says that nothing was tried.

use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use governance::hash::{Hash32, from_hex};
use governance::log::proof::{TreeHead, verify_consistency, verify_inclusion};
use governance::log::tree::{Frontier, empty_root, leaf_hash};
use governance::log::{Note, VerifierKey};
use serde_json::Value;

/// The folder of shared data: `ROCHDALE_DATA`, else beside the workspace.
fn data() -> PathBuf {
    std::env::var_os("ROCHDALE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    )
}

/// A file of vectors. Where there is none, this is noted on standard error and in the file that `ROCHDALE_NOT_RUN` names.
fn vectors(name: &str) -> Option<Value> {
    let path = data().join("crypto/merkle_rfc6962").join(name);
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Some(serde_json::from_str(&text).unwrap());
    }
    let line = format!(
        "NOT RUN: log-vectors, {} is missing; name its folder in ROCHDALE_DATA\n",
        path.display()
    );
    // Written so, it is seen although the test harness keeps what passing tests print.
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
    }
    None
}

fn hex(value: &Value) -> Vec<u8> {
    from_hex(&format!("0x{}", value.as_str().unwrap())).unwrap()
}

/// A hash in base64; nothing where the vector holds bytes of another number, which no hash of ours can be.
fn hash(value: &Value) -> Option<Hash32> {
    Hash32::from_slice(&STANDARD.decode(value.as_str()?).unwrap())
}

#[test]
fn trees_have_the_roots_of_the_reference() {
    let Some(vectors) = vectors("rfc6962_roots.json") else {
        return;
    };
    assert_eq!(empty_root().as_bytes()[..], hex(&vectors["empty_root"]));
    let roots = vectors["root_hex_by_size_1_to_8"].as_array().unwrap();
    let leaves = vectors["leaf_inputs_hex"].as_array().unwrap();
    assert_eq!((roots.len(), leaves.len()), (8, 8));
    let mut frontier = Frontier::new();
    for (leaf, root) in leaves.iter().zip(roots) {
        frontier.push(leaf_hash(&hex(leaf)));
        assert_eq!(frontier.root().as_bytes()[..], hex(root), "size {}", frontier.size());
    }
}

/// Whether we accept the proof of a vector.
fn accepts(vector: &Value) -> bool {
    let number = |name: &str| vector[name].as_u64().unwrap();
    let elements = vector["proof"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(proof) = elements.iter().map(hash).collect::<Option<Vec<_>>>() else {
        return false;
    };
    if vector.get("leafIdx").is_some() {
        let (Some(leaf), Some(root)) = (hash(&vector["leafHash"]), hash(&vector["root"])) else {
            return false;
        };
        let size = number("treeSize");
        verify_inclusion(leaf, number("leafIdx"), TreeHead { size, root }, &proof).is_ok()
    } else {
        let head = |size, root| {
            let (size, root) = (number(size), hash(&vector[root])?);
            Some(TreeHead { size, root })
        };
        let (Some(first), Some(second)) = (head("size1", "root1"), head("size2", "root2")) else {
            return false;
        };
        verify_consistency(first, second, &proof).is_ok()
    }
}

#[test]
fn proofs_are_judged_as_by_the_reference() {
    let Some(vectors) = vectors("proofs_give.json") else {
        return;
    };
    let vectors = vectors.as_array().unwrap();
    assert_eq!(vectors.len(), 96);
    for vector in vectors {
        assert_eq!(
            accepts(vector),
            !vector["wantErr"].as_bool().unwrap(),
            "{}",
            vector["path"]
        );
    }
}

#[test]
fn the_published_note_verifies_and_its_mutants_do_not() {
    let Some(vector) = vectors("signed_note_example.json") else {
        return;
    };
    let field = |name: &str| vector[name].as_str().unwrap();
    let (text, line) = (field("text"), field("signature_line"));
    let key: VerifierKey = field("verifier_key").parse().unwrap();
    assert_eq!(key.to_string(), field("verifier_key"));
    let whole = format!("{text}\n{line}\n");
    let check = |whole: &str| Note::parse(whole.as_bytes()).and_then(|note| note.verify(&key));
    assert_eq!(check(&whole), Ok(()));
    assert_eq!(Note::parse(whole.as_bytes()).unwrap().to_string(), whole);
    for (name, mutant) in [
        ("a byte of the text", whole.replace("answer", "bnswer")),
        ("no last new line of the text", format!("{}\n{line}\n", text.trim_end())),
        ("no last new line", whole.trim_end().to_owned()),
        ("another name", whole.replace("PeterNeumann", "PeterNeuman")),
        ("cut base64", format!("{text}\n{}\n", &line[..line.len() - 4])),
        ("shorter signature", format!("{text}\n{}\n", line.replace("nAM=", ""))),
    ] {
        assert_ne!(mutant, whole, "{name}");
        assert!(check(&mutant).is_err(), "{name}");
    }
}
