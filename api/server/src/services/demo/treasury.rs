//! The money of the demonstration: a rule that the members adopted, a week's income, and a payout cycle that the treasurer takes from
//! here.

use chrono::{Days, Utc};
use governance::hash::Hash32;
use serde_json::{Value, json};
use wire::ledger::{OpenLedgerAccounts, RecordIncome};
use wire::payout::OpenPayoutCycle;

use super::{Asking, Cast, acts, command, decide, new, signed_in};
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::problem::Problem;
use crate::services::ledger;
use crate::services::payouts::cycles;

const CURRENCY: &str = "EUR";
/// What others paid for the use of the tools, day by day, oldest first.
const TAKINGS: [&str; 7] = ["41.20", "38.75", "55.10", "47.90", "62.35", "12.40", "9.95"];

/// Decides the rule, records the income and opens a cycle.
pub async fn run(app: &App, asking: Asking, cast: &[Cast]) -> Result<(), Problem> {
    let mut shared = new(
        "quick_motion",
        "Keep a tenth of what our tools bring in, and share the rest",
        "Guests pay for using our tools. A tenth goes to the reserve until it holds 5,000 euros; the rest is shared alike among all active \
         members.",
    );
    shared.actions = acts(json!([{"act": {"action": "adopt_revenue_rule", "version": 1, "rule": rule()}}]))?;
    let votes = [
        (0, None),
        (0, Some("Alike for all, as our votes are.")),
        (0, None),
        (2, None),
        (0, None),
    ];
    decide(app, asking, cast, shared, votes).await?;

    let treasurer = cast
        .get(1)
        .ok_or_else(|| Problem::internal("the demonstration has no treasurer"))?;
    let actor: Actor<Treasurer> = app.member(signed_in(treasurer.account), asking.coop).await?;
    let opened = OpenLedgerAccounts {
        currency: CURRENCY.to_owned(),
        token_digits: None,
        paths: Vec::new(),
    };
    ledger::open_accounts(app, &actor, command(opened)?).await?;
    let today = Utc::now().date_naive();
    let day = |before: usize| {
        today
            .checked_sub_days(Days::new(u64::try_from(before).unwrap_or(0)))
            .unwrap_or(today)
    };
    let mut table = String::from("date,amount,reference,description\n");
    for (place, amount) in TAKINGS.iter().enumerate() {
        let date = day(TAKINGS.len().saturating_sub(place));
        table.push_str(&format!("{date},{amount},guests-{date},Guests' use of our tools\n"));
    }
    let income = RecordIncome {
        currency: CURRENCY.to_owned(),
        into: String::from("assets:bank:main"),
        from: String::from("income:other"),
        table,
    };
    ledger::record_income(app, &actor, command(income)?).await?;
    let cycle = OpenPayoutCycle {
        period: String::from("first-week"),
        ends_on: day(1).to_string(),
    };
    cycles::open(app, &actor, command(cycle)?).await?;
    Ok(())
}

fn rule() -> Value {
    json!({"version": 1, "supersedes": Hash32::from_bytes([0; 32]), "currency": CURRENCY, "effective_from": 0,
        "steps": [
            {"id": "reserve", "does": {"op": "reserve", "share": {"share": 1, "whole": 10}, "to": "reserve:legal",
                "until": {"reaches": "amount", "amount": "5000.00"}}},
            {"id": "members", "does": {"op": "per_capita", "to": "members:active"}}],
        "payout": {"decimals": 2, "min": "1.00", "rails": ["sepa", "evm", "manual"]}})
}
