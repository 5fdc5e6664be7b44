//! The roll: who may vote, with what weight and which keys.

use std::collections::HashMap;
use std::sync::Arc;

use governance::hash::{Hash32, from_hex};
use governance::merkle;
use governance::roll::{RollEntry, RollKey, roll_leaf};
use governance::signature::{PublicKey, SignatureKind};
use wire::bundle::{BundleKey, BundleSignatureKind, RollLine, Section};

use super::pipeline::Pipeline;
use super::question::Question;
use super::{WELL_FORMED, read};
use crate::report::{At, Ledger};

/// The members by their word.
pub(super) type Voters = HashMap<Hash32, Voter>;

/// A member on the roll.
#[derive(Clone)]
pub(super) struct Voter {
    pub(super) weight: u128,
    pub(super) keys: Vec<PublicKey>,
}

/// The roll, as far as it was read.
#[derive(Default)]
pub(super) struct Roll {
    /// Where lines are being checked; only between the first member and a line of another section.
    pipeline: Option<Pipeline<Checked>>,
    /// Shared with the threads that check ballots, as long as ballots are read.
    pub(super) voters: Arc<Voters>,
    leaves: Vec<Hash32>,
    weight: u128,
    last: Option<Hash32>,
    /// How many keys are kept.
    pub(super) keys: u64,
}

/// A line that was checked by itself: the member, or the number of a line that cannot be read and why.
type Checked = Result<Member, (u64, String)>;

/// What one line says.
struct Member {
    line: u64,
    voter: Hash32,
    weight: u128,
    /// `None` if one of them is malformed.
    keys: Option<Vec<PublicKey>>,
    /// How many keys the line names.
    key_count: usize,
    /// `None` without a proposal.
    leaf: Option<Hash32>,
}

const PSEUDONYMS: &str = "a roll of pseudonyms names nobody";
pub(super) const SIZE: &str = "the roll has the size that was announced";

impl Roll {
    /// Begins to check a line, and takes in those that were checked meanwhile.
    pub(super) fn push(&mut self, ledger: &mut Ledger, (number, line): (u64, &[u8]), question: Option<&Question>) {
        let pipeline = self.pipeline.get_or_insert_with(|| {
            let proposal = question.map(|question| question.line.record.proposal);
            Pipeline::new(move |number, line| check_one(number, line, proposal))
        });
        let results = pipeline.push(number, line);
        self.take_all(ledger, results);
    }

    /// Waits until every line that was given is checked, and takes it in.
    pub(super) fn flush(&mut self, ledger: &mut Ledger) {
        let Some(mut pipeline) = self.pipeline.take() else {
            return;
        };
        while let Some(results) = pipeline.next() {
            self.take_all(ledger, results);
        }
    }

    fn take_all(&mut self, ledger: &mut Ledger, results: Vec<Checked>) {
        if results.is_empty() {
            return;
        }
        let at = At::section(Section::Roll);
        ledger.made(at, WELL_FORMED, u64::try_from(results.len()).unwrap_or(u64::MAX));
        for result in results {
            match result {
                Ok(member) => self.take(ledger, member),
                Err((line, text)) => ledger.fail(at.line(line), WELL_FORMED, text),
            }
        }
    }

    fn take(&mut self, ledger: &mut Ledger, member: Member) {
        let at = At::section(Section::Roll).line(member.line);
        let (voter, weight) = (member.voter, member.weight);
        ledger.hold(
            at,
            "every member stands once, in order",
            self.last.is_none_or(|last| last < voter),
            || format!("{voter} comes after a voter who is not before it"),
        );
        self.last = Some(voter);
        // No rule gives any class or college of members another weight.
        ledger.hold(at, "every member has one vote", weight == 1, || {
            format!("{voter} has the weight {weight}, not 1")
        });
        ledger.hold(at, "keys are keys", member.keys.is_some(), || {
            format!("a key of {voter} is malformed")
        });
        self.leaves.extend(member.leaf);
        self.weight = self.weight.saturating_add(weight);
        self.keys = self
            .keys
            .saturating_add(u64::try_from(member.key_count).unwrap_or(u64::MAX));
        let keys = member.keys.unwrap_or_default();
        // No ballot is being checked while the roll is read, so nothing is copied here.
        Arc::make_mut(&mut self.voters).insert(voter, Voter { weight, keys });
    }

    pub(super) fn finish(&mut self, ledger: &mut Ledger, question: &Question) {
        let (at, record) = (At::section(Section::Roll), &question.line.record);
        ledger.hold(
            at,
            SIZE,
            u64::try_from(self.leaves.len()).ok() == Some(u64::from(record.roll_count)),
            || {
                format!(
                    "{} members stand here, {} in the proposal",
                    self.leaves.len(),
                    record.roll_count
                )
            },
        );
        ledger.hold(
            at,
            "the roll has the weight that was announced",
            self.weight == record.roll_weight,
            || {
                format!(
                    "the weights add up to {}, the proposal says {}",
                    self.weight, record.roll_weight
                )
            },
        );
        if question.tier.hides_names() {
            ledger.hold(at, PSEUDONYMS, self.keys == 0, || {
                "a key stands on the roll, which tells whose pseudonym it is".to_owned()
            });
            let named = self.voters.keys().filter(|voter| !is_random(**voter)).count();
            ledger.hold(at, PSEUDONYMS, named == 0, || {
                format!("{named} voters do not have random names, as pseudonyms must be")
            });
        }
        let root = merkle::root(std::mem::take(&mut self.leaves));
        ledger.hold(
            at,
            "the roll has the root that was announced",
            root == record.roll,
            || format!("the root is {root}, the proposal says {}", record.roll),
        );
    }
}

/// Whether a word is a random identifier (RFC 9562, version 4); those of members begin with the time they were made.
fn is_random(voter: Hash32) -> bool {
    let [zeros @ .., _, _, _, _, _, _, version, _, variant, _, _, _, _, _, _, _] = voter.as_bytes();
    zeros.iter().all(|byte| *byte == 0) && version >> 4 == 4 && variant >> 6 == 0b10
}

fn check_one(number: u64, bytes: &[u8], proposal: Option<Hash32>) -> Checked {
    let line: RollLine = read(bytes).map_err(|text| (number, text))?;
    let keys: Option<Vec<RollKey>> = line.keys.iter().map(read_key).collect();
    let is_readable = keys.is_some();
    let entry = RollEntry {
        voter: line.voter,
        weight: line.weight,
        keys: keys.unwrap_or_default(),
    };
    let leaf = proposal.map(|proposal| roll_leaf(proposal, &entry));
    let keys: Vec<PublicKey> = entry.keys.into_iter().map(|key| key.public_key).collect();
    Ok(Member {
        line: number,
        voter: line.voter,
        weight: line.weight,
        keys: is_readable.then_some(keys),
        key_count: line.keys.len(),
        leaf,
    })
}

fn read_key(key: &BundleKey) -> Option<RollKey> {
    let kind = match key.kind {
        BundleSignatureKind::Wallet => SignatureKind::Wallet,
        BundleSignatureKind::Passkey => SignatureKind::Passkey,
        BundleSignatureKind::Ed25519 => SignatureKind::Ed25519,
        BundleSignatureKind::Session => return None,
    };
    let public_key = PublicKey::parse(kind, &from_hex(&key.public_key)?).ok()?;
    Some(RollKey {
        public_key,
        registered_sequence: key.registered_sequence,
    })
}
