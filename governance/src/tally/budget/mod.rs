//! Budget allocation: each ballot gives projects points, or one point each by naming them, and one budget pays for those that are
//! funded.
//!
//! *Greedy* goes through the projects from most to fewest points and funds each that what is left still pays for.
//!
//! *Equal Shares* divides the budget equally among the voters and lets the supporters of a project pay for it together. Source:
//! D. Peters, G. Pierczyński and P. Skowron, "Proportional Participatory Budgeting with Additive Utilities" (2021); points are the
//! utilities, so that naming projects gives the cardinality utilities. The head of `shares.rs` has the steps.
//!
//! A ballot of weight w is w voters. A project without points is not funded. Equal projects wait for the lot where their order
//! matters, and only there. Projects are numbered from 0; money is in the smallest unit of its currency.

mod greedy;
mod shares;

use std::collections::BTreeMap;

use num_bigint::BigUint;

pub use shares::{RAISES_MAX, raise};

use super::CountRefusal;
use super::decimal::Decimal;
use super::points::{Weights, check_options};
use super::sheet::{Count, Fraction, Question, Stage, Tie, Undecided, number, numbers, totals};
use super::tie::{TieBreak, TieRule};
use crate::ballot::Method;
use crate::hash::Hash32;
use crate::rule::Spending;

/// Projects and the money there is for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projects {
    /// What each costs, at least 1.
    pub costs: Vec<u64>,
    /// The budget, at least 1.
    pub available: u64,
}

/// Ballots by what they support: equal ballots together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    projects: u16,
    groups: BTreeMap<Vec<(u16, u32)>, u128>,
    weights: Weights,
}

impl Support {
    /// No ballots yet.
    ///
    /// # Errors
    /// [`CountRefusal::NoPlaces`] without projects or money, or with a project that costs nothing; [`CountRefusal::TooManyOptions`]
    /// with more projects than numbers.
    pub fn new(projects: &Projects) -> Result<Self, CountRefusal> {
        if projects.costs.is_empty() || projects.available == 0 || projects.costs.contains(&0) {
            return Err(CountRefusal::NoPlaces);
        }
        Ok(Self {
            projects: u16::try_from(projects.costs.len()).map_err(|_| CountRefusal::TooManyOptions)?,
            groups: BTreeMap::new(),
            weights: Weights::default(),
        })
    }

    /// Adds a ballot of this weight that gives projects points; an empty one is blank.
    ///
    /// # Errors
    /// [`CountRefusal`] for a project that does not exist or stands twice, and too much weight; nothing is added then.
    pub fn add(&mut self, points: &[(u16, u32)], weight: u128) -> Result<(), CountRefusal> {
        check_options(points, self.projects)?;
        self.weights.add(points.is_empty(), weight)?;
        // Without weight there is no voter, and nobody to have a share.
        if !points.is_empty() && weight > 0 {
            let mut supported: Vec<(u16, u32)> = points.iter().copied().filter(|(_, points)| *points > 0).collect();
            supported.sort_unstable();
            let known = self.groups.entry(supported).or_default();
            *known = known.saturating_add(weight);
        }
        Ok(())
    }

    /// The ballots.
    #[must_use]
    pub const fn weights(&self) -> Weights {
        self.weights
    }

    /// What all ballots together give to each project.
    fn points(&self) -> Vec<u128> {
        let mut sums = vec![0_u128; usize::from(self.projects)];
        for (supported, weight) in &self.groups {
            for (project, points) in supported {
                if let Some(sum) = sums.get_mut(usize::from(*project)) {
                    *sum = sum.saturating_add(weight.saturating_mul(u128::from(*points)));
                }
            }
        }
        sums
    }
}

/// A project that is funded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Purchase {
    project: u16,
    /// What every supporter pays for a point who can; by points alone nobody pays.
    rate: Option<Fraction>,
    /// The lot that put it before its equals.
    tie: Option<(Vec<u16>, Option<Hash32>)>,
}

/// Purchases in order, as far as ties let them be known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Course {
    purchases: Vec<Purchase>,
    /// The tie that stops it, ascending.
    open: Option<Vec<u16>>,
}

impl Course {
    fn holds(&self, project: u16) -> bool {
        self.purchases.iter().any(|purchase| purchase.project == project)
    }

    fn spent(&self, projects: &Projects) -> u128 {
        let costs = self.purchases.iter().map(|purchase| projects.cost(purchase.project));
        costs.fold(0, u128::saturating_add)
    }
}

impl Projects {
    fn cost(&self, project: u16) -> u128 {
        let cost = self.costs.get(usize::from(project)).copied();
        cost.map_or(u128::MAX, u128::from)
    }

    fn left(&self, course: &Course) -> u128 {
        u128::from(self.available).saturating_sub(course.spent(self))
    }
}

/// Divides the budget. Every purchase is a stage: its totals are the points of all projects, what is not held by anybody is the
/// money that is left after it.
#[must_use]
pub fn count(projects: &Projects, support: &Support, spending: Spending, tie: &TieBreak) -> Count {
    let points = support.points();
    let (mut course, share) = match spending {
        Spending::Greedy => (Course::default(), None),
        Spending::EqualShares => {
            let stood = shares::allocate(projects, support, &points, tie);
            (stood.course, stood.share)
        }
    };
    if course.open.is_none() {
        greedy::complete(projects, &points, &mut course, tie);
    }
    sheet(projects, support, &points, course, share)
}

fn sheet(projects: &Projects, support: &Support, points: &[u128], course: Course, share: Option<Fraction>) -> Count {
    let mut left = u128::from(projects.available);
    let mut stages: Vec<Stage> = Vec::new();
    for (stage, purchase) in (1..).zip(course.purchases) {
        left = left.saturating_sub(projects.cost(purchase.project));
        let lot = purchase.tie.map(|(equals, lot)| Tie {
            stage,
            candidates: numbers(&equals),
            rule: TieRule::Lot,
            chosen: number(purchase.project),
            lot,
        });
        stages.push(Stage {
            totals: totals(points, 0),
            elected: vec![number(purchase.project)],
            nontransferable: Decimal::whole(left),
            ties: lot.into_iter().collect(),
            rate: purchase.rate,
            ..Stage::default()
        });
    }
    let undecided = course.open.map(|equals| Undecided {
        stage: u16::try_from(stages.len()).unwrap_or(u16::MAX).saturating_add(1),
        candidates: numbers(&equals),
        kind: Question::Place,
    });
    if stages.is_empty() {
        stages.push(Stage {
            totals: totals(points, 0),
            nontransferable: Decimal::whole(left),
            ..Stage::default()
        });
    }
    Count {
        method: Method::Budget,
        seats: 0,
        quota: None,
        valid: support.weights.valid,
        blank: support.weights.blank,
        withdrawn: Vec::new(),
        elected: stages.iter().flat_map(|stage| stage.elected.iter().copied()).collect(),
        ties: stages.iter().flat_map(|stage| stage.ties.iter().cloned()).collect(),
        stages,
        pairwise: None,
        ranking: None,
        grades: None,
        share,
        undecided,
    }
}

/// A ratio of whole numbers.
fn fraction(numerator: &BigUint, denominator: &BigUint) -> Fraction {
    Fraction::reduced(numerator, denominator)
}
