//! The bench of whoever holds proxies: votes for many members in one action, each by a ballot of its own.
//!
//! A proxy ballot speaks for one member alone. At the close it counts where the member did not vote and the member's delegations
//! lead to the holder; the count finds that out again from the record, so what is asked here only spares holder and member a surprise.

use std::collections::{HashMap, HashSet};

use governance::ballot::{Form, read_choice};
use governance::delegation::{Asked, DEPTH_MAX, Standing, kind_word};
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::proposal::State;
use governance::record::{ProxyBallotV1, Record as _, digest};
use store::CoopTx;
use store::coop::coop_get;
use store::decision::delegated::{
    NewProxyBallot, ProxyBallotRow, proxy_ballots_append, proxy_ballots_of_member, proxy_revisions, voting_hold_open,
};
use store::decision::delegation::{DelegationRow, delegation_trusters, delegations_of_now, members_who_voted};
use store::decision::proposal::ProposalRow;
use store::decision::roll::roll_has;
use uuid::Uuid;
use wire::delegation::{
    CastProxyBallots, NamedMember, ProxiesHeld, ProxyBallotStored, ProxyBallotView, ProxyBallotsStored, ProxyHeld,
};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::cast_batch::not_open;
use crate::services::decision_rows::{RowDamage, domain, frozen, number, rule, state, tier, word};
use crate::services::delegations::named;
use crate::services::proposals::{Asking, visible};
use crate::services::{idempotent, paging};

/// The most members one action may vote for, and one list shows: more is several actions.
const MEMBERS_MAX: usize = 1_000;

/// By member: the choice, as options and points.
type Choices = HashMap<Uuid, (Vec<u16>, Vec<u32>)>;

/// Votes for members whose proxies the caller holds.
///
/// # Errors
/// 409 where voting is not open or a member's proxy is not the caller's, 422 where a choice is malformed.
pub async fn cast(
    app: &App,
    actor: &Actor<Active>,
    proposal: ProposalId,
    command: Command<CastProxyBallots>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let choices = choices(value)?;
    let mut tx = app.store.coop_tx("proxy_ballots_cast", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let row = visible(&mut tx, Asking::from(actor), proposal).await?;
    if state(&row)? != State::Open || !voting_hold_open(&mut tx, proposal).await? {
        return Err(not_open());
    }
    if tier(&row)?.hides_names() {
        return Err(Problem::new(
            ProblemKind::DelegationRefused,
            "Ballots of this decision stand under pseudonyms, and nobody votes for another: that would name both.",
        ));
    }
    let rule = rule(&row)?;
    for (options, points) in choices.values() {
        read_choice(Form::of(&rule.counting), row.options.len(), options, points).map_err(|refusal| {
            let detail = format!("{refusal}. Correct the choice and cast it again.");
            Problem::new(ProblemKind::BallotMalformed, detail)
        })?;
    }
    if !roll_has(&mut tx, proposal, actor.member).await? {
        return Err(Problem::new(
            ProblemKind::NotOnRoll,
            "You are not on the roll of this proposal.",
        ));
    }
    let mut members: Vec<Uuid> = choices.keys().copied().collect();
    members.sort_unstable();
    let held = ways(&mut tx, &row, &members, actor.member.uuid()).await?;
    if let Some(other) = members.iter().find(|member| !held.contains_key(member)) {
        let detail = "You hold no proxy of this member here: the member voted, or the delegation leads elsewhere.";
        return Err(Problem::new(ProblemKind::DelegationRefused, detail).with("member", other.to_string()));
    }
    let stored = store(app, &mut tx, actor, &row, (&members, choices)).await?;
    let answer = Answer::created(&ProxyBallotsStored { ballots: stored })?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

fn choices(cast: CastProxyBallots) -> Result<Choices, Problem> {
    let mut choices = Choices::new();
    let mut count: usize = 0;
    for vote in cast.votes {
        for member in &vote.members {
            count = count.saturating_add(1);
            choices.insert(member.uuid(), (vote.options.clone(), vote.points.clone()));
        }
    }
    if count == 0 || count > MEMBERS_MAX || choices.len() != count {
        let detail = format!("name from 1 to {MEMBERS_MAX} members, each once");
        return Err(Problem::field("votes", detail));
    }
    Ok(choices)
}

async fn store(
    app: &App,
    tx: &mut CoopTx,
    actor: &Actor<Active>,
    row: &ProposalRow,
    (members, choices): (&[Uuid], Choices),
) -> Result<Vec<ProxyBallotStored>, Problem> {
    let (proposal, holder) = (ProposalId::from_uuid(row.id), actor.member);
    let domain = domain(&coop_get(tx).await?.ok_or_else(Problem::not_found)?)?;
    let proposal_hash = word(row.record_hash.as_deref().unwrap_or_default(), "record_hash")?;
    let revisions: HashMap<Uuid, i64> = proxy_revisions(tx, (proposal, holder), members)
        .await?
        .into_iter()
        .collect();
    if rule(row)?.ballots_final && !revisions.is_empty() {
        let detail = "The rule of this decision makes ballots final: what you cast for a member first stands.";
        return Err(Problem::new(ProblemKind::DelegationRefused, detail));
    }
    let mut ballots = Vec::with_capacity(members.len());
    for member in members {
        let (options, points) = choices.get(member).cloned().unwrap_or_default();
        let last: u64 = number(revisions.get(member).copied().unwrap_or_default(), "revision")?;
        let record = ProxyBallotV1 {
            namespace: domain.namespace,
            proposal: proposal.word(),
            proposal_hash,
            holder: holder.word(),
            member: MemberId::from_uuid(*member).word(),
            revision: last.saturating_add(1),
            options,
            points,
            salt: Hash32::from_bytes(random().map_err(Problem::internal)?),
        };
        ballots.push(NewProxyBallot {
            member: *member,
            revision: i64::try_from(record.revision).map_err(|_| RowDamage("revision"))?,
            salt: record.salt,
            record_hash: record.struct_hash(),
            signature: app.secrets.attest(digest(&domain, &record)).to_vec(),
            options: record.options,
            points: record.points,
        });
    }
    let key = app.secrets.server_key();
    if !proxy_ballots_append(tx, (proposal, holder), key.as_bytes(), &ballots).await? {
        return Err(Problem::busy());
    }
    ballots
        .into_iter()
        .map(|ballot| {
            Ok(ProxyBallotStored {
                member: MemberId::from_uuid(ballot.member),
                revision: number(ballot.revision, "revision")?,
                record_hash: ballot.record_hash,
            })
        })
        .collect()
}

/// Whose proxies the caller holds in a proposal: nobody's where voting is not open, for none can be cast. A page that is read while
/// voting ends is thus answered and not refused.
///
/// # Errors
/// 404 where the caller sees no such proposal.
pub async fn held<R>(app: &App, actor: &Actor<R>, proposal: ProposalId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("proxies_held", actor.coop).await?;
    let row = visible(&mut tx, Asking::from(actor), proposal).await?;
    if state(&row)? != State::Open || tier(&row)?.hides_names() {
        tx.commit().await?;
        return Answer::ok(&ProxiesHeld {
            members: Vec::new(),
            is_cut: false,
        });
    }
    let holder = actor.member.uuid();
    let mut known: HashSet<Uuid> = HashSet::from([holder]);
    let (mut frontier, mut found, mut is_cut) = (vec![holder], Vec::new(), false);
    for depth in 1..=DEPTH_MAX {
        if frontier.is_empty() || is_cut {
            break;
        }
        let limit = i64::try_from(MEMBERS_MAX).unwrap_or(i64::MAX).saturating_add(1);
        let candidates = delegation_trusters(&mut tx, proposal, &frontier, limit).await?;
        is_cut = candidates.len() > MEMBERS_MAX;
        let candidates: Vec<Uuid> = candidates
            .into_iter()
            .filter(|member| !known.contains(member))
            .collect();
        let voted = told_voted(&mut tx, &row, &candidates).await?;
        let next = speaking(&mut tx, &row, &candidates).await?;
        let reached: Vec<Uuid> = candidates
            .into_iter()
            .filter(|member| !voted.contains(member) && next.get(member).is_some_and(|to| frontier.contains(to)))
            .collect();
        known.extend(&reached);
        found.extend(reached.iter().map(|member| (*member, depth)));
        frontier = reached;
    }
    is_cut |= found.len() > MEMBERS_MAX;
    found.truncate(MEMBERS_MAX);
    let members: Vec<Uuid> = found.iter().map(|(member, _)| *member).collect();
    let names = named(&mut tx, &members).await?;
    tx.commit().await?;
    let held = |(member, depth): (Uuid, u8)| {
        let member = names.get(&member).cloned().ok_or(RowDamage("member_id"))?;
        Ok::<_, RowDamage>(ProxyHeld { member, depth })
    };
    Answer::ok(&ProxiesHeld {
        members: found.into_iter().map(held).collect::<Result<_, _>>()?,
        is_cut,
    })
}

/// Who of these members has voted, as far as anybody may be told: where ballots are sealed, nobody is, and the count sorts out whose own
/// ballot counts instead of what was cast for them.
async fn told_voted(tx: &mut CoopTx, row: &ProposalRow, members: &[Uuid]) -> Result<HashSet<Uuid>, Problem> {
    if tier(row)?.hides_turnout() {
        return Ok(HashSet::new());
    }
    let voted = members_who_voted(tx, ProposalId::from_uuid(row.id), members).await?;
    Ok(voted.into_iter().collect())
}

/// Of these members, those who did not vote and whose way leads to the holder, past nobody who voted; with the length of the way.
async fn ways(
    tx: &mut CoopTx,
    row: &ProposalRow,
    members: &[Uuid],
    holder: Uuid,
) -> Result<HashMap<Uuid, u8>, Problem> {
    let voted = told_voted(tx, row, members).await?;
    let mut walking: HashMap<Uuid, Uuid> = members
        .iter()
        .filter(|member| !voted.contains(member) && **member != holder)
        .map(|member| (*member, *member))
        .collect();
    let mut arrived = HashMap::new();
    for depth in 1..=DEPTH_MAX {
        let mut at: Vec<Uuid> = walking.values().copied().collect();
        at.sort_unstable();
        at.dedup();
        if at.is_empty() {
            break;
        }
        let next = speaking(tx, row, &at).await?;
        let stops: Vec<Uuid> = next.values().copied().filter(|to| *to != holder).collect();
        let stops = told_voted(tx, row, &stops).await?;
        let mut on = HashMap::new();
        for (member, at) in walking {
            match next.get(&at) {
                Some(to) if *to == holder => {
                    arrived.insert(member, depth);
                }
                Some(to) if !stops.contains(to) && *to != member => {
                    on.insert(member, *to);
                }
                Some(_) | None => {}
            }
        }
        walking = on;
    }
    Ok(arrived)
}

/// Whom each of these members trusts in the proposal, by the delegation that speaks there now.
async fn speaking(tx: &mut CoopTx, row: &ProposalRow, members: &[Uuid]) -> Result<HashMap<Uuid, Uuid>, Problem> {
    let proposal = ProposalId::from_uuid(row.id);
    let kind = kind_word(&row.kind);
    let asked = Asked {
        kind,
        proposal: proposal.word(),
        moment: frozen(row)?.ok_or(RowDamage("closes_at"))?.closes_at,
        carried_max: None,
    };
    let mut speaking: HashMap<Uuid, DelegationRow> = HashMap::new();
    // Rows of one member come with the widest scope first, so the narrowest that holds stays.
    for row in delegations_of_now(tx, (proposal, kind), members).await? {
        let edge = super::delegated::edge(&row)?;
        if asked.standing(edge.scope, edge.valid_until) == Standing::Holds {
            speaking.insert(row.truster_id, row);
        }
    }
    Ok(speaking
        .into_iter()
        .filter_map(|(truster, row)| Some((truster, row.trustee_id?)))
        .collect())
}

/// What holders cast for the caller: the last of each.
///
/// # Errors
/// 404 where the caller sees no such proposal, 422 for a cursor of another list.
pub async fn for_me<R>(app: &App, actor: &Actor<R>, proposal: ProposalId, page: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(page)?;
    let mut tx = app.store.coop_tx("proxy_ballots_mine", actor.coop).await?;
    visible(&mut tx, Asking::from(actor), proposal).await?;
    let rows = proxy_ballots_of_member(&mut tx, (proposal, actor.member), after, paging::rows(page)).await?;
    let rows = Page::cut(rows, page.limit(), |row| row.holder_id.to_string());
    let holders: Vec<Uuid> = rows.items.iter().map(|row| row.holder_id).collect();
    let names = named(&mut tx, &holders).await?;
    tx.commit().await?;
    Answer::ok(&Page {
        items: rows
            .items
            .into_iter()
            .map(|row| proxy_view(row, &names))
            .collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

fn proxy_view(row: ProxyBallotRow, names: &HashMap<Uuid, NamedMember>) -> Result<ProxyBallotView, RowDamage> {
    Ok(ProxyBallotView {
        holder: names.get(&row.holder_id).cloned().ok_or(RowDamage("holder_id"))?,
        revision: number(row.revision, "revision")?,
        options: row.options.iter().map(|option| option.cast_unsigned()).collect(),
        points: row.points.iter().map(|points| points.cast_unsigned()).collect(),
        salt: word(&row.salt, "salt")?,
        record_hash: word(&row.record_hash, "record_hash")?,
        cast_at: row.cast_at,
    })
}
