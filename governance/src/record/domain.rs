//! The EIP-712 domain and the namespace of a co-op.

use crate::hash::{Hash32, keccak256, keccak256_words};
use crate::id::CoopId;

/// The chain and the contract that anchor a co-op's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainDomain {
    /// The chain's id (EIP-155).
    pub chain_id: u64,
    /// The address of the anchor contract.
    pub contract: [u8; 20],
}

/// The signing domain: name `Rochdale`, version `1`, salt = the co-op's namespace, and the chain where there is one.
///
/// Without a chain, `chainId` and `verifyingContract` are left out of the domain type altogether; a zero would be a claim about
/// a chain that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    /// The namespace of the co-op.
    pub namespace: Hash32,
    /// The chain, if the co-op anchors on one.
    pub chain: Option<ChainDomain>,
}

impl Domain {
    /// The name that wallets show.
    pub const NAME: &'static str = "Rochdale";
    /// The version of the domain.
    pub const VERSION: &'static str = "1";
    const TYPE_ON_CHAIN: &'static str =
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)";
    const TYPE_WITHOUT_CHAIN: &'static str = "EIP712Domain(string name,string version,bytes32 salt)";

    /// `hashStruct(EIP712Domain)`.
    #[must_use]
    pub fn separator(&self) -> Hash32 {
        let name = keccak256(Self::NAME.as_bytes());
        let version = keccak256(Self::VERSION.as_bytes());
        match &self.chain {
            Some(chain) => keccak256_words(&[
                keccak256(Self::TYPE_ON_CHAIN.as_bytes()),
                name,
                version,
                Hash32::from_u128(u128::from(chain.chain_id)),
                Hash32::left_padded(&chain.contract),
                self.namespace,
            ]),
            None => keccak256_words(&[
                keccak256(Self::TYPE_WITHOUT_CHAIN.as_bytes()),
                name,
                version,
                self.namespace,
            ]),
        }
    }
}

/// The namespace of a co-op that anchors on chain: `keccak256(abi.encode(registrar, co-op id))`.
///
/// The registrar is the account that opens the namespace in the contract, so nobody else can take it, and the namespace is
/// known before anything is deployed.
#[must_use]
pub fn namespace_on_chain(registrar: [u8; 20], coop: CoopId) -> Hash32 {
    keccak256_words(&[Hash32::left_padded(&registrar), coop.word()])
}

/// The namespace of a co-op without a chain: `keccak256(abi.encode(keccak256("rochdale.coop"), co-op id))`.
#[must_use]
pub fn namespace_without_chain(coop: CoopId) -> Hash32 {
    keccak256_words(&[keccak256(b"rochdale.coop"), coop.word()])
}
