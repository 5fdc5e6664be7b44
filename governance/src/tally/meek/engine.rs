//! The rounds of the reference rule; its steps are named beside what does them.

use super::pass::{Heads, Standing, distribute};
use super::paths::Paths;
use super::{Arithmetic, CANDIDATES_MAX, Contest, DISTRIBUTIONS_MAX, OMEGA, PLACES, Papers, SCALE, VOTES_MAX};
use crate::ballot::Method;
use crate::tally::CountRefusal;
use crate::tally::decimal::Decimal;
use crate::tally::limit::Limit;
use crate::tally::sheet::{self, Question, Stage, Tie, Transfer, TransferKind, Undecided, number, numbers, select};
use crate::tally::tie::{TieBreak, TieRule};

struct Count<'a> {
    contest: &'a Contest,
    paths: Paths<'a>,
    heads: Heads<'a>,
    /// Whose standing has changed since the papers were looked at.
    changed: Vec<u16>,
    tie: &'a TieBreak,
    votes: u128,
    standing: Vec<Standing>,
    keep: Vec<u64>,
    totals: Vec<u128>,
    elected: Vec<u16>,
    stages: Vec<Stage>,
    distributions: usize,
}

/// Whose exclusion a stage begins with.
struct Defeat {
    who: u16,
    settled: Option<Tie>,
}

/// Counts as far as papers and `tie` decide. A tie that stays open is told in [`sheet::Count::undecided`], with every stage
/// before it.
///
/// # Errors
/// [`CountRefusal`] for an impossible contest, an unknown candidate, too many votes, candidates or parts of a paper.
pub fn count(contest: &Contest, papers: &Papers, tie: &TieBreak) -> Result<sheet::Count, CountRefusal> {
    let mut count = Count::new(contest, papers, tie)?;
    let undecided = if count.votes == 0 {
        count.record(None, 1, Vec::new(), Vec::new());
        None
    } else {
        count.rounds()?
    };
    let all = papers.weight();
    Ok(sheet::Count {
        method: Method::Meek,
        seats: contest.seats,
        quota: None,
        valid: count.votes,
        blank: all.saturating_sub(count.votes),
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
    fn new(contest: &'a Contest, papers: &'a Papers, tie: &'a TieBreak) -> Result<Self, CountRefusal> {
        if contest.candidates == 0 || contest.seats == 0 {
            return Err(CountRefusal::NoPlaces);
        }
        if contest.candidates > CANDIDATES_MAX {
            return Err(CountRefusal::Limit(Limit::Candidates {
                method: Method::Meek,
                max: CANDIDATES_MAX,
            }));
        }
        if let Some(one) = papers.unknown(contest.candidates) {
            return Err(CountRefusal::UnknownCandidate(number(one)));
        }
        let width = usize::from(contest.candidates);
        let mut standing = vec![Standing::Hopeful; width];
        let mut keep = vec![SCALE; width];
        for gone in contest.withdrawn.iter().map(|gone| usize::from(*gone)) {
            if let (Some(standing), Some(keep)) = (standing.get_mut(gone), keep.get_mut(gone)) {
                (*standing, *keep) = (Standing::Defeated, 0);
            }
        }
        let stands = |one: &u16| standing.get(usize::from(*one)) == Some(&Standing::Hopeful);
        let paths = Paths::new(papers, &standing);
        let others = papers.others().iter();
        let valid = others.filter(|(ranks, _)| ranks.iter().flatten().any(stands));
        let votes = valid.fold(paths.weight(), |sum, (_, weight)| sum.saturating_add(*weight));
        if votes > VOTES_MAX {
            return Err(CountRefusal::Limit(Limit::Votes {
                method: Method::Meek,
                max: VOTES_MAX,
            }));
        }
        Ok(Self {
            contest,
            paths,
            heads: Heads::new(papers.others(), &standing, contest.procedure.empty_rank),
            changed: Vec::new(),
            tie,
            votes,
            standing,
            keep,
            totals: vec![0; width],
            elected: Vec::new(),
            stages: Vec::new(),
            distributions: 0,
        })
    }

    fn is(&self, one: u16) -> Standing {
        self.standing
            .get(usize::from(one))
            .copied()
            .unwrap_or(Standing::Defeated)
    }

    fn with(&self, standing: Standing) -> Vec<u16> {
        (0..self.contest.candidates)
            .filter(|one| self.is(*one) == standing)
            .collect()
    }

    fn total(&self, one: u16) -> u128 {
        self.totals.get(usize::from(one)).copied().unwrap_or_default()
    }

    fn set(&mut self, one: u16, to: Standing) {
        if let Some(standing) = self.standing.get_mut(usize::from(one)) {
            *standing = to;
            self.changed.push(one);
        }
    }

    /// The second half of B.3.
    fn defeat(&mut self, one: u16) {
        self.set(one, Standing::Defeated);
        if let Some(keep) = self.keep.get_mut(usize::from(one)) {
            *keep = 0;
        }
    }

    /// B.1.
    fn is_complete(&self) -> bool {
        let hopeful = self.with(Standing::Hopeful).len();
        let seats = usize::from(self.contest.seats);
        self.elected.len() >= seats || self.elected.len().saturating_add(hopeful) <= seats
    }

    /// B and C. Each turn elects or defeats somebody.
    fn rounds(&mut self) -> Result<Option<Undecided>, CountRefusal> {
        let mut defeated: Option<Defeat> = None;
        while !self.is_complete() {
            let (quota, elected) = self.round()?;
            let surplus = self.surplus(quota);
            let (ties, elected) = self.put_in_order(&elected, self.stage_number());
            let nobody = elected.is_empty();
            self.record(defeated.take(), quota, elected, ties);
            if nobody {
                match self.lowest(surplus) {
                    Err(open) => return Ok(Some(open)),
                    Ok(next) => {
                        self.defeat(next.who);
                        defeated = Some(next);
                    }
                }
            }
        }
        self.elect_remaining(defeated)?;
        Ok(None)
    }

    /// C: whoever is still hopeful fills the places that are left.
    fn elect_remaining(&mut self, defeated: Option<Defeat>) -> Result<(), CountRefusal> {
        let vacant = self.elected.len() < usize::from(self.contest.seats);
        let remaining = if vacant {
            self.with(Standing::Hopeful)
        } else {
            Vec::new()
        };
        if defeated.is_none() && !self.stages.is_empty() {
            let last = self.stage_number().saturating_sub(1);
            let (ties, elected) = self.put_in_order(&remaining, last);
            if let Some(stage) = self.stages.last_mut() {
                stage.elected.extend(numbers(&elected));
                stage.ties.extend(ties);
            }
            return Ok(());
        }
        self.distribute()?;
        let quota = self.quota();
        let (ties, elected) = self.put_in_order(&remaining, self.stage_number());
        self.record(defeated, quota, elected, ties);
        Ok(())
    }

    /// B.2.a.
    fn distribute(&mut self) -> Result<(), CountRefusal> {
        if !self.changed.is_empty() {
            self.paths.update(&self.changed, &self.standing);
            self.heads.update(&self.changed, &self.standing);
            self.changed.clear();
        }
        self.totals.fill(0);
        let procedure = self.contest.procedure;
        self.paths
            .distribute(&self.keep, procedure.arithmetic, &mut self.totals);
        distribute(&self.heads, &self.keep, procedure, &mut self.totals)
    }

    /// B.2.b.
    fn quota(&self) -> u128 {
        let votes = self.totals.iter().copied().fold(0_u128, u128::saturating_add);
        let places = u128::from(self.contest.seats).saturating_add(1);
        votes.checked_div(places).unwrap_or_default().saturating_add(1)
    }

    /// B.2.d.
    fn surplus(&self, quota: u128) -> u128 {
        self.with(Standing::Elected).into_iter().fold(0_u128, |sum, one| {
            sum.saturating_add(self.total(one).saturating_sub(quota))
        })
    }

    /// B.2: the quota with which it ended, and who reached it.
    fn round(&mut self) -> Result<(u128, Vec<u16>), CountRefusal> {
        let mut last_surplus = u128::MAX;
        loop {
            self.distributions = self.distributions.saturating_add(1);
            if self.distributions > DISTRIBUTIONS_MAX {
                return Err(CountRefusal::Limit(Limit::Distributions { max: DISTRIBUTIONS_MAX }));
            }
            self.distribute()?;
            let quota = self.quota();
            let mut elected = self.with(Standing::Hopeful);
            elected.retain(|one| self.total(*one) >= quota);
            for one in &elected {
                self.set(*one, Standing::Elected);
            }
            let surplus = self.surplus(quota);
            if !elected.is_empty() || surplus < OMEGA || surplus >= last_surplus {
                return Ok((quota, elected));
            }
            self.lower_factors(quota);
            last_surplus = surplus;
        }
    }

    /// B.2.f. No factor can rise above 1.
    fn lower_factors(&mut self, quota: u128) {
        let scale = u128::from(SCALE);
        for one in self.with(Standing::Elected) {
            let total = self.total(one);
            if let (Some(keep), true) = (self.keep.get_mut(usize::from(one)), total > 0) {
                let product = u128::from(*keep).saturating_mul(quota).div_ceil(scale);
                let factor = product.saturating_mul(scale).div_ceil(total);
                *keep = u64::try_from(factor).unwrap_or(SCALE).min(SCALE);
            }
        }
    }

    /// Adds these to the elected: the higher total first, then by lot if there is one; else by number, which has no effect.
    fn put_in_order(&mut self, elected: &[u16], stage: u16) -> (Vec<Tie>, Vec<u16>) {
        let mut order = elected.to_vec();
        order.sort_by_key(|one| std::cmp::Reverse(self.total(*one)));
        let groups: Vec<Vec<u16>> = order
            .chunk_by(|one, other| self.total(*one) == self.total(*other))
            .map(<[u16]>::to_vec)
            .collect();
        let places = u16::try_from(elected.len()).unwrap_or(u16::MAX);
        let selection = select(&groups, places, self.tie, stage);
        let order: Vec<u16> = selection.elected.iter().map(|one| one.saturating_sub(1)).collect();
        for one in &order {
            self.set(*one, Standing::Elected);
        }
        self.elected.extend(&order);
        (selection.ties, order)
    }

    fn stage_number(&self) -> u16 {
        u16::try_from(self.stages.len()).unwrap_or(u16::MAX).saturating_add(1)
    }

    /// The first half of B.3: of everyone within the surplus of the lowest, the only one or the one who is drawn.
    fn lowest(&self, surplus: u128) -> Result<Defeat, Undecided> {
        let mut tied = self.with(Standing::Hopeful);
        let least = tied.iter().map(|one| self.total(*one)).min().unwrap_or_default();
        tied.retain(|one| self.total(*one) <= least.saturating_add(surplus));
        if let [only] = tied.as_slice() {
            return Ok(Defeat {
                who: *only,
                settled: None,
            });
        }
        let (stage, candidates) = (self.stage_number(), numbers(&tied));
        let Some(who) = self.tie.draw(&tied) else {
            return Err(Undecided {
                stage,
                candidates,
                kind: Question::Exclusion,
            });
        };
        let settled = Some(Tie {
            stage,
            candidates,
            rule: TieRule::Lot,
            chosen: number(who),
            lot: self.tie.lot(),
        });
        Ok(Defeat { who, settled })
    }

    /// Records a stage, and lowers the factors after it where somebody was elected.
    fn record(&mut self, defeated: Option<Defeat>, quota: u128, elected: Vec<u16>, ties: Vec<Tie>) {
        let held = self.totals.iter().copied().fold(0_u128, u128::saturating_add);
        let papers = self.votes.saturating_mul(u128::from(SCALE));
        let keep = (1..).zip(&self.keep);
        let transfer = defeated.as_ref().map(|defeat| Transfer {
            from: number(defeat.who),
            kind: TransferKind::Exclusion,
            value: Decimal::new(u128::from(SCALE), PLACES),
        });
        let settled = defeated.and_then(|defeat| defeat.settled);
        self.stages.push(Stage {
            totals: sheet::totals(&self.totals, PLACES),
            excluded: transfer.iter().map(|transfer| transfer.from).collect(),
            transfer,
            elected: numbers(&elected),
            nontransferable: Decimal::new(papers.saturating_sub(held), PLACES),
            ties: settled.into_iter().chain(ties).collect(),
            quota: Some(Decimal::new(quota, PLACES)),
            keep: keep
                .map(|(number, factor)| (number, Decimal::new(u128::from(*factor), PLACES)))
                .collect(),
            ..Stage::default()
        });
        match self.contest.procedure.arithmetic {
            Arithmetic::Cut if !elected.is_empty() => self.lower_factors(quota),
            Arithmetic::Cut | Arithmetic::Reference => {}
        }
    }
}
