//! The HTTP server: limits, what wraps every answer, the routes.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::QueryPayloadError;
use actix_web::http::header::ACCEPT_ENCODING;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{Data, QueryConfig, ServiceConfig, to};
use actix_web::{App as WebApp, HttpServer};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::gateway;
use crate::http::times::{self, Times};
use crate::http::{headers, request_id};
use crate::open_files;
use crate::problem::Problem;
use crate::routes;
use crate::routes::system::portal::{Portal, portal};

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The most connections of one thread; more wait in the queue of the operating system.
const CONNECTIONS_MAX: usize = 4_096;
/// The most connections to the pages for monitoring of a worker.
const MONITORS_MAX: usize = 64;
/// How long requests may go on after the server was told to stop, in seconds.
const SHUTDOWN_SECONDS: u64 = 20;

/// Every route of the program, as tests and the server mount them.
pub fn configure(config: &mut ServiceConfig) {
    config.app_data(QueryConfig::default().error_handler(|error, _| query_problem(&error).into()));
    // Routes are tried in their order, so what is asked most stands first.
    gateway::routes::configure(config);
    routes::decisions::configure(config);
    routes::delegations::configure(config);
    routes::coops::configure(config);
    routes::access::configure(config);
    routes::contact::configure(config);
    routes::ledger::configure(config);
    routes::live::configure(config);
    routes::money::configure(config);
    routes::revenue::configure(config);
    routes::payments::configure(config);
    routes::payouts::configure(config);
    routes::identity::configure(config);
    routes::system::configure(config);
    config.default_service(to(portal));
}

fn query_problem(error: &QueryPayloadError) -> Problem {
    Problem::new(
        ProblemKind::InvalidQuery,
        format!("The query of the address is not acceptable: {error}."),
    )
}

/// Starts the server on a socket that already listens.
///
/// # Errors
/// If the portal cannot be read or the socket cannot be used.
pub fn start(app: Data<App>, listener: TcpListener) -> anyhow::Result<Server> {
    start_within(app, listener, Times::default())
}

/// As [`start`], with other limits of time.
///
/// # Errors
/// As [`start`].
pub fn start_within(app: Data<App>, listener: TcpListener, times: Times) -> anyhow::Result<Server> {
    times.bound_reading(&listener)?;
    open_files_for(app.config.server.workers.max(1));
    let workers = app.config.server.workers.max(1);
    let pages = Data::new(Portal::read(&app.config.portal)?);
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(app.clone())
            .app_data(pages.clone())
            .app_data(times)
            .configure(configure)
            .wrap(Compress::default())
            .wrap(from_fn(not_allowed))
            .wrap(from_fn(times::middleware))
            .wrap(from_fn(headers::middleware))
            .wrap(from_fn(request_id::middleware))
    })
    .workers(workers)
    .max_connections(CONNECTIONS_MAX)
    .client_request_timeout(times.head)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    // A client that hangs up while a model works is noticed at once, and the model is free for others.
    .h1_allow_half_closed(false)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

/// Lets the process hold a connection for each client it would serve, and says so where the system does not.
fn open_files_for(workers: usize) {
    let wanted = u64::try_from(workers.saturating_mul(CONNECTIONS_MAX)).unwrap_or(u64::MAX);
    match open_files::raise_limit() {
        Ok(Some(limit)) if limit < wanted => {
            tracing::warn!(
                limit,
                wanted,
                "the process may open fewer files than clients are served; raise the limit (ulimit -n)"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(error.cause = %error, "the limit of open files stays as it was"),
    }
}

/// Starts what `rochdale work` answers: whether it lives, and its metrics. It has no route by which anything could be changed, and
/// reads nothing of a request but its path.
///
/// # Errors
/// If the socket cannot be used.
pub fn start_for_monitoring(app: Data<App>, listener: TcpListener) -> anyhow::Result<Server> {
    let times = Times::default();
    times.bound_reading(&listener)?;
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(app.clone())
            .app_data(times)
            .configure(routes::system::configure_for_monitoring)
            .wrap(from_fn(not_allowed))
            .wrap(from_fn(times::middleware))
            .wrap(from_fn(headers::middleware))
            .wrap(from_fn(request_id::middleware))
    })
    .workers(1)
    .max_connections(MONITORS_MAX)
    .client_request_timeout(times.head)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

/// The library answers a wrong method and a malformed request without a body; these become problem documents too. Answers of the
/// API are not compressed: a secret beside text that an attacker chooses could be guessed from the length.
async fn not_allowed<B: actix_web::body::MessageBody + 'static>(
    mut request: ServiceRequest,
    next: actix_web::middleware::Next<B>,
) -> Result<ServiceResponse<actix_web::body::EitherBody<B>>, actix_web::Error> {
    if request.path().starts_with("/api/v1/") || request.path().starts_with("/v1/") {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    let response = next.call(request).await?;
    let is_bare = response.headers().get("content-type").is_none();
    let problem = match response.status().as_u16() {
        404 if is_bare => Some(Problem::not_found()),
        405 if is_bare => Some(Problem::new(
            ProblemKind::MethodNotAllowed,
            "This address does not take that method. Look at /api/docs for what it takes.",
        )),
        _ => None,
    };
    match problem {
        None => Ok(response.map_into_left_body()),
        Some(problem) => {
            let allowed = response.headers().get("allow").cloned();
            let (request, _) = response.into_parts();
            let mut answer = actix_web::ResponseError::error_response(&problem);
            if let Some(allowed) = allowed {
                answer.headers_mut().insert(actix_web::http::header::ALLOW, allowed);
            }
            Ok(ServiceResponse::new(request, answer).map_into_right_body())
        }
    }
}
