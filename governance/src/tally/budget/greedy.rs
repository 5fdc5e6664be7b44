//! By points: the project with the most points that what is left still pays for, again and again.

use super::{Course, Projects, Purchase};
use crate::tally::tie::TieBreak;

/// Adds purchases by points until nothing more can be paid for.
pub(super) fn complete(projects: &Projects, points: &[u128], course: &mut Course, tie: &TieBreak) {
    loop {
        let left = projects.left(course);
        let affordable: Vec<(u128, u16)> = (0..)
            .zip(points)
            .filter(|(project, points)| **points > 0 && !course.holds(*project) && projects.cost(*project) <= left)
            .map(|(project, points)| (*points, project))
            .collect();
        let Some(most) = affordable.iter().map(|(points, _)| *points).max() else {
            return;
        };
        let equals: Vec<u16> = affordable
            .iter()
            .filter(|(points, _)| *points == most)
            .map(|(_, project)| *project)
            .collect();
        let together = equals.iter().map(|project| projects.cost(*project)).sum::<u128>();
        // Where all of them can be paid for, their order has no effect.
        let matters = together > left;
        let Some(purchase) = first(&equals, matters, tie) else {
            course.open = Some(equals);
            return;
        };
        course.purchases.push(purchase);
    }
}

/// Which of `equals` (ascending) is bought first; `None` where that matters and no lot says.
pub(super) fn first(equals: &[u16], matters: bool, tie: &TieBreak) -> Option<Purchase> {
    let plain = |project: u16| Purchase {
        project,
        rate: None,
        tie: None,
    };
    match equals {
        [] => None,
        [only] => Some(plain(*only)),
        [lowest, ..] if !matters => Some(plain(*lowest)),
        several => tie.draw(several).map(|project| Purchase {
            project,
            rate: None,
            tie: Some((several.to_vec(), tie.lot())),
        }),
    }
}
