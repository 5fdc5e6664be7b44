//! Checking the whole public record of a co-op: its log, every bundle, and that the two hold the same.
//!
//! Each bundle is checked by itself, and against the log beside it. Then every entry of the log is read: a ballot in it that is in no
//! bundle, and of no decision that has none, was left out, whatever is signed. Everything is read once and in order; of the log
//! one bit is kept for each entry, and of the bundles one at a time.

mod claims;
mod listing;
mod print;
mod report;

use std::collections::BTreeSet;
use std::path::Path;

use governance::hash::Hash32;
use governance::log::note::NOTE_BYTES_MAX;
use governance::log::proof::TreeHead;
use governance::log::{Checkpoint, VerifierKey};
use wire::public_record::{DECISIONS_FOLDER, LOG_FOLDER, RECORD_FILE, RecordedDecision};

use self::claims::{Claimed, Entries, Unclaimed};
use self::listing::{Listed, Listing};
use self::report::{FINDINGS_MAX, Findings, cut};
use crate::log::{CHECKPOINT, LogSource, read_all};
use crate::report::{FindingKind, Identity, Level};
use crate::verify::{AuditFault, Options, verify_claims};

pub use print::print_folder;
pub use report::{
    DecisionSummary, EntryCount, FolderFinding, FolderReport, RecordIdentity, UnclaimedEntries, UnclaimedEntry,
    WholeLog,
};

/// What an auditor asks for.
#[derive(Debug, Clone)]
pub struct FolderOptions {
    /// What is asked for each bundle. Where no levels are required, L0 and L1 are, and L2 where an endpoint is named. The folder's own
    /// log is used in place of `log`.
    pub bundles: Options,
    /// The most entries of the log that are read; one bit of memory for each.
    pub entries_max: u64,
}

/// The most entries of a log that are read unless the auditor says otherwise: 12 MiB of memory.
pub const ENTRIES_MAX: u64 = 100_000_000;

/// Checks the public record in a folder. `tell` is called with the number of each bundle before it is read, and of how many.
///
/// # Errors
/// [`AuditFault`] if the auditor asked for something impossible. Whatever is wrong with the folder is in the report.
pub fn verify_folder(
    folder: &Path,
    options: &FolderOptions,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<FolderReport, AuditFault> {
    let mut findings = Findings::default();
    let mut audit = match Audit::new(folder, options) {
        Ok(audit) => audit,
        Err(finding) => {
            findings.push(finding);
            return Ok(report(findings, required(options), None));
        }
    };
    audit.check_named(&mut findings);
    audit.find_unlisted(&mut findings);
    audit.begin_log(&mut findings);
    let decisions = std::mem::take(&mut audit.listing.record.decisions);
    let count = u64::try_from(decisions.len()).unwrap_or(u64::MAX);
    for (number, decision) in (1..).zip(&decisions) {
        tell(number, count);
        audit.check_bundle(&mut findings, decision)?;
    }
    audit.read_log(&mut findings);
    Ok(report(findings, required(options), Some(audit)))
}

fn required(options: &FolderOptions) -> Vec<Level> {
    options.bundles.require.clone().unwrap_or_else(|| {
        let mut levels = vec![Level::L0, Level::L1];
        levels.extend((!options.bundles.rpc.is_empty()).then_some(Level::L2));
        levels
    })
}

/// The record, as far as it was read.
struct Audit<'a> {
    folder: &'a Path,
    options: &'a FolderOptions,
    /// What each bundle is checked against.
    each: Options,
    listing: Listing,
    source: LogSource,
    /// The signed size and root, and which entries are claimed; nothing where the log cannot be used.
    log: Option<(TreeHead, Claimed)>,
    /// Opening and close of each decision with a bundle.
    spans: Vec<(u64, u64)>,
    decisions: Vec<DecisionSummary>,
    whole: Option<WholeLog>,
}

impl<'a> Audit<'a> {
    fn new(folder: &'a Path, options: &'a FolderOptions) -> Result<Self, FolderFinding> {
        let listing = listing::read(folder)?;
        let log = folder.join(LOG_FOLDER);
        let cannot = || FolderFinding::missing(LOG_FOLDER, "the path of the folder is no text");
        let path = log.to_str().ok_or_else(cannot)?.to_owned();
        let source = LogSource::parse(&path).map_err(|refusal| FolderFinding::missing(LOG_FOLDER, refusal))?;
        let each = Options {
            require: Some(required(options)),
            log: Some(path),
            log_key: Some(listing.log_key.clone()),
            ..options.bundles.clone()
        };
        Ok(Self {
            folder,
            options,
            each,
            listing,
            source,
            log: None,
            spans: Vec::new(),
            decisions: Vec::new(),
            whole: None,
        })
    }

    /// Compares what the folder says of itself with what the auditor knows.
    fn check_named(&self, findings: &mut Findings) {
        let (record, named) = (&self.listing.record, &self.options.bundles);
        let differs = [
            (
                "namespace",
                named.namespace.is_some_and(|namespace| namespace != record.namespace),
            ),
            (
                "server key",
                named.server_key.is_some_and(|key| key != self.listing.server_key),
            ),
            (
                "key of the log",
                named.log_key.as_ref().is_some_and(|key| *key != self.listing.log_key),
            ),
        ];
        for (what, _) in differs.into_iter().filter(|(_, differs)| *differs) {
            findings.push(FolderFinding::contradiction(
                RECORD_FILE,
                format_args!("the {what} is another one than you named"),
            ));
        }
    }

    /// Bundles that the list does not have are not read: an export is under way, or somebody added them.
    fn find_unlisted(&self, findings: &mut Findings) {
        for name in listing::unlisted(self.folder, &self.listing.record, FINDINGS_MAX) {
            let text = "coop.json does not list it, so it was not read; an export is under way or broke off, or somebody added it";
            findings.push(FolderFinding::missing(format_args!("{DECISIONS_FOLDER}/{name}"), text));
        }
    }

    /// Reads size and root of the log.
    fn begin_log(&mut self, findings: &mut Findings) {
        match head(&self.source, &self.listing.log_key) {
            Err(finding) => findings.push(finding),
            Ok(head) if head.size > self.options.entries_max => {
                let text = format!(
                    "the log has {} entries, and at most {} are read; raise the limit (--max-entries)",
                    head.size, self.options.entries_max
                );
                findings.push(FolderFinding::missing(format_args!("{LOG_FOLDER}/{CHECKPOINT}"), text));
            }
            Ok(head) => self.log = Some((head, Claimed::new(head.size))),
        }
    }

    /// Checks one bundle, and notes which entries of the log it claims.
    fn check_bundle(&mut self, findings: &mut Findings, decision: &RecordedDecision) -> Result<(), AuditFault> {
        let file = decision.path();
        let mut listed = match Listed::open(self.folder, decision) {
            Ok(listed) => listed,
            Err(text) => {
                let text = format!("coop.json lists it, but {text}");
                findings.push(FolderFinding::missing(file, text));
                return Ok(());
            }
        };
        let mut twice = None;
        let claimed = self.log.as_mut().map(|(_, claimed)| claimed);
        let report = match claimed {
            None => verify_claims(listed.reader(), &self.each, &mut |_| ()),
            Some(claimed) => verify_claims(listed.reader(), &self.each, &mut |index| {
                if !claimed.claim(index) {
                    twice = twice.or(Some(index));
                }
            }),
        }?;
        if !listed.is(decision) {
            let text =
                "it is not the file that coop.json lists; an export is under way or broke off, or the copy is damaged";
            findings.push(FolderFinding::missing(&file, text));
        }
        if let Some(index) = twice {
            let text = format!("it holds the entry #{index} of the log, which a bundle before it holds, too");
            findings.push(FolderFinding::contradiction(&file, text));
        }
        findings.push_report(&file, &report);
        if let Some(identity) = &report.identity {
            self.check_identity(findings, decision, identity);
        }
        let span = report.log.as_ref().and_then(|log| Some((log.opened?, log.closed?)));
        self.spans.extend(span);
        self.decisions.push(DecisionSummary::of(decision.proposal, &report));
        Ok(())
    }

    /// Whether a bundle is of this co-op and of the decision after which it is named.
    fn check_identity(&self, findings: &mut Findings, decision: &RecordedDecision, identity: &Identity) {
        let record = &self.listing.record;
        let is_key = identity.server_key == record.server_key;
        let is_coop = identity.coop == record.coop && identity.namespace == record.namespace;
        let is_proposal = identity
            .proposal
            .is_none_or(|proposal| proposal == decision.proposal.word());
        for (holds, what) in [
            (is_coop, "it is of another co-op than coop.json says"),
            (is_key, "another server sealed it than coop.json says"),
            (
                is_proposal,
                "it is of another decision than the one after which it is named",
            ),
        ] {
            if !holds {
                findings.push(FolderFinding::contradiction(decision.path(), what));
            }
        }
    }

    /// Reads every entry, and judges those that no bundle claims.
    fn read_log(&mut self, findings: &mut Findings) {
        let Some((head, claimed)) = &self.log else { return };
        let mut unclaimed = Unclaimed::new(std::mem::take(&mut self.spans));
        let read = read_all(&self.source, *head, &mut |index, entry| {
            unclaimed.take(index, entry, claimed.has(index));
        });
        let tiles = match read {
            Ok(processed) => processed.tiles,
            Err(finding) => return findings.push(finding.into()),
        };
        if let Err(finding) = self.drop_repeated(&mut unclaimed) {
            return findings.push(finding);
        }
        judge(findings, &unclaimed);
        self.whole = Some(whole(*head, tiles, &unclaimed));
    }

    /// After a repair of the log, the very same ballot may stand in it twice; no bundle holds it twice.
    fn drop_repeated(&self, unclaimed: &mut Unclaimed) -> Result<(), FolderFinding> {
        let Some((head, claimed)) = &self.log else {
            return Ok(());
        };
        let told = unclaimed.omitted.first.iter().chain(&unclaimed.undecided.first);
        let hashes: BTreeSet<Hash32> = told.map(|told| told.record_hash).collect();
        if hashes.is_empty() {
            return Ok(());
        }
        let mut repeated = BTreeSet::new();
        read_all(&self.source, *head, &mut |index, entry| {
            if claimed.has(index) && hashes.contains(&entry.record_hash) {
                repeated.insert(entry.record_hash);
            }
        })?;
        unclaimed.omitted.remove(&repeated);
        unclaimed.undecided.remove(&repeated);
        Ok(())
    }
}

/// Size and root of the log, signed by its key.
fn head(source: &LogSource, key: &VerifierKey) -> Result<TreeHead, FolderFinding> {
    let file = format!("{LOG_FOLDER}/{CHECKPOINT}");
    let note = source
        .read(CHECKPOINT, NOTE_BYTES_MAX)
        .map_err(|fault| FolderFinding::missing(&file, fault))?;
    let opened = Checkpoint::open(&note, key);
    let (checkpoint, _) = opened.map_err(|refusal| FolderFinding::contradiction(&file, refusal))?;
    Ok(checkpoint.head())
}

/// What follows from the entries that no bundle claims.
fn judge(findings: &mut Findings, unclaimed: &Unclaimed) {
    let mut tell = |entries: &Entries, kind: FindingKind, text: &str| {
        for told in &entries.first {
            let text = format!("entry #{}, {}: {text}", told.index, told.record_hash);
            findings.push(match kind {
                FindingKind::Contradiction => FolderFinding::contradiction(LOG_FOLDER, text),
                FindingKind::Missing => FolderFinding::missing(LOG_FOLDER, text),
            });
        }
        let more = u64::try_from(entries.first.len()).map_or(0, |told| entries.count.saturating_sub(told));
        findings.more = findings.more.saturating_add(more);
    };
    tell(
        &unclaimed.omitted,
        FindingKind::Contradiction,
        "an omitted ballot; the log holds it, no bundle does, and every decision it could be of has its bundle here",
    );
    tell(
        &unclaimed.second_results,
        FindingKind::Contradiction,
        "a result that no bundle holds, of a decision that has another one here",
    );
    tell(
        &unclaimed.results,
        FindingKind::Missing,
        "a result whose decision has no bundle here",
    );
}

fn whole(head: TreeHead, tiles: u64, unclaimed: &Unclaimed) -> WholeLog {
    WholeLog {
        head: head.into(),
        tiles,
        proposals: unclaimed.proposals.into(),
        ballots: unclaimed.ballots.into(),
        tallies: unclaimed.tallies.into(),
        others: unclaimed.others,
        unpublished: unclaimed.unpublished(),
        results_without_bundle: (&unclaimed.results).into(),
        second_results: (&unclaimed.second_results).into(),
        omitted: (&unclaimed.omitted).into(),
        undecided: (&unclaimed.undecided).into(),
        undecided_beside: unclaimed.undecided_beside,
    }
}

fn report(findings: Findings, required: Vec<Level>, audit: Option<Audit<'_>>) -> FolderReport {
    let not_proved = audit.as_ref().map(not_proved).unwrap_or_default();
    let identity = audit.as_ref().map(|audit| {
        let record = &audit.listing.record;
        RecordIdentity {
            coop: record.coop,
            slug: cut(&record.slug),
            name: cut(&record.name),
            namespace: record.namespace,
            log_key: record.log_key.clone(),
            server_key: record.server_key.clone(),
        }
    });
    let (log, decisions) = audit.map_or_else(Default::default, |audit| (audit.whole, audit.decisions));
    FolderReport {
        status: findings.status,
        required,
        identity,
        log,
        decisions,
        findings: findings.told,
        findings_more: findings.more,
        not_proved,
    }
}

fn not_proved(audit: &Audit<'_>) -> Vec<String> {
    let named = &audit.options.bundles;
    let mut texts = Vec::new();
    for (is_named, what) in [
        (
            named.namespace.is_some(),
            "that the namespace is your co-op's (--namespace)",
        ),
        (named.log_key.is_some(), "that the log key is your co-op's (--log-key)"),
        (
            named.server_key.is_some(),
            "that the server key is your co-op's server's (--server-key)",
        ),
    ] {
        if !is_named {
            texts.push(what.to_owned());
        }
    }
    if let Some(whole) = &audit.whole {
        if whole.unpublished > 0 {
            texts.push(format!(
                "what became of the decisions without a bundle ({}): they may be open yet, or cancelled",
                whole.unpublished
            ));
        }
        if whole.undecided.count > 0 {
            texts.push(format!(
                "of which decision {} ballots without a bundle are: of those without one, or left out of one that was open then ({})",
                whole.undecided.count, whole.undecided_beside
            ));
        }
    }
    let attested: u64 = audit.decisions.iter().map(|decision| decision.attested).sum();
    if attested > 0 {
        texts.push(format!(
            "that the ballots the server attested ({attested}) were cast by those members"
        ));
    }
    texts.push(
        "that everybody is shown this log: compare its checkpoint with other members' (watch, fork-proof)".to_owned(),
    );
    texts.push("that every act was acknowledged: a member with an acknowledgement can tell (receipt)".to_owned());
    if named.rpc.is_empty() {
        texts.push("that questions and results were anchored: a chain shows that (--rpc)".to_owned());
    }
    texts.push(
        "what the check of each bundle lists: roll, keys, the rule of the bylaws, and that nobody was pressed"
            .to_owned(),
    );
    texts
}
