//! Where calls wait for an upstream: in the queue that all servers share, or, where nobody keeps one, in one of this process alone.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::meter::{Admission, ModelTarget};
use super::queue::{self, Full};
use super::shared_queue::{SharedPlace, SharedQueues, Turns};

/// The queues.
#[derive(Clone)]
pub enum Queues {
    /// Of this process alone.
    Own(Arc<queue::Queues>),
    /// Of all servers.
    Shared(Arc<SharedQueues>),
}

/// A place in one of them. It gives up place or slot when it is dropped.
pub enum Place {
    /// In a queue of this process.
    Own(queue::Place),
    /// In a shared one.
    Shared(SharedPlace),
}

impl Queues {
    /// Queues in which so many may wait for each upstream, shared where somebody keeps them.
    #[must_use]
    pub fn new(depth_max: usize, turns: Option<Arc<dyn Turns>>) -> Self {
        match turns {
            Some(turns) => Self::Shared(Arc::new(SharedQueues::new(turns, depth_max))),
            None => Self::Own(Arc::new(queue::Queues::new(depth_max))),
        }
    }

    /// How many calls of this process wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Own(queues) => queues.depth(),
            Self::Shared(queues) => queues.depth(),
        }
    }

    /// Takes a place for an admitted call.
    ///
    /// # Errors
    /// [`Full`], which a shared queue says only with [`Place::turn`].
    pub fn enter(&self, target: &ModelTarget, admission: &Admission) -> Result<Place, Full> {
        match self {
            Self::Own(queues) => queues.enter(target, admission).map(Place::Own),
            Self::Shared(queues) => Ok(Place::Shared(queues.enter(target, admission))),
        }
    }
}

impl Place {
    /// Ends when it is the turn of this place, or too many wait; to be called once, and [`Self::begin`] after it.
    pub fn turn(&mut self) -> Pin<Box<dyn Future<Output = Result<(), Full>> + Send>> {
        match self {
            Self::Own(place) => {
                let turn = place.turn();
                Box::pin(async move {
                    turn.await;
                    Ok(())
                })
            }
            Self::Shared(place) => Box::pin(place.turn()),
        }
    }

    /// The turn came: from now on the slot is in use.
    pub fn begin(&mut self) {
        match self {
            Self::Own(place) => place.begin(),
            Self::Shared(place) => place.begin(),
        }
    }

    /// Its place from 1, and about how long that takes.
    #[must_use]
    pub fn position(&self) -> Option<(usize, Duration)> {
        match self {
            Self::Own(place) => place.position(),
            Self::Shared(place) => place.position(),
        }
    }

    /// The call took so many tokens; what differs from what it might have taken is given back to its member's turn.
    pub fn end(self, tokens: u64) {
        match self {
            Self::Own(place) => place.end(tokens),
            Self::Shared(place) => place.end(tokens),
        }
    }
}
