//! Several proposals on one question.
//!
//! An alternative says otherwise what another proposal asks: in other words, as an amendment, or something else, as a rival. Who wrote the other
//! one may adopt it: then its texts and actions stand in the place of the own ones. Or those that are discussed are put to one vote: a
//! proposal of its own, whose options they are, counted by a rule of the bylaws that ranks them together with "nothing changes". So at most
//! one of them takes effect, and none that members do not prefer to doing nothing. Amendments voted on one after the other would make the
//! result depend on their order; one count does not.

use crate::action::{ACTIONS_MAX, Planned};
use crate::bylaws::KindBylaws;
use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::proposal::StepRefusal;
use crate::record::{Record as _, tag};
use crate::rule::{Counting, DecisionRule, RuleRefusal};
use crate::secrecy::PrivacyRefusal;

/// The most proposals in one vote: more could not be ranked with thought.
pub const JOINT_MAX: usize = 10;
/// The longest text of a vote on several, in characters: as that of any proposal, since members read the whole of it.
pub const JOINT_LENGTH_MAX: usize = 20_000;
/// The longest name of an option, in characters.
const OPTION_LENGTH_MAX: usize = 200;
/// What stands between a title and its text, and between one part and the next.
const GAP: &str = "\n\n";

/// Why bylaws may not put alternatives of a kind to one vote so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlternativesRefusal {
    /// A kind whose decisions are no motions.
    #[error("only a kind that decides by yes or no, by consent, or unless opposed puts alternatives to one vote")]
    Kind,
    /// A rule under which doing nothing could not win.
    #[error("they are counted by schulze or copeland with a default option, so that \"nothing changes\" can win")]
    Method,
    /// More bodies than one.
    #[error("a kind with stages puts no alternatives to one vote, since every stage decides by yes or no")]
    Stages,
    /// Whom a decision would expel is heard before one vote.
    #[error("a kind that may expel puts no alternatives to one vote; set reply_seconds to 0")]
    Expels,
    /// More time for a late quorum, which such a vote does not give.
    #[error("their rule must have late_quorum_seconds at 0")]
    LateQuorum,
    /// The rule itself.
    #[error(transparent)]
    Rule(#[from] RuleRefusal),
    /// Tiers of secrecy that the rule cannot keep.
    #[error(transparent)]
    Privacy(#[from] PrivacyRefusal),
}

/// Checks the rule by which bylaws put alternatives of a kind to one vote; a kind without one puts them to votes of their own.
///
/// # Errors
/// [`AlternativesRefusal`] with the first reason found.
pub fn check(kind: &KindBylaws) -> Result<(), AlternativesRefusal> {
    let Some(rule) = &kind.alternatives else {
        return Ok(());
    };
    if kind.rule.counting.has_options() {
        return Err(AlternativesRefusal::Kind);
    }
    if !has_default(rule) {
        return Err(AlternativesRefusal::Method);
    }
    if !kind.stages.is_empty() {
        return Err(AlternativesRefusal::Stages);
    }
    if kind.reply_seconds > 0 {
        return Err(AlternativesRefusal::Expels);
    }
    if rule.late_quorum_seconds > 0 {
        return Err(AlternativesRefusal::LateQuorum);
    }
    rule.check_bylaws()?;
    Ok(kind.privacy.check(rule)?)
}

/// Whether a rule ranks options together with "nothing changes".
#[must_use]
pub const fn has_default(rule: &DecisionRule) -> bool {
    matches!(
        rule.counting,
        Counting::Schulze {
            default_option: Some(_),
            ..
        } | Counting::Copeland {
            default_option: Some(_),
            ..
        }
    )
}

/// What stands for that rule in the record of the bylaws, behind the [`crate::record::KindV1`] of the kind; nothing where there is none.
#[must_use]
pub fn word(kind: &KindBylaws, name: &str, namespace: Hash32) -> Option<Hash32> {
    let rule = kind.alternatives.as_ref()?.record(namespace, Hash32::ZERO);
    let name = keccak256(name.as_bytes());
    Some(keccak256_words(&[tag("KindAlternativesV1"), name, rule.struct_hash()]))
}

/// A proposal that is put to one vote with others.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
    /// What is done once it is carried.
    pub planned: &'a [Planned],
}

/// What members vote on where several proposals are put to one vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joint {
    /// The options: the places and titles of the proposals.
    pub options: Vec<String>,
    /// The texts of all of them.
    pub body: String,
    /// How long each of these is, in characters, with its place and title.
    pub lengths: Vec<u32>,
    /// What is done, each with the option that must be elected.
    pub planned: Vec<Planned>,
}

/// Why proposals cannot be put to one vote; each says what would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinRefusal {
    /// There is no other.
    #[error("no other proposal on the same question is discussed; open voting on this one")]
    Alone,
    /// Too many.
    #[error("at most {JOINT_MAX} proposals are put to one vote; ask authors to take some back, or to adopt others")]
    Many,
    /// Too much to read.
    #[error("their texts are together longer than {JOINT_LENGTH_MAX} characters; ask their authors to shorten them")]
    Long,
    /// Too many actions.
    #[error("they have together more than {ACTIONS_MAX} actions; ask their authors for fewer")]
    Actions,
}

/// The option for the proposal at a place, counted from 1.
#[must_use]
pub fn option_name(place: usize, title: &str) -> String {
    format!("{place}. {title}").chars().take(OPTION_LENGTH_MAX).collect()
}

/// Puts proposals to one vote, in the order given.
///
/// # Errors
/// [`JoinRefusal`] with the first reason found.
pub fn join(parts: &[Part<'_>]) -> Result<Joint, JoinRefusal> {
    if parts.len() < 2 {
        return Err(JoinRefusal::Alone);
    }
    if parts.len() > JOINT_MAX {
        return Err(JoinRefusal::Many);
    }
    let texts: Vec<String> = (1..).zip(parts).map(|(place, part)| text(place, part)).collect();
    let length = |text: &String| text.chars().count();
    let gaps = GAP.len().saturating_mul(texts.len().saturating_sub(1));
    if texts.iter().map(length).sum::<usize>().saturating_add(gaps) > JOINT_LENGTH_MAX {
        return Err(JoinRefusal::Long);
    }
    let planned: Vec<Planned> = (0..)
        .zip(parts)
        .flat_map(|(option, part)| {
            part.planned.iter().map(move |each| Planned {
                option: Some(option),
                act: each.act.clone(),
            })
        })
        .collect();
    if planned.len() > ACTIONS_MAX {
        return Err(JoinRefusal::Actions);
    }
    Ok(Joint {
        options: (1..)
            .zip(parts)
            .map(|(place, part)| option_name(place, part.title))
            .collect(),
        lengths: texts
            .iter()
            .map(|text| u32::try_from(length(text)).unwrap_or(u32::MAX))
            .collect(),
        body: texts.join(GAP),
        planned,
    })
}

fn text(place: usize, part: &Part<'_>) -> String {
    let heading = format!("{place}. {}", part.title);
    if part.body.is_empty() {
        heading
    } else {
        format!("{heading}{GAP}{}", part.body)
    }
}

/// The titles and texts that were put to one vote, taken apart again by their lengths; nothing where they are none that [`join`] makes.
#[must_use]
pub fn split(body: &str, lengths: &[u64]) -> Option<Vec<(String, String)>> {
    let mut rest = body;
    let mut parts = Vec::new();
    for (place, length) in (1_usize..).zip(lengths) {
        if place > 1 {
            rest = rest.strip_prefix(GAP)?;
        }
        let end = usize::try_from(*length).ok()?;
        let own: String = rest.chars().take(end).collect();
        if own.chars().count() < end {
            return None;
        }
        let (text, after) = rest.split_at_checked(own.len())?;
        let text = text.strip_prefix(&format!("{place}. "))?;
        let (title, own) = text.split_once(GAP).unwrap_or((text, ""));
        parts.push((title.to_owned(), own.to_owned()));
        rest = after;
    }
    rest.is_empty().then_some(parts)
}

/// Decides whether voting may open on a proposal by itself, while so many others on its question are discussed that the bylaws put to one
/// vote with it.
///
/// # Errors
/// [`StepRefusal::Others`] where there are any.
pub const fn decide_alone(others: u64) -> Result<(), StepRefusal> {
    if others == 0 {
        Ok(())
    } else {
        Err(StepRefusal::Others(others))
    }
}

/// The actions of the option at a place, counted from 1, as they stood in the proposal that became it.
#[must_use]
pub fn actions_at(planned: &[Planned], place: u16) -> Vec<Planned> {
    planned
        .iter()
        .filter(|each| each.option.is_some_and(|option| option.checked_add(1) == Some(place)))
        .map(|each| Planned {
            option: None,
            act: each.act.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
