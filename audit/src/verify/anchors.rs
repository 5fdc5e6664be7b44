//! The anchors: each link follows from the one before, and their roots hold the proposal and the tally.

use governance::hash::{Hash32, from_hex, keccak256, keccak256_words};
use governance::merkle::{batch_leaf, verify};
use governance::record::{Record, tag};
use wire::bundle::{AnchorLine, BundleProof, Section, TallyLine};

use super::header::Header;
use super::question::Question;
use crate::report::{At, Ledger};

/// The two records that a decision is proved by.
const PROPOSAL: &str = "ProposalV1";
const TALLY: &str = "TallyV1";

/// An anchor, as the chain is asked about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchored {
    pub(crate) line: u64,
    pub(crate) seq: u64,
    pub(crate) link: Hash32,
    /// Whether its root holds the proposal, or the tally.
    pub(crate) holds_proposal: bool,
    pub(crate) holds_tally: bool,
    /// Whether anything is said to be proved by it.
    pub(crate) has_proof: bool,
    /// The block that is said to hold it.
    pub(crate) block: Option<(u64, Hash32)>,
}

/// The anchors, as far as they were read.
#[derive(Default)]
pub(super) struct Anchors {
    list: Vec<Anchored>,
    last: Option<AnchorLine>,
    /// The hashes that proofs were made for, to be compared once the records are known.
    proved: Vec<(u64, bool, Hash32, Hash32)>,
}

const LINKS: &str = "links are hashed as the contract hashes them";
const CHAINED: &str = "each anchor follows the one before";
const PROOFS: &str = "roots hold the records they are said to hold";

impl Anchors {
    pub(super) fn anchored(&self) -> &[Anchored] {
        &self.list
    }

    pub(super) fn take(&mut self, ledger: &mut Ledger, at: At, line: AnchorLine, header: Option<&Header>) {
        if let Some(header) = header {
            let link = link_hash(&line, header.line.namespace);
            ledger.hold(at, LINKS, link == Some(line.link), || {
                "the link is not the hash of this anchor's numbers".to_owned()
            });
            let domain = header
                .domain
                .chain
                .map(|chain| (chain.chain_id, chain.contract.to_vec()));
            let own = from_hex(&line.contract).map(|contract| (line.chain_id, contract));
            ledger.hold(
                at,
                "anchors are in the contract that ballots name",
                domain == own,
                || "the chain or the contract is not the header's".to_owned(),
            );
        }
        self.check_order(ledger, at, &line);
        let mut anchored = Anchored {
            line: at.line.unwrap_or_default(),
            seq: line.seq,
            link: line.link,
            holds_proposal: false,
            holds_tally: false,
            has_proof: !line.proofs.is_empty(),
            block: line.block_number.zip(line.block_hash),
        };
        for proof in &line.proofs {
            self.check_proof(ledger, at, &line, proof, &mut anchored);
        }
        self.list.push(anchored);
        self.last = Some(AnchorLine {
            proofs: Vec::new(),
            ..line
        });
    }

    fn check_order(&mut self, ledger: &mut Ledger, at: At, line: &AnchorLine) {
        let (seq, size, prev) = self
            .last
            .as_ref()
            .map_or((0, 0, Hash32::ZERO), |last| (last.seq, last.size, last.link));
        ledger.hold(at, CHAINED, line.seq > seq && line.size >= size, || {
            format!(
                "anchor {} over {} records comes after {seq} over {size}",
                line.seq, line.size
            )
        });
        // Anchors in between may be left out; where none is, the link before must be this one's `prev`.
        if line.seq == seq.saturating_add(1) {
            ledger.hold(at, CHAINED, line.prev == prev, || {
                format!("prev is not the link of anchor {seq}")
            });
        }
    }

    fn check_proof(
        &mut self,
        ledger: &mut Ledger,
        at: At,
        line: &AnchorLine,
        proof: &BundleProof,
        anchored: &mut Anchored,
    ) {
        let leaf = batch_leaf(tag(&proof.tag), proof.subject, proof.record_hash);
        let holds = verify(line.root, leaf, &proof.siblings) && proof.sequence <= line.size;
        ledger.hold(at, PROOFS, holds, || {
            format!(
                "the root of anchor {} does not hold the {} it should",
                line.seq, proof.tag
            )
        });
        let is_tally = proof.tag == TALLY;
        if is_tally || proof.tag == PROPOSAL {
            anchored.holds_tally |= is_tally && holds;
            anchored.holds_proposal |= !is_tally && holds;
            let number = at.line.unwrap_or_default();
            self.proved.push((number, is_tally, proof.subject, proof.record_hash));
        }
    }

    /// Compares what was proved with the records of this bundle.
    pub(super) fn finish(&mut self, ledger: &mut Ledger, question: Option<&Question>, tally: Option<&TallyLine>) {
        const WHAT: &str = "anchored records are those of this bundle";
        for (line, is_tally, subject, hash) in &self.proved {
            let at = At::section(Section::Anchor).line(*line);
            let expected = if *is_tally {
                tally.map(|tally| (tally.record.proposal, tally.record.struct_hash()))
            } else {
                question.map(|question| (question.line.record.proposal, question.hash))
            };
            if let Some(expected) = expected {
                ledger.hold(at, WHAT, (*subject, *hash) == expected, || {
                    let name = if *is_tally { "tally" } else { "proposal" };
                    format!("the anchored {name} is not the one in this bundle")
                });
            }
        }
    }
}

/// `keccak256(abi.encode(LINK, chainid, contract, ns, seq, size, root, prev))`, as contracts/src/RochdaleAnchor.sol computes it.
fn link_hash(line: &AnchorLine, namespace: Hash32) -> Option<Hash32> {
    let contract = from_hex(&line.contract).filter(|bytes| bytes.len() == 20)?;
    let number = |value: u64| Hash32::from_u128(u128::from(value));
    Some(keccak256_words(&[
        keccak256(b"RochdaleAnchor.Link.V1"),
        number(line.chain_id),
        Hash32::left_padded(&contract),
        namespace,
        number(line.seq),
        number(line.size),
        line.root,
        line.prev,
    ]))
}
