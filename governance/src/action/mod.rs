//! What a decision does by itself once it is carried: typed, versioned, bound by hash to the proposal before anybody votes.
//!
//! One enum holds every kind; a part of Rochdale that wants another one adds a variant here and the match arms that the compiler then
//! asks for: what it hashes to, how it reads, what it changes ([`plan`]). A kind that must mean something else gets another version,
//! never another meaning. JSON is only a picture of an action; its record is what is hashed.

mod access;
mod money;
mod plan;
mod revenue;

use serde::{Deserialize, Serialize};

use crate::access::{ModelTerms, Policy, PolicyRefusal, ToolTerms, check_slug};
use crate::bylaws::{Bylaws, BylawsRefusal};
use crate::halt::DECIDED_DAYS_MAX;
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::id::{ApplicationId, MemberId};
use crate::membership::{Class, Role};
use crate::money::{MoneyTerms, MoneyTermsRefusal};
use crate::record::{ActionV1, Record as _};
use crate::revenue::{RevenueRule, RevenueRuleRefusal};
use crate::text::{self, TextRefusal};
use crate::time::Timestamp;

pub use access::AccessFacts;
pub use money::MoneyFacts;
pub use plan::{ApplicationFacts, Change, KindChange, MemberFacts, Obstacle, Snapshot};
pub use revenue::{LegalFinding, RevenueFacts, RuleReading};

/// The most actions of one proposal; more could not be read.
pub const ACTIONS_MAX: usize = 20;
/// The longest reason, in characters.
const REASON_MAX: usize = 2_000;

/// The version of an action's form: 1, and no other is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct FormOne;

impl FormOne {
    const NUMBER: u16 = 1;
}

impl TryFrom<u16> for FormOne {
    type Error = &'static str;

    fn try_from(version: u16) -> Result<Self, Self::Error> {
        if version == Self::NUMBER {
            Ok(Self)
        } else {
            Err("this program knows version 1 of this action alone")
        }
    }
}

impl From<FormOne> for u16 {
    fn from(_: FormOne) -> Self {
        FormOne::NUMBER
    }
}

/// Something that a carried decision does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Puts other bylaws in force.
    AmendBylaws {
        /// The form.
        version: FormOne,
        /// The version they replace: amended in the meantime, they are not overwritten unseen.
        replaces: u64,
        /// The whole new bylaws.
        bylaws: Bylaws,
    },
    /// Admits who applied.
    Admit {
        /// The form.
        version: FormOne,
        /// The application.
        application: ApplicationId,
        /// The class of the new member.
        class: Class,
    },
    /// Suspends a member's rights; offices end with them.
    Suspend {
        /// The form.
        version: FormOne,
        /// The member.
        member: MemberId,
        /// Why.
        reason: String,
    },
    /// Ends a suspension.
    Reinstate {
        /// The form.
        version: FormOne,
        /// The member.
        member: MemberId,
        /// Why.
        reason: String,
    },
    /// Ends a membership for a member.
    Expel {
        /// The form.
        version: FormOne,
        /// The member.
        member: MemberId,
        /// Why.
        reason: String,
    },
    /// Gives a member an office.
    GrantRole {
        /// The form.
        version: FormOne,
        /// The member.
        member: MemberId,
        /// The office.
        role: Role,
        /// Why.
        reason: String,
    },
    /// Ends a member's office.
    EndRole {
        /// The form.
        version: FormOne,
        /// The member.
        member: MemberId,
        /// The office.
        role: Role,
        /// Why.
        reason: String,
    },
    /// Halts the co-op.
    Halt {
        /// The form.
        version: FormOne,
        /// For how many days.
        days: u16,
        /// Why.
        reason: String,
    },
    /// Ends the halt that is in force.
    EndHalt {
        /// The form.
        version: FormOne,
        /// Why.
        reason: String,
    },
    /// Gives an office to those whom an election elects, and ends it for everybody else who holds it.
    SeatWinners {
        /// The form.
        version: FormOne,
        /// The office.
        role: Role,
        /// The member behind each option, in the order of the options.
        candidates: Vec<MemberId>,
    },
    /// Adds a shared tool or changes its terms.
    SetTool {
        /// The form.
        version: FormOne,
        /// Its name.
        tool: String,
        /// The terms.
        terms: ToolTerms,
    },
    /// Stops the use of a tool.
    RetireTool {
        /// The form.
        version: FormOne,
        /// Its name.
        tool: String,
    },
    /// Adds a model of a tool or changes its terms, prices too.
    SetModel {
        /// The form.
        version: FormOne,
        /// The name by which members ask for it.
        model: String,
        /// The terms.
        terms: ModelTerms,
    },
    /// Stops serving a model.
    RetireModel {
        /// The form.
        version: FormOne,
        /// Its name.
        model: String,
    },
    /// Puts another policy of use in force.
    SetAccessPolicy {
        /// The form.
        version: FormOne,
        /// The version it replaces; 0 where there is none yet.
        replaces: u64,
        /// From when on, where that is later than its execution.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective_at: Option<Timestamp>,
        /// The whole policy.
        policy: Policy,
    },
    /// Adopts the next version of the rule by which revenue is shared.
    AdoptRevenueRule {
        /// The form.
        version: FormOne,
        /// The whole rule, which names the version it follows by its hash.
        rule: Box<RevenueRule>,
    },
    /// Sets the next version of the terms of money: shares, fees, dues.
    SetMoneyTerms {
        /// The form.
        version: FormOne,
        /// The whole terms, which name the version they follow by its hash.
        terms: Box<MoneyTerms>,
    },
}

/// An action of a proposal, and what must be carried for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// The option that must be elected, from 0; left out, the proposal must be carried: a motion's "yes", any result of an election.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<u16>,
    /// What is done then.
    pub act: Action,
}

/// Why actions are refused, before anybody votes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionRefusal {
    /// Too many.
    #[error("a proposal has at most {ACTIONS_MAX} actions")]
    TooMany,
    /// An option that is not there.
    #[error("an action waits for option {option}, and there are {options} options, counted from 0; a motion has none")]
    Option {
        /// The option.
        option: u16,
        /// How many there are.
        options: usize,
    },
    /// A reason that cannot be read.
    #[error("the reason of an action: {0}")]
    Reason(TextRefusal),
    /// Bylaws that are none.
    #[error("the new bylaws: {0}")]
    Bylaws(BylawsRefusal),
    /// A halt that is too long, or none.
    #[error("a halt that the members decide lasts from 1 to {DECIDED_DAYS_MAX} days; decide again for longer")]
    HaltDays,
    /// Candidates that are not those of the ballot.
    #[error("seat_winners names one member for each option of the election, each once, and waits for no single option")]
    Candidates,
    /// A tool, a model or a policy that is none.
    #[error("the tools: {0}")]
    Access(#[from] PolicyRefusal),
    /// A revenue rule that is none.
    #[error("the revenue rule: {0}")]
    Revenue(#[from] RevenueRuleRefusal),
    /// Terms of money that are none.
    #[error("the terms of money: {0}")]
    Money(#[from] MoneyTermsRefusal),
}

impl Action {
    /// The name in JSON and in the record.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AmendBylaws { .. } => "amend_bylaws",
            Self::Admit { .. } => "admit",
            Self::Suspend { .. } => "suspend",
            Self::Reinstate { .. } => "reinstate",
            Self::Expel { .. } => "expel",
            Self::GrantRole { .. } => "grant_role",
            Self::EndRole { .. } => "end_role",
            Self::Halt { .. } => "halt",
            Self::EndHalt { .. } => "end_halt",
            Self::SeatWinners { .. } => "seat_winners",
            Self::SetTool { .. } => "set_tool",
            Self::RetireTool { .. } => "retire_tool",
            Self::SetModel { .. } => "set_model",
            Self::RetireModel { .. } => "retire_model",
            Self::SetAccessPolicy { .. } => "set_access_policy",
            Self::AdoptRevenueRule { .. } => "adopt_revenue_rule",
            Self::SetMoneyTerms { .. } => "set_money_terms",
        }
    }

    fn form(&self) -> u16 {
        match self {
            Self::AmendBylaws { version, .. }
            | Self::Admit { version, .. }
            | Self::Suspend { version, .. }
            | Self::Reinstate { version, .. }
            | Self::Expel { version, .. }
            | Self::GrantRole { version, .. }
            | Self::EndRole { version, .. }
            | Self::Halt { version, .. }
            | Self::EndHalt { version, .. }
            | Self::SeatWinners { version, .. }
            | Self::SetTool { version, .. }
            | Self::RetireTool { version, .. }
            | Self::SetModel { version, .. }
            | Self::RetireModel { version, .. }
            | Self::SetAccessPolicy { version, .. }
            | Self::AdoptRevenueRule { version, .. }
            | Self::SetMoneyTerms { version, .. } => u16::from(*version),
        }
    }

    /// The members it names.
    #[must_use]
    pub fn members(&self) -> Vec<MemberId> {
        match self {
            Self::AmendBylaws { .. }
            | Self::Admit { .. }
            | Self::Halt { .. }
            | Self::EndHalt { .. }
            | Self::SetTool { .. }
            | Self::RetireTool { .. }
            | Self::SetModel { .. }
            | Self::RetireModel { .. }
            | Self::AdoptRevenueRule { .. }
            | Self::SetMoneyTerms { .. } => Vec::new(),
            Self::SetAccessPolicy { policy, .. } => policy.members(),
            Self::Suspend { member, .. }
            | Self::Reinstate { member, .. }
            | Self::Expel { member, .. }
            | Self::GrantRole { member, .. }
            | Self::EndRole { member, .. } => vec![*member],
            Self::SeatWinners { candidates, .. } => candidates.clone(),
        }
    }

    /// The application it decides.
    #[must_use]
    pub const fn application(&self) -> Option<ApplicationId> {
        match self {
            Self::Admit { application, .. } => Some(*application),
            Self::AmendBylaws { .. }
            | Self::Suspend { .. }
            | Self::Reinstate { .. }
            | Self::Expel { .. }
            | Self::GrantRole { .. }
            | Self::EndRole { .. }
            | Self::Halt { .. }
            | Self::EndHalt { .. }
            | Self::SeatWinners { .. }
            | Self::SetTool { .. }
            | Self::RetireTool { .. }
            | Self::SetModel { .. }
            | Self::RetireModel { .. }
            | Self::SetAccessPolicy { .. }
            | Self::AdoptRevenueRule { .. }
            | Self::SetMoneyTerms { .. } => None,
        }
    }

    /// In plain English; `name` gives how a member or an applicant is called.
    #[must_use]
    pub fn sentence(&self, name: &dyn Fn(Named) -> String) -> String {
        let who = |member: &MemberId| name(Named::Member(*member));
        match self {
            Self::AmendBylaws { replaces, bylaws, .. } => format!(
                "The bylaws in version {replaces} are replaced by the ones given here, with {} kinds of decision.",
                bylaws.kinds.len()
            ),
            Self::Admit { application, class, .. } => format!(
                "{} becomes a member, in the class {}.",
                name(Named::Applicant(*application)),
                class.name()
            ),
            Self::Suspend { member, reason, .. } => {
                format!("The rights of {} are suspended. Reason: {reason}", who(member))
            }
            Self::Reinstate { member, reason, .. } => {
                format!("The suspension of {} ends. Reason: {reason}", who(member))
            }
            Self::Expel { member, reason, .. } => format!("{} is expelled. Reason: {reason}", who(member)),
            Self::GrantRole {
                member, role, reason, ..
            } => format!("{} becomes {}. Reason: {reason}", who(member), role.name()),
            Self::EndRole {
                member, role, reason, ..
            } => format!("{} is {} no more. Reason: {reason}", who(member), role.name()),
            Self::Halt { days, reason, .. } => {
                format!("The co-op is halted for {days} days, and nothing that would bind it happens. Reason: {reason}")
            }
            Self::EndHalt { reason, .. } => format!("The halt of the co-op ends. Reason: {reason}"),
            Self::SeatWinners { role, .. } => format!(
                "Those who are elected become {0}; whoever else is {0} is so no more.",
                role.name()
            ),
            Self::SetTool { .. }
            | Self::RetireTool { .. }
            | Self::SetModel { .. }
            | Self::RetireModel { .. }
            | Self::SetAccessPolicy { .. } => access::sentence(self, &|member| name(Named::Member(member))),
            Self::AdoptRevenueRule { rule, .. } => revenue::sentence(rule),
            Self::SetMoneyTerms { terms, .. } => money::sentence(terms),
        }
    }

    /// Its subject and its facts, as its record holds them.
    fn words(&self, namespace: Hash32) -> (Hash32, Vec<Hash32>) {
        let text = |text: &str| keccak256(text.as_bytes());
        match self {
            Self::AmendBylaws { replaces, bylaws, .. } => {
                let content = bylaws.record(namespace, 0, Timestamp(0), Hash32::ZERO).struct_hash();
                (Hash32::ZERO, vec![Hash32::from_u128(u128::from(*replaces)), content])
            }
            Self::Admit { application, class, .. } => (application.word(), vec![text(class.name())]),
            Self::Suspend { member, reason, .. }
            | Self::Reinstate { member, reason, .. }
            | Self::Expel { member, reason, .. } => (member.word(), vec![text(reason)]),
            Self::GrantRole {
                member, role, reason, ..
            }
            | Self::EndRole {
                member, role, reason, ..
            } => (member.word(), vec![text(role.name()), text(reason)]),
            Self::Halt { days, reason, .. } => {
                let days = Hash32::from_u128(u128::from(*days));
                (Hash32::ZERO, vec![days, text(reason)])
            }
            Self::EndHalt { reason, .. } => (Hash32::ZERO, vec![text(reason)]),
            Self::SeatWinners { role, candidates, .. } => {
                let mut facts = vec![text(role.name())];
                facts.extend(candidates.iter().map(MemberId::word));
                (Hash32::ZERO, facts)
            }
            Self::SetTool { tool, terms, .. } => (Hash32::ZERO, vec![text(tool), terms.hash()]),
            Self::SetModel { model, terms, .. } => (Hash32::ZERO, vec![text(model), terms.hash()]),
            Self::RetireTool { tool: name, .. } | Self::RetireModel { model: name, .. } => {
                (Hash32::ZERO, vec![text(name)])
            }
            Self::SetAccessPolicy {
                replaces,
                effective_at,
                policy,
                ..
            } => {
                let from = effective_at.map_or(0, |at| at.0);
                let number = |number: u64| Hash32::from_u128(u128::from(number));
                (Hash32::ZERO, vec![number(*replaces), number(from), policy.hash()])
            }
            Self::AdoptRevenueRule { rule, .. } => (Hash32::ZERO, vec![rule.hash(namespace)]),
            Self::SetMoneyTerms { terms, .. } => (Hash32::ZERO, vec![terms.hash(namespace)]),
        }
    }

    fn reason_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Suspend { reason, .. }
            | Self::Reinstate { reason, .. }
            | Self::Expel { reason, .. }
            | Self::GrantRole { reason, .. }
            | Self::EndRole { reason, .. }
            | Self::Halt { reason, .. }
            | Self::EndHalt { reason, .. } => Some(reason),
            Self::AmendBylaws { .. }
            | Self::Admit { .. }
            | Self::SeatWinners { .. }
            | Self::SetTool { .. }
            | Self::RetireTool { .. }
            | Self::SetModel { .. }
            | Self::RetireModel { .. }
            | Self::SetAccessPolicy { .. }
            | Self::AdoptRevenueRule { .. }
            | Self::SetMoneyTerms { .. } => None,
        }
    }
}

/// Who is called by a name in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A member.
    Member(MemberId),
    /// Who applied.
    Applicant(ApplicationId),
}

impl Planned {
    /// Its record: what its hash is taken of.
    #[must_use]
    pub fn record(&self, namespace: Hash32) -> ActionV1 {
        let (subject, facts) = self.act.words(namespace);
        ActionV1 {
            namespace,
            option: self.option.map_or(0, |option| option.saturating_add(1)),
            action: self.act.name().to_owned(),
            version: self.act.form(),
            subject,
            facts,
        }
    }

    /// Whether it is due in a decision that was carried and elected these options, counted from 0.
    #[must_use]
    pub fn is_due(&self, elected: &[u16]) -> bool {
        self.option.is_none_or(|option| elected.contains(&option))
    }
}

/// Whether what is due would end a halt and do nothing else: it may be voted on and done in spite of one.
#[must_use]
pub fn only_ends_a_halt<'a>(due: impl IntoIterator<Item = &'a Planned>) -> bool {
    let mut any = false;
    for each in due {
        if !matches!(each.act, Action::EndHalt { .. }) {
            return false;
        }
        any = true;
    }
    any
}

/// What a proposal's record holds of its actions: the Keccak-256 of their hashes laid end to end; zero where there are none.
#[must_use]
pub fn actions_hash(planned: &[Planned], namespace: Hash32) -> Hash32 {
    if planned.is_empty() {
        return Hash32::ZERO;
    }
    let hashes: Vec<Hash32> = planned
        .iter()
        .map(|each| each.record(namespace).struct_hash())
        .collect();
    keccak256_words(&hashes)
}

/// Reads what an author wrote, for a proposal with so many options: texts are normalised, everything is bounded.
///
/// # Errors
/// [`ActionRefusal`] with the first reason found.
pub fn read(mut planned: Vec<Planned>, options: usize) -> Result<Vec<Planned>, ActionRefusal> {
    if planned.len() > ACTIONS_MAX {
        return Err(ActionRefusal::TooMany);
    }
    for each in &mut planned {
        if let Some(option) = each.option
            && usize::from(option) >= options
        {
            return Err(ActionRefusal::Option { option, options });
        }
        if let Some(reason) = each.act.reason_mut() {
            *reason = text::paragraphs(reason, REASON_MAX).map_err(ActionRefusal::Reason)?;
        }
        match &mut each.act {
            Action::AmendBylaws { bylaws, .. } => bylaws.check().map_err(ActionRefusal::Bylaws)?,
            Action::SeatWinners { candidates, .. } => {
                let mut sorted = candidates.clone();
                sorted.sort_unstable();
                sorted.dedup();
                let fits = each.option.is_none() && options > 0 && candidates.len() == options;
                if !fits || sorted.len() != candidates.len() {
                    return Err(ActionRefusal::Candidates);
                }
            }
            Action::Halt { days, .. } if *days == 0 || u64::from(*days) > DECIDED_DAYS_MAX => {
                return Err(ActionRefusal::HaltDays);
            }
            Action::SetTool { tool, terms, .. } => {
                check_slug(tool)?;
                terms.read()?;
            }
            Action::SetModel { model, terms, .. } => {
                check_slug(model)?;
                terms.read()?;
                if terms.fallbacks.contains(model) {
                    return Err(PolicyRefusal::Fallbacks.into());
                }
            }
            Action::SetAccessPolicy { policy, .. } => policy.read()?,
            Action::AdoptRevenueRule { rule, .. } => rule.check()?,
            Action::SetMoneyTerms { terms, .. } => terms.check()?,
            Action::Halt { .. }
            | Action::EndHalt { .. }
            | Action::Admit { .. }
            | Action::Suspend { .. }
            | Action::Reinstate { .. }
            | Action::Expel { .. }
            | Action::GrantRole { .. }
            | Action::EndRole { .. }
            | Action::RetireTool { .. }
            | Action::RetireModel { .. } => {}
        }
    }
    Ok(planned)
}

#[cfg(test)]
mod tests;
