//! Bylaws: which rule and which periods apply to each kind of decision, and how people join.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::alternative::{self, AlternativesRefusal};
use crate::body::{self, EarlierStage, StagesRefusal};
use crate::hash::{Hash32, keccak256_words};
use crate::proposal::Periods;
use crate::record::{BylawsV1, KindV1, Record, tag};
use crate::revenue::{Approvals, ApprovalsRefusal};
use crate::rule::{DecisionRule, RuleRefusal, SECONDS_MAX};
use crate::secrecy::{Privacy, PrivacyRefusal};
use crate::time::Timestamp;
use crate::watch::{Watch, WatchRefusal};

/// The most kinds of decision.
const KINDS_MAX: usize = 64;
/// The longest name of a kind.
const KIND_NAME_MAX: usize = 40;

/// How new members join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// A steward invites them.
    Invitation,
    /// They may apply, too.
    Application,
}

/// The bylaws of one kind of decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindBylaws {
    /// The rule that decides.
    pub rule: DecisionRule,
    /// How long members have to discuss before voting opens, in seconds.
    pub discussion_seconds: u64,
    /// The shortest voting time, in seconds.
    pub voting_seconds_min: u64,
    /// The longest voting time, in seconds.
    pub voting_seconds_max: u64,
    /// Whether voting may end early once everyone on the roll has voted.
    pub close_when_all_voted: bool,
    /// How many other members must sponsor a proposal before it is discussed; 0 where none need to.
    #[serde(default)]
    pub sponsors: u16,
    /// How long members on the roll may object to what was carried, in seconds; 0 where they may not.
    #[serde(default)]
    pub objection_seconds: u64,
    /// How many objections stop it; 0 where members may not object.
    #[serde(default)]
    pub objectors: u16,
    /// How long what was carried waits before its actions are executed, in seconds.
    #[serde(default)]
    pub timelock_seconds: u64,
    /// How long they may be executed after that, in seconds; what was not done then is never done.
    #[serde(default = "execution_seconds")]
    pub execution_seconds: u64,
    /// How secret its ballots may be; open unless said.
    #[serde(default, skip_serializing_if = "Privacy::is_default")]
    pub privacy: Privacy,
    /// How long after a result is published it may be contested, in seconds; 0 where it may not. Nothing is executed before that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub contest_seconds: u64,
    /// How long whom a proposal would expel has to reply before voting opens, in seconds; 0 where a decision of this kind expels nobody.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reply_seconds: u64,
    /// The bodies that must carry it before the members decide, in their order; none unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<EarlierStage>,
    /// The rule by which several proposals on one question are put to one vote; without one each is voted on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternatives: Option<DecisionRule>,
}

/// Left out of JSON, as in bylaws from before there was such a time.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(seconds: &u64) -> bool {
    *seconds == 0
}

/// Thirty days: enough to mend whatever stands in the way of an action.
const fn execution_seconds() -> u64 {
    30 * 86_400
}

impl KindBylaws {
    fn is_possible_afterwards(&self) -> bool {
        let periods = [
            self.objection_seconds,
            self.timelock_seconds,
            self.execution_seconds,
            self.contest_seconds,
            self.reply_seconds,
        ];
        (self.objection_seconds == 0) == (self.objectors == 0)
            && self.execution_seconds > 0
            && periods.iter().all(|seconds| *seconds <= SECONDS_MAX)
    }

    /// What the record holds of a kind behind its [`KindV1`] where its results may be contested or it may expel: the hash of a tag and
    /// both times.
    fn recourse(&self) -> Option<Hash32> {
        let times = [self.contest_seconds, self.reply_seconds];
        let [contest, reply] = times.map(|seconds| Hash32::from_u128(u128::from(seconds)));
        (times != [0, 0]).then(|| keccak256_words(&[tag("RecourseV1"), contest, reply]))
    }

    /// The stages hold, and each can keep the tiers of secrecy.
    fn check_stages(&self) -> Result<(), StagesRefusal> {
        body::check(&self.stages, &self.rule)?;
        if !self.stages.is_empty() && self.reply_seconds > 0 {
            return Err(StagesRefusal::Expels);
        }
        for (number, stage) in (1..).zip(&self.stages) {
            self.privacy
                .check(&stage.rule)
                .map_err(|refusal| StagesRefusal::Privacy { number, refusal })?;
        }
        Ok(())
    }

    /// The periods, as the life cycle asks for them.
    #[must_use]
    pub fn periods(&self) -> Periods {
        Periods {
            discussion: self.discussion_seconds.max(self.rule.notice_seconds),
            voting_min: self.voting_seconds_min,
            voting_max: self.voting_seconds_max,
            close_when_all_voted: self.close_when_all_voted,
            sponsors: u64::from(self.sponsors),
            objection: self.objection_seconds,
            objectors: u64::from(self.objectors),
        }
    }
}

/// The bylaws of a co-op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bylaws {
    /// The kinds of decision by name.
    pub kinds: BTreeMap<String, KindBylaws>,
    /// How new members join.
    pub admission: Admission,
    /// How many approve what is paid to members, by the amount; as [`Approvals::default`] says unless said.
    #[serde(default, skip_serializing_if = "Approvals::is_default")]
    pub approvals: Approvals,
    /// For how long the books may differ from the bank; as [`Watch::default`] says unless said.
    #[serde(default, skip_serializing_if = "Watch::is_default")]
    pub reconciliation: Watch,
}

/// Why bylaws are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BylawsRefusal {
    /// None, or too many kinds.
    #[error("bylaws name from 1 to {KINDS_MAX} kinds of decision")]
    Kinds,
    /// A name that cannot stand in a file name or an address.
    #[error("the kind {name:?} must be 1 to {KIND_NAME_MAX} characters of a-z, 0-9 and _, and begin with a letter")]
    KindName {
        /// The name.
        name: String,
    },
    /// Periods that no proposal could keep.
    #[error(
        "the periods of {name:?} must hold: shortest voting time from 1 second, not above the longest, none above ten years"
    )]
    Periods {
        /// The kind.
        name: String,
    },
    /// Times after the vote that cannot be kept.
    #[error(
        "what follows a vote on {name:?} must hold: objectors above 0 exactly where objection_seconds is, execution_seconds from 1, \
         nothing above ten years"
    )]
    Afterwards {
        /// The kind.
        name: String,
    },
    /// The rule itself.
    #[error("the rule of {name:?}: {refusal}")]
    Rule {
        /// The kind.
        name: String,
        /// Why.
        refusal: RuleRefusal,
    },
    /// Tiers of secrecy that are none, or that the rule cannot keep.
    #[error("the privacy of {name:?}: {refusal}")]
    Privacy {
        /// The kind.
        name: String,
        /// Why.
        refusal: PrivacyRefusal,
    },
    /// Stages that no decision could pass.
    #[error("the stages of {name:?}: {refusal}")]
    Stages {
        /// The kind.
        name: String,
        /// Why.
        refusal: StagesRefusal,
    },
    /// Alternatives that could not be put to one vote so.
    #[error("the alternatives of {name:?}: {refusal}")]
    Alternatives {
        /// The kind.
        name: String,
        /// Why.
        refusal: AlternativesRefusal,
    },
    /// Approvals that nobody could mean.
    #[error("the approvals of what is paid: {0}")]
    Approvals(ApprovalsRefusal),
    /// A time that nobody could mean.
    #[error("reconciliation: {0}")]
    Reconciliation(WatchRefusal),
    /// More time for a late quorum than there is to vote.
    #[error(
        "the rule of {name:?} must not extend voting by more than its shortest time: late_quorum_seconds may be at most \
         voting_seconds_min"
    )]
    LateQuorum {
        /// The kind.
        name: String,
    },
}

impl Bylaws {
    /// What a new co-op begins with: motions by simple majority and elections by STV, three days of discussion, voting from
    /// one day to thirty, members by invitation or application.
    #[must_use]
    pub fn founding() -> Self {
        const DAY: u64 = 86_400;
        let kind = |rule| KindBylaws {
            rule,
            discussion_seconds: 3 * DAY,
            voting_seconds_min: DAY,
            voting_seconds_max: 30 * DAY,
            close_when_all_voted: false,
            sponsors: 0,
            objection_seconds: 0,
            objectors: 0,
            timelock_seconds: 0,
            execution_seconds: execution_seconds(),
            privacy: Privacy::default(),
            contest_seconds: 0,
            reply_seconds: 0,
            stages: Vec::new(),
            alternatives: None,
        };
        Self {
            kinds: BTreeMap::from([
                (String::from("election"), kind(DecisionRule::election())),
                (String::from("motion"), kind(DecisionRule::simple_majority())),
            ]),
            admission: Admission::Application,
            approvals: Approvals::default(),
            reconciliation: Watch::default(),
        }
    }

    /// Checks what a steward wrote.
    ///
    /// # Errors
    /// [`BylawsRefusal`] with the first reason found.
    pub fn check(&self) -> Result<(), BylawsRefusal> {
        if self.kinds.is_empty() || self.kinds.len() > KINDS_MAX {
            return Err(BylawsRefusal::Kinds);
        }
        for (name, kind) in &self.kinds {
            let name = || name.clone();
            if !is_kind_name(&name()) {
                return Err(BylawsRefusal::KindName { name: name() });
            }
            let ordered = 1 <= kind.voting_seconds_min && kind.voting_seconds_min <= kind.voting_seconds_max;
            if !ordered || kind.voting_seconds_max > SECONDS_MAX || kind.discussion_seconds > SECONDS_MAX {
                return Err(BylawsRefusal::Periods { name: name() });
            }
            if !kind.is_possible_afterwards() {
                return Err(BylawsRefusal::Afterwards { name: name() });
            }
            kind.rule
                .check_bylaws()
                .map_err(|refusal| BylawsRefusal::Rule { name: name(), refusal })?;
            kind.privacy
                .check(&kind.rule)
                .map_err(|refusal| BylawsRefusal::Privacy { name: name(), refusal })?;
            kind.check_stages()
                .map_err(|refusal| BylawsRefusal::Stages { name: name(), refusal })?;
            alternative::check(kind).map_err(|refusal| BylawsRefusal::Alternatives { name: name(), refusal })?;
            if kind.rule.late_quorum_seconds > kind.voting_seconds_min {
                return Err(BylawsRefusal::LateQuorum { name: name() });
            }
        }
        self.approvals.check().map_err(BylawsRefusal::Approvals)?;
        self.reconciliation.check().map_err(BylawsRefusal::Reconciliation)
    }

    /// This version of the bylaws as a record.
    #[must_use]
    pub fn record(&self, namespace: Hash32, version: u64, adopted_at: Timestamp, salt: Hash32) -> BylawsV1 {
        let kinds = self.kinds.iter().flat_map(|(name, kind)| {
            let record = KindV1 {
                kind: name.clone(),
                rule: kind.rule.record(namespace, Hash32::ZERO).struct_hash(),
                discussion_seconds: kind.discussion_seconds,
                voting_seconds_min: kind.voting_seconds_min,
                voting_seconds_max: kind.voting_seconds_max,
                close_when_all_voted: kind.close_when_all_voted,
                sponsors: kind.sponsors,
                objection_seconds: kind.objection_seconds,
                objectors: kind.objectors,
                timelock_seconds: kind.timelock_seconds,
                execution_seconds: kind.execution_seconds,
            };
            let stages = body::word(&kind.stages, name, namespace);
            [
                Some(record.struct_hash()),
                kind.recourse(),
                kind.privacy.word(name),
                stages,
                alternative::word(kind, name, namespace),
            ]
            .into_iter()
            .flatten()
        });
        BylawsV1 {
            namespace,
            version,
            kinds: kinds
                .chain(self.approvals.word())
                .chain(self.reconciliation.word())
                .collect(),
            admission: match self.admission {
                Admission::Invitation => 0,
                Admission::Application => 1,
            },
            adopted_at: adopted_at.0,
            salt,
        }
    }
}

fn is_kind_name(name: &str) -> bool {
    let allowed = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    name.len() <= KIND_NAME_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn founding_bylaws_are_valid_and_survive_json() {
        let bylaws = Bylaws::founding();
        assert_eq!(bylaws.check(), Ok(()));
        let json = serde_json::to_string(&bylaws).unwrap();
        assert_eq!(serde_json::from_str::<Bylaws>(&json).unwrap(), bylaws);
    }

    #[test]
    fn a_time_to_contest_results_stands_in_the_record_and_none_leaves_it_as_it_was() {
        let record = |seconds| {
            let mut bylaws = Bylaws::founding();
            bylaws.kinds.get_mut("motion").unwrap().contest_seconds = seconds;
            bylaws.record(Hash32::ZERO, 1, Timestamp(0), Hash32::ZERO).kinds
        };
        let (none, some) = (record(0), record(5));
        assert_eq!((none.len(), some.len()), (2, 3));
        assert_eq!(some[..2], none[..]);
        assert_eq!(
            some[2],
            keccak256_words(&[tag("RecourseV1"), Hash32::from_u128(5), Hash32::ZERO])
        );
    }

    #[test]
    fn impossible_bylaws_are_refused_with_the_kind_that_is_wrong() {
        let change = |change: fn(&mut KindBylaws)| {
            let mut bylaws = Bylaws::founding();
            bylaws.kinds.values_mut().for_each(change);
            bylaws.check()
        };
        let periods = Err(BylawsRefusal::Periods {
            name: String::from("election"),
        });
        assert_eq!(change(|kind| kind.voting_seconds_min = 0), periods);
        assert_eq!(
            change(|kind| kind.voting_seconds_min = kind.voting_seconds_max + 1),
            periods
        );
        assert_eq!(change(|kind| kind.discussion_seconds = u64::MAX), periods);
        let afterwards = Err(BylawsRefusal::Afterwards {
            name: String::from("election"),
        });
        assert_eq!(change(|kind| kind.objection_seconds = 1), afterwards);
        assert_eq!(change(|kind| kind.objectors = 1), afterwards);
        assert_eq!(change(|kind| kind.execution_seconds = 0), afterwards);
        assert_eq!(change(|kind| kind.timelock_seconds = u64::MAX), afterwards);
        assert_eq!(change(|kind| kind.contest_seconds = u64::MAX), afterwards);
        assert_eq!(
            change(|kind| kind.rule = kind.rule.with_seats(3)),
            Err(BylawsRefusal::Rule {
                name: String::from("election"),
                refusal: RuleRefusal::NotInBylaws("seats at 0"),
            })
        );
        let late = |seconds| {
            let mut bylaws = Bylaws::founding();
            bylaws.kinds.remove("election");
            let kind = bylaws.kinds.get_mut("motion").unwrap();
            kind.rule.late_quorum_seconds = seconds;
            bylaws.check()
        };
        let name = || String::from("motion");
        assert_eq!(late(86_400), Ok(()));
        assert_eq!(late(86_401), Err(BylawsRefusal::LateQuorum { name: name() }));
        assert_eq!(
            change(|kind| kind.privacy.tiers.clear()),
            Err(BylawsRefusal::Privacy {
                name: String::from("election"),
                refusal: PrivacyRefusal::Tiers,
            })
        );
        let mut bylaws = Bylaws::founding();
        let kind = bylaws.kinds.first_key_value().unwrap().1.clone();
        bylaws.kinds.insert(String::from("../etc"), kind);
        assert_eq!(
            bylaws.check(),
            Err(BylawsRefusal::KindName {
                name: String::from("../etc")
            })
        );
        assert_eq!(
            Bylaws {
                kinds: BTreeMap::new(),
                ..bylaws
            }
            .check(),
            Err(BylawsRefusal::Kinds)
        );
    }
}
