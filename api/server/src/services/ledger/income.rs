//! Income recorded from a table: previewed, refused by row, each receipt posted once by its reference.

use std::collections::BTreeMap;

use governance::event::Event;
use governance::hash::keccak256;
use governance::id::JournalId;
use governance::ledger::{
    AccountKind, Entry, IncomeRow, JournalHead, JournalKind, LedgerAccount, Posting, journal_digest, read_income,
};
use sha2::{Digest as _, Sha256};
use store::CoopTx;
use store::ledger::{NewJournal, Posted, journal_key_get, journal_post};
use uuid::Uuid;
use wire::ledger::{IncomePreview, IncomeRecorded, IncomeRowView, RecordIncome};

use super::rows::chart;
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::{events, idempotent};

/// The accounts between which a table moves, and its rows.
struct Asked {
    into: LedgerAccount,
    from: LedgerAccount,
    rows: Vec<IncomeRow>,
}

fn parse(body: &RecordIncome, chart: &BTreeMap<(String, String), LedgerAccount>) -> Result<Asked, Problem> {
    let account = |name: &str, path: &str, kind: AccountKind| {
        let found = chart.get(&(path.to_owned(), body.currency.clone()));
        let found = found
            .ok_or_else(|| Problem::field(name, format!("the books have no account {path} in {}", body.currency)))?;
        if found.path.kind() == kind {
            Ok(found.clone())
        } else {
            Err(Problem::field(name, format!("{path} is no account of {}", kind.root())))
        }
    };
    let into = account("into", &body.into, AccountKind::Asset)?;
    let from = account("from", &body.from, AccountKind::Income)?;
    let rows = read_income(&body.table, &into.currency).map_err(|refusal| Problem::field("table", refusal))?;
    Ok(Asked { into, from, rows })
}

impl Asked {
    fn posting(&self, row: &IncomeRow) -> Result<Posting, Problem> {
        let entry = |account: &LedgerAccount, amount: i64| Entry {
            account: account.clone(),
            amount,
            reference: None,
        };
        let entries = vec![
            entry(&self.into, row.amount),
            entry(&self.from, row.amount.saturating_neg()),
        ];
        Posting::new(entries).map_err(|refusal| Problem::field("table", format!("row {}: {refusal}", row.row)))
    }

    /// By whose key a receipt is recorded once: its own reference in the co-op, whoever brings it.
    fn key(row: &IncomeRow) -> String {
        keccak256(format!("income {}", row.reference).as_bytes()).to_string()
    }

    /// Everything that the receipt says. Another one with its reference is refused.
    fn request(&self, row: &IncomeRow) -> [u8; 32] {
        let text = format!(
            "{} {} {} {} {} {}",
            row.effective_on, row.amount, self.into.currency, self.into.path, self.from.path, row.description
        );
        Sha256::digest(text).into()
    }
}

fn differs(row: &IncomeRow) -> Problem {
    Problem::field(
        "table",
        format!(
            "row {}: another receipt was recorded with the reference {}; undo that one first, or give this one its own reference",
            row.row, row.reference
        ),
    )
}

/// What recording a table would do, row by row, without doing it.
///
/// # Errors
/// 422 with the first row that is wrong.
pub async fn preview_income(app: &App, actor: &Actor<Treasurer>, body: RecordIncome) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("income_preview", actor.coop).await?;
    let asked = parse(&body, &chart(&mut tx).await?)?;
    let mut rows = Vec::with_capacity(asked.rows.len());
    let mut total = 0_i128;
    for row in &asked.rows {
        let before = journal_key_get(&mut tx, &Asked::key(row)).await?;
        if before
            .as_ref()
            .is_some_and(|before| before.request_hash != asked.request(row))
        {
            return Err(differs(row));
        }
        if before.is_none() {
            total = total.saturating_add(i128::from(row.amount));
        }
        rows.push(view(&asked, row, before.map(|before| JournalId::from_uuid(before.id))));
    }
    tx.commit().await?;
    let fresh = rows.iter().filter(|row| row.recorded_before.is_none()).count();
    Answer::ok(&IncomePreview {
        to_record: u32::try_from(fresh).unwrap_or(u32::MAX),
        total: asked.into.currency.format_amount(total),
        currency: asked.into.currency.code().to_owned(),
        rows,
    })
}

fn view(asked: &Asked, row: &IncomeRow, recorded_before: Option<JournalId>) -> IncomeRowView {
    IncomeRowView {
        row: u32::try_from(row.row).unwrap_or(u32::MAX),
        effective_on: row.effective_on.to_string(),
        amount: asked.into.currency.format_amount(i128::from(row.amount)),
        reference: row.reference.clone(),
        description: row.description.clone(),
        recorded_before,
    }
}

/// Records a table: every receipt that was not recorded before, or none.
///
/// # Errors
/// 422 with the first row that is wrong; nothing is recorded then.
pub async fn record_income(
    app: &App,
    actor: &Actor<Treasurer>,
    command: Command<RecordIncome>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("income_record", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let asked = parse(&value, &chart(&mut tx).await?)?;
    let mut journals = Vec::new();
    let (mut total, mut before) = (0_i128, 0_u32);
    for row in &asked.rows {
        match record(&mut tx, actor, &asked, row).await? {
            Some(journal) => {
                journals.push(journal);
                total = total.saturating_add(i128::from(row.amount));
            }
            None => before = before.saturating_add(1),
        }
    }
    let answer = Answer::created(&IncomeRecorded {
        recorded: journals,
        recorded_before: before,
        total: asked.into.currency.format_amount(total),
        currency: asked.into.currency.code().to_owned(),
    })?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Posts one receipt; `None` where it was recorded before.
async fn record(
    tx: &mut CoopTx,
    actor: &Actor<Treasurer>,
    asked: &Asked,
    row: &IncomeRow,
) -> Result<Option<JournalId>, Problem> {
    let posting = asked.posting(row)?;
    let head = JournalHead {
        coop: actor.coop,
        id: JournalId::from_uuid(Uuid::now_v7()),
        kind: JournalKind::Import,
        effective_on: row.effective_on,
        reverses: None,
        description: &row.description,
    };
    let new = NewJournal {
        head,
        posting: &posting,
        key: &Asked::key(row),
        request_hash: &asked.request(row),
        actor: Some(actor.member),
    };
    let number = match journal_post(tx, new).await? {
        Posted::Fresh(number) => number,
        Posted::Before(..) => return Ok(None),
        Posted::Differs => return Err(differs(row)),
    };
    let happened = [Event::JournalPosted {
        journal: head.id,
        number: number.unsigned_abs(),
        kind: head.kind,
        reverses: None,
        digest: journal_digest(&head, &posting),
    }];
    events::append(tx, Some(actor.member), &happened).await?;
    Ok(Some(head.id))
}
