//! Where a page of a list begins.

use uuid::Uuid;
use wire::page::PageQuery;
use wire::problem::ProblemKind;

use crate::problem::Problem;

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
}
