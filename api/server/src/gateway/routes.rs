//! The addresses under `/v1`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Data, Path, Payload, ServiceConfig, resource, route, scope};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};
use futures_util::{StreamExt as _, stream};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Gateway;
use super::answer::Reader;
use super::body::{Body, read};
use super::error::GatewayError;
use super::line::{Head, Sent};
use super::meter::{Endpoint, ModelView, Refusal};
use super::pump::{Call, start};
use super::shape::shape;
use crate::app::App;
use crate::limits::ClientAddress;

/// The longest key that is looked at, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// Mounts them. What is not there is told as the clients read it.
pub fn configure(config: &mut ServiceConfig) {
    let get = actix_web::web::get;
    config.service(
        scope("/v1")
            .service(asking("/chat/completions", actix_web::web::post().to(chat_completions)))
            .service(asking("/completions", actix_web::web::post().to(completions)))
            .service(asking("/responses", actix_web::web::post().to(responses)))
            .service(asking("/embeddings", actix_web::web::post().to(embeddings)))
            .service(asking("/models", get().to(models)))
            .service(asking("/models/{model:.+}", get().to(model)))
            .service(asking("/coop/allowance", get().to(allowance)))
            .service(asking("/coop/policy", get().to(policy)))
            .default_service(route().to(nothing_here)),
    );
}

fn asking(path: &str, takes: Route) -> Resource {
    resource(path).route(takes).default_service(route().to(wrong_method))
}

async fn nothing_here() -> Result<HttpResponse, GatewayError> {
    Err(GatewayError::no_such_address())
}

async fn wrong_method() -> Result<HttpResponse, GatewayError> {
    Err(GatewayError::method_not_allowed())
}

async fn chat_completions(
    app: Data<App>,
    request: HttpRequest,
    client: ClientAddress,
    body: Payload,
) -> Result<HttpResponse, GatewayError> {
    ask(&app.gateway, Endpoint::ChatCompletions, &request, client, body).await
}

async fn completions(
    app: Data<App>,
    request: HttpRequest,
    client: ClientAddress,
    body: Payload,
) -> Result<HttpResponse, GatewayError> {
    ask(&app.gateway, Endpoint::Completions, &request, client, body).await
}

async fn responses(
    app: Data<App>,
    request: HttpRequest,
    client: ClientAddress,
    body: Payload,
) -> Result<HttpResponse, GatewayError> {
    ask(&app.gateway, Endpoint::Responses, &request, client, body).await
}

async fn embeddings(
    app: Data<App>,
    request: HttpRequest,
    client: ClientAddress,
    body: Payload,
) -> Result<HttpResponse, GatewayError> {
    ask(&app.gateway, Endpoint::Embeddings, &request, client, body).await
}

async fn ask(
    gateway: &Arc<Gateway>,
    endpoint: Endpoint,
    request: &HttpRequest,
    client: ClientAddress,
    body: Payload,
) -> Result<HttpResponse, GatewayError> {
    let key = bearer(request)?;
    let Ok(share) = Arc::clone(&gateway.calls).try_acquire_owned() else {
        let retry_after = Duration::from_secs(1);
        return Err(Refusal::QueueFull { retry_after }.into());
    };
    // Whoever has no key is refused before what they send takes any room.
    gateway.meter.vouch(key.expose_secret()).await?;
    let Body { bytes, room } = read(&gateway.room, request, body).await?;
    let shaped = shape(endpoint, bytes.expose())?;
    drop(bytes);
    let call = Call {
        key,
        client: Some(client.address()),
        shaped,
        share: room.into_iter().chain([share]).collect(),
    };
    tell(endpoint, start(gateway, call)).await
}

/// The head of the answer, once it is known whether there is one.
async fn tell(endpoint: Endpoint, mut sent: mpsc::Receiver<Sent>) -> Result<HttpResponse, GatewayError> {
    let head = match sent.recv().await {
        Some(Sent::Head(head)) => head,
        Some(Sent::Failed(error)) => return Err(error),
        Some(Sent::Frame(_) | Sent::Whole(_)) | None => return Err(GatewayError::internal()),
    };
    let mut answer = HttpResponse::Ok();
    let Head { is_clamped, fallback } = head;
    if is_clamped {
        answer.insert_header(("x-coop-clamped", "1"));
    }
    if let Some(model) = fallback {
        answer.insert_header(("x-coop-fallback", "1"));
        answer.insert_header(("x-coop-model", model));
    }
    let first = match sent.recv().await {
        Some(Sent::Whole(whole)) => return Ok(answer.json(whole.expose())),
        Some(Sent::Frame(bytes)) => bytes,
        Some(Sent::Failed(error)) => return Err(error),
        Some(Sent::Head(_)) | None => return Err(GatewayError::internal()),
    };
    let rest = stream::unfold(sent, move |mut sent| async move {
        let bytes = match sent.recv().await? {
            Sent::Frame(bytes) => bytes,
            Sent::Failed(error) => Reader::wire_error(endpoint, &error).into(),
            Sent::Head(_) | Sent::Whole(_) => return None,
        };
        Some((bytes, sent))
    });
    let all = stream::once(std::future::ready(first))
        .chain(rest)
        .map(Ok::<_, actix_web::Error>);
    Ok(answer
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // Proxies that gather would make a stream of it that is none.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(Box::pin(all)))
}

async fn models(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, GatewayError> {
    let models = listed(&app, &request).await?;
    let data: Vec<Value> = models.iter().map(view).collect();
    Ok(HttpResponse::Ok().json(json!({"object": "list", "data": data})))
}

async fn model(app: Data<App>, request: HttpRequest, path: Path<String>) -> Result<HttpResponse, GatewayError> {
    let models = listed(&app, &request).await?;
    let asked = path.into_inner();
    let found = models.iter().find(|model| model.id == asked);
    found
        .map(|model| HttpResponse::Ok().json(view(model)))
        .ok_or_else(|| Refusal::ModelNotFound { model: asked }.into())
}

async fn listed(app: &App, request: &HttpRequest) -> Result<Vec<ModelView>, GatewayError> {
    let key = bearer(request)?;
    Ok(app.gateway.meter.models(key.expose_secret()).await?)
}

fn view(model: &ModelView) -> Value {
    let mut view = json!(model);
    view["object"] = "model".into();
    view
}

async fn allowance(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, GatewayError> {
    let key = bearer(&request)?;
    let allowance = app.gateway.meter.allowance(key.expose_secret()).await?;
    Ok(HttpResponse::Ok().json(allowance))
}

async fn policy(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, GatewayError> {
    let key = bearer(&request)?;
    let policy = app.gateway.meter.policy(key.expose_secret()).await?;
    Ok(HttpResponse::Ok().json(policy))
}

/// The key: from the one header for it, never from an address, where logs would keep it.
fn bearer(request: &HttpRequest) -> Result<SecretString, GatewayError> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let key = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|value| value.split_once(' ')),
        (_, _) => None,
    };
    key.filter(|(scheme, key)| scheme.eq_ignore_ascii_case("bearer") && (1..=KEY_BYTES_MAX).contains(&key.len()))
        .map(|(_, key)| SecretString::from(key.trim()))
        .ok_or_else(|| Refusal::BadKey.into())
}
