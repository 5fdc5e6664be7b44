//! The bylaws of a co-op, with each rule as a sentence.

use std::collections::BTreeMap;

use governance::bylaws::Bylaws;
use governance::hash::Hash32;
use governance::rule::Language;
use store::coop::{BylawsRow, bylaws_current, bylaws_get};
use wire::coop::BylawsView;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;

/// Which version is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The one in force.
    InForce,
    /// The one with this number.
    Number(i64),
}

/// A version of the bylaws.
///
/// # Errors
/// 404 where there is none such.
pub async fn one(app: &App, actor: &Actor<Member>, version: Version) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("bylaws_get", actor.coop).await?;
    let row = match version {
        Version::InForce => bylaws_current(&mut tx).await?,
        Version::Number(number) => bylaws_get(&mut tx, number).await?,
    };
    tx.commit().await?;
    Answer::ok(&view(&row.ok_or_else(Problem::not_found)?)?)
}

/// The bylaws in a row.
///
/// # Errors
/// If the row does not hold any.
pub fn content(row: &BylawsRow) -> Result<Bylaws, Problem> {
    serde_json::from_value(row.content.clone()).map_err(Problem::internal)
}

fn sentences(content: &Bylaws, language: Language) -> BTreeMap<String, String> {
    let each = content.kinds.iter();
    each.map(|(name, kind)| (name.clone(), kind.rule.sentence(language)))
        .collect()
}

/// A version as it is shown.
///
/// # Errors
/// If the row is damaged.
pub(super) fn view(row: &BylawsRow) -> Result<BylawsView, Problem> {
    let content = content(row)?;
    let word =
        |bytes: &[u8]| Hash32::from_slice(bytes).ok_or_else(|| Problem::internal("bylaws hold a malformed word"));
    Ok(BylawsView {
        version: row.version,
        adopted_at: row.adopted_at,
        sentences: sentences(&content, Language::English),
        sentences_zh: sentences(&content, Language::Chinese),
        content,
        salt: word(&row.salt)?,
        record_hash: word(&row.record_hash)?,
    })
}
