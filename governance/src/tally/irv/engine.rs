//! The count itself, stage by stage.

use super::{Contest, End, Exclusion, LookBack, Papers, VOTES_MAX};
use crate::ballot::Method;
use crate::tally::CountRefusal;
use crate::tally::decimal::Decimal;
use crate::tally::limit::Limit;
use crate::tally::papers::from_next;
use crate::tally::sheet::{self, Question, Stage, Tie, Transfer, TransferKind, Undecided, number, numbers, select};
use crate::tally::tie::{TieBreak, TieRule};

/// Identical papers: their preferences from the current one on, and how many they are.
type Pile<'a> = (&'a [u16], u128);

struct Count<'a> {
    contest: &'a Contest,
    tie: &'a TieBreak,
    continues: Vec<bool>,
    totals: Vec<u128>,
    piles: Vec<Vec<Pile<'a>>>,
    valid: u128,
    stages: Vec<Stage>,
    elected: Vec<u16>,
}

/// Who is excluded next.
struct Next {
    excluded: Vec<u16>,
    settled: Option<Tie>,
}

/// Counts as far as papers and `tie` decide. A tie that stays open is told in [`sheet::Count::undecided`], with every stage
/// before it.
///
/// # Errors
/// [`CountRefusal`] if nobody stands, a paper names nobody who stands, or there are too many votes.
pub fn count(contest: &Contest, papers: &Papers, tie: &TieBreak) -> Result<sheet::Count, CountRefusal> {
    if contest.candidates == 0 {
        return Err(CountRefusal::NoPlaces);
    }
    let mut count = Count::new(contest, papers, tie)?;
    count.end_stage(None, Next::nobody());
    // Each turn excludes somebody.
    let undecided = loop {
        if count.is_over() {
            break count.last_place();
        }
        match count.next() {
            Err(open) => break Some(open),
            Ok(next) => {
                let transfer = count.exclude(&next.excluded);
                count.end_stage(transfer, next);
            }
        }
    };
    Ok(sheet::Count {
        method: Method::Irv,
        seats: 1,
        quota: None,
        valid: count.valid,
        blank: papers.void(&contest.withdrawn),
        withdrawn: numbers(&contest.withdrawn),
        elected: numbers(&count.elected),
        ties: count.stages.iter().flat_map(|stage| stage.ties.clone()).collect(),
        stages: count.stages,
        pairwise: None,
        ranking: None,
        grades: None,
        share: None,
        undecided,
    })
}

impl Next {
    const fn nobody() -> Self {
        Self {
            excluded: Vec::new(),
            settled: None,
        }
    }
}

impl<'a> Count<'a> {
    fn new(contest: &'a Contest, papers: &'a Papers, tie: &'a TieBreak) -> Result<Self, CountRefusal> {
        let width = usize::from(contest.candidates);
        let mut count = Self {
            contest,
            tie,
            continues: (0..contest.candidates)
                .map(|one| !contest.withdrawn.contains(&one))
                .collect(),
            totals: vec![0; width],
            piles: vec![Vec::new(); width],
            valid: 0,
            stages: Vec::new(),
            elected: Vec::new(),
        };
        if let Some(unknown) = papers.unknown(contest.candidates) {
            return Err(CountRefusal::UnknownCandidate(number(unknown)));
        }
        for (ranking, weight) in papers.iter() {
            if count.pass_on(ranking, weight) {
                count.valid = count.valid.saturating_add(weight);
            }
        }
        if count.valid > VOTES_MAX {
            return Err(CountRefusal::Limit(Limit::Votes {
                method: Method::Irv,
                max: VOTES_MAX,
            }));
        }
        Ok(count)
    }

    /// Gives papers to their next preference that continues; false if there is none.
    fn pass_on(&mut self, ranking: &'a [u16], weight: u128) -> bool {
        let continues = |one: u16| self.continues.get(usize::from(one)) == Some(&true);
        let Some(rest) = from_next(ranking, continues) else {
            return false;
        };
        let Some(to) = rest.first().map(|to| usize::from(*to)) else {
            return false;
        };
        if let (Some(total), Some(piles)) = (self.totals.get_mut(to), self.piles.get_mut(to)) {
            *total = total.saturating_add(weight);
            piles.push((rest, weight));
        }
        true
    }

    fn continuing(&self) -> Vec<u16> {
        (0..)
            .zip(&self.continues)
            .filter(|(_, continues)| **continues)
            .map(|(one, _)| one)
            .collect()
    }

    fn total(&self, one: u16) -> u128 {
        self.totals.get(usize::from(one)).copied().unwrap_or_default()
    }

    /// The votes of `those` together.
    fn held(&self, those: &[u16]) -> u128 {
        those.iter().fold(0, |sum, one| sum.saturating_add(self.total(*one)))
    }

    fn stage_number(&self) -> u16 {
        u16::try_from(self.stages.len()).unwrap_or(u16::MAX).saturating_add(1)
    }

    /// Elects whoever has more than half, or is the last who continues, and records the stage.
    fn end_stage(&mut self, transfer: Option<Transfer>, next: Next) {
        let continuing = self.continuing();
        let votes = self.held(&continuing);
        let mut elected = Vec::new();
        if self.valid > 0 && self.elected.is_empty() {
            let majority = |one: &u16| self.total(*one).saturating_mul(2) > votes;
            elected = match continuing.as_slice() {
                [only] => vec![*only],
                several => several.iter().copied().filter(majority).collect(),
            };
        }
        self.elected.extend(&elected);
        self.stages.push(Stage {
            totals: sheet::totals(&self.totals, 0),
            transfer,
            elected: numbers(&elected),
            excluded: numbers(&next.excluded),
            nontransferable: Decimal::whole(self.valid.saturating_sub(votes)),
            ties: next.settled.into_iter().collect(),
            quota: Some(Decimal::whole(
                votes.checked_div(2).unwrap_or_default().saturating_add(1),
            )),
            ..Stage::default()
        });
    }

    fn is_over(&self) -> bool {
        let few = self.continuing().len() <= 2;
        self.valid == 0
            || few
            || match self.contest.procedure.end {
                End::Majority => !self.elected.is_empty(),
                End::TwoLeft => false,
            }
    }

    /// The place between two who are left with equal votes.
    fn last_place(&mut self) -> Option<Undecided> {
        if self.valid == 0 || !self.elected.is_empty() {
            return None;
        }
        let at = u16::try_from(self.stages.len()).unwrap_or(u16::MAX);
        let selection = select(&[self.continuing()], 1, self.tie, at);
        if let Some(stage) = self.stages.last_mut() {
            stage.elected.clone_from(&selection.elected);
            stage.ties.extend(selection.ties);
        }
        self.elected
            .extend(selection.elected.iter().map(|number| number.saturating_sub(1)));
        selection.undecided
    }

    fn next(&self) -> Result<Next, Undecided> {
        let continuing = self.continuing();
        let first_out: Vec<u16> = continuing
            .iter()
            .copied()
            .filter(|one| self.contest.procedure.first_out.contains(one))
            .collect();
        if self.held(&first_out) > 0 && first_out.len() < continuing.len() {
            return Ok(Next {
                excluded: first_out,
                settled: None,
            });
        }
        let batch = match self.contest.procedure.exclusion {
            Exclusion::One => Vec::new(),
            Exclusion::Batch => self.batch(&continuing),
        };
        if !batch.is_empty() {
            return Ok(Next {
                excluded: batch,
                settled: None,
            });
        }
        let lowest = lowest(&continuing, |one| self.total(one));
        let (last, settled) = self.settle(lowest)?;
        Ok(Next {
            excluded: vec![last],
            settled,
        })
    }

    /// The most of the lowest who together have fewer votes than the next. Equal totals are never parted: as many votes as the
    /// next has are not fewer.
    fn batch(&self, continuing: &[u16]) -> Vec<u16> {
        let mut order = continuing.to_vec();
        order.sort_by_key(|one| self.total(*one));
        let mut sum: u128 = 0;
        let mut length = 0;
        for (at, pair) in order.windows(2).enumerate().take(order.len().saturating_sub(2)) {
            if let [one, next] = pair {
                sum = sum.saturating_add(self.total(*one));
                if sum < self.total(*next) {
                    length = at.saturating_add(1);
                }
            }
        }
        order.truncate(length);
        order.sort_unstable();
        order
    }

    /// Who of those with the fewest votes had fewest at the most recent stage at which they differed, else the lot.
    fn settle(&self, tied: Vec<u16>) -> Result<(u16, Option<Tie>), Undecided> {
        if let [only] = tied.as_slice() {
            return Ok((*only, None));
        }
        let stage = self.stage_number();
        let record = |candidates: &[u16], rule, chosen, lot| Tie {
            stage,
            candidates: numbers(candidates),
            rule,
            chosen: number(chosen),
            lot,
        };
        let looked_at = match self.contest.procedure.look_back {
            LookBack::MostRecent => self.stages.as_slice(),
            LookBack::None => &[],
        };
        let mut left = tied.clone();
        for stage in looked_at.iter().rev() {
            left = lowest(&left, |one| {
                stage.totals.get(&number(one)).map_or(0, |total| total.units)
            });
            if let [only] = left.as_slice() {
                return Ok((*only, Some(record(&tied, TieRule::Lookback, *only, None))));
            }
        }
        match self.tie.draw(&left) {
            Some(chosen) => Ok((chosen, Some(record(&left, TieRule::Lot, chosen, self.tie.lot())))),
            None => Err(Undecided {
                stage,
                candidates: numbers(&left),
                kind: Question::Exclusion,
            }),
        }
    }

    /// Their papers go on to the next preference that continues.
    fn exclude(&mut self, excluded: &[u16]) -> Option<Transfer> {
        for one in excluded {
            if let Some(continues) = self.continues.get_mut(usize::from(*one)) {
                *continues = false;
            }
        }
        for one in excluded {
            if let Some(total) = self.totals.get_mut(usize::from(*one)) {
                *total = 0;
            }
            let piles = self.piles.get_mut(usize::from(*one)).map(std::mem::take);
            for (rest, weight) in piles.unwrap_or_default() {
                self.pass_on(rest, weight);
            }
        }
        let [only] = excluded else { return None };
        Some(Transfer {
            from: number(*only),
            kind: TransferKind::Exclusion,
            value: Decimal::whole(1),
        })
    }
}

/// Those of `candidates` who have the fewest votes.
fn lowest(candidates: &[u16], votes: impl Fn(u16) -> u128) -> Vec<u16> {
    let fewest = candidates.iter().map(|one| votes(*one)).min();
    candidates
        .iter()
        .copied()
        .filter(|one| Some(votes(*one)) == fewest)
        .collect()
}
