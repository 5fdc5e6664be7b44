//! What banks answer: looked at first, then brought in once, with what it moves in the books.

use std::collections::BTreeMap;

use chrono::SubsecRound as _;
use governance::bank::BankMessage;
use governance::event::Event;
use governance::hash::Hash32;
use governance::id::{BankFileId, LedgerAccountId, MemberId};
use governance::ledger::{Currency, Day};
use governance::revenue::Amount;
use sha2::{Digest as _, Sha256};
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::payment::{BankFileRow, NewBankFile, attempts_change, bank_file_insert, bank_file_is_known, bank_file_list};
use uuid::Uuid;
use wire::page::{Page, PageQuery};
use wire::payment::{BankFileOutcome, BankFileView, BankItemView, BankStatementView, ImportBankFile, PaymentSum};

use super::books::{Line, Movement, post};
use super::not_so;
use super::planning::{Plan, Planned, plan};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Active, Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::{BANK_FILE_BYTES_MAX, Command};
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::day;
use crate::services::payouts::approving::require_office;
use crate::services::payouts::digest;
use crate::services::{events, halts, idempotent, money, paging};

/// How many things of a file are shown.
const ITEMS_SHOWN_MAX: usize = 1_000;

/// A file that was read.
struct Read {
    message: BankMessage,
    digest: [u8; 32],
    name: String,
}

fn read(asked: &ImportBankFile) -> Result<Read, Problem> {
    let message = BankMessage::read(&asked.file).map_err(|refusal| Problem::field("file", refusal))?;
    let name = message.name().filter(|name| (1..=140).contains(&name.chars().count()));
    let name = name.ok_or_else(|| Problem::field("file", "the file holds nothing, or no name that a bank gives"))?;
    Ok(Read {
        name: name.to_owned(),
        digest: Sha256::digest(asked.file.as_bytes()).into(),
        message,
    })
}

fn signed(currency: Option<&Currency>, amount: Option<i64>) -> Option<String> {
    Some(currency?.format_amount(i128::from(amount?)))
}

fn item(planned: &Planned) -> BankItemView {
    let item = &planned.item;
    BankItemView {
        says: item.says.to_owned(),
        reference: item.reference.clone(),
        amount: signed(planned.currency.as_ref(), item.amount),
        day: item.day.map(|day| day.to_string()),
        reason: item.reason.clone(),
        member: planned.member.map(MemberId::from_uuid),
        becomes: planned.becomes.map(|state| state.name().to_owned()),
        contradiction: item.contradiction.clone(),
    }
}

fn outcome(read: &Read, plan: &Plan, is_known: bool) -> Result<BankFileOutcome, Problem> {
    let mut sums: BTreeMap<&str, (u64, i128)> = BTreeMap::new();
    for going in plan.going.values() {
        let Some((state, _)) = going.steps.last() else { continue };
        let sum = sums.entry(state.name()).or_default();
        *sum = (sum.0.saturating_add(1), sum.1.saturating_add(going.row.amount.into()));
    }
    let changes = sums.into_iter().map(|(state, (payments, units))| {
        let total = Amount::from_wide(units).ok_or(RowDamage("sum"))?.to_string();
        Ok(PaymentSum {
            state: state.to_owned(),
            payments,
            total,
        })
    });
    let count = |what: fn(&&Planned) -> bool| u64::try_from(plan.items.iter().filter(what).count()).unwrap_or(u64::MAX);
    Ok(BankFileOutcome {
        kind: read.message.kind().to_owned(),
        name: read.name.clone(),
        digest: Hash32::from_bytes(read.digest),
        is_known,
        statements: plan
            .statements
            .iter()
            .map(|(statement, currency)| BankStatementView {
                ledger_account: LedgerAccountId::from_uuid(statement.account),
                currency: currency.code().to_owned(),
                sequence: statement.sequence.map(i64::unsigned_abs),
                last_day: statement.last_day.map(|day| day.to_string()),
                opening: signed(Some(currency), statement.balances.0),
                closing: signed(Some(currency), statement.balances.1),
                unexplained: signed(Some(currency), statement.unexplained),
            })
            .collect(),
        changes: changes.collect::<Result<_, RowDamage>>()?,
        unmatched: count(|planned| planned.member.is_none()),
        contradictions: count(|planned| planned.item.contradiction.is_some()),
        items: plan.items.iter().take(ITEMS_SHOWN_MAX).map(item).collect(),
    })
}

fn view(row: BankFileRow) -> Result<BankFileView, RowDamage> {
    Ok(BankFileView {
        id: BankFileId::from_uuid(row.id),
        digest: digest(&row.digest)?,
        kind: row.kind,
        name: row.name,
        items: row.items.unsigned_abs(),
        imported_by: MemberId::from_uuid(row.imported_by),
        imported_at: row.imported_at,
    })
}

/// What bringing a file in would do. Nothing is changed.
///
/// # Errors
/// 422 for what is no file of a bank, with its line.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, asked: &ImportBankFile) -> Result<Answer, Problem> {
    let read = read(asked)?;
    let mut tx = app.store.coop_tx("bank_file_preview", actor.coop).await?;
    let is_known = bank_file_is_known(&mut tx, &read.digest).await?;
    let today = day(clock(&mut tx).await?.date_naive())?;
    let plan = plan(&mut tx, &read.message, today).await?;
    tx.commit().await?;
    Answer::ok(&outcome(&read, &plan, is_known)?)
}

/// Brings a file in: payments go on by what it says, and the books with them.
///
/// # Errors
/// 409 where it was brought in before; 422 for what is no file of a bank, with its line.
pub async fn import(
    app: &App,
    actor: &Actor<Treasurer>,
    command: Command<ImportBankFile, BANK_FILE_BYTES_MAX>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let read = read(&value)?;
    let mut tx = app.store.coop_tx("bank_file_import", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    // What a try is said to be is decided while nobody else decides it.
    ledger_lock(&mut tx).await?;
    if bank_file_is_known(&mut tx, &read.digest).await? {
        return Err(known());
    }
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let plan = plan(&mut tx, &read.message, day(now.date_naive())?).await?;
    let file = BankFileId::from_uuid(Uuid::now_v7());
    let new = NewBankFile {
        id: file,
        digest: &read.digest,
        kind: read.message.kind(),
        name: &read.name,
        by: (actor.member, now),
    };
    let items: Vec<_> = plan.items.iter().map(|planned| planned.item.clone()).collect();
    let statements: Vec<_> = plan.statements.iter().map(|(statement, _)| statement.clone()).collect();
    bank_file_insert(&mut tx, new, (&statements, &items))
        .await
        .map_err(|error| {
            if error.is_constraint("bank_file_is_imported_once") {
                return known();
            }
            error.into()
        })?;
    attempts_change(&mut tx, file, &plan.changes()?, now).await?;
    move_money(&mut tx, actor.member, (&read, &plan)).await?;
    Failpoint::BankFileImported.reach();
    let happened = [Event::BankFileImported {
        file,
        digest: Hash32::from_bytes(read.digest),
        kind: read.message.kind(),
        items: u32::try_from(items.len()).map_err(Problem::internal)?,
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::created(&outcome(&read, &plan, true)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

fn known() -> Problem {
    not_so("This file was brought in before. It says nothing new.")
}

/// Posts what moved, one transaction for each day and currency, as a statement has it. A year that was closed meanwhile takes nothing more: its days
/// stand in the description of what is posted on the first day that is open.
async fn move_money(tx: &mut CoopTx, by: MemberId, (read, plan): (&Read, &Plan)) -> Result<(), Problem> {
    let mut days: BTreeMap<(&str, Day), Vec<Line<'_>>> = BTreeMap::new();
    for going in plan.going.values() {
        for (day, line) in going.lines() {
            days.entry((going.row.currency.as_str(), day)).or_default().push(line);
        }
    }
    for ((currency, day), lines) in days {
        let effective_on = money::years::first_open(tx, day).await?;
        let (kind, name) = (read.message.kind(), &read.name);
        let movement = Movement {
            key: &format!("bank file {} {currency} {day}", Hash32::from_bytes(read.digest)),
            description: &if effective_on == day {
                format!("{kind} {name} of the bank")
            } else {
                format!("{kind} {name} of the bank, which says {day}; that year is closed")
            },
            effective_on,
            currency,
            lines,
        };
        post(tx, by, movement).await?;
    }
    Ok(())
}

/// The files that were brought in, the oldest first, for who holds an office.
///
/// # Errors
/// 403 for others; 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Active>, query: &PageQuery) -> Result<Answer, Problem> {
    require_office(actor)?;
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("bank_file_list", actor.coop).await?;
    let rows = bank_file_list(&mut tx, after, paging::rows(query)).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &BankFileView| {
        one.id.to_string()
    }))
}
