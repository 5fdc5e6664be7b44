//! Decisions that pass several bodies: a committee, then the members.
//!
//! Bylaws may name stages for a kind of decision. Each is a vote of its own, of one body under one rule, with its own roll, ballots, count
//! and record. What the body carries goes to the next stage unchanged; what it does not carry ends there. Behind the stages that the bylaws
//! name always comes the last one, of all members who vote, under the kind's own rule: what changes the co-op is decided by the members.

use serde::{Deserialize, Serialize};

use crate::bylaws::KindBylaws;
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::membership::{Class, Role};
use crate::record::{Record as _, tag};
use crate::rule::{DecisionRule, RuleRefusal};
use crate::secrecy::PrivacyRefusal;

/// The most stages before the last: more would keep a decision from ever ending.
pub const EARLIER_STAGES_MAX: usize = 3;

/// Who votes in a stage. Only active members of a class that votes ever do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "body", rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// All members who vote.
    Members,
    /// Those of one class.
    Class {
        /// The class.
        class: Class,
    },
    /// Those who hold an office when voting opens.
    Office {
        /// The office.
        role: Role,
    },
}

impl Body {
    /// The name whose text is hashed: `members`, `class:worker`, `office:auditor`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Members => String::from("members"),
            Self::Class { class } => format!("class:{}", class.name()),
            Self::Office { role } => format!("office:{}", role.name()),
        }
    }

    /// The classes whose active members are of the body, as far as they hold the office it asks for.
    #[must_use]
    pub fn classes(self) -> Vec<Class> {
        let voting = Class::ALL.iter().copied().filter(|class| class.votes());
        match self {
            Self::Members | Self::Office { .. } => voting.collect(),
            Self::Class { class } => voting.filter(|each| *each == class).collect(),
        }
    }

    /// The office that its members hold; `None` where none is needed.
    #[must_use]
    pub const fn office(self) -> Option<Role> {
        match self {
            Self::Members | Self::Class { .. } => None,
            Self::Office { role } => Some(role),
        }
    }
}

/// A stage before the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierStage {
    /// Who votes.
    pub who: Body,
    /// The rule that decides.
    pub rule: DecisionRule,
}

/// Why stages are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StagesRefusal {
    /// Too many.
    #[error("there may be at most {EARLIER_STAGES_MAX} stages before the last")]
    Many,
    /// A body of people who never vote.
    #[error("members of the class {} do not vote", .0.name())]
    NeverVotes(Class),
    /// A stage that could end in anything but yes or no.
    #[error("every stage, the last one too, must decide by yes or no, by consent, or unless opposed: without options")]
    Options,
    /// The rule itself.
    #[error("the rule of stage {number}: {refusal}")]
    Rule {
        /// Which stage, from 1.
        number: usize,
        /// Why.
        refusal: RuleRefusal,
    },
    /// Tiers of secrecy that its rule cannot keep.
    #[error("the privacy of stage {number}: {refusal}")]
    Privacy {
        /// Which stage, from 1.
        number: usize,
        /// Why.
        refusal: PrivacyRefusal,
    },
    /// Whom a decision would expel is heard before one vote, not before several.
    #[error("a kind of decision that may expel has no stages; set reply_seconds to 0")]
    Expels,
    /// More time for a late quorum, which stages do not give.
    #[error("the rule of stage {0} must have late_quorum_seconds at 0")]
    LateQuorum(usize),
}

/// Checks the stages that bylaws name before the last, whose rule is `last`.
///
/// # Errors
/// [`StagesRefusal`] with the first reason found.
pub fn check(stages: &[EarlierStage], last: &DecisionRule) -> Result<(), StagesRefusal> {
    if stages.len() > EARLIER_STAGES_MAX {
        return Err(StagesRefusal::Many);
    }
    for (number, stage) in (1..).zip(stages) {
        if let Body::Class { class } = stage.who
            && !class.votes()
        {
            return Err(StagesRefusal::NeverVotes(class));
        }
        if stage.rule.counting.has_options() || last.counting.has_options() {
            return Err(StagesRefusal::Options);
        }
        let refused = |refusal| StagesRefusal::Rule { number, refusal };
        stage.rule.check_bylaws().map_err(refused)?;
        if stage.rule.late_quorum_seconds > 0 {
            return Err(StagesRefusal::LateQuorum(number));
        }
    }
    Ok(())
}

/// What stands for the stages in the record of the bylaws, behind the [`crate::record::KindV1`] of their kind; nothing where there are none.
#[must_use]
pub fn word(stages: &[EarlierStage], kind: &str, namespace: Hash32) -> Option<Hash32> {
    if stages.is_empty() {
        return None;
    }
    let mut words = vec![tag("KindStagesV1"), keccak256(kind.as_bytes())];
    for stage in stages {
        words.push(keccak256(stage.who.name().as_bytes()));
        words.push(stage.rule.record(namespace, Hash32::ZERO).struct_hash());
    }
    Some(keccak256_words(&words))
}

/// A stage of a decision: who votes, and under what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtStage {
    /// Which one, from 1.
    pub number: u16,
    /// How many the decision has.
    pub of: u16,
    /// Who votes.
    pub body: Body,
    /// What the bylaws say of it: its own rule, and what follows a result in the last stage alone.
    pub bylaws: KindBylaws,
}

impl AtStage {
    /// Whether what it carries is carried for good.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.number == self.of
    }
}

/// A stage of a decision of this kind, from 1; `None` beyond the last.
#[must_use]
pub fn at_stage(kind: &KindBylaws, number: u16) -> Option<AtStage> {
    let of = u16::try_from(kind.stages.len()).ok()?.checked_add(1)?;
    let earlier = kind.stages.get(usize::from(number.checked_sub(1)?));
    let mut bylaws = kind.clone();
    bylaws.stages.clear();
    if number > 1 {
        // Who sponsored it did so before the first stage.
        bylaws.sponsors = 0;
    }
    let body = match earlier {
        Some(stage) => {
            bylaws.rule = stage.rule.clone();
            (bylaws.objection_seconds, bylaws.objectors) = (0, 0);
            bylaws.contest_seconds = 0;
            stage.who
        }
        None if number == of => Body::Members,
        None => return None,
    };
    Some(AtStage {
        number,
        of,
        body,
        bylaws,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bylaws::Bylaws;

    fn stage(who: Body) -> EarlierStage {
        EarlierStage {
            who,
            rule: DecisionRule::preset("consent").unwrap(),
        }
    }

    #[test]
    fn stages_are_votes_without_options_of_those_who_vote() {
        let motion = DecisionRule::simple_majority();
        let auditors = Body::Office { role: Role::Auditor };
        let mut late = stage(auditors);
        late.rule = DecisionRule::simple_majority();
        late.rule.late_quorum_seconds = 1;
        let observers = Body::Class { class: Class::Observer };
        for (name, stages, last, expected) in [
            ("none", vec![], &motion, Ok(())),
            ("none before an election", vec![], &DecisionRule::election(), Ok(())),
            ("a committee", vec![stage(auditors)], &motion, Ok(())),
            ("four", vec![stage(auditors); 4], &motion, Err(StagesRefusal::Many)),
            (
                "observers",
                vec![stage(observers)],
                &motion,
                Err(StagesRefusal::NeverVotes(Class::Observer)),
            ),
            (
                "an election at last",
                vec![stage(auditors)],
                &DecisionRule::election(),
                Err(StagesRefusal::Options),
            ),
            (
                "an election at first",
                vec![EarlierStage {
                    who: auditors,
                    rule: DecisionRule::election(),
                }],
                &motion,
                Err(StagesRefusal::Options),
            ),
            (
                "a late quorum",
                vec![stage(auditors), late],
                &motion,
                Err(StagesRefusal::LateQuorum(2)),
            ),
        ] {
            assert_eq!(check(&stages, last), expected, "{name}");
        }
    }

    #[test]
    fn each_stage_has_its_body_and_rule_and_what_follows_a_result_belongs_to_the_last() {
        let mut kind = Bylaws::founding().kinds["motion"].clone();
        (kind.sponsors, kind.objection_seconds, kind.objectors) = (2, 60, 3);
        let auditors = Body::Office { role: Role::Auditor };
        kind.stages = vec![stage(auditors)];
        let first = at_stage(&kind, 1).unwrap();
        assert_eq!(
            (first.number, first.of, first.body, first.is_last()),
            (1, 2, auditors, false)
        );
        assert_eq!(first.bylaws.rule, kind.stages[0].rule);
        assert_eq!((first.bylaws.sponsors, first.bylaws.objection_seconds), (2, 0));
        let last = at_stage(&kind, 2).unwrap();
        assert_eq!((last.body, last.is_last()), (Body::Members, true));
        assert_eq!(last.bylaws.rule, kind.rule);
        assert_eq!((last.bylaws.sponsors, last.bylaws.objection_seconds), (0, 60));
        assert_eq!(at_stage(&kind, 0), None);
        assert_eq!(at_stage(&kind, 3), None);
        kind.stages.clear();
        assert!(at_stage(&kind, 1).is_some_and(|only| only.is_last() && only.bylaws == kind));
    }

    #[test]
    fn a_body_is_of_members_who_vote() {
        assert_eq!(Body::Members.classes().len(), 3);
        let users = Body::Class { class: Class::User };
        assert_eq!((users.classes(), users.office()), (vec![Class::User], None));
        let json = serde_json::to_string(&Body::Office { role: Role::Auditor }).unwrap();
        assert_eq!(json, r#"{"body":"office","role":"auditor"}"#);
    }

    #[test]
    fn who_votes_and_under_which_rule_changes_the_word_of_the_stages() {
        let auditors = Body::Office { role: Role::Auditor };
        let one = word(&[stage(auditors)], "motion", Hash32::ZERO);
        assert_eq!(word(&[], "motion", Hash32::ZERO), None);
        let mut other_rule = stage(auditors);
        other_rule.rule = DecisionRule::simple_majority();
        for other in [
            word(&[stage(Body::Members)], "motion", Hash32::ZERO),
            word(&[other_rule], "motion", Hash32::ZERO),
            word(&[stage(auditors)], "other", Hash32::ZERO),
            word(&[stage(auditors), stage(auditors)], "motion", Hash32::ZERO),
        ] {
            assert_ne!(one, other);
        }
    }
}
