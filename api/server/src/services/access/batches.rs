//! Calls that come together are admitted together and settled together: one round trip and one commit for all of a batch, an answer for
//! each.

use std::time::Duration;

use governance::id::{CoopId, HoldId};
use store::access::meter::{AdmitAsk, Admitted, SettleAsk, Settled};
use store::{Store, StoreError};

use crate::causes;
use crate::combine::{Combiner, Limits};
use crate::gateway::meter::{MeterFault, Refusal};

/// A call waits for company so long at most: it is felt in the first token of its answer.
const GATHERING_TIME: Duration = Duration::from_millis(1);
/// How many calls wait to be admitted; more are told to come again.
const ADMISSIONS_MAX: usize = 4_096;
/// How many wait to be settled. Each was admitted before, and one that found no place would fall to its lease.
const SETTLEMENTS_MAX: usize = 65_536;

/// The two queues, each with a lane for each co-op.
pub struct Batches {
    admissions: Combiner<CoopId, AdmitAsk, Result<Admitted, Refusal>>,
    settlements: Combiner<CoopId, (HoldId, SettleAsk), Result<Option<Settled>, MeterFault>>,
}

impl Batches {
    /// Starts them on the current runtime.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let limits = |asking_max| Limits {
            asking_max,
            gathering_time: GATHERING_TIME,
        };
        let for_admissions = store.clone();
        Self {
            admissions: Combiner::start(limits(ADMISSIONS_MAX), move |coop, asks| {
                admit_together(for_admissions.clone(), coop, asks)
            }),
            settlements: Combiner::start(limits(SETTLEMENTS_MAX), move |coop, ends| {
                settle_together(store.clone(), coop, ends)
            }),
        }
    }

    /// Admits a call with those that wait beside it.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if too many wait or the database fails.
    pub async fn admit(&self, coop: CoopId, ask: AdmitAsk) -> Result<Admitted, Refusal> {
        let answer = self.admissions.ask(coop, ask).await;
        answer.unwrap_or(Err(Refusal::Unavailable))
    }

    /// Settles a call with those that wait beside it; nothing where there is no such hold.
    ///
    /// # Errors
    /// [`MeterFault`]; asking again is right.
    pub async fn settle(&self, coop: CoopId, hold: HoldId, ask: SettleAsk) -> Result<Option<Settled>, MeterFault> {
        let answer = self.settlements.ask(coop, (hold, ask)).await;
        answer.unwrap_or_else(|overloaded| Err(MeterFault(overloaded.to_string())))
    }
}

/// Admits a batch. One call that the database cannot take must not fail the others, so they are tried one by one then.
async fn admit_together(store: Store, coop: CoopId, asks: Vec<AdmitAsk>) -> Vec<Result<Admitted, Refusal>> {
    match store.access_admit(coop, &asks).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) if asks.len() > 1 && is_of_one(&error) => {
            let mut answers = Vec::with_capacity(asks.len());
            for ask in asks {
                let alone = store.access_admit(coop, &[ask]).await.map_err(unavailable);
                answers.push(alone.and_then(|answers| answers.into_iter().next().ok_or(Refusal::Unavailable)));
            }
            answers
        }
        Err(error) => {
            let refusal = unavailable(error);
            asks.iter().map(|_| Err(refusal.clone())).collect()
        }
    }
}

/// Settles a batch, one by one where a call of it stands in the way of the others.
async fn settle_together(
    store: Store,
    coop: CoopId,
    ends: Vec<(HoldId, SettleAsk)>,
) -> Vec<Result<Option<Settled>, MeterFault>> {
    match store.access_settle(coop, &ends).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) if ends.len() > 1 && is_of_one(&error) => {
            let mut answers = Vec::with_capacity(ends.len());
            for end in ends {
                let alone = store.access_settle(coop, &[end]).await.map_err(|error| fault(&error));
                answers.push(alone.map(|answers| answers.into_iter().next().flatten()));
            }
            answers
        }
        Err(error) => ends.iter().map(|_| Err(fault(&error))).collect(),
    }
}

/// Whether what failed may be the fault of one call, so that the others would succeed without it.
const fn is_of_one(error: &StoreError) -> bool {
    matches!(error, StoreError::Constraint { .. } | StoreError::Unexpected(_))
}

/// The same as the gateway is told it.
pub fn fault(error: &StoreError) -> MeterFault {
    MeterFault(causes::chain(error).to_string())
}

/// Says in the log why, and to the client that the books cannot be read.
pub fn unavailable(error: impl std::error::Error + 'static) -> Refusal {
    tracing::warn!(error.cause = %causes::chain(&error), "the books of the tools cannot be read");
    Refusal::Unavailable
}
