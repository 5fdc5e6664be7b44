//! Random elections.

use governance::tally::TieBreak;
use governance::tally::irv::{self, Papers, Procedure};
use governance::tally::meek;
use governance::tally::pairwise::{Pairwise, count_copeland, count_schulze};
use governance::tally::sheet::Count;
use proptest::prelude::*;

/// Papers with ranks of several, and what is needed to count them.
#[derive(Debug, Clone)]
pub struct Election {
    pub candidates: u16,
    pub seats: u16,
    /// Ranks and weight.
    pub papers: Vec<(Vec<Vec<u16>>, u128)>,
    /// The order in which ties are drawn; also another numbering of the candidates.
    pub order: Vec<u16>,
}

/// Elections with ranks of at most so many candidates.
pub fn elections(together: usize) -> impl Strategy<Value = Election> {
    (1_u16..=6).prop_flat_map(move |candidates| {
        let all: Vec<u16> = (0..candidates).collect();
        let longest = usize::from(candidates);
        let sizes = prop::collection::vec(1..=together, longest);
        let paper = (Just(all.clone()).prop_shuffle(), 0..=longest, sizes).prop_map(|(order, length, sizes)| {
            let mut left = &order[..length];
            let mut ranks = Vec::new();
            for size in sizes {
                let (rank, rest) = left.split_at(size.min(left.len()));
                if !rank.is_empty() {
                    ranks.push(rank.to_vec());
                }
                left = rest;
            }
            ranks
        });
        let papers = prop::collection::vec((paper, 1_u128..=9), 0..20);
        (1..=candidates, papers, Just(all).prop_shuffle()).prop_map(move |(seats, papers, order)| Election {
            candidates,
            seats,
            papers,
            order,
        })
    })
}

impl Election {
    /// The same with the papers turned round and each line of many as many lines of one.
    pub fn turned(&self) -> Self {
        let lines = self.papers.iter().rev();
        let ones = lines.flat_map(|(ranks, weight)| (0..*weight).map(move |_| (ranks.clone(), 1)));
        Self {
            papers: ones.collect(),
            ..self.clone()
        }
    }

    /// The same under other numbers: `order[n]` instead of n, in the papers and in the order of draws.
    pub fn renamed(&self) -> Self {
        let rename = |one: &u16| self.order[usize::from(*one)];
        let ranks = |ranks: &Vec<Vec<u16>>| ranks.iter().map(|rank| rank.iter().map(rename).collect()).collect();
        Self {
            papers: self
                .papers
                .iter()
                .map(|(paper, weight)| (ranks(paper), *weight))
                .collect(),
            order: self.order.iter().map(rename).collect(),
            ..self.clone()
        }
    }

    /// A paper without its equal ranks: the first of each stands alone.
    fn strict(paper: &[Vec<u16>]) -> Vec<u16> {
        paper.iter().map(|rank| rank[0]).collect()
    }

    pub fn irv(&self, procedure: &Procedure, tie: &TieBreak) -> Count {
        let mut papers = Papers::new();
        for (paper, weight) in &self.papers {
            papers.add(&Self::strict(paper), *weight);
        }
        let contest = irv::Contest {
            candidates: self.candidates,
            withdrawn: Vec::new(),
            procedure: procedure.clone(),
        };
        irv::count(&contest, &papers, tie).unwrap()
    }

    pub fn meek(&self, procedure: meek::Procedure, tie: &TieBreak) -> Count {
        let mut papers = meek::Papers::new();
        for (paper, weight) in &self.papers {
            papers.add(paper, *weight);
        }
        let contest = meek::Contest {
            candidates: self.candidates,
            seats: self.seats,
            withdrawn: Vec::new(),
            procedure,
        };
        meek::count(&contest, &papers, tie).unwrap()
    }

    pub fn pairs(&self) -> Pairwise {
        let mut pairs = Pairwise::new(self.candidates).unwrap();
        for (paper, weight) in &self.papers {
            pairs.add(paper, *weight).unwrap();
        }
        pairs
    }

    /// The count by each ranked method.
    pub fn all(&self, tie: &TieBreak) -> [Count; 4] {
        [
            self.irv(&Procedure::default(), tie),
            self.meek(meek::Procedure::default(), tie),
            count_schulze(&self.pairs(), self.seats, None, tie).unwrap(),
            count_copeland(&self.pairs(), self.seats, None, tie).unwrap(),
        ]
    }

    pub fn drawn(&self) -> TieBreak {
        TieBreak::Order(self.order.clone())
    }
}
