//! Aim: what others publish about trees, typed data and signatures comes out alike from the functions that our records are made of.
//! Method: files that lie in a folder outside this repository; where one is absent, a line says that nothing was tried. Our own
//! record types are compared with ethers.js in `vectors.rs`; here the types are anybody's, so the encoder of typed data is a small
//! one of this test, over our hashes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use governance::hash::{Hash32, from_hex, keccak256, keccak256_words};
use governance::merkle::{self, Tree, leaf_hash};
use governance::record::digest_under;
use governance::signature::recover_wallet;
use serde_json::Value;

mod typed_data;

use typed_data::TypedData;

/// Bytes of a file of vectors. Where there is none, this is noted on standard error and in the file that `ROCHDALE_NOT_RUN` names.
fn bytes(name: &str) -> Option<(PathBuf, Vec<u8>)> {
    let folder = std::env::var_os("ROCHDALE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("crypto").join(name);
    if let Ok(bytes) = std::fs::read(&path) {
        return Some((path, bytes));
    }
    let line = format!(
        "NOT RUN: published vectors, {} is missing; name its folder in ROCHDALE_DATA\n",
        path.display()
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
    }
    None
}

fn json(name: &str) -> Option<Value> {
    bytes(name).map(|(_, bytes)| serde_json::from_slice(&bytes).unwrap())
}

fn word(value: &Value) -> Hash32 {
    value.as_str().unwrap().parse().unwrap()
}

fn address(text: &str) -> [u8; 20] {
    from_hex(&text.to_ascii_lowercase()).unwrap().try_into().unwrap()
}

/// `abi.encode` of one short text: where it begins, how long it is, and its bytes padded on the right.
fn abi_text(text: &str) -> [Hash32; 3] {
    let mut padded = [0; 32];
    padded[..text.len()].copy_from_slice(text.as_bytes());
    let length = u128::try_from(text.len()).unwrap();
    [
        Hash32::from_u128(32),
        Hash32::from_u128(length),
        Hash32::from_bytes(padded),
    ]
}

/// The proof that lies in a dumped tree: the sibling of the node, of its parent, and so on. Node `n` has the children `2n + 1` and `2n + 2`.
fn proof_in(tree: &[Hash32], mut at: usize) -> Vec<Hash32> {
    let mut proof = Vec::new();
    while at > 0 {
        proof.push(tree[if at % 2 == 1 { at + 1 } else { at - 1 }]);
        at = (at - 1) / 2;
    }
    proof
}

/// Sorted dumps have our root and our proofs; unsorted ones put the leaves elsewhere, and their proofs hold all the same.
#[test]
fn dumped_trees_of_openzeppelin_are_ours() {
    let mut proofs = 0;
    for (format, is_sorted) in [
        ("standard", true),
        ("standard", false),
        ("simple", true),
        ("simple", false),
    ] {
        let order = if is_sorted { "sorted" } else { "unsorted" };
        let name = format!("{format}-v1.{order}.1_0_6.json");
        let Some(dump) = json(&format!("oz_merkle/{name}")) else {
            return;
        };
        let tree: Vec<Hash32> = dump["tree"].as_array().unwrap().iter().map(word).collect();
        let values = dump["values"].as_array().unwrap();
        let leaves: Vec<Hash32> = values
            .iter()
            .map(|value| match value["value"].as_array() {
                Some(texts) => leaf_hash(&abi_text(texts[0].as_str().unwrap())),
                // A tree of the simple kind takes hashes for leaves as they are.
                None => word(&value["value"]),
            })
            .collect();
        let ours = Tree::new(leaves.clone());
        assert_eq!(ours.root() == tree[0], is_sorted, "{name}");
        for (value, leaf) in values.iter().zip(leaves) {
            let at = usize::try_from(value["treeIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(tree[at], leaf, "{name}");
            let theirs = proof_in(&tree, at);
            assert!(merkle::verify(tree[0], leaf, &theirs), "{name}");
            assert!(!merkle::verify(tree[0], keccak256(leaf.as_bytes()), &theirs), "{name}");
            assert_eq!(ours.proof(leaf).as_ref() == Some(&theirs), is_sorted, "{name}");
            proofs += 1;
        }
    }
    assert_eq!(proofs, 24);
}

/// The leaves of that distributor are made otherwise than ours and hashed once; its pairs are sorted as ours are.
#[test]
fn claims_of_the_uniswap_distributor_hold() {
    let Some(result) = json("uniswap_distributor/result.json") else {
        return;
    };
    let claims = result["claims"].as_object().unwrap();
    assert_eq!(claims.len(), 1);
    for (account, claim) in claims {
        let amount = u128::from_str_radix(claim["amount"].as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
        let index = Hash32::from_u128(u128::from(claim["index"].as_u64().unwrap()));
        let packed = [
            &index.as_bytes()[..],
            &address(account),
            &Hash32::from_u128(amount).as_bytes()[..],
        ]
        .concat();
        let proof: Vec<Hash32> = claim["proof"].as_array().unwrap().iter().map(word).collect();
        assert!(merkle::verify(word(&result["merkleRoot"]), keccak256(&packed), &proof));
    }
}

/// The address of the account with this secret key, by the definition and not by recovery.
fn account_of(secret: &Value) -> [u8; 20] {
    let secret: [u8; 32] = *word(secret).as_bytes();
    let secret = secp256k1::SecretKey::from_secret_bytes(secret).unwrap();
    let public = secp256k1::PublicKey::from_secret_key(&secret).serialize_uncompressed();
    keccak256(&public[1..]).as_bytes()[12..].try_into().unwrap()
}

#[test]
fn typed_data_of_ethers_has_its_hashes_and_its_signer() {
    let Some((_, packed)) = bytes("eip712/eip712_give.json.gz") else {
        return;
    };
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed[..]), &mut text).unwrap();
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut signed = 0;
    for vector in &vectors {
        let name = vector["name"].as_str().unwrap();
        let data = TypedData::of(vector);
        let struct_hash = data.struct_hash(vector["primaryType"].as_str().unwrap(), &vector["data"]);
        assert_eq!(
            keccak256(&from_hex(vector["encoded"].as_str().unwrap()).unwrap()),
            struct_hash,
            "{name}"
        );
        let digest = digest_under(data.separator(&vector["domain"]), struct_hash);
        assert_eq!(digest, word(&vector["digest"]), "{name}");
        if let Some(signature) = vector["signature"].as_str() {
            let signer = recover_wallet(digest, &from_hex(signature).unwrap()).unwrap();
            assert_eq!(signer, account_of(&vector["privateKey"]), "{name}");
            signed += 1;
        }
    }
    assert_eq!(vectors.len(), 513);
    assert!(signed > 0, "no vector was signed");
}

/// A wallet's signature is recovered. That of a contract (EIP-1271) is none of ours yet: the hash is the same, and it is refused.
#[test]
fn messages_that_snapshot_accepts_have_their_hashes_and_signers() {
    let (Some(alias), Some(contract)) = (
        json("snapshot_signatures/message-alias.json"),
        json("snapshot_signatures/eip-1271.json"),
    ) else {
        return;
    };
    let digest = |file: &Value, primary: &str| {
        let data = TypedData::of(&file["data"]);
        let struct_hash = data.struct_hash(primary, &file["data"]["message"]);
        digest_under(data.separator(&file["data"]["domain"]), struct_hash)
    };
    let signature = from_hex(alias["sig"].as_str().unwrap()).unwrap();
    let signer = address(alias["address"].as_str().unwrap());
    assert_eq!(recover_wallet(digest(&alias, "Alias"), &signature), Ok(signer));
    assert_eq!(digest(&contract, "Proposal"), word(&contract["hash"]));
    let signature = from_hex(contract["sig"].as_str().unwrap()).unwrap();
    assert!(recover_wallet(digest(&contract, "Proposal"), &signature).is_err());
    assert_ne!(
        keccak256_words(&[digest(&alias, "Alias")]),
        digest(&contract, "Proposal")
    );
}
