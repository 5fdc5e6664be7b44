//! What an act posts to the books, in its own transaction of the database; accounts that are not there are opened.

use std::collections::BTreeMap;

use governance::event::Event;
use governance::hash::keccak256;
use governance::id::{JournalId, LedgerAccountId, MemberId};
use governance::ledger::{Currency, Day, Entry, JournalHead, JournalKind, LedgerAccount, Posting, journal_digest};
use store::CoopTx;
use store::ledger::{
    NewJournal, NewLedgerAccount, Posted, journal_post, ledger_account_insert, ledger_currency_insert,
};
use uuid::Uuid;

use super::not_so;
use crate::problem::Problem;
use crate::services::events;
use crate::services::ledger::chart;

/// A line to post: the path of an account, an amount, and what it is about.
pub type Line = (String, i64, Option<Uuid>);

/// What is posted.
pub struct Draft<'a> {
    /// What it records.
    pub kind: JournalKind,
    /// The act that posts it, and does so once.
    pub act: &'a str,
    /// When it takes effect.
    pub effective_on: Day,
    /// What it is for.
    pub description: &'a str,
    /// The currency of every line.
    pub currency: &'a Currency,
    /// The lines; those that move nothing are left out.
    pub lines: Vec<Line>,
}

/// The accounts with these paths, opened where they are not there.
async fn accounts(
    tx: &mut CoopTx,
    (actor, currency): (MemberId, &Currency),
    paths: &[&str],
) -> Result<BTreeMap<String, LedgerAccount>, Problem> {
    if !ledger_currency_insert(tx, currency).await? {
        return Err(not_so("The books count this currency in other decimal places."));
    }
    let (there, code) = (chart(tx).await?, currency.code());
    let (mut found, mut fresh) = (BTreeMap::new(), Vec::new());
    for path in paths {
        if found.contains_key(*path) {
            continue;
        }
        let account = if let Some(account) = there.get(&((*path).to_owned(), code.to_owned())) {
            account.clone()
        } else {
            let account = LedgerAccount {
                id: LedgerAccountId::from_uuid(Uuid::now_v7()),
                path: path.parse().map_err(Problem::internal)?,
                currency: currency.clone(),
            };
            fresh.push(account.clone());
            account
        };
        found.insert((*path).to_owned(), account);
    }
    let new: Vec<NewLedgerAccount<'_>> = fresh
        .iter()
        .map(|account| NewLedgerAccount {
            id: account.id.uuid(),
            path: account.path.as_str(),
            kind: account.path.kind().name(),
        })
        .collect();
    ledger_account_insert(tx, code, &new).await.map_err(|error| {
        // Somebody opened one of them in this very moment; a repetition finds it open.
        if error.is_constraint("ledger_account_path_is_taken_once") {
            Problem::busy()
        } else {
            error.into()
        }
    })?;
    let happened: Vec<Event<'_>> = fresh
        .iter()
        .map(|account| Event::LedgerAccountOpened { account })
        .collect();
    events::append(tx, Some(actor), &happened).await?;
    Ok(found)
}

/// Posts, with its event.
///
/// # Errors
/// 409 where the books do not take it.
pub async fn post(tx: &mut CoopTx, actor: MemberId, draft: Draft<'_>) -> Result<JournalId, Problem> {
    // Derived from the act: whoever asks, and however often, it is posted once.
    let key = keccak256(format!("{} {}", draft.kind.name(), draft.act).as_bytes());
    post_under(tx, actor, (draft, &key.to_string())).await
}

/// Posts under a key of the books that others may use too, with its event.
///
/// # Errors
/// As [`post`].
pub async fn post_under(
    tx: &mut CoopTx,
    actor: MemberId,
    (draft, key): (Draft<'_>, &str),
) -> Result<JournalId, Problem> {
    let moving = draft.lines.iter().filter(|(_, amount, _)| *amount != 0);
    let paths: Vec<&str> = moving.map(|(path, ..)| path.as_str()).collect();
    let accounts = accounts(tx, (actor, draft.currency), &paths).await?;
    let mut entries = Vec::with_capacity(draft.lines.len());
    for (path, amount, reference) in draft.lines.iter().filter(|(_, amount, _)| *amount != 0) {
        let account = accounts.get(path).cloned();
        entries.push(Entry {
            account: account.ok_or_else(|| Problem::internal("an account that was just opened is not there"))?,
            amount: *amount,
            reference: *reference,
        });
    }
    let posting = Posting::new(entries).map_err(|refusal| not_so(format!("Nothing can be posted: {refusal}.")))?;
    let head = JournalHead {
        coop: tx.coop(),
        id: JournalId::from_uuid(Uuid::now_v7()),
        kind: draft.kind,
        effective_on: draft.effective_on,
        reverses: None,
        description: draft.description,
    };
    let request = keccak256(key.as_bytes());
    let new = NewJournal {
        head,
        posting: &posting,
        key,
        request_hash: request.as_bytes(),
        actor: Some(actor),
    };
    let Posted::Fresh(number) = journal_post(tx, new).await? else {
        return Err(not_so("This was posted before."));
    };
    let happened = [Event::JournalPosted {
        journal: head.id,
        number: number.unsigned_abs(),
        kind: head.kind,
        reverses: None,
        digest: journal_digest(&head, &posting),
    }];
    events::append(tx, Some(actor), &happened).await?;
    Ok(head.id)
}
