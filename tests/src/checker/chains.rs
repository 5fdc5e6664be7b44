//! Anchors: one after the other in the rows and on the chain, final where they say so, and nothing sent that was not stored.

use std::collections::{BTreeMap, BTreeSet};

use chain::{Address, AnchorItem, Block, BlockTag, Chain, ChainFault, Head, MemoryChain, Place, RpcChain, link_hash};
use governance::hash::{Hash32, keccak256};
use governance::id::CoopId;
use governance::merkle::{batch_leaf, root};
use governance::record::namespace_on_chain;
use serde_json::json;
use uuid::Uuid;

use super::rows::{AnchorBatch, Bytes, Coop, Rows};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "17c",
        anchors_are_a_chain_without_a_gap,
        "Anchors are numbered from the opening, each names the link before it and commits to the records it covers."
    ),
    invariant!(
        "17d",
        the_chain_holds_the_same_anchors,
        "The contract holds exactly one link for each number, the one of the row, and no link without a row."
    ),
    invariant!(
        "17e",
        everything_recorded_is_anchored,
        "Once nothing is left to do, a final anchor covers every record of an anchored co-op."
    ),
    invariant!(
        "18",
        a_final_anchor_is_final,
        "A final anchor is held by the contract in the block it names, and that block cannot be replaced."
    ),
    invariant!(
        "19a",
        a_transaction_number_is_used_once,
        "No two anchors of an account go out under one transaction number."
    ),
    invariant!(
        "19b",
        nothing_was_sent_that_was_not_stored,
        "Every transaction of the account that the chain knows was stored before, byte for byte."
    ),
];

/// The most blocks looked through; a test's chain is far shorter.
const BLOCKS_MAX: u64 = 20_000;

/// What a chain says about one co-op.
#[derive(Debug, Clone, Default)]
pub struct OnChain {
    /// Where it stands.
    pub head: Head,
    /// Every link from number 1 to the head, in order.
    pub links: Vec<Hash32>,
}

/// Whether a block that an anchor names is on the branch the node follows, and which link the contract holds there.
#[derive(Debug, Clone, Copy)]
pub struct InBlock {
    /// Whether the block is still there.
    pub is_canonical: bool,
    /// The link.
    pub link: Hash32,
}

/// What a chain says.
#[derive(Debug, Clone, Default)]
pub struct ChainEvidence {
    /// The newest block that cannot be replaced.
    pub finalized: u64,
    /// Each co-op.
    pub coops: BTreeMap<Uuid, OnChain>,
    /// Each final anchor in its block.
    pub finals: BTreeMap<(Uuid, u64), InBlock>,
    /// The hash of every transaction to the contract, waiting or mined.
    pub transactions: Vec<Hash32>,
}

/// A chain that can be looked at.
#[derive(Clone)]
pub enum Source {
    /// In memory.
    Memory(std::sync::Arc<MemoryChain>),
    /// A node.
    Node(RpcChain),
}

impl Source {
    fn chain(&self) -> &dyn Chain {
        match self {
            Self::Memory(chain) => chain.as_ref(),
            Self::Node(chain) => chain,
        }
    }
}

impl ChainEvidence {
    /// Asks the chain about every co-op that it anchors.
    ///
    /// # Errors
    /// If it does not answer.
    pub async fn read(source: &Source, rows: &Rows) -> Result<Self, ChainFault> {
        let chain = source.chain();
        let latest = block(chain, BlockTag::Latest).await?;
        let finalized = block(chain, BlockTag::Finalized).await?;
        let mut evidence = Self {
            finalized: finalized.reference.number,
            ..Self::default()
        };
        for coop in &rows.coop {
            let Some(place) = place(coop) else { continue };
            let head = chain.head(place, latest.reference.hash).await?;
            let mut links = Vec::new();
            for seq in 1..=head.seq {
                links.push(chain.link(place, seq, latest.reference.hash).await?);
            }
            evidence.coops.insert(coop.id, OnChain { head, links });
            let batches = rows.anchor_batch.iter().filter(|batch| batch.coop_id == coop.id);
            for batch in batches.filter(|batch| batch.state == "final") {
                let seen = in_block(chain, place, batch).await?;
                evidence.finals.insert((coop.id, batch.seq), seen);
            }
        }
        evidence.transactions = match source {
            Source::Memory(memory) => transactions_in_memory(memory).await?,
            Source::Node(node) => transactions_of_node(node, rows, latest.reference.number).await?,
        };
        Ok(evidence)
    }
}

async fn block(chain: &dyn Chain, tag: BlockTag) -> Result<Block, ChainFault> {
    chain.block(tag).await?.ok_or_else(|| ChainFault::Malformed {
        method: "eth_getBlockByNumber",
        reason: format!("no block {tag:?}"),
    })
}

fn place(coop: &Coop) -> Option<Place> {
    Some(Place {
        contract: address(coop.contract.as_ref()?)?,
        namespace: coop.namespace.word(),
    })
}

fn address(bytes: &Bytes) -> Option<Address> {
    bytes.0.as_slice().try_into().ok().map(Address::from_bytes)
}

async fn in_block(chain: &dyn Chain, place: Place, batch: &AnchorBatch) -> Result<InBlock, ChainFault> {
    let number = batch.block_number.unwrap_or_default();
    let hash = batch.block_hash.as_ref().map(Bytes::word).unwrap_or_default();
    let there = chain.block(BlockTag::Number(number)).await?;
    let is_canonical = there.is_some_and(|block| block.reference.hash == hash);
    let link = if is_canonical && batch.seq > 0 {
        chain.link(place, batch.seq, hash).await?
    } else {
        Hash32::ZERO
    };
    Ok(InBlock { is_canonical, link })
}

/// Every transaction but those that created something, which is how the contract came to be.
async fn transactions_in_memory(chain: &MemoryChain) -> Result<Vec<Hash32>, ChainFault> {
    let mut transactions = Vec::new();
    for hash in chain.transactions() {
        let receipt = chain.receipt(hash).await?;
        if receipt.is_none_or(|receipt| receipt.created.is_none()) {
            transactions.push(hash);
        }
    }
    Ok(transactions)
}

/// Every mined transaction from an account that posts anchors to its contract.
async fn transactions_of_node(node: &RpcChain, rows: &Rows, latest: u64) -> Result<Vec<Hash32>, ChainFault> {
    let pairs: BTreeSet<(String, String)> = rows
        .anchor_batch
        .iter()
        .map(|batch| (hex::encode(&batch.poster.0), hex::encode(&batch.contract.0)))
        .map(|(poster, contract)| (format!("0x{poster}"), format!("0x{contract}")))
        .collect();
    let mut hashes = Vec::new();
    for number in 0..=latest.min(BLOCKS_MAX) {
        let block = node
            .request("eth_getBlockByNumber", json!([format!("{number:#x}"), true]))
            .await?;
        for transaction in block["transactions"].as_array().into_iter().flatten() {
            let text = |field: &str| transaction[field].as_str().unwrap_or_default().to_lowercase();
            if pairs.contains(&(text("from"), text("to"))) {
                hashes.push(text("hash").parse().unwrap_or_default());
            }
        }
    }
    Ok(hashes)
}

/// The batches of each co-op in order.
fn batches(rows: &Rows) -> BTreeMap<Uuid, Vec<&AnchorBatch>> {
    let mut batches: BTreeMap<Uuid, Vec<&AnchorBatch>> = BTreeMap::new();
    for batch in &rows.anchor_batch {
        batches.entry(batch.coop_id).or_default().push(batch);
    }
    for list in batches.values_mut() {
        list.sort_by_key(|batch| batch.seq);
    }
    batches
}

fn anchors_are_a_chain_without_a_gap(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for (coop, batches) in batches(&evidence.rows) {
        let mut prev = Hash32::ZERO;
        let mut size = 0;
        for (batch, seq) in batches.into_iter().zip(0u64..) {
            let is_next = batch.seq == seq && batch.prev.word() == prev && batch.size >= size;
            if !is_next || !commits(evidence, coop, batch) {
                found.push(format!(
                    "anchor {} of co-op {coop} does not follow the one before",
                    batch.seq
                ));
            }
            size = batch.size;
            if seq > 0 {
                prev = batch.expected.word();
            }
        }
    }
    found
}

/// Whether a batch is of its co-op and commits to the records it covers.
fn commits(evidence: &Evidence, coop: Uuid, batch: &AnchorBatch) -> bool {
    let id = CoopId::from_uuid(coop);
    let (Some(row), Some(contract), Some(poster)) = (
        evidence.rows.coop(coop),
        address(&batch.contract),
        address(&batch.poster),
    ) else {
        return false;
    };
    let namespace = namespace_on_chain(*poster.as_bytes(), id);
    if batch.namespace.word() != namespace || row.namespace.word() != namespace || row.chain_id != Some(batch.chain_id)
    {
        return false;
    }
    if batch.seq == 0 {
        return batch.size == 0 && batch.root.word() == id.word();
    }
    let records = evidence.rows.record.iter();
    let leaves: Vec<Hash32> = records
        .filter(|record| record.coop_id == coop && record.sequence <= batch.size)
        .map(|record| batch_leaf(record.tag.word(), record.subject.word(), record.record_hash.word()))
        .collect();
    let item = AnchorItem {
        namespace,
        seq: batch.seq,
        size: u64::try_from(batch.size).unwrap_or_default(),
        prev: batch.prev.word(),
        root: batch.root.word(),
    };
    i64::try_from(leaves.len()) == Ok(batch.size)
        && root(leaves) == item.root
        && batch.expected.word() == link_hash(batch.chain_id, contract, &item)
}

fn the_chain_holds_the_same_anchors(evidence: &Evidence) -> Vec<String> {
    let Some(chain) = &evidence.chain else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let batches = batches(&evidence.rows);
    for (coop, on_chain) in &chain.coops {
        let rows = batches.get(coop).map(Vec::as_slice).unwrap_or_default();
        let row = |seq: u64| rows.iter().find(|batch| batch.seq == seq);
        for (seq, link) in (1u64..).zip(&on_chain.links) {
            if row(seq).map(|batch| batch.expected.word()) != Some(*link) {
                found.push(format!("the contract holds another link {seq} of co-op {coop}"));
            }
        }
        let size = row(on_chain.head.seq).map_or(0, |batch| batch.size);
        if u64::try_from(size) != Ok(on_chain.head.size) {
            found.push(format!(
                "the contract's newest anchor of co-op {coop} covers another size"
            ));
        }
        let missing = rows
            .iter()
            .filter(|batch| batch.state == "final" && batch.seq > on_chain.head.seq);
        found.extend(missing.map(|batch| format!("final anchor {} of co-op {coop} is not on chain", batch.seq)));
    }
    found
}

fn everything_recorded_is_anchored(evidence: &Evidence) -> Vec<String> {
    if !evidence.is_quiet || evidence.chain.is_none() {
        return Vec::new();
    }
    let rows = &evidence.rows;
    let anchored = rows.coop.iter().filter(|coop| coop.chain_id.is_some());
    anchored
        .filter_map(|coop| {
            let head = rows.record_head.iter().find(|head| head.coop_id == coop.id)?.size;
            let covered = rows
                .anchor_batch
                .iter()
                .filter(|batch| batch.coop_id == coop.id && batch.state == "final")
                .map(|batch| batch.size)
                .max()
                .unwrap_or_default();
            (covered != head).then(|| format!("co-op {} has {head} records, {covered} are anchored", coop.id))
        })
        .collect()
}

fn a_final_anchor_is_final(evidence: &Evidence) -> Vec<String> {
    let Some(chain) = &evidence.chain else {
        return Vec::new();
    };
    let finals = evidence.rows.anchor_batch.iter().filter(|batch| batch.state == "final");
    finals
        .filter_map(|batch| {
            let wrong = match chain.finals.get(&(batch.coop_id, batch.seq)) {
                None => "was not looked at",
                Some(seen) if !seen.is_canonical => "names a block that is not there",
                Some(seen) if batch.seq > 0 && seen.link != batch.expected.word() => "is not in the block it names",
                Some(_) if batch.block_number > Some(chain.finalized) => "names a block that can still be replaced",
                Some(_) => return None,
            };
            Some(format!("anchor {} of co-op {} {wrong}", batch.seq, batch.coop_id))
        })
        .collect()
}

fn a_transaction_number_is_used_once(evidence: &Evidence) -> Vec<String> {
    let mut taken: BTreeMap<(u64, &Bytes, u64), usize> = BTreeMap::new();
    for batch in &evidence.rows.anchor_batch {
        if let Some(nonce) = batch.current_nonce {
            *taken.entry((batch.chain_id, &batch.poster, nonce)).or_default() += 1;
        }
    }
    taken
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|((_, poster, nonce), count)| format!("{count} anchors use number {nonce} of {poster:?}"))
        .collect()
}

fn nothing_was_sent_that_was_not_stored(evidence: &Evidence) -> Vec<String> {
    let attempts = &evidence.rows.anchor_attempt;
    let mut found: Vec<String> = attempts
        .iter()
        .filter(|attempt| keccak256(&attempt.raw.0) != attempt.hash.word())
        .map(|attempt| format!("an attempt for anchor {} has the hash of other bytes", attempt.seq))
        .collect();
    let stored: BTreeSet<Hash32> = attempts.iter().map(|attempt| attempt.hash.word()).collect();
    let sent = evidence.chain.iter().flat_map(|chain| &chain.transactions);
    found.extend(
        sent.filter(|hash| !stored.contains(hash))
            .map(|hash| format!("the chain knows transaction {hash}, the rows do not")),
    );
    found
}
