//! The books beside the bank: what stands on one side and not on the other, with its age, and whether what waits is what payments say.

use std::collections::BTreeMap;
use std::time::Duration;

use governance::id::{CoopId, LedgerAccountId};
use governance::ledger::Currency;
use governance::watch::Alarm;
use store::CoopTx;
use store::coop::{bylaws_current, coops_all};
use store::decision::proposal::clock;
use store::ledger::ledger_snapshot_take;
use store::payment::{
    BesideRow, ClearingRow, UnmatchedRow, distributor_list, reconcile_accounts, reconcile_clearing, reconcile_unmatched,
};
use tokio::sync::watch;
use wire::payment::{
    DistributorView, ReconciledAccount, Reconciliation, ReconciliationAlarm, UnmatchedItem, WaitingAccount,
};

use super::distributors;
use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::bylaws;
use crate::services::decision_rows::RowDamage;
use crate::services::jobs::rest;
use crate::services::payouts::approving::require_office;

/// How many unmatched things are shown.
const SHOWN_MAX: i64 = 1_000;
/// How often every co-op is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);

fn sum(digits: &str) -> Result<i128, RowDamage> {
    digits.parse().map_err(|_| RowDamage("sum"))
}

fn money(code: &str) -> Result<Currency, RowDamage> {
    Currency::money(code).map_err(|_| RowDamage("currency"))
}

/// The books beside the bank, for who holds an office.
///
/// # Errors
/// 403 for others.
pub async fn show(app: &App, actor: &Actor<Active>) -> Result<Answer, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("reconciliation", actor.coop).await?;
    let view = look(&mut tx).await?;
    tx.commit().await?;
    Answer::ok(&view)
}

/// Lays the books beside the bank.
///
/// # Errors
/// If the database fails.
pub async fn look(tx: &mut CoopTx) -> Result<Reconciliation, Problem> {
    let today = clock(tx).await?.date_naive();
    let bylaws = bylaws_current(tx).await?.ok_or(RowDamage("bylaws"))?;
    let bounds = bylaws::content(&bylaws)?.reconciliation;
    let accounts: Vec<_> = reconcile_accounts(tx)
        .await?
        .into_iter()
        .map(account)
        .collect::<Result<_, _>>()?;
    let waiting: Vec<_> = reconcile_clearing(tx)
        .await?
        .into_iter()
        .map(waits)
        .collect::<Result<_, _>>()?;
    let days = (bounds.unmatched_days.into(), bounds.unknown_days.into());
    let rows = reconcile_unmatched(tx, today, (days, SHOWN_MAX)).await?;
    let mut seen = Seen::default();
    // Counted over everything, also over what is not shown.
    if let Some(row) = rows.first() {
        seen.add(Alarm::Unmatched, count(row.unmatched), row.unmatched_oldest);
        seen.add(Alarm::Unknown, count(row.unknown), row.unknown_oldest);
    }
    let unmatched = rows.into_iter().map(item).collect::<Result<_, _>>()?;
    let distributors = distributor_list(tx).await?.into_iter().map(distributors::view);
    let distributors: Vec<_> = distributors.collect::<Result<_, _>>()?;
    let uneven = waiting.iter().filter(|one| !one.is_even).count();
    let of = |what: fn(&DistributorView) -> bool| distributors.iter().filter(|one| what(one)).count();
    let apart = of(|one| !one.is_even);
    seen.add(Alarm::Uneven, uneven.saturating_add(apart), None);
    seen.add(Alarm::Foreign, of(|one| one.foreign_epoch.is_some()), None);
    seen.add(Alarm::Stale, of(|one| one.is_stale), None);
    for account in &accounts {
        seen.add(Alarm::Gap, usize::try_from(account.gaps).unwrap_or(usize::MAX), None);
    }
    Ok(Reconciliation {
        alarms: seen.alarms(),
        accounts,
        distributors,
        waiting,
        unmatched,
    })
}

/// How much of each alarm there is, and how old the oldest is.
#[derive(Default)]
struct Seen(BTreeMap<Alarm, (u64, Option<i32>)>);

impl Seen {
    fn add(&mut self, alarm: Alarm, count: usize, age_days: Option<i32>) {
        if count > 0 {
            let (sum, oldest) = self.0.entry(alarm).or_default();
            *sum = sum.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            *oldest = age_days.max(*oldest);
        }
    }

    fn alarms(self) -> Vec<ReconciliationAlarm> {
        let alarms = self.0.into_iter();
        alarms
            .map(|(alarm, (count, oldest_days))| ReconciliationAlarm {
                kind: alarm.name().to_owned(),
                count,
                oldest_days,
            })
            .collect()
    }
}

fn account(row: BesideRow) -> Result<ReconciledAccount, RowDamage> {
    let currency = money(&row.currency)?;
    let in_books = sum(&row.in_books)?;
    let closing = row.closing.map(i128::from);
    Ok(ReconciledAccount {
        ledger_account: LedgerAccountId::from_uuid(row.ledger_account_id),
        account: row.path,
        last_day: row.last_day.map(|day| day.to_string()),
        at_the_bank: closing.map(|units| currency.format_amount(units)),
        in_the_books: currency.format_amount(in_books),
        difference: closing.map(|units| currency.format_amount(units.saturating_sub(in_books))),
        gaps: row.gaps.unsigned_abs(),
        currency: row.currency,
    })
}

fn waits(row: ClearingRow) -> Result<WaitingAccount, RowDamage> {
    let currency = money(&row.currency)?;
    let (in_books, payments) = (sum(&row.in_books)?, sum(&row.payments)?);
    Ok(WaitingAccount {
        account: row.path,
        in_the_books: currency.format_amount(in_books),
        payments: currency.format_amount(payments),
        is_even: in_books == payments,
        currency: row.currency,
    })
}

fn count(rows: i64) -> usize {
    usize::try_from(rows).unwrap_or_default()
}

fn item(row: UnmatchedRow) -> Result<UnmatchedItem, RowDamage> {
    let amount = match (&row.currency, row.amount) {
        (Some(code), Some(units)) => Some(money(code)?.format_amount(units.into())),
        _ => None,
    };
    Ok(UnmatchedItem {
        side: row.side,
        account: row.path,
        currency: row.currency,
        reference: row.reference,
        amount,
        day: row.day.map(|day| day.to_string()),
        age_days: row.age_days,
        what: row.what,
        is_overdue: row.is_overdue,
    })
}

/// Looks at every co-op until told to stop, and tells monitoring of how many somebody must look at theirs.
pub async fn repeat_looking(app: &App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = look_until(app, || *stop.borrow()).await {
            tracing::warn!(error.cause = %format_args!("{error:#}"), "a round of reconciliation failed");
        }
        rest(&mut stop, LOOK_EVERY).await;
    }
}

/// Looks at every co-op once. What fails for one is logged.
///
/// # Errors
/// If the database fails.
pub async fn look_at_all(app: &App) -> anyhow::Result<()> {
    look_until(app, || false).await
}

async fn look_until(app: &App, is_over: impl Fn() -> bool) -> anyhow::Result<()> {
    let mut tx = app.store.global_tx("coops_all").await?;
    let coops = coops_all(&mut tx).await?;
    tx.commit().await?;
    let mut counts = BTreeMap::from(Alarm::ALL.map(|alarm| (alarm.name().to_owned(), 0_i64)));
    for coop in coops {
        // Of a round that is not finished nothing is told.
        if is_over() {
            return Ok(());
        }
        match alarms(app, coop).await {
            Ok(alarms) => {
                for alarm in alarms {
                    let count = counts.entry(alarm.kind).or_default();
                    *count = count.saturating_add(1);
                }
            }
            Err(problem) => {
                tracing::error!(coop.id = %coop, error.cause = %problem, "the books of a co-op could not be laid beside its bank");
            }
        }
    }
    for (kind, count) in counts {
        app.metrics.reconciliation_alarms.with_label_values(&[&kind]).set(count);
    }
    Ok(())
}

async fn alarms(app: &App, coop: CoopId) -> Result<Vec<ReconciliationAlarm>, Problem> {
    let mut tx = app.store.coop_tx("reconciliation", coop).await?;
    let view = look(&mut tx).await?;
    // What the accounts come to is written down as well, so that a balance adds up no more entries than an hour brought.
    let _ = ledger_snapshot_take(&mut tx).await?;
    tx.commit().await?;
    Ok(view.alarms)
}
