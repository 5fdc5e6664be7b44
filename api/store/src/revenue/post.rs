//! An approved cycle as one transaction of the books.

use diesel::sql_types::{Array, BigInt, Binary, Integer, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{JournalId, LedgerAccountId, MemberId, PayoutCycleId};
use governance::ledger::{Day, JournalKind};

use crate::{CoopTx, StoreError};

/// What the transaction says, and those of its entries that are of no single member.
#[derive(Debug, Clone, Copy)]
pub struct NewCyclePosting<'a> {
    /// The cycle.
    pub cycle: PayoutCycleId,
    /// The transaction.
    pub id: JournalId,
    /// The day on which it takes effect in the books.
    pub effective_on: Day,
    /// What it is for.
    pub description: &'a str,
    /// Derived from the cycle: whoever posts it, and however often, the books have it once.
    pub key: &'a str,
    /// The SHA-256 of the request.
    pub request_hash: &'a [u8; 32],
    /// Who posts it.
    pub actor: MemberId,
    /// The code of the currency.
    pub currency: &'a str,
    /// The account of what members are owed.
    pub payable: LedgerAccountId,
    /// The entries before those of members: accounts of the same currency and amounts, none of them nothing.
    pub entries: &'a [(LedgerAccountId, i64)],
}

/// The number and the digest that a transaction got.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

/// Posts a cycle, by the posting function of the journal: the given entries, and one of each member with what the cycle means for what
/// the member is owed. Gives the number and the digest of the transaction. No row of a member leaves the database.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payout_cycle_is_posted_once` where it was posted before.
pub async fn cycle_post_entries(tx: &mut CoopTx, new: NewCyclePosting<'_>) -> Result<(i64, Vec<u8>), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let row: Row = sql_query(
        "-- cycle_post_entries
        SELECT posted.number, posted.digest
        FROM engine.cycle_post(
            jsonb_populate_record(NULL::journal, jsonb_build_object('coop_id', $1, 'id', $2, 'kind', $3, 'description', $4,
                'effective_on', date '1970-01-01' + $5, 'idempotency_key', $6, 'request_hash', $7, 'actor_id', $8, 'recorded_by', $9)),
            $10, $11, $12, $13, $14) AS posted",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(JournalKind::Cycle.name())
    .bind::<Text, _>(new.description)
    .bind::<Integer, _>(new.effective_on.days())
    .bind::<Text, _>(new.key)
    .bind::<Binary, _>(new.request_hash.as_slice())
    .bind::<SqlUuid, _>(new.actor.uuid())
    .bind::<Text, _>(name)
    .bind::<SqlUuid, _>(new.cycle.uuid())
    .bind::<Text, _>(new.currency)
    .bind::<SqlUuid, _>(new.payable.uuid())
    .bind::<Array<SqlUuid>, _>(new.entries.iter().map(|(account, _)| account.uuid()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.entries.iter().map(|(_, amount)| *amount).collect::<Vec<_>>())
    .get_result(tx.connection())
    .await?;
    Ok((row.number, row.digest))
}
