//! Who may learn what of a ballot, and when: the secrecy tiers, what bylaws say of them, and the guard of small groups.
//!
//! Every tier commits to each ballot when it is cast: the record holds 32 random bytes of its voter, so its hash in the log tells
//! nothing. The tiers differ in what is told before the count, and in whose name ballots stand afterwards.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ballot::Choice;
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::merkle::{leaf_hash, root};
use crate::record::tag;
use crate::rule::{DecisionRule, QuorumCounts};

/// The least size of a group that bylaws may ask for: one alone is no group.
const GROUP_MIN: u16 = 2;
/// The greatest: above this hardly any vote could be held.
const GROUP_MAX: u16 = 1_000;
/// What bylaws ask for unless they say otherwise, in members.
const GROUP_DEFAULT: u16 = 5;

/// How secret the ballots of a proposal are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// While voting is open all see how many have voted; afterwards every ballot stands under its member's name.
    Open,
    /// As open, but roll and ballots stand under pseudonyms made for this proposal alone. The server knows which is whose.
    Pseudonymous,
    /// As open, but until the count is published nobody is told even how many have voted. The server knows every ballot.
    Sealed,
}

impl Tier {
    /// Every tier.
    pub const ALL: [Self; 3] = [Self::Open, Self::Pseudonymous, Self::Sealed];

    /// The number in the proposal's record.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Pseudonymous => 1,
            Self::Sealed => 2,
        }
    }

    /// The tier with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.code() == code)
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pseudonymous => "pseudonymous",
            Self::Sealed => "sealed",
        }
    }

    /// Whether nobody is told who or how many have voted before the count is published.
    #[must_use]
    pub const fn hides_turnout(self) -> bool {
        match self {
            Self::Open | Self::Pseudonymous => false,
            Self::Sealed => true,
        }
    }

    /// Whether ballots never stand under the names of members. Then nobody votes for another, since a delegation would name both,
    /// and no member's key signs, since a key is a name too: the server attests every ballot.
    #[must_use]
    pub const fn hides_names(self) -> bool {
        match self {
            Self::Open | Self::Sealed => false,
            Self::Pseudonymous => true,
        }
    }
}

/// What is done where a group is so small that its members could be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmallGroup {
    /// It is said, and goes on.
    Warn,
    /// Voting does not open, and reasons, which a small group could tell by their words, are not taken.
    Refuse,
}

/// What bylaws say of the secrecy of one kind of decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// The tiers that a proposal may choose; the first is that of one that chooses none.
    pub tiers: Vec<Tier>,
    /// The least group in which nobody is found out, in members.
    #[serde(default = "group_default")]
    pub group_min: u16,
    /// What is done below it.
    #[serde(default = "small_group_default")]
    pub small_group: SmallGroup,
}

const fn group_default() -> u16 {
    GROUP_DEFAULT
}

const fn small_group_default() -> SmallGroup {
    SmallGroup::Warn
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            tiers: vec![Tier::Open],
            group_min: GROUP_DEFAULT,
            small_group: SmallGroup::Warn,
        }
    }
}

/// Why a tier, or what bylaws say of tiers, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrivacyRefusal {
    /// None, or one twice.
    #[error("tiers must name from one to three secrecy tiers, each once")]
    Tiers,
    /// A group that protects nobody, or that no co-op reaches.
    #[error("group_min must lie between {GROUP_MIN} and {GROUP_MAX} members")]
    Group,
    /// A vote that ends once it is settled tells by its end what is hidden.
    #[error("a rule that ends voting once the result is settled needs open ballots: its end would tell how they stand")]
    Early,
    /// A vote that goes on tells that the quorum was met, and so how many have voted.
    #[error(
        "a rule that gives a late quorum more time needs ballots whose number is told: that voting goes on would tell it"
    )]
    LateQuorum,
    /// A vote that goes on tells that so many gave the answers that the quorum counts.
    #[error(
        "a late quorum gets more time under hidden ballots only where the quorum counts all ballots: that voting goes on would tell how \
         they stand"
    )]
    LateAnswers,
    /// The bylaws do not allow it.
    #[error("the bylaws do not let this kind of decision be {}", .0.name())]
    NotAllowed(Tier),
}

impl Privacy {
    /// Whether it is what bylaws say that do not speak of it.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks what bylaws say for a rule.
    ///
    /// # Errors
    /// [`PrivacyRefusal`] with the first reason found.
    pub fn check(&self, rule: &DecisionRule) -> Result<(), PrivacyRefusal> {
        let mut sorted = self.tiers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.is_empty() || sorted.len() != self.tiers.len() {
            return Err(PrivacyRefusal::Tiers);
        }
        if self.group_min < GROUP_MIN || self.group_min > GROUP_MAX {
            return Err(PrivacyRefusal::Group);
        }
        if rule.early && sorted != [Tier::Open] {
            return Err(PrivacyRefusal::Early);
        }
        if rule.late_quorum_seconds > 0 {
            if sorted.iter().any(|tier| tier.hides_turnout()) {
                return Err(PrivacyRefusal::LateQuorum);
            }
            let counts_answers = rule
                .quorum
                .as_ref()
                .is_some_and(|quorum| quorum.counts != QuorumCounts::AllBallots);
            if counts_answers && sorted != [Tier::Open] {
                return Err(PrivacyRefusal::LateAnswers);
            }
        }
        Ok(())
    }

    /// The tier of a proposal that asks for one, or for none.
    ///
    /// # Errors
    /// [`PrivacyRefusal::NotAllowed`].
    pub fn choose(&self, asked: Option<Tier>) -> Result<Tier, PrivacyRefusal> {
        let Some(asked) = asked else {
            return Ok(self.tiers.first().copied().unwrap_or(Tier::Open));
        };
        if self.tiers.contains(&asked) {
            Ok(asked)
        } else {
            Err(PrivacyRefusal::NotAllowed(asked))
        }
    }

    /// What stands for it in the record of the bylaws, behind the [`crate::record::KindV1`] of its kind; nothing where it is the
    /// default. The tiers enter as a list of their numbers, in their order.
    #[must_use]
    pub fn word(&self, kind: &str) -> Option<Hash32> {
        if self.is_default() {
            return None;
        }
        let number = |value: u16| Hash32::from_u128(u128::from(value));
        let tiers: Vec<Hash32> = self.tiers.iter().map(|tier| number(u16::from(tier.code()))).collect();
        let refuses = match self.small_group {
            SmallGroup::Warn => 0,
            SmallGroup::Refuse => 1,
        };
        Some(keccak256_words(&[
            tag("KindPrivacyV1"),
            keccak256(kind.as_bytes()),
            keccak256_words(&tiers),
            number(self.group_min),
            number(refuses),
        ]))
    }

    /// What would be found out of those on a roll if voting opened now; nothing in a tier that names voters anyway.
    #[must_use]
    pub fn exposures_of_roll(&self, tier: Tier, members: u64) -> Vec<Exposure> {
        if !tier.hides_names() || members >= u64::from(self.group_min) {
            return Vec::new();
        }
        vec![Exposure::SmallRoll { members }]
    }

    /// What a count finds out of those who voted, from their ballots with the weights they count with.
    pub fn exposures_of_count<'a>(
        &self,
        tier: Tier,
        ballots: impl IntoIterator<Item = (&'a Choice, u128)>,
    ) -> Vec<Exposure> {
        if !tier.hides_names() {
            return Vec::new();
        }
        let (mut cast, mut first, mut is_unanimous) = (0_u64, None, true);
        let mut weights: BTreeMap<u128, u64> = BTreeMap::new();
        for (choice, weight) in ballots {
            cast = cast.saturating_add(1);
            let members = weights.entry(weight).or_default();
            *members = members.saturating_add(1);
            is_unanimous &= *first.get_or_insert(choice) == choice;
        }
        let mut found = Vec::new();
        if cast > 0 && cast < u64::from(self.group_min) {
            found.push(Exposure::FewBallots { ballots: cast });
        }
        // Where all weigh the same, the weight tells no more than the number of ballots.
        if weights.len() > 1 {
            let small = weights
                .into_iter()
                .filter(|(_, members)| *members < u64::from(self.group_min));
            found.extend(small.map(|(weight, members)| Exposure::SmallWeight { weight, members }));
        }
        if cast > 0 && is_unanimous {
            found.push(Exposure::Unanimous { ballots: cast });
        }
        found
    }
}

/// Why what is published would tell how somebody voted, although the tier hides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "exposure", rename_all = "snake_case", deny_unknown_fields)]
pub enum Exposure {
    /// So few may vote that guessing is easy.
    #[error("only {members} members may vote, so pseudonyms hide little")]
    SmallRoll {
        /// How many.
        members: u64,
    },
    /// So few voted.
    #[error("only {ballots} ballots were cast, so whoever knows who voted can guess whose they are")]
    FewBallots {
        /// How many.
        ballots: u64,
    },
    /// A weight that few have is as good as their names.
    #[error("only {members} ballots have the weight {weight}, which tells whose they are")]
    SmallWeight {
        /// The weight.
        weight: u128,
        /// How many.
        members: u64,
    },
    /// All who voted said the same, so it is known of each of them.
    #[error("all {ballots} ballots say the same, so it is known of everybody who voted")]
    Unanimous {
        /// How many.
        ballots: u64,
    },
}

/// The root over the members behind a roll of pseudonyms: `("ElectorV1", proposal, member, weight)` for each. Whoever knows the members
/// can compute it, and it says that there are no more pseudonyms than members; it does not say which is whose.
#[must_use]
pub fn electors_root(proposal: Hash32, members: impl IntoIterator<Item = (Hash32, u128)>) -> Hash32 {
    let leaf = |(member, weight)| leaf_hash(&[tag("ElectorV1"), proposal, member, Hash32::from_u128(weight)]);
    root(members.into_iter().map(leaf).collect())
}

#[cfg(test)]
mod tests;
