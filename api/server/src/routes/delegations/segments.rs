//! The scope of a delegation in an address. What is none is answered like one in which nothing stands.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev};
use wire::delegation::DelegationScope;

use crate::problem::Problem;

/// A scope: `coop`, `kind:` and its name, or `proposal:` and its id.
pub struct ScopeInPath(pub DelegationScope);

impl FromRequest for ScopeInPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let text = request.match_info().get("scope").unwrap_or_default();
        let scope = match text.split_once(':') {
            None if text == "coop" => Some(DelegationScope::Coop {}),
            Some(("kind", name)) => Some(DelegationScope::Kind { name: name.to_owned() }),
            Some(("proposal", id)) => id.parse().ok().map(|id| DelegationScope::Proposal { id }),
            Some(_) | None => None,
        };
        ready(scope.map(Self).ok_or_else(Problem::not_found))
    }
}
