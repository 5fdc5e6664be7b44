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
    /// Something nobody foresaw.
    #[error("the database failed")]
    Unexpected(#[source] Error),
}

impl StoreError {
    /// Whether it is the refusal of this constraint.
    #[must_use]
    pub fn is_constraint(&self, wanted: &str) -> bool {
        matches!(self, Self::Constraint { name } if name == wanted)
    }
}

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
                if message.contains("lock timeout") || message.contains("deadlock detected") {
                    return Self::Busy;
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
