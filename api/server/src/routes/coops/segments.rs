//! Segments of addresses that are no identifiers. As with those, what is none is answered like one that nothing has.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev};
use governance::membership::Role;

use crate::problem::Problem;

/// A role.
pub struct RoleInPath(pub Role);

/// A version of the bylaws.
pub struct VersionInPath(pub i64);

impl FromRequest for RoleInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let role = request.match_info().get("role").and_then(Role::from_name);
        ready(role.map(Self).ok_or_else(Problem::not_found))
    }
}

impl FromRequest for VersionInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let text = request.match_info().get("version").unwrap_or_default();
        // One version, one text: no signs and no leading zeros.
        let version = text.parse::<i64>().ok().filter(|version| version.to_string() == text);
        ready(version.map(Self).ok_or_else(Problem::not_found))
    }
}
