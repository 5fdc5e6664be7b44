//! When a member wishes to be reminded of votes.

use serde::{Deserialize, Serialize};

/// When to be reminded by mail of a vote in which one has not voted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReminderWish {
    /// Never.
    Off,
    /// When voting opens.
    Opening,
    /// A day before voting ends.
    Closing,
    /// At both times.
    Both,
}

impl ReminderWish {
    /// Every wish.
    pub const ALL: [Self; 4] = [Self::Off, Self::Opening, Self::Closing, Self::Both];

    /// The name in SQL and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Opening => "opening",
            Self::Closing => "closing",
            Self::Both => "both",
        }
    }

    /// The wish with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.name() == name)
    }
}

/// The caller's wish in one co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReminderSettings {
    /// When to be reminded; `both` until one says otherwise.
    pub wish: ReminderWish,
}
