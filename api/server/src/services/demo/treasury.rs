//! The money of the demonstration: a rule and terms that the members adopted; a week of their own use, which was charged, shared by a
//! payout cycle and paid; and what guests paid since, in a cycle that the treasurer takes from here.

use chrono::{Days, NaiveDate, Utc};
use governance::hash::Hash32;
use serde_json::{Value, json};
use wire::ledger::{OpenLedgerAccounts, RecordIncome};
use wire::payout::OpenPayoutCycle;

use super::claims::Island;
use super::{Asking, Cast, Keeper, acts, command, decide, new, payday, signed_in, tools, usage};
use crate::app::App;
use crate::problem::Problem;
use crate::services::ledger;
use crate::services::payouts::cycles;

const CURRENCY: &str = "EUR";
/// What others paid for the use of the tools, day by day, oldest first.
const TAKINGS: [&str; 7] = ["41.20", "38.75", "55.10", "47.90", "62.35", "12.40", "9.95"];

/// Decides the rule and the terms, plays a cycle of the members' use to its end, and opens one of what guests paid.
pub async fn run(
    app: &App,
    asking: Asking,
    cast: &[Cast],
    (shares_models, island): (bool, Option<&Island>),
) -> Result<(), Problem> {
    adopt(app, asking, cast, shares_models).await?;
    let treasurer = cast
        .get(1)
        .ok_or_else(|| Problem::internal("the demonstration has no treasurer"))?;
    let keeper = Keeper {
        actor: app.member(signed_in(treasurer.account), asking.coop).await?,
        member: app.member(signed_in(treasurer.account), asking.coop).await?,
        currency: CURRENCY.to_owned(),
    };
    let opened = OpenLedgerAccounts {
        currency: CURRENCY.to_owned(),
        token_digits: None,
        paths: Vec::new(),
    };
    ledger::open_accounts(app, &keeper.actor, command(opened)?).await?;
    usage::week(app, asking, cast).await?;
    usage::charge(app, &keeper, cast).await?;
    usage::bring_in(app, &keeper).await?;
    let today = Utc::now().date_naive();
    guests(app, &keeper, today).await?;
    payday::run(app, asking, (&keeper, cast), before(today, 8), island).await?;
    let cycle = OpenPayoutCycle {
        period: String::from("second-week"),
        ends_on: before(today, 1).to_string(),
    };
    cycles::open(app, &keeper.actor, command(cycle)?).await?;
    Ok(())
}

fn before(today: NaiveDate, days: u64) -> NaiveDate {
    today.checked_sub_days(Days::new(days)).unwrap_or(today)
}

async fn adopt(app: &App, asking: Asking, cast: &[Cast], shares_models: bool) -> Result<(), Problem> {
    let mut shared = new(
        "quick_motion",
        "Pay for what we use of our tools, and share what they bring in",
        "Each of us owes a cent for a thousand micro-credits, and guests pay too. A tenth of it goes to the reserve until it holds 5,000 euros. \
         Half of the rest is shared by what each of us used, which brings part of it back; the other half alike among all active members.",
    );
    let mut all = vec![
        json!({"act": {"action": "adopt_revenue_rule", "version": 1, "rule": rule()}}),
        json!({"act": {"action": "set_money_terms", "version": 1, "terms": terms()}}),
    ];
    if !shares_models {
        all.push(json!({"act": tools::policy(0, tools::FIRST_ALLOWANCE)}));
    }
    shared.actions = acts(Value::Array(all))?;
    let votes = [
        (0, None),
        (0, Some("Alike for all, as our votes are.")),
        (0, None),
        (2, None),
        (0, None),
    ];
    decide(app, asking, cast, shared, votes).await
}

/// What guests paid, a receipt for each day of the week since.
async fn guests(app: &App, keeper: &Keeper, today: NaiveDate) -> Result<(), Problem> {
    let mut table = String::from("date,amount,reference,description\n");
    for (ago, amount) in (1..).zip(TAKINGS.iter().rev()) {
        let date = before(today, ago);
        table.push_str(&format!("{date},{amount},guests-{date},Guests' use of our tools\n"));
    }
    let income = RecordIncome {
        currency: CURRENCY.to_owned(),
        into: String::from("assets:bank:main"),
        from: String::from("income:other"),
        table,
    };
    ledger::record_income(app, &keeper.actor, command(income)?).await?;
    Ok(())
}

fn rule() -> Value {
    json!({"version": 1, "supersedes": Hash32::from_bytes([0; 32]), "currency": CURRENCY, "effective_from": 0,
        "steps": [
            {"id": "reserve", "does": {"op": "reserve", "share": {"share": 1, "whole": 10}, "to": "reserve:legal",
                "until": {"reaches": "amount", "amount": "5000.00"}}},
            {"id": "use", "does": {"op": "percent", "share": {"share": 1, "whole": 2}, "to": "pool:use"}},
            {"id": "users", "from": "pool:use", "does": {"op": "patronage", "to": "members:active",
                "weights": [{"metric": "usage", "weight": 1}]}},
            {"id": "unused", "from": "pool:use", "does": {"op": "transfer", "to": "pool:revenue"}},
            {"id": "members", "does": {"op": "per_capita", "to": "members:active"}}],
        "payout": {"decimals": 2, "min": "1.00", "rails": ["sepa", "evm", "manual"]}})
}

fn terms() -> Value {
    json!({"version": 1, "supersedes": Hash32::from_bytes([0; 32]), "currency": CURRENCY, "payment_days": 14,
        "shares": {"price": "50.00", "least": 1, "most": 20, "refund_days": 90}, "dues": [], "vat": []})
}
