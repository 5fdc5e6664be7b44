//! What members used of models, as figures of contributions: added up by the program, so that nobody types them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use governance::id::MemberId;
use store::CoopTx;
use store::decision::proposal::clock;
use store::revenue::{contribution_overlaps, usage_of_members};
use wire::problem::ProblemKind;
use wire::revenue::{MeteredUsage, SubmitContributions};

use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;

/// How every such source begins; no table may be called so.
pub const SOURCE: &str = "metered usage";

/// The source and the lines of what is metered on days that are over.
///
/// # Errors
/// 422 for days that are not over, a source of one's own, or where nobody used anything; 409 where some of the days were brought in before.
pub async fn of_meter(
    tx: &mut CoopTx,
    body: &SubmitContributions,
    measure: MeteredUsage,
    days: (NaiveDate, NaiveDate),
) -> Result<(String, BTreeMap<MemberId, u64>), Problem> {
    if body.source.is_some() {
        let rule = "what is metered names its source itself; leave it out";
        return Err(Problem::field("source", rule));
    }
    if days.1 >= clock(tx).await?.date_naive() {
        let rule = "the last day is over, by UTC, before its use is added up";
        return Err(Problem::field("ends_on", rule));
    }
    let source = format!("{SOURCE}: {}", measure.name());
    if contribution_overlaps(tx, &source, days, body.replaces).await? {
        return Err(counted_before());
    }
    let used = usage_of_members(tx, measure.name(), days).await?;
    if used.is_empty() {
        return Err(Problem::field("metered", "nobody used anything on these days"));
    }
    let lines = used.into_iter().map(|row| {
        let count = u64::try_from(row.count).map_err(|_| RowDamage("count"))?;
        Ok((MemberId::from_uuid(row.member_id), count))
    });
    Ok((source, lines.collect::<Result<_, RowDamage>>()?))
}

/// Some of the days are counted already.
#[must_use]
pub fn counted_before() -> Problem {
    let detail = "The use of some of these days was brought in before. Choose other days, or replace that snapshot.";
    Problem::new(ProblemKind::ContributionState, detail)
}
