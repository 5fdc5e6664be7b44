//! Whether database and published log fit, looked at before anything gets a place or a signature.
//!
//! A database restored from an older copy would give the places after its end to other entries, and sign another tree of a size
//! that was signed before. What was published tells: it lies on other storage.

use governance::hash::Hash32;
use governance::log::proof::TreeHead;
use store::log::{LogHead, LogRefusal};

/// How the published log stands to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is what the database says.
    Fits,
    /// It is older than what the database remembers to have published, so it must be compared leaf by leaf.
    Older(TreeHead),
}

/// Compares the published checkpoint with the head of the log.
///
/// # Errors
/// Why nothing may be signed.
pub fn compare(head: &LogHead, published: Option<TreeHead>) -> Result<Standing, LogRefusal> {
    let Some(published) = published else {
        // A folder that is empty although something was published in it is not the folder: a disk is not mounted.
        return if head.published_size == 0 {
            Ok(Standing::Fits)
        } else {
            Err(LogRefusal::Unreachable)
        };
    };
    let known = [(head.size, &head.root), (head.published_size, &head.published_root)];
    if u64::try_from(head.size).is_ok_and(|size| published.size > size) {
        return Err(LogRefusal::Behind);
    }
    for (size, root) in known {
        if u64::try_from(size).is_ok_and(|size| size == published.size && size > 0) {
            return if root.as_deref().and_then(Hash32::from_slice) == Some(published.root) {
                Ok(Standing::Fits)
            } else {
                Err(LogRefusal::Contradicts)
            };
        }
    }
    Ok(Standing::Older(published))
}

/// What a person should do.
#[must_use]
pub const fn advice(refusal: LogRefusal) -> &'static str {
    match refusal {
        LogRefusal::Behind => {
            "the published log is ahead of the database, so the database was restored from an older copy: restore a newer one, or, \
             where there is none, `rochdale admin repair-log`; nothing is signed before (docs/operator/log.md)"
        }
        LogRefusal::Contradicts => {
            "the published log says something else than the database: compare both with an older copy; nothing is signed before \
             (docs/operator/log.md)"
        }
        LogRefusal::Unreachable => {
            "the published log cannot be read, or its folder is empty although something was published: mount its storage; nothing \
             is signed before (docs/operator/log.md)"
        }
        LogRefusal::Damaged => {
            "the leaves in the database do not give the root that was signed: restore the database; nothing is signed before \
             (docs/operator/log.md)"
        }
    }
}

#[cfg(test)]
mod tests {
    use governance::hash::keccak256;

    use super::*;

    fn head(size: i64, published_size: i64) -> LogHead {
        let root = |size: i64| (size > 0).then(|| root(size.unsigned_abs()).as_bytes().to_vec());
        LogHead {
            epoch: 1,
            sequenced: size,
            size,
            root: root(size),
            note: None,
            published_size,
            published_root: root(published_size),
            refused: None,
        }
    }

    fn root(size: u64) -> Hash32 {
        keccak256(&size.to_be_bytes())
    }

    #[test]
    fn only_a_published_log_that_fits_lets_anything_be_signed() {
        let of = |size| Some(TreeHead { size, root: root(size) });
        let other = |size| {
            Some(TreeHead {
                size,
                root: root(size + 100),
            })
        };
        let cases = [
            ("nothing yet", head(0, 0), None, Ok(Standing::Fits)),
            ("signed and not published", head(3, 0), None, Ok(Standing::Fits)),
            ("as published", head(5, 5), of(5), Ok(Standing::Fits)),
            ("signed further", head(7, 5), of(5), Ok(Standing::Fits)),
            ("published and not noted", head(7, 5), of(7), Ok(Standing::Fits)),
            ("restored to before", head(5, 5), of(6), Err(LogRefusal::Behind)),
            ("restored to the beginning", head(0, 0), of(1), Err(LogRefusal::Behind)),
            ("another root", head(5, 5), other(5), Err(LogRefusal::Contradicts)),
            (
                "another root, not noted",
                head(7, 5),
                other(7),
                Err(LogRefusal::Contradicts),
            ),
            ("an empty folder", head(5, 5), None, Err(LogRefusal::Unreachable)),
            (
                "an older folder",
                head(7, 5),
                of(4),
                Ok(Standing::Older(of(4).unwrap())),
            ),
            ("between", head(7, 5), of(6), Ok(Standing::Older(of(6).unwrap()))),
        ];
        for (name, head, published, expected) in cases {
            assert_eq!(compare(&head, published), expected, "{name}");
        }
    }
}
