//! The terms of money: read, looked at before a vote, and set by a decision.

use chrono::SubsecRound as _;
use governance::action::{Action, MoneyFacts, Planned};
use governance::event::{Event, MoneyEvent};
use governance::hash::Hash32;
use governance::id::ProposalId;
use governance::money::MoneyTerms;
use governance::rule::Language;
use store::CoopTx;
use store::coop::coop_get;
use store::decision::proposal::clock;
use store::money::{MoneyTermsRow, NewMoneyTerms, money_terms_insert, money_terms_list};
use wire::money::{MoneyTermsPreview, MoneyTermsVersion, MoneyTermsVersions, PreviewMoneyTerms};

use crate::app::App;
use crate::http::actor::{Active, Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, domain, number};
use crate::services::events;

/// How many versions are shown.
const VERSIONS_SHOWN: i64 = 100;

fn terms(row: &MoneyTermsRow) -> Result<MoneyTerms, RowDamage> {
    serde_json::from_value(row.content.clone()).map_err(|_| RowDamage("content"))
}

/// The newest terms.
///
/// # Errors
/// If the database fails.
pub async fn newest(tx: &mut CoopTx) -> Result<Option<MoneyTerms>, Problem> {
    let row = money_terms_list(tx, 1).await?.pop();
    Ok(row.as_ref().map(terms).transpose()?)
}

/// The newest terms, as far as these actions ask. Whoever executes decisions one after the other finds each version taken once: the
/// key of the table refuses a second one.
///
/// # Errors
/// If the database fails.
pub async fn facts(tx: &mut CoopTx, planned: &[Planned]) -> Result<MoneyFacts, Problem> {
    let is_asked = planned
        .iter()
        .any(|each| matches!(each.act, Action::SetMoneyTerms { .. }));
    if is_asked {
        known(tx).await
    } else {
        Ok(MoneyFacts::default())
    }
}

async fn known(tx: &mut CoopTx) -> Result<MoneyFacts, Problem> {
    let coop = coop_get(tx).await?.ok_or_else(Problem::not_found)?;
    Ok(MoneyFacts {
        namespace: domain(&coop)?.namespace,
        terms: newest(tx).await?,
    })
}

/// Sets terms, with their event.
///
/// # Errors
/// If the database fails.
pub async fn set(tx: &mut CoopTx, proposal: ProposalId, (terms, hash): (&MoneyTerms, Hash32)) -> Result<(), Problem> {
    let new = NewMoneyTerms {
        version: i64::try_from(terms.version).map_err(Problem::internal)?,
        hash,
        supersedes: (terms.supersedes != Hash32::ZERO).then_some(terms.supersedes),
        proposal,
        content: &serde_json::to_value(terms).map_err(Problem::internal)?,
        set_at: clock(tx).await?.trunc_subsecs(0),
    };
    money_terms_insert(tx, new).await?;
    let happened = [Event::Money(MoneyEvent::TermsSet {
        coop: tx.coop(),
        version: terms.version,
        terms: hash,
        proposal,
    })];
    Ok(events::append(tx, None, &happened).await?)
}

/// The versions of the terms, newest first.
///
/// # Errors
/// If the database fails.
pub async fn list(app: &App, actor: &Actor<Member>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("money_terms_list", actor.coop).await?;
    let rows = money_terms_list(&mut tx, VERSIONS_SHOWN).await?;
    tx.commit().await?;
    let items = rows.iter().map(|row| {
        let terms = terms(row)?;
        Ok(MoneyTermsVersion {
            version: number(row.version, "version")?,
            hash: Hash32::from_slice(&row.terms_hash).ok_or(RowDamage("terms_hash"))?,
            proposal: ProposalId::from_uuid(row.proposal_id),
            set_at: row.set_at,
            sentences: terms.sentences(Language::English),
            sentences_zh: terms.sentences(Language::Chinese),
            terms,
        })
    });
    Answer::ok(&MoneyTermsVersions {
        items: items.collect::<Result<_, RowDamage>>()?,
    })
}

/// Looks at a draft: its hash, its words, and whether it follows the newest version.
///
/// # Errors
/// 422 for terms that are none, with the reason.
pub async fn preview(app: &App, actor: &Actor<Active>, body: PreviewMoneyTerms) -> Result<Answer, Problem> {
    let terms = body.terms;
    terms.check().map_err(|refusal| Problem::field("terms", refusal))?;
    let mut tx = app.store.coop_tx("money_terms_preview", actor.coop).await?;
    let facts = known(&mut tx).await?;
    tx.commit().await?;
    Answer::ok(&MoneyTermsPreview {
        hash: terms.hash(facts.namespace),
        next_version: facts.version().saturating_add(1),
        supersedes: facts.hash(),
        obstacle: facts.clone().set(&terms).err().map(|obstacle| obstacle.to_string()),
        sentences: terms.sentences(Language::English),
        sentences_zh: terms.sentences(Language::Chinese),
    })
}
