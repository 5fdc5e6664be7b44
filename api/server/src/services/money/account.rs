//! What a member owes and has: the own statement of account, and everybody's for who holds an office.

use governance::id::MemberId;
use governance::ledger::Currency;
use governance::money::{DocumentKind, Holding, ShareMove};
use store::CoopTx;
use store::coop::member_get;
use store::money::{ArrearsRow, DocumentFilter, arrears_list, credit_of, document_list, incoming_of, movement_list};
use uuid::Uuid;
use wire::money::{AccountLine, ArrearsView, HoldingView, MemberAccount};
use wire::page::{Page, PageQuery};

use super::documents::{code, sees_all};
use super::{currency_of, terms, today};
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::ledger::{date, day};
use crate::services::paging;
use crate::services::payouts::approving::require_office;

/// The most documents, payments and moves of shares of one statement: the newest.
const LINES_MAX: i64 = 2_000;

/// Something that happened, with what it adds to what the member owes.
struct Happened {
    line: AccountLine,
    adds: Option<i64>,
}

async fn documents(tx: &mut CoopTx, member: MemberId) -> Result<(Vec<Happened>, i64, i64), Problem> {
    let filter = DocumentFilter {
        member: Some(member),
        is_open: false,
    };
    let (mut found, mut open, mut overdue) = (Vec::new(), 0_i64, 0_i64);
    let now = date(today(tx).await?)?;
    for row in document_list(tx, (Uuid::max(), LINES_MAX), filter).await? {
        let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
        let (signed, adds) = match DocumentKind::from_name(&row.kind).ok_or(RowDamage("kind"))? {
            DocumentKind::Invoice => {
                let left = row.gross.saturating_sub(row.settled);
                open = open.saturating_add(left);
                overdue = overdue.saturating_add(if row.due_on < now { left } else { 0 });
                (row.gross, Some(row.gross))
            }
            DocumentKind::CreditNote => (row.gross.saturating_neg(), Some(row.gross.saturating_neg())),
            DocumentKind::Receipt => (row.gross, None),
        };
        found.push(Happened {
            line: AccountLine {
                on: day(row.issued_on)?.to_string(),
                kind: row.kind.clone(),
                what: code(&row)?,
                amount: currency.format_amount(i128::from(signed)),
                balance: None,
                is_undone: false,
            },
            adds,
        });
    }
    Ok((found, open, overdue))
}

async fn payments(tx: &mut CoopTx, member: MemberId) -> Result<Vec<Happened>, Problem> {
    let mut found = Vec::new();
    for row in incoming_of(tx, member).await? {
        let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
        let paid = row.amount.saturating_neg();
        found.push(Happened {
            line: AccountLine {
                on: day(row.received_on)?.to_string(),
                kind: String::from("payment"),
                what: row.reference,
                amount: currency.format_amount(i128::from(paid)),
                balance: None,
                is_undone: row.is_undone,
            },
            adds: (!row.is_undone).then_some(paid),
        });
    }
    Ok(found)
}

async fn shares(tx: &mut CoopTx, member: MemberId) -> Result<(Vec<Happened>, Holding), Problem> {
    let (mut found, mut held) = (Vec::new(), Holding::default());
    let mut rows = movement_list(tx, (Uuid::max(), LINES_MAX), Some(member)).await?;
    rows.reverse();
    for row in rows {
        let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
        let kind = ShareMove::from_name(&row.kind).ok_or(RowDamage("kind"))?;
        let shares = number(row.shares, "shares")?;
        if !row.is_undone {
            held = held.after(kind, shares).ok_or(RowDamage("shares"))?;
        }
        found.push(Happened {
            line: AccountLine {
                on: day(row.effective_on)?.to_string(),
                kind: row.kind,
                what: shares.to_string(),
                amount: currency.format_amount(i128::from(row.amount)),
                balance: None,
                is_undone: row.is_undone,
            },
            adds: None,
        });
    }
    Ok((found, held))
}

async fn statement(tx: &mut CoopTx, member: MemberId) -> Result<MemberAccount, Problem> {
    let terms = terms::newest(tx).await?;
    let currency = terms.as_ref().map(currency_of).transpose()?;
    let (mut happened, open, overdue) = documents(tx, member).await?;
    happened.extend(payments(tx, member).await?);
    let (moves, held) = shares(tx, member).await?;
    happened.extend(moves);
    happened.sort_by(|one, other| one.line.on.cmp(&other.line.on));
    let credit = credit_of(tx, member).await?;
    let amount = |units: i128| {
        let written = currency.as_ref().map(|currency| currency.format_amount(units));
        written.unwrap_or_else(|| String::from("0"))
    };
    let (mut lines, mut balance) = (Vec::with_capacity(happened.len()), 0_i128);
    for Happened { mut line, adds } in happened {
        if let Some(adds) = adds {
            balance = balance.saturating_add(i128::from(adds));
            line.balance = Some(amount(balance));
        }
        lines.push(line);
    }
    Ok(MemberAccount {
        member,
        open: amount(i128::from(open)),
        overdue: amount(i128::from(overdue)),
        credit: amount(i128::from(credit)),
        shares: HoldingView {
            unpaid: held.unpaid,
            paid: held.paid,
            leaving: held.leaving,
        },
        lines,
        currency: terms.map(|terms| terms.currency),
    })
}

/// The own statement of account.
///
/// # Errors
/// If the database fails.
pub async fn own(app: &App, actor: &Actor<Member>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("member_account", actor.coop).await?;
    let statement = statement(&mut tx, actor.member).await?;
    tx.commit().await?;
    Answer::ok(&statement)
}

/// The statement of a member: one's own, and everybody's for who holds an office.
///
/// # Errors
/// 404 where there is no such member, or it is somebody else.
pub async fn of(app: &App, actor: &Actor<Member>, member: MemberId) -> Result<Answer, Problem> {
    if !sees_all(actor) && member != actor.member {
        return Err(Problem::not_found());
    }
    let mut tx = app.store.coop_tx("member_account", actor.coop).await?;
    member_get(&mut tx, member).await?.ok_or_else(Problem::not_found)?;
    let statement = statement(&mut tx, member).await?;
    tx.commit().await?;
    Answer::ok(&statement)
}

/// The members who owe something or have a credit, for who holds an office.
///
/// # Errors
/// 403 for others, 422 for a cursor of another list.
pub async fn arrears(
    app: &App,
    actor: &Actor<crate::http::actor::Active>,
    query: &PageQuery,
) -> Result<Answer, Problem> {
    require_office(actor)?;
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("arrears_list", actor.coop).await?;
    let terms = terms::newest(&mut tx).await?;
    let now = date(today(&mut tx).await?)?;
    let rows = arrears_list(&mut tx, (after, paging::rows(query)), now).await?;
    tx.commit().await?;
    let Some(terms) = terms else {
        return Answer::ok(&Page::<ArrearsView>::cut(Vec::new(), query.limit(), |one| {
            one.member.to_string()
        }));
    };
    let currency = currency_of(&terms)?;
    let amount = |units: i64| currency.format_amount(i128::from(units));
    let views = rows.into_iter().map(|row: ArrearsRow| {
        Ok(ArrearsView {
            member: MemberId::from_uuid(row.member_id),
            name: row.name,
            open: amount(row.open),
            overdue: amount(row.overdue),
            overdue_since: row.overdue_since.map(day).transpose()?.map(|day| day.to_string()),
            credit: amount(row.credit),
            currency: terms.currency.clone(),
        })
    });
    let views = views.collect::<Result<Vec<_>, RowDamage>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &ArrearsView| {
        one.member.to_string()
    }))
}
