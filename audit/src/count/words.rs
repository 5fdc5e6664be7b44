//! What methods are called, and what their numbers mean.

use governance::ballot::Method;
use governance::profile::Profile;
use governance::tally::TieRule;
use governance::tally::sheet::{Question, Tie};

use crate::print::harmless;

/// The method's name in a heading.
pub(super) const fn title(method: Method) -> &'static str {
    match method {
        Method::YesNo => "Motion",
        Method::Plurality => "Plurality",
        Method::Approval => "Approval",
        Method::Score => "Score",
        Method::MajorityJudgment => "Majority judgment",
        Method::Quadratic => "Quadratic",
        Method::Dots => "Dots",
        Method::Budget => "Budget",
        Method::Irv => "Instant runoff",
        Method::ScottishStv => "Scottish STV",
        Method::Meek => "Meek STV",
        Method::Schulze => "Schulze",
        Method::Copeland => "Copeland",
        Method::Consent => "Consent",
        Method::Optimistic => "Optimistic decision",
    }
}

/// What the totals of the first stage are.
pub(super) const fn totals(method: Method) -> &'static str {
    match method {
        Method::Irv | Method::ScottishStv | Method::Meek => "first preferences",
        Method::Approval => "approvals",
        Method::Score => "sums of scores",
        Method::MajorityJudgment => "majority grades",
        Method::Schulze => "how many others each beats by the strongest paths",
        Method::Copeland => "points from all pairs",
        Method::YesNo
        | Method::Plurality
        | Method::Quadratic
        | Method::Dots
        | Method::Budget
        | Method::Consent
        | Method::Optimistic => "votes",
    }
}

/// Whether papers go from one candidate to another.
pub(super) const fn is_transferable(method: Method) -> bool {
    matches!(method, Method::Irv | Method::ScottishStv | Method::Meek)
}

/// What waits for a tie to be settled.
pub(super) const fn question(question: Question) -> &'static str {
    match question {
        Question::Surplus => "whose surplus goes first",
        Question::Exclusion => "who is excluded",
        Question::Place => "who gets the last places",
    }
}

/// How a tie was settled.
pub(super) fn settled(tie: &Tie) -> String {
    match (tie.rule, tie.lot) {
        (TieRule::Lookback, _) => "by the last stage at which they differed".to_owned(),
        (TieRule::Lot, Some(lot)) => format!("by lot {lot}"),
        (TieRule::Lot, None) => "by the order of ties that was given".to_owned(),
    }
}

/// A candidate's name by number from 1, safe on a terminal.
pub(super) fn name(profile: &Profile, number: u16) -> String {
    let name = profile.candidates.get(usize::from(number.saturating_sub(1)));
    harmless(name.map_or("", String::as_str))
}

/// "Ann, Ben and Cem".
pub(super) fn names(profile: &Profile, numbers: &[u16]) -> String {
    let names: Vec<String> = numbers.iter().map(|number| name(profile, *number)).collect();
    listed(&names)
}

/// "one, two and three".
pub(super) fn listed(texts: &[String]) -> String {
    match texts.split_last() {
        None => String::from("nobody"),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
