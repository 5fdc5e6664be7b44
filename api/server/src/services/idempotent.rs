//! Creating requests, done once however often they are sent.

use store::effect::{EffectBegin, EffectKey, effect_begin, effect_finish};
use store::{CoopTx, StoreError};
use uuid::Uuid;
use wire::problem::ProblemKind;

use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::problem::Problem;

fn key(actor: Uuid, ask: &Ask) -> EffectKey<'_> {
    EffectKey {
        actor,
        key: &ask.key,
        request_hash: &ask.request_hash,
    }
}

/// Takes the request's key inside a co-op. `Some` is the answer given before: give it again and change nothing.
///
/// # Errors
/// 422 where the key belongs to another request, 409 while the first one is worked on.
pub async fn begin(tx: &mut CoopTx, actor: Uuid, ask: &Ask) -> Result<Option<Answer>, Problem> {
    earlier(effect_begin(tx, key(actor, ask)).await)
}

/// Stores the answer with its effect, in the same transaction.
///
/// # Errors
/// If the database fails.
pub async fn finish(tx: &mut CoopTx, actor: Uuid, ask: &Ask, answer: &Answer) -> Result<(), Problem> {
    Ok(effect_finish(tx, key(actor, ask), status(answer), &answer.body).await?)
}

fn status(answer: &Answer) -> i16 {
    i16::try_from(answer.status).unwrap_or(500)
}

/// The key belongs to another request.
#[must_use]
pub fn reused() -> Problem {
    Problem::new(
        ProblemKind::IdempotencyKeyReused,
        "This Idempotency-Key was used for another request. Use a fresh one.",
    )
}

pub(super) fn earlier(begun: Result<EffectBegin, StoreError>) -> Result<Option<Answer>, Problem> {
    match begun {
        Ok(EffectBegin::Fresh) => Ok(None),
        Ok(EffectBegin::Replay { status, body }) => Ok(Some(Answer {
            status: status.unsigned_abs(),
            body,
            version: None,
            is_replay: true,
        })),
        Ok(EffectBegin::Differs) => Err(reused()),
        Err(StoreError::Busy) => Err(Problem::new(
            ProblemKind::IdempotencyInFlight,
            "The first request with this Idempotency-Key is still being worked on. Wait a moment and repeat it.",
        )
        .retry_after(1)),
        Err(error) => Err(error.into()),
    }
}
