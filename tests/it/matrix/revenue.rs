//! The rows of how revenue is shared.

use serde_json::json;

use super::{ACTIVE, Ask, MEMBERS, Operation, operation};
use crate::revenue::world::{equal, nothing};

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/revenue/rules",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/revenue/rules/preview",
            ACTIVE,
            false,
            |_world, _who| Ask::plain().body(json!({"rule": equal(1, &nothing())}))
        ),
    ]
}
