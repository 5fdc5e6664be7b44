//! Tries to make payments.

use chrono::{DateTime, Utc};
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use governance::id::PaymentFileId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A try to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAttempt {
    /// The payment.
    pub payment: Uuid,
    /// The member.
    pub member: Uuid,
    /// Which try.
    pub number: i16,
    /// How much.
    pub amount: i64,
    /// Its reference.
    pub reference: String,
    /// Where it is paid to.
    pub payee_version: Option<i32>,
    /// The account that claims it; `None` where a bank pays it.
    pub claim_address: Option<[u8; 20]>,
}

/// Writes tries that stand in a file.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payment_attempt_is_alone` where another try may still pay, and
/// `payment_attempt_follows_one_that_failed`.
pub async fn attempt_insert(
    tx: &mut CoopTx,
    file: PaymentFileId,
    attempts: &[NewAttempt],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- attempt_insert
        INSERT INTO payment_attempt (coop_id, payment_id, member_id, number, amount, reference, payee_version, rail, file_id, state,
            changed_at, recorded_by, claim_address)
        SELECT $1, one.payment, one.member, one.number, one.amount, one.reference, one.version,
            CASE WHEN one.address IS NULL THEN 'bank' ELSE 'chain' END, $2, 'prepared', $3, $4, one.address
        FROM unnest($5, $6, $7, $8, $9, $10, $11) AS one (payment, member, number, amount, reference, version, address)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(file.uuid())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(attempts.iter().map(|one| one.payment).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(attempts.iter().map(|one| one.member).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(attempts.iter().map(|one| one.number).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(attempts.iter().map(|one| one.amount).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(attempts.iter().map(|one| one.reference.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Integer>>, _>(attempts.iter().map(|one| one.payee_version).collect::<Vec<_>>())
    .bind::<Array<Nullable<Binary>>, _>(
        attempts
            .iter()
            .map(|one| one.claim_address.as_ref().map(<[u8; 20]>::as_slice))
            .collect::<Vec<_>>(),
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
