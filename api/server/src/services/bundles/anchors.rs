//! The anchors of a bundle: for each of a decision's two records the first anchor that covers it, with the proof that it does.

use governance::hash::{Hash32, to_hex};
use governance::id::ProposalId;
use governance::merkle::{Tree, batch_leaf};
use governance::record::tag;
use store::CoopTx;
use store::decision::evidence::{
    CoveringAnchorRow, SubjectRecordRow, anchor_covering, record_leaves_up_to, records_of_subject,
};
use wire::bundle::{AnchorLine, BundleProof, Named};

use super::BundleFault;
use crate::services::decision_rows::{RowDamage, number, word};

/// The lines, in the order of the anchors; none where no anchor was sealed since.
///
/// # Errors
/// If the database fails or a row is damaged.
pub(super) async fn anchor_lines(tx: &mut CoopTx, proposal: ProposalId) -> Result<Vec<AnchorLine>, BundleFault> {
    let mut lines: Vec<AnchorLine> = Vec::new();
    let mut tree: Option<(i64, Tree)> = None;
    for record in records_of_subject(tx, proposal.word()).await? {
        let Some(anchor) = anchor_covering(tx, record.sequence).await? else {
            continue;
        };
        // Records ascend, so their anchors do; both stand in one where it was the first to cover both.
        let known = match tree.take() {
            Some((size, known)) if size == anchor.size => known,
            Some(_) | None => tree_of(tx, anchor.size).await?,
        };
        let proof = proof(&known, &record, proposal)?;
        tree = Some((anchor.size, known));
        let seq: u64 = number(anchor.seq, "seq")?;
        match lines.last_mut() {
            Some(line) if line.seq == seq => line.proofs.push(proof),
            Some(_) | None => lines.push(anchor_line(&anchor, proof)?),
        }
    }
    Ok(lines)
}

async fn tree_of(tx: &mut CoopTx, size: i64) -> Result<Tree, BundleFault> {
    let leaves = record_leaves_up_to(tx, size)
        .await?
        .iter()
        .map(|leaf| {
            Ok(batch_leaf(
                word(&leaf.tag, "tag")?,
                word(&leaf.subject, "subject")?,
                word(&leaf.record_hash, "record_hash")?,
            ))
        })
        .collect::<Result<Vec<Hash32>, RowDamage>>()?;
    Ok(Tree::new(leaves))
}

fn proof(tree: &Tree, record: &SubjectRecordRow, proposal: ProposalId) -> Result<BundleProof, RowDamage> {
    let record_hash = word(&record.record_hash, "record_hash")?;
    let leaf = batch_leaf(tag(&record.kind), proposal.word(), record_hash);
    Ok(BundleProof {
        tag: record.kind.clone(),
        subject: proposal.word(),
        record_hash,
        sequence: number(record.sequence, "sequence")?,
        siblings: tree.proof(leaf).ok_or(RowDamage("record_hash"))?,
    })
}

fn anchor_line(anchor: &CoveringAnchorRow, proof: BundleProof) -> Result<AnchorLine, RowDamage> {
    Ok(AnchorLine {
        section: Named,
        seq: number(anchor.seq, "seq")?,
        size: number(anchor.size, "size")?,
        root: word(&anchor.root, "root")?,
        prev: word(&anchor.prev, "prev")?,
        link: word(&anchor.expected, "expected")?,
        chain_id: number(anchor.chain_id, "chain_id")?,
        contract: to_hex(&anchor.contract),
        block_number: anchor
            .block_number
            .map(|block| number(block, "block_number"))
            .transpose()?,
        block_hash: anchor
            .block_hash
            .as_deref()
            .map(|hash| word(hash, "block_hash"))
            .transpose()?,
        state: anchor.state.clone(),
        proofs: vec![proof],
    })
}
