//! The rounds of the reference rule.

use super::{
    CANDIDATES_MAX, Contest, EmptyRank, ITERATIONS_MAX, MeekCount, OMEGA, PARTS_MAX, Papers, Round, RoundEnd, SCALE,
    VOTES_MAX,
};
use crate::tally::CountRefusal;
use crate::tally::tie::TieBreak;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Hopeful,
    Elected,
    Defeated,
}

struct State<'a> {
    contest: &'a Contest,
    papers: &'a Papers,
    votes: u128,
    standing: Vec<Standing>,
    keep: Vec<u128>,
    totals: Vec<u128>,
    elected: Vec<u16>,
}

/// Counts as far as papers and `tie` decide.
///
/// # Errors
/// [`CountRefusal`] for an impossible contest, an unknown candidate, too many votes, candidates or parts of a paper.
pub fn count(contest: &Contest, papers: &Papers, tie: &TieBreak) -> Result<MeekCount, CountRefusal> {
    let mut state = State::new(contest, papers)?;
    let mut count = MeekCount {
        rounds: Vec::new(),
        elected: Vec::new(),
        undecided: Vec::new(),
    };
    let mut iterations = 0_usize;
    while !state.complete() {
        let mut round = state.round(&mut iterations)?;
        if round.end != RoundEnd::Elected {
            let tied = state.lowest(round.surplus);
            let chosen = match tied.as_slice() {
                [only] => Some(*only),
                several => tie.draw(several),
            };
            if tied.len() > 1 {
                round.tied.clone_from(&tied);
            }
            round.defeated = chosen;
            match chosen {
                Some(loser) => state.defeat(loser),
                None => count.undecided = tied,
            }
        }
        count.rounds.push(round);
        if !count.undecided.is_empty() {
            break;
        }
    }
    if count.undecided.is_empty() && state.elected.len() < usize::from(contest.seats) {
        let rest = state.with(Standing::Hopeful);
        state.elected.extend(rest);
    }
    count.elected = state.elected;
    Ok(count)
}

impl<'a> State<'a> {
    fn new(contest: &'a Contest, papers: &'a Papers) -> Result<Self, CountRefusal> {
        if contest.candidates == 0 || contest.seats == 0 {
            return Err(CountRefusal::NoPlaces);
        }
        if contest.candidates > CANDIDATES_MAX {
            return Err(CountRefusal::TooManyOptions);
        }
        let unknown = |ranks: &Vec<Vec<u16>>| ranks.iter().flatten().copied().find(|one| *one >= contest.candidates);
        if let Some(one) = papers.keys().find_map(unknown) {
            return Err(CountRefusal::UnknownCandidate(one.saturating_add(1)));
        }
        let votes = papers.values().try_fold(0_u128, |sum, weight| sum.checked_add(*weight));
        let votes = votes
            .filter(|votes| *votes <= VOTES_MAX)
            .ok_or(CountRefusal::TooManyVotes)?;
        let width = usize::from(contest.candidates);
        let mut state = Self {
            contest,
            papers,
            votes,
            standing: vec![Standing::Hopeful; width],
            keep: vec![SCALE; width],
            totals: vec![0; width],
            elected: Vec::new(),
        };
        for gone in &contest.withdrawn {
            state.defeat(*gone);
        }
        Ok(state)
    }

    fn with(&self, standing: Standing) -> Vec<u16> {
        (0..self.contest.candidates)
            .zip(&self.standing)
            .filter(|(_, is)| **is == standing)
            .map(|(one, _)| one)
            .collect()
    }

    fn total(&self, one: u16) -> u128 {
        self.totals.get(usize::from(one)).copied().unwrap_or_default()
    }

    fn factor(&self, one: u16) -> u128 {
        self.keep.get(usize::from(one)).copied().unwrap_or_default()
    }

    fn defeat(&mut self, one: u16) {
        if let Some(standing) = self.standing.get_mut(usize::from(one)) {
            *standing = Standing::Defeated;
        }
        if let Some(keep) = self.keep.get_mut(usize::from(one)) {
            *keep = 0;
        }
    }

    fn complete(&self) -> bool {
        let hopeful = self.with(Standing::Hopeful).len();
        let seats = usize::from(self.contest.seats);
        self.elected.len() >= seats || self.elected.len().saturating_add(hopeful) <= seats
    }

    fn round(&mut self, iterations: &mut usize) -> Result<Round, CountRefusal> {
        let mut last_surplus = u128::MAX;
        loop {
            *iterations = iterations.saturating_add(1);
            if *iterations > ITERATIONS_MAX {
                return Err(CountRefusal::TooManyVotes);
            }
            self.distribute()?;
            let votes = self.totals.iter().copied().fold(0_u128, u128::saturating_add);
            let places = u128::from(self.contest.seats).saturating_add(1);
            let quota = votes.checked_div(places).unwrap_or_default().saturating_add(1);
            let elected = self.elect(quota);
            let surplus = self.with(Standing::Elected).into_iter().fold(0_u128, |sum, one| {
                sum.saturating_add(self.total(one).saturating_sub(quota))
            });
            let end = if !elected.is_empty() {
                Some(RoundEnd::Elected)
            } else if surplus < OMEGA {
                Some(RoundEnd::Omega)
            } else if surplus >= last_surplus {
                Some(RoundEnd::Stable)
            } else {
                None
            };
            let keep = self.keep.clone();
            if end.is_none() || end == Some(RoundEnd::Elected) {
                self.lower_factors(quota);
            }
            if let Some(end) = end {
                let residual = self.votes.saturating_mul(SCALE).saturating_sub(votes);
                let totals = self.totals.clone();
                return Ok(Round {
                    totals,
                    keep,
                    quota,
                    surplus,
                    residual,
                    end,
                    elected,
                    defeated: None,
                    tied: Vec::new(),
                });
            }
            last_surplus = surplus;
        }
    }

    /// Elects everyone who has the quota; the higher total first.
    fn elect(&mut self, quota: u128) -> Vec<u16> {
        let mut elected = self.with(Standing::Hopeful);
        elected.retain(|one| self.total(*one) >= quota);
        elected.sort_by_key(|one| (std::cmp::Reverse(self.total(*one)), *one));
        for one in &elected {
            if let Some(standing) = self.standing.get_mut(usize::from(*one)) {
                *standing = Standing::Elected;
            }
        }
        self.elected.extend(&elected);
        elected
    }

    fn lower_factors(&mut self, quota: u128) {
        for one in self.with(Standing::Elected) {
            let total = self.total(one);
            let factor = times_up(self.factor(one), quota).saturating_mul(SCALE);
            if let (Some(keep), true) = (self.keep.get_mut(usize::from(one)), total > 0) {
                *keep = factor.div_ceil(total);
            }
        }
    }

    /// Everyone hopeful within the surplus of the lowest.
    fn lowest(&self, surplus: u128) -> Vec<u16> {
        let mut hopeful = self.with(Standing::Hopeful);
        let least = hopeful.iter().map(|one| self.total(*one)).min().unwrap_or_default();
        hopeful.retain(|one| self.total(*one) <= least.saturating_add(surplus));
        hopeful
    }

    fn distribute(&mut self) -> Result<(), CountRefusal> {
        let mut totals = vec![0_u128; self.totals.len()];
        for (ranks, weight) in self.papers {
            let mut parts = vec![SCALE];
            for rank in ranks {
                parts = self.keep_part(rank, *weight, &parts, &mut totals);
                if parts.is_empty() {
                    break;
                }
                if parts.len() > PARTS_MAX {
                    return Err(CountRefusal::TooManyOptions);
                }
            }
        }
        self.totals = totals;
        Ok(())
    }

    /// What remains of `parts` of a vote below `rank`.
    fn keep_part(&self, rank: &[u16], weight: u128, parts: &[u128], totals: &mut [u128]) -> Vec<u128> {
        let here: Vec<u16> = rank.iter().copied().filter(|one| self.factor(*one) > 0).collect();
        let sharing = u128::try_from(here.len()).unwrap_or(u128::MAX);
        if here.is_empty() && rank.len() > 1 && self.contest.empty_rank == EmptyRank::Exhaust {
            return Vec::new();
        }
        let mut rest = Vec::new();
        for part in parts {
            let Some(share) = part.checked_div(sharing) else {
                rest.push(*part);
                continue;
            };
            for one in &here {
                let factor = self.factor(*one);
                let kept = times_down(share, factor);
                let passed = times_down(share, SCALE.saturating_sub(factor));
                if let Some(total) = totals.get_mut(usize::from(*one)) {
                    *total = total.saturating_add(kept.saturating_mul(weight));
                }
                if passed > 0 {
                    rest.push(passed);
                }
            }
        }
        rest
    }
}

fn times_up(one: u128, other: u128) -> u128 {
    one.saturating_mul(other).div_ceil(SCALE)
}

fn times_down(one: u128, other: u128) -> u128 {
    one.saturating_mul(other).checked_div(SCALE).unwrap_or_default()
}
