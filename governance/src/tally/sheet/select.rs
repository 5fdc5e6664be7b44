//! Filling places from groups of equal merit.

use super::{Question, Tie, Undecided, number, numbers};
use crate::tally::tie::{TieBreak, TieRule};

/// Who gets the places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Who does, in order, by number from 1.
    pub elected: Vec<u16>,
    /// The lots that were drawn.
    pub ties: Vec<Tie>,
    /// The group that the last places divide, where no lot says how.
    pub undecided: Option<Undecided>,
}

/// Gives `seats` places to candidates (from 0) in `groups` of equal merit, the best first.
///
/// A group that fits whole is elected, in the order of the lot if there is one, else of their numbers, which has no effect. A group
/// that the last places divide is drawn by lot; without one it is [`Selection::undecided`]. `stage` names the stage for the ties.
#[must_use]
pub fn select(groups: &[Vec<u16>], seats: u16, tie: &TieBreak, stage: u16) -> Selection {
    let mut selection = Selection::default();
    for group in groups {
        let left = usize::from(seats).saturating_sub(selection.elected.len());
        if left == 0 {
            break;
        }
        let divided = group.len() > left;
        let mut rest = group.clone();
        rest.sort_unstable();
        for _ in 0..left.min(group.len()) {
            if let [only] = rest.as_slice() {
                selection.elected.push(number(*only));
                break;
            }
            let Some(chosen) = tie.draw(&rest) else {
                if divided {
                    selection.undecided = Some(Undecided {
                        stage,
                        candidates: numbers(&rest),
                        kind: Question::Place,
                    });
                    return selection;
                }
                selection.elected.extend(numbers(&rest));
                break;
            };
            selection.ties.push(Tie {
                stage,
                candidates: numbers(&rest),
                rule: TieRule::Lot,
                chosen: number(chosen),
                lot: tie.lot(),
            });
            selection.elected.push(number(chosen));
            rest.retain(|candidate| *candidate != chosen);
        }
    }
    selection
}
