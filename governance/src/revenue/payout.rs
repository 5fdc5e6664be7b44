//! What is paid of what members are owed: whole minor units, what is withheld of them, and what is carried.

use super::cycle::{Cycle, Person, Standing};
use super::rule::{RevenueRule, Rounding, Withholding};
use super::waterfall::Computed;
use super::{Amount, Balance, Label};
use crate::id::MemberId;

/// What a cycle means for one member: `before + accrued = withheld + paid + dormant + carried`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The member.
    pub member: MemberId,
    /// What was carried from the cycle before.
    pub before: Balance,
    /// What the rule gives.
    pub accrued: Amount,
    /// What is withheld, in whole minor units.
    pub withheld: Amount,
    /// By which withholding.
    pub withholding: Option<Label>,
    /// What is paid, in whole minor units.
    pub paid: Amount,
    /// What goes to a fund, since it was not claimed.
    pub dormant: Amount,
    /// What is carried to the next cycle; negative where the member owes.
    pub carried: Balance,
    /// Whether what would be paid waits.
    pub is_held: bool,
}

impl Payment {
    /// Whether any amount after the cycle is not 0.
    #[must_use]
    pub fn says_something(&self) -> bool {
        let amounts = [self.withheld, self.paid, self.dormant];
        self.carried != Balance::ZERO || amounts.iter().any(|amount| *amount != Amount::ZERO)
    }
}

/// Why a cycle cannot be paid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayoutRefusal {
    /// A balance beyond any amount.
    #[error("what member {0} is owed is more than 63 bits hold")]
    TooLarge(MemberId),
}

/// What is paid to each member, in the order of their ids.
///
/// # Errors
/// [`PayoutRefusal`].
pub fn pay(rule: &RevenueRule, cycle: &Cycle, computed: &Computed) -> Result<Vec<Payment>, PayoutRefusal> {
    cycle
        .people
        .iter()
        .zip(&computed.accrued)
        .map(|(person, accrued)| pay_one(rule, person, *accrued))
        .collect()
}

fn pay_one(rule: &RevenueRule, person: &Person, accrued: Amount) -> Result<Payment, PayoutRefusal> {
    let due = person.carried.wide() + accrued.wide();
    let too_large = || PayoutRefusal::TooLarge(person.member);
    // Checked once; every part of it is smaller.
    Balance::from_wide(due).ok_or_else(too_large)?;
    let mut payment = Payment {
        member: person.member,
        before: person.carried,
        accrued,
        withheld: Amount::ZERO,
        withholding: None,
        paid: Amount::ZERO,
        dormant: Amount::ZERO,
        carried: Balance::ZERO,
        is_held: person.standing == Standing::Held,
    };
    let minor = i128::from(rule.minor_unit());
    // A receivable pays nothing; it is netted by what comes.
    let payable = due.max(0) / minor;
    let withholding = rule
        .withholding
        .iter()
        .find(|each| person.tax.as_ref() == Some(&each.profile));
    let untaxed = (due - person.taxed.wide()).max(0) / minor;
    let withheld = withholding.map_or(0, |each| withheld_of(untaxed, each));
    let net = payable - withheld;
    let is_enough = net > 0 && (person.standing == Standing::Leaving || net * minor >= rule.payout.min.wide());
    if is_enough && !payment.is_held {
        payment.withheld = Amount::from_wide(withheld * minor).ok_or_else(too_large)?;
        payment.withholding = withholding.filter(|_| withheld > 0).map(|each| each.id.clone());
        payment.paid = Amount::from_wide(net * minor).ok_or_else(too_large)?;
    } else if let Some(dormant) = &rule.payout.dormant
        && person.idle_months >= dormant.after_months
        && due > 0
    {
        payment.dormant = Amount::from_wide(due).ok_or_else(too_large)?;
    }
    let gone = payment.withheld.wide() + payment.paid.wide() + payment.dormant.wide();
    payment.carried = Balance::from_wide(due - gone).ok_or_else(too_large)?;
    Ok(payment)
}

/// What is withheld of so many minor units, in minor units.
fn withheld_of(payable: i128, withholding: &Withholding) -> i128 {
    let product = payable * i128::from(withholding.share.share());
    let whole = i128::from(withholding.share.whole());
    match withholding.rounding {
        Rounding::Down => product / whole,
        Rounding::Up => (product + whole - 1) / whole,
    }
}
