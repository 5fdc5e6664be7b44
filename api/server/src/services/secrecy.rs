//! How secret the ballots of a proposal are: which tier it may have, what is told of it, and when a group is too small.

use governance::bylaws::KindBylaws;
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::secrecy::{Exposure, Privacy, SmallGroup, Tier, electors_root};
use store::CoopTx;
use store::decision::proposal::ProposalRow;
use store::decision::roll::{roll_members, voters_count};
use wire::problem::ProblemKind;

use crate::problem::Problem;
use crate::services::decision_rows::{number, tier};
use crate::services::proposals::bylaws_of;
use crate::services::{events, stages};

/// Members of the roll that are read at once.
const ROLL_PAGE: i64 = 2_000;

/// The tier that a proposal gets.
///
/// # Errors
/// 422 where the bylaws do not allow it.
pub fn chosen(bylaws: &KindBylaws, asked: Option<Tier>) -> Result<Tier, Problem> {
    bylaws
        .privacy
        .choose(asked)
        .map_err(|refusal| Problem::field("secrecy", format_args!("{refusal}; read them for the tiers they allow")))
}

/// Leaves the event of another tier than before.
///
/// # Errors
/// If the database fails.
pub async fn tell(
    tx: &mut CoopTx,
    (proposal, actor): (ProposalId, MemberId),
    (before, after): (Tier, Tier),
) -> Result<(), Problem> {
    if before == after {
        return Ok(());
    }
    let happened = [Event::SecrecyChosen { proposal, tier: after }];
    Ok(events::append(tx, Some(actor), &happened).await?)
}

/// What a count of so many members could tell of single ones, as sentences.
#[must_use]
pub fn warnings(privacy: &Privacy, tier: Tier, members: u64) -> Vec<String> {
    let exposures = privacy.exposures_of_roll(tier, members);
    exposures.iter().map(Exposure::to_string).collect()
}

/// What is to be expected if voting opened now.
pub struct Foreseen {
    /// What could be found out.
    pub warnings: Vec<String>,
    /// Why voting could not open because of it.
    pub obstacle: Option<String>,
}

/// What is to be expected of a proposal that is not open yet, from the members who may vote now; nothing of any other.
///
/// # Errors
/// If the database fails.
pub async fn foreseen(tx: &mut CoopTx, row: &ProposalRow) -> Result<Foreseen, Problem> {
    let members = match row.roll_count {
        Some(count) => i64::from(count),
        None => {
            let body = stages::electorate(tx, row).await?;
            voters_count(tx, &body).await?
        }
    };
    let privacy = bylaws_of(tx, row).await?.privacy;
    let warnings = warnings(&privacy, tier(row)?, number(members, "count")?);
    let obstacle = match privacy.small_group {
        SmallGroup::Warn => None,
        SmallGroup::Refuse => warnings.first().cloned(),
    };
    Ok(Foreseen { warnings, obstacle })
}

/// Whether voting may open with so many on the roll.
///
/// # Errors
/// 409 where the bylaws refuse so small a group.
pub fn guard(row: &ProposalRow, bylaws: &KindBylaws, members: usize) -> Result<(), Problem> {
    let members = u64::try_from(members).unwrap_or(u64::MAX);
    let exposures = bylaws.privacy.exposures_of_roll(tier(row)?, members);
    let (Some(exposure), SmallGroup::Refuse) = (exposures.first(), bylaws.privacy.small_group) else {
        return Ok(());
    };
    Err(Problem::new(
        ProblemKind::GroupTooSmall,
        format!("The bylaws do not let voting open: {exposure}. Choose another secrecy tier, or admit members first."),
    )
    .with("members", members)
    .with("group_min", bylaws.privacy.group_min))
}

/// The root over the members behind a roll of pseudonyms.
///
/// # Errors
/// If the database fails.
pub async fn electors(tx: &mut CoopTx, proposal: ProposalId) -> Result<Hash32, Problem> {
    let (mut electors, mut after) = (Vec::new(), None);
    loop {
        let page = roll_members(tx, proposal, after, ROLL_PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(electors_root(proposal.word(), electors));
        };
        after = Some(last.member_id);
        for row in &page {
            let weight: u128 = number(row.weight, "weight")?;
            electors.push((MemberId::from_uuid(row.member_id).word(), weight));
        }
    }
}
