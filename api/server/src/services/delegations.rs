//! Delegations: giving them, taking them back, and who trusts whom.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use governance::delegation::{EDGES_PER_MEMBER_MAX, SECONDS_MAX, Scope, ScopeKind, kind_word};
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::membership::{Class, Status};
use governance::proposal::State;
use governance::record::{DelegationV1, Domain, Record as _, digest};
use governance::rule::Outcome;
use governance::signature::SignatureKind;
use store::CoopTx;
use store::coop::{bylaws_current, coop_get, member_get};
use store::decision::delegated::{ReportRow, delegate_report};
use store::decision::delegation::{
    DelegationRow, NewDelegation, delegation_insert, delegations_of_truster, delegations_received,
    delegations_received_count, key_is_in_use,
};
use store::decision::proposal::clock;
use store::decision::roll::member_names;
use store::record::{NewRecord, RecordKind, record_append};
use uuid::Uuid;
use wire::delegation::{
    DelegateBallot, DelegateVote, DelegationScope, DelegationView, GiveDelegation, MyDelegations, NamedMember,
};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::{Active, Actor, Member};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::cast_signature::{Given, Misfit, Signed};
use crate::services::decision_rows::{
    RowDamage, domain, kind_bylaws, moment, number, signature_kind, state, timestamp, word,
};
use crate::services::proposals::{Asking, visible};
use crate::services::{events, idempotent, paging};

/// How many scopes are read to find out whether one more is allowed.
const SCOPES_MAX: i64 = EDGES_PER_MEMBER_MAX as i64 + 1;

/// A delegation that is about to be stored, its signature checked.
struct Ready {
    record: DelegationV1,
    scope: Scope,
    trustee: Option<MemberId>,
    signed: Signed,
}

/// Gives a delegation or takes one back.
///
/// # Errors
/// 409 where the revision is not the next one or the trust is refused, 422 where a field or the signature is not acceptable.
pub async fn give(app: &App, actor: &Actor<Active>, command: Command<GiveDelegation>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("delegation_give", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let ready = prepare(app, &mut tx, actor, &value).await?;
    let row = write(&mut tx, actor.member, &value.scope, ready).await?;
    let view = views(&mut tx, vec![row]).await?.pop().ok_or(RowDamage("delegation"))?;
    let answer = Answer::created(&view)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Takes back what stands in a scope, attested by the server.
///
/// # Errors
/// 404 where nothing stands there.
pub async fn revoke<R>(app: &App, actor: &Actor<R>, asked: &DelegationScope) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("delegation_revoke", actor.coop).await?;
    let scope = scope_of(asked);
    let standing = delegations_of_truster(&mut tx, actor.member, SCOPES_MAX).await?;
    let last = standing
        .iter()
        .find(|row| row.scope_kind == i16::from(scope.kind.code()) && row.scope == scope.of.as_bytes())
        .filter(|row| row.valid_until > 0)
        .ok_or_else(Problem::not_found)?;
    let domain = domain(&coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?)?;
    let record = DelegationV1 {
        namespace: domain.namespace,
        truster: actor.member.word(),
        trustee: Hash32::ZERO,
        scope_kind: scope.kind.code(),
        scope: scope.of,
        valid_until: 0,
        revision: number::<u64>(last.revision, "revision")?.saturating_add(1),
        salt: Hash32::from_bytes(random().map_err(Problem::internal)?),
    };
    let signed = Signed::attested(&app.secrets, digest(&domain, &record));
    let ready = Ready {
        record,
        scope,
        trustee: None,
        signed,
    };
    write(&mut tx, actor.member, asked, ready).await?;
    tx.commit().await?;
    Ok(Answer::nothing())
}

async fn prepare(app: &App, tx: &mut CoopTx, actor: &Actor<Active>, give: &GiveDelegation) -> Result<Ready, Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let domain = domain(&coop)?;
    let scope = scope_of(&give.scope);
    let valid_until = valid_until(tx, give).await?;
    if valid_until > 0 {
        require_scope(tx, actor, &give.scope).await?;
        if !actor.class.votes() {
            return Err(refused(
                "Members of your class do not vote, so there is nothing to pass on.",
            ));
        }
        if let Some(trustee) = give.trustee {
            require_trustee(tx, actor.member, trustee).await?;
        }
        require_room(tx, actor.member, scope).await?;
    } else if give.trustee.is_some() {
        return Err(Problem::field(
            "valid_until",
            "say until when it holds; to take one back leave the trustee out",
        ));
    }
    let record = DelegationV1 {
        namespace: domain.namespace,
        truster: actor.member.word(),
        trustee: give.trustee.map_or(Hash32::ZERO, |trustee| trustee.word()),
        scope_kind: scope.kind.code(),
        scope: scope.of,
        valid_until,
        revision: give.revision,
        salt: give.salt,
    };
    let signed = sign(app, tx, (actor.member, domain), give, &record).await?;
    Ok(Ready {
        record,
        scope,
        trustee: give.trustee,
        signed,
    })
}

/// From when on it holds no more, in seconds since 1970; 0 takes it back.
async fn valid_until(tx: &mut CoopTx, give: &GiveDelegation) -> Result<u64, Problem> {
    let Some(until) = give.valid_until else { return Ok(0) };
    let (now, until) = (timestamp(clock(tx).await?), timestamp(until));
    if until <= now || until.seconds_since(now) > SECONDS_MAX {
        return Err(Problem::field(
            "valid_until",
            "it must lie ahead, and within four years",
        ));
    }
    Ok(until.0)
}

async fn require_scope(tx: &mut CoopTx, actor: &Actor<Active>, scope: &DelegationScope) -> Result<(), Problem> {
    match scope {
        DelegationScope::Coop {} => Ok(()),
        DelegationScope::Kind { name } => {
            let bylaws = bylaws_current(tx).await?.ok_or(RowDamage("bylaws"))?;
            let known = kind_bylaws(&bylaws.content, name)?.is_some();
            known
                .then_some(())
                .ok_or_else(|| Problem::field("scope", "the bylaws of this co-op have no such kind of decision"))
        }
        DelegationScope::Proposal { id } => {
            let row = visible(tx, Asking::from(actor), *id).await?;
            match state(&row)? {
                State::Draft | State::Discussion | State::Open => Ok(()),
                _ => Err(refused("Voting on this proposal is over.")),
            }
        }
    }
}

async fn require_trustee(tx: &mut CoopTx, truster: MemberId, trustee: MemberId) -> Result<(), Problem> {
    if trustee == truster {
        return Err(Problem::field(
            "trustee",
            "nobody delegates to themselves; cast a ballot",
        ));
    }
    let row = member_get(tx, trustee).await?;
    let row = row.ok_or_else(|| Problem::field("trustee", "there is no such member in this co-op"))?;
    let votes = Class::from_name(&row.class).is_some_and(Class::votes);
    if row.status == Status::Active.name() && votes {
        return Ok(());
    }
    Err(refused(
        "This member may not vote now. Trust an active member of a class that votes.",
    ))
}

async fn require_room(tx: &mut CoopTx, truster: MemberId, scope: Scope) -> Result<(), Problem> {
    let rows = delegations_of_truster(tx, truster, SCOPES_MAX).await?;
    let is_known = rows
        .iter()
        .any(|row| row.scope_kind == i16::from(scope.kind.code()) && row.scope == scope.of.as_bytes());
    let room = i64::try_from(rows.len()).unwrap_or(i64::MAX) < i64::from(EDGES_PER_MEMBER_MAX);
    if is_known || room {
        return Ok(());
    }
    Err(refused(format!(
        "You have delegations in {EDGES_PER_MEMBER_MAX} scopes, which is the most. Delegate for a kind of decision instead."
    )))
}

async fn sign(
    app: &App,
    tx: &mut CoopTx,
    (truster, domain): (MemberId, Domain),
    give: &GiveDelegation,
    record: &DelegationV1,
) -> Result<Signed, Problem> {
    let digest = digest(&domain, record);
    let Some(given) = give.signature.as_ref().map(Given::read).transpose()? else {
        return Ok(Signed::attested(&app.secrets, digest));
    };
    match given.fits(&app.config, digest) {
        Ok(()) => {}
        Err(Misfit::Malformed(problem) | Misfit::Mismatch(problem)) => return Err(problem),
    }
    let signed = given.signed();
    if key_is_in_use(tx, truster, i16::from(signed.kind.code()), &signed.public_key).await? {
        return Ok(signed);
    }
    Err(Problem::new(
        ProblemKind::SignatureRefused,
        "The key is not one that you have in use here. Register it first, or delegate without a signature.",
    ))
}

/// Record, row and event, in this order: whoever adds a record waits for all others who do.
async fn write(
    tx: &mut CoopTx,
    truster: MemberId,
    asked: &DelegationScope,
    ready: Ready,
) -> Result<DelegationRow, Problem> {
    let Ready {
        record,
        scope,
        trustee,
        signed,
    } = ready;
    let record_hash = record.struct_hash();
    let new_record = NewRecord {
        kind: RecordKind::Delegation,
        subject: record.truster,
        record_hash,
    };
    let name = scope_name(asked);
    let new = NewDelegation {
        truster,
        scope,
        scope_name: &name,
        revision: i64::try_from(record.revision).map_err(|_| Problem::field("revision", "it is too large"))?,
        trustee,
        valid_until: i64::try_from(record.valid_until).map_err(|_| Problem::field("valid_until", "it is too late"))?,
        salt: record.salt,
        record_hash,
        record_sequence: record_append(tx, new_record).await?,
        kind: i16::from(signed.kind.code()),
        public_key: &signed.public_key,
        signature: &signed.signature,
    };
    let given_at = delegation_insert(tx, new).await?.ok_or_else(revision_taken)?;
    let happened = if record.valid_until == 0 {
        Event::DelegationRevoked {
            truster,
            delegation: record_hash,
            scope,
        }
    } else {
        Event::DelegationGiven {
            truster,
            delegation: record_hash,
            trustee,
            scope,
        }
    };
    events::append(tx, Some(truster), &[happened]).await?;
    Ok(DelegationRow {
        truster_id: truster.uuid(),
        scope_kind: i16::from(scope.kind.code()),
        scope: scope.of.as_bytes().to_vec(),
        scope_name: name.clone(),
        revision: new.revision,
        trustee_id: trustee.map(|trustee| trustee.uuid()),
        valid_until: new.valid_until,
        salt: record.salt.as_bytes().to_vec(),
        record_hash: record_hash.as_bytes().to_vec(),
        record_sequence: new.record_sequence,
        kind: new.kind,
        public_key: signed.public_key.clone(),
        signature: signed.signature.clone(),
        given_at,
    })
}

fn revision_taken() -> Problem {
    Problem::new(
        ProblemKind::RevisionConflict,
        "The revision is not the one after your last of this scope. Read your delegations and give it again with the next one.",
    )
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::DelegationRefused, detail)
}

/// The caller's own delegations, and how many members trust the caller.
///
/// # Errors
/// If the database fails.
pub async fn mine(app: &App, actor: &Actor<Member>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("delegation_list", actor.coop).await?;
    let rows = delegations_of_truster(&mut tx, actor.member, SCOPES_MAX).await?;
    let given = views(&mut tx, rows).await?;
    let trusted_by = delegations_received_count(&mut tx, actor.member).await?;
    tx.commit().await?;
    Answer::ok(&MyDelegations {
        given,
        trusted_by: number(trusted_by, "count")?,
    })
}

/// The delegations that stand and name the caller.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn received(app: &App, actor: &Actor<Member>, page: &PageQuery) -> Result<Answer, Problem> {
    let after = after(page)?.unwrap_or_default();
    let mut tx = app.store.coop_tx("delegation_received", actor.coop).await?;
    let rows = delegations_received(&mut tx, actor.member, after, paging::rows(page)).await?;
    let rows = Page::cut(rows, page.limit(), |row| {
        format!("{}/{}", row.truster_id, row.record_sequence)
    });
    let items = views(&mut tx, rows.items).await?;
    tx.commit().await?;
    Answer::ok(&Page {
        items,
        next_cursor: rows.next_cursor,
    })
}

fn after(page: &PageQuery) -> Result<Option<(Uuid, i64)>, Problem> {
    let Some(text) = page.position().map_err(|_| wrong_cursor())? else {
        return Ok(None);
    };
    let parse = || {
        let (truster, sequence) = text.split_once('/')?;
        Some((truster.parse().ok()?, sequence.parse().ok()?))
    };
    parse().map(Some).ok_or_else(wrong_cursor)
}

fn wrong_cursor() -> Problem {
    Problem::new(
        ProblemKind::InvalidQuery,
        "The cursor is not one that this list gave. Start again without it.",
    )
}

/// How a member voted in decided proposals, and with whose weight, the newest proposal first.
///
/// # Errors
/// 404 where there is no such member, 422 for a cursor of another list.
pub async fn report(app: &App, actor: &Actor<Member>, member: MemberId, page: &PageQuery) -> Result<Answer, Problem> {
    let before = Some(paging::after(page)?).filter(|before| !before.is_nil());
    let mut tx = app.store.coop_tx("delegate_report", actor.coop).await?;
    member_get(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    let rows = delegate_report(&mut tx, member, before, paging::rows(page)).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.proposal_id.to_string());
    Answer::ok(&Page {
        items: rows.items.into_iter().map(vote).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

fn vote(row: ReportRow) -> Result<DelegateVote, RowDamage> {
    let ballot = row.options.zip(row.points).map(|(options, points)| DelegateBallot {
        options: options.iter().map(|option| option.cast_unsigned()).collect(),
        points: points.iter().map(|points| points.cast_unsigned()).collect(),
        reason: row.reason,
    });
    Ok(DelegateVote {
        proposal: ProposalId::from_uuid(row.proposal_id),
        title: row.title,
        kind: row.kind,
        outcome: Outcome::from_name(&row.outcome).ok_or(RowDamage("outcome"))?,
        published_at: row.published_at,
        ballot,
        carried_weight: number(row.carried, "weight")?,
        carried_members: number(row.carried_members, "count")?,
        proxy_weight: number(row.by_proxy, "weight")?,
    })
}

/// The scope that a body names.
#[must_use]
pub fn scope_of(scope: &DelegationScope) -> Scope {
    match scope {
        DelegationScope::Coop {} => Scope {
            kind: ScopeKind::Coop,
            of: Hash32::ZERO,
        },
        DelegationScope::Kind { name } => Scope {
            kind: ScopeKind::Kind,
            of: kind_word(name),
        },
        DelegationScope::Proposal { id } => Scope {
            kind: ScopeKind::Proposal,
            of: id.word(),
        },
    }
}

fn scope_name(scope: &DelegationScope) -> String {
    match scope {
        DelegationScope::Coop {} => String::new(),
        DelegationScope::Kind { name } => name.clone(),
        DelegationScope::Proposal { id } => id.to_string(),
    }
}

/// Members with their names of today.
///
/// # Errors
/// If the database fails.
pub async fn named(tx: &mut CoopTx, members: &[Uuid]) -> Result<HashMap<Uuid, NamedMember>, Problem> {
    let names = member_names(tx, members).await?;
    Ok(names
        .into_iter()
        .map(|row| {
            let id = MemberId::from_uuid(row.id);
            (
                row.id,
                NamedMember {
                    id,
                    display_name: row.display_name,
                },
            )
        })
        .collect())
}

async fn views(tx: &mut CoopTx, rows: Vec<DelegationRow>) -> Result<Vec<DelegationView>, Problem> {
    let members: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| [Some(row.truster_id), row.trustee_id])
        .flatten()
        .collect();
    let names = named(tx, &members).await?;
    let now = clock(tx).await?;
    rows.into_iter().map(|row| Ok(view(row, &names, now)?)).collect()
}

fn view(
    row: DelegationRow,
    names: &HashMap<Uuid, NamedMember>,
    now: DateTime<Utc>,
) -> Result<DelegationView, RowDamage> {
    let name = |member: Uuid| names.get(&member).cloned().ok_or(RowDamage("member_id"));
    let until = governance::time::Timestamp(number(row.valid_until, "valid_until")?);
    let kind = u8::try_from(row.scope_kind).ok().and_then(ScopeKind::from_code);
    let scope = match kind.ok_or(RowDamage("scope_kind"))? {
        ScopeKind::Coop => DelegationScope::Coop {},
        ScopeKind::Kind => DelegationScope::Kind { name: row.scope_name },
        ScopeKind::Proposal => DelegationScope::Proposal {
            id: row.scope_name.parse().map_err(|_| RowDamage("scope_name"))?,
        },
    };
    Ok(DelegationView {
        truster: name(row.truster_id)?,
        trustee: row.trustee_id.map(name).transpose()?,
        scope,
        holds: until > timestamp(now),
        valid_until: if until.0 == 0 { None } else { moment(until) },
        revision: number(row.revision, "revision")?,
        salt: word(&row.salt, "salt")?,
        record_hash: word(&row.record_hash, "record_hash")?,
        record_sequence: number(row.record_sequence, "record_sequence")?,
        signature_kind: SignatureKind::name(signature_kind(row.kind)?).to_owned(),
        given_at: row.given_at,
    })
}
