//! Recomputing a payout cycle: the rule applied to the inputs again, and everything the file claims compared with it.
//!
//! Source: docs/revenue.md. The file is JSON lines: the rule, the cycle, its members, then what is claimed of the result.

mod claims;
mod explain;
mod print;
mod read;

use std::io::BufRead;

use governance::hash::Hash32;
use governance::record::Record as _;
use governance::revenue::{
    Computed, Cycle, CycleRefusal, Payment, PayoutRefusal, RevenueRule, WaterfallRefusal, compute, legal, pay,
    payout_digest,
};

pub use explain::explain_allocation;
pub use print::{allocation_json, print_allocation};
pub use read::LineRefusal;

/// The most differences that are kept; all are counted.
pub const ALLOCATE_DIFFERENCES_MAX: usize = 100;

/// Why a file cannot be recomputed.
#[derive(Debug, thiserror::Error)]
pub enum AllocateFailure {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    /// A line is refused.
    #[error("line {line}: {refusal}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// Why.
        refusal: LineRefusal,
    },
    /// It ends before the rule and the cycle.
    #[error("it ends without {0}")]
    Without(&'static str),
    /// The members are refused.
    #[error("{0}")]
    Cycle(#[from] CycleRefusal),
    /// The rule cannot be applied.
    #[error("{0}")]
    Waterfall(#[from] WaterfallRefusal),
    /// Members cannot be paid.
    #[error("{0}")]
    Payout(#[from] PayoutRefusal),
}

/// A cycle that was recomputed.
#[derive(Debug)]
pub struct Allocation {
    /// The rule.
    pub rule: RevenueRule,
    /// The struct hash of its record.
    pub rule_hash: Hash32,
    /// The inputs.
    pub cycle: Cycle,
    /// What the rule gives.
    pub computed: Computed,
    /// What is paid.
    pub payments: Vec<Payment>,
    /// The digest of what is paid.
    pub payout_digest: Hash32,
    /// The root over the statements of all members, where the file holds what their salts follow from.
    pub statements: Option<Hash32>,
    /// What the rule's legal profile says about what was done.
    pub findings: Vec<legal::Finding>,
    /// How many claims of the file were compared.
    pub compared: u64,
    /// How many differ.
    pub different: u64,
    /// The first of those, in plain English.
    pub differences: Vec<String>,
    /// What of the result the file does not claim.
    pub missing: Vec<&'static str>,
}

/// Reads a file and recomputes what it holds.
///
/// # Errors
/// [`AllocateFailure`]: the file is malformed, or rule and inputs are refused.
pub fn allocate_reader(reader: impl BufRead) -> Result<Allocation, AllocateFailure> {
    let file = read::read(reader)?;
    let record = file.rule.record(file.namespace, file.salt);
    let rule_hash = record.struct_hash();
    let cycle = file.cycle.with_members(file.members)?;
    let computed = compute(&file.rule, rule_hash, &cycle)?;
    let payments = pay(&file.rule, &cycle, &computed)?;
    let mut allocation = Allocation {
        findings: legal::lint_cycle(&file.rule, cycle.revenue, &computed),
        payout_digest: payout_digest(&payments),
        statements: file.statements.map(|head| head.root(&computed, &payments)),
        rule: file.rule,
        rule_hash,
        cycle,
        computed,
        payments,
        compared: 0,
        different: 0,
        differences: Vec::new(),
        missing: Vec::new(),
    };
    claims::compare(&mut allocation, &file.claims);
    Ok(allocation)
}
