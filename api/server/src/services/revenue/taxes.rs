//! Which tax profile a member has: set by a treasurer, never by the member, and frozen with the inputs of each payout cycle.

use chrono::SubsecRound as _;
use governance::event::Event;
use governance::id::MemberId;
use governance::membership::Role;
use governance::revenue::Label;
use store::StoreError;
use store::decision::proposal::clock;
use store::revenue::{TaxProfileRow, tax_profile_list, tax_profile_set};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;
use wire::revenue::{SetTaxProfile, TaxProfileView};

use crate::app::App;
use crate::http::actor::{Actor, Member, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::{events, idempotent, paging};

fn view(row: TaxProfileRow) -> TaxProfileView {
    TaxProfileView {
        member: MemberId::from_uuid(row.member_id),
        profile: row.profile,
        set_by: MemberId::from_uuid(row.set_by),
        set_at: row.set_at,
    }
}

fn or_refused(error: StoreError) -> Problem {
    if error.is_constraint("member_tax_profile_is_set_by_another") {
        let detail = "Nobody sets their own tax profile. Another treasurer does.";
        return Problem::new(ProblemKind::FourEyes, detail);
    }
    if error.is_constraint("member_tax_profile_is_of_a_member") {
        return Problem::field("member", "the co-op has no such member");
    }
    error.into()
}

/// Sets a member's tax profile; cycles that are frozen later count it.
///
/// # Errors
/// 403 for one's own, 422 for a profile or a member that is none.
pub async fn set(app: &App, actor: &Actor<Treasurer>, command: Command<SetTaxProfile>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let profile = value
        .profile
        .as_deref()
        .map(|text| {
            text.parse::<Label>()
                .map_err(|refusal| Problem::field("profile", refusal))
        })
        .transpose()?;
    let mut tx = app.store.coop_tx("tax_profile_set", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let new = (value.member, profile.as_ref().map(Label::as_str));
    let row = tax_profile_set(&mut tx, new, (actor.member, now))
        .await
        .map_err(or_refused)?;
    let happened = [Event::TaxProfileSet {
        member: value.member,
        number: row.number.unsigned_abs(),
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::created(&view(row))?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The tax profiles that hold: everybody's for treasurers and auditors, else one's own.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(query)?;
    let sees_all = [Role::Treasurer, Role::Auditor].into_iter().any(|role| actor.has(role));
    let whose = (!sees_all).then_some(actor.member);
    let mut tx = app.store.coop_tx("tax_profile_list", actor.coop).await?;
    let rows = tax_profile_list(&mut tx, whose, (after, paging::rows(query))).await?;
    tx.commit().await?;
    let views: Vec<_> = rows.into_iter().map(view).collect();
    Answer::ok(&Page::cut(views, query.limit(), |one: &TaxProfileView| {
        one.member.to_string()
    }))
}
