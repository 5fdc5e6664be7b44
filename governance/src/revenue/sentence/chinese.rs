//! Revenue rules in Chinese, in simplified characters.

use crate::revenue::{
    Cap, Excess, Infeasible, MetricWeight, Notice, Operation, Payout, Period, Pool, Rail, RevenueRule, Rounding,
    Shortfall, Step, Target, Withholding,
};

pub(super) fn rule(rule: &RevenueRule) -> Vec<String> {
    let mut sentences: Vec<String> = rule.steps.iter().map(|each| step(each, &rule.currency)).collect();
    sentences.extend(rule.withholding.iter().map(withholding));
    sentences.extend(payout(&rule.payout, &rule.currency));
    sentences.extend(rule.notice.map(notice));
    if let Some(profile) = rule.profile {
        sentences.push(format!("本规则拟遵循法律模板 {}。", profile.name()));
    }
    sentences
}

fn step(step: &Step, currency: &str) -> String {
    let from = &step.from;
    let text = match &step.does {
        Operation::Fixed { amount, to, shortfall } => {
            let short = match shortfall {
                Shortfall::Partial => "不足时以现有金额为限",
                Shortfall::Refuse => "不足时本期不予分配",
            };
            format!("从 {from} 划转 {amount} {currency} 至 {to}，{short}。")
        }
        Operation::Percent { share, to } => format!("将 {from} 中现有金额的 {share} 划转至 {to}。"),
        Operation::Reserve { share, to, until } => {
            let until = match until {
                None => String::new(),
                Some(Target::Amount { amount }) => format!("，直至 {to} 达到 {amount} {currency}"),
                Some(Target::Balance { share, of }) if share.share() == share.whole() => {
                    format!("，直至 {to} 与 {of} 相等")
                }
                Some(Target::Balance { share, of }) => format!("，直至 {to} 达到 {of} 的 {share}"),
            };
            format!("将 {from} 中现有金额的 {share} 提入 {to}{until}。")
        }
        Operation::CapitalInterest { annual, period, to } => format!(
            "从 {from} 向 {to} 支付实缴股本利息，年利率 {annual}，计息期{}；金额不足时按比例减少。",
            self::period(*period)
        ),
        Operation::Split { parts } => {
            let all: u128 = parts.iter().map(|part| u128::from(part.weight)).sum();
            let parts: Vec<String> = parts
                .iter()
                .map(|part| format!("{} 得 {}/{all}", part.to, part.weight))
                .collect();
            format!("将 {from} 中的全部金额拆分：{}。", parts.join("，"))
        }
        Operation::PerCapita { to } => format!("将 {from} 中的全部金额在 {to} 之间平均分配。"),
        Operation::Patronage { .. } => patronage(from, &step.does, currency),
        Operation::Transfer { to } => format!("将 {from} 中的全部金额划转至 {to}。"),
        Operation::Sink {} => format!("{from} 中的金额留存其中。"),
    };
    format!("{}：{text}", step.id)
}

const fn period(period: Period) -> &'static str {
    match period {
        Period::Month => "一个月",
        Period::Quarter => "一个季度",
        Period::HalfYear => "半年",
        Period::Year => "一年",
    }
}

fn patronage(from: &Pool, does: &Operation, currency: &str) -> String {
    let Operation::Patronage {
        to,
        weights,
        floor,
        cap,
        infeasible,
        excess,
    } = does
    else {
        return String::new();
    };
    let mut text = format!("将 {from} 中的全部金额按 {} 的比例在 {to} 之间分配。", measure(weights));
    if let Some(floor) = floor {
        let short = match infeasible {
            Infeasible::DropFloor => "金额不足以满足时，不设下限",
            Infeasible::Refuse => "金额不足以满足时，本期不予分配",
        };
        text.push_str(&format!("凡有贡献者至少得 {floor} {currency}；{short}。"));
    }
    if let Some(cap) = cap {
        let most = match cap {
            Cap::Amount { amount } => format!(" {amount} {currency}"),
            Cap::Pool { share } => format!("其中的 {share}"),
        };
        let excess = match excess {
            Excess::Redistribute => "超出部分按比例分给其他成员",
            Excess::Stay => "超出部分留在池中，供下一步使用",
        };
        text.push_str(&format!("每人至多得{most}；{excess}。"));
    }
    text
}

fn measure(weights: &[MetricWeight]) -> String {
    let terms: Vec<String> = weights
        .iter()
        .map(|each| match each.weight {
            1 => each.metric.to_string(),
            weight => format!("{weight} × {}", each.metric),
        })
        .collect();
    terms.join(" + ")
}

fn withholding(withholding: &Withholding) -> String {
    let rounding = match withholding.rounding {
        Rounding::Down => "向下",
        Rounding::Up => "向上",
    };
    format!(
        "{}：向税务类别为 {} 的成员付款时，代扣 {} 划入 {}，{rounding}取整至最小货币单位。",
        withholding.id, withholding.profile, withholding.share, withholding.to
    )
}

fn payout(payout: &Payout, currency: &str) -> Vec<String> {
    let rails: Vec<&str> = payout
        .rails
        .iter()
        .map(|rail| match rail {
            Rail::Sepa => "银行文件",
            Rail::Evm => "链上领取",
            Rail::Manual => "人工",
        })
        .collect();
    let least = if payout.min.units() == 0 {
        String::new()
    } else {
        format!("，可付金额达到 {} {currency} 方予支付", payout.min)
    };
    let mut sentences = vec![format!(
        "向成员付款精确到小数点后 {} 位{least}，方式为{}；余额结转下期。",
        payout.decimals,
        rails.join("或")
    )];
    if let Some(dormant) = &payout.dormant {
        sentences.push(format!(
            "连续 {} 个月无法支付的金额划入 {}。",
            dormant.after_months, dormant.to
        ));
    }
    sentences
}

fn notice(notice: Notice) -> String {
    format!("成员所得中至少 {} 以货币支付。", notice.cash_share_min)
}
