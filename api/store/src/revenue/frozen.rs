//! The frozen members of a cycle, as they stream out of the database.

use std::pin::Pin;

use futures_util::StreamExt as _;
use governance::id::{CoopId, PayoutCycleId};
use tokio_postgres::binary_copy::{BinaryCopyOutRow, BinaryCopyOutStream};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::{Store, StoreError};

/// What a member's row has, in its order.
const COLUMNS: [Type; 10] = [
    Type::UUID,
    Type::TEXT_ARRAY,
    Type::INT8,
    Type::TEXT,
    Type::INT8,
    Type::INT8,
    Type::TEXT,
    Type::INT2,
    Type::TEXT_ARRAY,
    Type::INT8_ARRAY,
];

/// A frozen member, for the second computation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenRow {
    /// The member.
    pub member_id: Uuid,
    /// The groups.
    pub groups: Vec<String>,
    /// Paid-up capital.
    pub capital: i64,
    /// The tax profile.
    pub tax: Option<String>,
    /// What is carried.
    pub carried: i64,
    /// What of it was withheld from before.
    pub taxed: i64,
    /// Whether the member can be paid.
    pub standing: String,
    /// For how many months nothing could be paid.
    pub idle_months: i16,
    /// The metrics, beside their counts.
    pub metrics: Vec<String>,
    /// The counts.
    pub counts: Vec<i64>,
}

/// The frozen members of a cycle, in the order of their ids. They are read by COPY over a connection of their own, and nothing of them is held here. What
/// is frozen and committed never changes, so another transaction reads the same.
pub struct FrozenMembers {
    rows: Pin<Box<BinaryCopyOutStream>>,
    // The stream ends with its client.
    _client: Client,
}

impl Store {
    /// Opens the stream of the frozen members of a cycle.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn frozen_members(&self, coop: CoopId, cycle: PayoutCycleId) -> Result<FrozenMembers, StoreError> {
        let (client, connection) = tokio_postgres::connect(self.app_url(), NoTls).await.map_err(away)?;
        tokio::spawn(connection);
        // SET and COPY take no parameters; typed identifiers have only hexadecimal digits and hyphens.
        let settings = format!(
            "-- frozen_members
            SET app.coop_id = '{coop}'; SET statement_timeout = '10min'; SET jit = off; SET enable_nestloop = off; SET work_mem = '64MB'"
        );
        client.batch_execute(&settings).await.map_err(away)?;
        let statement = format!(
            "COPY (
                SELECT person.member_id, groups, capital, tax, carried, taxed, standing, idle_months,
                    coalesce(metrics, '{{}}'), coalesce(counts, '{{}}')
                FROM payout_member AS person
                LEFT JOIN (SELECT member_id, array_agg(metric) AS metrics, array_agg(count) AS counts FROM payout_metric
                           WHERE coop_id = '{coop}' AND cycle_id = '{cycle}' GROUP BY member_id) AS measured
                    ON measured.member_id = person.member_id
                WHERE coop_id = '{coop}' AND cycle_id = '{cycle}'
                ORDER BY person.member_id) TO STDOUT (FORMAT binary)"
        );
        let stream = client.copy_out(&statement).await.map_err(away)?;
        Ok(FrozenMembers {
            rows: Box::pin(BinaryCopyOutStream::new(stream, &COLUMNS)),
            _client: client,
        })
    }
}

impl FrozenMembers {
    /// The next one; `None` after the last.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn next(&mut self) -> Result<Option<FrozenRow>, StoreError> {
        let Some(row) = self.rows.next().await else {
            return Ok(None);
        };
        read(&row.map_err(away)?).map(Some).map_err(away)
    }
}

fn read(row: &BinaryCopyOutRow) -> Result<FrozenRow, tokio_postgres::Error> {
    Ok(FrozenRow {
        member_id: row.try_get(0)?,
        groups: row.try_get(1)?,
        capital: row.try_get(2)?,
        tax: row.try_get(3)?,
        carried: row.try_get(4)?,
        taxed: row.try_get(5)?,
        standing: row.try_get(6)?,
        idle_months: row.try_get(7)?,
        metrics: row.try_get(8)?,
        counts: row.try_get(9)?,
    })
}

fn away(error: tokio_postgres::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
