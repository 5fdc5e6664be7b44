//! The interest on shares, once for each year.

use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{JournalId, MemberId};
use governance::rule::Ratio;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// What a member gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterestLine {
    /// The member.
    pub member: MemberId,
    /// Shares times days.
    pub share_days: i64,
    /// In units of the currency.
    pub amount: i64,
}

/// The interest of a year that is credited.
#[derive(Debug, Clone, Copy)]
pub struct NewInterest<'a> {
    /// The year.
    pub year: i32,
    /// The currency.
    pub currency: &'a str,
    /// What a share costs.
    pub price: i64,
    /// The rate for a year.
    pub rate: Ratio,
    /// What all get.
    pub total: i64,
    /// The terms that say the rate.
    pub terms_version: i64,
    /// The transaction that posts it.
    pub journal: JournalId,
    /// Who records it.
    pub actor: MemberId,
    /// What each member gets.
    pub lines: &'a [InterestLine],
}

/// The transaction by which the interest of a year was credited.
///
/// # Errors
/// If the database fails.
pub async fn interest_get(tx: &mut CoopTx, year: i32) -> Result<Option<JournalId>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        journal_id: Uuid,
    }
    let coop = tx.coop().uuid();
    let found: Option<Row> =
        sql_query("-- interest_get\nSELECT journal_id FROM share_interest WHERE coop_id = $1 AND year = $2")
            .bind::<SqlUuid, _>(coop)
            .bind::<Integer, _>(year)
            .get_result(tx.connection())
            .await
            .optional()?;
    Ok(found.map(|row| JournalId::from_uuid(row.journal_id)))
}

/// The period of a payout cycle that gives the interest of a year by a step of its rule.
///
/// # Errors
/// If the database fails.
pub async fn interest_of_cycle(tx: &mut CoopTx, year: i32) -> Result<Option<String>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        period: String,
    }
    let coop = tx.coop().uuid();
    let found: Option<Row> = sql_query(
        "-- interest_of_cycle
        SELECT period FROM payout_cycle WHERE coop_id = $1 AND state NOT IN ('open', 'cancelled') AND extract(year FROM ends_on) = $2
            AND rule_gives_interest(coop_id, rule_version) LIMIT 1",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Integer, _>(year)
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(found.map(|row| row.period))
}

/// The last year whose interest was credited.
///
/// # Errors
/// If the database fails.
pub async fn interest_last_year(tx: &mut CoopTx) -> Result<Option<i32>, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Integer>)]
        year: Option<i32>,
    }
    let coop = tx.coop().uuid();
    let found: Row =
        sql_query("-- interest_last_year\nSELECT max(year) AS year FROM share_interest WHERE coop_id = $1")
            .bind::<SqlUuid, _>(coop)
            .get_result(tx.connection())
            .await?;
    Ok(found.year)
}

/// Writes down the interest of a year that was posted.
///
/// # Errors
/// If the database fails.
pub async fn interest_insert(tx: &mut CoopTx, new: NewInterest<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let term = |term: u64| i64::try_from(term).unwrap_or(i64::MAX);
    sql_query(
        "-- interest_insert
        INSERT INTO share_interest (coop_id, year, currency, price, rate_share, rate_whole, total, terms_version, journal_id, actor_id,
            recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Integer, _>(new.year)
    .bind::<Text, _>(new.currency)
    .bind::<BigInt, _>(new.price)
    .bind::<BigInt, _>(term(new.rate.share()))
    .bind::<BigInt, _>(term(new.rate.whole()))
    .bind::<BigInt, _>(new.total)
    .bind::<BigInt, _>(new.terms_version)
    .bind::<SqlUuid, _>(new.journal.uuid())
    .bind::<SqlUuid, _>(new.actor.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- interest_insert, lines
        INSERT INTO share_interest_line (coop_id, year, member_id, share_days, amount)
        SELECT $1, $2, member, days, amount FROM unnest($3, $4, $5) AS line (member, days, amount)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Integer, _>(new.year)
    .bind::<Array<SqlUuid>, _>(new.lines.iter().map(|line| line.member.uuid()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.lines.iter().map(|line| line.share_days).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    Ok(())
}
