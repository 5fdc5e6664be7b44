//! Whether the process lives, and whether it can serve.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use crate::app::App;

/// The process lives. Asks nothing of anything else, so that a database that is away does not cause restarts.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

/// Requests can be served: the database answers and has the schema this program knows.
pub async fn ready(app: Data<App>) -> HttpResponse {
    let status = app.store.status();
    app.metrics
        .connections
        .with_label_values(&["app"])
        .set(i64::try_from(status.app_in_use).unwrap_or(i64::MAX));
    match store::schema_version(&app.store).await {
        Ok(Some(version)) => HttpResponse::Ok().json(json!({"status": "ready", "schema": version})),
        Ok(None) => HttpResponse::ServiceUnavailable().json(json!({"status": "no schema; run `rochdale migrate`"})),
        Err(error) => {
            tracing::warn!(error.cause = %error, "not ready");
            HttpResponse::ServiceUnavailable().json(json!({"status": "the database does not answer"}))
        }
    }
}
