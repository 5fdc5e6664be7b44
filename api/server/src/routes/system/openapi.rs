//! The description of the API (OpenAPI 3.1), generated from the routes and committed as openapi/openapi.json.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rochdale",
        description = "The governance backend of a co-operative that shares AI tools. Errors are problem documents (RFC 9457). \
                       Creating requests carry an Idempotency-Key, changes an If-Match.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")
    ),
    components(schemas(wire::problem::ProblemBody))
)]
struct Base;

/// The whole description.
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    let mut whole = Base::openapi();
    whole.merge(routes::identity::Api::openapi());
    whole.merge(routes::coops::Api::openapi());
    whole.merge(routes::decisions::Api::openapi());
    whole.merge(routes::delegations::Api::openapi());
    whole.merge(routes::contact::Api::openapi());
    whole.merge(routes::access::Api::openapi());
    whole.merge(routes::ledger::Api::openapi());
    whole.merge(routes::live::Api::openapi());
    whole.merge(routes::money::Api::openapi());
    whole.merge(routes::revenue::Api::openapi());
    whole.merge(routes::payments::Api::openapi());
    whole.merge(routes::payouts::Api::openapi());
    let bearer = SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build(),
    );
    whole
        .components
        .get_or_insert_default()
        .add_security_scheme("bearer", bearer);
    whole
}

/// The description as text, as it is committed.
///
/// # Errors
/// If it cannot be written.
pub fn text() -> Result<String, serde_json::Error> {
    // A value keeps its keys in order, so the text does not depend on the order in which routes were merged.
    let value = serde_json::to_value(description())?;
    serde_json::to_string_pretty(&value).map(|text| text + "\n")
}

/// The description. It is put together once: that takes thousands of small allocations, and anyone may ask.
pub async fn openapi() -> HttpResponse {
    static TEXT: OnceLock<Result<Bytes, String>> = OnceLock::new();
    match TEXT.get_or_init(|| text().map(Bytes::from).map_err(|error| error.to_string())) {
        Ok(text) => HttpResponse::Ok().content_type("application/json").body(text.clone()),
        Err(error) => actix_web::ResponseError::error_response(&crate::problem::Problem::internal(error)),
    }
}
