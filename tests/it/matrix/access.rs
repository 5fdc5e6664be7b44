//! The rows of the shared tools.

use serde_json::json;

use super::{ACTIVE, Ask, MEMBERS, Operation, STEWARDS, Who, World, operation, with};

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = keys();
    all.extend(reads());
    all
}

/// A member's own key is the member's; stewards revoke anybody's. Who is suspended has the founder's here, which is not theirs.
const OWNERS: [u16; 8] = [401, 404, 204, 404, 204, 204, 204, 404];

fn keys() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/access/keys",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/access/keys",
            with(ACTIVE, 201),
            true,
            |world, _who| {
                world.end_access_keys().await;
                Ask::plain().body(json!({"name": "my editor", "expires_in_days": 30}))
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/access/keys/{access_key}/rotation",
            with(ACTIVE, 201),
            true,
            |world, who| {
                let (key, _) = world.access_key(who).await;
                Ask::plain()
                    .id("access_key", key)
                    .body(json!({"overlap_seconds": 60, "expires_in_days": 30}))
            }
        ),
        operation!(
            "DELETE /api/v1/coops/{coop}/access/members/{member}/keys/{access_key}",
            OWNERS,
            true,
            |world, who| {
                let (key, member) = world.access_key(who).await;
                Ask::plain().id("access_key", key).id("member", member)
            }
        ),
        operation!(
            "PUT /api/v1/coops/{coop}/access/tools/{tool}/key",
            with(STEWARDS, 204),
            true,
            |world, _who| Ask::plain()
                .id("tool", world.tool(&world.coop).await)
                .body(json!({"key": "sk-of-the-co-op"}))
        ),
        operation!(
            "DELETE /api/v1/coops/{coop}/access/tools/{tool}/key",
            with(STEWARDS, 204),
            true,
            |world, _who| Ask::plain().id("tool", world.tool(&world.coop).await)
        ),
    ]
}

fn reads() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/access/tools",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/access/allowance",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/access/policies",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/access/usage",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/access/owed",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/access/usage/{day}",
            MEMBERS,
            false,
            |_world, _who| Ask::plain().id("day", "2026-01-01")
        ),
        operation!(
            "GET /api/v1/coops/{coop}/access/invariants",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
    ]
}

impl World {
    /// Ends all keys for the tools, as if their time were over: there is a bound.
    pub async fn end_access_keys(&self) {
        let statement =
            "UPDATE access_key SET expires_at = made_at + interval '1 microsecond' WHERE expires_at > now()";
        self.run(statement).await;
    }

    /// A key for the tools of who can act and is this actor, where there is one, else the founder; and its member.
    pub async fn access_key(&self, who: Who) -> (String, String) {
        self.end_access_keys().await;
        let member = match who {
            Who::Member | Who::Treasurer | Who::Auditor | Who::Steward => self.insider(who).member,
            Who::Nobody | Who::Stranger | Who::Suspended | Who::Elsewhere => self.coop.founder_member,
        };
        let body = json!({"name": "my editor", "expires_in_days": 30});
        let path = self.coop.path("access/keys");
        let made = self.author(who).post(&path).json(&body).send().await.expect(201);
        (made["key"]["id"].as_str().unwrap().to_owned(), member.to_string())
    }
}
