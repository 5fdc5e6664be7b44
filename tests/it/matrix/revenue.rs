//! The rows of how revenue is shared.

use serde_json::{Value, json};

use governance::record::digest;
use tests::voter::Voter;

use super::{ACTIVE, Ask, MEMBERS, Operation, STEWARDS, TREASURERS, Who, World, operation, with};
use crate::coops::keys::domain;
use crate::revenue::contributions::record_of;
use crate::revenue::world::{equal, nothing, table};

/// Whoever holds an office.
const OFFICERS: [u16; 8] = [401, 404, 403, 403, 200, 200, 200, 404];

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = rules();
    all.extend(contributions());
    all.extend(signing());
    all.extend(taxes());
    all
}

fn rules() -> Vec<Operation> {
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

fn taxes() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/tax-profiles",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/tax-profiles",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let member = world.insider(Who::Member).member;
                Ask::plain().body(json!({"member": member, "profile": "no_tax_number"}))
            }
        ),
    ]
}

fn contributions() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/contributions",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/contributions/preview",
            TREASURERS,
            false,
            |world, _who| Ask::plain().body(world.figures())
        ),
        operation!(
            "POST /api/v1/coops/{coop}/contributions",
            with(TREASURERS, 201),
            true,
            |world, _who| Ask::plain().body(world.figures())
        ),
        operation!(
            "GET /api/v1/coops/{coop}/contributions/{contribution}",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("contribution", world.contribution().await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/contributions/{contribution}/disputes",
            with(ACTIVE, 201),
            true,
            |world, _who| Ask::plain()
                .id("contribution", world.contribution().await)
                .body(json!({"reason": "It is wrong."}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/contributions/{contribution}/disputes/{member}/ruling",
            with(STEWARDS, 201),
            true,
            |world, _who| {
                let contribution = world.contribution().await;
                let member = world.insider(Who::Member);
                let path = world.coop.path(&format!("contributions/{contribution}/disputes"));
                let dispute = member.person.post(&path).json(&json!({"reason": "It is wrong."}));
                let _ = dispute.send().await.expect(201);
                Ask::plain()
                    .id("contribution", contribution)
                    .id("member", member.member)
                    .body(json!({"is_upheld": false, "reason": "It is right."}))
            }
        ),
    ]
}

fn signing() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/contributions/{contribution}/file",
            OFFICERS,
            false,
            |world, _who| Ask::plain().id("contribution", world.contribution().await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/contributions/{contribution}/signature",
            with(TREASURERS, 201),
            true,
            |world, _who| {
                let made = world.snapshot().await;
                let treasurer = world.insider(Who::Treasurer);
                let voter = Voter::new(treasurer.member);
                let keys = treasurer.person.post(&world.coop.path("keys"));
                let registration = voter.registration(&domain(&world.coop));
                let _ = keys.json(&registration).send().await.expect(201);
                Ask::plain()
                    .id("contribution", made["id"].as_str().unwrap())
                    .body(voter.signed(digest(&domain(&world.coop), &record_of(world.coop.id, &made))))
            }
        ),
    ]
}

impl World {
    /// What a treasurer brings in: long after the days that cycles of this table share.
    fn figures(&self) -> Value {
        let table = table(&[(self.insider(Who::Member).member, 7)]);
        json!({"metric": "hours", "starts_on": "2027-01-01", "ends_on": "2027-12-31", "source": "a test", "challenge_days": 90,
            "table": table})
    }

    /// A snapshot of contributions made for one request.
    pub async fn contribution(&self) -> String {
        self.snapshot().await["id"].as_str().unwrap().to_owned()
    }

    async fn snapshot(&self) -> Value {
        let request = self
            .insider(Who::Treasurer)
            .person
            .post(&self.coop.path("contributions"));
        request.json(&self.figures()).send().await.expect(201)
    }
}
