//! Segments of addresses that are no identifiers. As with those, what is none is answered like one that nothing has.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev};
use chrono::NaiveDate;

use crate::problem::Problem;

/// A day.
pub struct DayInPath(pub NaiveDate);

impl FromRequest for DayInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let text = request.match_info().get("day").unwrap_or_default();
        // One day, one text.
        let day = text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text);
        ready(day.map(Self).ok_or_else(Problem::not_found))
    }
}
