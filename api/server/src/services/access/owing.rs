//! What members owe in money for what they used, posted to the books when it is told: one balanced transaction in each currency, of five
//! members at least, and a line for each of them that nobody else sees.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use governance::access::{Metered, Owed, Rate, owed};
use governance::event::Event;
use governance::hash::keccak256;
use governance::id::{DocumentId, JournalId, MemberId};
use governance::ledger::{Currency, Entry, JournalHead, JournalKind, Posting, journal_digest};
use store::CoopTx;
use store::access::{MeteredRow, NewOwed, OwedRow, owed_carries, owed_insert, owed_of_member, usage_metered};
use store::ledger::{NewJournal, Posted, journal_post};
use uuid::Uuid;
use wire::access::OwedView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use super::totals::{day_after, midnight};
use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::ledger::{day, have_accounts};
use crate::services::money::years::first_open;
use crate::services::proposals::Asking;
use crate::services::{events, paging};

/// Where it stands in the books: what members owe, and what the co-op has earned by it.
const OWED_BY_MEMBERS: &str = "assets:receivable:members";
const EARNED: &str = "income:ai-usage";

/// Some totals that were just told: their numbers and their days.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// The first and the last.
    pub totals: (i64, i64),
    /// The first and the last of their days.
    pub days: (NaiveDate, NaiveDate),
    /// When they were told.
    pub at: DateTime<Utc>,
}

/// Books what members owe for these totals, in the transaction that told them.
///
/// # Errors
/// If the database fails.
pub async fn book(tx: &mut CoopTx, told: Told) -> Result<(), Problem> {
    let within = (midnight(told.days.0), midnight(day_after(told.days.1)?));
    let rows = usage_metered(tx, told.totals, within).await?;
    let used = rows.into_iter().filter_map(|row| metered(row).transpose());
    let used = used.collect::<Result<Vec<_>, _>>()?;
    let mut members: Vec<Uuid> = used.iter().map(|line| line.member.uuid()).collect();
    members.dedup();
    let mut carried = BTreeMap::new();
    for row in owed_carries(tx, &members).await? {
        let parts = row.carry.parse().map_err(|_| RowDamage("carry"))?;
        carried.insert((row.currency, MemberId::from_uuid(row.member_id)), parts);
    }
    for (currency, lines) in owed(&used, &carried) {
        keep(tx, told, (&currency, &lines)).await?;
    }
    Ok(())
}

fn metered(row: MeteredRow) -> Result<Option<Metered>, RowDamage> {
    let Some(rate) = row.rate else { return Ok(None) };
    Ok(Some(Metered {
        member: MemberId::from_uuid(row.member_id),
        rate: serde_json::from_value::<Rate>(rate).map_err(|_| RowDamage("rate"))?,
        charged: number(row.charged, "charged")?,
    }))
}

async fn keep(tx: &mut CoopTx, told: Told, (currency, lines): (&str, &[Owed])) -> Result<(), Problem> {
    let minor: u64 = lines.iter().map(|line| line.minor).fold(0, u64::saturating_add);
    let journal = match minor {
        0 => None,
        minor => Some(post(tx, told, (currency, minor)).await?),
    };
    let new = NewOwed {
        currency,
        totals: told.totals,
        days: told.days,
        lines,
        minor: i64::try_from(minor).map_err(Problem::internal)?,
        journal: journal.map(|journal| journal.uuid()),
        told_at: told.at,
    };
    let number = owed_insert(tx, new).await?;
    let happened = [Event::UsageOwed {
        coop: tx.coop(),
        number: number.unsigned_abs(),
        currency,
        totals: (told.totals.0.unsigned_abs(), told.totals.1.unsigned_abs()),
        members: u64::try_from(lines.len()).unwrap_or(u64::MAX),
        minor,
        journal,
    }];
    Ok(events::append(tx, None, &happened).await?)
}

/// One transaction: members owe it, and the co-op has earned it.
async fn post(tx: &mut CoopTx, told: Told, (code, minor): (&str, u64)) -> Result<JournalId, Problem> {
    let currency = Currency::money(code).map_err(Problem::internal)?;
    let [owed, earned] = have_accounts(tx, None, &currency, [OWED_BY_MEMBERS, EARNED]).await?;
    let places = currency.exponent().saturating_sub(currency.minor_digits());
    let amount = i64::try_from(minor)
        .ok()
        .and_then(|minor| minor.checked_mul(10_i64.checked_pow(places.into())?))
        .ok_or_else(|| Problem::internal("more is owed than the books can hold"))?;
    let entry = |account, amount| Entry {
        account,
        amount,
        reference: None,
    };
    let entries = vec![entry(owed, amount), entry(earned, amount.saturating_neg())];
    let posting = Posting::new(entries).map_err(Problem::internal)?;
    let (first, last) = told.days;
    let description = format!("Use of the tools from {first} to {last}");
    let key = format!("usage {} {} {code}", told.totals.0, told.totals.1);
    let request = keccak256(format!("{key} {minor}").as_bytes());
    let head = JournalHead {
        coop: tx.coop(),
        id: JournalId::from_uuid(Uuid::now_v7()),
        kind: JournalKind::Usage,
        // A year may be closed before its last day is added up.
        effective_on: first_open(tx, day(last)?).await?,
        reverses: None,
        description: &description,
    };
    let new = NewJournal {
        head,
        posting: &posting,
        key: &key,
        request_hash: request.as_bytes(),
        actor: None,
    };
    let Posted::Fresh(number) = journal_post(tx, new).await? else {
        return Err(Problem::internal("what members owe for these totals is posted already"));
    };
    let happened = [Event::JournalPosted {
        journal: head.id,
        number: number.unsigned_abs(),
        kind: head.kind,
        reverses: None,
        digest: journal_digest(&head, &posting),
    }];
    events::append(tx, None, &happened).await?;
    Ok(head.id)
}

/// What the member who asks owes, newest first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, asking: Asking, page: PageQuery) -> Result<Answer, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    let position = page.position().map_err(|_| refused())?;
    let before = position
        .map(|text| text.parse::<i64>().map_err(|_| refused()))
        .transpose()?;
    let mut tx = app.store.coop_tx("access_owed", asking.coop).await?;
    let rows = owed_of_member(&mut tx, asking.member, (before, paging::rows(&page))).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.number.to_string());
    Answer::ok(&Page {
        items: rows.items.into_iter().map(view).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

fn view(row: OwedRow) -> Result<OwedView, RowDamage> {
    Ok(OwedView {
        number: number(row.number, "number")?,
        first_day: row.first_day.to_string(),
        last_day: row.last_day.to_string(),
        charged: number(row.charged, "charged")?,
        minor: number(row.minor, "minor")?,
        currency: row.currency,
        carry: row.carry,
        journal: row.journal_id.map(JournalId::from_uuid),
        invoice: row.invoice_id.map(DocumentId::from_uuid),
        told_at: row.told_at,
    })
}
