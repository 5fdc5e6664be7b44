//! Calls of days that are over, for a demonstration that begins with a past.

use chrono::{DateTime, Utc};
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use governance::id::{HoldId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A call that was answered whole.
#[derive(Debug, Clone, Copy)]
pub struct PastCall {
    /// Its hold.
    pub hold: HoldId,
    /// The key it came with.
    pub key: Uuid,
    /// The member.
    pub member: MemberId,
    /// The tokens of input and of output.
    pub tokens: (i64, i64),
    /// What it cost, in micro-credits.
    pub charged: i64,
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// Notes such calls of one model under one version of the policy. They draw on no allowance: the periods of theirs are over.
///
/// # Errors
/// If the database fails.
pub async fn usage_insert_past(
    tx: &mut CoopTx,
    (model, policy_version): (&str, i64),
    calls: &[PastCall],
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let column = |of: fn(&PastCall) -> i64| calls.iter().map(of).collect::<Vec<_>>();
    sql_query(
        "-- usage_insert_past
        WITH call AS (
            SELECT * FROM unnest($5, $6, $7, $8, $9, $10, $11) AS call (hold, key, member, input, output, charged, at)
        ), held AS (
            INSERT INTO access_hold (coop_id, id, key_id, member_id, model, endpoint, accounts, units, input_max, price_input,
                price_output, price_call, policy_version, rule, expired_rule, opened_at, lease_until, state, charged, excess)
            SELECT $1, call.hold, call.key, call.member, $2, 'chat_completions', '{}', call.charged, call.input, 1, 10, 0, $3, 'counted',
                'input_only', call.at, call.at, 'settled', call.charged, 0
            FROM call
        )
        INSERT INTO access_usage (coop_id, hold_id, key_id, member_id, model, endpoint, ending, source, flagged, input_tokens,
            output_tokens, rule, policy_version, units, charged, excess, at, recorded_by)
        SELECT $1, call.hold, call.key, call.member, $2, 'chat_completions', 'finished', 'final', false, call.input, call.output, 'counted',
            $3, call.charged, call.charged, 0, call.at, $4
        FROM call",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(model)
    .bind::<BigInt, _>(policy_version)
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(calls.iter().map(|call| call.hold.uuid()).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(calls.iter().map(|call| call.key).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(calls.iter().map(|call| call.member.uuid()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(column(|call| call.tokens.0))
    .bind::<Array<BigInt>, _>(column(|call| call.tokens.1))
    .bind::<Array<BigInt>, _>(column(|call| call.charged))
    .bind::<Array<Timestamptz>, _>(calls.iter().map(|call| call.at).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}
