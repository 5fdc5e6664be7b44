//! The receipt file of a member: what proves one ballot, from the roll to the count, for its holder alone.
//!
//! Two trees are built for it, that of the roll and, once there is a result, that of the counted ballots: as much work as reading
//! their rows once.

use governance::hash::Hash32;
use governance::id::{CoopId, MemberId, ProposalId};
use governance::merkle::Tree;
use governance::record::{BallotV1, Record as _};
use governance::roll::{RollEntry, ballot_leaf, roll_leaf};
use store::CoopTx;
use store::coop::coop_get;
use store::decision::ballot::ballot_last_of_member;
use store::decision::proposal::ProposalRow;
use store::decision::roll::roll_member;
use store::decision::tally::tally_read;
use wire::bundle::BundleKey;
use wire::bundle::member_receipt::{RECEIPT_FORMAT, ReceiptAcknowledgement, ReceiptFile, ReceiptResult, ReceiptRoll};
use wire::decision::TallyRecord;
use wire::problem::ProblemKind;

use crate::app::App;
use crate::problem::Problem;
use crate::services::counted::{Cast, counted_ballots};
use crate::services::decision_rows::{Frozen, RowDamage, ballot_record, domain, frozen, proposal_record, word};
use crate::services::log::receipts;
use crate::services::proposals::{Asking, visible};
use crate::services::results::my_ballot;
use crate::services::rolls::RollReader;

/// Members of the roll that are read at once.
const ROLL_PAGE: i64 = 2_000;

/// The file, and under which name to save it.
pub struct MemberReceipt {
    /// The file.
    pub file: ReceiptFile,
    /// `<co-op>-receipt-<first digits of the ballot's record hash>.json`.
    pub name: String,
}

/// What is read of the tally.
struct Decided {
    record: TallyRecord,
    counted: Vec<Cast>,
}

/// The receipt file of the caller's last ballot.
///
/// # Errors
/// 404 where the member sees no such proposal or cast no ballot in it.
pub async fn member_receipt(app: &App, asking: Asking, proposal: ProposalId) -> Result<MemberReceipt, Problem> {
    let mut tx = app.store.coop_tx("member_receipt", asking.coop).await?;
    let row = visible(&mut tx, asking, proposal).await?;
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let own = ballot_last_of_member(&mut tx, proposal, asking.member).await?;
    let own = own.ok_or_else(no_ballot)?;
    let frozen = frozen(&row)?.ok_or(RowDamage("record_hash"))?;
    let place = roll_member(&mut tx, proposal, asking.member).await?;
    let voter = place.ok_or(RowDamage("member_id"))?.voter();
    let roll = roll(&mut tx, (&row, MemberId::from_uuid(voter)), &frozen).await?;
    let decided = decided(&mut tx, (&row, &frozen)).await?;
    tx.commit().await?;

    let namespace = domain(&coop)?.namespace;
    let ballot = ballot_record(&row, (voter, &own), namespace)?;
    let record_hash = word(&own.record_hash, "record_hash")?;
    let stored = my_ballot(&app.secrets, namespace, proposal, &own)?.receipt;
    let file = ReceiptFile {
        format: RECEIPT_FORMAT.to_owned(),
        proposal: proposal_record(&row, namespace, &frozen)?,
        result: result(app, asking.coop, &ballot, decided).await?,
        ballot,
        roll,
        acknowledgement: ReceiptAcknowledgement {
            receipt: stored.receipt,
            receipt_signature: stored.receipt_signature,
            server_key: stored.server_key,
        },
        log: receipts::state(app, asking.coop, record_hash).await?,
    };
    let digits = hex::encode(record_hash.as_bytes());
    let name = format!("{}-receipt-{}.json", coop.slug, digits.get(..12).unwrap_or_default());
    Ok(MemberReceipt { file, name })
}

fn no_ballot() -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        "You cast no ballot here, so there is no receipt. Cast one while voting is open.",
    )
}

/// The member's entry, and what leads from it to the root of the roll.
async fn roll(
    tx: &mut CoopTx,
    (row, voter): (&ProposalRow, MemberId),
    frozen: &Frozen,
) -> Result<ReceiptRoll, Problem> {
    let proposal = ProposalId::from_uuid(row.id);
    let (mut leaves, mut own) = (Vec::new(), None);
    let mut reader = RollReader::new(row, ROLL_PAGE)?;
    loop {
        let entries = reader.next(tx).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let leaf = roll_leaf(proposal.word(), &entry);
            leaves.push(leaf);
            if entry.voter == voter.word() {
                own = Some((entry, leaf));
            }
        }
    }
    let (entry, leaf) = own.ok_or(RowDamage("member_id"))?;
    let tree = in_background(move || Tree::new(leaves)).await?;
    if tree.root() != frozen.roll_root {
        return Err(RowDamage("roll_root").into());
    }
    let proof = tree.proof(leaf).ok_or(RowDamage("roll_root"))?;
    Ok(roll_of(entry, proof))
}

fn roll_of(entry: RollEntry, proof: Vec<Hash32>) -> ReceiptRoll {
    ReceiptRoll {
        voter: entry.voter,
        weight: entry.weight,
        keys: entry.keys.into_iter().map(BundleKey::from).collect(),
        proof,
    }
}

async fn decided(tx: &mut CoopTx, (row, frozen): (&ProposalRow, &Frozen)) -> Result<Option<Decided>, Problem> {
    let Some(tally) = tally_read(tx, ProposalId::from_uuid(row.id)).await? else {
        return Ok(None);
    };
    Ok(Some(Decided {
        record: serde_json::from_value(tally.record).map_err(|_| RowDamage("record"))?,
        counted: counted_ballots(tx, (row, frozen)).await.map_err(Problem::internal)?,
    }))
}

async fn result(
    app: &App,
    coop: CoopId,
    ballot: &BallotV1,
    decided: Option<Decided>,
) -> Result<ReceiptResult, Problem> {
    let Some(Decided { record, counted }) = decided else {
        return Ok(ReceiptResult::Pending {});
    };
    let tally = record.0;
    let log = receipts::state(app, coop, tally.struct_hash()).await?;
    let own = ballot.struct_hash();
    let leaf = |cast: &Cast| ballot_leaf(ballot.proposal, cast.voter, cast.record_hash, cast.weight);
    let Some(cast) = counted.iter().find(|cast| cast.record_hash == own) else {
        return Ok(ReceiptResult::Superseded { tally, log });
    };
    let (own, weight) = (leaf(cast), cast.weight);
    let leaves: Vec<Hash32> = counted.iter().map(leaf).collect();
    let tree = in_background(move || Tree::new(leaves)).await?;
    if tree.root() != tally.ballots {
        return Err(RowDamage("ballots").into());
    }
    Ok(ReceiptResult::Counted {
        proof: tree.proof(own).ok_or(RowDamage("ballots"))?,
        weight,
        tally,
        log,
    })
}

/// Building a large tree takes a while; other requests of this thread need not wait for it.
async fn in_background(build: impl FnOnce() -> Tree + Send + 'static) -> Result<Tree, Problem> {
    tokio::task::spawn_blocking(build).await.map_err(Problem::internal)
}
