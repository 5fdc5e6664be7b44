//! The invariants that hold after every test, whatever it did.
//!
//! [`Evidence`] is gathered first: the rows in one snapshot, what clients were told, the published bundles, the chain, the
//! log. Each invariant is then a pure function over it that says what is wrong. Numbers are those of part 4 of the study of
//! attacks and faults; letters divide them.

mod access;
mod alternatives;
pub mod bundles;
pub mod catalog;
pub mod chains;
mod delegations;
mod effects;
mod electorate;
mod events;
mod evidence;
mod execution;
mod heads;
pub mod journal;
mod life;
pub mod logs;
mod money;
mod needs;
mod payments;
mod records;
mod recount;
mod repairs;
mod revenue;
pub mod rows;
pub mod secrets;
mod sessions;
mod tenancy;
mod voting;

use std::fmt;

pub use evidence::{Evidence, Sources};

use crate::app::TestApp;

/// Something that must always hold.
#[derive(Debug, Clone, Copy)]
pub struct Invariant {
    /// Its number.
    pub number: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What must hold.
    pub sentence: &'static str,
    /// What is wrong; nothing where it holds.
    pub check: fn(&Evidence) -> Vec<String>,
}

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub name: &'static str,
    /// The line for people: number, name, sentence, and what was found.
    pub report: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.report)
    }
}

/// How many findings of one invariant are printed.
const FINDINGS_SHOWN: usize = 5;

/// Declares an invariant whose name is that of its function.
macro_rules! invariant {
    ($number:literal, $name:ident, $sentence:literal) => {
        $crate::checker::Invariant {
            number: $number,
            name: stringify!($name),
            sentence: $sentence,
            check: $name,
        }
    };
}
pub(crate) use invariant;

/// Every invariant.
#[must_use]
pub fn all() -> Vec<Invariant> {
    [
        voting::INVARIANTS,
        electorate::INVARIANTS,
        recount::INVARIANTS,
        life::INVARIANTS,
        records::INVARIANTS,
        chains::INVARIANTS,
        tenancy::INVARIANTS,
        secrets::INVARIANTS,
        sessions::INVARIANTS,
        events::INVARIANTS,
        heads::INVARIANTS,
        effects::INVARIANTS,
        delegations::INVARIANTS,
        access::INVARIANTS,
        payments::INVARIANTS,
        revenue::INVARIANTS,
        money::INVARIANTS,
    ]
    .concat()
}

/// The invariants that do not hold.
#[must_use]
pub fn broken(evidence: &Evidence) -> Vec<Broken> {
    all()
        .into_iter()
        .filter_map(|invariant| {
            let found = (invariant.check)(evidence);
            (!found.is_empty()).then(|| Broken {
                name: invariant.name,
                report: report(&invariant, &found),
            })
        })
        .collect()
}

fn report(invariant: &Invariant, found: &[String]) -> String {
    let shown: Vec<&str> = found.iter().take(FINDINGS_SHOWN).map(String::as_str).collect();
    let more = found.len().saturating_sub(FINDINGS_SHOWN);
    let rest = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!(
        "{:>3} {}: {} Found: {}{rest}",
        invariant.number,
        invariant.name,
        invariant.sentence,
        shown.join("; ")
    )
}

/// Checks every invariant.
///
/// # Panics
/// If one is broken.
pub async fn check_all(app: &TestApp) {
    let evidence = Evidence::of(app).await;
    assert_holds(&evidence);
}

/// Makes sure that every invariant holds.
///
/// # Panics
/// If one is broken.
pub fn assert_holds(evidence: &Evidence) {
    let broken = broken(evidence);
    let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "broken invariants:\n{}", lines.join("\n"));
}
