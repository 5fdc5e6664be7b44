//! The shared queue of the gateway, over PostgreSQL.

use async_trait::async_trait;
use store::Store;
use store::access::turns::{TurnEnter, TurnLeave, TurnsAsk};

use super::meter::LEASE_SECONDS;
use crate::causes;
use crate::gateway::meter::MeterFault;
use crate::gateway::shared_queue::{LaneName, Round, Told, Turns};

/// Keeps the queues.
#[derive(Clone)]
pub struct SharedTurns {
    store: Store,
}

impl SharedTurns {
    /// Over a database.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Turns for SharedTurns {
    async fn round(&self, lane: LaneName, round: &Round) -> Result<Told, MeterFault> {
        let enter = round.enter.iter().map(|call| TurnEnter {
            ticket: call.ticket,
            member: call.member.uuid(),
            weight: call.weight,
            tokens: call.tokens,
        });
        let leave = round.leave.iter().map(|(ticket, tokens)| TurnLeave {
            ticket: *ticket,
            tokens: *tokens,
        });
        let ask = TurnsAsk {
            slots: i32::try_from(round.slots).unwrap_or(i32::MAX),
            // Slots and depth are added in the database.
            depth_max: i32::try_from(round.depth_max).unwrap_or(i32::MAX / 2),
            lease_seconds: i32::from(LEASE_SECONDS),
            enter: enter.collect(),
            leave: leave.collect(),
            ours: round.ours.clone(),
        };
        let told = self.store.access_turns(lane.coop, lane.upstream, &ask).await;
        let told = told.map_err(|error| MeterFault(causes::chain(&error).to_string()))?;
        let present = told.present.into_iter();
        Ok(Told {
            refused: told.refused,
            waits: told.waits,
            present: present
                .map(|each| (each.ticket, usize::try_from(each.place).unwrap_or(usize::MAX)))
                .collect(),
        })
    }
}
