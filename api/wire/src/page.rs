//! Lists in pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The most items of a page.
pub const LIMIT_MAX: u16 = 100;
const LIMIT: u16 = 50;

/// Which page is asked for.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Where the page before ended: its `next_cursor`. Absent for the first page.
    pub cursor: Option<String>,
    /// How many items, from 1 to 100; 50 unless said.
    pub limit: Option<u16>,
}

impl PageQuery {
    /// How many items to read.
    #[must_use]
    pub fn limit(&self) -> u16 {
        self.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX)
    }

    /// The position the cursor holds; `Err` if it is not one of ours.
    ///
    /// # Errors
    /// [`CursorError`].
    pub fn position(&self) -> Result<Option<String>, CursorError> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorError)?;
        String::from_utf8(bytes).map(Some).map_err(|_| CursorError)
    }
}

/// The cursor is not one that an answer gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one of this list; start again without it")]
pub struct CursorError;

/// One page.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; null at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of at most `limit` from a read of up to `limit + 1`; `position` names an item so that the next page begins after it.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: u16, position: impl Fn(&T) -> String) -> Self {
        let limit = usize::from(limit);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more {
            items.last().map(|item| URL_SAFE_NO_PAD.encode(position(item)))
        } else {
            None
        };
        Self { items, next_cursor }
    }
}
