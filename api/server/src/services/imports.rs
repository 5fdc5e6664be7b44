//! Many members at once, by their public keys: a steward vouches that each key belongs to the member.

use std::collections::HashSet;

use governance::event::{Event, KeyProof, Way};
use governance::hash::Hash32;
use governance::id::{MemberId, VotingKeyId};
use governance::record::Record as _;
use governance::signature::PublicKey;
use store::coop::{NewImport, coop_get, import_events_insert, import_keys_insert, import_members_insert};
use store::record::{RecordKind, record_append_many};
use uuid::Uuid;
use wire::coop::{ImportMember, ImportMembers, ImportedMember, ImportedMembers};

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::coops::namespace;
use crate::services::keys::{key_in_use, key_refused, registration};
use crate::services::names::{self, Incoming};
use crate::services::{events, halts, idempotent};

/// The most members of one request; larger co-ops send several.
const MEMBERS_MAX: usize = 1_000;

/// Enters the members, all or none, each with one key and its registration record.
///
/// # Errors
/// 409 where a key is in use already or a name looks like another, 422 where one member is not acceptable.
pub async fn import(app: &App, actor: &Actor<Steward>, command: Command<ImportMembers>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let members = parse(&value.members)?;
    let mut tx = app.store.coop_tx("members_import", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let namespace = namespace(&coop)?;
    let records: Vec<_> = members
        .iter()
        .map(|new| {
            let record = registration(namespace, new.member, &new.public_key, new.salt);
            (record.member, record.struct_hash())
        })
        .collect();
    names::claim(&mut tx, None, &incoming(&members)).await?;
    import_members_insert(&mut tx, &members).await?;
    import_events_insert(&mut tx, &members, Some(actor.member)).await?;
    let first = record_append_many(&mut tx, RecordKind::KeyRegistration, &records).await?;
    import_keys_insert(&mut tx, &members, first).await.map_err(key_in_use)?;
    events::append(&mut tx, Some(actor.member), &happened(&members, &records)).await?;
    let answer = Answer::created(&imported(&members, first))?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Of each member: that the membership began, and that the steward vouched for the key.
fn happened<'a>(members: &'a [NewImport], records: &[(Hash32, Hash32)]) -> Vec<Event<'a>> {
    let admitted = |new: &'a NewImport| Event::MemberAdmitted {
        member: new.member,
        class: new.class,
        way: Way::Import,
        name: &new.display_name,
    };
    let registered = |new: &NewImport, registration: Hash32| Event::KeyRegistered {
        member: new.member,
        key: new.key,
        registration,
        proof: KeyProof::Import,
    };
    members
        .iter()
        .zip(records)
        .flat_map(|(new, (_, registration))| [admitted(new), registered(new, *registration)])
        .collect()
}

fn incoming(members: &[NewImport]) -> Vec<Incoming<'_>> {
    members
        .iter()
        .enumerate()
        .map(|(place, new)| Incoming {
            field: format!("members[{place}].display_name"),
            name: &new.display_name,
        })
        .collect()
}

fn parse(asked: &[ImportMember]) -> Result<Vec<NewImport>, Problem> {
    if asked.is_empty() || asked.len() > MEMBERS_MAX {
        return Err(Problem::field(
            "members",
            format_args!(
                "it holds {} members, and from 1 to {MEMBERS_MAX} are allowed",
                asked.len()
            ),
        ));
    }
    let mut seen = HashSet::with_capacity(asked.len());
    asked
        .iter()
        .enumerate()
        .map(|(place, member)| {
            let field = format!("members[{place}]");
            let public_key = PublicKey::parse_hex(member.key.kind.into(), &member.key.public_key)
                .map_err(|refusal| key_refused(refusal).with("field", format!("{field}.key.public_key")))?;
            if !seen.insert(public_key) {
                return Err(Problem::field(
                    &format!("{field}.key.public_key"),
                    "it stands here twice",
                ));
            }
            Ok(NewImport {
                member: MemberId::from_uuid(Uuid::now_v7()),
                display_name: names::parse(&format!("{field}.display_name"), &member.display_name)?,
                class: member.class,
                key: VotingKeyId::from_uuid(Uuid::now_v7()),
                public_key,
                salt: member.key.salt,
            })
        })
        .collect()
}

fn imported(members: &[NewImport], first: i64) -> ImportedMembers {
    ImportedMembers {
        members: members
            .iter()
            .zip(first..)
            .map(|(new, registered_sequence)| ImportedMember {
                id: new.member,
                key: new.key,
                registered_sequence,
            })
            .collect(),
    }
}
