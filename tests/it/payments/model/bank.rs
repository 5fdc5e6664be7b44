//! A small bank: it takes the files that are released, pays or not as the seed says, and writes what banks write about it.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::super::answers::{back, statement, status};
use super::below;
use crate::crash::seeds::Numbers;

/// What becomes of a transfer, drawn when it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is paid on one of the next days.
    Pays,
    /// It is refused, and the bank says so.
    Refuses,
    /// It is paid and comes back, less what the bank keeps of it.
    ComesBack { kept: i64 },
    /// It is lost, and the bank never speaks of it again.
    Lost,
}

/// What the bank was asked to pay.
pub struct Transfer {
    /// By which reference.
    pub reference: String,
    /// How much, in cents.
    pub cents: i64,
    fate: Fate,
    paid_on: Option<NaiveDate>,
    /// Whether it came back.
    pub is_back: bool,
}

impl Transfer {
    /// Whether money left the account for it, ever.
    pub fn was_paid(&self) -> bool {
        self.paid_on.is_some()
    }

    /// What a letter of the bank would say of it; `None` as long as the bank itself cannot know.
    pub fn truth(&self) -> Option<bool> {
        match self.fate {
            _ if self.was_paid() => Some(true),
            Fate::Refuses | Fate::Lost => Some(false),
            Fate::Pays | Fate::ComesBack { .. } => None,
        }
    }
}

/// One thing that a file says of a payment, with cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Accepted,
    Rejected,
    Paid(i64),
    Returned(i64),
}

/// A file of the bank.
pub struct BankFile {
    /// Its bytes.
    pub text: String,
    /// What it says of which payments, in its order.
    pub said: Vec<(String, Said)>,
    /// What the bank booked and tells with it: the day, the reference, and cents, below zero where they left the account. Nothing where
    /// somebody changed the file.
    pub booked: Vec<(NaiveDate, String, i64)>,
    /// The last day of a statement.
    pub closed_on: Option<NaiveDate>,
    /// Whether it was brought in.
    pub is_heard: bool,
}

/// The bank.
pub struct Bank {
    today: NaiveDate,
    balance: i64,
    messages: BTreeSet<String>,
    /// What it was asked to pay.
    pub transfers: Vec<Transfer>,
    /// What it wrote, in the order in which it wrote it.
    pub files: Vec<BankFile>,
}

/// What stands between two marks.
pub fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).expect(begin);
    rest.split_once(end).expect(end).0
}

/// Cents of an amount with two decimal places.
pub fn cents(text: &str) -> i64 {
    text.replace('.', "").parse().expect("cents")
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Bank {
    /// A bank a few days before the day on which files are to be paid.
    pub fn open() -> Self {
        Self {
            today: NaiveDate::from_ymd_opt(2999, 12, 27).expect("a day"),
            balance: 0,
            messages: BTreeSet::new(),
            transfers: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The transfer with a reference.
    pub fn transfer(&self, reference: &str) -> Option<&Transfer> {
        self.transfers.iter().find(|one| one.reference == reference)
    }

    /// Takes a file of payments: of each its account, its reference and its cents, in the order of accounts. A file that it has already it
    /// refuses whole, and says why.
    pub fn take(&mut self, xml: &str, numbers: &mut Numbers) -> Vec<(String, String, i64)> {
        let message = between(xml, "<MsgId>", "</MsgId>").to_owned();
        let mut asked: Vec<(String, String, i64)> = xml
            .split("<CdtTrfTxInf>")
            .skip(1)
            .map(|one| {
                let amount = between(one, "<InstdAmt Ccy=\"EUR\">", "</InstdAmt>");
                let iban = between(one, "<IBAN>", "</IBAN>").to_owned();
                (
                    iban,
                    between(one, "<EndToEndId>", "</EndToEndId>").to_owned(),
                    cents(amount),
                )
            })
            .collect();
        // Not by references, which differ from run to run: what a seed draws is then the same for the same member.
        asked.sort();
        let name = format!("status-{}", self.files.len());
        if !self.messages.insert(message.clone()) {
            let said: Vec<(&str, &str, &str)> = asked.iter().map(|one| (one.1.as_str(), "RJCT", "DUPL")).collect();
            self.write(status(&name, &message, &said), Vec::new(), Vec::new());
            return asked;
        }
        let mut said = Vec::new();
        for (_, reference, cents) in &asked {
            let fate = match below(numbers, 8) {
                0 => Fate::Refuses,
                1 => Fate::Lost,
                2 => Fate::ComesBack { kept: 0 },
                3 => Fate::ComesBack { kept: cents / 4 },
                _ => Fate::Pays,
            };
            if fate == Fate::Refuses {
                said.push((reference.clone(), Said::Rejected));
            } else if below(numbers, 3) > 0 {
                said.push((reference.clone(), Said::Accepted));
            }
            self.transfers.push(Transfer {
                reference: reference.clone(),
                cents: *cents,
                fate,
                paid_on: None,
                is_back: false,
            });
        }
        let words = |said: Said| {
            if said == Said::Rejected {
                ("RJCT", "AC04")
            } else {
                ("ACCP", "G000")
            }
        };
        let told: Vec<(&str, &str, &str)> = said
            .iter()
            .map(|(reference, said)| (reference.as_str(), words(*said).0, words(*said).1))
            .collect();
        if !told.is_empty() {
            self.write(status(&name, &message, &told), said, Vec::new());
        }
        asked
    }

    fn write(&mut self, text: String, said: Vec<(String, Said)>, booked: Vec<(NaiveDate, String, i64)>) {
        self.files.push(BankFile {
            text,
            said,
            booked,
            closed_on: None,
            is_heard: false,
        });
    }

    /// A day goes by: some of what waits is paid, some comes back, and the statement is written. Of some statements somebody changes a copy.
    pub fn day(&mut self, numbers: &mut Numbers) {
        self.today = self.today + Days::new(1);
        let today = self.today;
        let mut booked: Vec<(String, i64)> = Vec::new();
        for one in &mut self.transfers {
            match (one.fate, one.paid_on) {
                (Fate::Pays | Fate::ComesBack { .. }, None) if below(numbers, 2) == 0 => {
                    one.paid_on = Some(today);
                    booked.push((one.reference.clone(), -one.cents));
                }
                (Fate::ComesBack { kept }, Some(_)) if !one.is_back && below(numbers, 2) == 0 => {
                    one.is_back = true;
                    booked.push((one.reference.clone(), one.cents - kept));
                }
                _ => {}
            }
        }
        let returned: Vec<(String, i64)> = booked.iter().filter(|(_, cents)| *cents > 0).cloned().collect();
        for (reference, came_back) in returned {
            let sent = self.transfer(&reference).expect("a transfer").cents;
            let name = format!("return-{}", self.files.len());
            let text = back(&name, &reference, (&money(sent), &money(came_back)));
            let text = text.replace("2026-12-04", &today.to_string());
            let said = vec![(reference.clone(), Said::Returned(came_back))];
            self.write(text, said, vec![(today, reference, came_back)]);
        }
        self.write_statement(&booked, false);
        if booked.iter().any(|(_, cents)| *cents < 0) && below(numbers, 3) == 0 {
            // A cent less of each, under the same name.
            let debits = booked.iter().filter(|(_, cents)| *cents < 0);
            let edited: Vec<(String, i64)> = debits
                .map(|(reference, cents)| (reference.clone(), cents + 1))
                .collect();
            self.write_statement(&edited, true);
        }
        self.balance += booked.iter().map(|(_, cents)| cents).sum::<i64>();
    }

    fn write_statement(&mut self, booked: &[(String, i64)], is_edited: bool) {
        let today = self.today.to_string();
        let lines: Vec<(&str, i64)> = booked
            .iter()
            .map(|(reference, cents)| (reference.as_str(), *cents))
            .collect();
        let text = statement(&format!("day-{today}"), (&today, self.balance), &lines);
        let said = booked.iter().map(|(reference, cents)| {
            let said = if *cents < 0 {
                Said::Paid(-cents)
            } else {
                Said::Returned(*cents)
            };
            (reference.clone(), said)
        });
        let told = booked
            .iter()
            .map(|(reference, cents)| (self.today, reference.clone(), *cents));
        self.files.push(BankFile {
            text,
            said: said.collect(),
            booked: if is_edited { Vec::new() } else { told.collect() },
            closed_on: Some(self.today),
            is_heard: false,
        });
    }
}
