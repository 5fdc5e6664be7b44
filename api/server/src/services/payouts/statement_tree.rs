//! The tree over the statements of a cycle: built when it is verified, named by the cycle's record, and read for one proof after the other.

use std::collections::{BTreeMap, BTreeSet};

use governance::hash::Hash32;
use governance::id::PayoutCycleId;
use governance::log::proof::inclusion_plan;
use governance::log::tile::{Tile, TileBuilder, TileFile, TileHashes, TileKind, TileReader};
use governance::record::{PayoutV1, Record as _};
use governance::revenue::{Computed, Payment, StatementHead};
use store::CoopTx;
use store::coop::coop_get;
use store::record::{NewRecord, RecordKind, record_append};
use store::revenue::{CycleRow, StatementTile, StatementsRow, cycle_sums, statement_tiles, statements_get};

use super::{digest, not_so};
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, domain};

/// How often tiles that are full leave the builder, in statements: it holds no more of them meanwhile.
const FULL_EVERY: usize = 65_536;

/// What the statements of a cycle have in common.
///
/// # Errors
/// If the database fails.
pub async fn head(tx: &mut CoopTx, cycle: PayoutCycleId, secret: Hash32) -> Result<StatementHead, Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    Ok(StatementHead {
        namespace: domain(&coop)?.namespace,
        cycle: cycle.word(),
        secret,
    })
}

/// A tree that can be stored.
pub struct Tree {
    /// The root.
    pub root: Hash32,
    /// Its hashes.
    pub tiles: Vec<StatementTile>,
}

/// Builds the tree over what each member gets.
#[must_use]
pub fn build(head: &StatementHead, computed: &Computed, payments: &[Payment]) -> Tree {
    let mut builder = TileBuilder::new();
    let mut tiles = Vec::new();
    for (place, entry) in head.entries(computed, payments).enumerate() {
        builder.push(entry);
        if place % FULL_EVERY == 0 {
            tiles.extend(
                builder
                    .take_full_files()
                    .into_iter()
                    .filter_map(|file| stored(file, payments)),
            );
        }
    }
    let root = builder.root();
    tiles.extend(
        builder
            .take_files()
            .into_iter()
            .filter_map(|file| stored(file, payments)),
    );
    Tree { root, tiles }
}

/// A file of hashes as a row; `None` for entries, which follow from the rows of the cycle.
fn stored(file: TileFile, payments: &[Payment]) -> Option<StatementTile> {
    let TileKind::Hashes { level } = file.tile.kind() else {
        return None;
    };
    let first = || payments.get(usize::try_from(file.tile.first_item()).ok()?);
    Some(StatementTile {
        level: i16::from(level),
        number: i64::try_from(file.tile.index()).ok()?,
        first_member: if level == 0 { Some(first()?.member.uuid()) } else { None },
        hashes: file.bytes,
    })
}

/// The tree of a cycle as it is stored.
///
/// # Errors
/// 409 where it was verified before statements were written.
pub async fn of(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<StatementsRow, Problem> {
    statements_get(tx, cycle).await?.ok_or_else(|| {
        not_so("This cycle was verified by a program that wrote no statements. Cancel it, and prepare it again.")
    })
}

/// The record of a cycle.
///
/// # Errors
/// If a row does not hold what it must.
pub async fn record(tx: &mut CoopTx, row: &CycleRow, tree: &StatementsRow) -> Result<PayoutV1, Problem> {
    let id = PayoutCycleId::from_uuid(row.id);
    let head = head(tx, id, digest(&tree.secret)?).await?;
    let paid = cycle_sums(tx, id).await?.paid;
    let word = |bytes: &Option<Vec<u8>>| digest(bytes.as_deref().unwrap_or_default());
    Ok(PayoutV1 {
        namespace: head.namespace,
        cycle: head.cycle,
        period: row.period.clone(),
        currency: row.currency.clone(),
        ruleset: digest(&row.rule_hash)?,
        digest: word(&row.digest)?,
        payout_digest: word(&row.payout_digest)?,
        statements: digest(&tree.root)?,
        members: u64::try_from(row.members.unwrap_or_default()).map_err(|_| RowDamage("members"))?,
        total: paid.parse().map_err(|_| RowDamage("sum"))?,
        salt: head.payout_salt(),
    })
}

/// Adds the record of a cycle that is posted now.
///
/// # Errors
/// 409 where it has no statements.
pub async fn append(tx: &mut CoopTx, row: &CycleRow) -> Result<(), Problem> {
    let tree = of(tx, PayoutCycleId::from_uuid(row.id)).await?;
    let record = record(tx, row, &tree).await?;
    let new = NewRecord {
        kind: RecordKind::Payout,
        subject: record.cycle,
        record_hash: record.struct_hash(),
    };
    record_append(tx, new).await?;
    Ok(())
}

/// Tiles that were read out of rows.
struct Rows(BTreeMap<(i16, i64), Vec<u8>>);

fn place(tile: Tile) -> Option<(i16, i64)> {
    match tile.kind() {
        TileKind::Hashes { level } => Some((i16::from(level), i64::try_from(tile.index()).ok()?)),
        TileKind::Entries => None,
    }
}

impl TileReader for Rows {
    /// It is not there.
    type Error = ();

    fn read_tile(&mut self, tile: Tile) -> Result<Vec<u8>, Self::Error> {
        let found = place(tile).and_then(|place| self.0.get(&place));
        found.cloned().ok_or(())
    }
}

/// What leads from a leaf of the tree of a cycle with so many members to its root.
///
/// # Errors
/// If the tree lacks the leaf, or the rows are damaged.
pub async fn inclusion(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    (index, size): (u64, u64),
) -> Result<Vec<Hash32>, Problem> {
    let plan = inclusion_plan(index, size).ok_or(RowDamage("members"))?;
    let wanted: BTreeSet<(i16, i64)> = plan
        .nodes()
        .filter_map(|node| Tile::under(node, size).and_then(place))
        .collect();
    let wanted: Vec<(i16, i64)> = wanted.into_iter().collect();
    let tiles = statement_tiles(tx, cycle, &wanted).await?;
    let rows = Rows(
        tiles
            .into_iter()
            .map(|tile| ((tile.level, tile.number), tile.hashes))
            .collect(),
    );
    plan.make(&mut TileHashes::new(rows, size)).map_err(Problem::internal)
}
