//! The co-op itself.

use chrono::{DateTime, Utc};
use governance::bylaws::{Admission, Bylaws};
use governance::hash::{Hash32, from_hex, to_hex};
use governance::id::CoopId;
use governance::membership::Class;
use governance::record::{ChainDomain, Domain};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::names::{AdmissionName, ClassName};
use super::{HaltView, MemberView};
use crate::page::Page;

/// Founds a co-op. Whoever asks becomes its first member and steward.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundCoop {
    /// Its short name, in addresses and file names: 3 to 40 characters of a-z, 0-9 and hyphen, from a letter to no hyphen.
    #[schema(example = "pioneers")]
    pub slug: String,
    /// Its name, up to 120 characters.
    #[schema(example = "Rochdale Equitable Pioneers")]
    pub name: String,
    /// How the founder is called there, up to 120 characters.
    pub display_name: String,
    /// The founder's class; `worker` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ClassName>)]
    pub class: Option<Class>,
    /// Its first bylaws; motions by simple majority and elections by STV unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub bylaws: Option<Bylaws>,
}

/// The domain of every signature in a co-op (EIP-712). Without a chain, the two fields of the chain are left out of the domain
/// type as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DomainView {
    /// `Rochdale`.
    pub name: String,
    /// `1`.
    pub version: String,
    /// The chain (EIP-155).
    pub chain_id: Option<u64>,
    /// The anchor contract.
    pub verifying_contract: Option<String>,
    /// The namespace of the co-op.
    #[schema(value_type = String)]
    pub salt: Hash32,
}

impl From<&Domain> for DomainView {
    fn from(domain: &Domain) -> Self {
        Self {
            name: Domain::NAME.to_owned(),
            version: Domain::VERSION.to_owned(),
            chain_id: domain.chain.map(|chain| chain.chain_id),
            verifying_contract: domain.chain.map(|chain| to_hex(&chain.contract)),
            salt: domain.namespace,
        }
    }
}

impl DomainView {
    /// The domain it shows; `None` where it is no domain of this version.
    #[must_use]
    pub fn domain(&self) -> Option<Domain> {
        let chain = match (self.chain_id, &self.verifying_contract) {
            (Some(chain_id), Some(contract)) => Some(ChainDomain {
                chain_id,
                contract: from_hex(contract)?.try_into().ok()?,
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return None,
        };
        let domain = Domain {
            namespace: self.salt,
            chain,
        };
        (Self::from(&domain) == *self).then_some(domain)
    }
}

/// How many belong to a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountsView {
    /// Members in good standing.
    pub active: i64,
    /// Of these, those of a class that votes.
    pub voting: i64,
    /// Members whose rights are suspended.
    pub suspended: i64,
}

/// A co-op, as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoopView {
    /// The co-op.
    #[schema(value_type = Uuid)]
    pub id: CoopId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// When it was founded here.
    pub created_at: DateTime<Utc>,
    /// What separates its records and signatures from those of all others.
    #[schema(value_type = String)]
    pub namespace: Hash32,
    /// The domain of signatures.
    pub domain: DomainView,
    /// The account that opens the namespace on the chain; null without a chain.
    pub registrar: Option<String>,
    /// The address of a page about a transaction of the chain, `{tx}` in the place of its hash; null where the operator named none.
    pub explorer: Option<String>,
    /// The Ed25519 key with which the server attests ballots and signs receipts.
    pub server_key: String,
    /// The key of its log, under the log's name: what `rochdale-audit watch --key` takes. Its files lie under `/log/`.
    pub log_key: String,
    /// The version of the bylaws in force.
    pub bylaws_version: i64,
    /// The halt that is in force, if one is.
    pub halt: Option<HaltView>,
    /// The caller's own membership.
    pub me: MemberView,
    /// How many belong to it.
    pub counts: CountsView,
}

/// A co-op in the list of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoopSummary {
    /// The co-op.
    #[schema(value_type = Uuid)]
    pub id: CoopId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The caller's own membership.
    pub me: MemberView,
}

/// A page of co-ops.
pub type CoopPage = Page<CoopSummary>;

/// A co-op as anyone may see it who could join it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectoryEntry {
    /// The co-op.
    #[schema(value_type = Uuid)]
    pub id: CoopId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What separates its records and signatures from those of all others.
    #[schema(value_type = String)]
    pub namespace: Hash32,
    /// How people join.
    #[schema(value_type = AdmissionName)]
    pub admission: Admission,
}
