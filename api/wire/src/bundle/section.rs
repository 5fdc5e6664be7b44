//! The sections of a bundle and their order.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A section, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// What the file is; one line.
    Header,
    /// The decision rule; one line.
    Rule,
    /// The question; one line.
    Proposal,
    /// Who may vote; one line for each member.
    Roll,
    /// The ballots; one line for each revision.
    Ballot,
    /// The lot; one line.
    Lot,
    /// The count and its verdict; one line.
    Tally,
    /// The anchors; none without a chain.
    Anchor,
    /// Counts and hash; one line.
    End,
}

impl Section {
    /// Every section in order.
    pub const ALL: [Self; 9] = [
        Self::Header,
        Self::Rule,
        Self::Proposal,
        Self::Roll,
        Self::Ballot,
        Self::Lot,
        Self::Tally,
        Self::Anchor,
        Self::End,
    ];
    /// The place of a section in [`Self::ALL`], for [`Named`].
    pub const HEADER: usize = 0;
    /// As [`Self::HEADER`].
    pub const RULE: usize = 1;
    /// As [`Self::HEADER`].
    pub const PROPOSAL: usize = 2;
    /// As [`Self::HEADER`].
    pub const ROLL: usize = 3;
    /// As [`Self::HEADER`].
    pub const BALLOT: usize = 4;
    /// As [`Self::HEADER`].
    pub const LOT: usize = 5;
    /// As [`Self::HEADER`].
    pub const TALLY: usize = 6;
    /// As [`Self::HEADER`].
    pub const ANCHOR: usize = 7;
    /// As [`Self::HEADER`].
    pub const END: usize = 8;

    /// Its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Rule => "rule",
            Self::Proposal => "proposal",
            Self::Roll => "roll",
            Self::Ballot => "ballot",
            Self::Lot => "lot",
            Self::Tally => "tally",
            Self::Anchor => "anchor",
            Self::End => "end",
        }
    }

    /// The section with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }

    /// Whether it may have more lines than one.
    #[must_use]
    pub const fn repeats(self) -> bool {
        match self {
            Self::Roll | Self::Ballot | Self::Anchor => true,
            Self::Header | Self::Rule | Self::Proposal | Self::Lot | Self::Tally | Self::End => false,
        }
    }

    /// Whether a bundle without it proves nothing. Nobody may have voted, and there may be no chain.
    #[must_use]
    pub const fn required(self) -> bool {
        match self {
            Self::Ballot | Self::Anchor => false,
            Self::Header | Self::Rule | Self::Proposal | Self::Roll | Self::Lot | Self::Tally | Self::End => true,
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The member `section` of a line: it holds no data and is always the name of section number `N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Named<const N: usize>;

impl<const N: usize> Named<N> {
    fn name() -> &'static str {
        Section::ALL.get(N).map_or("", |section| section.name())
    }
}

impl<const N: usize> Serialize for Named<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Self::name())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Named<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        if text == Self::name() {
            Ok(Self)
        } else {
            Err(D::Error::custom(format_args!("expected the section {}", Self::name())))
        }
    }
}

/// A line that a [`super::BundleWriter`] can write between header and end.
pub trait SectionLine: Serialize {
    /// Its section.
    const SECTION: Section;

    /// By what the lines of the section strictly ascend; `None` for sections of one line.
    fn rank(&self) -> Option<[u8; 32]> {
        None
    }
}

macro_rules! section_line {
    ($($line:ident = $section:ident $(, $rank:expr)?;)*) => {$(
        impl SectionLine for super::$line {
            const SECTION: Section = Section::$section;
            $(
                fn rank(&self) -> Option<[u8; 32]> {
                    let rank: fn(&Self) -> governance::hash::Hash32 = $rank;
                    Some(*rank(self).as_bytes())
                }
            )?
        }
    )*};
}

fn ordinal(number: u64) -> governance::hash::Hash32 {
    governance::hash::Hash32::from_u128(u128::from(number))
}

section_line! {
    RuleLine = Rule;
    ProposalLine = Proposal;
    RollLine = Roll, |line| line.voter;
    BallotLine = Ballot, |line| ordinal(line.sequence);
    LotLine = Lot;
    TallyLine = Tally;
    AnchorLine = Anchor, |line| ordinal(line.seq);
}
