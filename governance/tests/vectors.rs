//! Trees, records and signatures against vectors that other people's programs wrote: OpenZeppelin's merkle-tree and ethers.js.
//! `npm run vectors` in `contracts` writes them.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use governance::hash::{Hash32, from_hex, keccak256};
use governance::merkle::{self, Tree};
use governance::record::{
    ActionV1, BallotV1, BylawsV1, ChainDomain, ClaimRootV1, ConditionV1, ContributionsV1, DelegationV1, Domain,
    EventV1, KeyRegistrationV1, KindV1, PayoutV1, ProposalV1, ProxyBallotV1, ReceiptV1, Record, RuleV1,
    StatementLineV1, StatementV1, TallyV1, digest, namespace_on_chain, namespace_without_chain, type_registry,
};
use governance::signature::{PublicKey, SignatureKind};
use serde_json::Value;

const MERKLE: &str = include_str!("../testdata/merkle.json");
const EIP712: &str = include_str!("../testdata/eip712.json");
const RECORD_TYPES: &str = include_str!("../testdata/record_types.json");

fn word(value: &Value) -> Hash32 {
    value.as_str().unwrap().parse().unwrap()
}

fn words(value: &Value) -> Vec<Hash32> {
    value.as_array().unwrap().iter().map(word).collect()
}

fn number<T: TryFrom<u128>>(value: &Value) -> T
where
    T::Error: std::fmt::Debug,
{
    value.as_str().unwrap().parse::<u128>().unwrap().try_into().unwrap()
}

fn numbers<T: TryFrom<u128>>(value: &Value) -> Vec<T>
where
    T::Error: std::fmt::Debug,
{
    value.as_array().unwrap().iter().map(number).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn address(value: &Value) -> [u8; 20] {
    from_hex(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

#[test]
fn trees_have_the_roots_and_proofs_of_openzeppelins_package() {
    let vectors: Value = serde_json::from_str(MERKLE).unwrap();
    let trees = vectors["trees"].as_array().unwrap();
    assert_eq!(trees.len(), 8);
    for vector in trees {
        let name = &vector["name"];
        let leaves = vector["leaves"].as_array().unwrap();
        let hashes: Vec<Hash32> = leaves
            .iter()
            .map(|leaf| merkle::leaf_hash(&words(&leaf["words"])))
            .collect();
        let tree = Tree::new(hashes.clone());
        assert_eq!(tree.root(), word(&vector["root"]), "root of {name}");
        for (leaf, hash) in leaves.iter().zip(hashes) {
            assert_eq!(hash, word(&leaf["hash"]), "leaf hash in {name}");
            let theirs = words(&leaf["proof"]);
            assert!(merkle::verify(tree.root(), hash, &theirs), "their proof in {name}");
            let ours = tree.proof(hash).unwrap();
            assert!(merkle::verify(tree.root(), hash, &ours), "our proof in {name}");
            // Where a leaf stands twice, either place gives a good proof, and the two may differ.
            if leaves.iter().filter(|other| other["hash"] == leaf["hash"]).count() == 1 {
                assert_eq!(ours, theirs, "proof in {name}");
            }
        }
    }
}

#[test]
fn namespaces_and_domains_are_those_of_ethers() {
    let vectors: Value = serde_json::from_str(EIP712).unwrap();
    let namespaces = &vectors["namespaces"];
    let coop = namespaces["coop"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        namespace_on_chain(address(&namespaces["registrar"]), coop),
        word(&namespaces["onChain"])
    );
    assert_eq!(namespace_without_chain(coop), word(&namespaces["withoutChain"]));
    let (on_chain, without_chain) = domains(&vectors);
    assert_eq!(on_chain.separator(), word(&vectors["domains"]["chain"]["separator"]));
    assert_eq!(
        without_chain.separator(),
        word(&vectors["domains"]["noChain"]["separator"])
    );
}

fn domains(vectors: &Value) -> (Domain, Domain) {
    let chain = &vectors["domains"]["chain"];
    let contract = address(&chain["verifyingContract"]);
    let chain_id = chain["chainId"].as_u64().unwrap();
    let namespace = word(&chain["salt"]);
    (
        Domain {
            namespace,
            chain: Some(ChainDomain { chain_id, contract }),
        },
        Domain { namespace, chain: None },
    )
}

#[test]
fn the_type_registry_is_the_one_ethers_derives() {
    let published: Vec<Value> = serde_json::from_str(RECORD_TYPES).unwrap();
    let registry: Vec<Value> = type_registry()
        .into_iter()
        .map(|(text, hash)| serde_json::json!({"type": text, "hash": hash}))
        .collect();
    assert_eq!(
        registry, published,
        "a type changed: give it a new name; or it is new: run npm run vectors"
    );
    let vectors: Value = serde_json::from_str(EIP712).unwrap();
    for (name, vector) in vectors["types"].as_object().unwrap() {
        let entry = serde_json::json!({"type": vector["text"], "hash": vector["hash"]});
        assert!(registry.contains(&entry), "{name}");
    }
}

#[test]
fn every_record_hashes_as_in_ethers_and_its_wallet_signature_is_accepted() {
    let vectors: Value = serde_json::from_str(EIP712).unwrap();
    let records = vectors["records"].as_array().unwrap();
    let types = vectors["types"].as_object().unwrap();
    assert_eq!(records.len(), 3 * types.len(), "three rounds of each type");
    for record in records {
        let value = &record["value"];
        match record["type"].as_str().unwrap() {
            "ProposalV1" => check(&vectors, record, &proposal(value)),
            "BallotV1" => check(&vectors, record, &ballot(value)),
            "TallyV1" => check(&vectors, record, &tally(value)),
            "RuleV1" => check(&vectors, record, &rule(value)),
            "ConditionV1" => check(&vectors, record, &condition(value)),
            "KindV1" => check(&vectors, record, &kind(value)),
            "ActionV1" => check(&vectors, record, &action(value)),
            "BylawsV1" => check(&vectors, record, &bylaws(value)),
            "KeyRegistrationV1" => check(&vectors, record, &key_registration(value)),
            "ReceiptV1" => check(&vectors, record, &receipt(value)),
            "EventV1" => check(&vectors, record, &event(value)),
            "DelegationV1" => check(&vectors, record, &delegation(value)),
            "ProxyBallotV1" => check(&vectors, record, &proxy_ballot(value)),
            "StatementLineV1" => check(&vectors, record, &statement_line(value)),
            "StatementV1" => check(&vectors, record, &statement(value)),
            "PayoutV1" => check(&vectors, record, &payout(value)),
            "ClaimRootV1" => check(&vectors, record, &claim_root(value)),
            "ContributionsV1" => check(&vectors, record, &contributions(value)),
            other => panic!("no record is called {other}"),
        }
    }
}

fn check<R: Record + std::fmt::Debug>(vectors: &Value, vector: &Value, record: &R) {
    let (on_chain, without_chain) = domains(vectors);
    assert_eq!(record.struct_hash(), word(&vector["structHash"]), "{record:?}");
    assert_eq!(digest(&on_chain, record), word(&vector["digestOnChain"]), "{record:?}");
    assert_eq!(
        digest(&without_chain, record),
        word(&vector["digestWithoutChain"]),
        "{record:?}"
    );
    let wallet = PublicKey::parse_hex(SignatureKind::Wallet, vectors["wallet"].as_str().unwrap()).unwrap();
    let signature = from_hex(vector["walletSignature"].as_str().unwrap()).unwrap();
    governance::signature::verify(&wallet, digest(&on_chain, record), &signature).unwrap();
    let elsewhere = governance::signature::verify(&wallet, digest(&without_chain, record), &signature);
    assert!(elsewhere.is_err(), "a signature for one domain passed in another");
    assert!(governance::signature::verify(&wallet, keccak256(b"else"), &signature).is_err());
}

fn signed(value: &Value) -> i64 {
    value.as_str().unwrap().parse().unwrap()
}

fn statement_line(value: &Value) -> StatementLineV1 {
    StatementLineV1 {
        step: text(&value["step"]),
        shared: number(&value["shared"]),
        weight: number(&value["weight"]),
        amount: number(&value["amount"]),
    }
}

fn statement(value: &Value) -> StatementV1 {
    StatementV1 {
        namespace: word(&value["ns"]),
        cycle: word(&value["cycle"]),
        member: word(&value["member"]),
        lines: words(&value["lines"]),
        before: signed(&value["before"]),
        accrued: number(&value["accrued"]),
        withheld: number(&value["withheld"]),
        paid: number(&value["paid"]),
        dormant: number(&value["dormant"]),
        carried: signed(&value["carried"]),
        is_held: value["held"].as_bool().unwrap(),
        salt: word(&value["salt"]),
    }
}

fn payout(value: &Value) -> PayoutV1 {
    PayoutV1 {
        namespace: word(&value["ns"]),
        cycle: word(&value["cycle"]),
        period: text(&value["period"]),
        currency: text(&value["currency"]),
        ruleset: word(&value["ruleset"]),
        digest: word(&value["digest"]),
        payout_digest: word(&value["payoutDigest"]),
        statements: word(&value["statements"]),
        members: number(&value["members"]),
        total: number(&value["total"]),
        salt: word(&value["salt"]),
    }
}

fn claim_root(value: &Value) -> ClaimRootV1 {
    ClaimRootV1 {
        namespace: word(&value["ns"]),
        file: word(&value["file"]),
        chain_id: number(&value["chainId"]),
        distributor: word(&value["distributor"]),
        token: word(&value["token"]),
        epoch: number(&value["epoch"]),
        root: word(&value["root"]),
        total: number(&value["total"]),
        content: word(&value["content"]),
        statements: word(&value["statements"]),
        salt: word(&value["salt"]),
    }
}

fn contributions(value: &Value) -> ContributionsV1 {
    ContributionsV1 {
        namespace: word(&value["ns"]),
        snapshot: word(&value["snapshot"]),
        member: word(&value["member"]),
        metric: text(&value["metric"]),
        first_day: signed(&value["firstDay"]),
        last_day: signed(&value["lastDay"]),
        digest: word(&value["digest"]),
        challenge_until: number(&value["challengeUntil"]),
        salt: word(&value["salt"]),
    }
}

fn proposal(value: &Value) -> ProposalV1 {
    ProposalV1 {
        namespace: word(&value["ns"]),
        proposal: word(&value["proposal"]),
        text: word(&value["text"]),
        options: word(&value["options"]),
        actions: word(&value["actions"]),
        rule: word(&value["rule"]),
        roll: word(&value["roll"]),
        roll_count: number(&value["rollCount"]),
        roll_weight: number(&value["rollWeight"]),
        opens_at: number(&value["opensAt"]),
        closes_at: number(&value["closesAt"]),
        secrecy: number(&value["secrecy"]),
        salt: word(&value["salt"]),
    }
}

fn ballot(value: &Value) -> BallotV1 {
    BallotV1 {
        namespace: word(&value["ns"]),
        proposal: word(&value["proposal"]),
        proposal_hash: word(&value["proposalHash"]),
        voter: word(&value["voter"]),
        revision: number(&value["revision"]),
        options: numbers(&value["options"]),
        points: numbers(&value["points"]),
        reason: word(&value["reason"]),
        salt: word(&value["salt"]),
    }
}

fn tally(value: &Value) -> TallyV1 {
    TallyV1 {
        namespace: word(&value["ns"]),
        proposal: word(&value["proposal"]),
        proposal_hash: word(&value["proposalHash"]),
        roll: word(&value["roll"]),
        ballots: word(&value["ballots"]),
        ballot_count: number(&value["ballotCount"]),
        weight: number(&value["weight"]),
        counts: numbers(&value["counts"]),
        outcome: number(&value["outcome"]),
        log_from: number(&value["logFrom"]),
        log_to: number(&value["logTo"]),
        delegations: word(&value["delegations"]),
        certificate: word(&value["certificate"]),
        scale: number(&value["scale"]),
        salt: word(&value["salt"]),
    }
}

fn rule(value: &Value) -> RuleV1 {
    RuleV1 {
        namespace: word(&value["ns"]),
        method: text(&value["method"]),
        seats: number(&value["seats"]),
        tie: number(&value["tie"]),
        parameters: numbers(&value["parameters"]),
        quorum_counts: number(&value["quorumCounts"]),
        quorum_base: number(&value["quorumBase"]),
        quorum_share: number(&value["quorumShare"]),
        quorum_whole: number(&value["quorumWhole"]),
        majority_base: number(&value["majorityBase"]),
        majority_share: number(&value["majorityShare"]),
        majority_whole: number(&value["majorityWhole"]),
        majority_strict: value["majorityStrict"].as_bool().unwrap(),
        majority_min: number(&value["majorityMin"]),
        conditions: words(&value["conditions"]),
        ballots_final: value["ballotsFinal"].as_bool().unwrap(),
        early: value["early"].as_bool().unwrap(),
        late_quorum_seconds: number(&value["lateQuorumSeconds"]),
        notice_seconds: number(&value["noticeSeconds"]),
        carried_max: number(&value["carriedMax"]),
        salt: word(&value["salt"]),
    }
}

fn condition(value: &Value) -> ConditionV1 {
    ConditionV1 {
        answer: number(&value["answer"]),
        bound: number(&value["bound"]),
        base: number(&value["base"]),
        share: number(&value["share"]),
        whole: number(&value["whole"]),
    }
}

fn kind(value: &Value) -> KindV1 {
    KindV1 {
        kind: text(&value["kind"]),
        rule: word(&value["rule"]),
        discussion_seconds: number(&value["discussionSeconds"]),
        voting_seconds_min: number(&value["votingSecondsMin"]),
        voting_seconds_max: number(&value["votingSecondsMax"]),
        close_when_all_voted: value["closeWhenAllVoted"].as_bool().unwrap(),
        sponsors: number(&value["sponsors"]),
        objection_seconds: number(&value["objectionSeconds"]),
        objectors: number(&value["objectors"]),
        timelock_seconds: number(&value["timelockSeconds"]),
        execution_seconds: number(&value["executionSeconds"]),
    }
}

fn action(value: &Value) -> ActionV1 {
    ActionV1 {
        namespace: word(&value["ns"]),
        option: number(&value["option"]),
        action: text(&value["action"]),
        version: number(&value["version"]),
        subject: word(&value["subject"]),
        facts: words(&value["facts"]),
    }
}

fn bylaws(value: &Value) -> BylawsV1 {
    BylawsV1 {
        namespace: word(&value["ns"]),
        version: number(&value["version"]),
        kinds: words(&value["kinds"]),
        admission: number(&value["admission"]),
        adopted_at: number(&value["adoptedAt"]),
        salt: word(&value["salt"]),
    }
}

fn key_registration(value: &Value) -> KeyRegistrationV1 {
    KeyRegistrationV1 {
        namespace: word(&value["ns"]),
        member: word(&value["member"]),
        kind: number(&value["kind"]),
        public_key: word(&value["publicKey"]),
        salt: word(&value["salt"]),
    }
}

fn receipt(value: &Value) -> ReceiptV1 {
    ReceiptV1 {
        namespace: word(&value["ns"]),
        subject: word(&value["subject"]),
        record_hash: word(&value["recordHash"]),
        sequence: number(&value["sequence"]),
        at: number(&value["at"]),
        salt: word(&value["salt"]),
    }
}

fn delegation(value: &Value) -> DelegationV1 {
    DelegationV1 {
        namespace: word(&value["ns"]),
        truster: word(&value["truster"]),
        trustee: word(&value["trustee"]),
        scope_kind: number(&value["scopeKind"]),
        scope: word(&value["scope"]),
        valid_until: number(&value["validUntil"]),
        revision: number(&value["revision"]),
        salt: word(&value["salt"]),
    }
}

fn proxy_ballot(value: &Value) -> ProxyBallotV1 {
    ProxyBallotV1 {
        namespace: word(&value["ns"]),
        proposal: word(&value["proposal"]),
        proposal_hash: word(&value["proposalHash"]),
        holder: word(&value["holder"]),
        member: word(&value["member"]),
        revision: number(&value["revision"]),
        options: numbers(&value["options"]),
        points: numbers(&value["points"]),
        salt: word(&value["salt"]),
    }
}

fn event(value: &Value) -> EventV1 {
    EventV1 {
        namespace: word(&value["ns"]),
        kind: number(&value["kind"]),
        subject: word(&value["subject"]),
        payload: word(&value["payload"]),
        at: number(&value["at"]),
        salt: word(&value["salt"]),
    }
}
