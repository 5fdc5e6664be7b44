//! Which stage of a decision a proposal is, where the bylaws name several bodies.

use diesel::sql_types::{Nullable, SmallInt, Text, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::ProposalId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A stage, as it stands in its row, with the proposal that follows it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct StageRow {
    /// Which one, from 1.
    #[diesel(sql_type = SmallInt)]
    pub number: i16,
    /// How many the decision has.
    #[diesel(sql_type = SmallInt)]
    pub stages: i16,
    /// The proposal of the stage before; none in the first.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub former_id: Option<Uuid>,
    /// The proposal of the next stage, once this one is carried.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub next_id: Option<Uuid>,
}

/// A stage that is about to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewStage<'a> {
    /// Which one, from 1.
    pub number: i16,
    /// How many the decision has.
    pub stages: i16,
    /// Who votes.
    pub body: &'a str,
    /// The proposal of the stage before.
    pub former: Option<ProposalId>,
}

/// The stage that a proposal is; `None` where its decision has a single one.
///
/// # Errors
/// If the database fails.
pub async fn stage_read(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<StageRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- stage_read
        SELECT stage.number, stage.stages, stage.former_id, next.proposal_id AS next_id
        FROM proposal_stage AS stage
        LEFT JOIN proposal_stage AS next ON next.coop_id = stage.coop_id AND next.former_id = stage.proposal_id
        WHERE stage.coop_id = $1 AND stage.proposal_id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Stores which stage a proposal is.
///
/// # Errors
/// If the database fails.
pub async fn stage_insert(tx: &mut CoopTx, proposal: ProposalId, new: NewStage<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- stage_insert
        INSERT INTO proposal_stage (coop_id, proposal_id, number, stages, body, former_id, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<SmallInt, _>(new.number)
    .bind::<SmallInt, _>(new.stages)
    .bind::<Text, _>(new.body)
    .bind::<Nullable<SqlUuid>, _>(new.former.map(|former| former.uuid()))
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
