//! What a treasury is asked to do: drawn, answered as the model says, and taken by the model.

use governance::bank::{attempt, end_to_end};
use governance::id::{MemberId, PayoutCycleId};
use governance::payment::payment_word;
use serde_json::{Value, json};

use super::bank::Bank;
use super::books::{
    Books, Cycle, End, Evidence, PEOPLE, Payment, Rail, STEWARD, Stage, State, TREASURER, Transfers, Try,
};
use crate::revenue::world::nothing;

/// The steps of a cycle that the treasurer takes, with where it stands before and after.
pub const STEPS: [(&str, Stage, Stage); 5] = [
    ("freezing", Stage::Open, Stage::Frozen),
    ("computation", Stage::Frozen, Stage::Computed),
    ("verification", Stage::Computed, Stage::Verified),
    ("proposal", Stage::Verified, Stage::Proposed),
    ("posting", Stage::Approved, Stage::Posted),
];

/// What somebody is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Income is recorded.
    Earn {
        table: String,
        cents: i64,
    },
    /// The same table is brought again.
    EarnAgain {
        receipt: usize,
    },
    Open,
    Cancel,
    /// One of the steps above.
    Step(usize),
    Approve {
        is_right: bool,
    },
    Issue,
    Prepare,
    Release {
        file: usize,
        is_right: bool,
    },
    Withdraw {
        file: usize,
    },
    /// Evidence is brought.
    Prove {
        member: usize,
        is_paid: bool,
    },
    Judge {
        evidence: usize,
        is_right: bool,
    },
    Carry {
        member: usize,
    },
    Close,
    /// A file of the bank is brought in.
    Hear {
        file: usize,
    },
}

/// What is asked for, by whom, of which cycle.
#[derive(Debug, Clone)]
pub struct Command {
    pub what: What,
    pub who: usize,
    pub cycle: usize,
}

/// What a command is about outside the model.
pub struct Place<'a> {
    /// The members, by their places in the model.
    pub members: [MemberId; PEOPLE],
    /// The account that pays, and cash.
    pub accounts: [&'a Value; 2],
}

impl Command {
    /// Which invariants it would break, were it answered otherwise.
    pub const fn holds(&self) -> &'static str {
        match self.what {
            What::Earn { .. } | What::EarnAgain { .. } | What::Open | What::Cancel | What::Step(0..4) => "I9",
            What::Step(_) | What::Approve { .. } => "I7",
            What::Close => "I11",
            What::Hear { .. } => "I18",
            What::Issue
            | What::Prepare
            | What::Release { .. }
            | What::Withdraw { .. }
            | What::Prove { .. }
            | What::Judge { .. }
            | What::Carry { .. } => "I5",
        }
    }

    /// Whether the same under another key is refused once it was done.
    pub const fn comes_once(&self) -> bool {
        !matches!(
            self.what,
            What::Earn { .. } | What::EarnAgain { .. } | What::Approve { .. } | What::Close | What::Judge { .. }
        )
    }

    /// Where it is asked for, and how.
    pub fn request(&self, books: &Books, bank: &Bank, place: &Place<'_>) -> (String, Value) {
        let earn = |table: &str| json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": table});
        match &self.what {
            What::Earn { table, .. } => return (String::from("income"), earn(table)),
            What::EarnAgain { receipt } => return (String::from("income"), earn(&books.receipts[*receipt].0)),
            What::Open => {
                let body = json!({"period": format!("period-{}", books.cycles.len()), "ends_on": "2026-09-30"});
                return (String::from("payouts"), body);
            }
            What::Hear { file } => return (String::from("bank-files"), json!({"file": bank.files[*file].text})),
            _ => {}
        }
        let cycle = &books.cycles[self.cycle];
        let (path, body) = match &self.what {
            What::Step(step) => (STEPS[*step].0.to_owned(), json!({})),
            What::Approve { is_right } => {
                let [digest, paid] = &cycle.digests;
                let paid = if *is_right {
                    paid.clone()
                } else {
                    format!("0x{}", "17".repeat(32))
                };
                (
                    String::from("approvals"),
                    json!({"digest": digest, "payout_digest": paid}),
                )
            }
            What::Cancel => (String::from("cancellation"), json!({"reason": "not this one"})),
            What::Issue => (String::from("issue"), json!({})),
            What::Prepare => {
                let body = json!({"ledger_account": place.accounts[0], "pay_on": "2999-12-31"});
                (String::from("files"), body)
            }
            What::Release { file, is_right } => {
                let file = &cycle.files[*file];
                let digest = if *is_right {
                    file.digest.clone()
                } else {
                    format!("0x{}", "17".repeat(32))
                };
                (format!("files/{}/release", file.id), json!({"digest": digest}))
            }
            What::Withdraw { file } => {
                let path = format!("files/{}/withdrawal", cycle.files[*file].id);
                (path, json!({"reason": "not this one"}))
            }
            What::Prove { member, is_paid } => {
                let path = format!("payments/{}/evidence", place.members[*member]);
                (path, Self::evidence(*member, *is_paid, place))
            }
            What::Judge { evidence, is_right } => {
                let path = format!("evidence/{}/verdict", cycle.evidence[*evidence].id);
                (path, json!({"is_right": is_right}))
            }
            What::Carry { member } => {
                let path = format!("payments/{}/carry", place.members[*member]);
                (path, json!({"reason": "next time"}))
            }
            What::Close => (String::from("closing"), json!({})),
            What::Earn { .. } | What::EarnAgain { .. } | What::Open | What::Hear { .. } => {
                unreachable!("answered above")
            }
        };
        (format!("payouts/{}/{path}", cycle.id), body)
    }

    fn evidence(member: usize, is_paid: bool, place: &Place<'_>) -> Value {
        let outcome = if is_paid { "paid" } else { "not_paid" };
        let mut body = json!({"outcome": outcome, "day": "2026-10-02", "reference": "a receipt", "document": format!("0x{}", "42".repeat(32))});
        if member == STEWARD {
            body["ledger_account"] = place.accounts[1].clone();
        }
        body
    }

    /// Whether there is anything that it could be asked of.
    pub fn is_about_something(&self, books: &Books, bank: &Bank) -> bool {
        let cycle = books.cycles.get(self.cycle);
        match &self.what {
            What::Earn { .. } | What::Open => true,
            What::EarnAgain { receipt } => *receipt < books.receipts.len(),
            What::Hear { file } => *file < bank.files.len(),
            What::Release { file, .. } | What::Withdraw { file } => {
                cycle.is_some_and(|cycle| *file < cycle.files.len())
            }
            What::Judge { evidence, .. } => cycle.is_some_and(|cycle| *evidence < cycle.evidence.len()),
            What::Cancel
            | What::Step(_)
            | What::Approve { .. }
            | What::Issue
            | What::Prepare
            | What::Prove { .. }
            | What::Carry { .. }
            | What::Close => cycle.is_some(),
        }
    }

    /// The status of the answer, by the rules of the documents alone.
    pub fn expected(&self, books: &Books, bank: &Bank) -> u16 {
        let (is_treasurer, holds_office) = (self.who == TREASURER, self.who >= STEWARD);
        let may = match self.what {
            What::Approve { .. } | What::Release { .. } | What::Withdraw { .. } | What::Judge { .. } | What::Close => {
                holds_office
            }
            _ => is_treasurer,
        };
        if !may {
            return 403;
        }
        match &self.what {
            What::Earn { .. } | What::EarnAgain { .. } => return 201,
            What::Open if books.cycles.last().is_some_and(|cycle| cycle.stage < Stage::Posted) => return 409,
            What::Open => return 201,
            What::Hear { file } => {
                let text = &bank.files[*file].text;
                let was_heard = bank.files.iter().any(|file| file.is_heard && file.text == *text);
                return if was_heard { 409 } else { 201 };
            }
            _ => {}
        }
        let cycle = &books.cycles[self.cycle];
        match &self.what {
            What::Cancel if cycle.stage < Stage::Posted => 200,
            What::Step(0) if books.unshared() <= 0 => 409,
            What::Step(step) if STEPS[*step].1 == cycle.stage => 200,
            What::Approve { .. } if cycle.stage != Stage::Proposed => 409,
            What::Approve { .. } if is_treasurer => 403,
            What::Approve { is_right: true } => 200,
            What::Issue
                if cycle.stage == Stage::Posted && cycle.payments.is_none() && !books.is_carried_on(self.cycle) =>
            {
                if cycle.pays.iter().all(|pays| *pays == 0) {
                    409
                } else {
                    200
                }
            }
            What::Cancel | What::Step(_) | What::Approve { .. } | What::Issue => 409,
            _ => self.expected_of_payments(cycle),
        }
    }

    fn expected_of_payments(&self, cycle: &Cycle) -> u16 {
        let Some(payments) = &cycle.payments else { return 409 };
        let standing = |member: &usize| payments.get(member).map(Payment::standing);
        match &self.what {
            What::Prepare if !cycle.ready().is_empty() => 201,
            What::Release { file, is_right: true } if cycle.files[*file].state == State::Prepared => {
                if self.who == TREASURER { 403 } else { 200 }
            }
            What::Withdraw { file } if cycle.files[*file].state == State::Prepared => 200,
            What::Prove { member, .. } | What::Carry { member } if standing(member).is_none() => 404,
            What::Prove { member: STEWARD, .. } if standing(&STEWARD) == Some(None) => 201,
            What::Prove { member, .. } if standing(member) == Some(Some(State::Unknown)) => {
                let waits = cycle.evidence.iter().any(|one| one.member == *member && !one.is_judged);
                if waits { 409 } else { 201 }
            }
            What::Judge { evidence, is_right } => {
                let one = &cycle.evidence[*evidence];
                let tried = &payments[&one.member].tries[one.number];
                match () {
                    () if one.is_judged => 409,
                    () if self.who == TREASURER || self.who == one.member => 403,
                    () if *is_right && tried.rail == Rail::Bank && tried.state != State::Unknown => 409,
                    () => 200,
                }
            }
            What::Carry { member } if standing(member) == Some(None) => 200,
            What::Close if cycle.end == End::Closed || cycle.waits() != [0, 0] => 409,
            What::Close if cycle.end == End::AskedBy(self.who) => 403,
            What::Close => 200,
            _ => 409,
        }
    }

    /// Has the model take what was done, with what only the answer tells. Of how many sayings of a bank it cannot be so.
    pub fn took(&self, books: &mut Books, bank: &mut Bank, (place, answer): (&Place<'_>, &Value)) -> usize {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match &self.what {
            What::Earn { table, cents } => books.receipts.push((table.clone(), cents * super::books::CENT)),
            What::Open => books.cycles.push(Cycle::new(text(&answer["id"]))),
            What::Hear { file } => {
                bank.files[*file].is_heard = true;
                return books.hear(&bank.files[*file]);
            }
            What::Step(0) => books.freeze(),
            What::Step(4) => books.post(),
            What::Issue => books.issue(self.cycle),
            What::Judge {
                evidence,
                is_right: true,
            } => books.settle(self.cycle, *evidence),
            What::Carry { member } => books.owed[*member] += books.cycles[self.cycle].pays[*member],
            _ => {}
        }
        if let Some(cycle) = books.cycles.get_mut(self.cycle) {
            self.took_of(cycle, (place, answer));
        }
        0
    }

    fn took_of(&self, cycle: &mut Cycle, (place, answer): (&Place<'_>, &Value)) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match &self.what {
            What::Step(step) => {
                cycle.stage = STEPS[*step].2;
                // Before there is one, somebody asks with another.
                cycle.digests =
                    ["digest", "payout_digest"].map(|name| answer[name].as_str().map_or_else(nothing, str::to_owned));
            }
            What::Cancel => cycle.stage = Stage::Cancelled,
            What::Approve { .. } => {
                let _ = cycle.approvals.insert(self.who);
                if cycle.approvals.len() >= cycle.needed {
                    cycle.stage = Stage::Approved;
                }
            }
            What::Prepare => {
                let tries = cycle.ready().into_iter().map(|member| {
                    (
                        member,
                        Self::tries(cycle, (place, member), (Rail::Bank, State::Prepared)),
                    )
                });
                let tries = tries.collect();
                let (id, digest) = (text(&answer["id"]), text(&answer["digest"]));
                cycle.files.push(Transfers {
                    id,
                    digest,
                    tries,
                    state: State::Prepared,
                });
            }
            What::Release { file, .. } => Self::goes(cycle, *file, State::Submitted),
            What::Withdraw { file } => Self::goes(cycle, *file, State::Withdrawn),
            What::Prove { member, is_paid } => {
                let number = if *member == STEWARD {
                    Self::tries(cycle, (place, *member), (Rail::Manual, State::Prepared))
                } else {
                    cycle
                        .payments
                        .as_ref()
                        .map_or(0, |payments| payments[member].tries.len() - 1)
                };
                let (member, is_paid) = (*member, *is_paid);
                cycle.evidence.push(Evidence {
                    id: text(&answer["id"]),
                    member,
                    number,
                    is_paid,
                    is_judged: false,
                });
            }
            What::Judge { evidence, is_right } => Self::judged(cycle, *evidence, *is_right),
            What::Carry { member } => _ = Self::tries(cycle, (place, *member), (Rail::Carry, State::Settled)),
            What::Close => {
                cycle.end = match cycle.end {
                    End::Nobody => End::AskedBy(self.who),
                    End::AskedBy(_) | End::Closed => End::Closed,
                }
            }
            What::Earn { .. } | What::EarnAgain { .. } | What::Open | What::Hear { .. } | What::Issue => {}
        }
    }

    /// Takes a verdict; what it settles is taken by the books.
    fn judged(cycle: &mut Cycle, evidence: usize, is_right: bool) {
        let one = &mut cycle.evidence[evidence];
        one.is_judged = true;
        let payments = cycle.payments.as_mut().expect("payments");
        let tried = &mut payments.get_mut(&one.member).expect("a payment").tries[one.number];
        if !is_right && tried.rail == Rail::Manual {
            tried.state = State::Withdrawn;
        }
    }

    /// Begins the next try; which one it is.
    fn tries(cycle: &mut Cycle, (place, member): (&Place<'_>, usize), (rail, state): (Rail, State)) -> usize {
        let id: PayoutCycleId = cycle.id.parse().expect("an identifier");
        let tries = &mut cycle
            .payments
            .as_mut()
            .expect("payments")
            .get_mut(&member)
            .expect("a payment")
            .tries;
        let number = u32::try_from(tries.len() + 1).expect("a number");
        let reference = end_to_end(attempt(payment_word(id, place.members[member]), number));
        tries.push(Try { state, rail, reference });
        tries.len() - 1
    }

    fn goes(cycle: &mut Cycle, file: usize, state: State) {
        let file = &mut cycle.files[file];
        file.state = state;
        for (member, number) in &file.tries {
            let payment = cycle
                .payments
                .as_mut()
                .expect("payments")
                .get_mut(member)
                .expect("a payment");
            payment.tries[*number].state = state;
        }
    }
}
