//! The trees over the statements of cycles.

use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{MemberId, PayoutCycleId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// How many tiles are written by one statement: two megabytes.
const TILES_AT_ONCE: usize = 256;

/// The tree of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct StatementsRow {
    /// The bytes from which salts follow.
    #[diesel(sql_type = Binary)]
    pub secret: Vec<u8>,
    /// The root.
    #[diesel(sql_type = Binary)]
    pub root: Vec<u8>,
}

/// A tile: up to 256 hashes of one level.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct StatementTile {
    /// Its level.
    #[diesel(sql_type = SmallInt)]
    pub level: i16,
    /// Its number, from 0.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// Of leaves: the member of the first.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub first_member: Option<Uuid>,
    /// The hashes, laid end to end.
    #[diesel(sql_type = Binary)]
    pub hashes: Vec<u8>,
}

/// Writes the tree of a computed cycle.
///
/// # Errors
/// If the database fails.
pub async fn statements_insert(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    (secret, root): (Hash32, Hash32),
    tiles: &[StatementTile],
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- statements_insert
        INSERT INTO payout_statements (coop_id, cycle_id, secret, root, recorded_by) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Binary, _>(secret.as_bytes().as_slice())
    .bind::<Binary, _>(root.as_bytes().as_slice())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    for tiles in tiles.chunks(TILES_AT_ONCE) {
        sql_query(
            "-- statements_insert, tiles
            INSERT INTO payout_statement_tile (coop_id, cycle_id, level, number, first_member, hashes)
            SELECT $1, $2, level, number, first_member, hashes FROM unnest($3, $4, $5, $6) AS new (level, number, first_member, hashes)",
        )
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(cycle.uuid())
        .bind::<Array<SmallInt>, _>(tiles.iter().map(|tile| tile.level).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(tiles.iter().map(|tile| tile.number).collect::<Vec<_>>())
        .bind::<Array<Nullable<SqlUuid>>, _>(tiles.iter().map(|tile| tile.first_member).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(tiles.iter().map(|tile| tile.hashes.as_slice()).collect::<Vec<_>>())
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// The tree of a cycle; `None` before it is verified.
///
/// # Errors
/// If the database fails.
pub async fn statements_get(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Option<StatementsRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query("-- statements_get\nSELECT secret, root FROM payout_statements WHERE coop_id = $1 AND cycle_id = $2")
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(cycle.uuid())
        .get_result(tx.connection())
        .await
        .optional()
        .map_err(StoreError::from)
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt)]
    place: i64,
}

/// Which leaf of a cycle's tree is the member's, from 0: no more rows are counted than one tile has leaves.
///
/// # Errors
/// If the database fails.
pub async fn statement_place(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    member: MemberId,
) -> Result<Option<i64>, StoreError> {
    let coop = tx.coop().uuid();
    let found: Option<Place> = sql_query(
        "-- statement_place
        SELECT tile.number * 256 + (SELECT count(*) FROM payout
            WHERE coop_id = $1 AND cycle_id = $2 AND member_id >= tile.first_member AND member_id < $3) AS place
        FROM payout_statement_tile AS tile
        WHERE tile.coop_id = $1 AND tile.cycle_id = $2 AND tile.level = 0 AND tile.first_member <= $3
        ORDER BY tile.first_member DESC LIMIT 1",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(found.map(|found| found.place))
}

/// Tiles of a cycle's tree, by level and number.
///
/// # Errors
/// If the database fails.
pub async fn statement_tiles(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    places: &[(i16, i64)],
) -> Result<Vec<StatementTile>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- statement_tiles
        SELECT tile.level, tile.number, tile.first_member, tile.hashes FROM unnest($3, $4) AS wanted (level, number)
        JOIN payout_statement_tile AS tile ON tile.coop_id = $1 AND tile.cycle_id = $2 AND tile.level = wanted.level
            AND tile.number = wanted.number",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Array<SmallInt>, _>(places.iter().map(|(level, _)| *level).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|(_, number)| *number).collect::<Vec<_>>())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
