//! Counts many small elections, one JSON line each, for comparing with other programs (`cargo xtask oracle count`).
//!
//! A line `{"candidates":3,"seats":1,"papers":[[4,[[0],[1,2]]]]}` gives, for each method, who is elected without any lot, whether
//! a tie stays open, whether one was settled by look-back, and, where one stays open, everyone whom some order of draws elects.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{BufRead as _, Write as _};

use governance::tally::pairwise::{Pairwise, count_copeland, count_schulze};
use governance::tally::sheet::Count;
use governance::tally::{CountRefusal, Papers, TieBreak, TieRule, irv, meek, scottish};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Election {
    candidates: u16,
    seats: u16,
    papers: Vec<(u32, Vec<Vec<u16>>)>,
}

#[derive(Serialize)]
struct Answer {
    elected: Vec<u16>,
    open: bool,
    look_back: bool,
    possible: BTreeSet<Vec<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pairwise: Option<Vec<Vec<u64>>>,
}

type Answers = BTreeMap<&'static str, Answer>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let election: Election = serde_json::from_str(&line?)?;
        writeln!(out, "{}", serde_json::to_string(&election.answers()?)?)?;
    }
    Ok(())
}

impl Election {
    fn answers(&self) -> Result<Answers, Box<dyn Error>> {
        let mut answers = Answers::new();
        let equal = self
            .papers
            .iter()
            .flat_map(|(_, ranks)| ranks)
            .any(|rank| rank.len() > 1);
        if !equal {
            answers.insert("irv", self.answer(|tie| self.irv(tie))?);
            answers.insert("scottish-stv", self.answer(|tie| self.scottish(tie))?);
        }
        answers.insert("meek", self.answer(|tie| self.meek(tie))?);
        let mut pairs = Pairwise::new(self.candidates)?;
        for (weight, ranks) in &self.papers {
            pairs.add(ranks, u128::from(*weight))?;
        }
        answers.insert("schulze", self.answer(|tie| count_schulze(&pairs, 1, None, tie))?);
        answers.insert("copeland", self.answer(|tie| count_copeland(&pairs, 1, None, tie))?);
        Ok(answers)
    }

    fn answer(&self, count: impl Fn(&TieBreak) -> Result<Count, CountRefusal>) -> Result<Answer, Box<dyn Error>> {
        let plain = count(&TieBreak::None)?;
        let mut possible = BTreeSet::new();
        if plain.undecided.is_some() {
            for order in orders(self.candidates) {
                possible.insert(winners(&count(&TieBreak::Order(order))?));
            }
        }
        let rows = plain.pairwise.as_ref().map(|rows| {
            let row = |row: &Vec<u128>| {
                row.iter()
                    .map(|cell| u64::try_from(*cell).unwrap_or(u64::MAX))
                    .collect()
            };
            rows.iter().map(row).collect()
        });
        Ok(Answer {
            elected: winners(&plain),
            open: plain.undecided.is_some(),
            look_back: plain.ties.iter().any(|tie| tie.rule == TieRule::Lookback),
            possible,
            pairwise: rows,
        })
    }

    fn strict(&self) -> Papers {
        let mut papers = Papers::new();
        for (weight, ranks) in &self.papers {
            papers.add(&ranks.concat(), u128::from(*weight));
        }
        papers
    }

    fn irv(&self, tie: &TieBreak) -> Result<Count, CountRefusal> {
        let contest = irv::Contest {
            candidates: self.candidates,
            withdrawn: Vec::new(),
            procedure: irv::Procedure::default(),
        };
        irv::count(&contest, &self.strict(), tie)
    }

    fn scottish(&self, tie: &TieBreak) -> Result<Count, CountRefusal> {
        let contest = scottish::Contest {
            candidates: self.candidates,
            seats: self.seats,
            withdrawn: Vec::new(),
        };
        scottish::count(&contest, &self.strict(), tie)
    }

    fn meek(&self, tie: &TieBreak) -> Result<Count, CountRefusal> {
        let contest = meek::Contest {
            candidates: self.candidates,
            seats: self.seats,
            withdrawn: Vec::new(),
            procedure: meek::Procedure::default(),
        };
        let mut papers = meek::Papers::new();
        for (weight, ranks) in &self.papers {
            papers.add(ranks, u128::from(*weight));
        }
        meek::count(&contest, &papers, tie)
    }
}

/// From 0, ascending: the order of election is no part of the comparison.
fn winners(count: &Count) -> Vec<u16> {
    let mut winners: Vec<u16> = count.elected.iter().map(|number| number.saturating_sub(1)).collect();
    winners.sort_unstable();
    winners
}

/// Every order of so many candidates.
fn orders(candidates: u16) -> Vec<Vec<u16>> {
    let mut orders = vec![Vec::new()];
    for one in 0..candidates {
        orders = orders
            .into_iter()
            .flat_map(|order: Vec<u16>| {
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, one);
                    longer
                })
            })
            .collect();
    }
    orders
}
