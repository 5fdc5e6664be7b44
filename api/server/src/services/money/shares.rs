//! Members' shares: moved under the terms, each move posted, and the register of them as of any day.

use std::fmt::Write as _;

use governance::event::{Event, MoneyEvent};
use governance::id::{JournalId, MemberId, ShareMovementId};
use governance::ledger::export::csv_cell;
use governance::ledger::{Currency, Day, JournalKind};
use governance::membership::Status;
use governance::money::{Holding, MoneyTerms, ShareMove, ShareTerms};
use store::CoopTx;
use store::coop::member_get;
use store::ledger::ledger_lock;
use store::money::{
    HoldingRow, NewShareMovement, ShareMovementRow, holdings_on, interest_last_year, movement_insert, movement_list,
    movements_of,
};
use uuid::Uuid;
use wire::money::{
    HoldingView, MoveShares, RegisterLine, RegisterQuery, ShareMovementView, ShareRegister, SharesPreview,
};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use super::books::{self, Draft, Line};
use super::{before, currency_of, day_of, days_of, in_force, money_account, not_so, terms, today};
use crate::app::App;
use crate::http::actor::{Actor, Member, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::ledger::{date, day};
use crate::services::{events, idempotent, paging};

/// Members' paid-up shares, which payout cycles take for capital.
const SHARES: &str = "equity:shares";
/// Shares that were promised.
const SUBSCRIBED: &str = "equity:shares-subscribed";
/// What is to be paid for them.
const RECEIVABLE: &str = "assets:receivable:shares";
/// What is to be refunded.
const REFUNDABLE: &str = "liabilities:members:shares";

/// A move as it was asked for and decided.
struct Move {
    terms: MoneyTerms,
    currency: Currency,
    member: MemberId,
    kind: ShareMove,
    shares: u32,
    amount: i64,
    effective_on: Day,
    due_on: Option<Day>,
    money: String,
    before: Holding,
    after: Holding,
}

/// The holding by the moves that stand, and how many shares are due to be refunded on a day.
fn holding(rows: &[ShareMovementRow], on: Day) -> Result<(Holding, u64), Problem> {
    let (mut held, mut due, mut refunded) = (Holding::default(), 0_u64, 0_u64);
    for row in rows {
        let (kind, shares) = (kind_of(row)?, number(row.shares, "shares")?);
        // By days: what was refunded on the day on which it was given back comes after it by its identifier.
        held = held.after(kind, shares).ok_or(RowDamage("shares"))?;
        match (kind, row.due_on) {
            (ShareMove::Withdrawn, Some(from)) if day(from)? <= on => due = due.saturating_add(shares),
            (ShareMove::Refunded, _) => refunded = refunded.saturating_add(shares),
            _ => {}
        }
    }
    Ok((held, due.saturating_sub(refunded)))
}

fn kind_of(row: &ShareMovementRow) -> Result<ShareMove, RowDamage> {
    ShareMove::from_name(&row.kind).ok_or(RowDamage("kind"))
}

/// Refuses days of a year whose interest was credited.
async fn require_open(tx: &mut CoopTx, on: Day) -> Result<(), Problem> {
    let Some(year) = interest_last_year(tx).await? else {
        return Ok(());
    };
    let (_, last) = days_of(u16::try_from(year).map_err(Problem::internal)?)?;
    if on > last {
        return Ok(());
    }
    Err(not_so(format!(
        "The interest of {year} was credited, so the shares of that year stand. Record the move on a later day."
    )))
}

async fn decide(tx: &mut CoopTx, body: &MoveShares) -> Result<Move, Problem> {
    let kind = ShareMove::from_name(&body.kind)
        .ok_or_else(|| Problem::field("kind", "it is subscribed, paid, waived, withdrawn or refunded"))?;
    let money = money_account(body.money.as_deref())?;
    let effective_on = day_of(tx, "effective_on", &body.effective_on).await?;
    let terms = in_force(tx).await?;
    let share: &ShareTerms = terms
        .shares
        .as_ref()
        .ok_or_else(|| not_so("By the terms that the members set, the co-op has no shares."))?;
    require_open(tx, effective_on).await?;
    let member = member_get(tx, body.member)
        .await?
        .ok_or_else(|| Problem::field("member", "the co-op has no such member"))?;
    let is_active = member.status == Status::Active.name();
    let rows = movements_of(tx, Some(body.member)).await?;
    if rows
        .last()
        .map(|row| day(row.effective_on))
        .transpose()?
        .is_some_and(|last| last > effective_on)
    {
        return Err(Problem::field(
            "effective_on",
            "a later move of this member's shares was recorded before",
        ));
    }
    let (before, due) = holding(&rows, effective_on)?;
    let after = before
        .decide((kind, u64::from(body.shares)), (is_active, due), share)
        .map_err(|refusal| not_so(format!("The shares cannot move so: {refusal}.")))?;
    let amount = share.price.units().checked_mul(u64::from(body.shares));
    let amount = amount.and_then(|units| i64::try_from(units).ok());
    let due_on = (kind == ShareMove::Withdrawn).then(|| {
        let due = effective_on.days().saturating_add(i32::from(share.refund_days));
        Day::from_days(due).unwrap_or(effective_on)
    });
    Ok(Move {
        currency: currency_of(&terms)?,
        member: body.member,
        kind,
        shares: body.shares,
        amount: amount.ok_or_else(|| Problem::field("shares", "they cost more than the ledger can hold"))?,
        effective_on,
        due_on,
        money,
        before,
        after,
        terms,
    })
}

impl Move {
    fn lines(&self) -> Vec<Line> {
        let line = |path: &str, amount: i64| (path.to_owned(), amount, Some(self.member.uuid()));
        let (amount, back) = (self.amount, self.amount.saturating_neg());
        match self.kind {
            ShareMove::Subscribed => vec![line(RECEIVABLE, amount), line(SUBSCRIBED, back)],
            ShareMove::Waived => vec![line(SUBSCRIBED, amount), line(RECEIVABLE, back)],
            ShareMove::Paid => vec![
                line(&self.money, amount),
                line(RECEIVABLE, back),
                line(SUBSCRIBED, amount),
                line(SHARES, back),
            ],
            ShareMove::Withdrawn => vec![line(SHARES, amount), line(REFUNDABLE, back)],
            ShareMove::Refunded => vec![line(REFUNDABLE, amount), line(&self.money, back)],
        }
    }
}

fn holding_view(held: Holding) -> HoldingView {
    HoldingView {
        unpaid: held.unpaid,
        paid: held.paid,
        leaving: held.leaving,
    }
}

/// What a move would do, without doing it.
///
/// # Errors
/// 409 and 422 as [`record`].
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: MoveShares) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("shares_preview", actor.coop).await?;
    let decided = decide(&mut tx, &body).await?;
    tx.commit().await?;
    Answer::ok(&SharesPreview {
        amount: decided.currency.format_amount(i128::from(decided.amount)),
        currency: decided.terms.currency,
        due_on: decided.due_on.map(|day| day.to_string()),
        before: holding_view(decided.before),
        after: holding_view(decided.after),
    })
}

/// Moves shares of a member, and posts it.
///
/// # Errors
/// 409 where the terms, the holding or the books do not allow it; 422 for what is none.
pub async fn record(app: &App, actor: &Actor<Treasurer>, command: Command<MoveShares>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("shares_move", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    // Whoever moves shares holds the book, so that nothing moves between the look and the posting.
    ledger_lock(&mut tx).await?;
    let decided = decide(&mut tx, &value).await?;
    let id = ShareMovementId::from_uuid(Uuid::now_v7());
    let description = format!("Shares {}: {}", decided.kind.name(), decided.shares);
    let draft = Draft {
        kind: JournalKind::Capital,
        act: &id.to_string(),
        effective_on: decided.effective_on,
        description: &description,
        currency: &decided.currency,
        lines: decided.lines(),
    };
    let journal = books::post(&mut tx, actor.member, draft).await?;
    let new = NewShareMovement {
        id,
        member: decided.member,
        kind: decided.kind,
        shares: i64::from(decided.shares),
        amount: decided.amount,
        currency: &decided.terms.currency,
        effective_on: date(decided.effective_on)?,
        due_on: decided.due_on.map(date).transpose()?,
        terms_version: i64::try_from(decided.terms.version).map_err(Problem::internal)?,
        journal,
        actor: actor.member,
    };
    movement_insert(&mut tx, new).await?;
    let happened = [Event::Money(MoneyEvent::SharesMoved {
        movement: id,
        kind: decided.kind,
        member: decided.member,
        shares: u64::from(decided.shares),
        amount: decided.amount.unsigned_abs(),
        journal,
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let after = Uuid::from_u128(id.uuid().as_u128().saturating_add(1));
    let row = movement_list(&mut tx, (after, 1), Some(decided.member)).await?.pop();
    let answer = Answer::created(&view(&row.ok_or_else(Problem::not_found)?)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

fn view(row: &ShareMovementRow) -> Result<ShareMovementView, RowDamage> {
    let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
    Ok(ShareMovementView {
        id: ShareMovementId::from_uuid(row.id),
        member: MemberId::from_uuid(row.member_id),
        kind: row.kind.clone(),
        shares: number(row.shares, "shares")?,
        amount: currency.format_amount(i128::from(row.amount)),
        currency: row.currency.clone(),
        effective_on: day(row.effective_on)?.to_string(),
        due_on: row.due_on.map(day).transpose()?.map(|day| day.to_string()),
        terms: number(row.terms_version, "terms_version")?,
        journal: JournalId::from_uuid(row.journal_id),
        is_undone: row.is_undone,
        recorded_at: row.recorded_at,
        by: MemberId::from_uuid(row.actor_id),
    })
}

/// Every move, the newest first.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn history(app: &App, actor: &Actor<Member>, query: &PageQuery) -> Result<Answer, Problem> {
    let before = before(query)?;
    let mut tx = app.store.coop_tx("shares_history", actor.coop).await?;
    let rows = movement_list(&mut tx, (before, paging::rows(query)), None).await?;
    tx.commit().await?;
    let views = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &ShareMovementView| {
        one.id.to_string()
    }))
}

async fn register_on(app: &App, actor: &Actor<Member>, query: &RegisterQuery) -> Result<ShareRegister, Problem> {
    let mut tx = app.store.coop_tx("share_register", actor.coop).await?;
    let on = match &query.on {
        None => today(&mut tx).await?,
        Some(text) => text
            .parse()
            .map_err(|refusal| Problem::new(ProblemKind::InvalidQuery, format!("on: {refusal}.")))?,
    };
    let terms = terms::newest(&mut tx).await?;
    let rows = holdings_on(&mut tx, date(on)?).await?;
    tx.commit().await?;
    let price = terms
        .as_ref()
        .and_then(|terms| terms.shares.as_ref())
        .map(|shares| shares.price);
    let currency = terms.as_ref().map(currency_of).transpose()?;
    let worth = |shares: i64| {
        let units = i128::from(price.map_or(0, |price| price.units())).saturating_mul(i128::from(shares));
        currency
            .as_ref()
            .map_or_else(|| String::from("0"), |currency| currency.format_amount(units))
    };
    let lines = rows.iter().map(|row: &HoldingRow| {
        Ok(RegisterLine {
            member: MemberId::from_uuid(row.member_id),
            name: row.name.clone(),
            since: day(row.since)?.to_string(),
            holding: HoldingView {
                unpaid: number(row.unpaid, "unpaid")?,
                paid: number(row.paid, "paid")?,
                leaving: number(row.leaving, "leaving")?,
            },
            paid_up: worth(row.paid),
        })
    });
    Ok(ShareRegister {
        on: on.to_string(),
        price: price.map(|price| price.to_string()),
        currency: currency.as_ref().map(|currency| currency.code().to_owned()),
        paid_up: worth(rows.iter().map(|row| row.paid).sum()),
        lines: lines.collect::<Result<_, RowDamage>>()?,
    })
}

/// The register as it stood at the end of a day.
///
/// # Errors
/// 422 for a day that is none.
pub async fn register(app: &App, actor: &Actor<Member>, query: &RegisterQuery) -> Result<Answer, Problem> {
    Answer::ok(&register_on(app, actor, query).await?)
}

/// The register as a table for a spreadsheet.
///
/// # Errors
/// As [`register`].
pub async fn register_file(app: &App, actor: &Actor<Member>, query: &RegisterQuery) -> Result<String, Problem> {
    let register = register_on(app, actor, query).await?;
    let currency = register.currency.unwrap_or_default();
    let mut file = String::from("on,member,name,since,unpaid,paid,leaving,paid_up,currency\r\n");
    for line in &register.lines {
        let (held, name) = (line.holding, csv_cell(&line.name));
        let _ = write!(
            file,
            "{},{},{name},{},{},{},{},{},{currency}\r\n",
            register.on, line.member, line.since, held.unpaid, held.paid, held.leaving, line.paid_up
        );
    }
    Ok(file)
}
