//! Reads the body of a call: bounded for itself, and in all that arrive at once.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::content::Content;
use super::error::GatewayError;
use super::meter::Refusal;
use crate::http::times::Times;

/// The longest body, in bytes: a context of a million tokens as text, and no pictures.
pub const BODY_BYTES_MAX: usize = 8 * 1_024 * 1_024;

/// A body, and the room it takes while its call lives.
pub struct Body {
    /// What is in it.
    pub bytes: Content<Vec<u8>>,
    /// Its room.
    pub room: Vec<OwnedSemaphorePermit>,
}

/// Reads it.
///
/// # Errors
/// 413 where it is too long, 408 where it does not come in time, 503 where there is no room.
pub async fn read(room: &Arc<Semaphore>, request: &HttpRequest, payload: Payload) -> Result<Body, GatewayError> {
    let times = request.app_data::<Times>().copied().unwrap_or_default();
    let collected = tokio::time::timeout(times.body, collect(room, payload)).await;
    collected.unwrap_or_else(|_| Err(GatewayError::body_timeout()))
}

async fn collect(room: &Arc<Semaphore>, mut payload: Payload) -> Result<Body, GatewayError> {
    let (mut bytes, mut taken) = (Vec::new(), None::<OwnedSemaphorePermit>);
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| GatewayError::body_timeout())?;
        if bytes.len().saturating_add(piece.len()) > BODY_BYTES_MAX {
            return Err(GatewayError::too_large(BODY_BYTES_MAX));
        }
        let more = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        let Ok(more) = Arc::clone(room).try_acquire_many_owned(more) else {
            let retry_after = std::time::Duration::from_secs(1);
            return Err(Refusal::QueueFull { retry_after }.into());
        };
        match &mut taken {
            Some(taken) => taken.merge(more),
            None => taken = Some(more),
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Body {
        bytes: Content::new(bytes),
        room: taken.into_iter().collect(),
    })
}
