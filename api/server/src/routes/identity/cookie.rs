//! The cookie that prolongs a session. No route but `POST /api/v1/sessions/refresh` reads it.

use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderMap, SET_COOKIE};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};

use crate::problem::Problem;
use crate::services::sessions::{RefreshToken, Started};

/// Its name: with this prefix a browser takes it only over a secure connection, from this very host and for all of it.
pub const NAME: &str = "__Host-rochdale_refresh";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// 201 with a session.
#[must_use]
pub fn created(started: &Started) -> HttpResponse {
    with(StatusCode::CREATED, started)
}

/// 200 with a session.
#[must_use]
pub fn ok(started: &Started) -> HttpResponse {
    with(StatusCode::OK, started)
}

fn with(status: StatusCode, started: &Started) -> HttpResponse {
    let cookie = format!(
        "{NAME}={}; Max-Age={}; {ATTRIBUTES}",
        started.refresh.text(),
        started.expires_in
    );
    HttpResponse::build(status)
        .insert_header((SET_COOKIE, cookie))
        .json(&started.body)
}

/// 204, and the browser forgets the cookie.
#[must_use]
pub fn cleared() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((SET_COOKIE, format!("{NAME}=; Max-Age=0; {ATTRIBUTES}")))
        .finish()
}

/// The refresh token of the request, if it carries exactly one.
pub struct RefreshCookie(pub Option<RefreshToken>);

impl FromRequest for RefreshCookie {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        std::future::ready(Ok(Self(find(request.headers()))))
    }
}

fn find(headers: &HeaderMap) -> Option<RefreshToken> {
    let pairs = headers
        .get_all(COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut values = pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME);
    // Of two, one was planted, and there is no telling which.
    match (values.next(), values.next()) {
        (Some((_, value)), None) => RefreshToken::parse(value),
        (None, _) | (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn one_cookie_is_read_and_of_two_none() {
        let token = RefreshToken::random().ok().unwrap();
        let ours = format!("{NAME}={}", token.text());
        let other = RefreshToken::random().ok().unwrap();
        let theirs = format!("{NAME}={}", other.text());
        let cases: [(Vec<String>, bool); 7] = [
            (vec![ours.clone()], true),
            (vec![format!("theme=dark; {ours}; a=b")], true),
            (vec![String::from("theme=dark"), ours.clone()], true),
            (vec![format!("{ours}; {theirs}")], false),
            (vec![ours.clone(), theirs], false),
            (vec![ours.replace("__Host-", "")], false),
            (vec![], false),
        ];
        for (lines, is_found) in cases {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(COOKIE, HeaderValue::from_str(line).unwrap());
            }
            assert_eq!(
                find(&headers).is_some_and(|found| found == token),
                is_found,
                "{lines:?}"
            );
        }
    }
}
