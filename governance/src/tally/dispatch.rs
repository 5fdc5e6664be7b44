//! Which method counts which rule, and what follows from its count.

use super::consent::ConsentTally;
use super::grades::Histogram;
use super::motion::MotionTally;
use super::pairwise::{self, Pairwise};
use super::points::{Contest, Sums};
use super::sheet::Count;
use super::{CountRefusal, Counted, Papers, TieBreak};
use super::{approval, budget, dots, irv, listed, majority_judgment, meek, plurality, quadratic, score, scottish};
use crate::ballot::Choice;
use crate::hash::Hash32;
use crate::rule::{Counting, DecisionRule, DefaultOption, ElectionTie, Outcome, Spending};

/// Counts `ballots`, each a checked choice with its weight, under `rule`, and judges the result.
///
/// `options` is how many options the proposal has (0 for a motion), `roll_weight` what a quorum is measured against. Count with
/// [`TieBreak::None`] first: only where that answers [`CountRefusal::NeedsLot`] is a lot needed, and then everyone who counts
/// again must use the same.
///
/// # Errors
/// [`CountRefusal::NeedsLot`] where the rule leaves a tie to the lot and `tie` holds none; else the first reason why these
/// ballots cannot be counted.
pub fn count<I>(
    rule: &DecisionRule,
    options: usize,
    ballots: I,
    roll_weight: u128,
    tie: &TieBreak,
) -> Result<Counted, CountRefusal>
where
    I: IntoIterator<Item = (Choice, u128)>,
{
    let session = Session {
        rule,
        options: u16::try_from(options).map_err(|_| CountRefusal::TooManyOptions)?,
        roll_weight,
        tie,
    };
    match &rule.counting {
        Counting::YesNo { .. } | Counting::Optimistic { .. } => session.motion(ballots),
        Counting::Consent { standing_max, .. } => session.consent(ballots, u128::from(*standing_max)),
        Counting::Plurality { .. } => session.sums(ballots, plurality::count),
        Counting::Approval { .. } => session.sums(ballots, approval::count),
        Counting::Quadratic { .. } => session.sums(ballots, quadratic::count),
        Counting::Dots { .. } => session.sums(ballots, dots::count),
        Counting::Score {
            points_max, unscored, ..
        } => session.grades(ballots, *points_max, |contest, grades, tie| {
            score::count(contest, grades, *unscored, tie)
        }),
        Counting::MajorityJudgment { grades, .. } => {
            session.grades(ballots, u32::from(*grades).saturating_sub(1), majority_judgment::count)
        }
        Counting::Budget {
            spending,
            budget,
            costs,
            ..
        } => {
            let projects = budget::Projects {
                costs: costs.clone(),
                available: *budget,
            };
            session.budget(ballots, &projects, *spending)
        }
        Counting::Irv { .. } => session.irv(ballots),
        Counting::ScottishStv { .. } => session.scottish(ballots),
        Counting::Meek { .. } => session.meek(ballots),
        Counting::Schulze { default_option, .. } => session.pairwise(ballots, *default_option, pairwise::count_schulze),
        Counting::Copeland { default_option, .. } => {
            session.pairwise(ballots, *default_option, pairwise::count_copeland)
        }
    }
}

/// What every method is given beside its ballots.
struct Session<'a> {
    rule: &'a DecisionRule,
    options: u16,
    roll_weight: u128,
    tie: &'a TieBreak,
}

impl Session<'_> {
    fn motion(&self, ballots: impl IntoIterator<Item = (Choice, u128)>) -> Result<Counted, CountRefusal> {
        let mut tally = MotionTally::default();
        for (choice, weight) in ballots {
            let Choice::Motion(answer) = choice else {
                return Err(CountRefusal::WrongMethod);
            };
            tally.add(answer, weight);
        }
        let verdict = self.rule.judge(&tally, self.roll_weight);
        Ok(Counted {
            outcome: verdict.outcome,
            reasons: verdict.reasons,
            counts: tally.counts(),
            scale: 1,
            certificate: Hash32::ZERO,
            count: None,
            motion: Some(tally),
        })
    }

    fn consent(
        &self,
        ballots: impl IntoIterator<Item = (Choice, u128)>,
        standing_max: u128,
    ) -> Result<Counted, CountRefusal> {
        let mut tally = ConsentTally::default();
        for (choice, weight) in ballots {
            let Choice::Consent(answer) = choice else {
                return Err(CountRefusal::WrongMethod);
            };
            tally.add(answer, weight);
        }
        let verdict = self.rule.judge_turnout(tally.all(), self.roll_weight);
        let mut reasons = verdict.reasons;
        let outcome = match verdict.outcome {
            Outcome::Passed => {
                reasons.push(format!(
                    "{} consent, {} stand aside, {} objections stand; at most {standing_max} may.",
                    tally.consent,
                    tally.stand_aside,
                    tally.standing()
                ));
                if tally.passes(standing_max) {
                    Outcome::Passed
                } else {
                    Outcome::Rejected
                }
            }
            other @ (Outcome::Rejected | Outcome::NoQuorum | Outcome::Tied) => other,
        };
        Ok(counted(outcome, reasons, tally.sheet()))
    }

    fn sums(
        &self,
        ballots: impl IntoIterator<Item = (Choice, u128)>,
        method: impl Fn(&Contest, &Sums, &TieBreak) -> Count,
    ) -> Result<Counted, CountRefusal> {
        let contest = Contest::new(self.options, self.rule.seats());
        let mut sums = Sums::new(&contest)?;
        for (choice, weight) in ballots {
            sums.add(&points(choice)?, weight)?;
        }
        self.judge(sums.weights.all(), |tie| Ok(method(&contest, &sums, tie)))
    }

    fn grades(
        &self,
        ballots: impl IntoIterator<Item = (Choice, u128)>,
        best: u32,
        method: impl Fn(&Contest, &Histogram, &TieBreak) -> Count,
    ) -> Result<Counted, CountRefusal> {
        let contest = Contest::new(self.options, self.rule.seats());
        let mut grades = Histogram::new(&contest, best)?;
        for (choice, weight) in ballots {
            grades.add(&points(choice)?, weight)?;
        }
        self.judge(grades.sums().weights.all(), |tie| Ok(method(&contest, &grades, tie)))
    }

    fn budget(
        &self,
        ballots: impl IntoIterator<Item = (Choice, u128)>,
        projects: &budget::Projects,
        spending: Spending,
    ) -> Result<Counted, CountRefusal> {
        let mut support = budget::Support::new(projects)?;
        for (choice, weight) in ballots {
            support.add(&points(choice)?, weight)?;
        }
        self.judge(support.weights().all(), |tie| {
            Ok(budget::count(projects, &support, spending, tie))
        })
    }

    fn irv(&self, ballots: impl IntoIterator<Item = (Choice, u128)>) -> Result<Counted, CountRefusal> {
        let contest = irv::Contest {
            candidates: self.options,
            withdrawn: Vec::new(),
            procedure: irv::Procedure::default(),
        };
        let (papers, all) = strict(ballots)?;
        self.judge(all, |tie| irv::count(&contest, &papers, tie))
    }

    fn scottish(&self, ballots: impl IntoIterator<Item = (Choice, u128)>) -> Result<Counted, CountRefusal> {
        let contest = scottish::Contest {
            candidates: self.options,
            seats: self.rule.seats(),
            withdrawn: Vec::new(),
        };
        let (papers, all) = strict(ballots)?;
        self.judge(all, |tie| scottish::count(&contest, &papers, tie))
    }

    fn meek(&self, ballots: impl IntoIterator<Item = (Choice, u128)>) -> Result<Counted, CountRefusal> {
        let contest = meek::Contest {
            candidates: self.options,
            seats: self.rule.seats(),
            withdrawn: Vec::new(),
            procedure: meek::Procedure::default(),
        };
        let mut papers = meek::Papers::new();
        let mut all: u128 = 0;
        for (choice, weight) in ballots {
            match choice {
                Choice::Ranks(ranks) => papers.add(&ranks.groups().collect::<Vec<_>>(), weight),
                Choice::Ranking(ranking) => papers.add(&ranking.chunks(1).collect::<Vec<_>>(), weight),
                Choice::Motion(_) | Choice::Consent(_) | Choice::Points(_) => return Err(CountRefusal::WrongMethod),
            }
            all = all.saturating_add(weight);
        }
        self.judge(all, |tie| meek::count(&contest, &papers, tie))
    }

    /// The default option, where there is one, comes after the last of the proposal's own.
    fn pairwise(
        &self,
        ballots: impl IntoIterator<Item = (Choice, u128)>,
        default_option: Option<DefaultOption>,
        method: impl Fn(&Pairwise, u16, Option<pairwise::Default>, &TieBreak) -> Result<Count, CountRefusal>,
    ) -> Result<Counted, CountRefusal> {
        let default = default_option.map(|rule| pairwise::Default {
            option: self.options,
            rule,
            eligible: self.roll_weight,
        });
        let candidates = self.options.checked_add(u16::from(default.is_some()));
        let mut pairs = Pairwise::new(candidates.ok_or(CountRefusal::TooManyOptions)?)?;
        for (choice, weight) in ballots {
            match choice {
                Choice::Ranks(ranks) => pairs.add(ranks.groups(), weight)?,
                Choice::Ranking(ranking) => pairs.add_strict(&ranking, weight)?,
                Choice::Motion(_) | Choice::Consent(_) | Choice::Points(_) => return Err(CountRefusal::WrongMethod),
            }
        }
        self.judge(pairs.weight(), |tie| method(&pairs, self.rule.seats(), default, tie))
    }

    /// Judges a method that chooses options: the quorum first, then whether ties let it come to an end.
    fn judge(
        &self,
        all: u128,
        method: impl Fn(&TieBreak) -> Result<Count, CountRefusal>,
    ) -> Result<Counted, CountRefusal> {
        let turnout = self.rule.judge_turnout(all, self.roll_weight);
        let quorate = match turnout.outcome {
            Outcome::Passed => true,
            Outcome::Rejected | Outcome::NoQuorum | Outcome::Tied => false,
        };
        // Without a quorum the count is only information, and the rule may forbid the lot: neither is worth drawing one.
        let may_draw = quorate && self.rule.counting.tie() == Some(ElectionTie::Lot);
        let count = method(if may_draw { self.tie } else { &TieBreak::None })?;
        let mut reasons = turnout.reasons;
        let outcome = match &count.undecided {
            _ if !quorate => Outcome::NoQuorum,
            Some(open) if may_draw => return Err(CountRefusal::NeedsLot(open.clone())),
            Some(open) => {
                reasons.push(format!(
                    "Candidates {} tie at stage {}, no earlier stage settles it, and the rule forbids the lot: the election is undecided.",
                    listed(&open.candidates),
                    open.stage
                ));
                Outcome::Tied
            }
            None if count.elected.is_empty() => {
                reasons.push(String::from(if self.rule.counting.default_option().is_some() {
                    "No candidate beats the default option, so nothing changes."
                } else {
                    "No ballot names a candidate, so no place is filled."
                }));
                Outcome::Rejected
            }
            None => {
                reasons.push(self.result(&count));
                Outcome::Passed
            }
        };
        Ok(counted(outcome, reasons, count))
    }

    /// The result as a sentence.
    fn result(&self, count: &Count) -> String {
        let (elected, valid) = (listed(&count.elected), count.valid);
        let is_one = count.elected.len() == 1;
        match (&self.rule.counting, count.quota) {
            (Counting::Budget { budget, .. }, _) => format!(
                "{valid} valid ballots spend {} of {budget} on {} {elected}.",
                count.stages.last().map_or(0, |stage| u128::from(*budget)
                    .saturating_sub(stage.nontransferable.units)),
                if is_one { "project" } else { "projects" },
            ),
            (_, Some(quota)) => format!(
                "The quota is {quota} of {valid} valid ballots; after {} stages candidates {elected} are elected to {} places.",
                count.stages.len(),
                count.seats
            ),
            (_, None) => format!(
                "Of {valid} valid ballots, after {}: {elected} elected to {}.",
                amount(count.stages.len(), "stage"),
                amount(usize::from(count.seats), "place"),
                elected = if is_one {
                    format!("candidate {elected} is")
                } else {
                    format!("candidates {elected} are")
                },
            ),
        }
    }
}

/// "1 place", "2 places".
fn amount(number: usize, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {one}{ending}")
}

fn points(choice: Choice) -> Result<Vec<(u16, u32)>, CountRefusal> {
    if let Choice::Points(points) = choice {
        Ok(points)
    } else {
        Err(CountRefusal::WrongMethod)
    }
}

/// Strict rankings, and the weight of all of them.
fn strict(ballots: impl IntoIterator<Item = (Choice, u128)>) -> Result<(Papers, u128), CountRefusal> {
    let mut papers = Papers::new();
    let mut all: u128 = 0;
    for (choice, weight) in ballots {
        let Choice::Ranking(ranking) = choice else {
            return Err(CountRefusal::WrongMethod);
        };
        papers.add(&ranking, weight);
        all = all.saturating_add(weight);
    }
    Ok((papers, all))
}

fn counted(outcome: Outcome, reasons: Vec<String>, count: Count) -> Counted {
    Counted {
        outcome,
        reasons,
        counts: count.counts(),
        scale: u64::try_from(count.scale()).unwrap_or(u64::MAX),
        certificate: count.certificate(),
        count: Some(count),
        motion: None,
    }
}

#[cfg(test)]
mod tests;
