//! A member's statement as the records that are hashed: what is shown is what is proved.

use std::str::FromStr;

use governance::hash::Hash32;
use governance::record::{PayoutV1, Record as _, StatementLineV1, StatementV1};
use governance::revenue::{Amount, Balance};

use crate::payout::{PayoutStatement, StatementLine};

fn units(text: &str) -> Option<u64> {
    Amount::from_str(text).ok().map(Amount::units)
}

fn balance(text: &str) -> Option<i64> {
    Balance::from_str(text).ok().map(Balance::units)
}

impl StatementLine {
    /// The record of the line; `None` where an amount or a weight is none.
    #[must_use]
    pub fn record(&self) -> Option<StatementLineV1> {
        Some(StatementLineV1 {
            step: self.step.clone(),
            shared: units(&self.shared)?,
            weight: self.weight.as_deref().map_or(Some(0), |weight| weight.parse().ok())?,
            amount: units(&self.amount)?,
        })
    }
}

impl PayoutStatement {
    /// The record of the statement with this salt; `None` where an amount or a weight is none.
    #[must_use]
    pub fn record(&self, namespace: Hash32, salt: Hash32) -> Option<StatementV1> {
        let lines = self.lines.iter().map(|line| Some(line.record()?.struct_hash()));
        Some(StatementV1 {
            namespace,
            cycle: self.cycle.word(),
            member: self.member.word(),
            lines: lines.collect::<Option<_>>()?,
            before: balance(&self.before)?,
            accrued: units(&self.accrued)?,
            withheld: units(&self.withheld)?,
            paid: units(&self.paid)?,
            dormant: units(&self.dormant)?,
            carried: balance(&self.carried)?,
            is_held: self.is_held,
            salt,
        })
    }

    /// The record of its cycle; `None` without a proof, or where an amount is none.
    #[must_use]
    pub fn payout_record(&self) -> Option<PayoutV1> {
        let payout = &self.proof.as_ref()?.payout;
        Some(PayoutV1 {
            namespace: payout.namespace,
            cycle: self.cycle.word(),
            period: self.period.clone(),
            currency: self.currency.clone(),
            ruleset: payout.ruleset,
            digest: payout.digest,
            payout_digest: payout.payout_digest,
            statements: payout.statements,
            members: payout.members,
            total: units(&payout.total)?.into(),
            salt: payout.salt,
        })
    }
}
