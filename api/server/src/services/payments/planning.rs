//! What a bank's file would change: which of its sayings is about which try, and what follows from it. Nothing is written here.

use std::collections::BTreeMap;

use governance::bank::{BankMessage, Saying, Statement, StatementKind};
use governance::ledger::{Currency, Day};
use governance::payment::{AttemptState, Heard, Said, hear};
use store::CoopTx;
use store::payment::{
    AttemptRow, BankAccountRow, Change, NewItem, NewStatement, attempts_by_reference, attempts_of_message,
    attempts_waiting, bank_account_list,
};
use uuid::Uuid;

use super::books::{CHARGES, CLEARING, DUE, Line};
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::date;

/// How many days after the day of payment a statement that does not speak of a payment means that something is wrong.
const SILENCE_DAYS: i32 = 3;

/// A try that goes on.
pub struct Going {
    /// The try as it stands.
    pub row: AttemptRow,
    /// Where it stands now, and then, each with its day.
    pub steps: Vec<(AttemptState, Day)>,
    /// The bank's reason.
    pub reason: Option<String>,
    /// What came back.
    pub came_back: Option<i64>,
}

/// Something that a file says, and what follows from it.
pub struct Planned {
    /// What it says.
    pub item: NewItem,
    /// In which currency.
    pub currency: Option<Currency>,
    /// Whom the payment pays.
    pub member: Option<Uuid>,
    /// Where the try stands then; `None` where nothing follows.
    pub becomes: Option<AttemptState>,
}

/// Everything that a file would change.
pub struct Plan {
    /// Its statements of days that have ended, with their currency.
    pub statements: Vec<(NewStatement, Currency)>,
    /// What it says.
    pub items: Vec<Planned>,
    /// The tries that go on, by their references.
    pub going: BTreeMap<String, Going>,
}

fn state(row: &AttemptRow) -> Result<AttemptState, RowDamage> {
    AttemptState::from_name(&row.state).ok_or(RowDamage("state"))
}

impl Going {
    fn at(row: &AttemptRow) -> Self {
        Self {
            row: row.clone(),
            steps: Vec::new(),
            reason: None,
            came_back: None,
        }
    }

    fn last(&self) -> Result<AttemptState, RowDamage> {
        self.steps
            .last()
            .map_or_else(|| state(&self.row), |(state, _)| Ok(*state))
    }

    /// What each step moves in the books, with its day.
    pub fn lines(&self) -> impl Iterator<Item = (Day, Line<'_>)> {
        let (amount, back) = (self.row.amount, self.came_back.unwrap_or_default());
        let (payment, path) = (self.row.payment_id, self.row.path.as_str());
        self.steps.iter().flat_map(move |(state, day)| {
            let moved: Vec<(&str, i64)> = match state {
                AttemptState::Settled => vec![(CLEARING, amount), (path, -amount)],
                AttemptState::Rejected => vec![(CLEARING, amount), (DUE, -amount)],
                // What a bank kept is the co-op's cost: the member is still owed the whole.
                AttemptState::Returned => vec![(path, back), (CHARGES, amount - back), (DUE, -amount)],
                AttemptState::Prepared
                | AttemptState::Submitted
                | AttemptState::Accepted
                | AttemptState::Unknown
                | AttemptState::Withdrawn => Vec::new(),
            };
            let lines = moved.into_iter().filter(|(_, amount)| *amount != 0);
            lines.map(move |(path, amount)| {
                let line = Line {
                    path,
                    amount,
                    about: payment,
                };
                (*day, line)
            })
        })
    }
}

impl Plan {
    /// The tries that go on, as they are written.
    ///
    /// # Errors
    /// If a row has a state that is none.
    pub fn changes(&self) -> Result<Vec<Change>, RowDamage> {
        let going = self.going.values().filter(|going| !going.steps.is_empty());
        let changes = going.map(|going| {
            Ok(Change {
                payment: going.row.payment_id,
                number: going.row.number,
                state: going.last()?.name(),
                reason: going.reason.clone(),
                came_back: going.came_back,
            })
        });
        changes.collect()
    }
}

/// Reads what a bank's message would change.
///
/// # Errors
/// 422 for a statement of an account that is none of the co-op's.
pub async fn plan(tx: &mut CoopTx, message: &BankMessage, today: Day) -> Result<Plan, Problem> {
    let accounts = bank_account_list(tx).await?;
    let sent = match message.answers() {
        Some(name) => attempts_of_message(tx, name).await?,
        None => Vec::new(),
    };
    let sent: Vec<String> = sent.into_iter().map(|row| row.reference).collect();
    let sayings = message.sayings(&sent);
    let references: Vec<&str> = sayings
        .iter()
        .filter_map(|saying| saying.reference.as_deref())
        .collect();
    let rows = attempts_by_reference(tx, &references).await?;
    let rows: BTreeMap<String, AttemptRow> = rows.into_iter().map(|row| (row.reference.clone(), row)).collect();
    let mut plan = Plan {
        statements: Vec::new(),
        items: Vec::with_capacity(sayings.len()),
        going: BTreeMap::new(),
    };
    for saying in sayings {
        let account = match &saying.account {
            Some(iban) => Some(known(&accounts, iban.as_str())?.ledger_account_id),
            None => None,
        };
        let row = saying.reference.as_ref().and_then(|reference| rows.get(reference));
        let planned = consider(&mut plan.going, (saying, account), (row, today))?;
        plan.items.push(planned);
    }
    if let BankMessage::Statements(statements) = message {
        for statement in statements {
            let account = known(&accounts, statement.account.as_str())?;
            if statement.kind == StatementKind::EndOfDay {
                plan.statements
                    .push((of_day(statement, account)?, statement.currency.clone()));
                silence(tx, &mut plan, (statement, account)).await?;
            }
        }
    }
    Ok(plan)
}

fn known<'a>(accounts: &'a [BankAccountRow], iban: &str) -> Result<&'a BankAccountRow, Problem> {
    accounts.iter().find(|account| account.iban == iban).ok_or_else(|| {
        let refusal = "it is of an account that the co-op did not add; add the account first";
        Problem::field("file", refusal)
    })
}

/// What follows from a saying about a try.
fn consider(
    going: &mut BTreeMap<String, Going>,
    (saying, account): (Saying, Option<Uuid>),
    (row, today): (Option<&AttemptRow>, Day),
) -> Result<Planned, Problem> {
    let said = saying.of_payment();
    let (currency, amount) = saying.amount.unzip();
    let mut planned = Planned {
        item: NewItem {
            account,
            says: saying.says.name(),
            reference: saying.reference,
            amount,
            day: saying.day.map(date).transpose()?,
            reason: saying.reason,
            attempt: row.map(|row| (row.payment_id, row.number)),
            contradiction: None,
        },
        currency,
        member: row.map(|row| row.member_id),
        becomes: None,
    };
    let Some(row) = row else { return Ok(planned) };
    let one = going.entry(row.reference.clone()).or_insert_with(|| Going::at(row));
    let before = one.last()?;
    let is_elsewhere = account.is_some_and(|account| account != row.bank_account_id)
        || planned
            .currency
            .as_ref()
            .is_some_and(|currency| currency.code() != row.currency);
    let heard = match said {
        _ if is_elsewhere => Heard::Contradiction("it is on another account, or in another currency, than the payment"),
        None => Heard::Contradiction("the bank gives no amount for it"),
        Some(said) => hear(before, row.amount, said),
    };
    match heard {
        Heard::Known => {}
        Heard::Contradiction(why) => planned.item.contradiction = Some(why.to_owned()),
        Heard::Goes(states) => {
            let day = saying.day.unwrap_or(today);
            one.steps.extend(states.iter().map(|state| (*state, day)));
            one.reason.clone_from(&planned.item.reason);
            if let Some(Said::Returned(back)) = said {
                one.came_back = Some(back);
            }
            planned.becomes = states.last().copied();
        }
    }
    if one.steps.is_empty() {
        going.remove(&row.reference);
    }
    Ok(planned)
}

fn of_day(statement: &Statement, account: &BankAccountRow) -> Result<NewStatement, Problem> {
    let unexplained = statement.unexplained().map(i64::try_from).transpose();
    Ok(NewStatement {
        account: account.ledger_account_id,
        sequence: statement
            .sequence
            .map(i64::try_from)
            .transpose()
            .map_err(Problem::internal)?,
        last_day: statement.closed_on.map(date).transpose()?,
        balances: (statement.opening, statement.closing),
        unexplained: unexplained.map_err(Problem::internal)?,
    })
}

/// Payments of which the statement of a day should have spoken and did not.
async fn silence(
    tx: &mut CoopTx,
    plan: &mut Plan,
    (statement, account): (&Statement, &BankAccountRow),
) -> Result<(), Problem> {
    let Some(closed_on) = statement.closed_on else {
        return Ok(());
    };
    let Ok(pay_on) = Day::from_days(closed_on.days().saturating_sub(SILENCE_DAYS)) else {
        return Ok(());
    };
    for row in attempts_waiting(tx, account.ledger_account_id, date(pay_on)?).await? {
        let one = plan
            .going
            .entry(row.reference.clone())
            .or_insert_with(|| Going::at(&row));
        if let Heard::Goes(states) = hear(one.last()?, row.amount, Said::Nothing) {
            one.steps.extend(states.iter().map(|state| (*state, closed_on)));
        }
    }
    Ok(())
}
