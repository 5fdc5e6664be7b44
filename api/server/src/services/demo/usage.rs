//! A week of use of the tools: metered, told, owed at the voted rate, asked for by invoices and paid, and brought in as contributions.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use governance::id::{DocumentId, HoldId};
use serde_json::Value;
use store::access::{PastCall, totalling_put_off, usage_insert_past};
use store::decision::proposal::clock;
use uuid::Uuid;
use wire::access::NewAccessKey;
use wire::money::{ChargeUsage, ReceivePayment};
use wire::revenue::{MeteredUsage, SubmitContributions};

use super::{Asking, Cast, Keeper, command, read};
use crate::app::App;
use crate::problem::Problem;
use crate::services::access::keys;
use crate::services::access::totals::{midnight, totals_once};
use crate::services::money;
use crate::services::revenue::contributions;

/// The model that was used, which is not shared any more.
const MODEL: &str = "our-first-model";
/// The first version of the policy.
const POLICY: i64 = 1;
/// Days of use.
const DAYS: u32 = 7;
/// For how many days the figures could be disputed, since eight days ago.
const CHALLENGE_DAYS: u16 = 7;

/// The days of it: over before the figures were brought in.
pub fn days(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let before = |days: u64| today.checked_sub_days(Days::new(days)).unwrap_or(today);
    (before(15), before(9))
}

/// Everybody used the model every day, each another amount.
pub async fn week(app: &App, asking: Asking, cast: &[Cast]) -> Result<(), Problem> {
    let (first, _) = days(Utc::now().date_naive());
    let mut calls = Vec::new();
    for (place, one) in (1_i64..).zip(cast) {
        let key = key(app, asking, one).await?;
        for day in 0..DAYS {
            let tokens = (
                30_000_i64.saturating_add(place.saturating_mul(12_000)),
                6_000_i64.saturating_add(place.saturating_mul(300).saturating_mul(day.into())),
            );
            calls.push(PastCall {
                hold: HoldId::from_uuid(Uuid::now_v7()),
                key,
                member: one.member,
                tokens,
                charged: tokens.0.saturating_add(tokens.1.saturating_mul(10)),
                at: at(first, day),
            });
        }
    }
    let mut tx = app.store.coop_tx("demo_usage", asking.coop).await?;
    usage_insert_past(&mut tx, (MODEL, POLICY), &calls).await?;
    // The worker would tell it tonight.
    let now = clock(&mut tx).await?;
    totalling_put_off(&mut tx, now).await?;
    tx.commit().await?;
    totals_once(app).await.map_err(Problem::internal)?;
    Ok(())
}

/// In the afternoon of a day.
fn at(first: NaiveDate, day: u32) -> DateTime<Utc> {
    let noon = TimeDelta::days(i64::from(day)).checked_add(&TimeDelta::hours(15));
    midnight(first)
        .checked_add_signed(noon.unwrap_or_default())
        .unwrap_or_else(|| midnight(first))
}

async fn key(app: &App, asking: Asking, one: &Cast) -> Result<Uuid, Problem> {
    let asked = NewAccessKey {
        name: String::from("my editor"),
        models: None,
        endpoints: None,
        networks: None,
        call_units_max: None,
        cap: None,
        expires_in_days: 30,
    };
    let own = Asking {
        member: one.member,
        is_steward: false,
        ..asking
    };
    read(&keys::make(app, own, command(asked)?).await?, "/key/id")
}

/// The treasurer asks each member for it, and all but the last to join have paid.
pub async fn charge(app: &App, keeper: &Keeper, cast: &[Cast]) -> Result<(), Problem> {
    let (_, last) = days(Utc::now().date_naive());
    let later = |days: u64| last.checked_add_days(Days::new(days)).unwrap_or(last).to_string();
    let asked = ChargeUsage {
        issued_on: later(1),
        vat: None,
    };
    let charged = money::charge_usage(app, &keeper.actor, command(asked)?).await?;
    let charged: Value = serde_json::from_slice(&charged.body).map_err(Problem::internal)?;
    let invoices = charged["invoices"].as_array().into_iter().flatten();
    for (number, invoice) in (1..).zip(invoices) {
        let id: DocumentId = serde_json::from_value(invoice.clone()).map_err(Problem::internal)?;
        let shown = money::get_document(app, &keeper.member, id).await?;
        let shown: Value = serde_json::from_slice(&shown.body).map_err(Problem::internal)?;
        if cast
            .last()
            .is_some_and(|last| shown["member"] == last.member.to_string())
        {
            continue;
        }
        let paid = ReceivePayment {
            invoice: Some(id),
            member: None,
            amount: shown["gross"].as_str().unwrap_or_default().to_owned(),
            received_on: later(3),
            reference: format!("use-{number}"),
            about: shown["code"].as_str().unwrap_or_default().to_owned(),
            money: None,
        };
        money::record_payment(app, &keeper.actor, command(paid)?).await?;
    }
    Ok(())
}

/// What each used is a contribution; the time to dispute it is over.
pub async fn bring_in(app: &App, keeper: &Keeper) -> Result<(), Problem> {
    let (first, last) = days(Utc::now().date_naive());
    let asked = SubmitContributions {
        metric: String::from("usage"),
        starts_on: first.to_string(),
        ends_on: last.to_string(),
        source: None,
        replaces: None,
        challenge_days: CHALLENGE_DAYS,
        table: None,
        metered: Some(MeteredUsage::Tokens),
    };
    let mut tx = app.store.coop_tx("demo_contributions", keeper.actor.coop).await?;
    let now = clock(&mut tx).await?;
    let then = now.checked_sub_signed(TimeDelta::days(8)).unwrap_or(now);
    contributions::bring_in(&mut tx, keeper.actor.member, &asked, then).await?;
    Ok(tx.commit().await?)
}
