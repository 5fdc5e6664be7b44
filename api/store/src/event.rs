//! Events: what happened, written in the transaction of the act and in the log with it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Binary, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::MemberId;
use governance::time::Timestamp;
use uuid::Uuid;

use crate::log::{LogEntry, log_append};
use crate::{CoopTx, StoreError};

/// Something that just happened, with the salt of its record.
#[derive(Debug, Clone, Copy)]
pub struct SaltedEvent<'a> {
    /// What happened.
    pub event: Event<'a>,
    /// 32 random bytes, of this event alone.
    pub salt: Hash32,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Binary)]
    namespace: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// The columns of the rows.
#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    kinds: Vec<i16>,
    subjects: Vec<Uuid>,
    words: Vec<Vec<u8>>,
    payloads: Vec<Vec<u8>>,
    salts: Vec<Vec<u8>>,
    hashes: Vec<Vec<u8>>,
    entries: Vec<LogEntry>,
}

/// Writes what one actor did, and what followed from it, in order and in as many statements for many events as for one. `None` acts
/// where no member did.
///
/// # Errors
/// If the database fails, or the co-op is not founded yet.
pub async fn event_append(
    tx: &mut CoopTx,
    actor: Option<MemberId>,
    events: &[SaltedEvent<'_>],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let place = place(tx).await?;
    let column = Columns::of(&place, actor, events)?;
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- event_append
        INSERT INTO event (coop_id, id, kind, subject, words, payload, at, salt, record_hash, actor_id, recorded_by)
        SELECT $1, id, kind, subject, words, payload, $2, salt, record_hash, $3, $4
        FROM unnest($5, $6, $7, $8, $9, $10, $11) AS new (id, kind, subject, words, payload, salt, record_hash)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Timestamptz, _>(place.at)
    .bind::<Nullable<SqlUuid>, _>(actor.map(|actor| actor.uuid()))
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(column.ids)
    .bind::<Array<SmallInt>, _>(column.kinds)
    .bind::<Array<SqlUuid>, _>(column.subjects)
    .bind::<Array<Binary>, _>(column.words)
    .bind::<Array<Binary>, _>(column.payloads)
    .bind::<Array<Binary>, _>(column.salts)
    .bind::<Array<Binary>, _>(column.hashes)
    .execute(tx.connection())
    .await?;
    log_append(tx, &column.entries).await?;
    Ok(())
}

/// The namespace of the co-op and the clock of the database, in whole seconds.
async fn place(tx: &mut CoopTx) -> Result<Place, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- event_append, place
        SELECT namespace, date_trunc('second', clock_timestamp()) AS at FROM coop WHERE id = $1",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

impl Columns {
    fn of(place: &Place, actor: Option<MemberId>, events: &[SaltedEvent<'_>]) -> Result<Self, StoreError> {
        let damaged = |what: &str| StoreError::Unexpected(diesel::result::Error::DeserializationError(what.into()));
        let namespace =
            Hash32::from_slice(&place.namespace).ok_or_else(|| damaged("the namespace of a co-op is no word"))?;
        let at = u64::try_from(place.at.timestamp()).map_err(|_| damaged("the clock stands before 1970"))?;
        let mut column = Self::default();
        for SaltedEvent { event, salt } in events {
            let words = event.words(actor);
            let record = event.record(namespace, actor, Timestamp(at), *salt);
            let entry = LogEntry::of(&record);
            column.ids.push(Uuid::now_v7());
            column
                .kinds
                .push(i16::try_from(record.kind).map_err(|_| damaged("a kind of event has too great a code"))?);
            column.subjects.push(event.subject());
            column.payloads.push(record.payload.as_bytes().to_vec());
            column
                .words
                .push(words.iter().flat_map(|word| *word.as_bytes()).collect());
            column.salts.push(salt.as_bytes().to_vec());
            column.hashes.push(entry.record_hash.as_bytes().to_vec());
            column.entries.push(entry);
        }
        Ok(column)
    }
}
