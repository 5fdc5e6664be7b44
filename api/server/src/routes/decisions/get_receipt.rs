//! `GET /api/v1/coops/{coop}/receipts/{record_hash}`

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, dev};
use governance::hash::Hash32;
use wire::log::ReceiptState;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::log::receipts;

/// The hash in the address. What is none is answered like one that nothing has.
pub struct RecordInPath(Hash32);

impl FromRequest for RecordInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let text = request.match_info().get("record_hash").unwrap_or_default();
        // One hash, one text.
        let hash = text.parse::<Hash32>().ok().filter(|hash| hash.to_string() == text);
        ready(hash.map(Self).ok_or_else(Problem::not_found))
    }
}

/// How long the client wants to wait (RFC 7240, section 4.3).
pub struct Waiting(Duration);

impl FromRequest for Waiting {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let preferences = request
            .headers()
            .get_all("prefer")
            .filter_map(|value| value.to_str().ok());
        let mut waits = preferences
            .flat_map(|value| value.split([',', ';']))
            .filter_map(|preference| preference.trim().strip_prefix("wait=")?.parse().ok());
        // A preference that is none is ignored, as the standard asks.
        ready(Ok(Self(Duration::from_secs(waits.next().unwrap_or(0)))))
    }
}

/// The proof that an acknowledged record, such as a ballot, is in the log; or that it still waits for a checkpoint. Any member may
/// ask, for the hash is salted. `Prefer: wait=2` waits so many seconds for the checkpoint, at most 5.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/receipts/{record_hash}", operation_id = "get_receipt", tag = "decisions",
    params(("coop" = String, Path, format = Uuid),
        ("record_hash" = String, Path),
        ("Prefer" = Option<String>, Header)),
    responses((status = 200, body = ReceiptState),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_receipt(
    app: Data<App>,
    actor: Actor<Member>,
    record: RecordInPath,
    wait: Waiting,
) -> Result<Answer, Problem> {
    receipts::receipt(&app, actor.coop, record.0, wait.0).await
}
