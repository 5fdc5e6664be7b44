//! Checks of what Rochdale publishes, without trusting the server: the library behind `rochdale-audit`.
//!
//! It shares the domain (`governance`) and the lines of a bundle (`wire`) with the server, and nothing else: it has its own
//! reader, its own client for a chain, and its own link hash, written from the contract. [`verify_file`] checks a bundle,
//! [`check_omission`] finds what it left out, [`diff_readers`] compares two, [`count_text`] counts a file of ballots,
//! [`allocate_reader`] recomputes a payout cycle, [`check_statement`] checks what it told one member, [`check_contributions`] what
//! members contributed and who signed that, [`log`] watches a published log and checks receipts.

#![deny(missing_docs)]

mod allocate;
mod chain;
mod claims_record;
mod connection;
mod contributions;
mod count;
mod diff;
mod evidence;
pub mod folder;
pub mod log;
mod omission;
mod print;
mod reader;
mod report;
mod statement;
mod verify;

pub use allocate::{
    ALLOCATE_DIFFERENCES_MAX, AllocateFailure, Allocation, LineRefusal, allocate_reader, allocation_json,
    explain_allocation, print_allocation,
};
pub use claims_record::{ClaimsRecordRefusal, claims_record};
pub use contributions::{ContributionsReport, Signer, check_contributions, print_contributions};
pub use count::{
    CountFailure, CountMethod, CountRequest, TieOrder, Unfit, count_json, count_text, explain_count, print_count,
    read_tie_order,
};
pub use diff::{
    DIFFERENCES_MAX, DiffFault, DiffRefusal, DiffReport, Difference, DifferenceKind, FieldDifference, SectionDiff,
    Which, diff_readers, print_diff,
};
pub use omission::{OmissionReport, OmissionVerdict, check_omission, print_omission};
pub use print::{harmless, print_report};
pub use reader::Limits;
pub use report::{
    Check, Decision, Finding, FindingKind, Identity, InLog, Level, Report, StageFound, StageResult, Standing,
};
pub use statement::{StatementReport, check_statement, print_statement};
pub use verify::{AuditFault, Options, verify_file, verify_reader};
