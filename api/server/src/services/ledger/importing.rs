//! The transactions of another ledger, taken over row by row: previewed, posted with their entries, each row once by its identifier.

use std::collections::BTreeMap;

use governance::event::Event;
use governance::hash::keccak256;
use governance::id::{JournalId, MemberId};
use governance::ledger::export::{ImportedRow, OpenCollectiveAccounts, open_collective};
use governance::ledger::{Currency, JournalHead, JournalKind, journal_digest};
use sha2::{Digest as _, Sha256};
use store::CoopTx;
use store::ledger::{NewJournal, Posted, journal_post};
use uuid::Uuid;
use wire::ledger::{ImportLedger, ImportedAccount, LedgerImport};

use super::accounts::have;
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::{events, idempotent};

/// The most rows of one request: they are posted in one transaction of the database.
const ROWS_MAX: usize = 1_000;

/// Reads the rows, with accounts that are opened where they are missing.
async fn read(tx: &mut CoopTx, actor: MemberId, body: &ImportLedger) -> Result<(Currency, Vec<ImportedRow>), Problem> {
    let currency = Currency::money(&body.currency).map_err(|refusal| Problem::field("currency", refusal))?;
    for (name, path) in [
        ("bank", &body.bank),
        ("other", &body.other),
        ("fees", &body.fees),
        ("host", &body.host),
    ] {
        path.parse::<governance::ledger::AccountPath>()
            .map_err(|refusal| Problem::field(name, refusal))?;
    }
    let paths: [&str; 4] = [&body.bank, &body.other, &body.fees, &body.host];
    let [bank, other, fees, host] = have(tx, Some(actor), &currency, paths).await?;
    let accounts = OpenCollectiveAccounts {
        bank,
        other,
        fees,
        host,
    };
    let rows = open_collective(&body.file, &accounts).map_err(|refusal| Problem::field("file", refusal))?;
    if rows.len() > ROWS_MAX {
        let rule =
            format!("a request has at most {ROWS_MAX} rows; send the others by themselves, under the same first row");
        return Err(Problem::field("file", rule));
    }
    Ok((currency, rows))
}

/// Posts a row; false where it was posted before.
async fn post(tx: &mut CoopTx, actor: &Actor<Treasurer>, row: &ImportedRow) -> Result<bool, Problem> {
    let description = format!("Open Collective {} {}", row.kind, row.id);
    let head = JournalHead {
        coop: actor.coop,
        id: JournalId::from_uuid(Uuid::now_v7()),
        kind: JournalKind::Import,
        effective_on: row.effective_on,
        reverses: None,
        description: &description,
    };
    let entries = row.posting.entries().iter();
    let said: Vec<String> = entries
        .map(|entry| format!("{} {}", entry.account.path, entry.amount))
        .collect();
    let request: [u8; 32] = Sha256::digest(format!("{} {description} {}", row.effective_on, said.join(" "))).into();
    let new = NewJournal {
        head,
        posting: &row.posting,
        key: &keccak256(format!("open-collective {} {}", row.group, row.id).as_bytes()).to_string(),
        request_hash: &request,
        actor: Some(actor.member),
    };
    let number = match journal_post(tx, new).await? {
        Posted::Fresh(number) => number,
        Posted::Before(..) => return Ok(false),
        Posted::Differs => {
            let rule = format!(
                "{} was taken over before with other amounts, another day or other accounts",
                row.id
            );
            return Err(Problem::field("file", rule));
        }
    };
    let happened = [Event::JournalPosted {
        journal: head.id,
        number: number.unsigned_abs(),
        kind: head.kind,
        reverses: None,
        digest: journal_digest(&head, &row.posting),
    }];
    events::append(tx, Some(actor.member), &happened).await?;
    Ok(true)
}

/// Posts every row, and says what of it is new.
async fn take_over(tx: &mut CoopTx, actor: &Actor<Treasurer>, body: &ImportLedger) -> Result<LedgerImport, Problem> {
    let (currency, rows) = read(tx, actor.member, body).await?;
    let mut moved: BTreeMap<String, i128> = BTreeMap::new();
    let (mut posted, mut before) = (0_u32, 0_u32);
    for row in &rows {
        if !post(tx, actor, row).await? {
            before = before.saturating_add(1);
            continue;
        }
        posted = posted.saturating_add(1);
        for entry in row.posting.entries() {
            let sum = moved.entry(entry.account.path.to_string()).or_default();
            *sum = sum.saturating_add(i128::from(entry.amount));
        }
    }
    let days = || rows.iter().map(|row| row.effective_on);
    Ok(LedgerImport {
        posted,
        posted_before: before,
        first_day: days().min().map(|day| day.to_string()),
        last_day: days().max().map(|day| day.to_string()),
        accounts: moved
            .into_iter()
            .map(|(account, sum)| ImportedAccount {
                account,
                amount: currency.format_amount(sum),
            })
            .collect(),
        currency: body.currency.clone(),
    })
}

/// What taking rows over would do: everything is done and undone.
///
/// # Errors
/// 422 with the first row that is wrong.
pub async fn preview_import(app: &App, actor: &Actor<Treasurer>, body: &ImportLedger) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("ledger_import_preview", actor.coop).await?;
    let found = take_over(&mut tx, actor, body).await?;
    drop(tx);
    Answer::ok(&found)
}

/// Takes rows over: each that was not taken over before, or none.
///
/// # Errors
/// 422 with the first row that is wrong; nothing is posted then.
pub async fn import_ledger(
    app: &App,
    actor: &Actor<Treasurer>,
    command: Command<ImportLedger>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("ledger_import", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let answer = Answer::created(&take_over(&mut tx, actor, &value).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
