//! What authors write of a proposal, checked: its texts, its actions, and what it says of its own rule.

use governance::action::{self, Planned};
use governance::ballot::Method;
use governance::hash::Hash32;
use governance::record::texts_hash;
use governance::rule::{Counting, DecisionRule, RuleRefusal};
use governance::secrecy::Tier;
use governance::text;
use serde_json::Value;
use store::decision::proposal::ProposalTexts;
use wire::problem::ProblemKind;

use crate::problem::Problem;

/// The longest title, in characters; the schema says the same.
const TITLE_LENGTH_MAX: usize = 200;
/// The longest text, in characters; the schema says the same.
const BODY_LENGTH_MAX: usize = 20_000;
/// The longest name of a candidate, in characters.
const OPTION_LENGTH_MAX: usize = 200;

/// Texts that were checked.
pub(super) struct Texts {
    pub(super) title: String,
    pub(super) body: String,
    pub(super) options: Vec<String>,
    pub(super) rule: Value,
    pub(super) actions: Value,
    pub(super) secrecy: Tier,
}

impl Texts {
    pub(super) fn read(title: &str, body: &str, options: &[String]) -> Result<Self, Problem> {
        let title = text::line(title, TITLE_LENGTH_MAX).map_err(|refusal| Problem::text("title", &refusal))?;
        let body = if body.trim().is_empty() {
            String::new()
        } else {
            text::paragraphs(body, BODY_LENGTH_MAX).map_err(|refusal| Problem::text("body", &refusal))?
        };
        if options.len() > governance::ballot::OPTIONS_MAX {
            return Err(Problem::field(
                "options",
                format_args!("there may be at most {}", governance::ballot::OPTIONS_MAX),
            ));
        }
        let options: Vec<String> = options
            .iter()
            .map(|option| text::line(option, OPTION_LENGTH_MAX).map_err(|refusal| Problem::text("options", &refusal)))
            .collect::<Result<_, _>>()?;
        let mut sorted: Vec<&String> = options.iter().collect();
        sorted.sort_unstable();
        if let Some([twice, _]) = sorted.array_windows::<2>().find(|[first, second]| first == second) {
            let rule = format_args!("{twice:?} stands twice, and nobody could tell them apart").to_string();
            return Err(Problem::field("options", rule));
        }
        Ok(Self {
            title,
            body,
            options,
            rule: Value::Null,
            actions: Value::Array(Vec::new()),
            secrecy: Tier::Open,
        })
    }

    /// As [`governance::record::ProposalV1`] holds it.
    pub(super) fn text_hash(&self) -> Hash32 {
        texts_hash([self.title.as_str(), self.body.as_str()])
    }

    /// As [`governance::record::ProposalV1`] holds it.
    pub(super) fn options_hash(&self) -> Hash32 {
        texts_hash(self.options.iter().map(String::as_str))
    }

    /// Takes what is to be done once it is carried.
    pub(super) fn plan(&mut self, planned: Vec<Planned>) -> Result<(), Problem> {
        let planned = action::read(planned, self.options.len()).map_err(|refusal| {
            Problem::new(ProblemKind::ActionRefused, format!("{refusal}. Change the actions.")).with("field", "actions")
        })?;
        self.actions = serde_json::to_value(planned).map_err(Problem::internal)?;
        Ok(())
    }

    /// What is to be done once it is carried.
    pub(super) fn planned(&self) -> Result<Vec<Planned>, Problem> {
        serde_json::from_value(self.actions.clone()).map_err(Problem::internal)
    }

    pub(super) fn with_rule(&mut self, rule: &DecisionRule) -> Result<ProposalTexts<'_>, Problem> {
        self.rule = serde_json::to_value(rule).map_err(Problem::internal)?;
        Ok(ProposalTexts {
            title: &self.title,
            body: &self.body,
            options: &self.options,
            rule: &self.rule,
            actions: &self.actions,
            secrecy: self.secrecy,
        })
    }
}

/// What each proposal says of its own rule.
pub(super) struct Terms {
    pub(super) seats: Option<u16>,
    pub(super) budget: Option<u64>,
    pub(super) costs: Option<Vec<u64>>,
}

impl Terms {
    /// These, and for whatever they leave out those of an earlier version.
    pub(super) fn or_as_in(self, earlier: &DecisionRule) -> Self {
        let seats = self.seats.or(earlier.counting.seats());
        let Counting::Budget { budget, costs, .. } = &earlier.counting else {
            return Self { seats, ..self };
        };
        Self {
            seats,
            budget: self.budget.or(Some(*budget)),
            costs: self.costs.or_else(|| Some(costs.clone())),
        }
    }

    /// The bylaws' rule with these terms, for so many options.
    pub(super) fn rule(self, bylaws: &DecisionRule, options: usize) -> Result<DecisionRule, Problem> {
        let method = bylaws.method();
        if bylaws.counting.seats().is_none() && self.seats.is_some() {
            let text = match method {
                Method::YesNo => String::from("a motion fills no places; leave it out"),
                other => format!(
                    "a decision by {} knows how many places it fills; leave it out",
                    other.name()
                ),
            };
            return Err(Problem::field("seats", text));
        }
        if method != Method::Budget && (self.budget.is_some() || self.costs.is_some()) {
            let field = if self.budget.is_some() { "budget" } else { "costs" };
            return Err(Problem::field(
                field,
                "only a decision on a budget has one; leave it out",
            ));
        }
        let mut rule = bylaws.with_seats(self.seats.unwrap_or_default());
        rule.counting = rule
            .counting
            .with_budget(self.budget.unwrap_or_default(), self.costs.unwrap_or_default());
        rule.check_options(options).map_err(|refusal: RuleRefusal| {
            Problem::new(
                ProblemKind::RuleRefused,
                format!("The rule does not fit: {refusal}. Change options or seats."),
            )
        })?;
        Ok(rule)
    }
}
