//! Transactions: previewed, posted by hand, undone, listed.

use std::collections::BTreeMap;

use governance::event::Event;
use governance::hash::keccak256;
use governance::id::{JournalId, MemberId};
use governance::ledger::{Day, Entry, JournalHead, JournalKind, LedgerAccount, Posting, journal_digest};
use governance::text;
use store::CoopTx;
use store::ledger::{
    EntryRange, EntryRow, NewJournal, Posted, journal_entries, journal_entries_after, journal_entries_first,
    journal_entries_folded, journal_get, journal_is_of_cycle, journal_list, journal_post, ledger_balances,
};
use uuid::Uuid;
use wire::ledger::{EntryView, JournalPreview, JournalView, PostJournal, PreviewBalance, ReverseJournal, SumView};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use super::balances::amount;
use super::rows::{ENTRIES_SHOWN_MAX, Sight, chart, entry_view, posting, view};
use crate::app::App;
use crate::http::actor::{Actor, Member, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command};
use crate::problem::Problem;
use crate::services::{events, idempotent, paging};

/// How many entries a transaction by hand has at most.
const ENTRIES_BY_HAND_MAX: usize = 200;
/// The longest description, in characters.
const DESCRIPTION_LENGTH_MAX: usize = 500;

type Chart = BTreeMap<(String, String), LedgerAccount>;

/// What a request asks to be posted.
struct Asked {
    description: String,
    effective_on: Day,
    kind: JournalKind,
    posting: Posting,
}

fn line(name: &str, value: &str) -> Result<String, Problem> {
    text::line(value, DESCRIPTION_LENGTH_MAX).map_err(|refusal| Problem::text(name, &refusal))
}

fn day(value: &str) -> Result<Day, Problem> {
    value.parse().map_err(|refusal| Problem::field("effective_on", refusal))
}

fn parse(body: &PostJournal, chart: &Chart) -> Result<Asked, Problem> {
    if body.entries.len() > ENTRIES_BY_HAND_MAX {
        let refusal = format!("a transaction by hand has at most {ENTRIES_BY_HAND_MAX} entries");
        return Err(Problem::field("entries", refusal));
    }
    let mut entries = Vec::with_capacity(body.entries.len());
    for (line, new) in (1..).zip(&body.entries) {
        let place = (new.account.clone(), new.currency.clone());
        let account = chart.get(&place).ok_or_else(|| {
            let refusal = format!(
                "entry {line}: the books have no account {} in {}",
                new.account, new.currency
            );
            Problem::field("entries", refusal)
        })?;
        let refused = |refusal| Problem::field("entries", format!("entry {line}: {refusal}"));
        entries.push(Entry {
            account: account.clone(),
            amount: account.currency.parse_amount(&new.amount).map_err(refused)?,
            reference: new.reference,
        });
    }
    Ok(Asked {
        description: line("description", &body.description)?,
        effective_on: day(&body.effective_on)?,
        kind: if body.opening {
            JournalKind::Opening
        } else {
            JournalKind::Manual
        },
        posting: Posting::new(entries).map_err(|refusal| Problem::field("entries", refusal))?,
    })
}

/// What posting would do, without doing it.
///
/// # Errors
/// 422 with what is wrong.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: PostJournal) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("journal_preview", actor.coop).await?;
    let chart = chart(&mut tx).await?;
    let balances = ledger_balances(&mut tx).await?;
    tx.commit().await?;
    let asked = parse(&body, &chart)?;
    let mut moved: BTreeMap<Uuid, i128> = BTreeMap::new();
    for entry in asked.posting.entries() {
        let sum = moved.entry(entry.account.id.uuid()).or_default();
        *sum = sum.saturating_add(i128::from(entry.amount));
    }
    let mut shown = Vec::new();
    for row in balances {
        let Some(change) = moved.get(&row.account_id) else {
            continue;
        };
        let currency = super::rows::currency(&row.currency, row.minor_digits, row.exponent)?;
        let before = amount(&row)?;
        shown.push(PreviewBalance {
            account: row.path,
            currency: row.currency,
            before: currency.format_amount(before),
            after: currency.format_amount(before.saturating_add(*change)),
        });
    }
    let sums = asked.posting.sums().iter().filter_map(|sum| {
        let entry = asked
            .posting
            .entries()
            .iter()
            .find(|entry| entry.account.currency.code() == sum.currency)?;
        Some(SumView {
            amount: entry.account.currency.format_amount(i128::from(sum.debits)),
            currency: sum.currency.clone(),
        })
    });
    Answer::ok(&JournalPreview {
        sums: sums.collect(),
        balances: shown,
    })
}

/// Posts a transaction by hand.
///
/// # Errors
/// 422 with what is wrong; nothing is posted then.
pub async fn post(app: &App, actor: &Actor<Treasurer>, command: Command<PostJournal>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("journal_post", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let chart = chart(&mut tx).await?;
    let asked = parse(&value, &chart)?;
    let head = JournalHead {
        coop: actor.coop,
        id: JournalId::from_uuid(Uuid::now_v7()),
        kind: asked.kind,
        effective_on: asked.effective_on,
        reverses: None,
        description: &asked.description,
    };
    finish(tx, actor.member, &ask, (head, &asked.posting)).await
}

/// Undoes a transaction, by another one with the opposite entries.
///
/// # Errors
/// 404 where it is not there, 409 where it was undone before.
pub async fn reverse(
    app: &App,
    actor: &Actor<Treasurer>,
    id: JournalId,
    command: Command<ReverseJournal>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let (why, effective_on) = (line("reason", &value.reason)?, day(&value.effective_on)?);
    let mut tx = app.store.coop_tx("journal_reverse", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let undone = journal_get(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    if undone.reversed_by.is_some() {
        return Err(reversed());
    }
    if journal_is_of_cycle(&mut tx, id).await? {
        return Err(Problem::new(
            ProblemKind::CycleState,
            "This transaction belongs to a payout cycle, which is undone as a whole.",
        ));
    }
    let rows = journal_entries(&mut tx, &[undone.number]).await?;
    let head = JournalHead {
        coop: actor.coop,
        id: JournalId::from_uuid(Uuid::now_v7()),
        kind: JournalKind::Reversal,
        effective_on,
        reverses: Some(id),
        description: &why,
    };
    finish(tx, actor.member, &ask, (head, &posting(&rows)?.reversal())).await
}

fn reversed() -> Problem {
    Problem::new(
        ProblemKind::JournalReversed,
        "The transaction was undone before. If the undoing was wrong, undo that.",
    )
}

/// Posts, tells the record, and commits: all or nothing.
async fn finish(
    mut tx: CoopTx,
    actor: MemberId,
    ask: &Ask,
    (head, posting): (JournalHead<'_>, &Posting),
) -> Result<Answer, Problem> {
    // The key of the request is the actor's own; that of the journal is the co-op's.
    let key = keccak256(format!("{actor} {}", ask.key).as_bytes()).to_string();
    let new = NewJournal {
        head,
        posting,
        key: &key,
        request_hash: &ask.request_hash,
        actor: Some(actor),
    };
    let refused = |error: store::StoreError| {
        if error.is_constraint("journal_is_reversed_once") {
            reversed()
        } else {
            error.into()
        }
    };
    let number = match journal_post(&mut tx, new).await.map_err(refused)? {
        Posted::Fresh(number) => number,
        // The request's key is looked at before, with the answer that belongs to it; only an answer that was swept leads here.
        Posted::Before(..) | Posted::Differs => return Err(idempotent::reused()),
    };
    let happened = [Event::JournalPosted {
        journal: head.id,
        number: number.unsigned_abs(),
        kind: head.kind,
        reverses: head.reverses,
        digest: journal_digest(&head, posting),
    }];
    events::append(&mut tx, Some(actor), &happened).await?;
    let row = journal_get(&mut tx, head.id).await?.ok_or_else(Problem::not_found)?;
    let entries = journal_entries(&mut tx, &[number]).await?;
    let answer = Answer::created(&view(row, &entries, Sight::Whole)?)?;
    idempotent::finish(&mut tx, actor.uuid(), ask, &answer).await?;
    tx.commit().await.map_err(refused)?;
    Ok(answer)
}

/// One transaction.
///
/// # Errors
/// 404 where it is not there.
pub async fn get(app: &App, actor: &Actor<Member>, id: JournalId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("journal_get", actor.coop).await?;
    let row = journal_get(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let entries = seen(&mut tx, actor, &[row.number]).await?;
    tx.commit().await?;
    Answer::ok(&view(row, &entries, Sight::of(actor))?)
}

/// The entries of these transactions, as far as somebody may see them and they are shown at once.
async fn seen(tx: &mut CoopTx, actor: &Actor<Member>, numbers: &[i64]) -> Result<Vec<EntryRow>, Problem> {
    Ok(match Sight::of(actor) {
        // A transaction may have a million: no more of them are read than are shown.
        Sight::Whole => journal_entries_first(tx, numbers, ENTRIES_SHOWN_MAX).await?,
        Sight::Folded => journal_entries_folded(tx, numbers).await?,
    })
}

/// The entries of one transaction, in their order.
///
/// # Errors
/// 404 where it is not there, 422 for a cursor of another list.
pub async fn entries(app: &App, actor: &Actor<Member>, id: JournalId, query: &PageQuery) -> Result<Answer, Problem> {
    let after: i32 = match query.position().map_err(|_| other_list())? {
        None => 0,
        Some(position) => position.parse().map_err(|_| other_list())?,
    };
    let mut tx = app.store.coop_tx("journal_entries", actor.coop).await?;
    let number = journal_get(&mut tx, id).await?.ok_or_else(Problem::not_found)?.number;
    let rows = match Sight::of(actor) {
        Sight::Whole => {
            let range = EntryRange {
                after: (number, after),
                upto: number,
                limit: paging::rows(query),
            };
            journal_entries_after(&mut tx, range).await?
        }
        Sight::Folded => {
            let mut rows = journal_entries_folded(&mut tx, &[number]).await?;
            rows.retain(|row| row.line > after);
            rows
        }
    };
    tx.commit().await?;
    let views = rows.iter().map(entry_view).collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &EntryView| one.line.to_string()))
}

fn other_list() -> Problem {
    Problem::new(
        ProblemKind::InvalidQuery,
        "The cursor is not one that this list gave. Start again without it.",
    )
}

/// The journal, the newest transaction first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: &PageQuery) -> Result<Answer, Problem> {
    let before: i64 = match query.position().map_err(|_| other_list())? {
        None => i64::MAX,
        Some(position) => position.parse().map_err(|_| other_list())?,
    };
    let mut tx = app.store.coop_tx("journal_list", actor.coop).await?;
    let rows = journal_list(&mut tx, before, paging::rows(query)).await?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let entries = seen(&mut tx, actor, &numbers).await?;
    tx.commit().await?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let first = entries.partition_point(|entry| entry.number < row.number);
        let mine = entries.get(first..).unwrap_or_default();
        let mine = mine
            .split(|entry| entry.number != row.number)
            .next()
            .unwrap_or_default();
        views.push(view(row, mine, Sight::of(actor))?);
    }
    Answer::ok(&Page::cut(views, query.limit(), |one: &JournalView| {
        one.number.to_string()
    }))
}
