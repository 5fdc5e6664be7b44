//! Keys that sign a member's ballots: registered by whoever proves to hold them, taken back by their member.
//!
//! Each registration is a record, `KeyRegistrationV1(ns, member, kind, publicKey, salt)`. The proof is a signature of that
//! record's EIP-712 digest by the key itself. Wallets that show no typed data may sign a message instead (EIP-4361, "Sign-In with
//! Ethereum"). Such a message counts as the registration of one record and nothing else:
//!
//! - its domain, URI, chain, times and nonce are those that `services::wallets` demands;
//! - its address is the key that is registered;
//! - among its resources stands `urn:rochdale:voting-key:<namespace>:<member>:<salt>`, with the namespace and the salt as `0x` and
//!   64 lower-case hexadecimal digits and the member as its UUID, and no other resource begins with `urn:rochdale:`.

use governance::event::{self, Event};
use governance::hash::{Hash32, from_hex, to_hex};
use governance::id::{MemberId, VotingKeyId};
use governance::membership::Status;
use governance::record::{Domain, KeyRegistrationV1, Record as _, digest};
use governance::signature::{PublicKey, SignatureKind, SignatureRefusal, verify};
use store::StoreError;
use store::coop::{
    EventKind, KeyRow, NewEvent, NewKey, coop_get, key_end, key_insert, key_list, keys_in_use, member_event_insert,
    member_lock,
};
use store::record::{NewRecord, RecordKind, record_append};
use uuid::Uuid;
use wire::coop::{KeyProof, KeyView, RegisterKey, VotingKeyKind};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::{Active, Actor, Member, Right as _};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::wallets::{self, RESOURCE_PREFIX};
use crate::services::{coops, events, idempotent, paging, passkeys};

/// The most keys a member has in use: one for each device and a few wallets. Each stands in every roll.
const IN_USE_MAX: i64 = 16;

/// A registration that is about to be proved.
struct Registration {
    domain: Domain,
    record: KeyRegistrationV1,
    member: MemberId,
    public_key: PublicKey,
}

/// The record of a registration.
#[must_use]
pub fn registration(namespace: Hash32, member: MemberId, key: &PublicKey, salt: Hash32) -> KeyRegistrationV1 {
    KeyRegistrationV1 {
        namespace,
        member: member.word(),
        kind: key.kind().code(),
        public_key: key.word(),
        salt,
    }
}

/// The resource by which an EIP-4361 message says which registration it is.
#[must_use]
pub fn resource(namespace: Hash32, member: MemberId, salt: Hash32) -> String {
    format!("{RESOURCE_PREFIX}voting-key:{namespace}:{member}:{salt}")
}

/// Registers a key of the caller.
///
/// # Errors
/// 409 where the key is in use in the co-op, 422 where it or its proof is not valid.
pub async fn register(app: &App, actor: &Actor<Active>, command: Command<RegisterKey>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let public_key = PublicKey::parse_hex(value.kind.into(), &value.public_key).map_err(key_refused)?;
    let mut tx = app.store.coop_tx("key_register", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let domain = coops::domain(&coop)?;
    let registration = Registration {
        domain,
        record: registration(domain.namespace, actor.member, &public_key, value.salt),
        member: actor.member,
        public_key,
    };
    let signature = registration.prove(app, &value.proof).await?;
    // Whoever leaves at this moment either comes first and is refused here, or ends this key too.
    let member = member_lock(&mut tx, actor.member)
        .await?
        .ok_or_else(Problem::not_found)?;
    Active::check(member.status == Status::Active.name(), &actor.roles)?;
    if keys_in_use(&mut tx, actor.member).await? >= IN_USE_MAX {
        return Err(refused(format!(
            "You have {IN_USE_MAX} keys in use, which is the most. Take one back first."
        )));
    }
    let id = VotingKeyId::from_uuid(Uuid::now_v7());
    let event = NewEvent {
        member: actor.member,
        kind: EventKind::KeyRegistered,
        detail: &id.to_string(),
        reason: None,
        actor: Some(actor.member),
    };
    member_event_insert(&mut tx, event).await?;
    let record = NewRecord {
        kind: RecordKind::KeyRegistration,
        subject: registration.record.member,
        record_hash: registration.record.struct_hash(),
    };
    let sequence = record_append(&mut tx, record).await?;
    let happened = [Event::KeyRegistered {
        member: actor.member,
        key: id,
        registration: record.record_hash,
        proof: match &value.proof {
            KeyProof::Signature { .. } => event::KeyProof::Signature,
            KeyProof::Siwe { .. } => event::KeyProof::Message,
        },
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let new = NewKey {
        id,
        member: actor.member,
        public_key,
        salt: value.salt,
        message: match &value.proof {
            KeyProof::Signature { .. } => None,
            KeyProof::Siwe { message, .. } => Some(message),
        },
        signature: &signature,
        sequence,
    };
    let row = key_insert(&mut tx, new).await.map_err(key_in_use)?;
    let answer = Answer::created(&view(row)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The caller's own keys, those taken back included. Nobody else's are shown.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("key_list", actor.coop).await?;
    let rows = key_list(&mut tx, actor.member, after, paging::rows(query)).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(view).collect::<Result<_, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |key: &KeyView| key.id.to_string()))
}

/// Takes a key of the caller back: it stands on no roll from now on. Rolls that are frozen keep it.
///
/// # Errors
/// 404 where the caller has no such key in use.
pub async fn end(app: &App, actor: &Actor<Member>, key: VotingKeyId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("key_end", actor.coop).await?;
    if !key_end(&mut tx, actor.member, key).await? {
        tx.commit().await?;
        return Err(Problem::not_found());
    }
    let event = NewEvent {
        member: actor.member,
        kind: EventKind::KeyEnded,
        detail: &key.to_string(),
        reason: None,
        actor: Some(actor.member),
    };
    member_event_insert(&mut tx, event).await?;
    let happened = [Event::KeyEnded {
        member: actor.member,
        key,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    tx.commit().await?;
    Ok(Answer::nothing())
}

/// The key cannot be registered.
pub(super) fn key_refused(refusal: SignatureRefusal) -> Problem {
    refused(match refusal {
        SignatureRefusal::MalformedKey => String::from(
            "The key is no key of that kind. Send an address (20 bytes), a passkey's point (64 bytes) or an Ed25519 key (32 \
             bytes) in lower-case hexadecimal digits after 0x.",
        ),
        SignatureRefusal::MalformedSignature
        | SignatureRefusal::HighS
        | SignatureRefusal::Unverified
        | SignatureRefusal::Mismatch => format!(
            "The proof does not hold: {refusal}. Sign the registration of this key in this co-op and send it again."
        ),
    })
}

/// The key is in use, where that is what the database said.
pub(super) fn key_in_use(error: StoreError) -> Problem {
    if error.is_constraint("voting_key_in_use") {
        return Problem::new(
            ProblemKind::KeyInUse,
            "A member of this co-op has this key in use. Use another key; one key signs for one member.",
        );
    }
    error.into()
}

impl Registration {
    /// Makes sure that the member holds the key; gives the bytes of the signature.
    async fn prove(&self, app: &App, proof: &KeyProof) -> Result<Vec<u8>, Problem> {
        let read = |text: &str| from_hex(text).ok_or_else(|| key_refused(SignatureRefusal::MalformedSignature));
        match proof {
            KeyProof::Signature { signature } => {
                let signature = read(signature)?;
                if matches!(self.public_key, PublicKey::Passkey(_)) {
                    passkeys::require_here(&app.config, &signature).map_err(key_refused)?;
                }
                verify(&self.public_key, digest(&self.domain, &self.record), &signature).map_err(key_refused)?;
                Ok(signature)
            }
            KeyProof::Siwe { message, signature } => {
                let proven = wallets::check_siwe(app, message, signature).await?;
                if self.public_key != PublicKey::Wallet(proven.address) {
                    return Err(key_refused(SignatureRefusal::Mismatch));
                }
                let wanted = resource(self.record.namespace, self.member, self.record.salt);
                if !proven.is_for(&wanted) {
                    return Err(refused(format!(
                        "The message must name the resource {wanted}, and no other that begins with {RESOURCE_PREFIX}"
                    )));
                }
                read(signature)
            }
        }
    }
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::KeyRefused, detail)
}

fn view(row: KeyRow) -> Result<KeyView, Problem> {
    let malformed = || Problem::internal("a voting key is malformed");
    let kind = u8::try_from(row.kind)
        .ok()
        .and_then(SignatureKind::from_code)
        .ok_or_else(malformed)?;
    Ok(KeyView {
        id: VotingKeyId::from_uuid(row.id),
        kind: match kind {
            SignatureKind::Wallet => VotingKeyKind::Wallet,
            SignatureKind::Passkey => VotingKeyKind::Passkey,
            SignatureKind::Ed25519 => VotingKeyKind::Ed25519,
            SignatureKind::Session => return Err(malformed()),
        },
        public_key: to_hex(&row.public_key),
        salt: Hash32::from_slice(&row.salt).ok_or_else(malformed)?,
        proof: row.proof_kind,
        registered_sequence: row.registered_sequence,
        registered_at: row.registered_at,
        ended_at: row.ended_at,
    })
}
