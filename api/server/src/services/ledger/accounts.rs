//! The chart of accounts.

use governance::event::Event;
use governance::id::{LedgerAccountId, MemberId};
use governance::ledger::{AccountPath, Currency, DEFAULT_CHART, LedgerAccount};
use store::CoopTx;
use store::ledger::{NewLedgerAccount, ledger_account_insert, ledger_account_list, ledger_currency_insert};
use uuid::Uuid;
use wire::ledger::{LedgerAccountView, LedgerAccountsOpened, OpenLedgerAccounts};
use wire::page::{Page, PageQuery};

use super::rows::{account, account_view, chart};
use crate::app::App;
use crate::http::actor::{Actor, Member, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::{events, idempotent, paging};

/// How many accounts are opened at once.
const PATHS_MAX: usize = 100;

/// Opens accounts.
///
/// # Errors
/// 422 for a path or a currency that is none, or that the books count otherwise.
pub async fn open(
    app: &App,
    actor: &Actor<Treasurer>,
    command: Command<OpenLedgerAccounts>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let currency = match value.token_digits {
        None => Currency::money(&value.currency),
        Some(digits) => Currency::token(&value.currency, digits),
    }
    .map_err(|refusal| Problem::field("currency", refusal))?;
    let paths = paths(&value.paths)?;
    let mut tx = app.store.coop_tx("ledger_account_open", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    if !ledger_currency_insert(&mut tx, &currency).await? {
        return Err(Problem::field(
            "currency",
            "the books count this currency in other decimal places already",
        ));
    }
    let there = chart(&mut tx).await?;
    let is_there = |path: &AccountPath| there.contains_key(&(path.to_string(), currency.code().to_owned()));
    let asked = paths.len();
    let opened: Vec<LedgerAccount> = paths
        .into_iter()
        .filter(|path| !is_there(path))
        .map(|path| LedgerAccount {
            id: LedgerAccountId::from_uuid(Uuid::now_v7()),
            path,
            currency: currency.clone(),
        })
        .collect();
    insert(&mut tx, &currency, &opened).await?;
    let happened: Vec<Event<'_>> = opened
        .iter()
        .map(|account| Event::LedgerAccountOpened { account })
        .collect();
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::created(&LedgerAccountsOpened {
        opened: opened.iter().map(account_view).collect(),
        open_before: u32::try_from(asked.saturating_sub(opened.len())).unwrap_or(u32::MAX),
    })?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The paths that are asked for, each once.
fn paths(asked: &[String]) -> Result<Vec<AccountPath>, Problem> {
    if asked.len() > PATHS_MAX {
        return Err(Problem::field(
            "paths",
            format!("at most {PATHS_MAX} accounts are opened at once"),
        ));
    }
    let chart = DEFAULT_CHART.map(String::from);
    let asked = if asked.is_empty() { &chart } else { asked };
    let paths = asked.iter().map(|path| {
        path.parse::<AccountPath>()
            .map_err(|refusal| Problem::field("paths", format!("{path}: {refusal}")))
    });
    let mut paths = paths.collect::<Result<Vec<_>, _>>()?;
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

/// These accounts in a currency; what is missing of them is opened, by whoever asks for it or by the program.
///
/// # Errors
/// If the books count the currency in other decimal places, or the database fails.
pub async fn have<const N: usize>(
    tx: &mut CoopTx,
    actor: Option<MemberId>,
    currency: &Currency,
    paths: [&str; N],
) -> Result<[LedgerAccount; N], Problem> {
    if !ledger_currency_insert(tx, currency).await? {
        let rule = "the books count it in other decimal places";
        return Err(Problem::field("currency", rule));
    }
    let there = chart(tx).await?;
    let (mut all, mut opened) = (Vec::with_capacity(N), Vec::new());
    for path in paths {
        let found = there.get(&(path.to_owned(), currency.code().to_owned()));
        let found = found.or_else(|| opened.iter().find(|one: &&LedgerAccount| one.path.as_str() == path));
        let found = found.cloned();
        let is_new = found.is_none();
        let account = match found {
            Some(account) => account,
            None => LedgerAccount {
                id: LedgerAccountId::from_uuid(Uuid::now_v7()),
                path: path.parse().map_err(Problem::internal)?,
                currency: currency.clone(),
            },
        };
        if is_new {
            opened.push(account.clone());
        }
        all.push(account);
    }
    if !opened.is_empty() {
        insert(tx, currency, &opened).await?;
        let happened: Vec<Event<'_>> = opened
            .iter()
            .map(|account| Event::LedgerAccountOpened { account })
            .collect();
        events::append(tx, actor, &happened).await?;
    }
    <[LedgerAccount; N]>::try_from(all).map_err(|_| Problem::internal("an account is missing"))
}

async fn insert(tx: &mut CoopTx, currency: &Currency, accounts: &[LedgerAccount]) -> Result<(), Problem> {
    let new: Vec<NewLedgerAccount<'_>> = accounts
        .iter()
        .map(|account| NewLedgerAccount {
            id: account.id.uuid(),
            path: account.path.as_str(),
            kind: account.path.kind().name(),
        })
        .collect();
    ledger_account_insert(tx, currency.code(), &new).await.map_err(|error| {
        // Somebody opened one of them in this very moment; a repetition finds it open.
        if error.is_constraint("ledger_account_path_is_taken_once") {
            Problem::busy()
        } else {
            error.into()
        }
    })
}

/// The accounts, in the order in which they were opened.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: &PageQuery) -> Result<Answer, Problem> {
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("ledger_account_list", actor.coop).await?;
    let rows = ledger_account_list(&mut tx, after, paging::rows(query)).await?;
    tx.commit().await?;
    let views = rows
        .iter()
        .map(|row| account(row).map(|account| account_view(&account)));
    let views = views.collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |account: &LedgerAccountView| {
        account.id.to_string()
    }))
}
