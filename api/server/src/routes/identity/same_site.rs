//! Whether a request that carries a cookie comes from our own pages.

use actix_web::http::header::{HeaderMap, ORIGIN};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, dev};
use url::Url;
use wire::problem::ProblemKind;

use crate::app::App;
use crate::problem::Problem;

/// A header that a form or a picture of another site cannot send.
const HEADER: &str = "x-rochdale-refresh";

/// The request comes from our own pages, or from a program that is no browser.
pub struct SameSite;

impl FromRequest for SameSite {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let Some(app) = request.app_data::<Data<App>>() else {
            return std::future::ready(Err(Problem::internal("the application is not configured")));
        };
        if is_ours(request.headers(), &app.config.server.public_url) {
            return std::future::ready(Ok(Self));
        }
        std::future::ready(Err(Problem::new(
            ProblemKind::CrossSite,
            "Only pages of this server may do that: send the header X-Rochdale-Refresh: 1 from one of them.",
        )))
    }
}

/// The header of our own is needed always; what the browser says of the origin must fit wherever it says something.
fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    let all =
        |name: &str, fits: &dyn Fn(&str) -> bool| headers.get_all(name).all(|value| value.to_str().is_ok_and(fits));
    let ours = Url::parse(public_url).map(|url| url.origin().ascii_serialization());
    headers.contains_key(HEADER)
        && all(HEADER, &|value| value == "1")
        && all("sec-fetch-site", &|site| site == "same-origin" || site == "none")
        && all(ORIGIN.as_str(), &|origin| {
            ours.as_ref().is_ok_and(|ours| ours == origin)
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_our_own_pages_may_use_the_cookie() {
        let cases: [(&[(&str, &str)], bool); 11] = [
            (&[], false),
            (&[("x-rochdale-refresh", "1")], true),
            (&[("x-rochdale-refresh", "0")], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("x-rochdale-refresh", "1"), ("sec-fetch-site", "same-origin")], true),
            (&[("x-rochdale-refresh", "1"), ("sec-fetch-site", "none")], true),
            (&[("x-rochdale-refresh", "1"), ("sec-fetch-site", "same-site")], false),
            (&[("x-rochdale-refresh", "1"), ("sec-fetch-site", "cross-site")], false),
            (
                &[("x-rochdale-refresh", "1"), ("origin", "https://vote.example.org")],
                true,
            ),
            (
                &[
                    ("x-rochdale-refresh", "1"),
                    ("origin", "https://vote.example.org.evil.example"),
                ],
                false,
            ),
            (&[("x-rochdale-refresh", "1"), ("origin", "null")], false),
        ];
        for (lines, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_ours(&headers, "https://vote.example.org"), expected, "{lines:?}");
        }
    }
}
