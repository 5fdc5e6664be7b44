//! The list of a root's claims as a text: who has it builds the root again, and two programs write the same bytes.

use std::fmt::Write as _;
use std::str::FromStr;

use super::claim::{Address, Claim, ClaimPlace, ClaimRefusal, ClaimSet};
use crate::hash::{Hash32, from_hex, to_hex};

/// The first line.
const FIRST: &str = "rochdale claims 1";

/// Why a text is no list of claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimListRefusal {
    /// A line does not say what must stand there.
    #[error("line {0} does not hold {1}")]
    Line(usize, &'static str),
    /// The claims are those of no root.
    #[error(transparent)]
    Claims(#[from] ClaimRefusal),
    /// The list says another root or total than its claims give.
    #[error("the list says {0} {1}, and its claims give {2}")]
    Differs(&'static str, String, String),
    /// It is not written as it would be written again: other order, other letters, something behind.
    #[error("the list is not written in its one form")]
    Form,
}

impl ClaimSet {
    /// The list: where, the root, the total, and a line for each account in the order of addresses.
    #[must_use]
    pub fn list(&self) -> String {
        let place = self.place();
        let mut text = format!(
            "{FIRST}\nchain {}\ndistributor {}\ntoken {}\nroot {}\ntotal {}\n",
            place.chain_id,
            to_hex(&place.distributor),
            to_hex(&place.token),
            self.tree().root(),
            self.total()
        );
        for claim in self.claims() {
            // Writing to a text does not fail.
            let _ = writeln!(text, "{} {} {}", to_hex(&claim.account), claim.cumulative, claim.salt);
        }
        text
    }

    /// Reads a list, and builds the root again.
    ///
    /// # Errors
    /// [`ClaimListRefusal`] with the first thing that is wrong.
    pub fn read_list(text: &str) -> Result<Self, ClaimListRefusal> {
        let mut lines = Lines {
            lines: text.lines(),
            number: 0,
        };
        if lines.next() != Some(FIRST) {
            return Err(ClaimListRefusal::Line(1, "the name of the form"));
        }
        let place = ClaimPlace {
            chain_id: lines.parse("chain ")?,
            distributor: lines.address("distributor ")?,
            token: lines.address("token ")?,
        };
        let root: Hash32 = lines.parse("root ")?;
        let total: u128 = lines.parse("total ")?;
        let mut claims = Vec::new();
        while let Some(line) = lines.next() {
            let wrong = ClaimListRefusal::Line(lines.number, "an account, an amount and a salt");
            claims.push(claim(line).ok_or(wrong)?);
        }
        let set = Self::new(place, claims)?;
        if set.total() != total {
            return Err(ClaimListRefusal::Differs(
                "the total",
                total.to_string(),
                set.total().to_string(),
            ));
        }
        let built = set.tree().root();
        if built != root {
            return Err(ClaimListRefusal::Differs(
                "the root",
                root.to_string(),
                built.to_string(),
            ));
        }
        if set.list() != text {
            return Err(ClaimListRefusal::Form);
        }
        Ok(set)
    }
}

fn claim(line: &str) -> Option<Claim> {
    let mut parts = line.split(' ');
    Some(Claim {
        account: address(parts.next()?)?,
        cumulative: parts.next()?.parse().ok()?,
        salt: parts.next()?.parse().ok()?,
    })
}

fn address(text: &str) -> Option<Address> {
    from_hex(text)?.try_into().ok()
}

/// Lines, counted from 1.
struct Lines<'a> {
    lines: std::str::Lines<'a>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.number = self.number.saturating_add(1);
        self.lines.next()
    }

    fn after(&mut self, name: &'static str) -> Result<&'a str, ClaimListRefusal> {
        let found = self.next().and_then(|line| line.strip_prefix(name));
        found.ok_or(ClaimListRefusal::Line(self.number, name.trim_ascii_end()))
    }

    fn parse<T: FromStr>(&mut self, name: &'static str) -> Result<T, ClaimListRefusal> {
        let found = self.after(name)?.parse();
        found.map_err(|_| ClaimListRefusal::Line(self.number, name.trim_ascii_end()))
    }

    fn address(&mut self, name: &'static str) -> Result<Address, ClaimListRefusal> {
        let found = address(self.after(name)?);
        found.ok_or(ClaimListRefusal::Line(self.number, name.trim_ascii_end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ClaimSet {
        let place = ClaimPlace {
            chain_id: 31_337,
            distributor: [1; 20],
            token: [2; 20],
        };
        let claim = |account: u8, cumulative| Claim {
            account: [account; 20],
            cumulative,
            salt: Hash32::from_u128(account.into()),
        };
        ClaimSet::new(place, [claim(9, 70), claim(3, 5)]).unwrap()
    }

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let list = set().list();
        assert_eq!(ClaimSet::read_list(&list), Ok(set()));
        assert!(
            list.starts_with("rochdale claims 1\nchain 31337\ndistributor 0x0101"),
            "{list}"
        );
        assert!(
            list.ends_with(&format!("{} 70 {}\n", to_hex(&[9; 20]), Hash32::from_u128(9))),
            "{list}"
        );
    }

    #[test]
    fn whatever_is_changed_in_a_list_is_found() {
        let list = set().list();
        for (from, to, expected) in [
            ("rochdale claims 1", "rochdale claims 2", "line 1"),
            ("chain 31337", "chain x", "line 2 does not hold chain"),
            ("token 0x", "token 1x", "line 4 does not hold token"),
            ("total 75", "total 76", "the list says the total 76"),
            (" 70 ", " 71 ", "the list says the total 75, and its claims give 76"),
            ("root 0x", "root 0x0", "line 5"),
            ("chain 31337", "chain 1", "the list says the root"),
            (" 70 ", " 070 ", "one form"),
            ("\n0x09", "\n\n0x09", "line 8"),
        ] {
            let changed = list.replacen(from, to, 1);
            assert_ne!(changed, list, "{from}");
            let refusal = ClaimSet::read_list(&changed).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{from}: {refusal}");
        }
        let mut lines: Vec<&str> = list.lines().collect();
        lines.swap(6, 7);
        assert_eq!(
            ClaimSet::read_list(&(lines.join("\n") + "\n")),
            Err(ClaimListRefusal::Form)
        );
    }
}
