//! The count itself, stage by stage.
//!
//! Papers that were added as one stay together through the whole count: they always have the same next preference and the same
//! value. So one [`Bundle`] with a weight stands for all of them.

use super::{Contest, PLACES, Papers, SCALE, VOTES_MAX};
use crate::ballot::Method;
use crate::tally::CountRefusal;
use crate::tally::decimal::Decimal;
use crate::tally::papers::from_next;
use crate::tally::sheet::{self, Stage, Tie, Transfer, TransferKind, Undecided, number, numbers};
use crate::tally::tie::{TieBreak, TieRule};

/// Identical papers.
struct Bundle<'a> {
    /// Their preferences, from the current one on.
    rest: &'a [u16],
    /// How many they are.
    weight: u128,
    /// What each was worth when its current candidate received it, times 100,000.
    value: u128,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Continuing,
    Elected,
    /// Excluded, or withdrawn before the count.
    Out,
}

struct Candidate<'a> {
    standing: Standing,
    /// Votes credited, times 100,000.
    total: u128,
    bundles: Vec<Bundle<'a>>,
}

/// Which end of a tie is looked for.
#[derive(Clone, Copy)]
enum End {
    Highest,
    Lowest,
}

struct Count<'a> {
    candidates: Vec<Candidate<'a>>,
    seats: usize,
    /// Times 100,000.
    quota: u128,
    /// Valid papers, times 100,000.
    valid: u128,
    tie: &'a TieBreak,
    stages: Vec<Stage>,
    elected: Vec<u16>,
}

/// What a stage begins with.
enum Next {
    Transfer(u16, TransferKind, Option<Tie>),
    Undecided(Undecided),
}

pub(super) fn run(contest: &Contest, papers: &Papers, tie: &TieBreak) -> Result<sheet::Count, CountRefusal> {
    if contest.seats == 0 || contest.candidates == 0 {
        return Err(CountRefusal::NoPlaces);
    }
    let mut count = Count::new(contest, papers, tie)?;
    let mut undecided = None;
    count.first_stage();
    // Each turn transfers a surplus or excludes a candidate, and either happens at most once to each.
    while count.goes_on() {
        match count.next() {
            None => break,
            Some(Next::Undecided(open)) => {
                undecided = Some(open);
                break;
            }
            Some(Next::Transfer(from, kind, settled)) => {
                let transfer = count.transfer(from, kind);
                let excluded = if kind == TransferKind::Exclusion {
                    vec![from]
                } else {
                    Vec::new()
                };
                count.end_stage(Some(transfer), excluded, settled.into_iter().collect());
            }
        }
    }
    Ok(sheet::Count {
        method: Method::ScottishStv,
        seats: contest.seats,
        quota: Some(Decimal::whole(count.quota.checked_div(SCALE).unwrap_or_default())),
        valid: count.valid.checked_div(SCALE).unwrap_or_default(),
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

impl<'a> Count<'a> {
    fn new(contest: &Contest, papers: &'a Papers, tie: &'a TieBreak) -> Result<Self, CountRefusal> {
        let mut candidates: Vec<Candidate<'a>> = (0..contest.candidates)
            .map(|candidate| Candidate {
                standing: if contest.withdrawn.contains(&candidate) {
                    Standing::Out
                } else {
                    Standing::Continuing
                },
                total: 0,
                bundles: Vec::new(),
            })
            .collect();
        let mut votes: u128 = 0;
        if let Some(unknown) = papers.unknown(contest.candidates) {
            return Err(CountRefusal::UnknownCandidate(number(unknown)));
        }
        for (ranking, weight) in papers.iter() {
            let Some(rest) = from_next(ranking, |candidate| !contest.withdrawn.contains(&candidate)) else {
                continue;
            };
            votes = votes.saturating_add(weight);
            let first = rest.first().and_then(|first| candidates.get_mut(usize::from(*first)));
            if let Some(candidate) = first {
                candidate.bundles.push(Bundle {
                    rest,
                    weight,
                    value: SCALE,
                });
                candidate.total = candidate.total.saturating_add(weight.saturating_mul(SCALE));
            }
        }
        if votes > VOTES_MAX {
            return Err(CountRefusal::TooManyVotes);
        }
        let parts = u128::from(contest.seats).saturating_add(1);
        let quota = votes.checked_div(parts).unwrap_or_default().saturating_add(1);
        Ok(Self {
            candidates,
            seats: usize::from(contest.seats),
            quota: quota.saturating_mul(SCALE),
            valid: votes.saturating_mul(SCALE),
            tie,
            stages: Vec::new(),
            elected: Vec::new(),
        })
    }

    /// Rules 45 to 47.
    fn first_stage(&mut self) {
        self.end_stage(None, Vec::new(), Vec::new());
    }

    /// Whether places are left that a transfer could decide: rule 52 has filled them where nobody continues.
    fn goes_on(&self) -> bool {
        let someone_continues = self
            .candidates
            .iter()
            .any(|candidate| candidate.standing == Standing::Continuing);
        self.valid > 0 && self.vacancies() > 0 && someone_continues
    }

    fn vacancies(&self) -> usize {
        self.seats.saturating_sub(self.elected.len())
    }

    fn total(&self, candidate: u16) -> u128 {
        self.candidates
            .get(usize::from(candidate))
            .map_or(0, |candidate| candidate.total)
    }

    /// The candidates of one standing whose total `fits`, ascending by number.
    fn standing(&self, standing: Standing, fits: impl Fn(u128) -> bool) -> Vec<u16> {
        (0..)
            .zip(&self.candidates)
            .filter(|(_, candidate)| candidate.standing == standing && fits(candidate.total))
            .map(|(candidate, _)| candidate)
            .collect()
    }

    /// The number of the stage that is being worked on.
    fn stage_number(&self) -> u16 {
        u16::try_from(self.stages.len()).unwrap_or(u16::MAX).saturating_add(1)
    }

    /// Rules 47 and 52 at the end of a stage, and its record.
    fn end_stage(&mut self, transfer: Option<Transfer>, excluded: Vec<u16>, mut ties: Vec<Tie>) {
        let mut elected = Vec::new();
        if self.valid > 0 {
            let quota = self.quota;
            let reached = self.standing(Standing::Continuing, |total| total >= quota);
            elected = self.elect(reached, &mut ties);
            let rest = self.standing(Standing::Continuing, |_| true);
            if rest.len() <= self.vacancies() {
                elected.extend(self.elect(rest, &mut ties));
            }
        }
        let totals: Vec<u128> = self.candidates.iter().map(|candidate| candidate.total).collect();
        let held = totals.iter().copied().fold(0_u128, u128::saturating_add);
        self.stages.push(Stage {
            totals: sheet::totals(&totals, PLACES),
            transfer,
            elected: numbers(&elected),
            excluded: numbers(&excluded),
            nontransferable: Decimal::new(self.valid.saturating_sub(held), PLACES),
            ties,
            ..Stage::default()
        });
    }

    /// Marks candidates as elected and puts them in order: the higher total first, then look-back, then lot.
    fn elect(&mut self, mut who: Vec<u16>, ties: &mut Vec<Tie>) -> Vec<u16> {
        let mut order = Vec::with_capacity(who.len());
        while let Some(best) = who.iter().map(|candidate| self.total(*candidate)).max() {
            let tied: Vec<u16> = who
                .iter()
                .copied()
                .filter(|candidate| self.total(*candidate) == best)
                .collect();
            let (first, settled) = match self.settle(&tied, End::Highest) {
                Ok((chosen, settled)) => (Some(chosen), settled),
                // The order among equals has no effect on the count.
                Err(open) => (open.first().copied(), None),
            };
            let Some(first) = first else { break };
            ties.extend(settled);
            who.retain(|candidate| *candidate != first);
            if let Some(candidate) = self.candidates.get_mut(usize::from(first)) {
                candidate.standing = Standing::Elected;
            }
            order.push(first);
        }
        self.elected.extend(&order);
        order
    }

    /// Rules 49 and 50: the largest surplus, else the candidate with the fewest votes.
    fn next(&self) -> Option<Next> {
        let quota = self.quota;
        let surpluses = self.standing(Standing::Elected, |total| total > quota);
        let (who, kind, end) = if surpluses.is_empty() {
            (
                self.standing(Standing::Continuing, |_| true),
                TransferKind::Exclusion,
                End::Lowest,
            )
        } else {
            (surpluses, TransferKind::Surplus, End::Highest)
        };
        let tied = extreme(&who, |candidate| self.total(candidate), end);
        if tied.is_empty() {
            return None;
        }
        Some(match self.settle(&tied, end) {
            Ok((from, settled)) => Next::Transfer(from, kind, settled),
            Err(open) => Next::Undecided(Undecided {
                stage: self.stage_number(),
                candidates: numbers(&open),
                kind: kind.into(),
            }),
        })
    }

    /// Rules 49(2), (3) and 51(2): who of those equal now stood highest or lowest at the most recent stage at which they differed,
    /// else the lot. Gives back those between whom nothing decides.
    fn settle(&self, tied: &[u16], end: End) -> Result<(u16, Option<Tie>), Vec<u16>> {
        if let [only] = tied {
            return Ok((*only, None));
        }
        let record = |candidates: &[u16], rule, chosen, lot| Tie {
            stage: self.stage_number(),
            candidates: numbers(candidates),
            rule,
            chosen: number(chosen),
            lot,
        };
        let mut left = tied.to_vec();
        for stage in self.stages.iter().rev() {
            let at_stage = |candidate| stage.totals.get(&number(candidate)).map_or(0, |total| total.units);
            left = extreme(&left, at_stage, end);
            if let [only] = left.as_slice() {
                return Ok((*only, Some(record(tied, TieRule::Lookback, *only, None))));
            }
        }
        match self.tie.draw(&left) {
            Some(chosen) => Ok((chosen, Some(record(&left, TieRule::Lot, chosen, self.tie.lot())))),
            None => Err(left),
        }
    }

    /// Rule 48 or 50: every paper of `from` goes to its next preference for a continuing candidate.
    fn transfer(&mut self, from: u16, kind: TransferKind) -> Transfer {
        let quota = self.quota;
        let (bundles, total) = match self.candidates.get_mut(usize::from(from)) {
            None => (Vec::new(), 0),
            Some(candidate) => {
                let total = candidate.total;
                match kind {
                    TransferKind::Surplus => candidate.total = quota,
                    TransferKind::Exclusion => {
                        candidate.total = 0;
                        candidate.standing = Standing::Out;
                    }
                }
                (std::mem::take(&mut candidate.bundles), total)
            }
        };
        let surplus = total.saturating_sub(quota);
        let new_value = |value: u128| match kind {
            TransferKind::Exclusion => value,
            // Cut off after five decimals: `value` is scaled, surplus and total are scaled alike.
            TransferKind::Surplus => surplus.saturating_mul(value).checked_div(total).unwrap_or_default(),
        };
        let continuing: Vec<bool> = self
            .candidates
            .iter()
            .map(|candidate| candidate.standing == Standing::Continuing)
            .collect();
        let continues = |candidate: u16| continuing.get(usize::from(candidate)) == Some(&true);
        for bundle in bundles {
            let Some(rest) = from_next(bundle.rest, continues) else {
                continue;
            };
            let value = new_value(bundle.value);
            let to = rest.first().and_then(|to| self.candidates.get_mut(usize::from(*to)));
            if let Some(to) = to {
                to.total = to.total.saturating_add(bundle.weight.saturating_mul(value));
                to.bundles.push(Bundle { rest, value, ..bundle });
            }
        }
        Transfer {
            from: number(from),
            kind,
            value: Decimal::new(new_value(SCALE), PLACES),
        }
    }
}

/// Those of `candidates` who have the highest or lowest votes.
fn extreme(candidates: &[u16], votes: impl Fn(u16) -> u128, end: End) -> Vec<u16> {
    let all = candidates.iter().map(|candidate| votes(*candidate));
    let wanted = match end {
        End::Highest => all.max(),
        End::Lowest => all.min(),
    };
    candidates
        .iter()
        .copied()
        .filter(|candidate| Some(votes(*candidate)) == wanted)
        .collect()
}
