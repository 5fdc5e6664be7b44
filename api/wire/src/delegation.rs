//! Delegations, and the bench of whoever holds proxies.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::{MemberId, ProposalId};
use governance::rule::Outcome;
use serde::{Deserialize, Serialize};

use crate::ballot::BallotSignature;

/// What a delegation reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "reach", rename_all = "snake_case", deny_unknown_fields)]
pub enum DelegationScope {
    /// Every decision of the co-op.
    Coop {},
    /// Every decision of one kind.
    Kind {
        /// The name of the kind in the bylaws.
        name: String,
    },
    /// One proposal.
    Proposal {
        /// The proposal.
        #[schema(value_type = String, format = Uuid)]
        id: ProposalId,
    },
}

/// Gives a delegation, says that nobody is trusted, or takes back what was given before in this scope.
///
/// The record is `DelegationV1(ns, truster, trustee, scopeKind, scope, validUntil, revision, salt)`: docs/record.md.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveDelegation {
    /// What it reaches.
    pub scope: DelegationScope,
    /// Who is trusted; null says that nobody votes for the caller in this scope, whatever a wider delegation says.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub trustee: Option<MemberId>,
    /// From when on it holds no more, at most four years from now; null takes back what was given in this scope.
    #[serde(default)]
    pub valid_until: Option<DateTime<Utc>>,
    /// 1 for the caller's first delegation of this scope, then the last one and one more.
    pub revision: u64,
    /// 32 random bytes made by the caller, as 0x and hexadecimal digits.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// The signature of a key that the caller has in use, over the EIP-712 digest of the record; without one the server attests
    /// it, and every report counts it apart.
    #[serde(default)]
    pub signature: Option<BallotSignature>,
}

/// A member in a list of delegations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedMember {
    /// The member.
    #[schema(value_type = String, format = Uuid)]
    pub id: MemberId,
    /// The name.
    pub display_name: String,
}

/// A delegation as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DelegationView {
    /// Who trusts.
    pub truster: NamedMember,
    /// Who is trusted; null where nobody is.
    pub trustee: Option<NamedMember>,
    /// What it reaches.
    pub scope: DelegationScope,
    /// Whether it holds now.
    pub holds: bool,
    /// From when on it holds no more; null where it was taken back.
    pub valid_until: Option<DateTime<Utc>>,
    /// The revision; the next one of this scope is one more.
    pub revision: u64,
    /// The salt of its record.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// The hash of its record.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
    /// The sequence number of its record.
    pub record_sequence: u64,
    /// `wallet`, `ed25519`, or `session` where the server attested it.
    pub signature_kind: String,
    /// When it was given.
    pub given_at: DateTime<Utc>,
}

/// The caller's delegations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MyDelegations {
    /// The newest of each scope, those over or taken back included: their revisions go on.
    pub given: Vec<DelegationView>,
    /// How many members trust the caller directly now.
    pub trusted_by: u64,
}

/// How a member voted in one decided proposal, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DelegateVote {
    /// The proposal.
    #[schema(value_type = String, format = Uuid)]
    pub proposal: ProposalId,
    /// Its title.
    pub title: String,
    /// The kind of decision.
    pub kind: String,
    /// How it ended.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// When its count was published.
    pub published_at: DateTime<Utc>,
    /// The member's own ballot; null where only proxy ballots were cast.
    pub ballot: Option<DelegateBallot>,
    /// The weight of others that went with that ballot.
    pub carried_weight: u64,
    /// How many members that were.
    pub carried_members: u64,
    /// The weight of members for whom the member's proxy ballots counted.
    pub proxy_weight: u64,
}

/// A counted ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DelegateBallot {
    /// The options chosen.
    pub options: Vec<u16>,
    /// What each is given.
    pub points: Vec<u32>,
    /// The reason given.
    pub reason: Option<String>,
}

/// How the weight of a roll divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WeightShares {
    /// Of members who voted themselves.
    pub direct: u64,
    /// Of members whose weight another one's vote carried.
    pub delegated: u64,
    /// How much of that by proxy ballots.
    pub by_proxy: u64,
    /// Of all others. The three without `by_proxy` add up to the weight of the roll.
    pub uncast: u64,
}

/// Votes for many members in one action.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CastProxyBallots {
    /// Each choice with the members for whom it is cast; together at most a thousand members, each once.
    pub votes: Vec<ProxyVote>,
}

/// One choice for some members.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxyVote {
    /// The options chosen, as in a ballot.
    pub options: Vec<u16>,
    /// What each is given, as in a ballot.
    pub points: Vec<u32>,
    /// For whom.
    #[schema(value_type = Vec<String>)]
    pub members: Vec<MemberId>,
}

/// What was stored of one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProxyBallotsStored {
    /// One for each member, in the order of their ids.
    pub ballots: Vec<ProxyBallotStored>,
}

/// A stored proxy ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProxyBallotStored {
    /// For whom.
    #[schema(value_type = String, format = Uuid)]
    pub member: MemberId,
    /// The revision.
    pub revision: u64,
    /// The hash of its record.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
}

/// Whose proxies the caller holds in a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProxiesHeld {
    /// The members whose way leads to the caller now and who have not voted themselves, the nearest first.
    pub members: Vec<ProxyHeld>,
    /// Whether there are more than a list holds.
    pub is_cut: bool,
}

/// A member whose proxy the caller holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProxyHeld {
    /// The member.
    pub member: NamedMember,
    /// How many steps the way has: 1 where the member trusts the caller directly.
    pub depth: u8,
}

/// What a holder cast for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProxyBallotView {
    /// Who cast it.
    pub holder: NamedMember,
    /// The revision.
    pub revision: u64,
    /// The options chosen.
    pub options: Vec<u16>,
    /// What each is given.
    pub points: Vec<u32>,
    /// The salt of its record.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// The hash of its record.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
    /// When it was stored.
    pub cast_at: DateTime<Utc>,
}
