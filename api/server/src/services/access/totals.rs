//! What all members together used, told in the record once a day is over: the input of whoever shares out what the tools cost.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use governance::access::{UsageTotal, Used, UsedOnDay, totals};
use governance::event::Event;
use governance::id::{CoopId, MemberId};
use store::CoopTx;
use store::access::{
    NewTotal, UntoldRow, total_insert, totalling_begin, totalling_lock, totalling_put_off, usage_untold,
};
use store::decision::proposal::clock;

use super::owing::{self, Told};
use crate::app::App;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::events;

/// How many co-ops one round looks at.
const COOPS: u16 = 16;
/// How long after the end of a day it is added up: no call that was settled in it is still being booked then.
const AFTER: TimeDelta = TimeDelta::hours(1);
/// When it is tried again where it failed.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// How long a day waits for others of its model; what has not met five members by then stays untold.
const WAITS: Days = Days::new(366);

/// Adds up what is due, a bounded number of co-ops; how many. What fails for one is logged and tried again later, and holds up no other.
///
/// # Errors
/// If the database fails.
pub async fn totals_once(app: &App) -> anyhow::Result<usize> {
    let due = app.store.access_totalling_due(COOPS).await?;
    for coop in &due {
        if let Err(problem) = add_up(app, *coop).await {
            tracing::error!(coop.id = %coop, error.cause = %problem, "what members used could not be added up");
            let mut tx = app.store.coop_tx("access_totals_put_off", *coop).await?;
            let again = clock(&mut tx).await?.checked_add_signed(AGAIN);
            totalling_put_off(&mut tx, again.ok_or_else(calendar)?).await?;
            tx.commit().await?;
        }
    }
    Ok(due.len())
}

/// Lets the usage of a co-op be added up from tomorrow on, if it is not yet.
///
/// # Errors
/// If the database fails.
pub async fn begin(tx: &mut CoopTx) -> Result<(), Problem> {
    let now = clock(tx).await?;
    Ok(totalling_begin(tx, next(now)?).await?)
}

async fn add_up(app: &App, coop: CoopId) -> Result<(), Problem> {
    let mut tx = app.store.coop_tx("access_totals", coop).await?;
    let (due_at, now) = (totalling_lock(&mut tx).await?, clock(&mut tx).await?);
    // Another worker was quicker.
    if due_at.is_none_or(|due_at| now < due_at) {
        return Ok(tx.commit().await?);
    }
    let until = midnight(now.checked_sub_signed(AFTER).ok_or_else(calendar)?.date_naive());
    let from = until.checked_sub_days(WAITS).ok_or_else(calendar)?;
    let rows = usage_untold(&mut tx, (from, until)).await?;
    let untold = rows.into_iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let told = totals(&untold);
    let mut numbers = Vec::with_capacity(told.len());
    for total in &told {
        numbers.push(keep(&mut tx, total, now).await?);
    }
    let happened: Vec<Event<'_>> = told.iter().map(|total| Event::UsageTotalled { coop, total }).collect();
    events::append(&mut tx, None, &happened).await?;
    let days: BTreeSet<u64> = told.iter().flat_map(|total| total.days.iter().copied()).collect();
    let ends = (numbers.first(), numbers.last(), days.first(), days.last());
    if let (Some(first), Some(last), Some(from), Some(until)) = ends {
        let days = (date(*from).ok_or_else(calendar)?, date(*until).ok_or_else(calendar)?);
        let totals = (*first, *last);
        owing::book(&mut tx, Told { totals, days, at: now }).await?;
    }
    totalling_put_off(&mut tx, next(now)?).await?;
    Ok(tx.commit().await?)
}

async fn keep(tx: &mut CoopTx, total: &UsageTotal, told_at: DateTime<Utc>) -> Result<i64, Problem> {
    let whole = |number: u64| i64::try_from(number).map_err(Problem::internal);
    let days = total
        .days
        .iter()
        .map(|day| date(*day).ok_or_else(calendar))
        .collect::<Result<Vec<_>, _>>()?;
    let Used {
        calls,
        input_tokens,
        output_tokens,
        charged,
    } = total.used;
    let new = NewTotal {
        model: &total.model,
        days: &days,
        members: whole(total.members)?,
        calls: whole(calls)?,
        tokens: (whole(input_tokens)?, whole(output_tokens)?),
        charged: whole(charged)?,
        told_at,
    };
    Ok(total_insert(tx, &new).await?)
}

fn line(row: UntoldRow) -> Result<UsedOnDay, RowDamage> {
    let day = row.day.signed_duration_since(NaiveDate::default()).num_days();
    Ok(UsedOnDay {
        day: number(day, "at")?,
        member: MemberId::from_uuid(row.member_id),
        used: Used {
            calls: number(row.calls, "calls")?,
            input_tokens: number(row.input_tokens, "input_tokens")?,
            output_tokens: number(row.output_tokens, "output_tokens")?,
            charged: number(row.charged, "charged")?,
        },
        model: row.model,
    })
}

/// The day so many days after 1 January 1970.
fn date(day: u64) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_days(Days::new(day))
}

/// When a day begins.
#[must_use]
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The next day.
///
/// # Errors
/// Beyond the calendar.
pub fn day_after(day: NaiveDate) -> Result<NaiveDate, Problem> {
    day.checked_add_days(Days::new(1)).ok_or_else(calendar)
}

/// Some time after the day that runs has ended.
fn next(now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
    midnight(day_after(now.date_naive())?)
        .checked_add_signed(AFTER)
        .ok_or_else(calendar)
}

fn calendar() -> Problem {
    Problem::internal("a day lies beyond the calendar")
}
