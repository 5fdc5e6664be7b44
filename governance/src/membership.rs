//! Membership: classes, statuses, roles, and which changes of status are possible.

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in JSON and SQL.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    };
}

names!(
    /// What a member is to the co-op. Every class but the observer votes; each has one vote.
    Class {
        /// Works with or for the co-op.
        Worker = "worker",
        /// Uses the shared tools.
        User = "user",
        /// Supports the co-op in another way.
        Supporter = "supporter",
        /// Sees everything and votes on nothing.
        Observer = "observer",
    }
);

impl Class {
    /// Whether members of this class stand on a roll.
    #[must_use]
    pub const fn votes(self) -> bool {
        match self {
            Self::Worker | Self::User | Self::Supporter => true,
            Self::Observer => false,
        }
    }
}

names!(
    /// Where a membership stands.
    Status {
        /// A member in good standing.
        Active = "active",
        /// Rights are suspended; the membership goes on.
        Suspended = "suspended",
        /// Left of one's own will.
        Left = "left",
        /// Expelled by the co-op.
        Expelled = "expelled",
    }
);

names!(
    /// An office a member may hold. Roles are looked up at each request and never travel in a token.
    Role {
        /// Keeps the roll, opens decisions.
        Steward = "steward",
        /// Records revenue, runs payout cycles.
        Treasurer = "treasurer",
        /// Checks the record.
        Auditor = "auditor",
    }
);

/// Why a change of status is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatusRefusal {
    /// The membership has that status already.
    #[error("the membership is already {}", .0.name())]
    Unchanged(Status),
    /// A membership that ended is not revived; a new one begins by invitation or application.
    #[error("the membership has ended ({}); the person can join again by a new invitation or application", .0.name())]
    Ended(Status),
    /// Leaving is the member's own act.
    #[error("only members themselves can leave; to end a membership for them, expel")]
    LeavingIsPersonal,
}

/// Who changes a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusActor {
    /// The member concerned.
    Oneself,
    /// A steward.
    Steward,
}

/// Decides whether a membership may change from one status to another.
///
/// # Errors
/// [`StatusRefusal`] with the rule that forbids it.
pub const fn change_status(from: Status, to: Status, actor: StatusActor) -> Result<Status, StatusRefusal> {
    match (from, to) {
        (Status::Left | Status::Expelled, _) => Err(StatusRefusal::Ended(from)),
        (Status::Active, Status::Active) | (Status::Suspended, Status::Suspended) => {
            Err(StatusRefusal::Unchanged(from))
        }
        (_, Status::Left) => match actor {
            StatusActor::Oneself => Ok(to),
            StatusActor::Steward => Err(StatusRefusal::LeavingIsPersonal),
        },
        (Status::Active | Status::Suspended, Status::Active | Status::Suspended | Status::Expelled) => Ok(to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_that_ended_is_never_revived() {
        for from in [Status::Left, Status::Expelled] {
            for to in Status::ALL {
                assert_eq!(
                    change_status(from, *to, StatusActor::Steward),
                    Err(StatusRefusal::Ended(from))
                );
            }
        }
        assert_eq!(
            change_status(Status::Suspended, Status::Active, StatusActor::Steward),
            Ok(Status::Active)
        );
        assert_eq!(
            change_status(Status::Active, Status::Left, StatusActor::Steward),
            Err(StatusRefusal::LeavingIsPersonal)
        );
    }
}
