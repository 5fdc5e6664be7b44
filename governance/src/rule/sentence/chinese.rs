//! Rules in Chinese, in simplified characters.

use super::{
    Answer, Bound, BudgetBallots, Condition, ConditionBase, Counting, DecisionRule, DefaultOption, ElectionTie,
    Majority, MajorityBase, Needed, Quorum, QuorumCounts, Spending, Threshold, Unit, Unscored, span,
};

pub(super) fn rule(rule: &DecisionRule) -> String {
    let quorum = rule.quorum.map_or_else(|| String::from("没有法定人数要求"), quorum);
    let mut text = format!("{quorum}；{}。", counting(&rule.counting));
    for condition in &rule.conditions {
        text.push_str("此外，");
        text.push_str(&self::condition(*condition));
        text.push('。');
    }
    if rule.ballots_final {
        text.push_str("选票一经投出，不得更改。");
    }
    if rule.early {
        text.push_str("一旦其余选票已无法改变结果，投票即提前结束。");
    }
    if rule.late_quorum_seconds > 0 {
        text.push_str("自首次达到法定人数起，投票至少再持续");
        text.push_str(&time(rule.late_quorum_seconds));
        text.push('。');
    }
    if rule.notice_seconds > 0 {
        text.push_str("提案提交成员讨论至少");
        text.push_str(&time(rule.notice_seconds));
        text.push_str("后方可开始投票。");
    }
    if rule.carried_max > 0 {
        text.push_str(&format!(
            "每名成员受托代他人投票至多 {} 票，超出部分不计入。",
            rule.carried_max
        ));
    }
    text
}

fn time(seconds: u64) -> String {
    let (count, unit) = span(seconds);
    let name = match unit {
        Unit::Day => "天",
        Unit::Hour => "小时",
        Unit::Minute => "分钟",
        Unit::Second => "秒",
    };
    format!(" {count} {name}")
}

fn quorum(quorum: Quorum) -> String {
    let act = match quorum.counts {
        QuorumCounts::AllBallots => "投票（空白票和弃权票计算在内）",
        QuorumCounts::YesAndNo => "投赞成票或反对票",
        QuorumCounts::YesNoAndAbstain => "投赞成票、反对票或弃权票",
        QuorumCounts::YesAndAbstain => "投赞成票或弃权票",
        QuorumCounts::Yes => "投赞成票",
    };
    format!("{}须{act}", needed(quorum.at_least))
}

fn needed(needed: Needed) -> String {
    match needed {
        Needed::Roll { share } if share.is_written_whole() => String::from("名册上全体成员"),
        Needed::Roll { share } => format!("名册上至少 {share} 的成员"),
        Needed::Constant { votes } => format!("至少 {votes} 名成员"),
        Needed::SquareRoot {} => String::from("至少相当于名册人数平方根 1.5 倍的成员"),
    }
}

fn majority(majority: Majority) -> String {
    let share = match majority.threshold {
        Threshold::Exceeded => format!("中超过 {} ", majority.share),
        Threshold::Reached if majority.share.is_written_whole() => String::from("全部"),
        Threshold::Reached => format!("中至少 {} ", majority.share),
    };
    let base = match majority.base {
        MajorityBase::YesAndNo => "赞成票与反对票",
        MajorityBase::YesNoAndAbstain => "赞成票、反对票与弃权票",
        MajorityBase::AllBallots => "全部选票",
        MajorityBase::Roll => "名册上所有人",
    };
    let least = match majority.min_yes {
        0 => String::new(),
        least => format!("，且赞成总数至少为 {least}"),
    };
    format!("若{base}{share}为赞成{least}，则动议通过，否则不通过")
}

fn condition(condition: Condition) -> String {
    let share = condition.share;
    let part = match condition.bound {
        Bound::AtLeast if share.is_written_whole() => String::from("须全部"),
        Bound::AtLeast => format!("须至少有 {share} "),
        Bound::NoMoreThan if share.is_written_none() => String::from("不得有任何一票"),
        Bound::NoMoreThan => format!("至多可有 {share} "),
    };
    let base = match condition.of {
        ConditionBase::VotesCast => "全部选票",
        ConditionBase::Eligible => "名册上所有人",
    };
    let answer = match condition.answer {
        Answer::Yes => "赞成",
        Answer::No => "反对",
        Answer::Abstain => "弃权",
        Answer::Blank => "空白",
    };
    format!("{base}中{part}为{answer}")
}

fn counting(counting: &Counting) -> String {
    let (method, how) = match counting {
        Counting::YesNo { majority } => return self::majority(*majority),
        Counting::Consent { standing_max, appeals } => return consent(*standing_max, *appeals),
        Counting::Optimistic { against } => {
            return format!("除非名册上所有人中至少 {against} 反对，否则动议通过");
        }
        Counting::Budget {
            spending,
            ballots,
            budget,
            costs,
            tie,
        } => {
            let spent = self::budget(*spending, *ballots, *budget, costs);
            return format!("{spent}；{}", tied(*tie));
        }
        Counting::Plurality { .. } => ("按相对多数制", String::from("：每名成员选一个选项，得票最多的选项当选")),
        Counting::Approval { choices_max, .. } => (
            "按赞成投票制",
            format!("：每名成员{}，得票最多的选项当选", choices(*choices_max)),
        ),
        Counting::Score {
            points_max, unscored, ..
        } => ("按评分制", score(*points_max, *unscored)),
        Counting::MajorityJudgment { grades, .. } => (
            "按多数判断制",
            format!("：每名成员为各选项评定 {grades} 个等级之一，未评定者计为最差，中位等级最好的选项当选"),
        ),
        Counting::Quadratic { credits, .. } => (
            "按平方投票制",
            format!("：每名成员至多使用 {credits} 点，对一个选项投 n 票需 n × n 点，得票最多的选项当选"),
        ),
        Counting::Dots { dots, .. } => (
            "按点数投票制",
            format!("：每名成员至多分配 {dots} 个圆点，圆点最多的选项当选"),
        ),
        Counting::Irv { .. } => (
            "按排序复选制",
            String::from("：每名成员为选项排序，首选最少的选项逐轮退出，直到有选项超过半数"),
        ),
        Counting::ScottishStv { .. } => ("按苏格兰地方选举的可转移单票制", String::new()),
        Counting::Meek { .. } => ("按米克法计票的可转移单票制", String::new()),
        Counting::Schulze { .. } => ("按舒尔茨法", pairs()),
        Counting::Copeland { .. } => ("按科普兰法", pairs()),
    };
    elected(counting, method, &how)
}

fn elected(counting: &Counting, method: &str, how: &str) -> String {
    let places = match counting.seats().unwrap_or(1) {
        0 => String::from("选出相应名额"),
        seats => format!("选出 {seats} 个名额"),
    };
    let tie = counting
        .tie()
        .map_or("", if counting.has_stages() { tied_in_stages } else { tied });
    let beaten = counting.default_option().map_or_else(String::new, default_option);
    format!("{method}{places}{how}；{tie}{beaten}")
}

fn consent(standing_max: u32, appeals: u16) -> String {
    let passes = match standing_max {
        0 => String::from("若无异议仍然成立，则提案经同意通过，否则不通过"),
        most => format!("若仍然成立的异议不超过 {most} 项，则提案经同意通过，否则不通过"),
    };
    match appeals {
        1 => passes,
        most => format!("{passes}；被驳回的异议经 {most} 名成员申诉后重新成立"),
    }
}

const fn tied(tie: ElectionTie) -> &'static str {
    match tie {
        ElectionTie::Lot => "平局由抽签决定",
        ElectionTie::Forbidden => "若有平局，则没有结果",
    }
}

const fn tied_in_stages(tie: ElectionTie) -> &'static str {
    match tie {
        ElectionTie::Lot => "若较早轮次无法决定平局，则抽签决定",
        ElectionTie::Forbidden => "若较早轮次无法决定平局，则选举无结果",
    }
}

fn choices(most: u16) -> String {
    match most {
        0 => String::from("可选任意多个选项"),
        _ => format!("至多选 {most} 个选项"),
    }
}

fn score(points_max: u32, unscored: Unscored) -> String {
    let rest = match unscored {
        Unscored::Zero {} => String::from("未评分计为 0 分，总分最高的选项当选"),
        Unscored::NoOpinion { scorers } => {
            format!("未评分视为无意见，在至少获全部选票中 {scorers} 评分的选项里，平均分最高者当选")
        }
    };
    format!("：每名成员为选项评 0 至 {points_max} 分，{rest}")
}

fn budget(spending: Spending, ballots: BudgetBallots, budget: u64, costs: &[u64]) -> String {
    let money = match budget {
        0 => String::from("预算"),
        _ => format!("预算 {budget} "),
    };
    let how = match spending {
        Spending::Greedy => "依次用于最受支持的选项，直到用尽",
        Spending::EqualShares => "按均等份额法分配",
    };
    let vote = match ballots {
        BudgetBallots::Choices { choices_max } => choices(choices_max),
        BudgetBallots::Points { points_max } => format!("为选项评 0 至 {points_max} 分"),
    };
    let prices = if costs.is_empty() {
        String::new()
    } else {
        let texts: Vec<String> = costs.iter().map(u64::to_string).collect();
        format!("；各选项的费用为 {}", texts.join("、"))
    };
    format!("{money}{how}：每名成员{vote}{prices}")
}

fn pairs() -> String {
    String::from("：每名成员为选项排序，任意两个选项相互比较")
}

fn default_option(default: DefaultOption) -> String {
    let least = default
        .at_least
        .map_or_else(String::new, |least| format!("，且{}如此", needed(least)));
    format!(
        "；仅当在该选项与“维持现状”之间有所偏好者中超过 {} 偏好该选项{least}，该选项方可当选",
        default.share
    )
}
