//! When a result is settled before voting ends, and when a late quorum gives voting more time.

use super::{DecisionRule, Outcome};
use crate::tally::motion::MotionTally;
use crate::time::Timestamp;

impl DecisionRule {
    /// The outcome that a motion has whatever the members who have not voted yet will do; `None` while that is open, and where
    /// the rule does not let a vote end early.
    ///
    /// With a majority of yes and no alone this is: it passes if the quorum is met and b·Y > a·E', it fails if the quorum is met
    /// and not b·(E' - N) > a·E' (≥ where the share need only be reached), with E' = E - A - B. Every other rule is judged at the
    /// extremes: nobody else votes, or everybody else gives the same one of the four answers. Each thing a rule asks is a linear
    /// inequality in the four weights, so what holds, or fails, at the five corners holds, or fails, wherever the rest may go;
    /// "passed" and "no quorum" are therefore found as early as they can be. "Rejected" is found as soon as one thing the rule
    /// asks has become unreachable by itself. That is as early as can be too, unless a condition wants few yes or many other
    /// answers: then two things that only exclude each other are not seen, and voting goes on.
    ///
    /// Differs: a motion whose majority is out of reach before the quorum is met stays open, since its count would say that there
    /// was no quorum. So a vote that ends early is always counted as it was foreseen.
    ///
    /// It is for votes whose ballots nobody can change: [`Self::check`] lets a rule decide early only where ballots are final.
    /// The caller keeps it from votes whose ballots are hidden or that a delegating member may still override.
    #[must_use]
    pub fn early(&self, tally: &MotionTally, eligible: u128) -> Option<Outcome> {
        (self.early && self.counting.may_end_early())
            .then(|| self.settled(tally, eligible))
            .flatten()
    }

    fn settled(&self, tally: &MotionTally, eligible: u128) -> Option<Outcome> {
        let corners = corners(tally, eligible);
        let quorate = |corner: &MotionTally| self.is_quorate(self.taking_part(corner), eligible);
        if !corners.iter().any(quorate) {
            return Some(Outcome::NoQuorum);
        }
        if !corners.iter().all(quorate) {
            return None;
        }
        let criteria = self.criteria();
        let holds_everywhere = |corner: &MotionTally| criteria.iter().all(|each| each.holds(corner, eligible));
        if corners.iter().all(holds_everywhere) {
            return Some(Outcome::Passed);
        }
        let is_out_of_reach = criteria
            .iter()
            .any(|each| corners.iter().all(|corner| !each.holds(corner, eligible)));
        is_out_of_reach.then_some(Outcome::Rejected)
    }

    /// When voting ends, if it was to end at `closes_at` and the quorum was met for the first time at `quorum_met_at`: no sooner
    /// than [`Self::late_quorum_seconds`] after that, so that a quorum brought about at the last moment surprises nobody. It is
    /// reckoned from the first moment alone, so it happens once. Source: OpenZeppelin's GovernorPreventLateQuorum.
    #[must_use]
    pub fn closes_after_quorum(&self, closes_at: Timestamp, quorum_met_at: Option<Timestamp>) -> Timestamp {
        match quorum_met_at {
            Some(met_at) if self.late_quorum_seconds > 0 && met_at <= closes_at => {
                closes_at.max(met_at.plus_seconds(self.late_quorum_seconds))
            }
            Some(_) | None => closes_at,
        }
    }
}

/// The ends to which the votes that are not yet cast can go: none of them is cast, or all give the same answer.
fn corners(tally: &MotionTally, eligible: u128) -> [MotionTally; 5] {
    let rest = eligible.saturating_sub(tally.all());
    let mut corners = [*tally; 5];
    let [_, yes, no, abstain, blank] = &mut corners;
    yes.yes = yes.yes.saturating_add(rest);
    no.no = no.no.saturating_add(rest);
    abstain.abstain = abstain.abstain.saturating_add(rest);
    blank.blank = blank.blank.saturating_add(rest);
    corners
}
