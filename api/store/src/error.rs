//! What can go wrong between the server and its database.

use diesel::result::{DatabaseErrorKind, Error};

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection could be had: the database is away, or all connections are busy.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A rule of the schema refused the change; the name is that of the constraint.
    #[error("the rule {name} of the database refused the change")]
    Constraint {
        /// The constraint.
        name: String,
    },
    /// A row was locked too long, or the transaction lost against another one. Trying again is right.
    #[error("another transaction was in the way")]
    Busy,
    /// The connection was lost while a commit was under way, so nobody here knows whether it happened. Trying again is right for
    /// whoever finds out what the first attempt did.
    #[error("the connection was lost during a commit, so whether it happened is unknown")]
    CommitUnknown(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something nobody foresaw.
    #[error("the database failed")]
    Unexpected(#[source] Error),
}

impl StoreError {
    /// The same error where it came from a COMMIT.
    pub(crate) fn of_commit(self) -> Self {
        match self {
            Self::Unavailable(cause) => Self::CommitUnknown(cause),
            Self::Constraint { .. } | Self::Busy | Self::CommitUnknown(_) | Self::Unexpected(_) => self,
        }
    }

    /// Whether it is the refusal of this constraint.
    #[must_use]
    pub fn is_constraint(&self, wanted: &str) -> bool {
        matches!(self, Self::Constraint { name } if name == wanted)
    }
}

/// What the server says where a transaction took too long or lost against another one.
const BUSY: [&str; 3] = ["lock timeout", "statement timeout", "deadlock detected"];

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Self::Busy,
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _) => {
                Self::Unavailable(Box::new(error))
            }
            Error::DatabaseError(ref kind, ref information) => {
                let message = information.message();
                // Diesel keeps no SQLSTATE for these, so the words of the server decide (its messages are kept in English).
                if BUSY.iter().any(|words| message.contains(words)) {
                    return Self::Busy;
                }
                if message.contains("terminating connection") {
                    return Self::Unavailable(Box::new(error));
                }
                let is_rule = matches!(
                    kind,
                    DatabaseErrorKind::UniqueViolation
                        | DatabaseErrorKind::ForeignKeyViolation
                        | DatabaseErrorKind::CheckViolation
                        | DatabaseErrorKind::NotNullViolation
                        | DatabaseErrorKind::ExclusionViolation
                        | DatabaseErrorKind::RestrictViolation
                );
                match information.constraint_name() {
                    Some(name) if is_rule => Self::Constraint { name: name.to_owned() },
                    _ => Self::Unexpected(error),
                }
            }
            other => Self::Unexpected(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_tells_what_to_do_next() {
        let cases = [
            ("canceling statement due to statement timeout", "busy"),
            ("canceling statement due to lock timeout", "busy"),
            ("deadlock detected", "busy"),
            ("terminating connection due to administrator command", "away"),
            ("terminating connection due to idle-in-transaction timeout", "away"),
            ("relation \"coop\" does not exist", "unexpected"),
        ];
        for (message, expected) in cases {
            let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()));
            let told = match StoreError::from(error) {
                StoreError::Busy => "busy",
                StoreError::Unavailable(_) => "away",
                StoreError::Constraint { .. } => "rule",
                StoreError::CommitUnknown(_) => "unknown",
                StoreError::Unexpected(_) => "unexpected",
            };
            assert_eq!(told, expected, "{message}");
        }
    }

    #[test]
    fn a_connection_lost_during_a_commit_leaves_open_whether_it_happened() {
        let lost = || Error::DatabaseError(DatabaseErrorKind::ClosedConnection, Box::new(String::from("closed")));
        assert!(matches!(StoreError::from(lost()), StoreError::Unavailable(_)));
        assert!(matches!(
            StoreError::from(lost()).of_commit(),
            StoreError::CommitUnknown(_)
        ));
        assert!(matches!(StoreError::Busy.of_commit(), StoreError::Busy));
    }
}
