//! How the chain is followed: what final blocks show of contracts and roots, and what accounts claimed.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::MemberId;
use uuid::Uuid;

use super::claims::DistributorSight;
use crate::{CoopTx, StoreError};

/// Notes up to where the chain was followed, with all that was claimed; false where somebody else was there before.
///
/// # Errors
/// If the database fails.
pub async fn distributor_seen(
    tx: &mut CoopTx,
    account: Uuid,
    (before, sight): (i64, DistributorSight),
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let changed = sql_query(
        "-- distributor_seen
        UPDATE distributor SET block_number = $4, logs_upto = NULL, held = $5, promised = $6, claimed = $7, seen_at = $8, recorded_by = $9
        WHERE coop_id = $1 AND ledger_account_id = $2 AND block_number = $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account)
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(sight.block)
    .bind::<BigInt, _>(sight.held)
    .bind::<BigInt, _>(sight.promised)
    .bind::<BigInt, _>(sight.claimed)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Notes the newest epoch that somebody submitted to a contract.
///
/// # Errors
/// If the database fails.
pub async fn distributor_submitted(tx: &mut CoopTx, account: Uuid, epoch: i64) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- distributor_submitted
        UPDATE distributor SET submitted = $3, recorded_by = $4 WHERE coop_id = $1 AND ledger_account_id = $2 AND submitted <> $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account)
    .bind::<BigInt, _>(epoch)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes up to which block it was asked who claimed: from the block that was read before, or anew from where all is known with `None`. False where
/// somebody else was there before.
///
/// # Errors
/// If the database fails.
pub async fn distributor_logs(
    tx: &mut CoopTx,
    account: Uuid,
    (before, upto): (i64, Option<i64>),
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let changed = sql_query(
        "-- distributor_logs
        UPDATE distributor SET logs_upto = $4, recorded_by = $5
        WHERE coop_id = $1 AND ledger_account_id = $2 AND coalesce(logs_upto, block_number) = $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account)
    .bind::<BigInt, _>(before)
    .bind::<Nullable<BigInt>, _>(upto)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// How a root stands.
#[derive(Debug, Clone, Copy)]
pub struct RootShown<'a> {
    /// Its state.
    pub state: &'a str,
    /// The block that shows it.
    pub block: i64,
    /// How its tries stand then, and why; `None` leaves them.
    pub tries: Option<(&'a str, Option<&'a str>)>,
    /// What displaced it.
    pub displaced: Option<&'a str>,
    /// Who gave it up.
    pub given_up_by: Option<MemberId>,
}

/// Notes how the chain shows a root, and lets its tries that are not settled follow.
///
/// # Errors
/// If the database fails.
pub async fn claim_root_shown(
    tx: &mut CoopTx,
    file: Uuid,
    shown: RootShown<'_>,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- claim_root_shown
        UPDATE claim_root SET state = $3, queued_block = CASE WHEN $3 = 'queued' THEN $4 ELSE queued_block END,
            ended_block = CASE WHEN $3 <> 'queued' THEN $4 END, contradiction = $7, given_up_by = $8, changed_at = $5, recorded_by = $6
        WHERE coop_id = $1 AND file_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file)
    .bind::<Text, _>(shown.state)
    .bind::<BigInt, _>(shown.block)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .bind::<Nullable<Text>, _>(shown.displaced)
    .bind::<Nullable<SqlUuid>, _>(shown.given_up_by.map(|by| by.uuid()))
    .execute(tx.connection())
    .await?;
    let Some((tries, reason)) = shown.tries else {
        return Ok(());
    };
    sql_query(
        "-- claim_root_shown, tries
        UPDATE payment_attempt SET state = $3, reason = $6, changed_at = $4,
            recorded_by = $5
        WHERE coop_id = $1 AND file_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file)
    .bind::<Text, _>(tries)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .bind::<Nullable<Text>, _>(reason)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What an account has claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClaimSeen {
    /// The account.
    pub address: [u8; 20],
    /// Since the beginning.
    pub claimed: i64,
}

/// A payment that was claimed.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClaimedRow {
    /// The payment.
    #[diesel(sql_type = SqlUuid)]
    pub payment_id: Uuid,
    /// How much.
    #[diesel(sql_type = BigInt)]
    pub amount: i64,
}

/// Notes what accounts have claimed of a distributor.
///
/// # Errors
/// If the database fails.
pub async fn claims_note(
    tx: &mut CoopTx,
    (distributor, block): (Uuid, i64),
    seen: &[NewClaimSeen],
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- claims_note
        INSERT INTO claim_seen AS known (coop_id, distributor_id, address, claimed, block_number, recorded_by)
        SELECT $1, $2, one.address, one.claimed, $3, $4 FROM unnest($5, $6) AS one (address, claimed)
        ON CONFLICT (coop_id, distributor_id, address)
        DO UPDATE SET claimed = excluded.claimed, block_number = excluded.block_number, recorded_by = excluded.recorded_by",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .bind::<BigInt, _>(block)
    .bind::<Text, _>(name)
    .bind::<Array<Binary>, _>(seen.iter().map(|one| one.address.as_slice()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(seen.iter().map(|one| one.claimed).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What all accounts together are known to have claimed of a distributor, and how many did.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SeenSum {
    /// How much, as digits.
    #[diesel(sql_type = Text)]
    pub claimed: String,
    /// How many accounts.
    #[diesel(sql_type = BigInt)]
    pub accounts: i64,
}

/// What all accounts together are known to have claimed of a distributor.
///
/// # Errors
/// If the database fails.
pub async fn claims_seen_sum(tx: &mut CoopTx, distributor: Uuid) -> Result<SeenSum, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- claims_seen_sum
        SELECT coalesce(sum(claimed), 0)::text AS claimed, count(*) AS accounts FROM claim_seen WHERE coop_id = $1 AND distributor_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Settles every try of a distributor's active roots that what was seen covers, whenever it was seen.
///
/// # Errors
/// If the database fails.
pub async fn claims_settle(
    tx: &mut CoopTx,
    distributor: Uuid,
    at: DateTime<Utc>,
) -> Result<Vec<ClaimedRow>, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- claims_settle
        UPDATE payment_attempt AS attempt SET state = 'settled', changed_at = $3, recorded_by = $4
        FROM claim_root AS root, claim, claim_seen AS seen
        WHERE attempt.coop_id = $1 AND attempt.rail = 'chain' AND attempt.state = 'accepted' AND root.coop_id = $1
            AND root.file_id = attempt.file_id AND root.distributor_id = $2 AND claim.coop_id = $1 AND claim.file_id = attempt.file_id
            AND claim.address = attempt.claim_address AND seen.coop_id = $1 AND seen.distributor_id = $2 AND seen.address = claim.address
            AND seen.claimed >= claim.cumulative
        RETURNING attempt.payment_id, attempt.amount",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The epochs of foreign roots by which a contract pays or may come to pay.
///
/// # Errors
/// If the database fails.
pub async fn foreign_roots(tx: &mut CoopTx, distributor: Uuid) -> Result<Vec<i64>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        epoch: i64,
    }
    let coop = tx.coop().uuid();
    let rows: Vec<Row> = sql_query(
        "-- foreign_roots
        SELECT epoch FROM foreign_root WHERE coop_id = $1 AND distributor_id = $2 AND ended_block IS NULL ORDER BY epoch",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.epoch).collect())
}

/// Notes a foreign root, or that the contract pays by one that is known; true where it is new.
///
/// # Errors
/// If the database fails.
pub async fn foreign_root_note(
    tx: &mut CoopTx,
    (distributor, epoch, root): (Uuid, i64, &[u8; 32]),
    (is_active, block): (bool, i64),
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let fresh = sql_query(
        "-- foreign_root_note
        INSERT INTO foreign_root (coop_id, distributor_id, epoch, root, is_active, noted_block, noted_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (coop_id, distributor_id, epoch) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .bind::<BigInt, _>(epoch)
    .bind::<Binary, _>(root.as_slice())
    .bind::<Bool, _>(is_active)
    .bind::<BigInt, _>(block)
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    if fresh == 0 && is_active {
        sql_query(
            "-- foreign_root_note, active
            UPDATE foreign_root SET is_active = true, recorded_by = $4
            WHERE coop_id = $1 AND distributor_id = $2 AND epoch = $3 AND NOT is_active",
        )
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(distributor)
        .bind::<BigInt, _>(epoch)
        .bind::<Text, _>(name)
        .execute(tx.connection())
        .await?;
    }
    Ok(fresh == 1)
}

/// Notes that nobody is paid by a foreign root any more; false where that was noted before.
///
/// # Errors
/// If the database fails.
pub async fn foreign_root_end(
    tx: &mut CoopTx,
    (distributor, epoch): (Uuid, i64),
    block: i64,
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let changed = sql_query(
        "-- foreign_root_end
        UPDATE foreign_root SET ended_block = $4, recorded_by = $5
        WHERE coop_id = $1 AND distributor_id = $2 AND epoch = $3 AND ended_block IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(distributor)
    .bind::<BigInt, _>(epoch)
    .bind::<BigInt, _>(block)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Notes that somebody asks for a root to be given up.
///
/// # Errors
/// If the database fails.
pub async fn claim_root_give_up_ask(
    tx: &mut CoopTx,
    (file, reason): (Uuid, &str),
    (by, at): (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- claim_root_give_up_ask
        UPDATE claim_root SET give_up_asked_by = $3, give_up_asked_at = $4, give_up_reason = $5, recorded_by = $6
        WHERE coop_id = $1 AND file_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file)
    .bind::<SqlUuid, _>(by.uuid())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(reason)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
