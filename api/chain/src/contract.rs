//! The anchor contract: its calls, what its views answer, and the hash of a link.

use std::sync::LazyLock;

use ethers_core::abi::{AbiDecode, AbiEncode};
use ethers_core::types as ethers_types;
use governance::hash::{Hash32, from_hex, keccak256, keccak256_words};

use crate::distributor::Terms;
use crate::types::{Address, Head, Place, Roles};

/// What the macro writes from the committed artifact; nothing of it leaves this crate.
#[allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    rust_2018_idioms
)]
mod generated {
    ethers_contract::abigen!(
        RochdaleAnchor,
        "$CARGO_MANIFEST_DIR/../../contracts/artifacts/RochdaleAnchor.json"
    );
}

pub(crate) use generated::RochdaleAnchorCalls as Calls;

const ARTIFACT: &str = include_str!("../../../contracts/artifacts/RochdaleAnchor.json");

/// One anchor of one namespace, as the contract takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorItem {
    /// The namespace.
    pub namespace: Hash32,
    /// The number of the anchor, from 1.
    pub seq: u64,
    /// How many records it covers, from the beginning.
    pub size: u64,
    /// The link of the anchor before it; zero for the first.
    pub prev: Hash32,
    /// The root over the records.
    pub root: Hash32,
}

/// That an anchor's root holds a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafClaim {
    /// The anchor.
    pub item: AnchorItem,
    /// The siblings from the leaf to the root.
    pub proof: Vec<Hash32>,
    /// The leaf, hashed twice.
    pub leaf: Hash32,
}

/// Something to ask of a chain in a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Create the contract.
    Deploy,
    /// Create a contract from which members claim.
    DeployDistributor(Terms),
    /// Open a namespace for the sender.
    Open {
        /// The contract.
        contract: Address,
        /// The co-op's id as a word.
        salt: Hash32,
        /// Who names the roles.
        admin: Address,
        /// Who anchors.
        poster: Address,
    },
    /// Add one anchor.
    Anchor {
        /// The contract.
        contract: Address,
        /// The anchor.
        item: AnchorItem,
    },
    /// Add several anchors at once.
    AnchorMany {
        /// The contract.
        contract: Address,
        /// The anchors in order.
        items: Vec<AnchorItem>,
    },
    /// Plain value to an account, without a message. An operator clears a stuck nonce so, and tests take one.
    Nothing {
        /// The account.
        to: Address,
    },
}

impl Call {
    /// The account called; `None` where a contract is created.
    #[must_use]
    pub const fn to(&self) -> Option<Address> {
        match self {
            Self::Deploy | Self::DeployDistributor(_) => None,
            Self::Open { contract, .. } | Self::Anchor { contract, .. } | Self::AnchorMany { contract, .. } => {
                Some(*contract)
            }
            Self::Nothing { to } => Some(*to),
        }
    }

    /// The message: selector and encoded arguments, or the code to run for a creation.
    #[must_use]
    pub fn data(&self) -> Vec<u8> {
        match self {
            Self::Deploy => CODES.creation.clone(),
            Self::DeployDistributor(terms) => terms.creation(),
            Self::Open {
                salt, admin, poster, ..
            } => generated::OpenCall {
                salt: *salt.as_bytes(),
                admin: to_ethers(*admin),
                poster: to_ethers(*poster),
            }
            .encode(),
            Self::Anchor { item, .. } => generated::AnchorCall { item: (*item).into() }.encode(),
            Self::AnchorMany { items, .. } => generated::AnchorManyCall {
                items: items.iter().map(|item| (*item).into()).collect(),
            }
            .encode(),
            Self::Nothing { .. } => Vec::new(),
        }
    }
}

impl From<AnchorItem> for generated::Item {
    fn from(item: AnchorItem) -> Self {
        Self {
            ns: *item.namespace.as_bytes(),
            seq: item.seq,
            size: item.size,
            prev: *item.prev.as_bytes(),
            root: *item.root.as_bytes(),
        }
    }
}

impl From<generated::Item> for AnchorItem {
    fn from(item: generated::Item) -> Self {
        Self {
            namespace: Hash32::from_bytes(item.ns),
            seq: item.seq,
            size: item.size,
            prev: Hash32::from_bytes(item.prev),
            root: Hash32::from_bytes(item.root),
        }
    }
}

/// The link that the contract stores for `item`:
/// `keccak256(abi.encode(LINK, chainid, contract, ns, seq, size, root, prev))`.
#[must_use]
pub fn link_hash(chain_id: u64, contract: Address, item: &AnchorItem) -> Hash32 {
    keccak256_words(&[
        keccak256(b"RochdaleAnchor.Link.V1"),
        Hash32::from_u128(u128::from(chain_id)),
        contract.word(),
        item.namespace,
        Hash32::from_u128(u128::from(item.seq)),
        Hash32::from_u128(u128::from(item.size)),
        item.root,
        item.prev,
    ])
}

/// The code that stands at the contract's address once it is created. It has no immutable values, so it is the same everywhere.
#[must_use]
pub fn deployed_bytecode() -> Vec<u8> {
    CODES.deployed.clone()
}

/// Both codes, read once.
static CODES: LazyLock<Codes> = LazyLock::new(|| Codes {
    creation: field("bytecode"),
    deployed: field("deployedBytecode"),
});

struct Codes {
    creation: Vec<u8>,
    deployed: Vec<u8>,
}

/// The artifact is committed and tested to parse, so a missing field cannot be met outside a broken build; it would give empty
/// bytes, which no chain accepts as a creation.
fn field(name: &str) -> Vec<u8> {
    serde_json::from_str::<serde_json::Value>(ARTIFACT)
        .ok()
        .and_then(|artifact| artifact.get(name)?.as_str().and_then(from_hex))
        .unwrap_or_default()
}

pub(crate) fn link_query(place: Place, seq: u64) -> Vec<u8> {
    generated::LinkCall {
        ns: *place.namespace.as_bytes(),
        seq,
    }
    .encode()
}

pub(crate) fn link_answer(bytes: &[u8]) -> Option<Hash32> {
    generated::LinkReturn::decode(bytes)
        .ok()
        .map(|answer| Hash32::from_bytes(answer.0))
}

pub(crate) fn head_query(place: Place) -> Vec<u8> {
    generated::HeadCall {
        ns: *place.namespace.as_bytes(),
    }
    .encode()
}

pub(crate) fn head_answer(bytes: &[u8]) -> Option<Head> {
    let head = generated::HeadReturn::decode(bytes).ok()?.0;
    Some(Head {
        seq: head.seq,
        size: head.size,
        anchored_at: head.anchored_at,
        closed: head.closed,
    })
}

pub(crate) fn roles_query(place: Place) -> Vec<u8> {
    generated::RolesOfCall {
        ns: *place.namespace.as_bytes(),
    }
    .encode()
}

pub(crate) fn roles_answer(bytes: &[u8]) -> Option<Roles> {
    let roles = generated::RolesOfReturn::decode(bytes).ok()?.0;
    Some(Roles {
        admin: from_ethers(roles.admin),
        poster: from_ethers(roles.poster),
        successor: from_ethers(roles.successor),
    })
}

pub(crate) fn verify_query(claim: &LeafClaim) -> Vec<u8> {
    generated::VerifyCall {
        item: claim.item.into(),
        proof: claim.proof.iter().map(|sibling| *sibling.as_bytes()).collect(),
        leaf: *claim.leaf.as_bytes(),
    }
    .encode()
}

pub(crate) fn verify_answer(bytes: &[u8]) -> Option<bool> {
    generated::VerifyReturn::decode(bytes).ok().map(|answer| answer.0)
}

pub(crate) fn to_ethers(address: Address) -> ethers_types::Address {
    ethers_types::H160(*address.as_bytes())
}

pub(crate) const fn from_ethers(address: ethers_types::Address) -> Address {
    Address::from_bytes(address.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_artifact_holds_both_codes() {
        assert!(Call::Deploy.data().len() > 1_000);
        assert!(deployed_bytecode().len() > 1_000);
        assert!(Call::Deploy.data().len() > deployed_bytecode().len());
    }

    #[test]
    fn an_anchor_is_encoded_as_a_selector_and_five_words() {
        let item = AnchorItem {
            namespace: keccak256(b"ns"),
            seq: 3,
            size: 258,
            prev: keccak256(b"prev"),
            root: keccak256(b"root"),
        };
        let data = Call::Anchor {
            contract: Address::ZERO,
            item,
        }
        .data();
        let selector = keccak256(b"anchor((bytes32,uint64,uint64,bytes32,bytes32))");
        let words: Vec<u8> = [
            item.namespace,
            Hash32::from_u128(3),
            Hash32::from_u128(258),
            item.prev,
            item.root,
        ]
        .iter()
        .flat_map(|word| *word.as_bytes())
        .collect();
        assert_eq!(data.get(..4), selector.as_bytes().get(..4));
        assert_eq!(data.get(4..), Some(words.as_slice()));
    }
}
