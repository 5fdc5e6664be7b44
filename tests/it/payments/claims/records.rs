//! A root is a record of the co-op, and under an anchor before anybody submits it.

use audit::ClaimsRecordRefusal;
use chain::{AnchorItem, link_hash};
use governance::hash::Hash32;
use governance::id::PaymentFileId;
use governance::ledger::ClaimSet;
use governance::merkle::{Tree, batch_leaf, verify};
use governance::record::tag;
use serde_json::Value;
use tests::app::TestApp;
use wire::decision::{AnchorAnswer, RecordAnswer};

use super::part;
use crate::payments::world::House;

/// What was released is a record of the co-op that the next anchor covers, and the list is what it is over.
pub async fn a_root_is_under_an_anchor_before_it_is_submitted(
    app: &TestApp,
    house: &House,
    released: &Value,
    list: &str,
) {
    let hash: Hash32 = part(released, "record")["record_hash"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut is_covered = false;
    for _ in 0..20 {
        app.work().await;
        is_covered = is_in_an_anchored_tree(house, released, hash).await;
        if is_covered {
            break;
        }
    }
    assert!(is_covered, "no anchor covers the root");
    let path = house.hall.path(&format!("receipts/{hash}"));
    let receipt = house
        .auditor
        .person
        .get(&path)
        .header("prefer", "wait=5")
        .send()
        .await
        .expect(200);
    let key = receipt["log_key"].as_str().unwrap().parse().unwrap();
    let report = audit::log::check_receipt(receipt.to_string().as_bytes(), &key, Some(hash));
    assert_eq!((report.status, report.record_type.as_deref()), (0, Some("ClaimRootV1")));
    let file = released.to_string();
    let set = ClaimSet::read_list(list).unwrap();
    assert_eq!(audit::claims_record(list, &set, file.as_bytes()), Ok(hash));
    for (what, other) in [
        ("another epoch", file.replacen("\"epoch\":1", "\"epoch\":2", 1)),
        (
            "another file",
            file.replace(released["id"].as_str().unwrap(), &house.hall.coop.to_string()),
        ),
        (
            "other statements",
            file.replace(
                part(released, "record")["statements"].as_str().unwrap(),
                &hash.to_string(),
            ),
        ),
    ] {
        let told = audit::claims_record(list, &set, other.as_bytes());
        assert_eq!(told, Err(ClaimsRecordRefusal::OtherList), "{what}");
    }
    let longer = format!("{list}\n");
    assert_eq!(
        audit::claims_record(&longer, &set, file.as_bytes()),
        Err(ClaimsRecordRefusal::OtherList)
    );
}

/// Whether an anchor covers the record of a root: whoever has the records builds the tree of which the chain has the root, by what the auditor's
/// program checks proofs with, and the record is a leaf of it. That the contract holds these links the checker of the tests looks at.
async fn is_in_an_anchored_tree(house: &House, released: &Value, hash: Hash32) -> bool {
    let records = house.get(&house.auditor, "records?limit=100").await.expect(200);
    assert_eq!(records["next_cursor"], Value::Null, "more records than one page has");
    let records: Vec<RecordAnswer> = serde_json::from_value(records["items"].clone()).unwrap();
    let leaf = |record: &RecordAnswer| batch_leaf(tag(&record.kind), record.subject, record.record_hash);
    let record = records.iter().find(|record| record.record_hash == hash).unwrap();
    let file: PaymentFileId = released["id"].as_str().unwrap().parse().unwrap();
    assert_eq!((&*record.kind, record.subject), ("ClaimRootV1", file.word()));
    let anchors = house.get(&house.auditor, "anchors").await.expect(200);
    let anchors: Vec<AnchorAnswer> = serde_json::from_value(anchors["items"].clone()).unwrap();
    let Some(anchor) = anchors.iter().find(|anchor| anchor.size >= record.sequence) else {
        return false;
    };
    let item = AnchorItem {
        namespace: anchor.namespace,
        seq: anchor.seq,
        size: anchor.size,
        prev: anchor.prev,
        root: anchor.root,
    };
    let contract = anchor.contract.parse().unwrap();
    assert_eq!(
        link_hash(anchor.chain_id, contract, &item),
        anchor.link,
        "the chain has this root"
    );
    let covered = records.iter().filter(|record| record.sequence <= anchor.size).map(leaf);
    let proof = Tree::new(covered.collect()).proof(leaf(record)).unwrap();
    assert!(
        verify(anchor.root, leaf(record), &proof),
        "the record is under the root"
    );
    let another = batch_leaf(tag("ClaimRootV1"), record.subject, record.subject);
    assert!(!verify(anchor.root, another, &proof), "and no other one in its place");
    true
}
