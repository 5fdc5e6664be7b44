//! Prometheus metrics. Nothing in them names a person or a co-op; a proxy in front should keep them to the operator all the same.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::App;
use crate::problem::Problem;

/// All metrics in the text format.
///
/// # Errors
/// If they cannot be written.
pub async fn metrics(app: Data<App>) -> Result<HttpResponse, Problem> {
    let status = app.store.status();
    for (door, in_use) in [("app", status.app_in_use), ("global", status.global_in_use)] {
        app.metrics
            .connections
            .with_label_values(&[door])
            .set(i64::try_from(in_use).unwrap_or(i64::MAX));
    }
    let text = app.metrics.text().map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text))
}
