//! How revenue is shared: the rules that decisions adopted.

mod rule;

pub use rule::{NewRevenueRule, RevenueRuleRow, revenue_rule_in_force, revenue_rule_insert, revenue_rule_list};
