//! The ballots: each by itself, on every core, then their order.

use std::collections::HashMap;
use std::sync::Arc;

use governance::ballot::{Choice, Form, read_choice};
use governance::hash::{Hash32, from_hex, keccak256};
use governance::log::LogEntry;
use governance::log::cover::Claim;
use governance::record::{BallotV1, Record, digest_under};
use governance::roll::ballot_leaf;
use governance::rule::{QuorumWatch, Taken};
use governance::signature::{self, PublicKey, SignatureKind, SignatureRefusal};
use governance::tally::consent::{Answer, Judged};
use governance::time::Timestamp;
use wire::bundle::{BallotLine, BundleSignatureKind, Section};

use super::header::Header;
use super::pipeline::Pipeline;
use super::places::Places;
use super::question::Question;
use super::roll::{Roll, Voters};
use super::seek::Found;
use crate::report::{At, Ledger};

const OF_PROPOSAL: &str = "ballots answer this proposal";
const ON_ROLL: &str = "voters are on the roll";
const CHOICE: &str = "choices are valid under the rule";
const REASON: &str = "reasons are those that were signed";
const SIGNATURE: &str = "signatures are by a key on the roll, or the server's";
const FINAL: &str = "ballots are changed only where the rule lets them be";
const IN_TIME: &str = "ballots came while voting was open";
const SEQUENCE: &str = "ballots stand in the order in which they came";
const REVISIONS: &str = "revisions follow each other and the last one counts";
const WELL_FORMED: &str = super::WELL_FORMED;

/// The newest ballot of a member.
pub(super) struct Latest {
    revision: u64,
    line: u64,
    hash: Hash32,
    choice: Option<Choice>,
    /// What the roll gives the member; `None` if not on the roll.
    weight: Option<u128>,
    kind: BundleSignatureKind,
    /// Whether the roll holds a key of the member.
    has_key: bool,
    /// Whether the member signed an earlier ballot.
    signed_before: bool,
    counted: bool,
    /// Its place in the log, where that matters.
    place: Option<u64>,
}

/// Counted ballots that the server attested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attested {
    pub(super) all: u64,
    /// Those of members with a key on the roll.
    pub(super) with_key: u64,
    /// Those that took the place of a ballot that the member had signed.
    pub(super) in_place_of_signed: u64,
}

/// The ballots, as far as they were read.
#[derive(Default)]
pub(super) struct Ballots {
    /// Where lines are being checked; only between the first ballot and a line of another section.
    pipeline: Option<Pipeline<Checked>>,
    latest: HashMap<Hash32, Latest>,
    /// Who raised each objection in a vote by consent, by the hash of the ballot.
    pub(super) objectors: HashMap<Hash32, Hash32>,
    pub(super) first_sequence: Option<u64>,
    pub(super) last_sequence: Option<u64>,
    /// When the first ballot came.
    pub(super) first_at: Option<u64>,
    /// When the last ballot came.
    pub(super) last_at: u64,
    /// Ballots that name another hash of the proposal, the first of them, and all.
    foreign: u64,
    foreign_line: Option<u64>,
    all: u64,
    /// When the quorum is first met, where the rule lets voting go on after a late one.
    watch: Option<QuorumWatch>,
    /// Until when ballots could come.
    closes_at: u64,
    /// The hash of a ballot that is looked for, and what is found.
    pub(super) sought: Option<Hash32>,
    pub(super) found: Option<Found>,
}

/// What one ballot is, and what is wrong with it.
struct Facts {
    line: u64,
    proposal_hash: Hash32,
    voter: Hash32,
    revision: u64,
    hash: Hash32,
    kind: BundleSignatureKind,
    sequence: u64,
    at: u64,
    counted: bool,
    choice: Option<Choice>,
    weight: Option<u128>,
    has_key: bool,
    /// Its place in the log and its leaf, where that matters.
    claim: Option<Claim>,
    faults: Vec<(&'static str, String)>,
}

/// A line that was checked by itself: the ballot, or the number of a line that cannot be read and why.
type Checked = Result<Facts, (u64, String)>;

/// What a ballot is compared with.
struct Context {
    header: Header,
    question: Question,
    /// `None` where the bundle has no roll.
    voters: Option<Arc<Voters>>,
    /// Until when ballots could come.
    closes_at: u64,
    ballot_type: Hash32,
    /// The separator of the header's domain.
    separator: Hash32,
}

impl Ballots {
    /// Begins to check a ballot, and takes in those that were checked meanwhile. Call [`Self::flush`] before anything that it is
    /// given here changes.
    pub(super) fn push(
        &mut self,
        ledger: &mut Ledger,
        (number, line): (u64, &[u8]),
        header: Option<&Header>,
        question: Option<&Question>,
        roll: Option<&Roll>,
        places: &mut Places,
    ) {
        // Without header and proposal nothing can be said of a ballot; that they are missing is said elsewhere.
        let (Some(header), Some(question)) = (header, question) else {
            return;
        };
        let closes_at = self.closes_at.max(question.line.record.closes_at);
        let pipeline = self.pipeline.get_or_insert_with(|| {
            let context = Context {
                closes_at,
                header: header.clone(),
                question: question.clone(),
                voters: roll.map(|roll| Arc::clone(&roll.voters)),
                ballot_type: keccak256(BallotV1::TYPE.as_bytes()),
                separator: header.domain.separator(),
            };
            Pipeline::new(move |number, line| check_one(number, line, &context))
        });
        let results = pipeline.push(number, line);
        self.take_all(ledger, results, question, roll, places);
    }

    /// Ballots come until this moment, since an event says that voting went on.
    pub(super) const fn extend(&mut self, closes_at: u64) {
        self.closes_at = closes_at;
    }

    /// By which ballot and until when voting goes on, as the ballots say.
    pub(super) fn extension(&self, question: &Question) -> Option<(u64, u64)> {
        let (ballot, until) = self
            .watch
            .as_ref()?
            .extends(Timestamp(question.line.record.closes_at))?;
        Some((ballot.sequence, until.0))
    }

    fn watch(&mut self, facts: &Facts, question: &Question) {
        let Some(rule) = question.rule.as_ref().filter(|rule| rule.late_quorum_seconds > 0) else {
            return;
        };
        let eligible = question.line.record.roll_weight;
        let watch = self
            .watch
            .get_or_insert_with(|| QuorumWatch::new(rule.clone(), eligible));
        if let (Some(choice), Some(weight)) = (&facts.choice, facts.weight) {
            let taken = Taken {
                sequence: facts.sequence,
                at: Timestamp(facts.at),
            };
            watch.take(facts.voter, choice, weight, taken);
        }
    }

    /// Waits until every ballot that was given is checked, and takes it in.
    pub(super) fn flush(
        &mut self,
        ledger: &mut Ledger,
        question: Option<&Question>,
        roll: Option<&Roll>,
        places: &mut Places,
    ) {
        let (Some(mut pipeline), Some(question)) = (self.pipeline.take(), question) else {
            return;
        };
        while let Some(results) = pipeline.next() {
            self.take_all(ledger, results, question, roll, places);
        }
    }

    fn take_all(
        &mut self,
        ledger: &mut Ledger,
        results: Vec<Checked>,
        question: &Question,
        roll: Option<&Roll>,
        places: &mut Places,
    ) {
        if results.is_empty() {
            return;
        }
        let at = At::section(Section::Ballot);
        let made = u64::try_from(results.len()).unwrap_or(u64::MAX);
        for what in [
            WELL_FORMED,
            OF_PROPOSAL,
            CHOICE,
            REASON,
            IN_TIME,
            FINAL,
            SEQUENCE,
            REVISIONS,
        ] {
            ledger.made(at, what, made);
        }
        if roll.is_some() {
            ledger.made(at, ON_ROLL, made);
            ledger.made(at, SIGNATURE, made);
        }
        places.made_order(ledger, made);
        for result in results {
            match result {
                Ok(facts) => self.take(ledger, facts, question, places),
                Err((line, text)) => ledger.fail(at.line(line), WELL_FORMED, text),
            }
        }
    }

    fn take(&mut self, ledger: &mut Ledger, facts: Facts, question: &Question, places: &mut Places) {
        let at = At::section(Section::Ballot).line(facts.line);
        self.watch(&facts, question);
        for (what, text) in facts.faults {
            ledger.fail(at, what, text);
        }
        self.all = self.all.saturating_add(1);
        if let Some(Choice::Consent(Answer::Objection(_))) = &facts.choice {
            self.objectors.insert(facts.hash, facts.voter);
        }
        if self.sought == Some(facts.hash) {
            self.found = Some(Found {
                line: facts.line,
                is_counted: facts.counted,
            });
        }
        if facts.proposal_hash != question.hash {
            self.foreign = self.foreign.saturating_add(1);
            self.foreign_line = self.foreign_line.or(Some(facts.line));
        }
        if self.last_sequence.is_some_and(|last| facts.sequence <= last) {
            ledger.fail(
                at,
                SEQUENCE,
                format!("the sequence {} is not above the one before", facts.sequence),
            );
        }
        self.first_sequence = self.first_sequence.or(Some(facts.sequence));
        self.last_sequence = Some(facts.sequence);
        self.first_at = Some(self.first_at.map_or(facts.at, |first| first.min(facts.at)));
        self.last_at = self.last_at.max(facts.at);
        let before = self.latest.remove(&facts.voter);
        let place_before = before.as_ref().and_then(|before| before.place);
        places.claim_ballot(ledger, facts.line, facts.claim, place_before);
        let latest = Latest {
            revision: facts.revision,
            line: facts.line,
            hash: facts.hash,
            choice: facts.choice,
            weight: facts.weight,
            kind: facts.kind,
            has_key: facts.has_key,
            signed_before: before
                .as_ref()
                .is_some_and(|before| before.signed_before || before.kind != BundleSignatureKind::Session),
            counted: facts.counted,
            place: facts.claim.map(|(index, _)| index),
        };
        self.latest.insert(facts.voter, latest);
        let expected = before.as_ref().map_or(0, |before| before.revision).saturating_add(1);
        if facts.revision != expected {
            let text = format!("revision {} of {} should be {expected}", facts.revision, facts.voter);
            ledger.fail(at, REVISIONS, text);
        }
        if let Some(before) = before.filter(|before| before.counted) {
            let text = "the ballot is marked as counted although a later one replaces it".to_owned();
            ledger.fail(At::section(Section::Ballot).line(before.line), REVISIONS, text);
        }
    }

    /// `is_whole` says whether every ballot of the file was read.
    pub(super) fn finish(
        &mut self,
        ledger: &mut Ledger,
        question: Option<&Question>,
        in_tally: Option<Hash32>,
        is_whole: bool,
    ) {
        let mut uncounted: Vec<u64> = self
            .latest
            .values()
            .filter(|latest| is_whole && !latest.counted)
            .map(|latest| latest.line)
            .collect();
        uncounted.sort_unstable();
        for line in uncounted {
            let text = "the ballot is the member's last and is not marked as counted".to_owned();
            ledger.fail(At::section(Section::Ballot).line(line), REVISIONS, text);
        }
        let Some(question) = question.filter(|_| self.foreign > 0) else {
            return;
        };
        // If every ballot and the tally name another hash, it is the proposal that was changed.
        let all = self.foreign == self.all && in_tally.is_none_or(|hash| hash != question.hash);
        if all {
            let text = "every ballot and the tally name another hash of the proposal than its record has".to_owned();
            let what = "the proposal is the one that was voted on";
            ledger.hold(At::section(Section::Proposal), what, false, || text);
        } else {
            let text = format!(
                "{} ballots, this one first, name another hash of the proposal",
                self.foreign
            );
            let at = At::section(Section::Ballot);
            ledger.fail(self.foreign_line.map_or(at, |line| at.line(line)), OF_PROPOSAL, text);
        }
    }

    /// Members whose ballot counts.
    pub(super) fn counted(&self) -> u64 {
        u64::try_from(self.latest.len()).unwrap_or(u64::MAX)
    }

    /// Those of them without a signature of their own.
    pub(super) fn attested(&self) -> Attested {
        let mut attested = Attested::default();
        for latest in self.latest.values() {
            if latest.kind == BundleSignatureKind::Session {
                attested.all = attested.all.saturating_add(1);
                attested.with_key = attested.with_key.saturating_add(u64::from(latest.has_key));
                let in_place = u64::from(latest.signed_before);
                attested.in_place_of_signed = attested.in_place_of_signed.saturating_add(in_place);
            }
        }
        attested
    }

    /// The choices that count, with their weights and what they carry of others.
    pub(super) fn choices<'a>(
        &'a self,
        carried: &'a HashMap<Hash32, u128>,
        judged: &'a Judged,
    ) -> impl Iterator<Item = (Choice, u128)> + 'a {
        self.latest.iter().filter_map(|(voter, latest)| {
            let more = carried.get(voter).copied().unwrap_or_default();
            let choice = latest.choice.clone()?.judged(latest.hash, judged);
            Some((choice, latest.weight?.saturating_add(more)))
        })
    }

    /// Everyone whose ballot counts.
    pub(super) fn voters(&self) -> impl Iterator<Item = Hash32> + '_ {
        self.latest.keys().copied()
    }

    /// The leaves of the ballots that count, and the sum of their weights.
    pub(super) fn leaves(&self, proposal: Hash32, carried: &HashMap<Hash32, u128>) -> (Vec<Hash32>, u128) {
        let mut weight: u128 = 0;
        let leaves = self.latest.iter().map(|(voter, latest)| {
            let more = carried.get(voter).copied().unwrap_or_default();
            let own = latest.weight.unwrap_or_default().saturating_add(more);
            weight = weight.saturating_add(own);
            ballot_leaf(proposal, *voter, latest.hash, own)
        });
        (leaves.collect(), weight)
    }
}

/// What a ballot says, if the rule lets it say so.
fn check_choice(record: &BallotV1, question: &Question, faults: &mut Vec<(&'static str, String)>) -> Option<Choice> {
    let rule = question.rule.as_ref()?;
    if rule.ballots_final && record.revision > 1 {
        let revision = record.revision;
        faults.push((
            FINAL,
            format!("it is revision {revision}, and the rule makes ballots final"),
        ));
    }
    let read = read_choice(
        Form::of(&rule.counting),
        question.line.options.len(),
        &record.options,
        &record.points,
    );
    read.map_err(|refusal| faults.push((CHOICE, refusal.to_string()))).ok()
}

fn check_one(line: u64, bytes: &[u8], context: &Context) -> Checked {
    let ballot: BallotLine =
        serde_json::from_slice(bytes).map_err(|error| (line, format!("the line cannot be read: {error}")))?;
    let (record, question) = (&ballot.record, &context.question.line.record);
    let mut faults: Vec<(&'static str, String)> = Vec::new();
    if record.namespace != context.header.line.namespace || record.proposal != question.proposal {
        faults.push((
            OF_PROPOSAL,
            "the ballot is of another co-op or another proposal".to_owned(),
        ));
    }
    if ballot.at < question.opens_at || ballot.at > context.closes_at {
        let (at, opens, closes) = (ballot.at, question.opens_at, context.closes_at);
        faults.push((
            IN_TIME,
            format!("the ballot came at {at}, voting went from {opens} to {closes}"),
        ));
    }
    let reason = ballot
        .reason
        .as_ref()
        .map_or(Hash32::ZERO, |text| keccak256(text.as_bytes()));
    if reason != record.reason {
        faults.push((REASON, "the reason does not have the hash that was signed".to_owned()));
    }
    let choice = check_choice(record, &context.question, &mut faults);
    let hash = record.struct_hash();
    let claim = ballot.log_index.map(|index| {
        let entry = LogEntry {
            type_hash: context.ballot_type,
            record_hash: hash,
        };
        (index, entry.leaf_hash())
    });
    let (mut weight, mut has_key) = (None, false);
    if let Some(voters) = &context.voters {
        let voter = voters.get(&record.voter);
        match voter {
            None => faults.push((ON_ROLL, format!("{} is not on the roll", record.voter))),
            Some(voter) => weight = Some(voter.weight),
        }
        let keys = voter.map_or(&[][..], |voter| &voter.keys);
        has_key = !keys.is_empty();
        if let Err(text) = check_signature(&ballot, hash, keys, context) {
            faults.push((SIGNATURE, text));
        }
    }
    Ok(Facts {
        line,
        proposal_hash: record.proposal_hash,
        voter: record.voter,
        revision: record.revision,
        hash,
        kind: ballot.kind,
        sequence: ballot.sequence,
        at: ballot.at,
        counted: ballot.counted,
        choice,
        weight,
        has_key,
        claim,
        faults,
    })
}

fn check_signature(ballot: &BallotLine, hash: Hash32, keys: &[PublicKey], context: &Context) -> Result<(), String> {
    let bytes = from_hex(&ballot.public_key).ok_or_else(|| SignatureRefusal::MalformedKey.to_string())?;
    let kind = SignatureKind::from(ballot.kind);
    // Keys of roll and header were read as keys once; this one is not read again where it is one of them.
    let is_same = |key: &&PublicKey| key.kind() == kind && key.as_bytes() == bytes;
    let known = match ballot.kind {
        BundleSignatureKind::Session => context.header.server_key.as_ref().filter(|key| key.as_bytes() == bytes),
        BundleSignatureKind::Wallet | BundleSignatureKind::Passkey | BundleSignatureKind::Ed25519 => {
            keys.iter().find(is_same)
        }
    };
    let Some(key) = known else {
        let key = PublicKey::parse(kind, &bytes).map_err(|refusal| refusal.to_string())?;
        return Err(match ballot.kind {
            BundleSignatureKind::Session => "the ballot is attested by another key than the server's".to_owned(),
            BundleSignatureKind::Wallet | BundleSignatureKind::Passkey | BundleSignatureKind::Ed25519 => {
                format!("the key {key} is not the voter's on the roll")
            }
        });
    };
    let bytes = from_hex(&ballot.signature).ok_or("the signature is malformed")?;
    signature::verify(key, digest_under(context.separator, hash), &bytes).map_err(|refusal| refusal.to_string())
}
