//! Calls that come together are admitted together and settled together: one round trip and one commit for all of a batch, an answer for
//! each.

use std::time::Duration;

use governance::id::{CoopId, HoldId};
use store::access::meter::{AdmitAsk, Admitted, CallNote, SettleAsk, Settled};
use store::{Store, StoreError};
use uuid::Uuid;

use crate::causes;
use crate::combine::{Combiner, Limits};
use crate::gateway::meter::{MeterFault, Refusal};

/// A call waits for company so long at most: it is felt in the first token of its answer.
const GATHERING_TIME: Duration = Duration::from_millis(1);
/// How many calls wait to be admitted; more are told to come again.
const ADMISSIONS_MAX: usize = 4_096;
/// How many wait to be settled. Each was admitted before, and one that found no place would fall to its lease.
const SETTLEMENTS_MAX: usize = 65_536;

/// Nobody waits for calls that cost nothing to be noted, so more of them gather.
const NOTING_TIME: Duration = Duration::from_millis(10);

/// The queues, each with a lane for each co-op.
pub struct Batches {
    admissions: Combiner<CoopId, AdmitAsk, Result<Admitted, Refusal>>,
    settlements: Combiner<CoopId, (HoldId, SettleAsk), Result<Option<Settled>, MeterFault>>,
    marks: Combiner<CoopId, Uuid, Result<Option<String>, Refusal>>,
    notes: Combiner<CoopId, CallNote, Result<(), MeterFault>>,
}

impl Batches {
    /// Starts them on the current runtime.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let limits = |asking_max, gathering_time| Limits {
            asking_max,
            gathering_time,
        };
        let (for_admissions, for_marks, for_notes) = (store.clone(), store.clone(), store.clone());
        Self {
            admissions: Combiner::start(limits(ADMISSIONS_MAX, GATHERING_TIME), move |coop, asks| {
                admit_together(for_admissions.clone(), coop, asks)
            }),
            settlements: Combiner::start(limits(SETTLEMENTS_MAX, GATHERING_TIME), move |coop, ends| {
                settle_together(store.clone(), coop, ends)
            }),
            marks: Combiner::start(limits(ADMISSIONS_MAX, GATHERING_TIME), move |coop, keys| {
                mark_together(for_marks.clone(), coop, keys)
            }),
            notes: Combiner::start(limits(SETTLEMENTS_MAX, NOTING_TIME), move |coop, calls| {
                note_together(for_notes.clone(), coop, calls)
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

    /// The mark of a key ([`Store::access_marks`]), asked for after this with those that are wanted beside it.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] if too many wait or the database fails.
    pub async fn mark(&self, coop: CoopId, key: Uuid) -> Result<Option<String>, Refusal> {
        let answer = self.marks.ask(coop, key).await;
        answer.unwrap_or(Err(Refusal::Unavailable))
    }

    /// Notes a call that costs nothing with those that wait beside it.
    ///
    /// # Errors
    /// [`MeterFault`]; asking again is right.
    pub async fn note(&self, coop: CoopId, call: CallNote) -> Result<(), MeterFault> {
        let answer = self.notes.ask(coop, call).await;
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

/// Asks once for each key of a batch.
async fn mark_together(store: Store, coop: CoopId, keys: Vec<Uuid>) -> Vec<Result<Option<String>, Refusal>> {
    let mut asked = keys.clone();
    asked.sort_unstable();
    asked.dedup();
    match store.access_marks(coop, &asked).await {
        Ok(marks) => {
            let of = |key: &Uuid| marks.get(asked.binary_search(key).ok()?)?.clone();
            keys.iter().map(|key| Ok(of(key))).collect()
        }
        Err(error) => {
            let refusal = unavailable(error);
            keys.iter().map(|_| Err(refusal.clone())).collect()
        }
    }
}

/// Notes a batch, one by one where a call of it stands in the way of the others.
async fn note_together(store: Store, coop: CoopId, calls: Vec<CallNote>) -> Vec<Result<(), MeterFault>> {
    match store.access_note(coop, &calls).await {
        Ok(()) => calls.iter().map(|_| Ok(())).collect(),
        Err(error) if calls.len() > 1 && is_of_one(&error) => {
            let mut answers = Vec::with_capacity(calls.len());
            for call in calls {
                answers.push(store.access_note(coop, &[call]).await.map_err(|error| fault(&error)));
            }
            answers
        }
        Err(error) => calls.iter().map(|_| Err(fault(&error))).collect(),
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
