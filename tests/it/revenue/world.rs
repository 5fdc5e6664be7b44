//! Rules as members decide on them.

use governance::id::{MemberId, ProposalId};
use serde_json::{Value, json};
use tests::app::TestApp;

use crate::decisions::world::Hall;

/// A rule that shares everything equally among active members, with this version after the one with this hash.
pub fn equal(version: u64, supersedes: &str) -> Value {
    json!({"version": version, "supersedes": supersedes, "currency": "EUR", "effective_from": 0,
        "steps": [{"id": "all", "does": {"op": "per_capita", "to": "members:active"}}],
        "payout": {"decimals": 2, "min": "1.00", "rails": ["sepa", "manual"]}})
}

/// The word that the first version supersedes.
pub fn nothing() -> String {
    format!("0x{}", "00".repeat(32))
}

/// The action that adopts a rule.
pub fn adopt(rule: &Value) -> Value {
    json!({"action": "adopt_revenue_rule", "version": 1, "rule": rule})
}

/// The versions as the steward reads them.
pub async fn rules(hall: &Hall) -> Value {
    let request = hall.steward.person.get(&hall.path("revenue/rules"));
    request.send().await.expect(200)["items"].clone()
}

/// A motion with these acts.
pub fn motion(acts: &[Value]) -> Value {
    let actions: Vec<Value> = acts.iter().map(|act| json!({"act": act})).collect();
    json!({"kind": "motion", "title": "Let us share revenue", "actions": actions})
}

/// Carries a motion with these acts and gives its proposal.
pub async fn carry(app: &TestApp, hall: &Hall, acts: &[Value]) -> ProposalId {
    let proposal = hall.opened(&motion(acts)).await;
    let yes = vec![&[0_u16][..]; hall.members.len() + 1];
    hall.all_cast(proposal, &yes).await;
    assert_eq!(hall.finish(app, proposal).await["outcome"], "passed");
    let view = hall.view(&hall.steward, proposal).await;
    assert_eq!(view["state"], "executed", "{view}");
    proposal
}

/// A table of contributions.
pub fn table(lines: &[(MemberId, u64)]) -> String {
    let rows: String = lines
        .iter()
        .map(|(member, count)| format!("{member},{count}\n"))
        .collect();
    format!("member,count\n{rows}")
}

/// Makes every snapshot so old that the time for disputes is over.
pub async fn end_challenges(app: &TestApp) {
    let statement = "BEGIN;
        ALTER TABLE contribution_snapshot DISABLE TRIGGER contribution_snapshot_only_grows;
        UPDATE contribution_snapshot SET submitted_at = submitted_at - interval '100 days',
            challenge_until = challenge_until - interval '100 days';
        ALTER TABLE contribution_snapshot ENABLE ALWAYS TRIGGER contribution_snapshot_only_grows;
        COMMIT";
    app.database.superuser().await.batch_execute(statement).await.unwrap();
}
