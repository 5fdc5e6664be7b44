//! What the check of a whole public record found.

use std::collections::BTreeMap;

use governance::hash::Hash32;
use governance::id::{CoopId, ProposalId};
use governance::rule::Outcome;
use serde::Serialize;

use super::claims::Counts;
use crate::log::{Head, LogFinding};
use crate::report::{FindingKind, Level, Report, Standing};

/// So many findings are told in full; the rest are counted.
pub(super) const FINDINGS_MAX: usize = 1_000;
/// So many findings of one bundle are told; `verify` of that bundle alone tells more.
const OF_A_BUNDLE_MAX: usize = 5;
/// Texts of a bundle are cut here, in characters: there may be many bundles.
const TEXT_MAX: usize = 400;

/// One thing that is wrong with a public record, or missing from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FolderFinding {
    /// Contradiction or missing.
    pub kind: FindingKind,
    /// The file in which it lies, below the folder.
    pub file: String,
    /// What is wrong.
    pub text: String,
}

impl FolderFinding {
    pub(super) fn contradiction(file: impl ToString, text: impl ToString) -> Self {
        Self::new(FindingKind::Contradiction, file, text)
    }

    pub(super) fn missing(file: impl ToString, text: impl ToString) -> Self {
        Self::new(FindingKind::Missing, file, text)
    }

    fn new(kind: FindingKind, file: impl ToString, text: impl ToString) -> Self {
        Self {
            kind,
            file: file.to_string(),
            text: cut(&text.to_string()),
        }
    }
}

impl From<LogFinding> for FolderFinding {
    fn from(finding: LogFinding) -> Self {
        Self::new(finding.kind, format_args!("log/{}", finding.file), finding.text)
    }
}

/// Whose record it is, by its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordIdentity {
    /// The co-op.
    pub coop: CoopId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Hash32,
    /// The key of its log, with its origin.
    pub log_key: String,
    /// The server's key.
    pub server_key: String,
}

/// One decision of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecisionSummary {
    /// The proposal.
    pub proposal: ProposalId,
    /// What was asked.
    pub title: Option<String>,
    /// The outcome of the recount.
    pub outcome: Option<Outcome>,
    /// How many ballots were counted.
    pub ballots: u64,
    /// How many of them no member signed.
    pub attested: u64,
    /// The exit status of this bundle by itself: 0, 1 or 2.
    pub status: u8,
    /// Where each level stands.
    pub levels: BTreeMap<Level, Standing>,
}

impl DecisionSummary {
    pub(super) fn of(proposal: ProposalId, report: &Report) -> Self {
        let decision = &report.decision;
        Self {
            proposal,
            title: decision.title.as_deref().map(cut),
            outcome: decision.outcome,
            ballots: decision.ballots,
            attested: decision.attested,
            status: report.status,
            levels: report.levels.clone(),
        }
    }
}

/// An entry of the log that no bundle holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UnclaimedEntry {
    /// Its number in the log, from 0.
    pub index: u64,
    /// The hash of its record.
    pub record_hash: Hash32,
}

/// Entries of the log that no bundle holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnclaimedEntries {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Vec<UnclaimedEntry>,
}

/// How many entries of a type the log has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct EntryCount {
    /// In the log.
    pub entries: u64,
    /// In a bundle of the folder, too.
    pub in_bundles: u64,
}

impl From<Counts> for EntryCount {
    fn from(counts: Counts) -> Self {
        Self {
            entries: counts.entries,
            in_bundles: counts.claimed,
        }
    }
}

/// The log of the folder, with all of its entries read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WholeLog {
    /// Its size and root, signed by its key.
    pub head: Head,
    /// How many tiles and entry bundles were compared with what the entries give.
    pub tiles: u64,
    /// Questions.
    pub proposals: EntryCount,
    /// Ballots, every revision.
    pub ballots: EntryCount,
    /// Results.
    pub tallies: EntryCount,
    /// Everything else.
    pub others: u64,
    /// Decisions whose question is in the log and whose bundle is not in the folder: not decided yet, cancelled, or left out.
    pub unpublished: u64,
    /// Those of them with a result in the log.
    pub results_without_bundle: UnclaimedEntries,
    /// Results of decisions that have another one.
    pub second_results: UnclaimedEntries,
    /// Ballots that are of no decision without a bundle, so they were left out of a bundle.
    pub omitted: UnclaimedEntries,
    /// Ballots that may be of a decision without a bundle.
    pub undecided: UnclaimedEntries,
    /// How many of those were stored while a decision with a bundle was open, too.
    pub undecided_beside: u64,
}

/// The check of a whole public record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FolderReport {
    /// The exit status: 0 everything holds, 1 a contradiction, 2 evidence is missing.
    pub status: u8,
    /// The levels that every bundle must reach.
    pub required: Vec<Level>,
    /// Whose record it is; absent where `coop.json` cannot be read.
    pub identity: Option<RecordIdentity>,
    /// The log; absent where it does not give the root that was signed.
    pub log: Option<WholeLog>,
    /// The decisions with a bundle.
    pub decisions: Vec<DecisionSummary>,
    /// What is wrong or missing.
    pub findings: Vec<FolderFinding>,
    /// How many more findings there are.
    pub findings_more: u64,
    /// What none of this proves.
    pub not_proved: Vec<String>,
}

/// Findings being gathered.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) told: Vec<FolderFinding>,
    pub(super) more: u64,
    /// The worst so far, as an exit status.
    pub(super) status: u8,
}

impl Findings {
    pub(super) fn push(&mut self, finding: FolderFinding) {
        self.worsen(match finding.kind {
            FindingKind::Contradiction => 1,
            FindingKind::Missing => 2,
        });
        self.tell(finding);
    }

    /// Takes over what is wrong with one bundle. What is missing for a level that is not required is left to `verify` of that bundle.
    pub(super) fn push_report(&mut self, file: &str, report: &Report) {
        if report.status == 0 {
            return;
        }
        self.worsen(report.status);
        for finding in report.findings.iter().take(OF_A_BUNDLE_MAX) {
            self.tell(FolderFinding::new(finding.kind, file, finding));
        }
        let untold = report.findings.len().saturating_sub(OF_A_BUNDLE_MAX);
        let untold = report
            .findings_more
            .saturating_add(u64::try_from(untold).unwrap_or(u64::MAX));
        self.more = self.more.saturating_add(untold);
        if report.findings.is_empty() {
            let lacking = report
                .required
                .iter()
                .filter(|level| report.levels.get(level) != Some(&Standing::Holds));
            let names: Vec<&str> = lacking.map(|level| level.name()).collect();
            self.tell(FolderFinding::missing(
                file,
                format_args!("it has no evidence for {}", names.join(", ")),
            ));
        }
    }

    /// A contradiction is worse than what is missing.
    fn worsen(&mut self, status: u8) {
        self.status = match (self.status, status) {
            (1, _) | (_, 1) => 1,
            (first, second) => first.max(second),
        };
    }

    fn tell(&mut self, finding: FolderFinding) {
        if self.told.len() < FINDINGS_MAX {
            self.told.push(finding);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

/// The beginning of a text.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
