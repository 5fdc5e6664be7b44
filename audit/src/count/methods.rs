//! From the papers of a profile to each method, by the rule that the method states for gaps, equal ranks and scores.

use governance::profile::rctab::RctabRules;
use governance::profile::{Cells, Paper, Profile};
use governance::rule::Unscored;
use governance::tally::grades::Histogram;
use governance::tally::pairwise::{Pairwise, count_copeland, count_schulze};
use governance::tally::points::{Contest, Sums};
use governance::tally::sheet::Count;
use governance::tally::{
    Papers, TieBreak, approval, irv, majority_judgment, meek, plurality, quadratic, score, scottish,
};

use super::{CountFailure, CountMethod, CountRequest, Unfit};

impl CountMethod {
    /// What the cells of a table are unless it is said.
    pub(super) const fn cells(self) -> Cells {
        match self {
            Self::Plurality | Self::Approval | Self::Score | Self::MajorityJudgment | Self::Quadratic => Cells::Scores,
            Self::Irv | Self::ScottishStv | Self::Meek | Self::Schulze | Self::Copeland => Cells::Ranks,
        }
    }
}

/// A file that is being counted.
pub(super) struct Session<'a> {
    pub(super) profile: &'a Profile,
    pub(super) rules: Option<&'a RctabRules>,
    pub(super) request: &'a CountRequest,
    pub(super) seats: u16,
    pub(super) tie: &'a TieBreak,
}

type Points = Vec<(u16, u32)>;

impl Session<'_> {
    pub(super) fn count(&self) -> Result<Count, CountFailure> {
        let method = self.request.method;
        if self.rules.is_some() && method != CountMethod::Irv {
            return Err(CountFailure::NoRulesWanted);
        }
        if self.request.scorers.is_some() && method != CountMethod::Score {
            return Err(CountFailure::NoOpinion);
        }
        match method {
            CountMethod::Plurality => self.sums(first, plurality::count),
            CountMethod::Approval => self.sums(|paper| Ok(approved(paper)), approval::count),
            CountMethod::Quadratic => {
                self.require_scores("quadratic")?;
                self.sums(|paper| self.votes(paper), quadratic::count)
            }
            CountMethod::Score => {
                let unscored = match self.request.scorers {
                    None => Unscored::Zero {},
                    Some(scorers) => Unscored::NoOpinion { scorers },
                };
                self.grades("score", |contest, grades, tie| {
                    score::count(contest, grades, unscored, tie)
                })
            }
            CountMethod::MajorityJudgment => self.grades("majority-judgment", majority_judgment::count),
            CountMethod::Irv => self.irv(),
            CountMethod::ScottishStv => self.scottish(),
            CountMethod::Meek => self.meek(),
            CountMethod::Schulze => Ok(count_schulze(&self.pairs()?, self.seats, None, self.tie)?),
            CountMethod::Copeland => Ok(count_copeland(&self.pairs()?, self.seats, None, self.tie)?),
        }
    }

    fn contest(&self) -> Contest {
        Contest {
            options: self.profile.candidate_count(),
            seats: self.seats,
            withdrawn: self.profile.withdrawn.clone(),
        }
    }

    fn sums(
        &self,
        points: impl Fn(&Paper<'_>) -> Result<Points, CountFailure>,
        method: impl Fn(&Contest, &Sums, &TieBreak) -> Count,
    ) -> Result<Count, CountFailure> {
        let contest = self.contest();
        let mut sums = Sums::new(&contest)?;
        for paper in self.profile.papers() {
            sums.add(&points(&paper)?, u128::from(paper.weight))?;
        }
        Ok(method(&contest, &sums, self.tie))
    }

    fn grades(
        &self,
        name: &'static str,
        method: impl Fn(&Contest, &Histogram, &TieBreak) -> Count,
    ) -> Result<Count, CountFailure> {
        self.require_scores(name)?;
        let highest = self.profile.highest_score();
        let contest = self.contest();
        let mut grades = Histogram::new(&contest, self.request.highest.or(highest).unwrap_or_default())?;
        for paper in self.profile.papers() {
            grades.add(scores(&paper)?, u128::from(paper.weight))?;
        }
        Ok(method(&contest, &grades, self.tie))
    }

    /// Refuses a file that ranks without scores; one with blank papers only has neither.
    fn require_scores(&self, name: &'static str) -> Result<(), CountFailure> {
        let blank = self.profile.papers().all(|paper| paper.ranked().is_empty());
        if blank || self.profile.has_scores() {
            Ok(())
        } else {
            Err(CountFailure::NoScores(name))
        }
    }

    /// Votes above 0, within the credits.
    fn votes(&self, paper: &Paper<'_>) -> Result<Points, CountFailure> {
        let votes: Points = scores(paper)?.iter().copied().filter(|(_, votes)| *votes > 0).collect();
        let cost = quadratic::cost(&votes.iter().map(|(_, votes)| *votes).collect::<Vec<_>>());
        match self.request.credits {
            Some(credits) if cost > u128::from(credits) => Err(CountFailure::Line {
                line: paper.line,
                unfit: Unfit::TooExpensive { cost, credits },
            }),
            Some(_) | None => Ok(votes),
        }
    }

    fn irv(&self) -> Result<Count, CountFailure> {
        if self.seats != 1 {
            return Err(CountFailure::OnePlace(self.seats));
        }
        let contest = irv::Contest {
            candidates: self.profile.candidate_count(),
            withdrawn: self.profile.withdrawn.clone(),
            procedure: self.rules.map(RctabRules::procedure).unwrap_or_default(),
        };
        let papers = self.strict(Paper::ranked)?;
        Ok(irv::count(&contest, &papers, self.tie)?)
    }

    fn scottish(&self) -> Result<Count, CountFailure> {
        let contest = scottish::Contest {
            candidates: self.profile.candidate_count(),
            seats: self.seats,
            withdrawn: self.profile.withdrawn.clone(),
        };
        let papers = self.strict(Paper::consecutive)?;
        Ok(scottish::count(&contest, &papers, self.tie)?)
    }

    fn strict<'s>(&'s self, ranking: impl Fn(&Paper<'s>) -> &'s [u16]) -> Result<Papers, CountFailure> {
        let mut papers = Papers::new();
        for paper in self.profile.papers() {
            if paper.has_equals() {
                return Err(unfit(&paper, Unfit::EqualRanks));
            }
            papers.add(ranking(&paper), u128::from(paper.weight));
        }
        Ok(papers)
    }

    fn meek(&self) -> Result<Count, CountFailure> {
        let contest = meek::Contest {
            candidates: self.profile.candidate_count(),
            seats: self.seats,
            withdrawn: self.profile.withdrawn.clone(),
            procedure: meek::Procedure {
                empty_rank: self.request.empty_rank,
                ..meek::Procedure::default()
            },
        };
        let mut papers = meek::Papers::new();
        for paper in self.profile.papers() {
            let ranks: Vec<&[u16]> = paper.ranks().collect();
            papers.add(&ranks, u128::from(paper.weight));
        }
        Ok(meek::count(&contest, &papers, self.tie)?)
    }

    fn pairs(&self) -> Result<Pairwise, CountFailure> {
        let mut pairs = Pairwise::without(self.profile.candidate_count(), &self.profile.withdrawn)?;
        for paper in self.profile.papers() {
            let weight = u128::from(paper.weight);
            match paper.strict() {
                Some(ranking) => pairs.add_strict(ranking, weight)?,
                None => pairs.add(ranks(&paper), weight)?,
            }
        }
        Ok(pairs)
    }
}

fn unfit(paper: &Paper<'_>, unfit: Unfit) -> CountFailure {
    let line = paper.line;
    CountFailure::Line { line, unfit }
}

/// The ranks without gaps.
fn ranks(paper: &Paper<'_>) -> Vec<Vec<u16>> {
    let named = paper.ranks().filter(|rank| !rank.is_empty());
    named.map(<[u16]>::to_vec).collect()
}

/// One vote for the first preference; where there are scores, it must be above 0.
fn first(paper: &Paper<'_>) -> Result<Points, CountFailure> {
    let liked = paper.scores.iter().map(|(_, score)| *score).max();
    match paper.ranks().find(|rank| !rank.is_empty()) {
        _ if liked == Some(0) => Ok(Points::new()),
        None => Ok(Points::new()),
        Some([only]) => Ok(vec![(*only, 1)]),
        Some(_) => Err(unfit(paper, Unfit::SeveralFirst)),
    }
}

/// Everyone scored above 0, or, where there are no scores, everyone ranked.
fn approved(paper: &Paper<'_>) -> Points {
    if paper.scores.is_empty() {
        paper.ranked().iter().map(|one| (*one, 1)).collect()
    } else {
        let liked = paper.scores.iter().filter(|(_, score)| *score > 0);
        liked.map(|(one, _)| (*one, 1)).collect()
    }
}

fn scores<'p>(paper: &Paper<'p>) -> Result<&'p [(u16, u32)], CountFailure> {
    if paper.scores.is_empty() && !paper.ranked().is_empty() {
        Err(unfit(paper, Unfit::Unscored))
    } else {
        Ok(paper.scores)
    }
}
