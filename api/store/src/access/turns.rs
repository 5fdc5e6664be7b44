//! The queue in front of a tool, shared by all servers: one function, one round trip for all that one server has to say.

use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Jsonb, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use governance::id::{CoopId, UpstreamId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::prepared::prepared;
use crate::{Store, StoreError};

/// What a server has to say at the queue of a tool.
#[derive(Debug, Clone, Default)]
pub struct TurnsAsk {
    /// How many calls the tool works on at once.
    pub slots: i32,
    /// How many may wait.
    pub depth_max: i32,
    /// How long a call keeps its place without being renewed.
    pub lease_seconds: i32,
    /// Calls that came.
    pub enter: Vec<TurnEnter>,
    /// Calls that ended or do not wait any longer.
    pub leave: Vec<TurnLeave>,
    /// The server's other calls, which are renewed.
    pub ours: Vec<Uuid>,
}

/// A call that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TurnEnter {
    /// The call.
    pub ticket: Uuid,
    /// Its member.
    pub member: Uuid,
    /// The member's weight.
    pub weight: u32,
    /// The most that it takes, in tokens.
    pub tokens: u64,
}

/// A call that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TurnLeave {
    /// The call.
    pub ticket: Uuid,
    /// What it took, in tokens.
    pub tokens: u64,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TurnsTold {
    /// Calls that may not wait, since too many do.
    pub refused: Vec<Uuid>,
    /// Where the server's calls stand that are there.
    pub present: Vec<TurnPlace>,
    /// Whether any call waits, of whichever server.
    pub waits: bool,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct TurnPlace {
    /// The call.
    pub ticket: Uuid,
    /// 0 where it has a slot, else its place in the queue from 1.
    pub place: u64,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Jsonb)]
    answer: serde_json::Value,
}

impl Store {
    /// A round of one server at the queue of a tool.
    ///
    /// # Errors
    /// If the database fails; the round was taken whole or not at all, and may be repeated.
    pub async fn access_turns(
        &self,
        coop: CoopId,
        upstream: UpstreamId,
        ask: &TurnsAsk,
    ) -> Result<TurnsTold, StoreError> {
        let unexpected = |error: serde_json::Error| {
            StoreError::Unexpected(diesel::result::Error::DeserializationError(Box::new(error)))
        };
        let enter = serde_json::to_value(&ask.enter).map_err(unexpected)?;
        let leave = serde_json::to_value(&ask.leave).map_err(unexpected)?;
        let mut connection = self.app_connection().await?;
        let row: Answer = prepared(
            "-- access_turns
            SELECT access_turns($1, $2, $3, $4, $5, $6, $7, $8) AS answer",
        )
        .bind::<SqlUuid, _>(coop.uuid())
        .bind::<SqlUuid, _>(upstream.uuid())
        .bind::<Integer, _>(ask.slots)
        .bind::<Integer, _>(ask.depth_max)
        .bind::<Integer, _>(ask.lease_seconds)
        .bind::<Jsonb, _>(enter)
        .bind::<Jsonb, _>(leave)
        .bind::<Array<SqlUuid>, _>(&ask.ours)
        .get_result(&mut *connection)
        .await?;
        serde_json::from_value(row.answer).map_err(unexpected)
    }
}
