//! Rules in English.

use super::{
    Answer, Bound, BudgetBallots, Condition, ConditionBase, Counting, DecisionRule, DefaultOption, ElectionTie,
    Majority, MajorityBase, Needed, Quorum, QuorumCounts, Spending, Threshold, Unit, Unscored, span,
};

pub(super) fn rule(rule: &DecisionRule) -> String {
    let quorum = rule.quorum.map_or_else(|| String::from("There is no quorum"), quorum);
    let mut text = format!("{quorum}; {}.", counting(&rule.counting));
    for condition in &rule.conditions {
        text.push_str(" In addition, ");
        text.push_str(&self::condition(*condition));
        text.push('.');
    }
    if rule.ballots_final {
        text.push_str(" A ballot once cast cannot be changed.");
    }
    if rule.early {
        text.push_str(" Voting ends early once no further ballot can change the result.");
    }
    if rule.late_quorum_seconds > 0 {
        text.push_str(" Voting goes on for at least ");
        text.push_str(&time(rule.late_quorum_seconds));
        text.push_str(" after the quorum is first met.");
    }
    if rule.notice_seconds > 0 {
        text.push_str(" Voting opens no sooner than ");
        text.push_str(&time(rule.notice_seconds));
        text.push_str(" after the proposal was put before the members.");
    }
    if rule.carried_max > 0 {
        text.push_str(&format!(
            " By delegation a member carries at most {} votes of others; what is above is not cast.",
            rule.carried_max
        ));
    }
    text
}

fn time(seconds: u64) -> String {
    let (count, unit) = span(seconds);
    let name = match unit {
        Unit::Day => "day",
        Unit::Hour => "hour",
        Unit::Minute => "minute",
        Unit::Second => "second",
    };
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

fn quorum(quorum: Quorum) -> String {
    let act = match quorum.counts {
        QuorumCounts::AllBallots => "cast a ballot, blank ones and abstentions included",
        QuorumCounts::YesAndNo => "vote yes or no",
        QuorumCounts::YesNoAndAbstain => "vote yes, vote no or abstain",
        QuorumCounts::YesAndAbstain => "vote yes or abstain",
        QuorumCounts::Yes => "vote yes",
    };
    let needed = needed(quorum.at_least);
    match quorum.at_least {
        Needed::Roll { share } if share.is_written_whole() => format!("All {needed} must {act}"),
        Needed::Roll { .. } | Needed::Constant { .. } | Needed::SquareRoot {} => {
            format!("At least {needed} must {act}")
        }
    }
}

fn needed(needed: Needed) -> String {
    match needed {
        Needed::Roll { share } if share.is_written_whole() => String::from("members on the roll"),
        Needed::Roll { share } => format!("{share} of the members on the roll"),
        Needed::Constant { votes: 1 } => String::from("1 member"),
        Needed::Constant { votes } => format!("{votes} members"),
        Needed::SquareRoot {} => {
            String::from("one and a half times the square root of the number of members on the roll")
        }
    }
}

fn majority(majority: Majority) -> String {
    let share = match majority.threshold {
        Threshold::Exceeded => format!("more than {} of", majority.share),
        Threshold::Reached if majority.share.is_written_whole() => String::from("all of"),
        Threshold::Reached => format!("at least {} of", majority.share),
    };
    let base = match majority.base {
        MajorityBase::YesAndNo => "the yes and no ballots",
        MajorityBase::YesNoAndAbstain => "the yes, no and abstain ballots",
        MajorityBase::AllBallots => "all ballots",
        MajorityBase::Roll => "everyone on the roll",
    };
    let least = match majority.min_yes {
        0 => String::new(),
        least => format!(" and at least {least} in all say yes"),
    };
    format!("the motion passes if {share} {base} say yes{least}, and fails otherwise")
}

fn condition(condition: Condition) -> String {
    let share = condition.share;
    let (part, verb) = match condition.bound {
        Bound::AtLeast if share.is_written_whole() => (String::from("all of"), "must"),
        Bound::AtLeast => (format!("at least {share} of"), "must"),
        Bound::NoMoreThan if share.is_written_none() => (String::from("none of"), "may"),
        Bound::NoMoreThan => (format!("no more than {share} of"), "may"),
    };
    let base = match condition.of {
        ConditionBase::VotesCast => "all ballots",
        ConditionBase::Eligible => "everyone on the roll",
    };
    let answer = match condition.answer {
        Answer::Yes => "say yes",
        Answer::No => "say no",
        Answer::Abstain => "abstain",
        Answer::Blank => "be blank",
    };
    format!("{part} {base} {verb} {answer}")
}

fn counting(counting: &Counting) -> String {
    let how = match counting {
        Counting::YesNo { majority } => return self::majority(*majority),
        Counting::Consent { standing_max, appeals } => return consent(*standing_max, *appeals),
        Counting::Optimistic { against } => {
            return format!("the motion passes unless at least {against} of everyone on the roll say no");
        }
        Counting::Budget {
            spending,
            ballots,
            budget,
            costs,
            tie,
        } => {
            let spent = self::budget(*spending, *ballots, *budget, costs);
            return format!("{spent}; {}", tied(*tie));
        }
        Counting::Plurality { .. } => {
            String::from("plurality: each member names one option, and the options named most often win")
        }
        Counting::Approval { choices_max, .. } => format!(
            "approval: each member names {}, and the options named most often win",
            choices(*choices_max)
        ),
        Counting::Score {
            points_max, unscored, ..
        } => score(*points_max, *unscored),
        Counting::MajorityJudgment { grades, .. } => format!(
            "majority judgment: each member gives every option one of {grades} grades, an option without one has the worst, \
             and the options with the best middle grades win"
        ),
        Counting::Quadratic { credits, .. } => format!(
            "quadratic voting: each member spends up to {credits} credits, n votes for one option cost n × n credits, and the \
             options with the most votes win"
        ),
        Counting::Dots { dots, .. } => {
            format!("dots: each member spreads up to {dots} dots, and the options with the most dots win")
        }
        Counting::Irv { .. } => String::from(
            "instant runoff: each member ranks the options, and the one that fewest rank first leaves until one has more than half",
        ),
        Counting::ScottishStv { .. } => String::from("the single transferable vote as in Scottish local elections"),
        Counting::Meek { .. } => String::from("the single transferable vote as Meek's method counts it"),
        Counting::Schulze { .. } => pairs("Schulze's method"),
        Counting::Copeland { .. } => pairs("Copeland's method"),
    };
    elected(counting, &how)
}

fn elected(counting: &Counting, how: &str) -> String {
    let places = match counting.seats().unwrap_or(1) {
        0 => String::from("places are filled"),
        1 => String::from("one place is filled"),
        seats => format!("{seats} places are filled"),
    };
    let tie = counting
        .tie()
        .map_or("", if counting.has_stages() { tied_in_stages } else { tied });
    let beaten = counting.default_option().map_or_else(String::new, default_option);
    format!("{places} by {how}; {tie}{beaten}")
}

fn consent(standing_max: u32, appeals: u16) -> String {
    let objections = match standing_max {
        0 => String::from("no objection stands"),
        1 => String::from("no more than 1 objection stands"),
        most => format!("no more than {most} objections stand"),
    };
    let appealed = match appeals {
        1 => String::new(),
        most => format!("; a dismissed objection stands again once {most} members appeal"),
    };
    format!("the proposal passes by consent if {objections}, and fails otherwise{appealed}")
}

const fn tied(tie: ElectionTie) -> &'static str {
    match tie {
        ElectionTie::Lot => "a tie is broken by lot",
        ElectionTie::Forbidden => "a tie leaves the decision undecided",
    }
}

const fn tied_in_stages(tie: ElectionTie) -> &'static str {
    match tie {
        ElectionTie::Lot => "a tie that earlier stages do not settle is broken by lot",
        ElectionTie::Forbidden => "a tie that earlier stages do not settle leaves the election undecided",
    }
}

fn choices(most: u16) -> String {
    match most {
        0 => String::from("any number of options"),
        1 => String::from("no more than 1 option"),
        _ => format!("no more than {most} options"),
    }
}

fn score(points_max: u32, unscored: Unscored) -> String {
    let rest = match unscored {
        Unscored::Zero {} => String::from("an option given none counts as 0, and the highest sums win"),
        Unscored::NoOpinion { scorers } => format!(
            "an option given none counts as no opinion, and the highest averages win among the options that at least {scorers} \
             of all ballots give points"
        ),
    };
    format!("score: each member gives options from 0 to {points_max} points, {rest}")
}

fn budget(spending: Spending, ballots: BudgetBallots, budget: u64, costs: &[u64]) -> String {
    let money = match budget {
        0 => String::from("a budget is spent"),
        _ => format!("a budget of {budget} is spent"),
    };
    let how = match spending {
        Spending::Greedy => "on the most wanted options in turn, as far as it goes",
        Spending::EqualShares => "by the method of equal shares",
    };
    let vote = match ballots {
        BudgetBallots::Choices { choices_max } => format!("names {}", choices(choices_max)),
        BudgetBallots::Points { points_max } => format!("gives options from 0 to {points_max} points"),
    };
    let prices = if costs.is_empty() {
        String::new()
    } else {
        let texts: Vec<String> = costs.iter().map(u64::to_string).collect();
        format!("; the options cost {}", texts.join(", "))
    };
    format!("{money} {how}: each member {vote}{prices}")
}

fn pairs(method: &str) -> String {
    format!("{method}: each member ranks the options, and every two of them are compared")
}

fn default_option(default: DefaultOption) -> String {
    let least = default
        .at_least
        .map_or_else(String::new, |least| format!(" and at least {} do", needed(least)));
    format!(
        "; an option wins only if more than {} of those who prefer either it or \"nothing changes\" prefer it{least}",
        default.share
    )
}
