//! The page of a co-op that strangers read: nothing by itself, and whatever a steward chose to show.

use governance::event::Event;
use governance::hash::to_hex;
use governance::id::{MemberId, ProposalId};
use governance::record::Domain;
use governance::text;
use store::CoopTx;
use store::coop::{
    NewPublicPage, PUBLIC_PAGE_IS_NEXT, PublicDecisionRow, PublicPageRow, bylaws_current, coop_counts, coop_get,
    coop_of_slug, public_decisions, public_page_insert, public_page_list,
};
use store::revenue::{CycleRow, cycle_list};
use uuid::Uuid;
use wire::coop::{
    CountsView, PublicDecision, PublicKeys, PublicPage, PublicPageSetting, PublicPageVersion, PublicPart, PublicPayout,
    SetPublicPage,
};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::actor::{Actor, Member, Steward};
use crate::http::answer::Answer;
use crate::http::body::BasedOn;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::payouts::amount;
use crate::services::{bylaws, coops, events, founding, log, published};

/// The longest text of a co-op about itself, in characters; the schema says the same.
const ABOUT_LENGTH_MAX: usize = 4_000;
/// How many versions of the setting are told.
const HISTORY_MAX: i64 = 50;
/// How many decisions are shown.
const SHOWN_MAX: i64 = 50;
/// How many anchors are shown.
const ANCHORS_SHOWN: usize = 10;
/// How many cycles are read at most: of a co-op that shares each month, those of twenty years.
const CYCLES_READ_MAX: i64 = 240;
/// The state of a cycle that is done.
const POSTED: &str = "posted";
/// What an event says of a page that is not public.
const NOTHING: &str = "nothing";

/// What is set, and what was.
///
/// # Errors
/// If the database fails.
pub async fn setting(app: &App, actor: &Actor<Member>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("public_page_get", actor.coop).await?;
    let answer = shown(&mut tx).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Sets what strangers see.
///
/// # Errors
/// 412 where another steward set something meanwhile, 422 for a text that is too long.
pub async fn set(
    app: &App,
    actor: &Actor<Steward>,
    (based_on, body): (BasedOn, SetPublicPage),
) -> Result<Answer, Problem> {
    let about = match body.about.trim() {
        "" => String::new(),
        about => text::paragraphs(about, ABOUT_LENGTH_MAX).map_err(|refusal| Problem::text("about", &refusal))?,
    };
    let chosen = PublicPart::ALL.into_iter().filter(|part| body.shown.contains(part));
    let names: Vec<&str> = chosen.map(PublicPart::name).collect();
    let mut tx = app.store.coop_tx("public_page_set", actor.coop).await?;
    let last = public_page_list(&mut tx, 1).await?.first().map_or(0, |row| row.version);
    based_on.require(last)?;
    let new = NewPublicPage {
        version: last.saturating_add(1),
        is_public: body.is_public,
        about: &about,
        shown: &names,
        set_by: actor.member,
    };
    public_page_insert(&mut tx, new).await.map_err(|error| {
        if error.is_constraint(PUBLIC_PAGE_IS_NEXT) {
            let detail = "Another steward changed the page at this moment. Read it again and repeat your change.";
            return Problem::new(ProblemKind::StaleVersion, detail).with("current_version", new.version);
        }
        error.into()
    })?;
    let happened = [Event::PublicPageSet {
        coop: actor.coop,
        version: new.version.unsigned_abs(),
        shown: &if body.is_public {
            names.join(",")
        } else {
            String::from(NOTHING)
        },
        about: &about,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = shown(&mut tx).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn shown(tx: &mut CoopTx) -> Result<Answer, Problem> {
    let rows = public_page_list(tx, HISTORY_MAX).await?;
    let newest = rows.first();
    let setting = PublicPageSetting {
        version: newest.map_or(Ok(0), |row| number(row.version, "version"))?,
        is_public: newest.is_some_and(|row| row.is_public),
        about: newest.map(|row| row.about.clone()).unwrap_or_default(),
        shown: newest.map(parts).unwrap_or_default(),
        history: rows.iter().map(version).collect::<Result<_, _>>()?,
    };
    Ok(Answer::ok(&setting)?.at_version(newest.map_or(0, |row| row.version)))
}

fn parts(row: &PublicPageRow) -> Vec<PublicPart> {
    let is_shown = |part: &PublicPart| row.shown.iter().any(|name| name == part.name());
    PublicPart::ALL.into_iter().filter(is_shown).collect()
}

fn version(row: &PublicPageRow) -> Result<PublicPageVersion, RowDamage> {
    Ok(PublicPageVersion {
        version: number(row.version, "version")?,
        is_public: row.is_public,
        shown: parts(row),
        set_by: MemberId::from_uuid(row.set_by),
        set_at: row.set_at,
    })
}

/// The page of the co-op with this short name.
///
/// # Errors
/// 404 where there is none such, or where it has no page.
pub async fn page(app: &App, slug: &str) -> Result<Answer, Problem> {
    if !founding::is_slug(slug) {
        return Err(Problem::not_found());
    }
    let mut global = app.store.global_tx("coop_of_slug").await?;
    let coop = coop_of_slug(&mut global, slug).await?;
    global.commit().await?;
    let mut tx = app
        .store
        .coop_tx("public_page_read", coop.ok_or_else(Problem::not_found)?)
        .await?;
    let rows = public_page_list(&mut tx, 1).await?;
    let row = rows
        .into_iter()
        .next()
        .filter(|row| row.is_public)
        .ok_or_else(Problem::not_found)?;
    let page = read(app, &mut tx, &row).await?;
    tx.commit().await?;
    Answer::ok(&page)
}

async fn read(app: &App, tx: &mut CoopTx, row: &PublicPageRow) -> Result<PublicPage, Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    let domain = coops::domain(&coop)?;
    let mut page = PublicPage {
        slug: coop.slug,
        name: coop.name,
        created_at: coop.created_at,
        about: row.about.clone(),
        members: None,
        bylaws: None,
        decisions: None,
        payouts: None,
        keys: None,
    };
    for part in parts(row) {
        match part {
            PublicPart::Members => {
                let counts = coop_counts(tx).await?;
                page.members = Some(CountsView {
                    active: counts.active,
                    voting: counts.voting,
                    suspended: counts.suspended,
                });
            }
            PublicPart::Bylaws => {
                let in_force = bylaws_current(tx).await?.ok_or_else(Problem::not_found)?;
                page.bylaws = Some(bylaws::view(&in_force)?);
            }
            PublicPart::Decisions => {
                let rows = public_decisions(tx, SHOWN_MAX).await?;
                page.decisions = Some(rows.into_iter().map(decision).collect::<Result<_, _>>()?);
            }
            PublicPart::Payouts => {
                let rows = cycle_list(tx, Uuid::nil(), CYCLES_READ_MAX).await?;
                let posted = rows.into_iter().rev().filter(stands);
                page.payouts = Some(posted.filter_map(payout).collect::<Result<_, _>>()?);
            }
            PublicPart::Keys => {
                page.keys = Some(keys(app, tx, (&domain, coop.registrar.as_deref())).await?);
            }
        }
    }
    Ok(page)
}

async fn keys(
    app: &App,
    tx: &mut CoopTx,
    (domain, registrar): (&Domain, Option<&[u8]>),
) -> Result<PublicKeys, Problem> {
    let namespace = domain.namespace;
    let log_key = log::verifier_key(app, namespace)
        .map_err(|error| Problem::internal(format_args!("the log has no name: {error:#}")))?;
    Ok(PublicKeys {
        namespace,
        server_key: app.secrets.server_key().to_string(),
        log_key: log_key.to_string(),
        registrar: registrar.map(to_hex),
        anchors: published::final_anchors(tx, namespace, ANCHORS_SHOWN).await?,
        explorer: coops::explorer(app, domain),
    })
}

fn decision(row: PublicDecisionRow) -> Result<PublicDecision, RowDamage> {
    Ok(PublicDecision {
        id: ProposalId::from_uuid(row.id),
        title: row.title,
        kind: row.kind,
        outcome: row.outcome,
        published_at: row.published_at,
        cast: number(row.cast, "cast")?,
        of: number(row.of.unwrap_or_default(), "of")?,
    })
}

/// What was undone is shared again by another cycle: shown beside it, its revenue would be counted twice.
fn stands(row: &CycleRow) -> bool {
    row.state == POSTED && row.reversed_at.is_none()
}

fn payout(row: CycleRow) -> Option<Result<PublicPayout, RowDamage>> {
    let revenue = row.revenue?;
    Some(amount(revenue).map(|revenue| PublicPayout {
        period: row.period,
        ends_on: row.ends_on,
        currency: row.currency,
        revenue: revenue.to_string(),
    }))
}
