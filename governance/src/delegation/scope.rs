//! What a delegation reaches, and which one speaks in a proposal.

use serde::{Deserialize, Serialize};

use crate::hash::{Hash32, keccak256};
use crate::record::DelegationV1;
use crate::time::Timestamp;

/// How far a delegation reaches; the later, the narrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// Every decision of the co-op.
    Coop,
    /// Every decision of one kind.
    Kind,
    /// One proposal.
    Proposal,
}

impl ScopeKind {
    /// All of them, the widest first.
    pub const ALL: [Self; 3] = [Self::Coop, Self::Kind, Self::Proposal];

    /// The number in [`DelegationV1::scope_kind`].
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Coop => 1,
            Self::Kind => 2,
            Self::Proposal => 3,
        }
    }

    /// The one with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coop => "coop",
            Self::Kind => "kind",
            Self::Proposal => "proposal",
        }
    }
}

/// What a delegation reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// How far.
    pub kind: ScopeKind,
    /// Of what: zero, [`kind_word`], or the proposal's id as a word.
    pub of: Hash32,
}

/// The word of a kind of decision: the hash of its name.
#[must_use]
pub fn kind_word(name: &str) -> Hash32 {
    keccak256(name.as_bytes())
}

/// One delegation as it stands: the newest of its truster and scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Who trusts.
    pub truster: Hash32,
    /// Who is trusted; `None` says that nobody is.
    pub trustee: Option<Hash32>,
    /// What it reaches.
    pub scope: Scope,
    /// From when on it holds no more; zero for one that was taken back.
    pub valid_until: Timestamp,
    /// 1 for the truster's first of this scope.
    pub revision: u64,
    /// The struct hash of its [`DelegationV1`].
    pub record_hash: Hash32,
}

impl Edge {
    /// The edge that a record with this struct hash tells of; `None` where its scope is none.
    #[must_use]
    pub fn from_record(record: &DelegationV1, record_hash: Hash32) -> Option<Self> {
        let kind = ScopeKind::from_code(record.scope_kind)?;
        let is_whole = kind == ScopeKind::Coop;
        (is_whole == (record.scope == Hash32::ZERO)).then_some(Self {
            truster: record.truster,
            trustee: Some(record.trustee).filter(|trustee| *trustee != Hash32::ZERO),
            scope: Scope { kind, of: record.scope },
            valid_until: Timestamp(record.valid_until),
            revision: record.revision,
            record_hash,
        })
    }
}

/// In which proposal, and when, delegations are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// The word of its kind: [`kind_word`].
    pub kind: Hash32,
    /// Its id as a word.
    pub proposal: Hash32,
    /// The moment: the announced end of voting.
    pub moment: Timestamp,
    /// The most weight of others that one member may carry, where the rule says so.
    pub carried_max: Option<u128>,
}

/// What a delegation is to a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is of another kind or proposal.
    Elsewhere,
    /// It would reach it, but does not hold any more.
    Over,
    /// It reaches it.
    Holds,
}

impl Asked {
    /// What a delegation of this scope that holds until a moment is to the proposal.
    #[must_use]
    pub fn standing(&self, scope: Scope, valid_until: Timestamp) -> Standing {
        let reaches = match scope.kind {
            ScopeKind::Coop => scope.of == Hash32::ZERO,
            ScopeKind::Kind => scope.of == self.kind,
            ScopeKind::Proposal => scope.of == self.proposal,
        };
        if !reaches {
            Standing::Elsewhere
        } else if valid_until <= self.moment {
            Standing::Over
        } else {
            Standing::Holds
        }
    }
}
