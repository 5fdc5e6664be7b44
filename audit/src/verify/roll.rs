//! The roll: who may vote, with what weight and which keys.

use std::collections::HashMap;
use std::sync::Arc;

use governance::hash::{Hash32, from_hex};
use governance::merkle;
use governance::roll::{RollEntry, RollKey, roll_leaf};
use governance::signature::{PublicKey, SignatureKind};
use wire::bundle::{BundleKey, BundleSignatureKind, RollLine, Section};

use super::question::Question;
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
    /// Shared with the threads that check ballots, as long as ballots are read.
    pub(super) voters: Arc<Voters>,
    leaves: Vec<Hash32>,
    weight: u128,
    last: Option<Hash32>,
    /// How many keys are kept.
    pub(super) keys: u64,
}

pub(super) const SIZE: &str = "the roll has the size that was announced";

impl Roll {
    pub(super) fn take(&mut self, ledger: &mut Ledger, at: At, line: RollLine, question: Option<&Question>) {
        ledger.hold(
            at,
            "every member stands once, in order",
            self.last.is_none_or(|last| last < line.voter),
            || format!("{} comes after a voter who is not before it", line.voter),
        );
        self.last = Some(line.voter);
        // No rule gives any class or college of members another weight.
        ledger.hold(at, "every member has one vote", line.weight == 1, || {
            format!("{} has the weight {}, not 1", line.voter, line.weight)
        });
        let keys: Option<Vec<RollKey>> = line.keys.iter().map(read_key).collect();
        ledger.hold(at, "keys are keys", keys.is_some(), || {
            format!("a key of {} is malformed", line.voter)
        });
        let entry = RollEntry {
            voter: line.voter,
            weight: line.weight,
            keys: keys.unwrap_or_default(),
        };
        if let Some(question) = question {
            self.leaves.push(roll_leaf(question.line.record.proposal, &entry));
        }
        self.weight = self.weight.saturating_add(line.weight);
        let keys = entry.keys.into_iter().map(|key| key.public_key).collect();
        self.keys = self
            .keys
            .saturating_add(u64::try_from(line.keys.len()).unwrap_or(u64::MAX));
        let weight = line.weight;
        // No ballot is being checked while the roll is read, so nothing is copied here.
        Arc::make_mut(&mut self.voters).insert(line.voter, Voter { weight, keys });
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
        let root = merkle::root(std::mem::take(&mut self.leaves));
        ledger.hold(
            at,
            "the roll has the root that was announced",
            root == record.roll,
            || format!("the root is {root}, the proposal says {}", record.roll),
        );
    }
}

fn read_key(key: &BundleKey) -> Option<RollKey> {
    let kind = match key.kind {
        BundleSignatureKind::Wallet => SignatureKind::Wallet,
        BundleSignatureKind::Ed25519 => SignatureKind::Ed25519,
        BundleSignatureKind::Session => return None,
    };
    let public_key = PublicKey::parse(kind, &from_hex(&key.public_key)?).ok()?;
    Some(RollKey {
        public_key,
        registered_sequence: key.registered_sequence,
    })
}
