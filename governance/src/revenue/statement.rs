//! What a cycle tells each member, as records, and the tree over them.
//!
//! The tree is that of the log: each entry is a [`StatementV1`], in the order of the members' ids, and the root stands in the [`PayoutV1`] that the
//! co-op's own log holds. Salts come from one secret of the cycle: a statement shows its own, from which no other follows, and whoever has the secret
//! builds the whole tree again.

use std::iter::Peekable;
use std::slice::Iter;

use super::waterfall::{Computed, Line, Receiver};
use super::{Amount, Payment};
use crate::hash::{Hash32, keccak256_words};
use crate::id::MemberId;
use crate::log::{Frontier, LogEntry};
use crate::record::{Record as _, StatementLineV1, StatementV1, tag};

/// What all statements of a cycle have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementHead {
    /// The co-op's namespace.
    pub namespace: Hash32,
    /// The cycle's id as a word.
    pub cycle: Hash32,
    /// 32 random bytes of the cycle, from which its salts follow.
    pub secret: Hash32,
}

impl StatementHead {
    /// The salt of a member's statement.
    #[must_use]
    pub fn salt(&self, member: MemberId) -> Hash32 {
        keccak256_words(&[tag("StatementSaltV1"), self.secret, member.word()])
    }

    /// The salt of the cycle's own record.
    #[must_use]
    pub fn payout_salt(&self) -> Hash32 {
        keccak256_words(&[tag("PayoutSaltV1"), self.secret])
    }

    /// The statement of a member who got these lines.
    #[must_use]
    pub fn statement(&self, payment: &Payment, lines: &[StatementLineV1]) -> StatementV1 {
        StatementV1 {
            namespace: self.namespace,
            cycle: self.cycle,
            member: payment.member.word(),
            lines: lines.iter().map(StatementLineV1::struct_hash).collect(),
            before: payment.before.units(),
            accrued: payment.accrued.units(),
            withheld: payment.withheld.units(),
            paid: payment.paid.units(),
            dormant: payment.dormant.units(),
            carried: payment.carried.units(),
            is_held: payment.is_held,
            salt: self.salt(payment.member),
        }
    }

    /// The entries of the tree: one for each member, in the order of their ids, in which payments are.
    pub fn entries<'a>(&self, computed: &'a Computed, payments: &'a [Payment]) -> impl Iterator<Item = LogEntry> + 'a {
        let head = *self;
        let mut steps: Vec<StepLines<'a>> = computed.steps.iter().map(StepLines::new).collect();
        payments.iter().map(move |payment| {
            let lines: Vec<StatementLineV1> = steps
                .iter_mut()
                .filter_map(|step| step.next_of(payment.member))
                .collect();
            LogEntry::of(&head.statement(payment, &lines))
        })
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self, computed: &Computed, payments: &[Payment]) -> Hash32 {
        let mut tree = Frontier::new();
        for entry in self.entries(computed, payments) {
            tree.push(entry.leaf_hash());
        }
        tree.root()
    }
}

/// The lines of a step that go to members, as they come by.
struct StepLines<'a> {
    step: &'a str,
    shared: Amount,
    lines: Peekable<Iter<'a, Line>>,
    weights: Iter<'a, u64>,
}

impl<'a> StepLines<'a> {
    fn new(step: &'a super::StepComputed) -> Self {
        Self {
            step: step.step.as_str(),
            shared: Amount::from_wide(step.before.wide() - step.after.wide()).unwrap_or_default(),
            lines: step.lines.iter().peekable(),
            weights: step.weights.iter(),
        }
    }

    /// The line of the member; members are asked for in the order of their ids.
    fn next_of(&mut self, member: MemberId) -> Option<StatementLineV1> {
        let line = self.lines.next_if(|line| line.to == Receiver::Member(member))?;
        Some(StatementLineV1 {
            step: self.step.to_owned(),
            shared: self.shared.units(),
            weight: self.weights.next().copied().unwrap_or_default(),
            amount: line.amount.units(),
        })
    }
}
