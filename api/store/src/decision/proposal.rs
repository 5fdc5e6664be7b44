//! The steps of a proposal's life. Each is guarded by the state it starts from; the database refuses all others once more.

use chrono::{DateTime, Utc};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::ProposalId;
use uuid::Uuid;

pub use super::proposal_rows::{
    Afterwards, Ending, NewProposalRow, Opening, ProposalListRow, ProposalPage, ProposalPosition, ProposalRow,
    ProposalTexts, Viewer,
};
use crate::{CoopTx, StoreError};

const COLUMNS: &str = "id, kind, bylaws_version, title, body, options, rule, state, author_id, version, created_at, \
     discussed_at, opens_at, closes_at, closed_at, secrecy, rule_salt, salt, record_hash, roll_root, roll_count, \
     roll_weight, close_marker, ended_by, end_reason, actions, submitted_at, objection_until, execute_after, expires_at, \
     executed_at, extended_until, contest_until";

#[derive(QueryableByName)]
struct Secret {
    #[diesel(sql_type = Nullable<Binary>)]
    lot_secret: Option<Vec<u8>>,
}

#[derive(QueryableByName)]
struct Marker {
    #[diesel(sql_type = BigInt)]
    close_marker: i64,
}

#[derive(QueryableByName)]
struct Moment {
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// The clock of the database at this moment, not at the beginning of the transaction: read after a lock was waited for.
///
/// # Errors
/// If the database fails.
pub async fn clock(tx: &mut CoopTx) -> Result<DateTime<Utc>, StoreError> {
    let row: Moment = sql_query("-- clock\nSELECT clock_timestamp() AS at")
        .get_result(tx.connection())
        .await?;
    Ok(row.at)
}

/// Begins a proposal, as a draft.
///
/// # Errors
/// If the database fails.
pub async fn proposal_insert(tx: &mut CoopTx, new: NewProposalRow<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- proposal_insert
        INSERT INTO proposal (coop_id, id, kind, bylaws_version, title, body, options, rule, author_id, recorded_by,
            actions, secrecy)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(new.kind)
    .bind::<BigInt, _>(new.bylaws_version)
    .bind::<Text, _>(new.texts.title)
    .bind::<Text, _>(new.texts.body)
    .bind::<Array<Text>, _>(new.texts.options)
    .bind::<Jsonb, _>(new.texts.rule)
    .bind::<SqlUuid, _>(new.author.uuid())
    .bind::<Text, _>(name)
    .bind::<Jsonb, _>(new.texts.actions)
    .bind::<SmallInt, _>(i16::from(new.texts.secrecy.code()))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A proposal.
///
/// # Errors
/// If the database fails.
pub async fn proposal_read(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<ProposalRow>, StoreError> {
    select(tx, proposal, "").await
}

/// A proposal, locked against every other step and every cast until the transaction ends. What is decided must be read by later
/// statements: the lock may have been waited for.
///
/// # Errors
/// If the database fails, or the lock was not had in time.
pub async fn proposal_lock(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<ProposalRow>, StoreError> {
    select(tx, proposal, "FOR UPDATE").await
}

async fn select(tx: &mut CoopTx, proposal: ProposalId, lock: &'static str) -> Result<Option<ProposalRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- proposal_read, proposal_lock
        SELECT {COLUMNS} FROM proposal WHERE coop_id = $1 AND id = $2 {lock}"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// A page of proposals, newest first.
///
/// # Errors
/// If the database fails.
pub async fn proposal_list(
    tx: &mut CoopTx,
    viewer: Viewer,
    page: ProposalPage<'_>,
) -> Result<Vec<ProposalListRow>, StoreError> {
    let coop = tx.coop().uuid();
    let (sees_all, author) = match viewer {
        Viewer::Steward => (true, Uuid::nil()),
        Viewer::Member(member) => (false, member.uuid()),
    };
    sql_query(
        "-- proposal_list
        SELECT proposal.id, proposal.kind, proposal.rule -> 'counting' ->> 'method' AS method, proposal.title, proposal.state,
               proposal.author_id, member.display_name AS author_name, proposal.created_at, proposal.opens_at,
               coalesce(proposal.extended_until, proposal.closes_at) AS closes_at
        FROM proposal JOIN member ON member.coop_id = proposal.coop_id AND member.id = proposal.author_id
        WHERE proposal.coop_id = $1 AND ($2 IS NULL OR proposal.state = $2)
          AND ($3 IS NULL OR (proposal.created_at, proposal.id) < ($3, $4))
          AND ($5 OR coalesce(proposal.discussed_at, proposal.submitted_at) IS NOT NULL OR proposal.author_id = $6)
        ORDER BY proposal.created_at DESC, proposal.id DESC LIMIT $7",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Nullable<Text>, _>(page.state)
    .bind::<Nullable<Timestamptz>, _>(page.after.map(|position| position.created_at))
    .bind::<Nullable<SqlUuid>, _>(page.after.map(|position| position.id))
    .bind::<Bool, _>(sees_all)
    .bind::<SqlUuid, _>(author)
    .bind::<BigInt, _>(page.limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Changes the texts of a proposal that is not open yet.
///
/// # Errors
/// If the database fails.
pub async fn proposal_edit(
    tx: &mut CoopTx,
    proposal: ProposalId,
    texts: ProposalTexts<'_>,
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- proposal_edit
        UPDATE proposal SET title = $3, body = $4, options = $5, rule = $6, actions = $7, secrecy = $8, version = version + 1,
            -- Members have the whole time of the bylaws for the text they vote on: a change begins it anew.
            discussed_at = CASE state WHEN 'discussion' THEN clock_timestamp() ELSE discussed_at END
        WHERE coop_id = $1 AND id = $2 AND state IN ('draft', 'discussion')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(texts.title)
    .bind::<Text, _>(texts.body)
    .bind::<Array<Text>, _>(texts.options)
    .bind::<Jsonb, _>(texts.rule)
    .bind::<Jsonb, _>(texts.actions)
    .bind::<SmallInt, _>(i16::from(texts.secrecy.code()))
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Puts a proposal before the members to be discussed.
///
/// # Errors
/// If the database fails.
pub async fn proposal_discuss(tx: &mut CoopTx, proposal: ProposalId, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- proposal_discuss
        UPDATE proposal SET state = 'discussion', discussed_at = $3, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state IN ('draft', 'admission')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Timestamptz, _>(at)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Notes that something of a proposal changed that stands beside its row: the next version.
///
/// # Errors
/// If the database fails.
pub async fn proposal_touch(tx: &mut CoopTx, proposal: ProposalId) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- proposal_touch
        UPDATE proposal SET version = version + 1 WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Opens voting: everything that members vote on is frozen from here.
///
/// # Errors
/// If the database fails.
pub async fn proposal_open(tx: &mut CoopTx, proposal: ProposalId, opening: Opening<'_>) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- proposal_open
        UPDATE proposal SET state = 'open', opens_at = $3, closes_at = $4, rule_salt = $5, salt = $6, record_hash = $7,
            roll_root = $8, roll_count = $9, roll_weight = $10, lot_secret = $11, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state = 'discussion'",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Timestamptz, _>(opening.opens_at)
    .bind::<Timestamptz, _>(opening.closes_at)
    .bind::<Binary, _>(&opening.rule_salt.as_bytes()[..])
    .bind::<Binary, _>(&opening.salt.as_bytes()[..])
    .bind::<Binary, _>(&opening.record_hash.as_bytes()[..])
    .bind::<Binary, _>(&opening.roll_root.as_bytes()[..])
    .bind::<Integer, _>(opening.roll_count)
    .bind::<BigInt, _>(opening.roll_weight)
    .bind::<Binary, _>(&opening.lot_secret[..])
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Lets open voting go on until a moment because of a ballot; false where it is not open or was extended before.
///
/// # Errors
/// If the database fails.
pub async fn proposal_extend(
    tx: &mut CoopTx,
    proposal: ProposalId,
    ballot: i64,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- proposal_extend
        UPDATE proposal SET extended_until = $3, extended_by_ballot = $4, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state = 'open' AND extended_until IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(ballot)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Closes voting and writes the close marker, which it gives back; `None` where voting is not open. Must follow [`proposal_lock`]
/// in the same transaction, as a statement of its own: casters hold the row for share until they commit, so once the lock is granted
/// no ballot is on its way, and only a statement that begins after that sees the last of them.
///
/// # Errors
/// If the database fails.
pub async fn proposal_close(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<i64>, StoreError> {
    let coop = tx.coop().uuid();
    let marked: Option<Marker> = sql_query(
        "-- proposal_close
        UPDATE proposal SET state = 'closed', closed_at = clock_timestamp(), version = version + 1,
            close_marker = coalesce(
                (SELECT max(sequence) FROM ballot WHERE ballot.coop_id = $1 AND ballot.proposal_id = $2), 0)
        WHERE coop_id = $1 AND id = $2 AND state = 'open'
        RETURNING close_marker",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(marked.map(|marked| marked.close_marker))
}

/// Writes where the count of a closed proposal leads; false if another worker was first.
///
/// # Errors
/// If the database fails.
pub async fn proposal_decide(
    tx: &mut CoopTx,
    proposal: ProposalId,
    state: &str,
    after: Afterwards,
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- proposal_decide
        UPDATE proposal SET state = $3, objection_until = $4, execute_after = $5, expires_at = $6, contest_until = $7,
            version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state = 'closed'",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(state)
    .bind::<Nullable<Timestamptz>, _>(after.objection_until)
    .bind::<Nullable<Timestamptz>, _>(after.execute_after)
    .bind::<Nullable<Timestamptz>, _>(after.expires_at)
    .bind::<Nullable<Timestamptz>, _>(after.contest_until)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Ends a proposal that is not decided.
///
/// # Errors
/// If the database fails.
pub async fn proposal_end(tx: &mut CoopTx, proposal: ProposalId, ending: Ending<'_>) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- proposal_end
        UPDATE proposal SET state = $3, ended_by = $4, end_reason = $5, version = version + 1
        WHERE coop_id = $1 AND id = $2 AND state IN ('draft', 'admission', 'discussion', 'open')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(ending.state)
    .bind::<SqlUuid, _>(ending.by.uuid())
    .bind::<Text, _>(ending.reason)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// The secret of the lot of a closed proposal; `None` while voting is not over, whoever asks.
///
/// # Errors
/// If the database fails.
pub async fn proposal_lot_secret(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<Vec<u8>>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<Secret> = sql_query(
        "-- proposal_lot_secret
        SELECT lot_secret FROM proposal WHERE coop_id = $1 AND id = $2 AND close_marker IS NOT NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.and_then(|row| row.lot_secret))
}
