//! The sections of a bundle and their order.

use std::fmt;

use governance::record::Record as _;
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
    /// What happened to the proposal; one line for each event.
    Event,
    /// The ballots; one line for each revision.
    Ballot,
    /// The delegations that reach the proposal; one line for each. Absent where there are none.
    Delegation,
    /// The ballots that holders of proxies cast; one line for each holder and member. Absent where there are none.
    Proxy,
    /// The lot; one line.
    Lot,
    /// The count and its verdict; one line.
    Tally,
    /// The anchors; none without a chain.
    Anchor,
    /// The checkpoint of the log that covers every record of the bundle; at most one line.
    Checkpoint,
    /// The hashes that lead from those records to the checkpoint's root; a few hundred on each line.
    Cover,
    /// Counts and hash; one line.
    End,
}

impl Section {
    /// Every section in order.
    pub const ALL: [Self; 14] = [
        Self::Header,
        Self::Rule,
        Self::Proposal,
        Self::Roll,
        Self::Event,
        Self::Ballot,
        Self::Delegation,
        Self::Proxy,
        Self::Lot,
        Self::Tally,
        Self::Anchor,
        Self::Checkpoint,
        Self::Cover,
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
    pub const EVENT: usize = 4;
    /// As [`Self::HEADER`].
    pub const BALLOT: usize = 5;
    /// As [`Self::HEADER`].
    pub const DELEGATION: usize = 6;
    /// As [`Self::HEADER`].
    pub const PROXY: usize = 7;
    /// As [`Self::HEADER`].
    pub const LOT: usize = 8;
    /// As [`Self::HEADER`].
    pub const TALLY: usize = 9;
    /// As [`Self::HEADER`].
    pub const ANCHOR: usize = 10;
    /// As [`Self::HEADER`].
    pub const CHECKPOINT: usize = 11;
    /// As [`Self::HEADER`].
    pub const COVER: usize = 12;
    /// As [`Self::HEADER`].
    pub const END: usize = 13;

    /// Its name in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Rule => "rule",
            Self::Proposal => "proposal",
            Self::Roll => "roll",
            Self::Event => "event",
            Self::Ballot => "ballot",
            Self::Delegation => "delegation",
            Self::Proxy => "proxy",
            Self::Lot => "lot",
            Self::Tally => "tally",
            Self::Anchor => "anchor",
            Self::Checkpoint => "checkpoint",
            Self::Cover => "cover",
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
            Self::Roll | Self::Event | Self::Ballot | Self::Delegation | Self::Proxy | Self::Anchor | Self::Cover => {
                true
            }
            Self::Header | Self::Rule | Self::Proposal | Self::Lot | Self::Tally | Self::Checkpoint | Self::End => {
                false
            }
        }
    }

    /// Whether a bundle without it proves nothing. Nobody may have voted, there may be no chain, and the log may not be published
    /// as far yet.
    #[must_use]
    pub const fn required(self) -> bool {
        match self {
            Self::Event
            | Self::Ballot
            | Self::Delegation
            | Self::Proxy
            | Self::Anchor
            | Self::Checkpoint
            | Self::Cover => false,
            Self::Header | Self::Rule | Self::Proposal | Self::Roll | Self::Lot | Self::Tally | Self::End => true,
        }
    }
}

impl Section {
    /// Whether the end speaks of it only where it has lines: sections that bundles made before did not have.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Delegation | Self::Proxy)
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

    /// By what the lines of the section strictly ascend; `None` for sections of one line, and for the cover, whose order only a
    /// walk over the tree shows.
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

/// Two members, or a member and a number, as one word: both halves of a word that holds an identifier of a member in its lower half.
fn pair(first: governance::hash::Hash32, second: governance::hash::Hash32) -> governance::hash::Hash32 {
    let lower = |word: governance::hash::Hash32| word.as_bytes().iter().copied().skip(16).collect::<Vec<u8>>();
    governance::hash::Hash32::left_padded(&[lower(first), lower(second)].concat())
}

/// Events ascend by their place in the log; those without one come after them, by moment.
fn event_rank(line: &super::EventLine) -> governance::hash::Hash32 {
    if let Some(index) = line.log_index {
        return ordinal(index);
    }
    let hash = line.record.struct_hash();
    let ahead = [u8::MAX].into_iter().chain(line.record.at.to_be_bytes());
    let mut rank = [0; 32];
    for (place, byte) in rank.iter_mut().zip(ahead.chain(*hash.as_bytes())) {
        *place = byte;
    }
    governance::hash::Hash32::from_bytes(rank)
}

section_line! {
    RuleLine = Rule;
    ProposalLine = Proposal;
    RollLine = Roll, |line| line.voter;
    EventLine = Event, event_rank;
    BallotLine = Ballot, |line| ordinal(line.sequence);
    DelegationLine = Delegation, |line| pair(line.record.truster, ordinal(u64::from(line.record.scope_kind)));
    ProxyLine = Proxy, |line| pair(line.record.member, line.record.holder);
    LotLine = Lot;
    TallyLine = Tally;
    AnchorLine = Anchor, |line| ordinal(line.seq);
    CheckpointLine = Checkpoint;
    CoverLine = Cover;
}
