//! Aim: other people's programs accept what ours makes, not only the other way round. Method: this test makes trees, proofs, signed
//! ballots and counts and holds `testdata/ours.json` to them; `npm run check` in `contracts` has OpenZeppelin's package verify the
//! proofs and ethers.js recover the signers, and computes the certificates by a program of its own. With `UPDATE_VECTORS=1` the file is written anew.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use governance::hash::{Hash32, keccak256, to_hex};
use governance::merkle::{Tree, leaf_hash};
use governance::record::{BallotV1, ChainDomain, Domain, digest, tag};
use governance::signature::recover_wallet;
use governance::tally::TieBreak;
use governance::tally::scottish::{Contest, Papers, count};
use governance::tally::sheet::Count;
use secp256k1::SecretKey;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use serde_json::{Value, json};

const COMMITTED: &str = include_str!("../testdata/ours.json");

fn word(name: &str, number: usize) -> Hash32 {
    keccak256(format!("{name} {number}").as_bytes())
}

fn tree(leaves: usize) -> Value {
    let words: Vec<[Hash32; 3]> = (0..leaves)
        .map(|number| [tag("BallotV1"), word("proposal", number % 3), word("record", number)])
        .collect();
    let tree = Tree::new(words.iter().map(|words| leaf_hash(words)).collect());
    let leaf = |words: &[Hash32; 3]| json!({"words": words, "proof": tree.proof(leaf_hash(words)).unwrap()});
    json!({"root": tree.root(), "leaves": words.iter().map(leaf).collect::<Vec<_>>()})
}

fn wallet_signature(secret: &SecretKey, digest: Hash32) -> Vec<u8> {
    let message = secp256k1::Message::from_digest(*digest.as_bytes());
    let (recovery, compact) = RecoverableSignature::sign_ecdsa_recoverable(message, secret).serialize_compact();
    let mut bytes = compact.to_vec();
    bytes.push(if recovery == RecoveryId::Zero { 27 } else { 28 });
    bytes
}

fn ballot(number: usize, domain: &Domain) -> Value {
    let places = u16::try_from(number).unwrap();
    let record = BallotV1 {
        namespace: domain.namespace,
        proposal: word("proposal", number),
        proposal_hash: word("question", number),
        voter: word("voter", number),
        revision: u64::from(places) + 1,
        options: (0..places).rev().collect(),
        points: (1..=u32::from(places)).collect(),
        reason: if number == 0 {
            Hash32::ZERO
        } else {
            word("reason", number)
        },
        salt: word("salt", number),
    };
    let secret = SecretKey::from_secret_bytes(*word("secret", number).as_bytes()).unwrap();
    let digest = digest(domain, &record);
    let signature = wallet_signature(&secret, digest);
    let mut signing = json!({"name": Domain::NAME, "version": Domain::VERSION, "salt": domain.namespace});
    if let Some(chain) = domain.chain {
        signing["chainId"] = json!(chain.chain_id);
        signing["verifyingContract"] = json!(to_hex(&chain.contract));
    }
    json!({
        "domain": signing,
        "message": {
            "ns": record.namespace, "proposal": record.proposal, "proposalHash": record.proposal_hash,
            "voter": record.voter, "revision": record.revision, "options": record.options, "points": record.points,
            "reason": record.reason, "salt": record.salt,
        },
        "digest": digest,
        "wallet": to_hex(&recover_wallet(digest, &signature).unwrap()),
        "signature": to_hex(&signature),
    })
}

fn scottish(candidates: u16, seats: u16, papers: &[(u128, &[u16])], tie: &TieBreak) -> Count {
    let mut counted = Papers::new();
    for (weight, ranking) in papers {
        counted.add(ranking, *weight);
    }
    let contest = Contest {
        candidates,
        seats,
        withdrawn: Vec::new(),
    };
    count(&contest, &counted, tie).unwrap()
}

/// Surpluses, exclusions, ties by look-back and lot, an open tie; and a sheet with every member that any method has.
fn counts() -> Vec<Value> {
    const SURPLUS: &[(u128, &[u16])] = &[(45, &[0, 1, 2]), (30, &[1, 3, 2]), (13, &[2]), (12, &[3]), (2, &[])];
    const TIE: &[(u128, &[u16])] = &[(3, &[0]), (2, &[1]), (2, &[2, 0])];
    let lot = TieBreak::Lot(Hash32::from_u128(0xa1));
    let every_member = json!({
        "method": "scottish-stv", "seats": 1, "quota": "2.5", "valid": "3", "blank": "1", "withdrawn": [3], "elected": [1],
        "stages": [{
            "totals": {"1": "2.00000", "2": "1.00000"}, "transfer": {"from": 2, "kind": "exclusion", "value": "1.00000"},
            "elected": [1], "excluded": [2], "nontransferable": "0.50000",
            "ties": [{"stage": 1, "candidates": [1, 2], "rule": "lookback", "chosen": 2, "lot": null}],
            "quota": "2.123456789", "keep": {"1": "0.900000000", "2": "1.000000000"}, "rate": "7/2",
        }],
        "ties": [], "pairwise": [["0", "2"], ["1", "0"]], "ranking": [[1], [2]], "grades": [["1", "2"], ["3", "0"]],
        "share": "100/3",
        "undecided": {"stage": 1, "candidates": [1, 2], "kind": "place"},
    });
    [
        scottish(4, 3, SURPLUS, &TieBreak::None),
        scottish(3, 1, TIE, &TieBreak::None),
        scottish(3, 1, TIE, &lot),
        serde_json::from_value(every_member).unwrap(),
    ]
    .iter()
    .map(|count| json!({"count": count, "certificate": count.certificate()}))
    .collect()
}

#[test]
fn what_others_check_is_what_we_make() {
    let domain = |chain| Domain {
        namespace: word("namespace", 0),
        chain,
    };
    let on_chain = domain(Some(ChainDomain {
        chain_id: 31337,
        contract: [0x5f; 20],
    }));
    let without_chain = domain(None);
    let ballots: Vec<Value> = (0..4)
        .flat_map(|number| [ballot(number, &on_chain), ballot(number, &without_chain)])
        .collect();
    let trees: Vec<Value> = [1, 2, 3, 6, 7, 20].into_iter().map(tree).collect();
    let made = json!({"trees": trees, "ballots": ballots, "counts": counts()});
    let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/ours.json");
        std::fs::write(path, text).unwrap();
        return;
    }
    assert!(
        text == COMMITTED,
        "testdata/ours.json is not what is made now; write it with UPDATE_VECTORS=1 and look at the change"
    );
}
