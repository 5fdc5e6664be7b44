//! Aim: what PostgreSQL computes of a cycle is what the definition computes, step by step, and it refuses what the definition refuses.
//! Method: rules of every operation with bounds of every kind, on drawn members, weights and amounts, each in a transaction that is undone.

use governance::hash::{Hash32, keccak256};
use governance::id::MemberId;
use governance::revenue::{
    Amount, Balance, Cycle, Measure, MemberInput, RevenueRule, Standing, compute, cycle_word, pay, payout_digest,
};
use serde_json::{Value, json};
use server::services::payouts::computing::words;
use tests::app::TestApp;
use tokio_postgres::Client;
use uuid::Uuid;

use super::world::{adopt, carry, equal, nothing};
use crate::decisions::world::Hall;

/// How many cases are drawn.
const CASES: u64 = 160;

/// Numbers that only depend on the seed (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Small, middling or huge.
    fn magnitude(&mut self) -> u64 {
        match self.below(5) {
            0 => 0,
            1 => self.below(4),
            2 => self.below(1_000),
            3 => self.below(1_000_000_000),
            _ => self.below(1 << 56),
        }
    }
}

fn patronage(draw: &mut Draw) -> Value {
    let mut does = json!({"op": "patronage", "to": "members:workers",
        "weights": [{"metric": "hours", "weight": 1 + draw.below(3)}, {"metric": "records", "weight": 1 + draw.below(50)}]});
    let units = |units: u64| Amount::from_units(units).unwrap().to_string();
    if draw.below(2) == 0 {
        does["floor"] = json!(units(1 + draw.below(1_000_000)));
        if draw.below(4) == 0 {
            does["infeasible"] = json!("refuse");
        }
    }
    match draw.below(4) {
        0 => does["cap"] = json!({"of": "amount", "amount": units(2_000_000 + draw.below(1_000_000_000))}),
        1 => does["cap"] = json!({"of": "pool", "share": {"share": 1, "whole": 2 + draw.below(6)}}),
        _ => {}
    }
    if draw.below(3) == 0 {
        does["excess"] = json!("stay");
    }
    does
}

/// A rule with every operation; some amounts drawn.
fn rule(draw: &mut Draw) -> RevenueRule {
    let fixed = Amount::from_units(1 + draw.below(10_000_000_000)).unwrap();
    let shortfall = if draw.below(6) == 0 { "refuse" } else { "partial" };
    let until = match draw.below(3) {
        0 => Value::Null,
        1 => json!({"reaches": "amount", "amount": "700.00"}),
        _ => json!({"reaches": "balance", "share": {"share": 2, "whole": 3}, "of": "capital_paid_up"}),
    };
    let period = ["month", "quarter", "half_year", "year"][usize::try_from(draw.below(4)).unwrap()];
    let last = if draw.below(8) == 0 {
        json!({"op": "per_capita", "to": "members:nobody"})
    } else {
        json!({"op": "sink"})
    };
    serde_json::from_value(json!({
        "version": 1, "currency": "EUR", "effective_from": 0,
        "steps": [
            {"id": "fixed", "does": {"op": "fixed", "amount": fixed, "to": "pool:operations", "shortfall": shortfall}},
            {"id": "moved", "from": "pool:operations", "does": {"op": "transfer", "to": "fund:operations"}},
            {"id": "reserve", "does": {"op": "reserve", "share": {"share": 1, "whole": 7}, "to": "reserve:legal", "until": until}},
            {"id": "again", "does": {"op": "reserve", "share": {"share": 1, "whole": 3}, "to": "reserve:legal", "until": until}},
            {"id": "fund", "does": {"op": "percent", "share": {"share": 3, "whole": 100}, "to": "fund:mutual"}},
            {"id": "interest", "does": {"op": "capital_interest", "annual": {"share": 1 + draw.below(30), "whole": 100},
                "period": period, "to": "members:all"}},
            {"id": "split", "does": {"op": "split", "parts": [
                {"to": "pool:tools", "weight": 1 + draw.below(50)}, {"to": "pool:work", "weight": 1 + draw.below(50)},
                {"to": "fund:small", "weight": 1}]}},
            {"id": "equal", "from": "pool:tools", "does": {"op": "per_capita", "to": "members:workers"}},
            {"id": "none", "from": "pool:tools", "does": {"op": "sink"}},
            {"id": "work", "from": "pool:work", "does": patronage(draw)},
            {"id": "rest", "from": "pool:work", "does": last}],
        "withholding": [
            {"id": "up", "profile": "taxed_up", "share": {"share": 1, "whole": 3}, "to": "tax:up", "rounding": "up"},
            {"id": "down", "profile": "taxed_down", "share": {"share": 24, "whole": 100}, "to": "tax:down", "rounding": "down"}],
        "payout": {"decimals": draw.below(4), "min": "10", "dormant": {"after_months": 12, "to": "fund:unclaimed"}, "rails": ["sepa"]}}))
    .unwrap()
}

fn members(draw: &mut Draw) -> Vec<MemberInput> {
    let count = [0, 1, 2, 5, 30][usize::try_from(draw.below(5)).unwrap()];
    (0..count)
        .map(|number: u64| {
            let groups: &[&str] = match draw.below(3) {
                0 => &["members:all"],
                _ => &["members:all", "members:workers"],
            };
            let metric = |name: &str, count: u64| Measure {
                metric: name.parse().unwrap(),
                count,
            };
            let metrics = [metric("hours", draw.magnitude()), metric("records", draw.magnitude())];
            MemberInput {
                // Not in their order, and not close to each other.
                member: MemberId::from_uuid(Uuid::from_u128(u128::from(draw.next()) << 64 | u128::from(number))),
                groups: groups.iter().map(|group| group.parse().unwrap()).collect(),
                metrics: metrics.into_iter().filter(|measure| measure.count > 0).collect(),
                capital: Amount::from_units(draw.magnitude()).unwrap(),
                tax: [None, Some("taxed_up"), Some("taxed_down"), Some("untaxed")]
                    [usize::try_from(draw.below(4)).unwrap()]
                .map(|tax| tax.parse().unwrap()),
                carried: Balance::from_units(
                    i64::try_from(draw.magnitude()).unwrap() * [1, -1][usize::try_from(draw.below(2)).unwrap()],
                ),
                taxed: Amount::from_units([0, draw.magnitude()][usize::try_from(draw.below(2)).unwrap()]).unwrap(),
                standing: [Standing::Open, Standing::Open, Standing::Held, Standing::Leaving]
                    [usize::try_from(draw.below(4)).unwrap()],
                idle_months: u16::try_from(draw.below(24)).unwrap(),
            }
        })
        .collect()
}

/// What PostgreSQL says of a case: the digests of its steps, of the cycle, of what is paid; or why not.
async fn in_database(
    client: &Client,
    (coop, rule, hash): (Uuid, &RevenueRule, Hash32),
    (cycle, people): (&Cycle, &[MemberInput]),
) -> Result<(Vec<Hash32>, Hash32, Hash32), String> {
    client.batch_execute("BEGIN").await.unwrap();
    let outcome = attempt(client, (coop, rule, hash), (cycle, people)).await;
    client.batch_execute("ROLLBACK").await.unwrap();
    outcome
}

async fn attempt(
    client: &Client,
    (coop, rule, hash): (Uuid, &RevenueRule, Hash32),
    (cycle, people): (&Cycle, &[MemberInput]),
) -> Result<(Vec<Hash32>, Hash32, Hash32), String> {
    let id = Uuid::now_v7();
    let revenue = i64::try_from(cycle.revenue.units()).unwrap();
    let word = cycle.word.as_bytes().to_vec();
    client
        .execute(
            "INSERT INTO revenue_rule SELECT $1::uuid, 2, $2::bytea, rule_hash, 'EUR', now(), proposal_id, jsonb_set($3::text::jsonb, '{version}', '2'), now(), 'test'
             FROM revenue_rule WHERE coop_id = $1",
            &[&coop, &hash.as_bytes().to_vec(), &serde_json::to_string(rule).unwrap()],
        )
        .await
        .unwrap();
    client
        .execute(
            "INSERT INTO payout_cycle (coop_id, id, period, ends_on, currency, rule_version, rule_hash, word, opened_by, opened_at, recorded_by)
             SELECT $1::uuid, $2::uuid, 'drawn', '2026-01-01', 'EUR', 2, $3::bytea, $4::bytea, (SELECT id FROM member WHERE coop_id = $1 LIMIT 1), now(), 'test'",
            &[&coop, &id, &hash.as_bytes().to_vec(), &word],
        )
        .await
        .unwrap();
    freeze_members(client, (coop, id), people).await;
    let units = |map: Vec<(String, Amount)>| -> Value {
        map.into_iter()
            .map(|(name, amount)| (name, json!(amount.units())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let reserves = units(
        cycle
            .reserves
            .iter()
            .map(|(pool, held)| (pool.to_string(), *held))
            .collect(),
    );
    let balances = units(
        cycle
            .balances
            .iter()
            .map(|(name, held)| (name.to_string(), *held))
            .collect(),
    );
    client
        .execute(
            "UPDATE payout_cycle SET state = 'frozen', revenue = $3, reserves = $4::text::jsonb, balances = $5::text::jsonb, snapshots = '{}', journal_upto = 0,
                 members = 0, engine = sha256('x'), frozen_by = opened_by, frozen_at = now() WHERE coop_id = $1 AND id = $2",
            &[&coop, &id, &revenue, &reserves.to_string(), &balances.to_string()],
        )
        .await
        .unwrap();
    let computed = client
        .query_one(
            "SELECT digest, payout_digest FROM engine.revenue_compute($1, $2, $3::text::jsonb)",
            &[&coop, &id, &words(rule).to_string()],
        )
        .await
        .map_err(|error| match error.as_db_error() {
            Some(error) if error.constraint() == Some("revenue_engine_refuses") => error.message().to_owned(),
            _ => panic!("{error:?}"),
        })?;
    let steps = client
        .query(
            "SELECT digest FROM payout_step WHERE coop_id = $1 AND cycle_id = $2 ORDER BY step",
            &[&coop, &id],
        )
        .await
        .unwrap();
    let read = |bytes: Vec<u8>| Hash32::from_slice(&bytes).unwrap();
    let steps = steps.iter().map(|row| read(row.get(0))).collect();
    Ok((steps, read(computed.get(0)), read(computed.get(1))))
}

async fn freeze_members(client: &Client, (coop, id): (Uuid, Uuid), people: &[MemberInput]) {
    for person in people {
        let groups: Vec<String> = person.groups.iter().map(ToString::to_string).collect();
        let capital = i64::try_from(person.capital.units()).unwrap();
        let taxed = i64::try_from(person.taxed.units()).unwrap();
        let standing = serde_json::to_value(person.standing).unwrap();
        client
            .execute(
                "INSERT INTO payout_member VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                &[
                    &coop,
                    &id,
                    &person.member.uuid(),
                    &groups,
                    &capital,
                    &person.tax.as_ref().map(ToString::to_string),
                    &person.carried.units(),
                    &standing.as_str().unwrap(),
                    &i16::try_from(person.idle_months).unwrap(),
                    &taxed,
                ],
            )
            .await
            .unwrap();
        for measure in &person.metrics {
            let count = i64::try_from(measure.count).unwrap();
            client
                .execute(
                    "INSERT INTO payout_metric VALUES ($1, $2, $3, $4, $5)",
                    &[&coop, &id, &measure.metric.to_string(), &person.member.uuid(), &count],
                )
                .await
                .unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_computes_what_the_definition_computes() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let _ = carry(&app, &hall, &[adopt(&equal(1, &nothing()))]).await;
    let client = app.database.superuser().await;
    let mut refused = 0;
    for seed in 0..CASES {
        let mut draw = Draw(seed);
        let rule = rule(&mut draw);
        let hash = rule.hash(keccak256(b"namespace"));
        let people = members(&mut draw);
        let amount = |draw: &mut Draw| Amount::from_units(draw.magnitude()).unwrap();
        let mut cycle = Cycle::new(cycle_word(Hash32::ZERO, &seed.to_string()), amount(&mut draw));
        cycle
            .reserves
            .insert("reserve:legal".parse().unwrap(), amount(&mut draw));
        cycle
            .balances
            .insert("capital_paid_up".parse().unwrap(), amount(&mut draw));
        let cycle = cycle.with_members(people.clone()).unwrap();
        let database = in_database(&client, (hall.coop.uuid(), &rule, hash), (&cycle, &people)).await;
        match compute(&rule, hash, &cycle) {
            Ok(computed) => {
                let steps: Vec<Hash32> = computed.steps.iter().map(|step| step.digest).collect();
                let paid = payout_digest(&pay(&rule, &cycle, &computed).unwrap());
                let expected = Ok((steps, computed.digest, paid));
                assert_eq!(database, expected, "seed {seed}: {rule:?} {cycle:?} {computed:?}");
            }
            Err(refusal) => {
                assert!(database.is_err(), "seed {seed}: {refusal}");
                refused += 1;
            }
        }
    }
    assert!((5..CASES / 2).contains(&refused), "{refused} of {CASES} were refused");
    app.finish().await;
}
