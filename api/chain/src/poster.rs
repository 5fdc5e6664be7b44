//! The key that pays for anchors, and the transactions it signs.

use std::fmt;

use ethers_core::types::transaction::eip2718::TypedTransaction;
use ethers_core::types::{Bytes, Eip1559TransactionRequest, NameOrAddress};
use ethers_signers::{LocalWallet, Signer};
use governance::hash::Hash32;

use crate::contract::{Call, from_ethers, to_ethers};
use crate::types::{Address, Fees};

/// The account that posts anchors. Its key can add anchors where a namespace names it as poster, and spend its own balance on
/// gas; it can do nothing else.
#[derive(Clone)]
pub struct Poster {
    wallet: LocalWallet,
    chain_id: u64,
}

/// Why bytes are no key, or a transaction could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the 32 bytes are not a valid secp256k1 key")]
pub struct PosterKeyError;

/// Everything that goes into a transaction but the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionPlan {
    /// What is asked of the chain.
    pub call: Call,
    /// The account's transaction number.
    pub nonce: u64,
    /// The most gas it may use. Fixed at the first attempt; a replacement changes fees only.
    pub gas: u64,
    /// What it offers for each unit of gas.
    pub fees: Fees,
}

/// A transaction as it goes over the wire, its hash known before anyone has seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTransaction {
    /// The bytes.
    pub raw: Vec<u8>,
    /// Their hash, by which the chain knows the transaction.
    pub hash: Hash32,
}

impl Poster {
    /// Takes the key for one chain; the chain's id is part of every signature.
    ///
    /// # Errors
    /// If the bytes are zero or not below the order of the curve.
    pub fn from_key(key: [u8; 32], chain_id: u64) -> Result<Self, PosterKeyError> {
        let wallet = LocalWallet::from_bytes(&key)
            .map_err(|_| PosterKeyError)?
            .with_chain_id(chain_id);
        Ok(Self { wallet, chain_id })
    }

    /// The account.
    #[must_use]
    pub fn address(&self) -> Address {
        from_ethers(self.wallet.address())
    }

    /// The chain it signs for.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Signs. The same plan gives the same bytes (RFC 6979), so a plan that was signed twice is still one transaction.
    ///
    /// # Errors
    /// If the curve library refuses, which needs a hash of zero.
    pub fn sign(&self, plan: &TransactionPlan) -> Result<SignedTransaction, PosterKeyError> {
        let request = Eip1559TransactionRequest {
            from: Some(self.wallet.address()),
            to: plan.call.to().map(|address| NameOrAddress::Address(to_ethers(address))),
            gas: Some(plan.gas.into()),
            value: Some(0.into()),
            data: Some(Bytes::from(plan.call.data())),
            nonce: Some(plan.nonce.into()),
            max_priority_fee_per_gas: Some(plan.fees.tip.into()),
            max_fee_per_gas: Some(plan.fees.max_fee.into()),
            chain_id: Some(self.chain_id.into()),
            access_list: ethers_core::types::transaction::eip2930::AccessList::default(),
        };
        let transaction = TypedTransaction::Eip1559(request);
        let signature = self
            .wallet
            .sign_transaction_sync(&transaction)
            .map_err(|_| PosterKeyError)?;
        let raw = transaction.rlp_signed(&signature).to_vec();
        let hash = governance::hash::keccak256(&raw);
        Ok(SignedTransaction { raw, hash })
    }
}

impl fmt::Debug for Poster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Poster")
            .field("address", &self.address())
            .field("chain_id", &self.chain_id)
            .field("key", &"redacted")
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [0x42; 32];

    fn plan() -> TransactionPlan {
        TransactionPlan {
            call: Call::Nothing {
                to: Address::from_bytes([7; 20]),
            },
            nonce: 3,
            gas: 21_000,
            fees: Fees {
                max_fee: 2_000_000_000,
                tip: 1_000_000_000,
            },
        }
    }

    #[test]
    fn one_plan_gives_one_transaction() {
        let poster = Poster::from_key(KEY, 31_337).unwrap();
        let first = poster.sign(&plan()).unwrap();
        assert_eq!(first, poster.sign(&plan()).unwrap());
        assert_eq!(first.raw.first(), Some(&2));
        let dearer = TransactionPlan {
            fees: Fees {
                max_fee: 3_000_000_000,
                tip: 1_000_000_000,
            },
            ..plan()
        };
        assert_ne!(first.hash, poster.sign(&dearer).unwrap().hash);
    }

    #[test]
    fn the_key_is_not_in_the_debug_text() {
        let text = format!("{:?}", Poster::from_key(KEY, 1).unwrap());
        assert!(text.contains("redacted"));
        assert!(!text.contains("4242"), "{text}");
    }

    #[test]
    fn zero_is_no_key() {
        assert_eq!(Poster::from_key([0; 32], 1).unwrap_err(), PosterKeyError);
    }
}
