//! What decisions change about the shared tools.

use std::collections::BTreeMap;

use super::{Action, Change, Obstacle};
use crate::access::{
    Difference, ModelTerms, Policy, Rate, Served, Subject, ToolTerms, compare, compare_model, weakness,
};
use crate::id::MemberId;

/// The shared tools, as far as actions ask: what is in use, and the newest policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessFacts {
    /// The tools in use, by name.
    pub tools: BTreeMap<String, ToolTerms>,
    /// The models that are served, by name.
    pub models: BTreeMap<String, ModelTerms>,
    /// The version of the newest policy; 0 where there is none.
    pub policy_version: u64,
    /// The newest policy.
    pub policy: Option<Policy>,
    /// The active members, for whom a preview says what changes; an execution needs none.
    pub members: Vec<Subject>,
    /// How many members used each model lately, at least, where that many did; an execution needs none.
    pub users: BTreeMap<String, u64>,
}

impl AccessFacts {
    /// Nothing changes where the terms are what they were.
    pub(super) fn set_tool(&mut self, tool: &str, terms: &ToolTerms) -> Result<Vec<Change>, Obstacle> {
        let before = self.tools.insert(tool.to_owned(), terms.clone());
        if before.as_ref() == Some(terms) {
            return Ok(Vec::new());
        }
        self.require_fallbacks()?;
        Ok(vec![Change::ToolSet {
            tool: tool.to_owned(),
            before,
            after: terms.clone(),
            models: self.served_by(tool),
        }])
    }

    /// The models of a tool, with how many used each.
    fn served_by(&self, tool: &str) -> BTreeMap<String, Option<u64>> {
        let served = self.models.iter().filter(|(_, terms)| terms.tool == tool);
        served
            .map(|(model, _)| (model.clone(), self.users.get(model).copied()))
            .collect()
    }

    /// What it is for members that a model has other terms.
    fn compared(&self, model: &str, terms: (Option<&ModelTerms>, Option<&ModelTerms>)) -> Vec<Difference> {
        let policy = self.policy.as_ref();
        policy.map_or_else(Vec::new, |policy| compare_model(policy, model, terms, &self.members))
    }

    pub(super) fn retire_tool(&mut self, tool: &str) -> Result<Change, Obstacle> {
        if self.tools.remove(tool).is_none() {
            return Err(Obstacle::NoTool(tool.to_owned()));
        }
        let models = self.served_by(tool);
        let lost = |model: &String| self.compared(model, (self.models.get(model), None));
        Ok(Change::ToolRetired {
            tool: tool.to_owned(),
            members: models.keys().flat_map(lost).collect(),
            models,
        })
    }

    pub(super) fn set_model(&mut self, model: &str, terms: &ModelTerms) -> Result<Vec<Change>, Obstacle> {
        if !self.tools.contains_key(&terms.tool) {
            return Err(Obstacle::NoTool(terms.tool.clone()));
        }
        if let Some(missing) = terms.fallbacks.iter().find(|name| !self.models.contains_key(*name)) {
            return Err(Obstacle::NoModel(missing.clone()));
        }
        let before = self.models.insert(model.to_owned(), terms.clone());
        if before.as_ref() == Some(terms) {
            return Ok(Vec::new());
        }
        self.require_fallbacks()?;
        Ok(vec![Change::ModelSet {
            model: model.to_owned(),
            members: self.compared(model, (before.as_ref(), Some(terms))),
            before,
            after: Box::new(terms.clone()),
        }])
    }

    /// No change, of a tool or of a model, makes any fallback weaker than what it stands in for. One that was retired is passed over.
    fn require_fallbacks(&self) -> Result<(), Obstacle> {
        let served = |name: &str| {
            let model = self.models.get(name)?;
            let tool = self.tools.get(&model.tool)?;
            Some(Served { model, tool })
        };
        for (model, terms) in &self.models {
            for fallback in &terms.fallbacks {
                let (Some(ours), Some(other)) = (served(model), served(fallback)) else {
                    continue;
                };
                if let Some(weakness) = weakness(ours, other) {
                    return Err(Obstacle::WeakerFallback {
                        model: model.clone(),
                        fallback: fallback.clone(),
                        weakness,
                    });
                }
            }
        }
        Ok(())
    }

    pub(super) fn retire_model(&mut self, model: &str) -> Result<Change, Obstacle> {
        let Some(terms) = self.models.remove(model) else {
            return Err(Obstacle::NoModel(model.to_owned()));
        };
        Ok(Change::ModelRetired {
            model: model.to_owned(),
            users: self.users.get(model).copied(),
            members: self.compared(model, (Some(&terms), None)),
        })
    }

    pub(super) fn set_policy(&mut self, replaces: u64, policy: &Policy) -> Result<Change, Obstacle> {
        if replaces != self.policy_version {
            return Err(Obstacle::PolicyMoved {
                replaces,
                current: self.policy_version,
            });
        }
        let effect = compare(self.policy.as_ref(), policy, &self.members);
        self.policy_version = self.policy_version.saturating_add(1);
        self.policy = Some(policy.clone());
        Ok(Change::AccessPolicySet {
            version: self.policy_version,
            effect,
        })
    }
}

/// One of the actions about the tools in plain English; nothing for the others.
pub(super) fn sentence(action: &Action, name: &dyn Fn(MemberId) -> String) -> String {
    if let Action::SetTool { tool, terms, .. } = action {
        let whose = if terms.external {
            "somebody else's"
        } else {
            "the co-op's own"
        };
        return format!(
            "The tool {tool} at {} is {whose}; what is sent to it goes to: {}.",
            terms.base_url, terms.data_location
        );
    }
    if let Action::RetireTool { tool, .. } = action {
        return format!("The tool {tool} is not used any more.");
    }
    if let Action::SetModel { model, terms, .. } = action {
        let price = terms.price;
        let fallbacks = match terms.fallbacks.as_slice() {
            [] => String::new(),
            names => format!(" Where it does not answer, others do: {}.", names.join(", ")),
        };
        return format!(
            "The model {model} of the tool {} (licence: {}) costs {} micro-credits a call, {} for each token of input and {} for each of output.{fallbacks}",
            terms.tool, terms.licence, price.call, price.input, price.output
        );
    }
    if let Action::RetireModel { model, .. } = action {
        return format!("The model {model} is not served any more.");
    }
    if let Action::SetAccessPolicy { policy, .. } = action {
        let lines: Vec<String> = policy.allowances.iter().map(|line| line.sentence(name)).collect();
        let rate = policy.rate.as_ref().map(Rate::sentence);
        let lines: Vec<String> = lines.into_iter().chain(rate).collect();
        return format!("The tools may be used as follows. {}", lines.join(" "))
            .trim_end()
            .to_owned();
    }
    String::new()
}
