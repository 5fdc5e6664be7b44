//! Contesting a result: a member says why it should not stand, and a steward decides, with a reason. What was carried waits meanwhile.
//!
//! It takes two to set a result aside: a member who could vote, and a steward who is another one. A steward alone cannot touch what the
//! members decided, and a member alone delays it only until a steward has answered.

use crate::time::Timestamp;

/// What is known when a member contests a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContestFacts {
    /// Now.
    pub now: Timestamp,
    /// Whether a result is published.
    pub is_decided: bool,
    /// Until when it may be contested; `None` where the bylaws give no time for it.
    pub until: Option<Timestamp>,
    /// Whether what was carried is done, or given up.
    pub is_over: bool,
    /// Whether the member could vote on it, or is the one whom it would expel.
    pub is_concerned: bool,
    /// Whether the member contested it before.
    pub has_contested: bool,
}

/// Why a contest, or an answer to it, is refused; each says what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContestRefusal {
    /// There is no result.
    #[error("there is no result yet; it can be contested once it is published")]
    Undecided,
    /// Nobody may.
    #[error("the bylaws give no time to contest a result of this kind; propose to decide again")]
    NoTime,
    /// It is too late.
    #[error("the result could be contested until {} (seconds since 1970); propose to decide again", .0.0)]
    TooLate(Timestamp),
    /// What was carried is done.
    #[error("what was carried is done or given up already; propose to decide again")]
    Over,
    /// Not this member.
    #[error("only members who could vote on it, or whom it would expel, may contest the result")]
    NotConcerned,
    /// Once is enough.
    #[error("you contested this result already, and a steward answers each member once")]
    Again,
    /// Nobody judges the own cause.
    #[error("a steward does not answer the own contest; ask another steward")]
    OwnContest,
    /// There is nothing to answer.
    #[error("this member has no contest here that waits for an answer")]
    NoContest,
}

/// What a steward answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContestVerdict {
    /// The result stands.
    Dismissed,
    /// The result is set aside: nothing follows from it.
    Upheld,
}

impl ContestVerdict {
    /// The name in JSON, in SQL and in the record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dismissed => "dismissed",
            Self::Upheld => "upheld",
        }
    }
}

/// Decides whether a member may contest a result.
///
/// # Errors
/// [`ContestRefusal`] with the rule that forbids it.
pub fn decide_contest(facts: &ContestFacts) -> Result<(), ContestRefusal> {
    if !facts.is_decided {
        return Err(ContestRefusal::Undecided);
    }
    let until = facts.until.ok_or(ContestRefusal::NoTime)?;
    if facts.now >= until {
        return Err(ContestRefusal::TooLate(until));
    }
    if facts.is_over {
        return Err(ContestRefusal::Over);
    }
    if !facts.is_concerned {
        return Err(ContestRefusal::NotConcerned);
    }
    if facts.has_contested {
        return Err(ContestRefusal::Again);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_concerned_contests_a_result_once_and_in_time() {
        let facts = ContestFacts {
            now: Timestamp(100),
            is_decided: true,
            until: Some(Timestamp(101)),
            is_over: false,
            is_concerned: true,
            has_contested: false,
        };
        type Change = fn(&mut ContestFacts);
        let cases: [(Change, Result<(), ContestRefusal>); 8] = [
            (|_| {}, Ok(())),
            (|facts| facts.is_decided = false, Err(ContestRefusal::Undecided)),
            (|facts| facts.until = None, Err(ContestRefusal::NoTime)),
            (
                |facts| facts.now = Timestamp(101),
                Err(ContestRefusal::TooLate(Timestamp(101))),
            ),
            (|facts| facts.is_over = true, Err(ContestRefusal::Over)),
            (|facts| facts.is_concerned = false, Err(ContestRefusal::NotConcerned)),
            (|facts| facts.has_contested = true, Err(ContestRefusal::Again)),
            // What members may know comes first: that there is no result, then who asks.
            (
                |facts| (facts.is_decided, facts.is_concerned) = (false, false),
                Err(ContestRefusal::Undecided),
            ),
        ];
        for (change, expected) in cases {
            let mut changed = facts;
            change(&mut changed);
            assert_eq!(decide_contest(&changed), expected, "{changed:?}");
        }
    }
}
