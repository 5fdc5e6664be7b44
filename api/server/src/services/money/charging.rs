//! What many members are charged at once, each by an invoice of one line: told before it is done, and done.

use governance::id::{DocumentId, MemberId};
use governance::ledger::{Currency, Day};
use governance::money::{DocumentKind, DocumentLine, MoneyTerms, totals};
use store::CoopTx;
use uuid::Uuid;
use wire::money::DuesLine;

use super::documents::{Issue, due, issue};
use super::{currency_of, in_force, not_so};
use crate::problem::Problem;

/// How many members are charged at once.
pub const CHARGED_MAX: usize = 20_000;

/// What one member is charged.
struct Charge {
    member: MemberId,
    name: String,
    period: String,
    line: DocumentLine,
    gross: i64,
}

/// What charging does.
pub struct Charges {
    /// The terms in force.
    pub terms: MoneyTerms,
    /// Their currency.
    pub currency: Currency,
    issued_on: Day,
    charges: Vec<Charge>,
}

impl Charges {
    /// Nobody is charged yet, on this day and by the terms in force.
    ///
    /// # Errors
    /// 409 without terms.
    pub async fn on(tx: &mut CoopTx, issued_on: Day) -> Result<Self, Problem> {
        let terms = in_force(tx).await?;
        Ok(Self {
            currency: currency_of(&terms)?,
            terms,
            issued_on,
            charges: Vec::new(),
        })
    }

    /// Charges a member this line, for a period that is charged once.
    ///
    /// # Errors
    /// 409 where the line comes to more than an amount can be.
    pub fn add(&mut self, (member, name): (Uuid, String), period: String, line: DocumentLine) -> Result<(), Problem> {
        let sum = totals(&self.currency, std::slice::from_ref(&line)).map_err(|refusal| not_so(refusal.to_string()))?;
        self.charges.push(Charge {
            member: MemberId::from_uuid(member),
            name,
            period,
            line,
            gross: sum.gross,
        });
        Ok(())
    }

    /// Whether nobody is charged.
    pub fn is_empty(&self) -> bool {
        self.charges.is_empty()
    }

    /// What all of it comes to.
    pub fn total(&self) -> String {
        let total: i128 = self.charges.iter().map(|charge| i128::from(charge.gross)).sum();
        self.currency.format_amount(total)
    }

    /// Who is charged what.
    pub fn lines(&self) -> Vec<DuesLine> {
        let line = |charge: &Charge| DuesLine {
            member: charge.member,
            name: charge.name.clone(),
            gross: self.currency.format_amount(i128::from(charge.gross)),
        };
        self.charges.iter().map(line).collect()
    }

    /// Issues the invoices, in the order in which members were added.
    ///
    /// # Errors
    /// As [`issue`].
    pub async fn issue(&self, tx: &mut CoopTx, by: MemberId) -> Result<Vec<DocumentId>, Problem> {
        let mut invoices = Vec::with_capacity(self.charges.len());
        for charge in &self.charges {
            let new = Issue {
                kind: DocumentKind::Invoice,
                member: Some(charge.member),
                recipient: &charge.name,
                issued_on: self.issued_on,
                due_on: due(&self.terms, self.issued_on),
                currency: &self.currency,
                lines: std::slice::from_ref(&charge.line),
                period: Some(&charge.period),
                money: None,
                corrects: None,
            };
            invoices.push(issue(tx, by, &new).await?.0);
        }
        Ok(invoices)
    }
}
