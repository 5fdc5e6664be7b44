//! The interest on paid-up shares, once for each year that is over.

use std::collections::BTreeMap;

use governance::event::{Event, MoneyEvent};
use governance::hash::{Hash32, keccak256_words};
use governance::id::MemberId;
use governance::ledger::{Currency, Day, JournalKind};
use governance::money::{Interest, MoneyTerms, ShareMove, Stake, interest, share_days, units_of_minor};
use governance::record::tag;
use governance::revenue::Amount;
use governance::rule::Ratio;
use store::CoopTx;
use store::ledger::ledger_lock;
use store::money::{InterestLine, NewInterest, interest_get, interest_insert, interest_of_cycle, movements_of};
use uuid::Uuid;
use wire::money::{InterestLineView, InterestView};

use super::books::{self, Draft};
use super::{currency_of, days_of, in_force, length, not_so, today};
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::ledger::day;
use crate::services::{events, idempotent};

/// What the interest costs the co-op.
const COST: &str = "expenses:share-interest";
/// What members are owed; the next payout cycle pays it.
const PAYABLE: &str = "liabilities:members:payable";

/// The interest of a year as it was computed.
struct Computed {
    year: u16,
    days: (Day, Day),
    terms: MoneyTerms,
    currency: Currency,
    price: Amount,
    rate: Ratio,
    stakes: Vec<Stake>,
    interest: Interest,
}

async fn compute(tx: &mut CoopTx, year: u16) -> Result<Computed, Problem> {
    let days = days_of(year)?;
    if today(tx).await? <= days.1 {
        return Err(not_so("Interest is credited for a year that is over."));
    }
    if interest_get(tx, i32::from(year)).await?.is_some() {
        return Err(not_so(format!("The interest of {year} was credited before.")));
    }
    if let Some(period) = interest_of_cycle(tx, i32::from(year)).await? {
        return Err(not_so(format!(
            "The payout cycle {period} gives interest on shares for {year}, by a step of the revenue rule. Nobody gets it twice."
        )));
    }
    let terms = in_force(tx).await?;
    let shares = terms.shares.as_ref();
    let (price, rate) = shares
        .and_then(|shares| Some((shares.price, shares.interest?)))
        .ok_or_else(|| not_so("By the terms that the members set, shares bear no interest."))?;
    let mut moves: BTreeMap<Uuid, Vec<(ShareMove, u64, Day)>> = BTreeMap::new();
    for row in movements_of(tx, None).await? {
        let kind = ShareMove::from_name(&row.kind).ok_or(RowDamage("kind"))?;
        let each = (kind, number(row.shares, "shares")?, day(row.effective_on)?);
        moves.entry(row.member_id).or_default().push(each);
    }
    let stakes = moves.iter().map(|(member, moves)| Stake {
        member: MemberId::from_uuid(*member),
        share_days: share_days(moves, days),
    });
    let stakes: Vec<Stake> = stakes.filter(|stake| stake.share_days > 0).collect();
    let currency = currency_of(&terms)?;
    let word = keccak256_words(&[
        tag("ShareInterestV1"),
        tx.coop().word(),
        Hash32::from_u128(u128::from(year)),
    ]);
    let by = (length(days), units_of_minor(&currency));
    let interest = interest((price, rate), by, &stakes, word)
        .map_err(|refusal| not_so(format!("There is no interest of {year}: {refusal}.")))?;
    Ok(Computed {
        year,
        days,
        terms,
        currency,
        price,
        rate,
        stakes,
        interest,
    })
}

impl Computed {
    fn view(&self, journal: Option<governance::id::JournalId>) -> InterestView {
        let amount = |units: u64| self.currency.format_amount(i128::from(units));
        let lines = self.stakes.iter().zip(&self.interest.shares);
        InterestView {
            year: self.year,
            days: length(self.days),
            rate: self.rate.to_string(),
            price: self.price.to_string(),
            total: amount(self.interest.total),
            currency: self.terms.currency.clone(),
            journal,
            lines: lines
                .map(|(stake, share)| InterestLineView {
                    member: stake.member,
                    share_days: stake.share_days,
                    amount: amount(*share),
                })
                .collect(),
        }
    }

    fn rows(&self) -> Result<Vec<InterestLine>, Problem> {
        let whole = |units: u64| i64::try_from(units).map_err(Problem::internal);
        let lines = self.stakes.iter().zip(&self.interest.shares);
        lines
            .map(|(stake, share)| {
                Ok(InterestLine {
                    member: stake.member,
                    share_days: whole(stake.share_days)?,
                    amount: whole(*share)?,
                })
            })
            .collect()
    }
}

/// What crediting the interest of a year would do, without doing it.
///
/// # Errors
/// 409 where the year is not over, was credited, or bears none.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, year: u16) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("interest_preview", actor.coop).await?;
    let computed = compute(&mut tx, year).await?;
    tx.commit().await?;
    Answer::ok(&computed.view(None))
}

/// Credits the interest of a year to what members are owed.
///
/// # Errors
/// As [`preview`].
pub async fn credit(app: &App, actor: &Actor<Treasurer>, year: u16, ask: &Ask) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("interest_credit", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    ledger_lock(&mut tx).await?;
    let computed = compute(&mut tx, year).await?;
    let rows = computed.rows()?;
    let total = i64::try_from(computed.interest.total).map_err(Problem::internal)?;
    let mut lines = vec![(COST.to_owned(), total, None)];
    lines.extend(
        rows.iter()
            .map(|row| (PAYABLE.to_owned(), row.amount.saturating_neg(), Some(row.member.uuid()))),
    );
    let description = format!("Interest on shares for {year}, {} a year", computed.rate);
    let draft = Draft {
        kind: JournalKind::Interest,
        // A co-op credits each year once.
        act: &year.to_string(),
        effective_on: computed.days.1,
        description: &description,
        currency: &computed.currency,
        lines,
    };
    let journal = books::post(&mut tx, actor.member, draft).await?;
    let new = NewInterest {
        year: i32::from(year),
        currency: &computed.terms.currency,
        price: i64::try_from(computed.price.units()).map_err(Problem::internal)?,
        rate: computed.rate,
        total,
        terms_version: i64::try_from(computed.terms.version).map_err(Problem::internal)?,
        journal,
        actor: actor.member,
        lines: &rows,
    };
    interest_insert(&mut tx, new).await?;
    let happened = [Event::Money(MoneyEvent::InterestCredited {
        coop: actor.coop,
        year,
        total: computed.interest.total,
        members: u32::try_from(rows.len()).map_err(Problem::internal)?,
        journal,
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::created(&computed.view(Some(journal)))?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
