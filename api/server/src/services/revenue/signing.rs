//! Who brings contributions in signs their record with a key of their own, and whoever holds an office takes a snapshot away as a file
//! that proves all of it.
//!
//! The signature is over the `ContributionsV1`, which says everything: it stands in the log before anybody signs it, so what is signed is what
//! was recorded. An event binds the signature to the record and to the registration of the key.

use governance::event::{ContributionEvent, Event};
use governance::id::{ContributionId, CoopId, MemberId};
use governance::record::{ContributionsV1, Domain, KeyRegistrationV1, Record as _, digest};
use governance::signature::PublicKey;
use store::coop::{KeyRow, coop_get};
use store::decision::proposal::clock;
use store::revenue::{
    ContributionRow, contribution_get, contribution_lines, contribution_signature_insert, contribution_signer,
    signing_key_get,
};
use store::{CoopTx, StoreError};
use uuid::Uuid;
use wire::ballot::BallotSignature;
use wire::coop::DomainView;
use wire::problem::ProblemKind;
use wire::revenue::{ContributionFile, RegistrationProof};

use super::contributions::{not_so, view};
use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::cast_signature::{Given, Misfit};
use crate::services::decision_rows::{RowDamage, domain, signature_kind, timestamp};
use crate::services::keys::registration;
use crate::services::ledger::day;
use crate::services::log::receipts;
use crate::services::payouts::approving::require_office;
use crate::services::payouts::digest as word;
use crate::services::{events, idempotent};

/// Signs the record of a snapshot, once, as who brought it in.
///
/// # Errors
/// 403 for others; 409 where it is signed or has no record; 422 where the signature does not hold or the key is not one in use here.
pub async fn sign(
    app: &App,
    actor: &Actor<Active>,
    id: ContributionId,
    command: Command<BallotSignature>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("contribution_sign", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let row = contribution_get(&mut tx, id, actor.member).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    if row.submitted_by != actor.member.uuid() {
        return Err(Problem::new(
            ProblemKind::FourEyes,
            "Who brought the figures in signs them, and nobody else.",
        ));
    }
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let domain = domain(&coop)?;
    let record = recorded(&domain, &row)?;
    let given = Given::read(&value)?;
    match given.fits(&app.config, digest(&domain, &record)) {
        Ok(()) => {}
        Err(Misfit::Malformed(problem) | Misfit::Mismatch(problem)) => return Err(problem),
    }
    let signed = given.signed();
    let asked = (i16::from(signed.kind.code()), signed.public_key.as_slice());
    let key = signing_key_get(&mut tx, actor.member, asked).await?;
    let key = key.ok_or_else(not_registered)?;
    let now = clock(&mut tx).await?;
    contribution_signature_insert(&mut tx, (id, key.id), (&signed.signature, now))
        .await
        .map_err(or_signed)?;
    let happened = ContributionEvent::Signed {
        record: record.struct_hash(),
        registration: registered(&domain, actor.member, &key)?.struct_hash(),
        signature: &signed.signature,
    };
    events::append(&mut tx, Some(actor.member), &[Event::Contributions(id, happened)]).await?;
    let row = contribution_get(&mut tx, id, actor.member).await?;
    let answer = Answer::created(&view(row.ok_or_else(Problem::not_found)?, now)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

fn not_registered() -> Problem {
    Problem::new(
        ProblemKind::SignatureRefused,
        "The key is not one that you have in use here. Register it first, or leave the figures unsigned.",
    )
}

fn or_signed(error: StoreError) -> Problem {
    if error.is_constraint("contribution_signature_pkey") {
        return not_so("The figures are signed already.");
    }
    if error.is_constraint("contribution_signature_is_by_who_brought_it") {
        return not_registered();
    }
    error.into()
}

/// The record of a snapshot, from its row.
fn recorded(domain: &Domain, row: &ContributionRow) -> Result<ContributionsV1, Problem> {
    let (Some(hash), Some(salt)) = (&row.record_hash, &row.record_salt) else {
        return Err(not_so(
            "The figures were brought in before they had a record. Bring them in again as a correction.",
        ));
    };
    let record = ContributionsV1 {
        namespace: domain.namespace,
        snapshot: ContributionId::from_uuid(row.id).word(),
        member: MemberId::from_uuid(row.submitted_by).word(),
        metric: row.metric.clone(),
        first_day: day(row.starts_on)?.days().into(),
        last_day: day(row.ends_on)?.days().into(),
        digest: word(&row.digest)?,
        challenge_until: timestamp(row.challenge_until).0,
        salt: word(salt)?,
    };
    if record.struct_hash() == word(hash)? {
        Ok(record)
    } else {
        Err(RowDamage("record_hash").into())
    }
}

fn registered(domain: &Domain, member: MemberId, key: &KeyRow) -> Result<KeyRegistrationV1, RowDamage> {
    let public_key = PublicKey::parse(signature_kind(key.kind)?, &key.public_key);
    let public_key = public_key.map_err(|_| RowDamage("public_key"))?;
    Ok(registration(domain.namespace, member, &public_key, word(&key.salt)?))
}

/// A snapshot as a file, for who holds an office: its lines, its record and its signature, each with its place in the log.
///
/// # Errors
/// 403 for others; 404 where it is not there; 409 where it has no record.
pub async fn file(app: &App, actor: &Actor<Active>, id: ContributionId) -> Result<Answer, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("contribution_file", actor.coop).await?;
    // Asked for as nobody, so that the file is the same whoever takes it.
    let row = contribution_get(&mut tx, id, MemberId::from_uuid(Uuid::nil())).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let domain = domain(&coop)?;
    let record = recorded(&domain, &row)?;
    let signer = contribution_signer(&mut tx, id).await?;
    let table = table(&mut tx, id).await?;
    let now = clock(&mut tx).await?;
    tx.commit().await?;
    let registration = match signer {
        Some(key) => Some(proved(app, actor.coop, (&domain, &row), &key).await?),
        None => None,
    };
    Answer::ok(&ContributionFile {
        coop: actor.coop,
        domain: DomainView::from(&domain),
        snapshot: view(row, now)?,
        table,
        log: receipts::state(app, actor.coop, record.struct_hash()).await?,
        registration,
    })
}

async fn proved(
    app: &App,
    coop: CoopId,
    (domain, row): (&Domain, &ContributionRow),
    key: &KeyRow,
) -> Result<RegistrationProof, Problem> {
    let record = registered(domain, MemberId::from_uuid(row.submitted_by), key)?;
    Ok(RegistrationProof {
        salt: record.salt,
        log: receipts::state(app, coop, record.struct_hash()).await?,
    })
}

async fn table(tx: &mut CoopTx, id: ContributionId) -> Result<String, StoreError> {
    let rows = contribution_lines(tx, id).await?;
    let rows = rows.iter().map(|row| format!("{},{}\n", row.member_id, row.count));
    Ok(std::iter::once(String::from("member,count\n")).chain(rows).collect())
}
