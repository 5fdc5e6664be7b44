//! How a call ends badly, as the official clients of OpenAI read it: a body with `error`, and headers that say whether to try again.
//!
//! The clients (openai for Python and for JavaScript alike) look at `x-should-retry` first, then try again after 408, 409, 429 and 5xx,
//! as late as `retry-after-ms` says.

use std::fmt;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use chrono::SecondsFormat;
use governance::id::ProposalId;
use serde_json::{Value, json};

use super::meter::{AllowanceLine, NotPermitted, Refusal, Stop};

/// The longest wait that is asked of a client; the Python client takes no longer one.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
/// When to come again where nothing better is known.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// When a model may be shown to be within its bound.
const UNPROVED: Duration = Duration::from_secs(20);

/// An error on its way to the client. It may hold a name the client sent, so its `Debug` shows the code alone.
#[derive(Clone, PartialEq, Eq)]
pub struct GatewayError {
    status: u16,
    kind: &'static str,
    code: &'static str,
    param: Option<String>,
    message: String,
    retry: Retry,
}

/// What a client should do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    /// Whatever it does by the status.
    Unsaid,
    /// Not try again.
    Never,
    /// Try again, not before.
    After(Duration),
}

impl GatewayError {
    fn new(status: u16, kind: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            code,
            param: None,
            message: message.into(),
            retry: Retry::Unsaid,
        }
    }

    /// 400: a field is not acceptable. `param` is its place, such as `messages.2.content`; `rule` is a sentence without its value.
    pub fn invalid(param: impl Into<String>, rule: impl fmt::Display) -> Self {
        let param = param.into();
        let message = format!("The field {param} is not acceptable: {rule}.");
        Self {
            param: Some(param),
            ..Self::new(400, "invalid_request_error", "invalid_value", message)
        }
    }

    /// 400: a field that is understood but not offered here.
    pub fn unsupported(param: impl Into<String>, rule: impl fmt::Display) -> Self {
        let param = param.into();
        let message = format!("The field {param} is not supported: {rule}.");
        Self {
            param: Some(param),
            ..Self::new(400, "invalid_request_error", "unsupported_parameter", message)
        }
    }

    /// 400: the body is no JSON object.
    #[must_use]
    pub fn malformed(line: usize, column: usize) -> Self {
        let message = format!("The body stops being a JSON object at line {line}, column {column}.");
        Self::new(400, "invalid_request_error", "malformed_json", message)
    }

    /// 413.
    #[must_use]
    pub fn too_large(bytes_max: usize) -> Self {
        let message = format!("The body may have at most {bytes_max} bytes. Send less.");
        Self::new(413, "invalid_request_error", "body_too_large", message)
    }

    /// 408: the body did not arrive in time, or broke off.
    #[must_use]
    pub fn body_timeout() -> Self {
        Self::new(
            408,
            "invalid_request_error",
            "request_timeout",
            "The body did not arrive whole and in time.",
        )
    }

    /// 404: no such address.
    #[must_use]
    pub fn no_such_address() -> Self {
        let message = "There is nothing at this address. docs/gateway.md lists what /v1 offers.";
        Self::new(404, "invalid_request_error", "not_found", message)
    }

    /// 405.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(
            405,
            "invalid_request_error",
            "method_not_allowed",
            "This address does not take that method.",
        )
    }

    /// 400: the upstream would not take the request; what it said of that, where it is ours.
    #[must_use]
    pub fn upstream_rejected(said: Option<&str>) -> Self {
        let message = said.map_or_else(
            || String::from("The model's server does not accept this request."),
            |said| format!("The model's server does not accept this request: {said}"),
        );
        Self::new(400, "invalid_request_error", "upstream_rejected", message)
    }

    /// 502: what the upstream sent is no answer.
    #[must_use]
    pub fn upstream_broken() -> Self {
        let message =
            "The model's server broke off or sent what is no answer. You pay what the co-op's rule for that says.";
        Self {
            retry: Retry::Never,
            ..Self::new(502, "server_error", "upstream_broken", message)
        }
    }

    /// 504: the upstream fell silent.
    #[must_use]
    pub fn upstream_timeout() -> Self {
        let message = "The model's server did not go on in time. You pay what the co-op's rule for that says.";
        Self {
            retry: Retry::Never,
            ..Self::new(504, "server_error", "upstream_timeout", message)
        }
    }

    /// In the middle of an answer: it may not go on.
    #[must_use]
    pub fn stopped(why: Stop) -> Self {
        match why {
            Stop::Revoked => Self::new(
                401,
                "invalid_request_error",
                "key_revoked",
                "The key was revoked while the answer ran, so it was cut off here.",
            ),
            Stop::Halted => Self {
                retry: Retry::Never,
                ..Self::new(
                    403,
                    "permission_error",
                    "coop_halted",
                    "The co-op was halted while the answer ran, so it was cut off here. Its portal says why.",
                )
            },
            Stop::Ended => Self {
                retry: Retry::Never,
                ..Self::new(
                    504,
                    "server_error",
                    "hold_ended",
                    "What was set aside for this call was given back before it ended, so the answer was cut off here.",
                )
            },
        }
    }

    /// 500: we failed.
    #[must_use]
    pub fn internal() -> Self {
        let message = "Something failed on our side. You pay what the co-op's rule for that says.";
        Self {
            retry: Retry::Never,
            ..Self::new(500, "server_error", "internal_error", message)
        }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The code: short, stable, of our own list.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}})
    }

    fn headers(&self, builder: &mut HttpResponseBuilder) {
        match self.retry {
            Retry::Unsaid => {}
            Retry::Never => {
                builder.insert_header((
                    HeaderName::from_static("x-should-retry"),
                    HeaderValue::from_static("false"),
                ));
            }
            Retry::After(wait) => {
                let wait = wait.min(RETRY_AFTER_MAX);
                builder.insert_header(("retry-after-ms", wait.as_millis().to_string()));
                builder.insert_header(("retry-after", wait.as_millis().div_ceil(1_000).max(1).to_string()));
            }
        }
        if self.status == 401 {
            builder.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
    }
}

impl From<Refusal> for GatewayError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::BadKey => Self::new(
                401,
                "invalid_request_error",
                "invalid_api_key",
                "There is no such key, or it was revoked or has expired. Make one in the portal, under AI tools.",
            ),
            Refusal::ModelNotPermitted { model, why } => Self {
                retry: Retry::Never,
                ..Self::new(
                    403,
                    "permission_error",
                    "model_not_permitted",
                    not_permitted(&model, &why),
                )
            },
            Refusal::ModelUnproved { model } => Self::later(
                503,
                "server_error",
                "model_unproved",
                UNPROVED,
                &format!(
                    "The model {model} is registered, but it is not shown yet that no call of it costs more than is set aside. That is looked at \
                     every minute; the portal says what it lacks."
                ),
            ),
            Refusal::ModelNotFound { model } => Self {
                param: Some(String::from("model")),
                ..Self::new(
                    404,
                    "invalid_request_error",
                    "model_not_found",
                    format!("There is no model {model}. GET /v1/models lists those you may use."),
                )
            },
            Refusal::ContextTooLong { limit, asked } => Self::new(
                400,
                "invalid_request_error",
                "context_length_exceeded",
                format!("The model takes {limit} tokens in all, and this request may need {asked}. Shorten it."),
            ),
            Refusal::AllowanceUsedUp(line) => used_up(&line),
            Refusal::TooManyAnswers { limit } => Self::invalid("n", format!("it is from 1 to {limit}")),
            Refusal::QueueFull { retry_after } => {
                let message = "Too many calls wait for this model already. Come again a little later.";
                Self::later(503, "server_error", "queue_full", retry_after, message)
            }
            Refusal::UpstreamUnavailable { retry_after } => {
                let message = "The model's server does not answer. Nothing was charged; come again a little later.";
                Self::later(503, "server_error", "upstream_unavailable", retry_after, message)
            }
            // Whoever found a key learns nothing of the emergency; members read the reason in the portal.
            Refusal::Halted { until } => Self {
                retry: Retry::Never,
                ..Self::new(
                    403,
                    "permission_error",
                    "coop_halted",
                    format!(
                        "The co-op is halted until {}, and its tools with it. Its portal says why; a steward can end the halt.",
                        until.to_rfc3339_opts(SecondsFormat::Secs, true)
                    ),
                )
            },
            Refusal::Unavailable => {
                let message =
                    "Allowances cannot be looked up right now, so nothing is admitted. Come again in a moment.";
                Self::later(503, "server_error", "unavailable", RETRY_AFTER, message)
            }
        }
    }
}

impl GatewayError {
    fn later(status: u16, kind: &'static str, code: &'static str, wait: Duration, message: &str) -> Self {
        Self {
            retry: Retry::After(wait),
            ..Self::new(status, kind, code, message)
        }
    }
}

fn not_permitted(model: &str, why: &NotPermitted) -> String {
    match why {
        NotPermitted::Endpoint => format!(
            "The model {model} does not answer at this address; the decision that registered it says where it does. GET /v1/models lists \
             the models."
        ),
        NotPermitted::Key => format!(
            "This key was made for other models or addresses than this one of {model}. It stays so until it expires; make another key in \
             the portal, under AI tools."
        ),
        NotPermitted::Decision { proposal } => {
            let set_by = proposal.map_or_else(
                || String::from("no proposal set it"),
                |id| format!("proposal {id} set it"),
            );
            format!(
                "The members decided who may use the model {model}, and the member of this key is not among them: {set_by}, and it holds \
                 until another proposal changes it. GET /v1/models lists the models that this key may use."
            )
        }
    }
}

fn used_up(line: &AllowanceLine) -> GatewayError {
    let resets = line.resets_at.map_or_else(
        || String::from("It does not begin anew by itself"),
        |at| format!("It begins anew at {}", at.to_rfc3339_opts(SecondsFormat::Secs, true)),
    );
    let set_by = line.proposal.map_or_else(
        || String::from("no proposal set it"),
        |id: ProposalId| format!("proposal {id} set it"),
    );
    let name = line.subject.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let period = line
        .period
        .as_ref()
        .map(|each| format!(" for one {each}"))
        .unwrap_or_default();
    let left = match (line.spent, line.held) {
        (Some(spent), Some(held)) => format!(
            "{spent} of {} micro-credits are spent and {held} are held by running calls",
            line.cap
        ),
        // What few have in common tells one of them what the others used.
        _ => format!("too little is left of {} micro-credits", line.cap),
    };
    let message = format!(
        "The allowance of the {}{name}{period} does not cover this call: {left}. {resets}; {set_by}.",
        line.limit
    );
    GatewayError {
        retry: Retry::Never,
        ..GatewayError::new(429, "insufficient_quota", "coop_allowance_exhausted", message)
    }
}

impl fmt::Debug for GatewayError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "GatewayError({} {})", self.status, self.code)
    }
}

impl fmt::Display for GatewayError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)
    }
}

impl ResponseError for GatewayError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut builder = HttpResponse::build(self.status_code());
        self.headers(&mut builder);
        builder.json(self.body())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(error: &GatewayError, name: &str) -> Option<String> {
        let response = error.error_response();
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn every_refusal_has_the_status_the_type_and_the_code_that_the_clients_know() {
        let model = || String::from("m");
        let wait = Duration::from_millis(1_500);
        let cases = [
            (Refusal::BadKey, 401, "invalid_request_error", "invalid_api_key"),
            (
                Refusal::ModelNotPermitted {
                    model: model(),
                    why: NotPermitted::Key,
                },
                403,
                "permission_error",
                "model_not_permitted",
            ),
            (
                Refusal::ModelUnproved { model: model() },
                503,
                "server_error",
                "model_unproved",
            ),
            (
                Refusal::ModelNotFound { model: model() },
                404,
                "invalid_request_error",
                "model_not_found",
            ),
            (
                Refusal::ContextTooLong { limit: 1, asked: 2 },
                400,
                "invalid_request_error",
                "context_length_exceeded",
            ),
            (
                Refusal::TooManyAnswers { limit: 128 },
                400,
                "invalid_request_error",
                "invalid_value",
            ),
            (
                Refusal::QueueFull { retry_after: wait },
                503,
                "server_error",
                "queue_full",
            ),
            (
                Refusal::UpstreamUnavailable { retry_after: wait },
                503,
                "server_error",
                "upstream_unavailable",
            ),
            (
                Refusal::Halted {
                    until: chrono::DateTime::UNIX_EPOCH,
                },
                403,
                "permission_error",
                "coop_halted",
            ),
            (Refusal::Unavailable, 503, "server_error", "unavailable"),
        ];
        for (refusal, status, kind, code) in cases {
            let error = GatewayError::from(refusal);
            let body = error.body();
            assert_eq!((error.status(), error.code()), (status, code));
            assert_eq!(body["error"]["type"], kind, "{code}");
            assert!(body["error"]["message"].as_str().unwrap().len() > 20, "{code}");
        }
    }

    #[test]
    fn a_used_up_allowance_names_its_limit_its_proposal_and_its_end_and_is_not_tried_again() {
        let proposal: ProposalId = "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5".parse().unwrap();
        let line = AllowanceLine {
            limit: String::from("role"),
            subject: Some(String::from("treasurer")),
            period: Some(String::from("month")),
            proposal: Some(proposal),
            resets_at: Some("2026-12-01T00:00:00Z".parse().unwrap()),
            cap: 1_000,
            spent: Some(900),
            held: Some(60),
        };
        let few = AllowanceLine {
            spent: None,
            held: None,
            ..line.clone()
        };
        let few = GatewayError::from(Refusal::AllowanceUsedUp(Box::new(few)));
        assert!(!few.message.contains("900") && few.message.contains("too little is left of 1000"));
        let error = GatewayError::from(Refusal::AllowanceUsedUp(Box::new(line)));
        let body = error.body();
        let message = body["error"]["message"].as_str().unwrap();
        for part in [
            "of the role treasurer for one month",
            "900 of 1000",
            "60 are held",
            "2026-12-01T00:00:00Z",
            &proposal.to_string(),
        ] {
            assert!(message.contains(part), "{part} in {message}");
        }
        assert_eq!((error.status(), error.code()), (429, "coop_allowance_exhausted"));
        assert_eq!(header(&error, "x-should-retry").as_deref(), Some("false"));
        assert_eq!(header(&error, "retry-after-ms"), None);
    }

    #[test]
    fn a_wait_is_told_in_milliseconds_and_in_whole_seconds_and_is_never_too_long_for_the_clients() {
        let after = |wait| GatewayError::from(Refusal::QueueFull { retry_after: wait });
        let short = after(Duration::from_millis(1_500));
        assert_eq!(header(&short, "retry-after-ms").as_deref(), Some("1500"));
        assert_eq!(header(&short, "retry-after").as_deref(), Some("2"));
        let long = after(Duration::from_secs(100_000));
        assert_eq!(header(&long, "retry-after-ms").as_deref(), Some("60000"));
    }

    #[test]
    fn what_may_hold_a_clients_word_is_not_shown_for_logs() {
        let error = GatewayError::from(Refusal::ModelNotFound {
            model: String::from("canary"),
        });
        assert!(!format!("{error:?} {error}").contains("canary"));
    }
}
