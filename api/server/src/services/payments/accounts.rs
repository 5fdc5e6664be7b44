//! For which accounts of banks accounts of the books stand.

use chrono::SubsecRound as _;
use governance::bank::{Bic, FileVersion, Iban, in_bank_letters};
use governance::event::Event;
use governance::id::LedgerAccountId;
use governance::text;
use store::decision::proposal::clock;
use store::payment::{BankAccountRow, NewBankAccount, bank_account_insert, bank_account_list};
use wire::payment::{AddBankAccount, BankAccountList, BankAccountView};

use super::not_so;
use super::payees::NAME_LENGTH_MAX;
use crate::app::App;
use crate::http::actor::{Active, Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::ledger::chart;
use crate::services::payouts::approving::require_office;
use crate::services::{events, idempotent};

/// The editions of files, by their names.
const EDITIONS: [(&str, FileVersion); 2] = [
    ("pain.001.001.03", FileVersion::V03),
    ("pain.001.001.09", FileVersion::V09),
];

/// The edition with this name.
#[must_use]
pub fn edition(name: &str) -> Option<FileVersion> {
    EDITIONS
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, edition)| edition)
}

fn view(row: BankAccountRow) -> BankAccountView {
    BankAccountView {
        ledger_account: LedgerAccountId::from_uuid(row.ledger_account_id),
        account: row.path,
        currency: row.currency,
        iban: row.iban,
        bic: row.bic,
        holder: row.holder,
        edition: row.edition,
    }
}

/// Every account of a bank, for who holds an office.
///
/// # Errors
/// 403 for others.
pub async fn list(app: &App, actor: &Actor<Active>) -> Result<Answer, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("bank_account_list", actor.coop).await?;
    let rows = bank_account_list(&mut tx).await?;
    tx.commit().await?;
    Answer::ok(&BankAccountList {
        items: rows.into_iter().map(view).collect(),
    })
}

/// Adds an account of a bank. It stays: another number is another account of the books.
///
/// # Errors
/// 409 where the account of the books or of the bank has one; 422 for what is none.
pub async fn add(app: &App, actor: &Actor<Treasurer>, command: Command<AddBankAccount>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let iban = Iban::parse(&value.iban).map_err(|refusal| Problem::field("iban", refusal))?;
    let bic = value.bic.as_deref().map(Bic::parse).transpose();
    let bic = bic.map_err(|refusal| Problem::field("bic", refusal))?;
    let holder = text::line(&value.holder, NAME_LENGTH_MAX).map_err(|refusal| Problem::text("holder", &refusal))?;
    in_bank_letters(&holder, NAME_LENGTH_MAX).map_err(|refusal| Problem::field("holder", refusal))?;
    if edition(&value.edition).is_none() {
        return Err(Problem::field("edition", EDITIONS.map(|(name, _)| name).join(" or ")));
    }
    let mut tx = app.store.coop_tx("bank_account_add", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let chart = chart(&mut tx).await?;
    let account = chart
        .get(&(value.account.clone(), value.currency.clone()))
        .filter(|account| account.path.as_str().starts_with("assets:"))
        .ok_or_else(|| Problem::field("account", "the books have no such account of assets in this currency"))?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let new = NewBankAccount {
        account: account.id,
        iban: iban.as_str(),
        bic: bic.as_ref().map(Bic::as_str),
        holder: &holder,
        edition: &value.edition,
        by: (actor.member, now),
    };
    bank_account_insert(&mut tx, new).await.map_err(|error| {
        if error.is_constraint("bank_account_pkey") || error.is_constraint("bank_account_is_one_for_each_number") {
            return not_so(
                "The account of the books, or that of the bank, was added before. Another one is another account.",
            );
        }
        if error.is_constraint("ledger_account_is_at_a_bank_or_in_a_contract") {
            return not_so("The account of the books stands for a contract. An account of a bank is another one.");
        }
        error.into()
    })?;
    let happened = [Event::BankAccountAdded {
        account: account.id,
        iban: iban.as_str(),
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let rows = bank_account_list(&mut tx).await?;
    let row = rows.into_iter().find(|row| row.ledger_account_id == account.id.uuid());
    let answer = Answer::created(&view(row.ok_or_else(Problem::not_found)?))?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
