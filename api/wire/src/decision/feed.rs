//! Secret addresses for calendars and feed readers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The caller's secret addresses in one co-op. Whoever has one reads titles, deadlines and results, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FeedAddresses {
    /// The calendar (iCalendar, RFC 5545); null where there is no address.
    pub calendar: Option<String>,
    /// The same, as calendar programs open it.
    pub webcal: Option<String>,
    /// The feed (Atom, RFC 4287).
    pub atom: Option<String>,
    /// When they were made.
    pub made_at: Option<DateTime<Utc>>,
}
