//! What a difference is, and what it can mean.

use serde::Serialize;
use wire::bundle::Section;

/// What kind of difference in evidence it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// Whose record it is: keys, domain, log.
    Identity,
    /// What was asked, or the rule, or what was committed to for the lot.
    Question,
    /// A member stands on both rolls with another weight or other keys.
    RollEntryChanged,
    /// A member stands on one roll alone.
    RollEntryInOne,
    /// One ballot with two records.
    BallotRewritten,
    /// A ballot that only one has.
    BallotInOne,
    /// One record of a ballot of which the server says two things.
    BallotRetold,
    /// A delegation or a proxy ballot that the two tell differently, or that one lacks.
    Delegation,
    /// Two results.
    Result,
    /// Something happened in one alone.
    EventInOne,
    /// One record at two places of the log.
    LogPlace,
    /// Two anchors with one number, or one that the other should have.
    Anchor,
    /// Two checkpoints of one size with different roots, or of two logs.
    Checkpoint,
    /// One checkpoint, and two covers.
    Cover,
    /// A section that only one has.
    SectionInOne,
    /// Nothing differs before the end, and the end does.
    End,
}

impl DifferenceKind {
    /// What it can mean, in a sentence or two.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Identity => {
                "The two are signed or anchored under different names. One of them may be a stranger's; compare with what you know from elsewhere."
            }
            Self::Question => {
                "A split view: members may have been shown two questions, rules or rolls under one id. Each signed ballot names the hash of the one its voter saw."
            }
            Self::RollEntryChanged | Self::RollEntryInOne => {
                "Two rolls: who may vote, or with which key, was changed. The root in the proposal fits one of them at most; verify says which."
            }
            Self::BallotRewritten => {
                "A rewritten ballot: one of the two was put in the place of the other. If the voter's own signature holds on both, the voter signed both; else verify names the forged one."
            }
            Self::BallotInOne => {
                "An omitted ballot, or an added one. Whoever holds its receipt can prove the omission (rochdale-audit receipt); if the log holds it, so can anyone."
            }
            Self::BallotRetold => {
                "What the server says of a ballot was changed: its moment, its signature, whether it counts. Its record was not."
            }
            Self::Delegation => {
                "A delegation or a proxy ballot was left out, added or changed: each is signed, and verify says which of the two gives the published result."
            }
            Self::Result => "Two results of one decision: a split view, unless verify shows that one is miscounted.",
            Self::EventInOne => "An omitted act, or an added one.",
            Self::LogPlace => {
                "A log holds a record at one place. Two places mean two logs or two histories: compare the checkpoints (rochdale-audit fork-proof)."
            }
            Self::Anchor => {
                "A contract holds one anchor of each number: one of the two is not what the chain holds. verify --rpc says which."
            }
            Self::Checkpoint => {
                "A fork, if the log's key signed both: save the two notes and run rochdale-audit fork-proof."
            }
            Self::Cover => "One of the two does not lead to the checkpoint's root; verify says which.",
            Self::SectionInOne => "Evidence was left out of one of them.",
            Self::End => {
                "Counts, hashes or the server's signature at the end are wrong in one of them; verify says which."
            }
        }
    }

    /// The kind of difference that two lines of one thing make.
    pub(super) const fn of_lines(section: Section, changes_record: bool) -> Self {
        match section {
            Section::Header => Self::Identity,
            Section::Rule | Section::Proposal | Section::Lot => Self::Question,
            Section::Roll => Self::RollEntryChanged,
            Section::Ballot if changes_record => Self::BallotRewritten,
            Section::Ballot => Self::BallotRetold,
            Section::Delegation | Section::Proxy => Self::Delegation,
            Section::Tally => Self::Result,
            Section::Event => Self::EventInOne,
            Section::Anchor => Self::Anchor,
            Section::Checkpoint => Self::Checkpoint,
            Section::Cover => Self::Cover,
            Section::End => Self::End,
        }
    }

    /// The kind of difference that a line makes which only one has.
    pub(super) const fn of_one(section: Section) -> Self {
        match section {
            Section::Roll => Self::RollEntryInOne,
            Section::Ballot => Self::BallotInOne,
            Section::Delegation | Section::Proxy => Self::Delegation,
            Section::Anchor => Self::Anchor,
            Section::Event => Self::EventInOne,
            Section::Header
            | Section::Rule
            | Section::Proposal
            | Section::Lot
            | Section::Tally
            | Section::Checkpoint
            | Section::Cover
            | Section::End => Self::SectionInOne,
        }
    }
}

/// What a place that advanced says, in a sentence.
pub(super) fn remark_of(section: Section, field: &str, times: u64) -> String {
    match (section, field) {
        (Section::Header, "/log") => "one was written before the server published a log".to_owned(),
        (Section::Header, _) => format!("the co-op calls itself otherwise ({field})"),
        (Section::Anchor, "A" | "B") => format!("later anchors that only {field} holds: {times}"),
        (Section::Event, "A" | "B") => {
            format!("events after the checkpoint of the other that only {field} holds: {times}")
        }
        (Section::Checkpoint, "A" | "B") => format!("only {field} holds a checkpoint of the log"),
        (Section::End, _) => {
            "lines that say the same are written otherwise, or one end is wrong; verify says which".to_owned()
        }
        (_, "/log_index") => format!("lines of section {section} that got their place in the log meanwhile: {times}"),
        (_, _) => format!("lines of section {section} that went on in {field}: {times}"),
    }
}
