//! The rows of payout cycles.

use serde_json::{Value, json};

use super::{Ask, MEMBERS, Operation, TREASURERS, World, operation, with};

/// Whoever holds an office and prepared nothing: the treasurer did.
pub const APPROVERS: [u16; 8] = [401, 404, 403, 403, 403, 200, 200, 404];
/// Whoever holds an office.
pub const OFFICERS: [u16; 8] = [401, 404, 403, 403, 200, 200, 200, 404];

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = reads();
    all.extend(steps());
    all
}

fn reads() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/payouts", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.cycle("open").await.0)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/next",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.cycle("open").await.0)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/freezing",
            TREASURERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.cycle("open").await.0)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/statement",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.cycle("computed").await.0)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/payouts/{cycle}/bundle",
            OFFICERS,
            false,
            |world, _who| Ask::plain().id("cycle", world.cycle("computed").await.0)
        ),
    ]
}

fn steps() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/payouts",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                world.end_cycles().await;
                Ask::plain().body(json!({"period": uuid::Uuid::now_v7().simple().to_string(), "ends_on": "2026-01-01"}))
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/freezing",
            TREASURERS,
            true,
            |world, _who| Ask::plain().id("cycle", world.cycle("open").await.0)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/computation",
            TREASURERS,
            true,
            |world, _who| Ask::plain().id("cycle", world.cycle("frozen").await.0)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/verification",
            TREASURERS,
            true,
            |world, _who| Ask::plain().id("cycle", world.cycle("computed").await.0)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/proposal",
            TREASURERS,
            true,
            |world, _who| Ask::plain().id("cycle", world.cycle("verified").await.0)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/approvals",
            APPROVERS,
            true,
            |world, _who| {
                let (cycle, view) = world.cycle("proposed").await;
                let body = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
                Ask::plain().id("cycle", cycle).body(body)
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/posting",
            TREASURERS,
            true,
            |world, _who| Ask::plain().id("cycle", world.cycle("approved").await.0)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/payouts/{cycle}/cancellation",
            TREASURERS,
            true,
            |world, _who| Ask::plain()
                .id("cycle", world.cycle("open").await.0)
                .body(json!({"reason": "for a test"}))
        ),
    ]
}

impl World {
    /// Cancels the cycle that is under way.
    pub async fn end_cycles(&self) {
        let Some(cycle) = self.active_cycle().await else { return };
        let path = self.coop.path(&format!("payouts/{cycle}/cancellation"));
        let request = self.insider(super::Who::Treasurer).person.post(&path);
        let _ = request.json(&json!({"reason": "for a test"})).send().await.expect(200);
    }

    /// A cycle that shares one euro, made for one request, in this state, and what is shown of it.
    pub async fn cycle(&self, state: &str) -> (String, Value) {
        self.end_cycles().await;
        let _ = self.posted(&self.coop).await;
        let treasurer = &self.insider(super::Who::Treasurer).person;
        let body = json!({"period": uuid::Uuid::now_v7().simple().to_string(), "ends_on": "2026-11-26"});
        let request = treasurer.post(&self.coop.path("payouts")).json(&body);
        let mut view = request.send().await.expect(201);
        let cycle = view["id"].as_str().unwrap().to_owned();
        let at = |step: &str| self.coop.path(&format!("payouts/{cycle}/{step}"));
        for step in ["freezing", "computation", "verification", "proposal"] {
            if view["state"] == state {
                return (cycle, view);
            }
            view = treasurer.post(&at(step)).send().await.expect(200);
        }
        if state == "approved" || state == "posted" {
            let body = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
            let request = self.insider(super::Who::Auditor).person.post(&at("approvals"));
            view = request.json(&body).send().await.expect(200);
        }
        if state == "posted" {
            view = treasurer.post(&at("posting")).send().await.expect(200);
        }
        (cycle, view)
    }
}
