//! What members contributed, as it is brought in: whole snapshots of one metric, with a digest, read from a table of text.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::Label;
use crate::hash::Hash32;
use crate::id::{ContributionId, CoopId, MemberId};
use crate::ledger::Day;

/// The most lines of one snapshot.
pub const CONTRIBUTION_LINES_MAX: usize = 100_000;
/// What makes the digest of a snapshot no digest of anything else.
const TAG: &[u8] = b"rochdale.contributions.v1";
/// The first row of the table.
const HEADER: &str = "member,count";

/// What a snapshot says beside its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContributionHead<'a> {
    /// Whose members.
    pub coop: CoopId,
    /// The snapshot.
    pub id: ContributionId,
    /// What is counted.
    pub metric: &'a Label,
    /// The first day counted.
    pub starts_on: Day,
    /// The last day counted.
    pub ends_on: Day,
    /// Where the figures come from.
    pub source: &'a str,
    /// The snapshot that it corrects.
    pub replaces: Option<ContributionId>,
}

/// Why a table of contributions is refused; nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContributionRefusal {
    /// No header.
    #[error("the first row is {HEADER}")]
    Header,
    /// None, or too many.
    #[error("a snapshot has 1 to {CONTRIBUTION_LINES_MAX} lines")]
    Count,
    /// Cells that are none.
    #[error("row {0} has not two cells")]
    Cells(usize),
    /// A member that is none.
    #[error("row {0} does not begin with the identifier of a member")]
    Member(usize),
    /// A count that is none.
    #[error("row {0}: a count is a whole number without a sign, at most 9223372036854775807")]
    Number(usize),
    /// A member twice.
    #[error("row {row} repeats the member of row {before}; give each member once")]
    Twice {
        /// Which row, from 2 as a spreadsheet shows it.
        row: usize,
        /// The row before.
        before: usize,
    },
}

/// Reads a table with the columns `member` and `count`. The lines come in the order of the members' identifiers, with the row that each
/// stands in.
///
/// # Errors
/// [`ContributionRefusal`] with the first row that is wrong.
pub fn read_contributions(text: &str) -> Result<BTreeMap<MemberId, (u64, usize)>, ContributionRefusal> {
    let mut rows = text.lines();
    if rows.next().map(str::trim_end) != Some(HEADER) {
        return Err(ContributionRefusal::Header);
    }
    let mut lines: BTreeMap<MemberId, (u64, usize)> = BTreeMap::new();
    for (row, text) in (2_usize..).zip(rows) {
        if lines.len() >= CONTRIBUTION_LINES_MAX {
            return Err(ContributionRefusal::Count);
        }
        let (member, count) = text
            .trim_end()
            .split_once(',')
            .filter(|(_, count)| !count.contains(','))
            .ok_or(ContributionRefusal::Cells(row))?;
        let member: MemberId = member.parse().map_err(|_| ContributionRefusal::Member(row))?;
        let is_plain = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
        let count = count
            .parse::<u64>()
            .ok()
            .filter(|count| is_plain && i64::try_from(*count).is_ok())
            .ok_or(ContributionRefusal::Number(row))?;
        if let Some((_, before)) = lines.insert(member, (count, row)) {
            return Err(ContributionRefusal::Twice { row, before });
        }
    }
    if lines.is_empty() {
        return Err(ContributionRefusal::Count);
    }
    Ok(lines)
}

/// SHA-256 over: the tag; co-op and snapshot, 16 bytes each; the SHA-256 of the metric's name; the first and the last day, 4 bytes each,
/// signed; the SHA-256 of the source; the snapshot that it corrects, 16 bytes or as many zeros; the number of its lines, 4 bytes; then
/// for each line, in the order of members, the member, 16 bytes, and the count, 8 bytes. Numbers are big-endian. PostgreSQL computes
/// the same from its rows (`contribution_digest` in the migrations).
#[must_use]
pub fn contribution_digest(head: &ContributionHead<'_>, lines: &BTreeMap<MemberId, u64>) -> Hash32 {
    let mut hasher = Sha256::new();
    hasher.update(TAG);
    hasher.update(head.coop.uuid().as_bytes());
    hasher.update(head.id.uuid().as_bytes());
    hasher.update(Sha256::digest(head.metric.as_str()));
    hasher.update(head.starts_on.days().to_be_bytes());
    hasher.update(head.ends_on.days().to_be_bytes());
    hasher.update(Sha256::digest(head.source));
    hasher.update(head.replaces.map_or([0; 16], |id| id.uuid().into_bytes()));
    // At most a hundred thousand, so it fits.
    hasher.update(u32::try_from(lines.len()).unwrap_or(u32::MAX).to_be_bytes());
    for (member, count) in lines {
        hasher.update(member.uuid().as_bytes());
        hasher.update(count.to_be_bytes());
    }
    Hash32::from_bytes(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "00000000-0000-7000-8000-000000000001";
    const TWO: &str = "00000000-0000-7000-8000-000000000002";

    #[test]
    fn tables_are_read_whole_or_refused_with_the_row() {
        let table = |rows: &[&str]| format!("{HEADER}\n{}\n", rows.join("\n"));
        let cases = [
            (String::from("count,member\n"), ContributionRefusal::Header),
            (String::new(), ContributionRefusal::Header),
            (format!("{HEADER}\n"), ContributionRefusal::Count),
            (table(&[&format!("{ONE},1"), ONE]), ContributionRefusal::Cells(3)),
            (table(&[&format!("{ONE},1,2")]), ContributionRefusal::Cells(2)),
            (table(&["anna,1"]), ContributionRefusal::Member(2)),
            (table(&[&format!("{ONE},-1")]), ContributionRefusal::Number(2)),
            (table(&[&format!("{ONE},+1")]), ContributionRefusal::Number(2)),
            (table(&[&format!("{ONE},1.5")]), ContributionRefusal::Number(2)),
            (table(&[&format!("{ONE},")]), ContributionRefusal::Number(2)),
            (
                table(&[&format!("{ONE},9223372036854775808")]),
                ContributionRefusal::Number(2),
            ),
            (
                table(&[&format!("{ONE},1"), &format!("{TWO},1"), &format!("{ONE},1")]),
                ContributionRefusal::Twice { row: 4, before: 2 },
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read_contributions(&text), Err(expected), "{text}");
        }
        let read = read_contributions(&format!("{HEADER}\r\n{TWO},9223372036854775807\r\n{ONE},0\r\n")).unwrap();
        let lines: Vec<(String, (u64, usize))> = read.into_iter().map(|(who, line)| (who.to_string(), line)).collect();
        assert_eq!(
            lines,
            [
                (String::from(ONE), (0, 3)),
                (String::from(TWO), (9_223_372_036_854_775_807, 2))
            ]
        );
    }

    #[test]
    fn everything_a_snapshot_says_is_in_its_digest() {
        let (hours, records): (Label, Label) = ("hours".parse().unwrap(), "records".parse().unwrap());
        let day = |text: &str| text.parse::<Day>().unwrap();
        let id = |number| ContributionId::from_uuid(uuid::Uuid::from_u128(number));
        let head = ContributionHead {
            coop: CoopId::from_uuid(uuid::Uuid::from_u128(1)),
            id: id(2),
            metric: &hours,
            starts_on: day("2026-07-01"),
            ends_on: day("2026-09-30"),
            source: "the time sheets",
            replaces: None,
        };
        let lines = BTreeMap::from([(ONE.parse().unwrap(), 5_u64)]);
        let other = ContributionHead { id: id(3), ..head };
        let heads = [
            head,
            other,
            ContributionHead {
                coop: CoopId::from_uuid(uuid::Uuid::from_u128(9)),
                ..head
            },
            ContributionHead {
                metric: &records,
                ..head
            },
            ContributionHead {
                starts_on: day("2026-07-02"),
                ..head
            },
            ContributionHead {
                ends_on: day("2026-09-29"),
                ..head
            },
            ContributionHead {
                source: "memory",
                ..head
            },
            ContributionHead {
                replaces: Some(id(4)),
                ..head
            },
        ];
        let mut digests: Vec<Hash32> = heads.iter().map(|head| contribution_digest(head, &lines)).collect();
        for lines in [
            BTreeMap::from([(ONE.parse().unwrap(), 6)]),
            BTreeMap::from([(TWO.parse().unwrap(), 5)]),
            BTreeMap::from([(ONE.parse().unwrap(), 5), (TWO.parse().unwrap(), 0)]),
        ] {
            digests.push(contribution_digest(&head, &lines));
        }
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }
}
