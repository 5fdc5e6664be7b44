//! What an audit found, level by level. Levels are never merged into one "valid".

use std::collections::BTreeMap;
use std::fmt;

use governance::hash::Hash32;
use governance::id::CoopId;
use governance::rule::Outcome;
use serde::{Serialize, Serializer};
use wire::bundle::Section;

use crate::log::Head;

/// So many findings are told in full; the rest are counted.
pub(crate) const FINDINGS_MAX: usize = 100;

/// How far a check reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Level {
    /// The bundle agrees with itself, the count included.
    L0,
    /// The co-op's log holds every record of the bundle, under a checkpoint that its key signed.
    L1,
    /// The chain, through endpoints that the auditor named.
    L2,
    /// The chain by storage proof: not in this version of the bundle.
    L3,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 4] = [Self::L0, Self::L1, Self::L2, Self::L3];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
        }
    }

    /// What it says, in a few words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::L0 => "the bundle agrees with itself, count included",
            Self::L1 => "the co-op's log holds it",
            Self::L2 => "the chain holds it, asked through your endpoints",
            Self::L3 => "the chain holds it, by storage proof",
        }
    }

    /// The level with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Where a level stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Every check passed.
    Holds,
    /// Something contradicts something.
    Contradicted,
    /// Nothing contradicts, but evidence is missing.
    Lacking,
    /// The bundle has no evidence for it: it names no log, or this version knows none.
    NotInThisBundle,
    /// The auditor named no endpoint.
    NotAsked,
}

impl Standing {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Contradicted => "CONTRADICTED",
            Self::Lacking => "evidence is missing",
            Self::NotInThisBundle => "not in this bundle",
            Self::NotAsked => "not asked for (--rpc)",
        }
    }
}

/// What kind of finding it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Two things contradict each other.
    Contradiction,
    /// Something that is needed is not there.
    Missing,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The level it concerns.
    pub level: Level,
    /// The section of the bundle in which it lies.
    #[serde(serialize_with = "section_name")]
    pub section: Section,
    /// The line of the bundle, from 1, where it lies in one.
    pub line: Option<u64>,
    /// Contradiction or missing.
    pub kind: FindingKind,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.section)?;
        if let Some(line) = self.line {
            write!(formatter, " (line {line})")?;
        }
        write!(formatter, ": {}", self.text)
    }
}

/// One kind of check and how often it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The level it belongs to.
    pub level: Level,
    /// The section it looks at.
    #[serde(serialize_with = "section_name")]
    pub section: Section,
    /// What must hold.
    pub what: &'static str,
    /// How often it was made.
    pub made: u64,
    /// How often it failed.
    pub failed: u64,
}

fn section_name<S: Serializer>(section: &Section, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(section.name())
}

/// Whose record it is, as the bundle says. Compare it with what you know from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The co-op's id.
    pub coop: CoopId,
    /// Its short name in addresses.
    pub slug: String,
    /// Its namespace.
    pub namespace: Hash32,
    /// The account that opened the namespace on chain; absent without a chain.
    pub registrar: Option<String>,
    /// The chain's id; absent without a chain.
    pub chain_id: Option<u64>,
    /// The anchor contract; absent without a chain.
    pub contract: Option<String>,
    /// The server's Ed25519 key.
    pub server_key: String,
    /// The key of the log, with its origin; absent where the bundle names none.
    pub log_key: Option<String>,
    /// The proposal's id as a word.
    pub proposal: Option<Hash32>,
    /// The hash of the proposal's record, which every ballot names.
    pub proposal_hash: Option<Hash32>,
}

/// What the auditor knew of that identity from elsewhere, and named.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Named {
    pub(crate) server_key: bool,
    pub(crate) log_key: bool,
    pub(crate) registrar: bool,
    pub(crate) contract: bool,
    pub(crate) namespace: bool,
}

/// What the bundle says was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Decision {
    /// The co-op's name.
    pub coop: Option<String>,
    /// The question's title.
    pub title: Option<String>,
    /// The rule as a sentence, read from the rule's data.
    pub rule: Option<String>,
    /// The outcome of the recount.
    pub outcome: Option<Outcome>,
    /// The sums behind it, of the recount.
    pub reasons: Vec<String>,
    /// Who is elected by the recount, by name, in order of election.
    pub elected: Vec<String>,
    /// Which stage of its decision it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageFound>,
    /// Members on the roll.
    pub roll: u64,
    /// Ballots in the bundle, every revision.
    pub revisions: u64,
    /// Ballots counted.
    pub ballots: u64,
    /// Counted ballots without a member's signature.
    pub attested: u64,
    /// Those of them whose member has a key on the roll.
    pub attested_with_key: u64,
    /// Those of them that took the place of a ballot which the member had signed.
    pub attested_in_place_of_signed: u64,
    /// The weight of members whose weight another one's vote carried.
    #[serde(skip_serializing_if = "is_zero")]
    pub delegated: u64,
    /// How much of it by proxy ballots.
    #[serde(skip_serializing_if = "is_zero")]
    pub by_proxy: u64,
    /// The weight that nobody cast, where anybody delegates.
    #[serde(skip_serializing_if = "is_zero")]
    pub uncast: u64,
    /// Delegations used that no key on the roll signed.
    #[serde(skip_serializing_if = "is_zero")]
    pub attested_delegations: u64,
    /// Ties that a lot settled.
    pub lots: u64,
    /// The time of the block that holds the first anchor of the question, by the endpoint that answered with the latest; absent
    /// unless each endpoint confirmed it.
    pub anchored_at: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Where the log holds the decision; every number is proved where L1 holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InLog {
    /// Size and root of the checkpoint in the bundle.
    pub checkpoint: Head,
    /// The place of the question, from 0.
    pub opened: Option<u64>,
    /// The place of the close.
    pub closed: Option<u64>,
    /// The place of the result.
    pub result: Option<u64>,
    /// How many records of the bundle the log holds: question, events, ballots and result.
    pub records: u64,
    /// The newest checkpoint of the published log, where it continues that of the bundle.
    pub published: Option<Head>,
}

/// Which stage of its decision it is, where that has several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageFound {
    /// Which one, from 1.
    pub number: u16,
    /// How many there are.
    pub of: u16,
    /// Who voted: `members`, `class:` or `office:` with a name; absent where this program knows no such body.
    pub body: Option<String>,
}

/// What the next stage of a decision is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageResult {
    /// Which stage it is; absent where the decision has a single one.
    pub stage: Option<StageFound>,
    /// The hash of the proposal's record.
    pub proposal_hash: Hash32,
    /// The hash of the record of its result.
    pub tally_hash: Hash32,
    /// The hashes of text, options and actions.
    pub asked: [Hash32; 3],
    /// Whether it was carried.
    pub is_passed: bool,
    /// The place of the result in the log, from 0.
    pub published: Option<u64>,
}

/// The whole audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The exit status: 0 every required level holds, 1 a contradiction anywhere, 2 a required level lacks evidence.
    pub status: u8,
    /// Where each level stands.
    pub levels: BTreeMap<Level, Standing>,
    /// The levels that were required.
    pub required: Vec<Level>,
    /// Whose record it is; absent where the header cannot be read.
    pub identity: Option<Identity>,
    /// What was decided.
    pub decision: Decision,
    /// What the next stage of the decision is compared with; absent unless question and result are there.
    #[serde(skip)]
    pub stage_result: Option<StageResult>,
    /// Where the log holds it; absent where a checkpoint is missing or not the log's.
    pub log: Option<InLog>,
    /// How many lines each section has.
    pub lines: BTreeMap<String, u64>,
    /// Every kind of check, in order.
    pub checks: Vec<Check>,
    /// What is wrong, the section that was changed first.
    pub findings: Vec<Finding>,
    /// How many more findings there are.
    pub findings_more: u64,
    /// What none of this proves.
    pub not_proved: Vec<String>,
}

/// What a bundle holds, as far as it was read.
pub(crate) struct Read {
    pub(crate) identity: Option<Identity>,
    pub(crate) named: Named,
    /// What is not proved of this decision in particular.
    pub(crate) doubts: Vec<String>,
    pub(crate) decision: Decision,
    pub(crate) stage_result: Option<StageResult>,
    pub(crate) log: Option<InLog>,
    /// Whether the log is proved to hold everything.
    pub(crate) in_log: bool,
    /// Lines by section.
    pub(crate) lines: BTreeMap<String, u64>,
}

/// Findings being gathered.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    checks: Vec<Check>,
    findings: Vec<Finding>,
    more: u64,
    contradicted: Vec<Level>,
    lacking: Vec<Level>,
}

/// Where and what a check is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub(crate) level: Level,
    pub(crate) section: Section,
    pub(crate) line: Option<u64>,
}

impl At {
    pub(crate) const fn section(section: Section) -> Self {
        Self {
            level: Level::L0,
            section,
            line: None,
        }
    }

    pub(crate) const fn line(self, line: u64) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }

    pub(crate) const fn log(section: Section) -> Self {
        Self {
            level: Level::L1,
            section,
            line: None,
        }
    }

    pub(crate) const fn chain() -> Self {
        Self {
            level: Level::L2,
            section: Section::Anchor,
            line: None,
        }
    }
}

impl Ledger {
    /// Notes a check, and a contradiction if it failed.
    pub(crate) fn hold(&mut self, at: At, what: &'static str, holds: bool, text: impl FnOnce() -> String) {
        self.made(at, what, 1);
        if !holds {
            self.fail(at, what, text());
        }
    }

    /// Notes that a check was made so many times.
    pub(crate) fn made(&mut self, at: At, what: &'static str, times: u64) {
        let check = self.check(at, what);
        check.made = check.made.saturating_add(times);
    }

    /// Notes a contradiction in a check that was already noted as made.
    pub(crate) fn fail(&mut self, at: At, what: &'static str, text: String) {
        let check = self.check(at, what);
        check.failed = check.failed.saturating_add(1);
        self.find(at, FindingKind::Contradiction, text);
    }

    /// Notes that evidence is missing.
    pub(crate) fn missing(&mut self, at: At, text: String) {
        self.find(at, FindingKind::Missing, text);
    }

    pub(crate) fn is_contradicted(&self, level: Level) -> bool {
        self.contradicted.contains(&level)
    }

    pub(crate) fn is_lacking(&self, level: Level) -> bool {
        self.lacking.contains(&level)
    }

    /// Whether a check of a section failed.
    pub(crate) fn has_failed(&self, section: Section) -> bool {
        let failed = |check: &Check| check.section == section && check.failed > 0;
        self.checks.iter().any(failed)
    }

    pub(crate) fn has_contradiction(&self) -> bool {
        !self.contradicted.is_empty()
    }

    fn check(&mut self, at: At, what: &'static str) -> &mut Check {
        let place = self
            .checks
            .iter()
            .position(|check| (check.level, check.section, check.what) == (at.level, at.section, what));
        let place = place.unwrap_or_else(|| {
            self.checks.push(Check {
                level: at.level,
                section: at.section,
                what,
                made: 0,
                failed: 0,
            });
            self.checks.len() - 1
        });
        &mut self.checks[place]
    }

    fn find(&mut self, at: At, kind: FindingKind, text: String) {
        let levels = match kind {
            FindingKind::Contradiction => &mut self.contradicted,
            FindingKind::Missing => &mut self.lacking,
        };
        if !levels.contains(&at.level) {
            levels.push(at.level);
        }
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding {
                level: at.level,
                section: at.section,
                line: at.line,
                kind,
                text,
            });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    fn standing(&self, level: Level, asked: bool, in_log: bool) -> Standing {
        if self.contradicted.contains(&level) {
            return Standing::Contradicted;
        }
        match level {
            Level::L3 => Standing::NotInThisBundle,
            Level::L2 if !asked => Standing::NotAsked,
            Level::L0 | Level::L1 | Level::L2 if self.lacking.contains(&level) => Standing::Lacking,
            Level::L1 if !in_log => Standing::NotInThisBundle,
            Level::L0 | Level::L1 | Level::L2 => Standing::Holds,
        }
    }

    /// Sums up. `changed` are the sections whose bytes are not those the server signed: they are told first, since whatever else
    /// is wrong may follow from the change.
    pub(crate) fn report(mut self, required: Vec<Level>, chain_asked: bool, changed: &[Section], read: Read) -> Report {
        let levels: BTreeMap<Level, Standing> = Level::ALL
            .into_iter()
            .map(|level| (level, self.standing(level, chain_asked, read.in_log)))
            .collect();
        let holds = |level: &Level| levels.get(level) == Some(&Standing::Holds);
        let status = if self.has_contradiction() {
            1
        } else if required.iter().all(holds) {
            0
        } else {
            2
        };
        self.findings.sort_by_key(|finding| !changed.contains(&finding.section));
        self.checks.sort_by_key(|check| (check.level, check.section));
        let not_proved = not_proved(&levels, &read);
        Report {
            status,
            levels,
            required,
            identity: read.identity,
            decision: read.decision,
            stage_result: read.stage_result,
            log: read.log,
            lines: read.lines,
            checks: self.checks,
            findings: self.findings,
            findings_more: self.more,
            not_proved,
        }
    }
}

fn not_proved(levels: &BTreeMap<Level, Standing>, read: &Read) -> Vec<String> {
    let (decision, named) = (&read.decision, read.named);
    let mut texts = Vec::new();
    for (is_named, what) in [
        (named.namespace, "that the namespace is your co-op's (--namespace)"),
        (
            named.registrar,
            "that the registrar is your co-op's, or that it has none (--registrar)",
        ),
        (
            named.contract,
            "that the contract is your co-op's, or that it has none (--contract)",
        ),
        (
            named.server_key,
            "that the server key is your co-op's server's (--server-key)",
        ),
    ] {
        if !is_named {
            texts.push(what.to_owned());
        }
    }
    if decision.attested > 0 {
        texts.push(format!(
            "that the ballots the server attested ({}) were cast by those members",
            decision.attested
        ));
    }
    if decision.attested_with_key > 0 {
        texts.push(format!(
            "that members with a key on the roll ({}) voted without it",
            decision.attested_with_key
        ));
    }
    if decision.attested_in_place_of_signed > 0 {
        texts.push(format!(
            "that members who had signed a ballot ({}) replaced it by one without a signature",
            decision.attested_in_place_of_signed
        ));
    }
    if decision.delegated > 0 {
        texts.push(format!(
            "that the delegations ({} attested by the server or a key that is not on the roll) are the newest of their members",
            decision.attested_delegations
        ));
    }
    if decision.by_proxy > 0 {
        texts.push("that the holders of proxies cast what the server attested for them".to_owned());
    }
    texts.push("that the roll holds every member and nobody else, with keys that are really theirs".to_owned());
    texts.push(
        "that keys registered shortly before voting opened are their members': they are not counted apart".to_owned(),
    );
    texts.push("that the rule is the one the bylaws set for this kind of decision".to_owned());
    texts.extend(read.doubts.iter().cloned());
    texts.push("that no ballot was left out: a member who holds a receipt can tell (receipt --bundle)".to_owned());
    not_proved_of_log(&mut texts, levels, read);
    if levels.get(&Level::L2) != Some(&Standing::Holds) {
        texts.push("that question and result were anchored: a chain shows that (--rpc)".to_owned());
    }
    texts.push(
        "that the co-op's records hold no second result of this decision: its whole public record shows that"
            .to_owned(),
    );
    texts.push("that nobody was pressed: an open vote shows who voted how".to_owned());
    texts
}

/// What stays open about the log.
fn not_proved_of_log(texts: &mut Vec<String>, levels: &BTreeMap<Level, Standing>, read: &Read) {
    if levels.get(&Level::L1) != Some(&Standing::Holds) {
        texts.push("that the co-op's log holds question, ballots and result (L1)".to_owned());
        return;
    }
    if !read.named.log_key {
        texts.push("that the log key is your co-op's (--log-key)".to_owned());
    }
    let is_compared = read.log.as_ref().is_some_and(|log| log.published.is_some());
    texts.push(if is_compared {
        "that everybody is shown this log: compare its checkpoint with other members'".to_owned()
    } else {
        "that this is the log which everybody is shown: compare it with the published one (--log)".to_owned()
    });
}
