//! What a cycle is computed from: revenue, balances, and what is known of each member. Frozen before anything is computed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Amount, Balance, Group, Label, Pool};
use crate::hash::Hash32;
use crate::id::MemberId;

/// The most members of a cycle.
pub const MEMBERS_MAX: usize = 10_000_000;
/// The most different groups, and the most different metrics.
const NAMES_MAX: usize = 100;

/// Whether a member can be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Yes.
    #[default]
    Open,
    /// Not until the member or a second person sets something right, such as changed bank details.
    Held,
    /// Yes, and for the last time: the least payment does not hold.
    Leaving,
}

/// How much of a metric a member has. Several of one metric add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The metric.
    pub metric: Label,
    /// How much.
    pub count: u64,
}

/// What is known of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberInput {
    /// The member.
    pub member: MemberId,
    /// The groups the member is in.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// What the member contributed or used.
    #[serde(default)]
    pub metrics: Vec<Measure>,
    /// Paid-up capital.
    #[serde(default)]
    pub capital: Amount,
    /// The tax profile.
    #[serde(default)]
    pub tax: Option<Label>,
    /// What is carried from the cycle before: owed to the member, or by the member where it is negative.
    #[serde(default)]
    pub carried: Balance,
    /// What of the carried was withheld from by an earlier cycle and not paid since: it is not withheld from again.
    #[serde(default)]
    pub taxed: Amount,
    /// Whether the member can be paid.
    #[serde(default)]
    pub standing: Standing,
    /// For how many months nothing could be paid.
    #[serde(default)]
    pub idle_months: u16,
}

/// Why inputs are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CycleRefusal {
    /// Too many members.
    #[error("a cycle has at most {MEMBERS_MAX} members")]
    TooManyMembers,
    /// A member twice.
    #[error("member {0} is there twice; give each member once, with all that is known")]
    Twice(MemberId),
    /// Too many groups or metrics.
    #[error("a cycle has at most {NAMES_MAX} groups and {NAMES_MAX} metrics")]
    TooManyNames,
    /// A sum that 64 bits do not hold.
    #[error("the {metric} of member {member} add up to more than 64 bits hold")]
    MetricTooLarge {
        /// The member.
        member: MemberId,
        /// The metric.
        metric: Label,
    },
}

/// A member without groups and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) member: MemberId,
    pub(super) capital: Amount,
    pub(super) tax: Option<Label>,
    pub(super) carried: Balance,
    pub(super) taxed: Amount,
    pub(super) standing: Standing,
    pub(super) idle_months: u16,
}

/// Members as they come by, in any order; what is the same for many of them is kept once.
#[derive(Debug, Clone, Default)]
pub struct GivenMembers {
    people: Vec<(Person, usize)>,
    groups: BTreeMap<Group, Vec<usize>>,
    metrics: BTreeMap<Label, Vec<(usize, u64)>>,
}

impl GivenMembers {
    /// One more.
    ///
    /// # Errors
    /// [`CycleRefusal`] for too many members, groups or metrics.
    pub fn push(&mut self, input: MemberInput) -> Result<(), CycleRefusal> {
        let place = self.people.len();
        if place >= MEMBERS_MAX {
            return Err(CycleRefusal::TooManyMembers);
        }
        for group in input.groups {
            self.groups.entry(group).or_default().push(place);
        }
        for Measure { metric, count } in input.metrics {
            self.metrics.entry(metric).or_default().push((place, count));
        }
        if self.groups.len() > NAMES_MAX || self.metrics.len() > NAMES_MAX {
            return Err(CycleRefusal::TooManyNames);
        }
        let person = Person {
            member: input.member,
            capital: input.capital,
            tax: input.tax,
            carried: input.carried,
            taxed: input.taxed,
            standing: input.standing,
            idle_months: input.idle_months,
        };
        self.people.push((person, place));
        Ok(())
    }
}

/// The inputs of a cycle, members in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The cycle's word ([`super::cycle_word`]).
    pub word: Hash32,
    /// What is distributed.
    pub revenue: Amount,
    /// What the reserves hold before.
    pub reserves: BTreeMap<Pool, Amount>,
    /// Other balances that targets are measured by, such as the paid-up capital.
    pub balances: BTreeMap<Label, Amount>,
    pub(super) people: Vec<Person>,
    pub(super) groups: BTreeMap<Group, Vec<bool>>,
    pub(super) metrics: BTreeMap<Label, Vec<u64>>,
}

impl Cycle {
    /// Revenue and the word of a cycle, without balances and members.
    #[must_use]
    pub const fn new(word: Hash32, revenue: Amount) -> Self {
        Self {
            word,
            revenue,
            reserves: BTreeMap::new(),
            balances: BTreeMap::new(),
            people: Vec::new(),
            groups: BTreeMap::new(),
            metrics: BTreeMap::new(),
        }
    }

    /// With these members, given in any order.
    ///
    /// # Errors
    /// [`CycleRefusal`] with the first reason found.
    pub fn with_members(self, members: impl IntoIterator<Item = MemberInput>) -> Result<Self, CycleRefusal> {
        let mut given = GivenMembers::default();
        for member in members {
            given.push(member)?;
        }
        self.with_given(given)
    }

    /// With members that were given one after the other.
    ///
    /// # Errors
    /// [`CycleRefusal`] for a member twice, or sums that 64 bits do not hold.
    pub fn with_given(self, given: GivenMembers) -> Result<Self, CycleRefusal> {
        let GivenMembers {
            mut people,
            groups,
            metrics,
        } = given;
        people.sort_unstable_by_key(|(person, _)| person.member);
        if let Some([(one, _), _]) = people
            .array_windows()
            .find(|[(one, _), (other, _)]| one.member == other.member)
        {
            return Err(CycleRefusal::Twice(one.member));
        }
        // Where each given place went.
        let mut places = vec![0_usize; people.len()];
        for (sorted, (_, given)) in people.iter().enumerate() {
            if let Some(place) = places.get_mut(*given) {
                *place = sorted;
            }
        }
        let people: Vec<Person> = people.into_iter().map(|(person, _)| person).collect();
        let groups = groups
            .into_iter()
            .map(|(group, given)| (group, flags(&places, &given)))
            .collect();
        let metrics = metrics
            .into_iter()
            .map(|(metric, given)| {
                let sums = sums(&places, &given).map_err(|place| CycleRefusal::MetricTooLarge {
                    member: people
                        .get(place)
                        .map_or(MemberId::from_uuid(uuid::Uuid::nil()), |person| person.member),
                    metric: metric.clone(),
                })?;
                Ok((metric, sums))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            people,
            groups,
            metrics,
            ..self
        })
    }

    /// The members, in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = MemberId> + '_ {
        self.people.iter().map(|person| person.member)
    }
}

fn flags(places: &[usize], given: &[usize]) -> Vec<bool> {
    let mut flags = vec![false; places.len()];
    for place in given.iter().filter_map(|given| places.get(*given)) {
        if let Some(flag) = flags.get_mut(*place) {
            *flag = true;
        }
    }
    flags
}

/// What each has of a metric; the place of the first sum that is too large otherwise.
fn sums(places: &[usize], given: &[(usize, u64)]) -> Result<Vec<u64>, usize> {
    let mut sums = vec![0_u64; places.len()];
    for (given, count) in given {
        let place = places.get(*given).copied().unwrap_or_default();
        if let Some(sum) = sums.get_mut(place) {
            *sum = sum.checked_add(*count).ok_or(place)?;
        }
    }
    Ok(sums)
}
