//! What happened, told in the transaction in which it happened.

use governance::event::Event;
use governance::hash::Hash32;
use governance::id::MemberId;
use store::event::{SaltedEvent, event_append};
use store::{CoopTx, StoreError};

use crate::problem::Problem;
use crate::secrets::random;
use crate::services::errands;

/// Why an event could not be written. The act is then undone with it.
#[derive(Debug, thiserror::Error)]
pub enum EventFault {
    /// The database failed.
    #[error("the database did not take an event")]
    Store(#[from] StoreError),
    /// There is no randomness for its salt.
    #[error("an event got no salt: {0}")]
    Salt(String),
}

impl From<EventFault> for Problem {
    fn from(fault: EventFault) -> Self {
        match fault {
            EventFault::Store(error) => error.into(),
            EventFault::Salt(_) => Self::internal(fault),
        }
    }
}

/// Writes what one actor did, and what followed from it, into the record. `None` acts where no member did: the program itself, the
/// operator, or a person who is no member yet.
///
/// # Errors
/// If the database fails, or there is no randomness.
pub async fn append(tx: &mut CoopTx, actor: Option<MemberId>, events: &[Event<'_>]) -> Result<(), EventFault> {
    let salted = events
        .iter()
        .map(|event| {
            let salt = random().map_err(|error| EventFault::Salt(error.to_string()))?;
            Ok(SaltedEvent {
                event: *event,
                salt: Hash32::from_bytes(salt),
            })
        })
        .collect::<Result<Vec<_>, EventFault>>()?;
    event_append(tx, actor, &salted).await?;
    Ok(errands::ask(tx, events).await?)
}
