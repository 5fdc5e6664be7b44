//! Many members at once, entered by their public keys: three statements, however many they are.

use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Binary, SmallInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{MemberId, VotingKeyId};
use governance::membership::Class;
use governance::signature::PublicKey;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A member who is about to be entered, with one key.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// The member.
    pub member: MemberId,
    /// How the member is called.
    pub display_name: String,
    /// The class.
    pub class: Class,
    /// The key.
    pub key: VotingKeyId,
    /// Its public part.
    pub public_key: PublicKey,
    /// The salt of its registration record.
    pub salt: Hash32,
}

/// Adds the members, in the order given.
///
/// # Errors
/// If the database fails.
pub async fn import_members_insert(tx: &mut CoopTx, members: &[NewImport]) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let ids: Vec<Uuid> = members.iter().map(|new| new.member.uuid()).collect();
    let names: Vec<&str> = members.iter().map(|new| new.display_name.as_str()).collect();
    let classes: Vec<&str> = members.iter().map(|new| new.class.name()).collect();
    sql_query(
        "-- import_members_insert
        INSERT INTO member (coop_id, id, display_name, class, status, recorded_by)
        SELECT $1, id, display_name, class, 'active', $5
        FROM unnest($2, $3, $4) AS new (id, display_name, class)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<Text>, _>(names)
    .bind::<Array<Text>, _>(classes)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Adds their keys, whose records have the sequence numbers from `sequence` on.
///
/// # Errors
/// The constraint `voting_key_in_use` where a key is registered already, or stands twice among these.
pub async fn import_keys_insert(tx: &mut CoopTx, members: &[NewImport], sequence: i64) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let ids: Vec<Uuid> = members.iter().map(|new| new.key.uuid()).collect();
    let owners: Vec<Uuid> = members.iter().map(|new| new.member.uuid()).collect();
    let kinds: Vec<i16> = members
        .iter()
        .map(|new| i16::from(new.public_key.kind().code()))
        .collect();
    let keys: Vec<&[u8]> = members.iter().map(|new| new.public_key.as_bytes()).collect();
    let salts: Vec<&[u8]> = members.iter().map(|new| &new.salt.as_bytes()[..]).collect();
    sql_query(
        "-- import_keys_insert
        INSERT INTO voting_key (coop_id, id, member_id, kind, public_key, salt, proof_kind, registered_sequence, recorded_by)
        SELECT $1, id, member_id, kind, public_key, salt, 'import', $7 + place - 1, $8
        FROM unnest($2, $3, $4, $5, $6) WITH ORDINALITY AS new (id, member_id, kind, public_key, salt, place)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<SqlUuid>, _>(owners)
    .bind::<Array<SmallInt>, _>(kinds)
    .bind::<Array<Binary>, _>(keys)
    .bind::<Array<Binary>, _>(salts)
    .bind::<BigInt, _>(sequence)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Begins their histories: each was imported, and its key registered.
///
/// # Errors
/// If the database fails.
pub async fn import_events_insert(
    tx: &mut CoopTx,
    members: &[NewImport],
    actor: Option<MemberId>,
) -> Result<(), StoreError> {
    use super::EventKind::{Imported, KeyRegistered};
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let mut ids = Vec::with_capacity(members.len().saturating_mul(2));
    let mut owners = Vec::with_capacity(ids.capacity());
    let mut kinds = Vec::with_capacity(ids.capacity());
    let mut details = Vec::with_capacity(ids.capacity());
    for new in members {
        for (kind, detail) in [
            (Imported, new.class.name().to_owned()),
            (KeyRegistered, new.key.to_string()),
        ] {
            ids.push(Uuid::now_v7());
            owners.push(new.member.uuid());
            kinds.push(kind.name());
            details.push(detail);
        }
    }
    sql_query(
        "-- import_events_insert
        INSERT INTO member_event (coop_id, id, member_id, kind, detail, actor_id, recorded_by)
        SELECT $1, id, member_id, kind, detail, $6, $7
        FROM unnest($2, $3, $4, $5) AS new (id, member_id, kind, detail)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<SqlUuid>, _>(owners)
    .bind::<Array<Text>, _>(kinds)
    .bind::<Array<Text>, _>(details)
    .bind::<diesel::sql_types::Nullable<SqlUuid>, _>(actor.map(|actor| actor.uuid()))
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
