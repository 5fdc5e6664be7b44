//! Whether the process lives, and whether it can serve.

use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;
use store::log::LogRefusal;
use store::{StoreError, Unsafe};
use tokio::sync::Mutex;

use crate::app::App;
use crate::causes;
use crate::services::log;

/// How long an answer holds: anyone may ask, and each look takes a connection of either kind.
const GOOD_FOR: Duration = Duration::from_secs(5);
/// The same for a bad one, so that a server comes back soon after what it needs.
const BAD_FOR: Duration = Duration::from_secs(1);

/// Why the log of some co-op is not signed; `None` while all are.
type Unsigned = Option<LogRefusal>;

/// What was last found out about the database; `Err` says what is wrong in words for whoever looks.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<(Instant, Result<Unsigned, String>)>>);

impl Readiness {
    /// The last answer, or a fresh one where it is too old. Who asks meanwhile waits for the same look.
    async fn of(&self, app: &App) -> Result<Unsigned, String> {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = &*last {
            let holds = if answer.is_ok() { GOOD_FOR } else { BAD_FOR };
            if at.elapsed() < holds {
                return answer.clone();
            }
        }
        let answer = match told(app.store.check(app.config.database.durability()).await) {
            Ok(()) => log::refusal(app).await.map_err(|error| does_not_answer(&error)),
            Err(reason) => Err(reason),
        };
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

fn told(checked: Result<Result<(), Unsafe>, StoreError>) -> Result<(), String> {
    match checked {
        Ok(Ok(())) => Ok(()),
        Ok(Err(refused)) => {
            tracing::warn!(error.cause = %refused, "not ready");
            // Anyone may ask, so of roles and settings only the log tells.
            Err(match refused {
                Unsafe::Schema { .. } => refused.to_string(),
                Unsafe::Role { .. } | Unsafe::NotDurable(_) => String::from("the database is not safe; see the log"),
            })
        }
        Err(error) => Err(does_not_answer(&error)),
    }
}

fn does_not_answer(error: &StoreError) -> String {
    tracing::warn!(error.cause = %causes::chain(error), "not ready");
    String::from("the database does not answer")
}

/// The process lives. Asks nothing of anything else, so that a database that is away does not cause restarts.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

/// Requests can be served: the database answers through both doors, is safe, and has the schema this program knows. Where the log of
/// a co-op is not signed it says so, and is ready all the same: members can still read, and a proxy must not take that from them.
pub async fn ready(app: Data<App>) -> HttpResponse {
    match app.readiness.of(&app).await {
        Ok(None) => HttpResponse::Ok().json(json!({
            "status": "ready",
            "schema": store::newest_version(),
            "log": "signed",
        })),
        Ok(Some(reason)) => HttpResponse::Ok().json(json!({
            "status": "ready",
            "schema": store::newest_version(),
            "log": reason.name(),
            "advice": log::advice(reason),
        })),
        Err(reason) => HttpResponse::ServiceUnavailable().json(json!({"status": reason})),
    }
}
