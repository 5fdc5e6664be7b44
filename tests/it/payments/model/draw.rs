//! What somebody asks for next, from a seed.

use super::bank::Bank;
use super::below;
use super::books::{AUDITOR, Books, Cycle, End, PEOPLE, Rail, STEWARD, State, TREASURER, Transfers};
use super::commands::{Command, STEPS, What};
use crate::crash::seeds::Numbers;

/// Which draws are of what comes before a cycle is posted, of a hundred.
const STEPS_BELOW: usize = 36;

fn mostly(numbers: &mut Numbers, who: usize) -> usize {
    if below(numbers, 12) == 0 {
        below(numbers, PEOPLE)
    } else {
        who
    }
}

impl Command {
    /// One of all, whether it can be done or not.
    pub fn draw(numbers: &mut Numbers, books: &Books, bank: &Bank) -> Self {
        let kind = below(numbers, 100);
        let cycle = Self::about(numbers, books, kind < STEPS_BELOW);
        let about = books.cycles.get(cycle);
        let of = |numbers: &mut Numbers, count: usize| below(numbers, count.max(1));
        let files = about.map_or(0, |cycle| cycle.files.len());
        let what = match kind {
            0..5 => Self::income(numbers, books.receipts.len()),
            5..6 => What::EarnAgain {
                receipt: of(numbers, books.receipts.len()),
            },
            6..8 => What::Open,
            8..9 => What::Cancel,
            9..28 => What::Step(Self::step(numbers, about)),
            28..STEPS_BELOW => What::Approve {
                is_right: below(numbers, 8) > 0,
            },
            STEPS_BELOW..42 => What::Issue,
            42..52 => What::Prepare,
            52..62 => What::Release {
                file: files.saturating_sub(1 + below(numbers, 4) / 3),
                is_right: below(numbers, 8) > 0,
            },
            62..63 => What::Withdraw {
                file: of(numbers, files),
            },
            63..72 => What::Prove {
                member: below(numbers, PEOPLE),
                is_paid: true,
            },
            72..79 => What::Judge {
                evidence: of(numbers, about.map_or(0, |cycle| cycle.evidence.len())),
                is_right: below(numbers, 4) > 0,
            },
            // Mostly of those who did not say where to be paid.
            79..85 => What::Carry {
                member: if below(numbers, 6) == 0 {
                    below(numbers, PEOPLE)
                } else {
                    TREASURER + below(numbers, 2)
                },
            },
            85..90 => What::Close,
            _ => What::Hear {
                file: of(numbers, bank.files.len()),
            },
        };
        // What is begun is also brought to an end.
        let ends = if kind < STEPS_BELOW {
            None
        } else {
            Self::leads_on(numbers, about, bank)
        };
        let what = ends.filter(|_| below(numbers, 3) == 0).unwrap_or(what);
        let usual = match what {
            What::Approve { .. } | What::Release { .. } | What::Judge { .. } if below(numbers, 2) == 0 => STEWARD,
            What::Approve { .. } | What::Release { .. } | What::Judge { .. } => AUDITOR,
            What::Close if below(numbers, 2) == 0 => AUDITOR,
            _ => TREASURER,
        };
        let who = mostly(numbers, usual);
        let mut drawn = Self { what, who, cycle };
        drawn.tell_the_truth(books, bank);
        drawn
    }

    /// Mostly the last cycle for its steps, and for payments one of those that are being paid.
    fn about(numbers: &mut Numbers, books: &Books, is_step: bool) -> usize {
        let last = books.cycles.len().saturating_sub(1);
        if below(numbers, 8) == 0 {
            return below(numbers, last + 1);
        }
        let is_paid = |cycle: &Cycle| cycle.payments.is_some() && cycle.end != End::Closed;
        let paying: Vec<usize> = (0..=last)
            .filter(|one| books.cycles.get(*one).is_some_and(is_paid))
            .collect();
        if is_step || paying.is_empty() {
            return last;
        }
        paying[below(numbers, paying.len())]
    }

    /// One of what is still to be done before a cycle can be closed.
    fn leads_on(numbers: &mut Numbers, about: Option<&Cycle>, bank: &Bank) -> Option<What> {
        let cycle = about?;
        let payments = cycle.payments.as_ref()?;
        let of_members = payments
            .iter()
            .filter_map(|(member, payment)| match (*member, payment.standing()) {
                (STEWARD, None) | (_, Some(State::Unknown)) => Some(What::Prove {
                    member: *member,
                    is_paid: true,
                }),
                (0..STEWARD, None) => Some(What::Prepare),
                (_, None) => Some(What::Carry { member: *member }),
                (_, Some(_)) => None,
            });
        let waits = |file: &Transfers| file.state == State::Prepared;
        let files = cycle
            .files
            .iter()
            .position(waits)
            .map(|file| What::Release { file, is_right: true });
        let evidence = cycle.evidence.iter().position(|one| !one.is_judged);
        let is_right = below(numbers, 4) > 0;
        let evidence = evidence.map(|evidence| What::Judge { evidence, is_right });
        let heard = bank
            .files
            .iter()
            .position(|file| !file.is_heard)
            .map(|file| What::Hear { file });
        let mut all: Vec<What> = of_members.chain(files).chain(evidence).chain(heard).collect();
        if cycle.waits() == [0, 0] {
            all.push(What::Close);
        }
        (!all.is_empty()).then(|| all.swap_remove(below(numbers, all.len())))
    }

    /// A whole number of parts for six, some of which need two approvals; and now and then a correction.
    fn income(numbers: &mut Numbers, number: usize) -> What {
        let cents = match below(numbers, 10) {
            0 => -(3 * below(numbers, 2_000)).cast_signed() - 3,
            1 => (1_200_000 + 3 * below(numbers, 600_000)).cast_signed(),
            _ => (3 + 3 * below(numbers, 20_000)).cast_signed(),
        };
        let sign = if cents < 0 { "-" } else { "" };
        let (day, whole) = (1 + below(numbers, 30), cents.unsigned_abs());
        let amount = format!("{sign}{}.{:02}", whole / 100, whole % 100);
        let table = format!("date,amount,reference,description\n2026-07-{day:02},{amount},receipt-{number},Sales\n");
        What::Earn {
            table,
            cents: i64::try_from(cents).expect("cents"),
        }
    }

    /// Mostly the one that comes next.
    fn step(numbers: &mut Numbers, about: Option<&Cycle>) -> usize {
        let next = about.and_then(|cycle| STEPS.iter().position(|(_, before, _)| *before == cycle.stage));
        match next {
            Some(next) if below(numbers, 8) > 0 => next,
            _ => below(numbers, STEPS.len()),
        }
    }

    /// Evidence of what a bank did says what the bank did.
    fn tell_the_truth(&mut self, books: &Books, bank: &Bank) {
        let What::Prove { member, is_paid } = &mut self.what else {
            return;
        };
        let payments = books.cycles.get(self.cycle).and_then(|cycle| cycle.payments.as_ref());
        let tried = payments.and_then(|payments| payments.get(member)?.tries.last());
        let tried = tried.filter(|tried| tried.rail == Rail::Bank && tried.state == State::Unknown);
        let Some(tried) = tried else { return };
        match bank.transfer(&tried.reference).and_then(|one| one.truth()) {
            Some(truth) => *is_paid = truth,
            // Nobody can know yet: the receipts are counted instead.
            None => self.what = What::EarnAgain { receipt: 0 },
        }
    }
}
