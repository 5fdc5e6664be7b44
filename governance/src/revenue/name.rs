//! Names in revenue rules: pools, groups of members, and labels of steps, metrics and tax profiles.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::{Hash32, keccak256};

/// The longest name, in characters; the prefix of a pool or a group apart.
const LABEL_MAX: usize = 40;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameTextError {
    /// A label that is none.
    #[error("a name is 1 to {LABEL_MAX} of a-z, 0-9 and _")]
    Label,
    /// A pool that is none.
    #[error("a pool is pool:, reserve:, fund: or tax: and a name of a-z, 0-9 and _")]
    Pool,
    /// A group that is none.
    #[error("a group of members is members: and a name of a-z, 0-9 and _")]
    Group,
}

/// The name of a step, a metric or a tax profile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

/// What a pool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolKind {
    /// Money on its way: drained by a later step, or declared a sink.
    Pool,
    /// A reserve: what is there stays there.
    Reserve,
    /// A fund for a purpose: what is there stays there.
    Fund,
    /// What is withheld for a tax office.
    Tax,
}

/// Where money lies that is nobody's share yet, or no more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pool {
    kind: PoolKind,
    label: Label,
}

/// Members who share in a step, by name: `members:active`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(Label);

impl Label {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Keccak-256 of the text, as digests and records hold it.
    #[must_use]
    pub fn word(&self) -> Hash32 {
        keccak256(self.0.as_bytes())
    }
}

impl PoolKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Pool, Self::Reserve, Self::Fund, Self::Tax];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Pool => "pool:",
            Self::Reserve => "reserve:",
            Self::Fund => "fund:",
            Self::Tax => "tax:",
        }
    }
}

impl Pool {
    /// Where the revenue of a cycle lies at first: `pool:revenue`.
    #[must_use]
    pub fn revenue() -> Self {
        Self {
            kind: PoolKind::Pool,
            label: Label(String::from("revenue")),
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn kind(&self) -> PoolKind {
        self.kind
    }

    /// The Keccak-256 of the text, as digests and records hold it.
    #[must_use]
    pub fn word(&self) -> Hash32 {
        keccak256(self.to_string().as_bytes())
    }
}

impl Group {
    /// The Keccak-256 of the text.
    #[must_use]
    pub fn word(&self) -> Hash32 {
        keccak256(self.to_string().as_bytes())
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.kind.prefix(), self.label)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "members:{}", self.0)
    }
}

impl FromStr for Label {
    type Err = NameTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if text.is_empty() || text.len() > LABEL_MAX || !text.bytes().all(is_allowed) {
            return Err(NameTextError::Label);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Pool {
    type Err = NameTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        PoolKind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))
            .and_then(|(kind, label)| {
                let label = label.parse().ok()?;
                Some(Self { kind, label })
            })
            .ok_or(NameTextError::Pool)
    }
}

impl FromStr for Group {
    type Err = NameTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix("members:")
            .and_then(|label| label.parse().ok())
            .map(Self)
            .ok_or(NameTextError::Group)
    }
}

macro_rules! as_text {
    ($($kind:ty),*) => {$(
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(Label, Pool, Group);
