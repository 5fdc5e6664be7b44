//! Verifying a bundle, section by section, in one pass over its lines.

mod anchors;
mod ballots;
mod contests;
mod delegations;
mod end;
mod events;
mod executed;
mod header;
mod joint;
mod log;
mod names;
mod pipeline;
mod places;
mod published;
mod question;
mod roll;
mod seek;
mod stage;
mod tally;
mod words;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use governance::hash::Hash32;
use governance::log::note::VerifierKey;
use governance::rule::Language;
use governance::secrecy::{Privacy, Tier};
use governance::signature::PublicKey;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use wire::bundle::{EndLine, LotLine, RuleLine, SECTION_LINES_MAX, Section, TallyLine};

use crate::chain::{self, Endpoint, EndpointRefusal};
use crate::log::{LogSource, SourceRefusal};
use crate::reader::{Limits, Lines, ReadFault};
use crate::report::{At, Decision, Identity, Ledger, Level, Named, Read, Report, StageResult, Standing};

pub(crate) use anchors::Anchored;
use anchors::Anchors;
use ballots::Ballots;
use delegations::{Carried, Delegations};
use events::Events;
use header::Header;
pub(crate) use names::unique_names;
use places::Places;
use question::Question;
use roll::Roll;
pub(crate) use seek::{Found, Sought, seek};

/// What an auditor asks for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// JSON-RPC endpoints to ask about the chain; `https`, or `http` to this machine.
    pub rpc: Vec<String>,
    /// The published log that the bundle must be of: a folder, or an address that is `https` or on this machine.
    pub log: Option<String>,
    /// The key of the log, if the auditor knows it from elsewhere.
    pub log_key: Option<VerifierKey>,
    /// The levels that must hold; by default L0, L1 where a log or its key is named, and L2 where an endpoint is named.
    pub require: Option<Vec<Level>>,
    /// The server's key, if the auditor knows it from elsewhere.
    pub server_key: Option<PublicKey>,
    /// The account that opened the co-op's namespace on chain, likewise.
    pub registrar: Option<[u8; 20]>,
    /// The anchor contract, likewise.
    pub contract: Option<[u8; 20]>,
    /// The co-op's namespace, likewise.
    pub namespace: Option<Hash32>,
    /// What the bundle of the stage before shows, where the decision passes several bodies.
    pub former: Option<StageResult>,
    /// What the file may cost to read.
    pub limits: Limits,
}

impl Options {
    fn required(&self) -> Vec<Level> {
        self.require.clone().unwrap_or_else(|| {
            let log = self.log.is_some() || self.log_key.is_some();
            let named = [(Level::L0, true), (Level::L1, log), (Level::L2, !self.rpc.is_empty())];
            named
                .into_iter()
                .filter_map(|(level, is_named)| is_named.then_some(level))
                .collect()
        })
    }
}

/// Why there is no report: the auditor asked for something impossible.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// The file cannot be opened.
    #[error("cannot open {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An endpoint that is not spoken to.
    #[error("the endpoint {url} cannot be used: {source}")]
    Endpoint {
        /// As the auditor wrote it.
        url: String,
        /// Why.
        source: EndpointRefusal,
    },
    /// A log that is not read from there.
    #[error(transparent)]
    Log(#[from] SourceRefusal),
}

/// Verifies the bundle in a file.
///
/// # Errors
/// [`AuditFault`] if the file cannot be opened or an endpoint is unusable. Whatever is wrong with the bundle is in the report.
pub fn verify_file(path: impl AsRef<Path>, options: &Options) -> Result<Report, AuditFault> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|source| AuditFault::Open {
        path: path.to_owned(),
        source,
    })?;
    verify_reader(BufReader::with_capacity(256 * 1024, file), options)
}

/// Verifies a bundle as it is read.
///
/// # Errors
/// [`AuditFault::Endpoint`] or [`AuditFault::Log`] if an endpoint or the address of the log is unusable.
pub fn verify_reader<R: BufRead>(from: R, options: &Options) -> Result<Report, AuditFault> {
    verify_claims(from, options, &mut |_| ())
}

/// As [`verify_reader`]. `claim` is called with the place of each record that the log is proved to hold, if it holds all of them.
pub(crate) fn verify_claims<R: BufRead>(
    from: R,
    options: &Options,
    claim: &mut dyn FnMut(u64),
) -> Result<Report, AuditFault> {
    let mut endpoints = Vec::with_capacity(options.rpc.len());
    for url in &options.rpc {
        endpoints.push(Endpoint::parse(url).map_err(|source| AuditFault::Endpoint {
            url: url.clone(),
            source,
        })?);
    }
    let published = options.log.as_deref().map(LogSource::parse).transpose()?;
    let mut audit = Audit::new(options);
    audit.read(from);
    let (changed, mut read) = audit.finish();
    audit.check_log(published.as_ref(), &mut read);
    if !endpoints.is_empty() {
        let domain = audit.header.as_ref().map(|header| header.domain);
        let beacon = audit.lot.as_ref().and_then(|(_, lot)| lot.beacon.as_ref());
        let anchors = audit.anchors.anchored();
        read.decision.anchored_at = chain::check(&mut audit.ledger, &endpoints, domain, anchors, beacon);
    }
    read.doubts.extend(audit.anchored_late(read.decision.anchored_at));
    let report = audit
        .ledger
        .report(options.required(), !endpoints.is_empty(), &changed, read);
    if report.levels.get(&Level::L1) == Some(&Standing::Holds) {
        audit.places.claims().for_each(|((index, _), _)| claim(index));
    }
    Ok(report)
}

/// What was read of one section.
#[derive(Default)]
struct Seen {
    lines: u64,
    hasher: Sha256,
}

/// The evidence, as far as it was read.
struct Audit<'o> {
    options: &'o Options,
    ledger: Ledger,
    seen: BTreeMap<Section, Seen>,
    whole: Sha256,
    last: Section,
    line: u64,
    stopped: bool,
    header: Option<Header>,
    rule: Option<RuleLine>,
    question: Option<Question>,
    roll: Roll,
    events: Events,
    ballots: Ballots,
    delegations: Delegations,
    /// What delegations add, once everything was read.
    carried: Carried,
    places: Places,
    lot: Option<(u64, LotLine)>,
    tally: Option<(u64, TallyLine)>,
    anchors: Anchors,
    end: Option<EndLine>,
}

/// So many keys are kept in memory for each member that may stand on a roll.
const KEYS_EACH: u64 = 4;

const WELL_FORMED: &str = "lines are well formed and in order";

/// Parses a line into its type.
fn parse<T: DeserializeOwned>(ledger: &mut Ledger, at: At, line: &[u8]) -> Option<T> {
    ledger.made(at, WELL_FORMED, 1);
    read(line).map_err(|text| ledger.fail(at, WELL_FORMED, text)).ok()
}

/// Reads a line, or says why it cannot be read.
fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    unique_names(line)
        .and_then(|()| serde_json::from_slice(line))
        .map_err(|error| format!("the line cannot be read: {error}"))
}

/// The section that a line says it is of.
pub(crate) fn section_of(line: &[u8]) -> Option<Section> {
    #[derive(Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        section: std::borrow::Cow<'a, str>,
    }
    // Nearly all lines begin like this, and are parsed in whole afterwards.
    let begins: [(&[u8], Section); 2] = [
        (b"{\"section\":\"ballot\",", Section::Ballot),
        (b"{\"section\":\"roll\",", Section::Roll),
    ];
    if let Some((_, section)) = begins.into_iter().find(|(begin, _)| line.starts_with(begin)) {
        return Some(section);
    }
    let peek: Peek<'_> = serde_json::from_slice(line).ok()?;
    Section::from_name(&peek.section)
}

impl<'o> Audit<'o> {
    fn new(options: &'o Options) -> Self {
        Self {
            options,
            ledger: Ledger::default(),
            seen: BTreeMap::new(),
            whole: Sha256::new(),
            last: Section::Header,
            line: 0,
            stopped: false,
            header: None,
            rule: None,
            question: None,
            roll: Roll::default(),
            events: Events::default(),
            ballots: Ballots::default(),
            delegations: Delegations::default(),
            carried: Carried::default(),
            places: Places::default(),
            lot: None,
            tally: None,
            anchors: Anchors::default(),
            end: None,
        }
    }

    fn read<R: BufRead>(&mut self, from: R) {
        let mut lines = Lines::new(from, self.options.limits);
        let mut line = Vec::new();
        loop {
            match lines.next(&mut line) {
                Ok(true) if !self.stopped => self.take(&line),
                Ok(_) => break,
                Err(fault) => {
                    self.stopped = true;
                    let at = At::section(self.last).line(self.line.saturating_add(1));
                    match fault {
                        ReadFault::Cut => self.ledger.missing(at, fault.to_string()),
                        ReadFault::Damaged(_)
                        | ReadFault::LongLine(_)
                        | ReadFault::TooLarge(_)
                        | ReadFault::Bomb(_)
                        | ReadFault::Unended => self.ledger.fail(at, WELL_FORMED, fault.to_string()),
                    }
                    break;
                }
            }
        }
        self.roll.flush(&mut self.ledger);
        self.flush_ballots();
    }

    fn take(&mut self, line: &[u8]) {
        self.line = self.line.saturating_add(1);
        let Some(section) = section_of(line) else {
            let at = At::section(self.last).line(self.line);
            self.ledger
                .fail(at, WELL_FORMED, "the line is of no known section".to_owned());
            self.whole.update(line);
            return;
        };
        let at = At::section(section).line(self.line);
        if section < self.last || self.end.is_some() {
            let text = format!("a line of section {section} comes after one of {}", self.last);
            self.ledger.fail(at, WELL_FORMED, text);
        }
        if section != Section::Roll {
            self.roll.flush(&mut self.ledger);
        }
        if section != Section::Ballot {
            self.flush_ballots();
        }
        self.last = self.last.max(section);
        let seen = self.seen.entry(section).or_default();
        seen.lines = seen.lines.saturating_add(1);
        if seen.lines > SECTION_LINES_MAX || (seen.lines > 1 && !section.repeats()) {
            let text = format!("there are too many lines of section {section}");
            self.ledger.fail(at, WELL_FORMED, text);
            return;
        }
        let lines = seen.lines;
        if section != Section::End {
            seen.hasher.update(line);
            self.whole.update(line);
        }
        if self.has_room(section, at, lines) {
            self.parse_line(section, at, line);
        }
    }

    /// Whether one more line of a section may be kept in memory. If not, nothing more is read.
    fn has_room(&mut self, section: Section, at: At, lines: u64) -> bool {
        let announced = self.question.as_ref().map(|question| question.line.record.roll_count);
        if section == Section::Roll && announced.is_some_and(|announced| lines > u64::from(announced)) {
            let text = "there are more members than the proposal says; nothing after this line was read".to_owned();
            self.ledger.hold(at, roll::SIZE, false, || text);
            self.stopped = true;
        }
        let limit = self.options.limits.records;
        let keys_limit = limit.saturating_mul(KEYS_EACH);
        let is_kept = matches!(
            section,
            Section::Roll | Section::Event | Section::Ballot | Section::Delegation | Section::Proxy | Section::Anchor
        );
        if is_kept && (lines > limit || self.roll.keys > keys_limit) {
            let text =
                format!("there are more than {limit} lines or {keys_limit} keys; raise the limit (--max-records)");
            self.ledger.missing(at, text);
            self.stopped = true;
        }
        !self.stopped
    }

    fn parse_line(&mut self, section: Section, at: At, line: &[u8]) {
        let ledger = &mut self.ledger;
        match section {
            Section::Header => {
                self.header = parse(ledger, at, line).and_then(|line| header::check(ledger, at, line, self.options));
                self.begin_log();
            }
            Section::Rule => {
                self.rule = parse(ledger, at, line);
                if let Some(rule) = &self.rule {
                    question::check_rule(ledger, at, rule, self.header.as_ref());
                }
            }
            Section::Proposal => {
                self.question = parse(ledger, at, line)
                    .map(|line| question::check(ledger, at, line, self.header.as_ref(), self.rule.as_ref()));
                self.claim_question();
            }
            Section::Roll => {
                self.roll.push(ledger, (self.line, line), self.question.as_ref());
            }
            Section::Ballot => {
                if let Some(until) = self.events.extended_until() {
                    self.ballots.extend(until);
                }
                let roll = (self.lines(Section::Roll) > 0).then_some(&self.roll);
                self.ballots.push(
                    &mut self.ledger,
                    (self.line, line),
                    self.header.as_ref(),
                    self.question.as_ref(),
                    roll,
                    &mut self.places,
                );
            }
            Section::Delegation | Section::Proxy => self.take_delegation_line(section, at, line),
            Section::Lot => self.lot = parse(ledger, at, line).map(|lot| (self.line, lot)),
            Section::Tally => {
                self.tally = parse(ledger, at, line).map(|tally| (self.line, tally));
                self.claim_tally();
            }
            Section::Anchor => {
                if let Some(line) = parse(ledger, at, line) {
                    self.anchors.take(ledger, at, line, self.header.as_ref());
                }
            }
            Section::Event | Section::Checkpoint | Section::Cover => self.take_log_line(section, at, line),
            Section::End => self.end = parse(ledger, at, line),
        }
    }

    fn flush_ballots(&mut self) {
        let roll = (self.lines(Section::Roll) > 0).then_some(&self.roll);
        self.ballots
            .flush(&mut self.ledger, self.question.as_ref(), roll, &mut self.places);
    }

    fn lines(&self, section: Section) -> u64 {
        self.seen.get(&section).map_or(0, |seen| seen.lines)
    }

    fn digest(&self, section: Section) -> Hash32 {
        let hasher = self.seen.get(&section).map(|seen| seen.hasher.clone());
        Hash32::from_bytes(hasher.unwrap_or_default().finalize().into())
    }

    /// What can only be said once everything was read. Gives back the sections that were changed after the server signed them.
    fn finish(&mut self) -> (Vec<Section>, Read) {
        if !self.stopped {
            self.find_missing_sections();
        }
        let changed = self.check_end();
        if let Some(question) = &self.question {
            if self.lines(Section::Roll) > 0 && !self.stopped {
                self.roll.finish(&mut self.ledger, question);
            }
            if let Some((line, lot)) = &self.lot {
                tally::check_commitment(&mut self.ledger, At::section(Section::Lot).line(*line), lot, question);
            }
        }
        self.ballots.finish(
            &mut self.ledger,
            self.question.as_ref(),
            self.tally.as_ref().map(|(_, tally)| tally.record.proposal_hash),
            !self.stopped,
        );
        let (counted, lot_doubt) = self.check_tally().unzip();
        self.anchors.finish(
            &mut self.ledger,
            self.question.as_ref(),
            self.tally.as_ref().map(|(_, tally)| tally),
        );
        let read = Read {
            identity: self.identity(),
            named: Named {
                server_key: self.options.server_key.is_some(),
                log_key: self.options.log_key.is_some(),
                registrar: self.options.registrar.is_some(),
                contract: self.options.contract.is_some(),
                namespace: self.options.namespace.is_some(),
            },
            doubts: lot_doubt.flatten().into_iter().chain(self.secrecy_doubts()).collect(),
            decision: self.decision(counted),
            stage_result: self.events.staged.result(self.events.beside(
                self.question.as_ref(),
                self.tally.as_ref().map(|(_, tally)| tally),
                None,
            )),
            log: None,
            in_log: false,
            lines: Section::ALL
                .into_iter()
                .map(|section| (section.name().to_owned(), self.lines(section)))
                .collect(),
        };
        (changed, read)
    }

    /// What secrecy leaves open, and what the count tells although it should not.
    fn secrecy_doubts(&self) -> Vec<String> {
        let tier = self.question.as_ref().map_or(Tier::Open, |question| question.tier);
        let mut doubts = self.events.staged.doubts(self.options.former.as_ref());
        if !self.ballots.objectors.is_empty() {
            doubts.push("that objections were judged by a steward who did not raise them".to_owned());
        }
        if tier.hides_turnout() {
            doubts.push("that nobody saw ballots before the count: the server held them all".to_owned());
        }
        if tier.hides_names() {
            doubts.push(
                "that each pseudonym stands for one member on the roll: who knows the members can compute `electors` of roll_veiled, \
                 and each of them knows the own pseudonym"
                    .to_owned(),
            );
            doubts.push(
                "that nobody can tell whose pseudonym it is: the server knows, and so may whoever saw when a member voted".to_owned(),
            );
            let choices: Vec<_> = self
                .ballots
                .choices(&self.carried.with_ballots, self.events.judged())
                .collect();
            let choices = choices.iter().map(|(choice, weight)| (choice, *weight));
            let exposures = Privacy::default().exposures_of_count(tier, choices);
            doubts.extend(
                exposures
                    .iter()
                    .map(|exposure| format!("that votes stay secret: {exposure}")),
            );
        }
        doubts
    }

    fn find_missing_sections(&mut self) {
        let empty = Hash32::from_bytes(Sha256::digest(b"").into());
        for section in Section::ALL {
            // A section that may be empty was dropped if the server signed it as not empty, or if the tally counted ballots.
            let signed = self.end.as_ref().and_then(|end| end.digests.get(section.name()));
            let counted = self.tally.as_ref().map_or(0, |(_, tally)| tally.record.ballot_count);
            let dropped = signed.is_some_and(|digest| *digest != empty) || (section == Section::Ballot && counted > 0);
            if self.lines(section) == 0 && (section.required() || dropped) {
                self.ledger
                    .missing(At::section(section), format!("the section {section} is missing"));
            }
        }
    }

    fn identity(&self) -> Option<Identity> {
        let line = &self.header.as_ref()?.line;
        let question = self.question.as_ref();
        Some(Identity {
            coop: line.coop.id,
            slug: line.coop.slug.clone(),
            namespace: line.namespace,
            registrar: line.registrar.clone(),
            chain_id: line.domain.chain_id,
            contract: line.domain.verifying_contract.clone(),
            server_key: line.server_key.clone(),
            log_key: line.log.as_ref().map(|log| log.key.clone()),
            proposal: question.map(|question| question.line.record.proposal),
            proposal_hash: question.map(|question| question.hash),
        })
    }

    /// What the moment of the question's anchor leaves open; moments of the co-op's own are the server's word.
    fn anchored_late(&self, anchored_at: Option<u64>) -> Option<String> {
        let opens_at = self.question.as_ref().map(|question| question.line.record.opens_at)?;
        let Some(anchored_at) = anchored_at else {
            return Some("that question and roll were anchored before voting opened".to_owned());
        };
        let first_ballot = self.ballots.first_at.unwrap_or(u64::MAX);
        if anchored_at > first_ballot {
            let late = anchored_at.saturating_sub(first_ballot);
            return Some(format!(
                "that question and roll were fixed before the first ballot: the chain holds them from {late} s after it"
            ));
        }
        (anchored_at > opens_at).then(|| {
            let late = anchored_at.saturating_sub(opens_at);
            format!("that question and roll were anchored before voting opened: the chain holds them from {late} s after that")
        })
    }

    fn decision(&self, counted: Option<governance::tally::Counted>) -> Decision {
        let question = self.question.as_ref();
        let name = |number: &u16| {
            let place = usize::from(number.saturating_sub(1));
            let name = question.and_then(|question| question.line.options.get(place).cloned());
            name.unwrap_or_else(|| number.to_string())
        };
        let attested = self.ballots.attested();
        let course = counted.as_ref().and_then(|counted| counted.count.as_ref());
        Decision {
            coop: self.header.as_ref().map(|header| header.line.coop.name.clone()),
            title: question.map(|question| question.line.title.clone()),
            rule: self.rule.as_ref().map(|rule| rule.rule.sentence(Language::English)),
            outcome: counted.as_ref().map(|counted| counted.outcome),
            elected: course
                .map(|count| count.elected.iter().map(name).collect())
                .unwrap_or_default(),
            lots: course.map_or(0, |count| {
                count.ties.iter().filter(|tie| tie.lot.is_some()).count() as u64
            }),
            reasons: counted.map(|counted| counted.reasons).unwrap_or_default(),
            stage: self.events.staged.found(),
            roll: self.lines(Section::Roll),
            revisions: self.lines(Section::Ballot),
            anchored_at: None,
            ballots: self.ballots.counted(),
            delegated: u64::try_from(self.carried.weight).unwrap_or(u64::MAX),
            by_proxy: u64::try_from(self.carried.proxy_weight).unwrap_or(u64::MAX),
            uncast: u64::try_from(self.carried.uncast).unwrap_or(u64::MAX),
            attested_delegations: self.carried.attested,
            attested: attested.all,
            attested_with_key: attested.with_key,
            attested_in_place_of_signed: attested.in_place_of_signed,
        }
    }
}
