//! What is spent and held, what was used, and whether the books agree with themselves.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::MemberId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An allowance of a member, with what is spent and held of it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AccountRow {
    /// Whose: `coop`, `class`, `role`, `member` or `key`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Which of them.
    #[diesel(sql_type = Text)]
    pub subject: String,
    /// The kind of period.
    #[diesel(sql_type = Text)]
    pub period: String,
    /// When it begins anew.
    #[diesel(sql_type = Timestamptz)]
    pub ends_at: DateTime<Utc>,
    /// The limit.
    #[diesel(sql_type = BigInt)]
    pub cap: i64,
    /// What is spent of it.
    #[diesel(sql_type = BigInt)]
    pub spent: i64,
    /// What running calls hold of it.
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    /// The proposal that set the limit.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub proposal_id: Option<Uuid>,
    /// Since when it is so.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub since: Option<DateTime<Utc>>,
}

/// Whether the books agree with themselves, at one instant.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct InvariantsRow {
    /// The instant.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// How many accounts there are.
    #[diesel(sql_type = BigInt)]
    pub accounts: i64,
    /// How many calls run.
    #[diesel(sql_type = BigInt)]
    pub holds_open: i64,
    /// How many of these have no lease any more.
    #[diesel(sql_type = BigInt)]
    pub holds_expired: i64,
    /// What all accounts hold, added up.
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    /// What the open holds set aside, each counted in every account it is held in.
    #[diesel(sql_type = BigInt)]
    pub held_by_holds: i64,
    /// What all accounts spent, added up.
    #[diesel(sql_type = BigInt)]
    pub spent: i64,
    /// What the settled calls were charged, each counted in every account.
    #[diesel(sql_type = BigInt)]
    pub charged: i64,
    /// How many accounts hold something else than their open holds, or spent something else than their settled ones.
    #[diesel(sql_type = BigInt)]
    pub mismatches: i64,
    /// How many accounts are beyond their cap.
    #[diesel(sql_type = BigInt)]
    pub beyond_cap: i64,
    /// What upstreams claimed beyond what was set aside.
    #[diesel(sql_type = BigInt)]
    pub excess: i64,
    /// How many settled holds have no usage, or another one than they were charged.
    #[diesel(sql_type = BigInt)]
    pub unbooked: i64,
}

/// A settled call.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct UsageRow {
    /// Its hold.
    #[diesel(sql_type = SqlUuid)]
    pub hold_id: Uuid,
    /// The key.
    #[diesel(sql_type = SqlUuid)]
    pub key_id: Uuid,
    /// The model.
    #[diesel(sql_type = Text)]
    pub model: String,
    /// What was asked.
    #[diesel(sql_type = Text)]
    pub endpoint: String,
    /// How it ended.
    #[diesel(sql_type = Text)]
    pub ending: String,
    /// How its usage is known.
    #[diesel(sql_type = Text)]
    pub source: String,
    /// Tokens of input.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub input_tokens: Option<i64>,
    /// Tokens of output.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub output_tokens: Option<i64>,
    /// The rule for calls that break off.
    #[diesel(sql_type = Text)]
    pub rule: String,
    /// What was set aside.
    #[diesel(sql_type = BigInt)]
    pub units: i64,
    /// What it cost.
    #[diesel(sql_type = BigInt)]
    pub charged: i64,
    /// When it was settled.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

/// What a group used of a model in a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct UsageGroupRow {
    /// The model.
    #[diesel(sql_type = Text)]
    pub model: String,
    /// How many members used it.
    #[diesel(sql_type = BigInt)]
    pub members: i64,
    /// How many calls.
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    /// Tokens of input.
    #[diesel(sql_type = BigInt)]
    pub input_tokens: i64,
    /// Tokens of output.
    #[diesel(sql_type = BigInt)]
    pub output_tokens: i64,
    /// What it cost.
    #[diesel(sql_type = BigInt)]
    pub charged: i64,
}

/// The allowances of a member in the periods of now.
///
/// # Errors
/// If the database fails.
pub async fn accounts_of_member(tx: &mut CoopTx, member: MemberId) -> Result<Vec<AccountRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- access_accounts_of_member
        SELECT l.kind, l.subject, l.period, (date_trunc(l.period, now() AT TIME ZONE 'UTC') + ('1 ' || l.period)::interval) AT TIME ZONE 'UTC'
                AS ends_at, l.units AS cap, coalesce(a.spent, 0) AS spent, coalesce(a.held, 0) AS held, l.proposal AS proposal_id, l.since
        FROM member AS m
        CROSS JOIN LATERAL (SELECT content, origins FROM access_policy AS p WHERE p.coop_id = $1 AND p.effective_at <= clock_timestamp()
            ORDER BY p.version DESC LIMIT 1) AS p
        CROSS JOIN LATERAL access_limits(p.content, p.origins, m.id, m.class,
            ARRAY(SELECT role FROM member_role AS r WHERE r.coop_id = $1 AND r.member_id = m.id)) AS l
        LEFT JOIN access_account AS a ON a.coop_id = $1 AND a.kind = l.kind AND a.subject = l.subject AND a.period = l.period
            AND a.starts_at = date_trunc(l.period, now(), 'UTC')
        WHERE m.coop_id = $1 AND m.id = $2 ORDER BY l.kind, l.subject, l.period",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The limit that a key has of its own.
///
/// # Errors
/// If the database fails.
pub async fn accounts_of_key(tx: &mut CoopTx, key: Uuid) -> Result<Vec<AccountRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- access_accounts_of_key
        SELECT 'key' AS kind, k.id::text AS subject, k.cap_period AS period,
            (date_trunc(k.cap_period, now() AT TIME ZONE 'UTC') + ('1 ' || k.cap_period)::interval) AT TIME ZONE 'UTC' AS ends_at,
            k.cap_units AS cap, coalesce(a.spent, 0) AS spent, coalesce(a.held, 0) AS held, NULL::uuid AS proposal_id, k.made_at AS since
        FROM access_key AS k
        LEFT JOIN access_account AS a ON a.coop_id = $1 AND a.kind = 'key' AND a.subject = k.id::text AND a.period = k.cap_period
            AND a.starts_at = date_trunc(k.cap_period, now(), 'UTC')
        WHERE k.coop_id = $1 AND k.id = $2 AND k.cap_units IS NOT NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(key)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Whether the books agree with themselves: one statement, so one snapshot.
///
/// # Errors
/// If the database fails.
pub async fn invariants(tx: &mut CoopTx) -> Result<InvariantsRow, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- access_invariants
        WITH parts AS (
            SELECT account, sum(units) FILTER (WHERE state = 'open') AS held, sum(charged) AS spent
            FROM access_hold AS h CROSS JOIN LATERAL unnest(h.accounts) AS account WHERE h.coop_id = $1 GROUP BY account
        ), books AS (
            SELECT a.cap, a.spent, a.held, coalesce(p.held, 0)::bigint AS held_by_holds, coalesce(p.spent, 0)::bigint AS charged
            FROM access_account AS a LEFT JOIN parts AS p ON p.account = a.id WHERE a.coop_id = $1
        ), holds AS (
            SELECT count(*) FILTER (WHERE h.state = 'open') AS holds_open,
                count(*) FILTER (WHERE h.state = 'open' AND h.lease_until < clock_timestamp()) AS holds_expired,
                coalesce(sum(h.excess), 0)::bigint AS excess,
                count(*) FILTER (WHERE h.state = 'settled' AND u.charged IS DISTINCT FROM h.charged
                    OR h.state = 'open' AND u.hold_id IS NOT NULL) AS unbooked
            FROM access_hold AS h LEFT JOIN access_usage AS u ON u.coop_id = h.coop_id AND u.hold_id = h.id WHERE h.coop_id = $1
        )
        SELECT clock_timestamp() AS at, count(books.cap) AS accounts, holds.holds_open, holds.holds_expired,
            coalesce(sum(held), 0)::bigint AS held, coalesce(sum(held_by_holds), 0)::bigint AS held_by_holds,
            coalesce(sum(spent), 0)::bigint AS spent, coalesce(sum(charged), 0)::bigint AS charged,
            count(*) FILTER (WHERE held <> held_by_holds OR spent <> charged) AS mismatches,
            count(*) FILTER (WHERE spent + held > cap) AS beyond_cap, holds.excess, holds.unbooked
        FROM holds LEFT JOIN books ON true GROUP BY holds.holds_open, holds.holds_expired, holds.excess, holds.unbooked",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// A member's own calls before one, newest first.
///
/// # Errors
/// If the database fails.
pub async fn usage_of_member(
    tx: &mut CoopTx,
    member: MemberId,
    (before, limit): (Option<Uuid>, i64),
) -> Result<Vec<UsageRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- access_usage_of_member
        SELECT hold_id, key_id, model, endpoint, ending, source, input_tokens, output_tokens, rule, units, charged, at
        FROM access_usage WHERE coop_id = $1 AND member_id = $2 AND hold_id < coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        ORDER BY hold_id DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What all members used of each model since a moment and before another one, where at least so many members used it.
///
/// # Errors
/// If the database fails.
pub async fn usage_groups(
    tx: &mut CoopTx,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    members_min: i64,
) -> Result<Vec<UsageGroupRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- access_usage_groups
        SELECT model, count(DISTINCT member_id) AS members, count(*) AS calls, coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
            coalesce(sum(output_tokens), 0)::bigint AS output_tokens, sum(charged)::bigint AS charged
        FROM access_usage WHERE coop_id = $1 AND at >= $2 AND at < $3
        GROUP BY model HAVING count(DISTINCT member_id) >= $4 ORDER BY model",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(members_min)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
