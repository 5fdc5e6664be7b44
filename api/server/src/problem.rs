//! Every way a request can end badly, as a row of the one table in `wire`, with the facts of the occurrence.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use governance::text::TextRefusal;
use serde_json::{Map, Value};
use store::StoreError;
use wire::problem::{ProblemBody, ProblemKind};

use crate::causes;
use crate::combine::Overloaded;

/// A problem on its way to the client. What is in it may be read by anyone; the cause of a failure goes to the log alone.
#[derive(Debug)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    members: Map<String, Value>,
    retry_after_seconds: Option<u64>,
}

impl Problem {
    /// A problem with what happened here and what to do next, as a sentence.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            members: Map::new(),
            retry_after_seconds: None,
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says when to come again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// Nobody who asks is known, or no longer.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            ProblemKind::Unauthenticated,
            "Send a valid access token (Authorization: Bearer …). If you had one, refresh the session or sign in again.",
        )
    }

    /// A thing that is not there, or of which the caller may not know; both read alike.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            ProblemKind::NotFound,
            "There is nothing at this address, or you may not see it. Check the address.",
        )
    }

    /// A field that breaks a rule.
    pub fn field(name: &str, rule: impl fmt::Display) -> Self {
        Self::new(
            ProblemKind::InvalidField,
            format!("The field {name} is not acceptable: {rule}."),
        )
        .with("field", name)
    }

    /// A text that breaks a rule.
    #[must_use]
    pub fn text(name: &str, refusal: &TextRefusal) -> Self {
        Self::field(name, refusal)
    }

    /// A failure of the server: the cause is logged here and nowhere else, the client gets the id of the request.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(error.cause = %cause, "a request failed");
        Self::new(
            ProblemKind::Internal,
            "Something failed on our side; nothing was changed. Try again later.",
        )
    }

    /// The server has too much to do.
    #[must_use]
    pub fn busy() -> Self {
        Self::new(
            ProblemKind::Busy,
            "The server has too much to do right now. Try again in a moment.",
        )
        .retry_after(1)
    }

    /// The connection to the database was lost at the very moment at which the change became durable, or did not.
    #[must_use]
    pub fn unknown() -> Self {
        Self::new(
            ProblemKind::Busy,
            "The database was lost while it stored the change, so whether it was done is not known. Send the same request again \
             with the same Idempotency-Key, or look first.",
        )
        .retry_after(2)
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// What happened here and what to do next.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The document; `instance` is the id of the request.
    #[must_use]
    pub fn document(&self, instance: &str) -> ProblemBody {
        ProblemBody {
            kind: format!("/problems/{}", self.kind.slug()),
            title: self.kind.title().to_owned(),
            status: self.kind.status(),
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            members: self.members.clone(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.title())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.response(&crate::http::request_id::current())
    }
}

impl Problem {
    /// The answer; `instance` is the id of the request.
    #[must_use]
    pub fn response(&self, instance: &str) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, wire::problem::CONTENT_TYPE));
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if self.kind == ProblemKind::Unauthenticated {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(serde_json::to_vec(&self.document(instance)).unwrap_or_default())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(error.cause = %causes::chain(error), "the database cannot be reached");
                Self::new(
                    ProblemKind::Busy,
                    "The database cannot be reached right now; nothing was changed. Try again.",
                )
                .retry_after(2)
            }
            StoreError::CommitUnknown(_) => {
                tracing::warn!(error.cause = %causes::chain(error), "a commit may or may not have happened");
                Self::unknown()
            }
            StoreError::Busy => Self::busy(),
            StoreError::Constraint { name } if name == "journal_year_is_open" => Self::new(
                ProblemKind::YearClosed,
                "The books are closed up to a day after that. Record it on a day of an open year; a mistake is set right there too.",
            ),
            StoreError::Constraint { name } if of_books(name).is_some() => {
                Self::new(ProblemKind::MoneyState, of_books(name).unwrap_or_default())
            }
            StoreError::Constraint { name } => {
                Self::internal(format_args!("the rule {name} refused a change nobody foresaw"))
            }
            StoreError::Unexpected(_) => Self::internal(causes::chain(error)),
        }
    }
}

/// What the rules of the books say to whoever posts, where they refuse what was asked.
fn of_books(rule: &str) -> Option<&'static str> {
    Some(match rule {
        "journal_of_such_an_act_is_not_undone" => {
            "What this act posted is not undone: an invoice is taken back by a credit note, and what else is wrong is set right by another act."
        }
        "share_movement_is_of_shares_that_are_there" | "share_movement_is_refunded_when_it_is_due" => {
            "The member has not the shares that this would leave. Undo the later moves first."
        }
        "share_movement_is_after_the_last_interest" => {
            "The interest of that year was credited, so its moves of shares stand. Record another move on a later day."
        }
        "share_interest_is_counted_once" | "payout_cycle_counts_interest_once" => {
            "Interest on shares is given once for a year: by the terms of money, or by a step of the revenue rule."
        }
        "money_document_period_is_charged_once" => "The member was charged for that before.",
        "settlement_uses_credit_that_is_there" => {
            "A credit of the member that came of it was used for an invoice. Take that invoice back first."
        }
        "settlement_of_what_was_taken_back_stays" => {
            "A credit note gave back what the payment had settled, so the payment stands."
        }
        "settlement_is_of_what_is_open" => "The invoice asks for less than that.",
        "bill_reference_is_taken_once" => "There is a bill of this supplier with this reference already.",
        _ => return None,
    })
}

impl From<Overloaded> for Problem {
    fn from(_: Overloaded) -> Self {
        Self::busy()
    }
}
