//! Income from a bank's statement (camt.053): each receipt once by the bank's reference, payments of invoices matched by the number that they
//! name, and each row that is refused with its reason.

use governance::bank::{BankMessage, Statement, StatementDetail, StatementEntry, StatementKind};
use governance::id::{DocumentId, JournalId, MemberId};
use governance::ledger::{AccountKind, AccountPath, Currency, Day, JournalKind};
use governance::money::invoice_named;
use governance::text;
use store::CoopTx;
use store::ledger::{journal_key_get, ledger_lock};
use store::money::invoice_numbered;
use wire::money::{ImportStatement, StatementImported, StatementRowView};

use super::books::{self, Draft};
use super::payments::{Incoming, key_of, receive};
use super::{currency_of, money_account, terms, today};
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::idempotent;

/// The most movements of one file.
const ROWS_MAX: usize = 2_000;
/// The longest reference that the books keep, in characters.
const REFERENCE_LENGTH_MAX: usize = 80;
/// The longest text of a payer, in characters.
const ABOUT_LENGTH_MAX: usize = 300;

/// A file as it was sent.
struct Asked {
    statements: Vec<Statement>,
    into: String,
    from: Option<String>,
}

fn parse(body: &ImportStatement) -> Result<Asked, Problem> {
    let message = BankMessage::read(&body.file).map_err(|refusal| Problem::field("file", refusal))?;
    let BankMessage::Statements(statements) = message else {
        return Err(Problem::field("file", "it is no statement (camt.053)"));
    };
    if statements.is_empty() {
        return Err(Problem::field(
            "file",
            "there is no statement of a day in it (camt.053)",
        ));
    }
    let rows: usize = statements.iter().map(|statement| statement.entries.len()).sum();
    if rows > ROWS_MAX {
        return Err(Problem::field(
            "file",
            format!("a file has at most {ROWS_MAX} movements"),
        ));
    }
    for statement in &statements {
        if statement.kind != StatementKind::EndOfDay {
            return Err(Problem::field(
                "file",
                "it is no statement of a day that has ended (camt.053)",
            ));
        }
        if let Some(missing) = statement.unexplained().filter(|missing| *missing != 0) {
            let amount = statement.currency.format_amount(missing);
            let refusal = format!(
                "statement {} lacks movements: its balances differ by {amount} more than its entries say",
                statement.id
            );
            return Err(Problem::field("file", refusal));
        }
    }
    let from = body.from.as_deref().map(|path| {
        let path: AccountPath = path.parse().map_err(|refusal| Problem::field("from", refusal))?;
        if path.kind() == AccountKind::Income {
            Ok(path.to_string())
        } else {
            Err(Problem::field("from", "the account is none of income"))
        }
    });
    Ok(Asked {
        statements,
        into: money_account(body.into.as_deref())?,
        from: from.transpose()?,
    })
}

/// What became of a row.
enum Outcome {
    Payment(Option<DocumentId>, Option<MemberId>, JournalId),
    Income(JournalId),
    Before,
    Refused(String),
}

/// A receipt: a movement, or one payment of several in it.
struct Receipt<'a> {
    entry: &'a StatementEntry,
    detail: Option<&'a StatementDetail>,
    amount: i64,
    reference: Option<String>,
    currency: &'a Currency,
}

fn receipts<'a>(statement: &'a Statement, entry: &'a StatementEntry) -> Vec<Receipt<'a>> {
    let whole = |detail: Option<&'a StatementDetail>| Receipt {
        entry,
        detail,
        amount: entry.amount,
        reference: entry.bank_reference.clone(),
        currency: &statement.currency,
    };
    let amounts: Option<Vec<i64>> = entry.details.iter().map(|detail| detail.amount).collect();
    match amounts {
        Some(amounts) if amounts.len() > 1 => (1..)
            .zip(entry.details.iter().zip(amounts))
            .map(|(place, (detail, amount))| Receipt {
                amount,
                // The parts of a movement in the bank's order, so that the same file names them alike.
                reference: entry
                    .bank_reference
                    .as_ref()
                    .map(|reference| format!("{reference}/{place}")),
                ..whole(Some(detail))
            })
            .collect(),
        _ => vec![whole(entry.details.first())],
    }
}

impl Receipt<'_> {
    fn about(&self) -> String {
        let said = self
            .detail
            .and_then(|detail| detail.about.as_deref())
            .unwrap_or_default();
        let short: String = said.chars().take(ABOUT_LENGTH_MAX).collect();
        text::line(&short, ABOUT_LENGTH_MAX).unwrap_or_default()
    }

    /// Why it is none that could be recorded, or its reference and day.
    fn checked(&self, today: Day) -> Result<(String, Day), String> {
        if !self.entry.is_booked {
            return Err(String::from("it is only announced, not booked"));
        }
        if self.amount <= 0 {
            return Err(String::from("money went out"));
        }
        if self.detail.is_some_and(|detail| detail.returned.is_some()) {
            return Err(String::from("it is a payment that came back, and no income"));
        }
        let reference = self
            .reference
            .clone()
            .ok_or("the bank gives no reference, so it could be recorded twice")?;
        if reference.is_empty() || reference.chars().count() > REFERENCE_LENGTH_MAX {
            return Err(format!(
                "the bank's reference is longer than {REFERENCE_LENGTH_MAX} characters"
            ));
        }
        let on = self
            .entry
            .booked_on
            .or(self.entry.valued_on)
            .ok_or("the bank gives no day")?;
        if on > today {
            return Err(String::from("its day is still to come"));
        }
        Ok((reference, on))
    }

    fn view(&self, outcome: &Outcome) -> StatementRowView {
        let (name, reason, (invoice, member), journal) = match outcome {
            Outcome::Payment(invoice, member, journal) => ("payment", None, (*invoice, *member), Some(*journal)),
            Outcome::Income(journal) => ("income", None, (None, None), Some(*journal)),
            Outcome::Before => ("recorded_before", None, (None, None), None),
            Outcome::Refused(reason) => ("refused", Some(reason.clone()), (None, None), None),
        };
        StatementRowView {
            line: self.entry.line,
            on: self.entry.booked_on.map(|day| day.to_string()),
            amount: self.currency.format_amount(i128::from(self.amount)),
            currency: self.currency.code().to_owned(),
            reference: self.reference.clone(),
            party: self.detail.and_then(|detail| detail.other_party.clone()),
            about: self.detail.and_then(|detail| detail.about.clone()),
            outcome: name.to_owned(),
            reason,
            invoice,
            member,
            journal,
        }
    }
}

/// The invoice that a receipt names, if the co-op issued it in its currency.
async fn named(tx: &mut CoopTx, receipt: &Receipt<'_>) -> Result<Option<store::money::DocumentRow>, Problem> {
    let texts = receipt
        .detail
        .map(|detail| [detail.end_to_end.as_deref(), detail.about.as_deref()]);
    let found = texts.into_iter().flatten().flatten().find_map(invoice_named);
    let Some((year, number)) = found else {
        return Ok(None);
    };
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    let row = invoice_numbered(tx, (i32::from(year), number)).await?;
    Ok(row.filter(|row| row.currency == receipt.currency.code()))
}

async fn record(tx: &mut CoopTx, actor: MemberId, asked: &Asked, receipt: &Receipt<'_>) -> Result<Outcome, Problem> {
    let (reference, on) = match receipt.checked(today(tx).await?) {
        Ok(checked) => checked,
        Err(reason) => return Ok(Outcome::Refused(reason)),
    };
    if journal_key_get(tx, &key_of(&reference)).await?.is_some() {
        return Ok(Outcome::Before);
    }
    if let Some(invoice) = named(tx, receipt).await? {
        let member = invoice.member_id.map(MemberId::from_uuid);
        let open = invoice.gross.saturating_sub(invoice.settled);
        if member.is_none() && receipt.amount > open {
            let reason = "it is more than the invoice asks for, and who pays is no member to whom it could be a credit";
            return Ok(Outcome::Refused(reason.to_owned()));
        }
        let id = DocumentId::from_uuid(invoice.id);
        let incoming = Incoming {
            reference,
            member,
            invoice: Some(id),
            amount: receipt.amount,
            currency: receipt.currency.clone(),
            received_on: on,
            about: receipt.about(),
            money: asked.into.clone(),
        };
        return Ok(match receive(tx, actor, &incoming).await? {
            Some((_, journal, _)) => Outcome::Payment(Some(id), member, journal),
            None => Outcome::Before,
        });
    }
    let Some(from) = &asked.from else {
        let reason =
            "it names no invoice; say which account of income it belongs to, or record it as a payment of a member";
        return Ok(Outcome::Refused(reason.to_owned()));
    };
    let party = receipt
        .detail
        .and_then(|detail| detail.other_party.clone())
        .unwrap_or_default();
    let said = text::line(&format!("{party} {}", receipt.about()), ABOUT_LENGTH_MAX * 2);
    let description = said.unwrap_or_else(|_| reference.clone());
    let draft = Draft {
        kind: JournalKind::Import,
        act: &reference,
        effective_on: on,
        description: &description,
        currency: receipt.currency,
        lines: vec![
            (asked.into.clone(), receipt.amount, None),
            (from.clone(), receipt.amount.saturating_neg(), None),
        ],
    };
    Ok(Outcome::Income(
        books::post_under(tx, actor, (draft, &key_of(&reference))).await?,
    ))
}

async fn import(tx: &mut CoopTx, actor: MemberId, asked: &Asked) -> Result<StatementImported, Problem> {
    ledger_lock(tx).await?;
    let known = terms::newest(tx).await?.as_ref().map(currency_of).transpose()?;
    let mut done = StatementImported {
        recorded: 0,
        recorded_before: 0,
        refused: 0,
        total: String::new(),
        rows: Vec::new(),
    };
    let mut total = 0_i128;
    for statement in &asked.statements {
        for receipt in statement.entries.iter().flat_map(|entry| receipts(statement, entry)) {
            let outcome = if known.as_ref().is_some_and(|currency| currency != receipt.currency) {
                let code = receipt.currency.code();
                Outcome::Refused(format!(
                    "the statement is in {code}, and the terms of money are in another currency"
                ))
            } else {
                record(tx, actor, asked, &receipt).await?
            };
            let count = match outcome {
                Outcome::Payment(..) | Outcome::Income(_) => {
                    total = total.saturating_add(i128::from(receipt.amount));
                    &mut done.recorded
                }
                Outcome::Before => &mut done.recorded_before,
                Outcome::Refused(_) => &mut done.refused,
            };
            *count = count.saturating_add(1);
            done.rows.push(receipt.view(&outcome));
        }
    }
    let currency = asked.statements.first().map(|statement| &statement.currency);
    done.total = currency.map_or_else(|| String::from("0"), |currency| currency.format_amount(total));
    Ok(done)
}

/// What importing a statement would do, row by row: it is done and undone.
///
/// # Errors
/// 422 for a file that is no whole statement.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: ImportStatement) -> Result<Answer, Problem> {
    let asked = parse(&body)?;
    let mut tx = app.store.coop_tx("statement_preview", actor.coop).await?;
    let mut done = import(&mut tx, actor.member, &asked).await?;
    // Without a commit nothing of it was.
    drop(tx);
    for row in &mut done.rows {
        row.journal = None;
    }
    Answer::ok(&done)
}

/// Records the receipts of a statement: each once by the bank's reference, and none of a refused row.
///
/// # Errors
/// As [`preview`].
pub async fn record_statement(
    app: &App,
    actor: &Actor<Treasurer>,
    command: Command<ImportStatement>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let asked = parse(&value)?;
    let mut tx = app.store.coop_tx("statement_import", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let done = import(&mut tx, actor.member, &asked).await?;
    let answer = Answer::created(&done)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
