//! The Method of Equal Shares, exactly.
//!
//! 1. Every voter has the same share: the budget divided by the valid weight.
//! 2. A project can be bought if its supporters together still have what it costs. Its rate is the least amount such that the
//!    supporters pay for it when each gives that amount for each point, or all that is left to whoever has less.
//! 3. The project with the lowest rate is bought; of equal rates the one with more points; then the lot, unless the order of the
//!    equals has no effect. This repeats until no project can be bought.
//! 4. *Add-one*: all of it is done again with every share raised by [`raise`], and again, until another raise would spend more
//!    than the budget (then the allocation before it stands), or nothing more could be paid for. At most [`RAISES_MAX`] times.
//!
//! All money is kept as whole numbers over one common denominator, which grows with each purchase that does not divide evenly.
//! Differs: where a share is 1000 units or more, a raise is a thousandth of it, so that work is bounded.

use std::cmp::Ordering;

use num_bigint::BigUint;

use super::{Course, Projects, Purchase, Support, fraction, greedy};
use crate::tally::sheet::Fraction;
use crate::tally::tie::TieBreak;

/// How often shares are raised at most.
pub const RAISES_MAX: u32 = 1_000;

/// By how much every share is raised at a time: one unit, or the thousandth part of a large share, whole units only.
#[must_use]
pub fn raise(available: u64, weight: u128) -> u128 {
    let thousandths = weight.saturating_mul(u128::from(RAISES_MAX));
    u128::from(available)
        .checked_div(thousandths)
        .unwrap_or_default()
        .max(1)
}

/// The allocation that stood, and each voter's share in it.
pub(super) struct Stood {
    pub(super) course: Course,
    pub(super) share: Option<Fraction>,
}

/// Buys with equal shares, raised as often as the budget allows.
pub(super) fn allocate(projects: &Projects, support: &Support, points: &[u128], tie: &TieBreak) -> Stood {
    let weight = support.groups.values().copied().fold(0, u128::saturating_add);
    if weight == 0 {
        return Stood {
            course: Course::default(),
            share: None,
        };
    }
    let step = raise(projects.available, weight);
    let money = |raises: u32| BigUint::from(projects.available) + BigUint::from(step) * weight * raises;
    let stood = |course: Course, raises: u32| Stood {
        course,
        share: Some(fraction(&money(raises), &BigUint::from(weight))),
    };
    let run = |raises: u32| Run::new(support, points, money(raises), weight).buy_all(projects, tie);
    let mut course = run(0);
    for raises in 1..=RAISES_MAX {
        let before = raises.saturating_sub(1);
        if course.open.is_some() || !could_buy(projects, points, &course) {
            return stood(course, before);
        }
        let next = run(raises);
        if next.spent(projects) > u128::from(projects.available) {
            return stood(course, before);
        }
        course = next;
    }
    stood(course, RAISES_MAX)
}

/// Whether the budget would pay for another project that somebody wants.
fn could_buy(projects: &Projects, points: &[u128], course: &Course) -> bool {
    let left = projects.left(course);
    (0..)
        .zip(points)
        .any(|(project, points)| *points > 0 && !course.holds(project) && projects.cost(project) <= left)
}

/// Voters with the same ballot; they have the same money all along.
#[derive(Debug, Clone)]
struct Group {
    weight: u128,
    /// What each of them has, times the common denominator.
    purse: BigUint,
}

/// A group that gives a project points.
#[derive(Debug, Clone, Copy)]
struct Supporter {
    group: usize,
    points: u32,
}

/// A project that may still be bought.
#[derive(Debug, Clone)]
struct Offer {
    project: u16,
    /// What all ballots give to it.
    points: u128,
    supporters: Vec<Supporter>,
}

/// What a project asks of each supporter for a point, times the common denominator: `asked / paid_points`.
#[derive(Debug, Clone)]
struct Rate {
    asked: BigUint,
    /// The points of those who can pay it, times their weights; at least 1.
    paid_points: u128,
}

impl Rate {
    fn compare(&self, other: &Self) -> Ordering {
        (&self.asked * other.paid_points).cmp(&(&other.asked * self.paid_points))
    }

    /// Whether a purse holds it for so many points.
    fn is_within(&self, purse: &BigUint, points: u128) -> bool {
        purse * self.paid_points >= &self.asked * points
    }
}

/// One run with shares of one size.
struct Run {
    groups: Vec<Group>,
    denominator: BigUint,
    offers: Vec<Offer>,
}

impl Run {
    fn new(support: &Support, points: &[u128], money: BigUint, weight: u128) -> Self {
        let mut offers: Vec<Offer> = (0..)
            .zip(points)
            .map(|(project, points)| Offer {
                project,
                points: *points,
                supporters: Vec::new(),
            })
            .collect();
        for (group, supported) in support.groups.keys().enumerate() {
            for (project, points) in supported {
                if let Some(offer) = offers.get_mut(usize::from(*project)) {
                    offer.supporters.push(Supporter { group, points: *points });
                }
            }
        }
        offers.retain(|offer| offer.points > 0);
        let groups = support.groups.values().map(|weight| Group {
            weight: *weight,
            purse: money.clone(),
        });
        Self {
            groups: groups.collect(),
            denominator: BigUint::from(weight),
            offers,
        }
    }

    fn buy_all(mut self, projects: &Projects, tie: &TieBreak) -> Course {
        let mut course = Course::default();
        loop {
            let Some((rate, mut equals)) = self.lowest(projects) else {
                return course;
            };
            let points_of = |project: u16| {
                let offer = self.offers.iter().find(|offer| offer.project == project);
                offer.map_or(0, |offer| offer.points)
            };
            let most = equals.iter().map(|project| points_of(*project)).max();
            equals.retain(|project| Some(points_of(*project)) == most);
            let matters = equals.len() > 1 && self.order_matters(&equals, &rate);
            let Some(purchase) = greedy::first(&equals, matters, tie) else {
                course.open = Some(equals);
                return course;
            };
            self.pay(purchase.project, projects, &mut course, purchase);
        }
    }

    /// The lowest rate and the projects that have it, ascending. Whatever can no longer be paid for leaves: purses only shrink.
    fn lowest(&mut self, projects: &Projects) -> Option<(Rate, Vec<u16>)> {
        let mut best: Option<(Rate, Vec<u16>)> = None;
        let mut lost: Vec<u16> = Vec::new();
        for offer in &self.offers {
            // Nothing is cheaper than when all supporters pay alike, so most projects need not be looked at closely.
            let least = self.least(offer, projects);
            if best.as_ref().is_some_and(|(best, _)| least.compare(best).is_gt()) {
                continue;
            }
            let Some(rate) = self.rate(offer, least) else {
                lost.push(offer.project);
                continue;
            };
            match best.as_mut().map(|(best, equals)| (rate.compare(best), equals)) {
                None | Some((Ordering::Less, _)) => best = Some((rate, vec![offer.project])),
                Some((Ordering::Equal, equals)) => equals.push(offer.project),
                Some((Ordering::Greater, _)) => {}
            }
        }
        self.offers.retain(|offer| !lost.contains(&offer.project));
        best
    }

    fn purse(&self, supporter: Supporter) -> &BigUint {
        const EMPTY: &BigUint = &BigUint::ZERO;
        self.groups.get(supporter.group).map_or(EMPTY, |group| &group.purse)
    }

    fn weight(&self, supporter: Supporter) -> u128 {
        self.groups.get(supporter.group).map_or(0, |group| group.weight)
    }

    /// The rate where every supporter can pay it.
    fn least(&self, offer: &Offer, projects: &Projects) -> Rate {
        Rate {
            asked: &self.denominator * projects.cost(offer.project),
            paid_points: offer.points,
        }
    }

    /// The rate, from the one where all could pay it; `None` where the supporters together have too little.
    fn rate(&self, offer: &Offer, least: Rate) -> Option<Rate> {
        let pays = |rate: &Rate, one: Supporter| rate.is_within(self.purse(one), u128::from(one.points));
        if offer.supporters.iter().all(|one| pays(&least, *one)) {
            return Some(least);
        }
        // Who has least for a point first, so that one walk finds who cannot pay.
        let mut poorest = offer.supporters.clone();
        poorest.sort_by(|one, other| (self.purse(*one) * other.points).cmp(&(self.purse(*other) * one.points)));
        let mut rate = least;
        for one in poorest {
            if pays(&rate, one) {
                return Some(rate);
            }
            // Whoever has less gives all of it; the others share what is still asked.
            let weight = self.weight(one);
            rate.asked -= self.purse(one) * weight;
            rate.paid_points = rate
                .paid_points
                .saturating_sub(weight.saturating_mul(u128::from(one.points)));
        }
        None
    }

    /// Whether the order in which projects of the same rate are bought could have an effect: not where every supporter can pay the
    /// rate for all of them, since all purses are then the same afterwards.
    fn order_matters(&self, equals: &[u16], rate: &Rate) -> bool {
        let mut wanted = vec![0_u128; self.groups.len()];
        for offer in self.offers.iter().filter(|offer| equals.contains(&offer.project)) {
            for one in &offer.supporters {
                if let Some(points) = wanted.get_mut(one.group) {
                    *points = points.saturating_add(u128::from(one.points));
                }
            }
        }
        let mut groups = self.groups.iter().zip(wanted);
        groups.any(|(group, points)| !rate.is_within(&group.purse, points))
    }

    /// Buys a project: takes the rate for each point, or all there is, from the purse of every supporter.
    fn pay(&mut self, project: u16, projects: &Projects, course: &mut Course, purchase: Purchase) {
        let Some(at) = self.offers.iter().position(|offer| offer.project == project) else {
            return;
        };
        let offer = self.offers.remove(at);
        let least = self.least(&offer, projects);
        let Some(rate) = self.rate(&offer, least) else {
            return;
        };
        course.purchases.push(Purchase {
            rate: Some(fraction(&rate.asked, &(&self.denominator * rate.paid_points))),
            ..purchase
        });
        let common = greatest_common_divisor(rate.paid_points, &rate.asked);
        let parts = rate.paid_points.checked_div(common).unwrap_or(1);
        let amount = &rate.asked / common;
        if parts > 1 {
            self.denominator *= parts;
            for group in &mut self.groups {
                group.purse *= parts;
            }
        }
        for one in offer.supporters {
            let due = &amount * one.points;
            if let Some(group) = self.groups.get_mut(one.group) {
                group.purse = if group.purse > due {
                    &group.purse - due
                } else {
                    BigUint::ZERO
                };
            }
        }
    }
}

/// Of a number of at least 1 and one of any size.
fn greatest_common_divisor(small: u128, large: &BigUint) -> u128 {
    let mut one = small.max(1);
    let mut other = u128::try_from(large % one).unwrap_or_default();
    while other > 0 {
        let rest = one.checked_rem(other).unwrap_or_default();
        one = other;
        other = rest;
    }
    one
}
