//! What a treasury comes to, kept in plain memory: nothing here asks the program.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::bank::{BankFile, Said};
use crate::revenue::world::nothing;

/// What a cent is in the books.
pub const CENT: i64 = 1_000_000;
/// How many share: three members, and those below.
pub const PEOPLE: usize = 6;
/// Who keeps the roll, and is paid in cash.
pub const STEWARD: usize = 3;
/// Who prepares everything, and did not say where to be paid.
pub const TREASURER: usize = 4;
/// Who looks at it, and did not say where to be paid.
pub const AUDITOR: usize = 5;
/// The least payment.
const LEAST: i64 = 100 * CENT;
/// A statement of this day or later should have spoken of what was to be paid on the last day of the millennium.
const SPEAKS: NaiveDate = NaiveDate::from_ymd_opt(3000, 1, 3).expect("a day");

/// Where a cycle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Open,
    Frozen,
    Computed,
    Verified,
    Proposed,
    Approved,
    Posted,
    Cancelled,
}

/// Where a try stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Prepared,
    Submitted,
    Accepted,
    Unknown,
    Settled,
    Rejected,
    Returned,
    Withdrawn,
}

impl State {
    /// As it is called.
    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Whether it pays nobody and never will.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Rejected | Self::Returned | Self::Withdrawn)
    }

    fn is_asked(self) -> bool {
        matches!(self, Self::Submitted | Self::Accepted | Self::Unknown)
    }
}

/// By which way a try pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rail {
    Bank,
    Manual,
    Carry,
}

/// A try to make a payment.
pub struct Try {
    pub state: State,
    pub rail: Rail,
    pub reference: String,
}

/// What a cycle owes somebody.
pub struct Payment {
    pub amount: i64,
    pub tries: Vec<Try>,
}

impl Payment {
    /// The last try, where it was not in vain.
    pub fn standing(&self) -> Option<State> {
        self.tries.last().map(|one| one.state).filter(|state| !state.is_over())
    }
}

/// Evidence of a payment.
pub struct Evidence {
    pub id: String,
    pub member: usize,
    /// Which try, from nought.
    pub number: usize,
    pub is_paid: bool,
    pub is_judged: bool,
}

/// A file of payments.
pub struct Transfers {
    pub id: String,
    pub digest: String,
    /// Whose payments, and which of their tries.
    pub tries: Vec<(usize, usize)>,
    /// Prepared, submitted or withdrawn.
    pub state: State,
}

/// How far the end of a cycle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Nobody,
    AskedBy(usize),
    Closed,
}

/// A payout cycle.
pub struct Cycle {
    pub id: String,
    pub stage: Stage,
    pub revenue: i64,
    pub needed: usize,
    pub approvals: BTreeSet<usize>,
    /// The two digests that are proposed.
    pub digests: [String; 2],
    /// What it pays whom.
    pub pays: [i64; PEOPLE],
    /// What is to be paid, once it is issued.
    pub payments: Option<BTreeMap<usize, Payment>>,
    pub files: Vec<Transfers>,
    pub evidence: Vec<Evidence>,
    pub end: End,
}

impl Cycle {
    pub fn new(id: String) -> Self {
        Self {
            id,
            stage: Stage::Open,
            revenue: 0,
            needed: 0,
            approvals: BTreeSet::new(),
            digests: [nothing(), nothing()],
            pays: [0; PEOPLE],
            payments: None,
            files: Vec::new(),
            evidence: Vec::new(),
            end: End::Nobody,
        }
    }

    /// The payments for which a file can be prepared: those of the three who have an account.
    pub fn ready(&self) -> Vec<usize> {
        let payments = self.payments.iter().flatten();
        let ready = payments.filter(|(member, payment)| **member < STEWARD && payment.standing().is_none());
        ready.map(|(member, _)| *member).collect()
    }

    /// What waits to be paid, and what a bank was asked to pay.
    pub fn waits(&self) -> [i64; 2] {
        let payments = || self.payments.iter().flatten().map(|(_, payment)| payment);
        let due = payments().filter(|one| matches!(one.standing(), None | Some(State::Prepared)));
        let clearing = payments().filter(|one| one.standing().is_some_and(State::is_asked));
        [due.map(|one| one.amount).sum(), clearing.map(|one| one.amount).sum()]
    }
}

/// The books of a co-op.
#[derive(Default)]
pub struct Books {
    pub cycles: Vec<Cycle>,
    /// How many receipts were recorded, and what they came to.
    pub receipts: Vec<(String, i64)>,
    pub shared: i64,
    /// What each is owed.
    pub owed: [i64; PEOPLE],
    pub bank: i64,
    pub cash: i64,
    pub fees: i64,
    /// References of which the books settled on another day than the bank booked: two persons said that it paid, or that it came back was told
    /// before that it was paid.
    pub otherwise: BTreeSet<String>,
}

impl Books {
    /// Income that no posted cycle shared.
    pub fn unshared(&self) -> i64 {
        self.receipts.iter().map(|(_, amount)| amount).sum::<i64>() - self.shared
    }

    /// Whether a later cycle was frozen while the books owed what this one pays.
    pub fn is_carried_on(&self, cycle: usize) -> bool {
        let later = self.cycles.iter().skip(cycle + 1);
        later
            .into_iter()
            .any(|one| ![Stage::Open, Stage::Cancelled].contains(&one.stage))
    }

    /// Freezes the last cycle. What members share is a whole number of parts, so nobody decides who gets the rest.
    pub fn freeze(&mut self) {
        let (revenue, owed) = (self.unshared(), self.owed);
        let cycle = self.cycles.last_mut().expect("a cycle");
        cycle.revenue = revenue;
        // One up to 10,000.00, two up to 100,000.00, three above.
        let tiers = [1_000_000 * CENT, 10_000_000 * CENT];
        cycle.needed = 1 + tiers.iter().filter(|tier| revenue > **tier).count();
        let share = revenue / 6;
        cycle.pays = owed.map(|before| {
            let whole = (before + share) / CENT * CENT;
            if whole < LEAST { 0 } else { whole }
        });
    }

    /// Posts the last cycle.
    pub fn post(&mut self) {
        let cycle = self.cycles.last_mut().expect("a cycle");
        cycle.stage = Stage::Posted;
        self.shared += cycle.revenue;
        for owed in &mut self.owed {
            *owed += cycle.revenue / 6;
        }
    }

    /// Issues a cycle.
    pub fn issue(&mut self, cycle: usize) {
        let cycle = &mut self.cycles[cycle];
        let mut payments = BTreeMap::new();
        for (member, amount) in cycle.pays.into_iter().enumerate().filter(|(_, amount)| *amount > 0) {
            self.owed[member] -= amount;
            let tries = Vec::new();
            let _ = payments.insert(member, Payment { amount, tries });
        }
        cycle.payments = Some(payments);
    }

    /// Takes evidence as right: the try ends by it.
    pub fn settle(&mut self, cycle: usize, evidence: usize) {
        let cycle = &mut self.cycles[cycle];
        let one = &cycle.evidence[evidence];
        let payment = cycle
            .payments
            .as_mut()
            .expect("payments")
            .get_mut(&one.member)
            .expect("a payment");
        let tried = &mut payment.tries[one.number];
        tried.state = if one.is_paid { State::Settled } else { State::Rejected };
        match tried.rail {
            Rail::Manual => self.cash -= payment.amount,
            Rail::Bank if one.is_paid => {
                self.bank -= payment.amount;
                let _ = self.otherwise.insert(tried.reference.clone());
            }
            Rail::Bank | Rail::Carry => {}
        }
    }

    /// Takes what a file of the bank says. Of how many of its sayings it cannot be so.
    pub fn hear(&mut self, file: &BankFile) -> usize {
        let mut contradictions = 0;
        for (reference, said) in &file.said {
            if !self.hear_one(reference, *said) {
                contradictions += 1;
            }
        }
        if file.closed_on.is_some_and(|day| day >= SPEAKS) {
            let payments = self.cycles.iter_mut().filter_map(|cycle| cycle.payments.as_mut());
            let tries = payments.flat_map(|payments| payments.values_mut().flat_map(|one| &mut one.tries));
            for waiting in tries.filter(|one| matches!(one.state, State::Submitted | State::Accepted)) {
                waiting.state = State::Unknown;
            }
        }
        contradictions
    }

    /// Whether it can be so.
    fn hear_one(&mut self, reference: &str, said: Said) -> bool {
        let payments = self.cycles.iter_mut().filter_map(|cycle| cycle.payments.as_mut());
        let mut all = payments.flat_map(BTreeMap::values_mut);
        let is_it = |one: &Try| one.reference == reference;
        let payment = all.find(|payment| payment.tries.iter().any(is_it)).expect("a payment");
        let amount = payment.amount;
        let tried = payment.tries.iter_mut().find(|one| is_it(one)).expect("a try");
        if let Said::Paid(cents) = said
            && cents * CENT != amount
        {
            return false;
        }
        let before = tried.state;
        match said {
            Said::Accepted if before.is_asked() => tried.state = State::Accepted,
            Said::Rejected if before.is_asked() => tried.state = State::Rejected,
            Said::Paid(_) if before.is_asked() => {
                tried.state = State::Settled;
                self.bank -= amount;
            }
            Said::Returned(cents) if before.is_asked() || before == State::Settled => {
                tried.state = State::Returned;
                if before.is_asked() {
                    let _ = self.otherwise.insert(reference.to_owned());
                    self.bank -= amount;
                }
                self.bank += cents * CENT;
                self.fees += amount - cents * CENT;
            }
            Said::Accepted | Said::Paid(_) | Said::Returned(_) => return before != State::Rejected,
            Said::Rejected => return before == State::Rejected,
        }
        true
    }
}
