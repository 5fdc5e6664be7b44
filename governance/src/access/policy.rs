//! Who may use how much of what: one document that a decision puts in force as a whole, from a moment on.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{PartialChargeRule, Period, Rate, UNITS_MAX, WEIGHT_MAX, check_slug};
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::id::MemberId;
use crate::membership::{Class, Role};
use crate::text::TextRefusal;

/// The most lines of each list of a policy.
const LINES_MAX: usize = 200;
/// The most groups one model is for.
const GROUPS_MAX: usize = 50;

/// Whom a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "group", rename_all = "snake_case", deny_unknown_fields)]
pub enum Group {
    /// Every active member.
    Everyone {},
    /// Those of a class.
    Class {
        /// The class.
        class: Class,
    },
    /// Those who hold an office.
    Role {
        /// The office.
        role: Role,
    },
    /// One member.
    Member {
        /// The member.
        member: MemberId,
    },
}

/// Whether an allowance is of a group together or of each of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// All who belong to the group draw on one allowance.
    Together,
    /// Each has an allowance of that size.
    Each,
}

impl Share {
    const fn name(self) -> &'static str {
        match self {
            Self::Together => "together",
            Self::Each => "each",
        }
    }
}

/// An allowance for each period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Whose.
    #[serde(rename = "for")]
    pub group: Group,
    /// Together or each.
    pub share: Share,
    /// How long it lasts.
    pub period: Period,
    /// How much, in micro-credits.
    pub units: u64,
}

/// A weight in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// Whose.
    #[serde(rename = "for")]
    pub group: Group,
    /// From 1 to [`WEIGHT_MAX`].
    pub weight: u32,
}

/// Whom a model is for; a model without such a line is for everyone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// The model, by name.
    pub model: String,
    /// Whoever belongs to one of these may use it.
    #[serde(rename = "for")]
    pub groups: Vec<Group>,
}

/// The rules of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The allowances. Those who have none may use nothing.
    pub allowances: Vec<Allowance>,
    /// The weights; 1 for whom none is set.
    #[serde(default)]
    pub weights: Vec<Weight>,
    /// The models that are not for everyone.
    #[serde(default)]
    pub models: Vec<Permission>,
    /// What a call that broke off costs.
    pub partial_charge: PartialChargeRule,
    /// What a call costs whose program died.
    pub expired_charge: PartialChargeRule,
    /// What credits are worth in money; nothing where members owe none for what they use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

/// A member, as far as a policy asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The member.
    pub member: MemberId,
    /// The class.
    pub class: Class,
    /// The offices held.
    pub roles: BTreeSet<Role>,
}

/// Whose account is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "account", rename_all = "snake_case")]
pub enum Principal {
    /// The co-op's.
    Coop,
    /// A class's.
    Class {
        /// The class.
        class: Class,
    },
    /// An office's.
    Role {
        /// The office.
        role: Role,
    },
    /// A member's own.
    Member {
        /// The member.
        member: MemberId,
    },
}

impl Principal {
    /// The kind of account in JSON and SQL.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Coop => "coop",
            Self::Class { .. } => "class",
            Self::Role { .. } => "role",
            Self::Member { .. } => "member",
        }
    }

    /// Which of them: the name of the class or office, the member's id, nothing for the co-op.
    #[must_use]
    pub fn subject(self) -> String {
        match self {
            Self::Coop => String::new(),
            Self::Class { class } => class.name().to_owned(),
            Self::Role { role } => role.name().to_owned(),
            Self::Member { member } => member.to_string(),
        }
    }
}

/// An account that a call of a member is charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limit {
    /// Whose.
    pub principal: Principal,
    /// For how long.
    pub period: Period,
    /// How much of it there is in one period, in micro-credits.
    pub cap: u64,
    /// The line that says so.
    pub allowance: Allowance,
}

/// Why a policy, a tool or a model is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// Too many lines.
    #[error("a list of a policy has at most {LINES_MAX} lines, and a model is for at most {GROUPS_MAX} groups")]
    TooMany,
    /// Two lines about the same.
    #[error("two lines of the policy say what holds for the same group, period or model")]
    Twice,
    /// One member together.
    #[error("an allowance of one member is of share \"each\"")]
    Alone,
    /// A model for nobody.
    #[error("a model is for at least one group; to close it to all, retire it")]
    Nobody,
    /// A name.
    #[error("a name has up to 64 small letters and digits, with single . - _ / : between them")]
    Slug,
    /// An address.
    #[error(
        "the address is https, or http for a tool of the co-op's own, without user, query and a stroke at its end, and plain ASCII"
    )]
    Url,
    /// An address that no tool has.
    #[error(
        "the address leads where no tool is: to what is told to machines themselves, or, for a tool of others, to this machine or a private network"
    )]
    Inside,
    /// No endpoint.
    #[error("a model has at least one endpoint")]
    Endpoints,
    /// Too many fallbacks, or one twice or of itself.
    #[error("a model has at most 4 fallbacks, each once, and none of them is itself")]
    Fallbacks,
    /// Fallbacks for vectors.
    #[error("a model that gives embeddings has no fallback: vectors of two models say nothing of each other")]
    FallbackOfVectors,
    /// A currency.
    #[error("a currency is written with three capitals, such as EUR")]
    Currency,
    /// A number.
    #[error("{field} lies between {least} and {most}")]
    Range {
        /// Which.
        field: &'static str,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A text.
    #[error("{field}: {refusal}")]
    Text {
        /// Which.
        field: &'static str,
        /// Why.
        refusal: TextRefusal,
    },
}

impl Group {
    /// Whether a member belongs to it.
    #[must_use]
    pub fn has(&self, subject: &Subject) -> bool {
        match self {
            Self::Everyone {} => true,
            Self::Class { class } => subject.class == *class,
            Self::Role { role } => subject.roles.contains(role),
            Self::Member { member } => subject.member == *member,
        }
    }

    /// How particular it is; of two lines the more particular one holds.
    const fn rank(&self) -> u8 {
        match self {
            Self::Everyone {} => 0,
            Self::Class { .. } => 1,
            Self::Role { .. } => 2,
            Self::Member { .. } => 3,
        }
    }

    const fn principal(self) -> Principal {
        match self {
            Self::Everyone {} => Principal::Coop,
            Self::Class { class } => Principal::Class { class },
            Self::Role { role } => Principal::Role { role },
            Self::Member { member } => Principal::Member { member },
        }
    }

    /// In plain English; `name` gives how a member is called.
    #[must_use]
    pub fn sentence(&self, name: &dyn Fn(MemberId) -> String) -> String {
        match self {
            Self::Everyone {} => String::from("everyone"),
            Self::Class { class } => format!("the class {}", class.name()),
            Self::Role { role } => format!("whoever is {}", role.name()),
            Self::Member { member } => name(*member),
        }
    }

    fn word(&self) -> Hash32 {
        let principal = self.principal();
        let text = format!("{} {}", principal.kind(), principal.subject());
        keccak256(text.as_bytes())
    }
}

impl Allowance {
    /// In plain English; `name` gives how a member is called.
    #[must_use]
    pub fn sentence(&self, name: &dyn Fn(MemberId) -> String) -> String {
        let share = match self.share {
            Share::Together => "together",
            Share::Each => "each",
        };
        let (group, period) = (self.group.sentence(name), self.period.name());
        format!("{} micro-credits a {period} for {group} {share}.", self.units)
    }

    /// The account that the group draws on together; nothing where each has one.
    #[must_use]
    pub const fn shared(&self) -> Option<Principal> {
        match self.share {
            Share::Together => Some(self.group.principal()),
            Share::Each => None,
        }
    }
}

impl Policy {
    /// Reads what an author wrote: lists are put in order, so that one policy has one hash.
    ///
    /// # Errors
    /// [`PolicyRefusal`] with the first reason found.
    pub fn read(&mut self) -> Result<(), PolicyRefusal> {
        let lines = [self.allowances.len(), self.weights.len(), self.models.len()];
        if lines.into_iter().any(|lines| lines > LINES_MAX) {
            return Err(PolicyRefusal::TooMany);
        }
        self.allowances.sort_unstable();
        self.weights.sort_unstable();
        for permission in &mut self.models {
            check_slug(&permission.model)?;
            permission.groups.sort_unstable();
            permission.groups.dedup();
            match permission.groups.len() {
                0 => return Err(PolicyRefusal::Nobody),
                1..=GROUPS_MAX => {}
                _ => return Err(PolicyRefusal::TooMany),
            }
        }
        self.models.sort_unstable();
        self.rate.iter().try_for_each(Rate::read)?;
        self.check_lines()
    }

    fn check_lines(&self) -> Result<(), PolicyRefusal> {
        let mut seen = BTreeSet::new();
        for line in &self.allowances {
            if line.units > UNITS_MAX {
                let (field, least, most) = ("units", 0, UNITS_MAX);
                return Err(PolicyRefusal::Range { field, least, most });
            }
            if matches!(line.group, Group::Member { .. }) && line.share == Share::Together {
                return Err(PolicyRefusal::Alone);
            }
            if !seen.insert((line.group, line.share, line.period)) {
                return Err(PolicyRefusal::Twice);
            }
        }
        let mut weighed = BTreeSet::new();
        for line in &self.weights {
            if !(1..=WEIGHT_MAX).contains(&line.weight) {
                let (field, least, most) = ("weight", 1, u64::from(WEIGHT_MAX));
                return Err(PolicyRefusal::Range { field, least, most });
            }
            if !weighed.insert(line.group) {
                return Err(PolicyRefusal::Twice);
            }
        }
        let models: BTreeSet<&str> = self.models.iter().map(|line| line.model.as_str()).collect();
        if models.len() == self.models.len() {
            Ok(())
        } else {
            Err(PolicyRefusal::Twice)
        }
    }

    /// The accounts a member's call is charged to: every shared allowance of a group the member belongs to, and for each period
    /// the member's own. Of several own ones the most particular holds: the member's, else the largest of an office, else the
    /// class's, else everyone's. A member without any may use nothing.
    #[must_use]
    pub fn limits(&self, subject: &Subject) -> Vec<Limit> {
        let mut own: BTreeMap<Period, Allowance> = BTreeMap::new();
        let mut limits = Vec::new();
        for line in self.allowances.iter().filter(|line| line.group.has(subject)) {
            match line.share {
                Share::Together => limits.push(Limit {
                    principal: line.group.principal(),
                    period: line.period,
                    cap: line.units,
                    allowance: *line,
                }),
                Share::Each => {
                    let best = own.entry(line.period).or_insert(*line);
                    if (line.group.rank(), line.units) > (best.group.rank(), best.units) {
                        *best = *line;
                    }
                }
            }
        }
        limits.extend(own.into_iter().map(|(period, line)| Limit {
            principal: Principal::Member { member: subject.member },
            period,
            cap: line.units,
            allowance: line,
        }));
        limits
    }

    /// A member's weight in the queue: the most particular line, as for allowances.
    #[must_use]
    pub fn weight(&self, subject: &Subject) -> u32 {
        self.weights
            .iter()
            .filter(|line| line.group.has(subject))
            .max_by_key(|line| (line.group.rank(), line.weight))
            .map_or(1, |line| line.weight)
    }

    /// Whether a member may use a model.
    #[must_use]
    pub fn permits(&self, subject: &Subject, model: &str) -> bool {
        let line = self.models.iter().find(|line| line.model == model);
        line.is_none_or(|line| line.groups.iter().any(|group| group.has(subject)))
    }

    /// The members it names.
    #[must_use]
    pub fn members(&self) -> Vec<MemberId> {
        let groups = self.allowances.iter().map(|line| line.group);
        let groups = groups.chain(self.weights.iter().map(|line| line.group));
        let groups = groups.chain(self.models.iter().flat_map(|line| line.groups.iter().copied()));
        groups
            .filter_map(|group| match group {
                Group::Member { member } => Some(member),
                Group::Everyone {} | Group::Class { .. } | Group::Role { .. } => None,
            })
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// Its hash, as the record of an action holds it: the words of each list after their number.
    #[must_use]
    pub fn hash(&self) -> Hash32 {
        let text = |text: &str| keccak256(text.as_bytes());
        let count = |length: usize| Hash32::from_u128(u128::try_from(length).unwrap_or_default());
        let mut words = vec![
            text(self.partial_charge.name()),
            text(self.expired_charge.name()),
            count(self.allowances.len()),
        ];
        for line in &self.allowances {
            let units = Hash32::from_u128(line.units.into());
            words.extend([
                line.group.word(),
                text(line.share.name()),
                text(line.period.name()),
                units,
            ]);
        }
        words.push(count(self.weights.len()));
        for line in &self.weights {
            words.extend([line.group.word(), Hash32::from_u128(line.weight.into())]);
        }
        words.push(count(self.models.len()));
        for line in &self.models {
            words.extend([text(&line.model), count(line.groups.len())]);
            words.extend(line.groups.iter().map(Group::word));
        }
        words.extend(self.rate.iter().flat_map(Rate::words));
        keccak256_words(&words)
    }
}

#[cfg(test)]
pub(super) mod tests;
