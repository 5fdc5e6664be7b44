//! Payments by claim on a chain: distributors, roots, what accounts may claim and what they claimed.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{LedgerAccountId, MemberId, PaymentFileId, PayoutCycleId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A distributor, as far as the chain was followed.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct DistributorRow {
    /// The account of the books that stands for it.
    #[diesel(sql_type = SqlUuid)]
    pub ledger_account_id: Uuid,
    /// Where that stands.
    #[diesel(sql_type = Text)]
    pub path: String,
    /// Its currency.
    #[diesel(sql_type = Text)]
    pub currency: String,
    /// The chain.
    #[diesel(sql_type = BigInt)]
    pub chain_id: i64,
    /// The contract.
    #[diesel(sql_type = Binary)]
    pub contract: Vec<u8>,
    /// The token.
    #[diesel(sql_type = Binary)]
    pub token: Vec<u8>,
    /// Its decimal places.
    #[diesel(sql_type = SmallInt)]
    pub digits: i16,
    /// Up to which block the chain was followed.
    #[diesel(sql_type = BigInt)]
    pub block_number: i64,
    /// What the contract held then.
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    /// What the claims of the active root came to.
    #[diesel(sql_type = BigInt)]
    pub promised: i64,
    /// What of it was claimed.
    #[diesel(sql_type = BigInt)]
    pub claimed: i64,
    /// The first root by which it pays or may come to pay and that was not released here.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub foreign_epoch: Option<i64>,
    /// When that was looked at.
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: DateTime<Utc>,
    /// Whether that is too long ago for a contract that promises something.
    #[diesel(sql_type = Bool)]
    pub is_stale: bool,
    /// Up to which block it was asked who claimed.
    #[diesel(sql_type = BigInt)]
    pub logs_upto: i64,
    /// What the books say.
    #[diesel(sql_type = Text)]
    pub in_books: String,
}

/// What a final block shows of a distributor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DistributorSight {
    /// The block.
    pub block: i64,
    /// What the contract holds.
    pub held: i64,
    /// What the claims of the active root come to.
    pub promised: i64,
    /// What of it was claimed.
    pub claimed: i64,
}

/// A distributor to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewDistributor<'a> {
    /// The account of the books.
    pub account: LedgerAccountId,
    /// The chain.
    pub chain_id: i64,
    /// The contract.
    pub contract: &'a [u8; 20],
    /// The token.
    pub token: &'a [u8; 20],
    /// Its decimal places.
    pub digits: u8,
    /// What is there already.
    pub sight: DistributorSight,
    /// Who adds it, and when.
    pub by: (MemberId, DateTime<Utc>),
}

/// Adds a distributor.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `distributor_pkey` or `distributor_is_one_for_each_token` where there is one.
pub async fn distributor_insert(tx: &mut CoopTx, new: NewDistributor<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- distributor_insert
        INSERT INTO distributor (coop_id, ledger_account_id, chain_id, contract, token, digits, added_by, added_at, block_number, held, promised,
            claimed, seen_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $8, $13)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.account.uuid())
    .bind::<BigInt, _>(new.chain_id)
    .bind::<Binary, _>(new.contract.as_slice())
    .bind::<Binary, _>(new.token.as_slice())
    .bind::<SmallInt, _>(i16::from(new.digits))
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<BigInt, _>(new.sight.block)
    .bind::<BigInt, _>(new.sight.held)
    .bind::<BigInt, _>(new.sight.promised)
    .bind::<BigInt, _>(new.sight.claimed)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Every distributor, by its place in the books.
///
/// # Errors
/// If the database fails.
pub async fn distributor_list(tx: &mut CoopTx) -> Result<Vec<DistributorRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- distributor_list
        SELECT one.ledger_account_id, account.path, account.currency, one.chain_id, one.contract, one.token, one.digits, one.block_number, one.held,
            one.promised, one.claimed, one.seen_at, coalesce(one.logs_upto, one.block_number) AS logs_upto,
            (SELECT min(foreign_root.epoch) FROM foreign_root WHERE foreign_root.coop_id = $1
                AND foreign_root.distributor_id = one.ledger_account_id AND foreign_root.ended_block IS NULL) AS foreign_epoch,
            one.seen_at < clock_timestamp() - interval '1 hour' AND EXISTS (SELECT FROM claim_root AS root WHERE root.coop_id = $1
                AND root.distributor_id = one.ledger_account_id AND root.state IN ('released', 'queued', 'active')) AS is_stale,
            coalesce((SELECT sum(entry.amount) FROM journal_entry AS entry
                WHERE entry.coop_id = $1 AND entry.account_id = account.id), 0)::text AS in_books
        FROM distributor AS one JOIN ledger_account AS account ON account.coop_id = $1 AND account.id = one.ledger_account_id
        WHERE one.coop_id = $1 ORDER BY account.path COLLATE \"C\", account.currency COLLATE \"C\"",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// A root.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClaimRootRow {
    /// Its file.
    #[diesel(sql_type = SqlUuid)]
    pub file_id: Uuid,
    /// The cycle that the file pays.
    #[diesel(sql_type = SqlUuid)]
    pub cycle_id: Uuid,
    /// The root over the cycle's statements; its digest of what is paid where it was posted before there were any.
    #[diesel(sql_type = Binary)]
    pub statements: Vec<u8>,
    /// SHA-256 of the list of claims.
    #[diesel(sql_type = Binary)]
    pub digest: Vec<u8>,
    /// The distributor.
    #[diesel(sql_type = SqlUuid)]
    pub distributor_id: Uuid,
    /// Its epoch, once it is released.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub epoch: Option<i64>,
    /// The root.
    #[diesel(sql_type = Binary)]
    pub root: Vec<u8>,
    /// How many claims it has.
    #[diesel(sql_type = Integer)]
    pub accounts: i32,
    /// What they come to.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// What displaced it.
    #[diesel(sql_type = Nullable<Text>)]
    pub contradiction: Option<String>,
    /// Who asked for it to be given up.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub give_up_asked_by: Option<Uuid>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub give_up_reason: Option<String>,
}

const ROOT: &str = "SELECT root.file_id, file.cycle_id, file.digest, root.distributor_id, root.epoch, root.root, root.accounts,
        coalesce((SELECT tree.root FROM payout_statements AS tree WHERE tree.coop_id = $1 AND tree.cycle_id = cycle.id),
            cycle.payout_digest) AS statements, root.total, root.state, root.contradiction, root.give_up_asked_by, root.give_up_reason
    FROM claim_root AS root JOIN payment_file AS file ON file.coop_id = $1 AND file.id = root.file_id
    JOIN payout_cycle AS cycle ON cycle.coop_id = $1 AND cycle.id = file.cycle_id
    WHERE root.coop_id = $1";

/// What an account may claim.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClaimRow {
    /// The account.
    #[diesel(sql_type = Binary)]
    pub address: Vec<u8>,
    /// What it has earned since the beginning.
    #[diesel(sql_type = BigInt)]
    pub cumulative: i64,
    /// The salt.
    #[diesel(sql_type = Binary)]
    pub salt: Vec<u8>,
}

/// A root to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewClaimRoot<'a> {
    /// Its file.
    pub file: PaymentFileId,
    /// The distributor.
    pub distributor: Uuid,
    /// The root.
    pub root: &'a [u8; 32],
    /// What its claims come to.
    pub total: i64,
    /// They.
    pub claims: &'a [ClaimRow],
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a root down with its claims.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `claim_root_is_alone` where another one is under way.
pub async fn claim_root_insert(tx: &mut CoopTx, new: NewClaimRoot<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- claim_root_insert
        INSERT INTO claim_root (coop_id, file_id, distributor_id, root, accounts, total, changed_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.file.uuid())
    .bind::<SqlUuid, _>(new.distributor)
    .bind::<Binary, _>(new.root.as_slice())
    .bind::<Integer, _>(i32::try_from(new.claims.len()).unwrap_or(i32::MAX))
    .bind::<BigInt, _>(new.total)
    .bind::<Timestamptz, _>(new.at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- claim_root_insert, claims
        INSERT INTO claim (coop_id, file_id, address, cumulative, salt)
        SELECT $1, $2, one.address, one.cumulative, one.salt FROM unnest($3, $4, $5) AS one (address, cumulative, salt)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.file.uuid())
    .bind::<Array<Binary>, _>(new.claims.iter().map(|one| one.address.as_slice()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.claims.iter().map(|one| one.cumulative).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(new.claims.iter().map(|one| one.salt.as_slice()).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The root of a file; `None` for a file for a bank.
///
/// # Errors
/// If the database fails.
pub async fn claim_root_get(tx: &mut CoopTx, file: PaymentFileId) -> Result<Option<ClaimRootRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!("-- claim_root_get\n{ROOT} AND root.file_id = $2"))
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(file.uuid())
        .get_result(tx.connection())
        .await
        .optional()
        .map_err(StoreError::from)
}

/// The roots of the files of a cycle.
///
/// # Errors
/// If the database fails.
pub async fn claim_roots_of(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Vec<ClaimRootRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- claim_roots_of\n{ROOT} AND file.cycle_id = $2 ORDER BY root.file_id"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The root of a distributor that is active.
///
/// # Errors
/// If the database fails.
pub async fn claim_root_active(tx: &mut CoopTx, distributor: Uuid) -> Result<Option<ClaimRootRow>, StoreError> {
    of_distributor(
        tx,
        distributor,
        "root.state = 'active' ORDER BY root.epoch DESC LIMIT 1",
    )
    .await
}

/// The root of a distributor that was released, of which the chain does not show how it ends.
///
/// # Errors
/// If the database fails.
pub async fn claim_root_waiting(tx: &mut CoopTx, distributor: Uuid) -> Result<Option<ClaimRootRow>, StoreError> {
    of_distributor(tx, distributor, "root.state IN ('released', 'queued')").await
}

async fn of_distributor(tx: &mut CoopTx, distributor: Uuid, which: &str) -> Result<Option<ClaimRootRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- claim_root of a distributor\n{ROOT} AND root.distributor_id = $2 AND {which}"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The claims of a root, in the order of addresses.
///
/// # Errors
/// If the database fails.
pub async fn claims_of(tx: &mut CoopTx, file: Uuid) -> Result<Vec<ClaimRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- claims_of
        SELECT address, cumulative, salt FROM claim WHERE coop_id = $1 AND file_id = $2 ORDER BY address",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Lets a root be released under the next epoch, or withdrawn.
///
/// # Errors
/// If the database fails.
pub async fn claim_root_decide(
    tx: &mut CoopTx,
    file: PaymentFileId,
    (state, epoch): (&str, Option<i64>),
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- claim_root_decide
        UPDATE claim_root SET state = $3, epoch = $4, changed_at = $5, recorded_by = $6 WHERE coop_id = $1 AND file_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file.uuid())
    .bind::<Text, _>(state)
    .bind::<Nullable<BigInt>, _>(epoch)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The roots of a distributor by which its contract pays or may come to pay, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn claim_roots_live(tx: &mut CoopTx, distributor: Uuid) -> Result<Vec<ClaimRootRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- claim_roots_live\n{ROOT} AND root.distributor_id = $2 AND root.state IN ('released', 'queued', 'active') ORDER BY root.epoch DESC LIMIT 100"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The newest epoch that somebody submitted to a contract, as the final block shows that was looked at last; 0 before the first.
///
/// # Errors
/// If the database fails.
pub async fn claim_epoch(tx: &mut CoopTx, distributor: Uuid) -> Result<i64, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        epoch: i64,
    }
    let coop = tx.coop().uuid();
    let row: Row = sql_query(
        "-- claim_epoch
        SELECT submitted AS epoch FROM distributor WHERE coop_id = $1 AND ledger_account_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .get_result(tx.connection())
    .await?;
    Ok(row.epoch)
}

/// An account that claims for a member from a distributor, and what it was seen to have claimed.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClaimantRow {
    /// The distributor.
    #[diesel(sql_type = SqlUuid)]
    pub distributor_id: Uuid,
    /// The account.
    #[diesel(sql_type = Binary)]
    pub address: Vec<u8>,
    /// What it has claimed.
    #[diesel(sql_type = BigInt)]
    pub claimed: i64,
}

/// The accounts that claim for a member.
///
/// # Errors
/// If the database fails.
pub async fn claimants_of(tx: &mut CoopTx, member: MemberId) -> Result<Vec<ClaimantRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- claimants_of
        SELECT DISTINCT root.distributor_id, attempt.claim_address AS address, coalesce(seen.claimed, 0) AS claimed
        FROM payment_attempt AS attempt JOIN claim_root AS root ON root.coop_id = $1 AND root.file_id = attempt.file_id
        LEFT JOIN claim_seen AS seen ON seen.coop_id = $1 AND seen.distributor_id = root.distributor_id AND seen.address = attempt.claim_address
        WHERE attempt.coop_id = $1 AND attempt.member_id = $2 AND attempt.rail = 'chain' ORDER BY 1, 2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
