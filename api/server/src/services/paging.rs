//! Where a page of a list begins.

use chrono::{DateTime, Datelike as _, Utc};
use uuid::Uuid;
use wire::page::PageQuery;
use wire::problem::ProblemKind;

use crate::problem::Problem;

/// The years in which a moment of a cursor can lie. Chrono goes further back and further on than PostgreSQL does, so what a client
/// made up is refused here rather than by the database.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

/// A moment of a cursor, in microseconds since 1970; `None` where it lies in no year of ours.
#[must_use]
pub fn moment(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).filter(|at| YEARS.contains(&at.year()))
}

/// The identifier after which the page begins; before all others for the first page.
///
/// # Errors
/// 422 where the cursor is not one that a list ordered by identifiers gave.
pub fn after(query: &PageQuery) -> Result<Uuid, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    match query.position().map_err(|_| refused())? {
        None => Ok(Uuid::nil()),
        Some(position) => position.parse().map_err(|_| refused()),
    }
}

/// How many rows to read: one more than the page holds, to know whether another page follows.
#[must_use]
pub fn rows(query: &PageQuery) -> i64 {
    i64::from(query.limit()).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use wire::page::Page;

    use super::*;

    #[test]
    fn a_cursor_leads_on_and_nothing_else_does() {
        let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
        let page = Page::cut(ids.clone(), 2, Uuid::to_string);
        let query = |cursor: &str| PageQuery {
            cursor: Some(cursor.to_owned()),
            limit: None,
        };
        assert_eq!(after(&query(&page.next_cursor.unwrap())).unwrap(), ids[1]);
        for wrong in ["", "not a cursor", "bm90IGFuIGlk"] {
            assert_eq!(
                after(&query(wrong)).unwrap_err().kind(),
                ProblemKind::InvalidQuery,
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_moment_of_a_cursor_lies_in_a_year_that_the_database_knows() {
        let cases = [
            (0, true),
            (-62_135_596_800_000_000, true),
            (-62_135_596_800_000_001, false),
            (253_402_300_799_999_999, true),
            (253_402_300_800_000_000, false),
            (i64::MAX, false),
            (i64::MIN, false),
        ];
        for (micros, is_known) in cases {
            assert_eq!(moment(micros).is_some(), is_known, "{micros}");
        }
    }
}
