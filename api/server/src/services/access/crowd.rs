//! Who draws on shared allowances. What fewer than five have in common tells one of them what the others used.

use governance::access::TOLD_MEMBERS_MIN;
use store::access::{AccountRow, SubjectRow, subjects};
use store::{CoopTx, StoreError};

/// How many members are looked at to count to five.
const CROWD_MAX: i64 = 10_000;

/// The active members of a co-op.
pub struct Crowd(Vec<SubjectRow>);

impl Crowd {
    /// Reads them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn read(tx: &mut CoopTx) -> Result<Self, StoreError> {
        Ok(Self(subjects(tx, CROWD_MAX).await?))
    }

    /// Whether a member who draws on an account may be told what is spent of it: it is the member's own, or enough share it.
    #[must_use]
    pub fn may_see(&self, account: &AccountRow) -> bool {
        match account.kind.as_str() {
            "member" | "key" => true,
            "class" => self.has_enough(|member| member.class == account.subject),
            "role" => self.has_enough(|member| member.roles.contains(&account.subject)),
            _ => self.may_see_all(),
        }
    }

    /// Whether members may be told what all of them use together.
    #[must_use]
    pub fn may_see_all(&self) -> bool {
        self.has_enough(|_| true)
    }

    fn has_enough(&self, belongs: impl Fn(&SubjectRow) -> bool) -> bool {
        self.0.iter().filter(|member| belongs(member)).count() >= TOLD_MEMBERS_MIN
    }
}
