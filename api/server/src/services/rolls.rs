//! Rolls, read page by page and put together from members and keys.

use governance::id::ProposalId;
use governance::roll::RollEntry;
use store::decision::proposal::ProposalRow;
use store::decision::roll::{roll_keys_up_to, roll_members, roll_pseudonyms};
use store::{CoopTx, StoreError};
use uuid::Uuid;

use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, roll_entries, tier};

/// Why a roll could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RollFault {
    /// The database failed.
    #[error("the database did not answer for a roll")]
    Store(#[from] StoreError),
    /// A row does not hold what it must.
    #[error("a row of a roll is damaged")]
    Row(#[from] RowDamage),
}

impl From<RollFault> for Problem {
    fn from(fault: RollFault) -> Self {
        match fault {
            RollFault::Store(error) => error.into(),
            RollFault::Row(damage) => damage.into(),
        }
    }
}

/// Where a reader of a roll stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollReader {
    proposal: ProposalId,
    after: Option<Uuid>,
    page: i64,
    hides_names: bool,
}

impl RollReader {
    /// Before the first member of the roll of a proposal; so many are read at once.
    ///
    /// # Errors
    /// If the row holds no known tier of secrecy.
    pub fn new(row: &ProposalRow, page: i64) -> Result<Self, RowDamage> {
        Ok(Self {
            proposal: ProposalId::from_uuid(row.id),
            after: None,
            page,
            hides_names: tier(row)?.hides_names(),
        })
    }

    /// The next members with their keys, in the order of the names under which they are published; none at the end.
    ///
    /// # Errors
    /// If the database fails or a row is damaged.
    pub async fn next(&mut self, tx: &mut CoopTx) -> Result<Vec<RollEntry>, RollFault> {
        if self.hides_names {
            let members = roll_pseudonyms(tx, self.proposal, self.after, self.page).await?;
            self.after = members.last().and_then(|last| last.pseudonym);
            return Ok(roll_entries(&members, &[])?);
        }
        let members = roll_members(tx, self.proposal, self.after, self.page).await?;
        let Some(last) = members.last() else {
            return Ok(Vec::new());
        };
        let keys = roll_keys_up_to(tx, self.proposal, self.after, last.member_id).await?;
        self.after = Some(last.member_id);
        Ok(roll_entries(&members, &keys)?)
    }
}
