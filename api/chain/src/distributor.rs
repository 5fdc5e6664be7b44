//! The contract from which members claim: what its views answer, what it told, and the messages that people send to it.
//!
//! Nothing here is signed. Whoever the contract names as executor submits roots from an account of their own, so that nobody who holds this
//! server can promise the members' money.

use ethers_core::abi::{AbiDecode, AbiEncode};
use ethers_core::types::{self as ethers_types, U256};
use governance::hash::{Hash32, keccak256, keccak256_words};
use governance::ledger::{Claim, ClaimPlace};

use crate::chain::{Chain, ChainFault};
use crate::contract::{from_ethers, to_ethers};
use crate::types::Address;

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
        RochdaleDistributor,
        "$CARGO_MANIFEST_DIR/../../contracts/artifacts/RochdaleDistributor.json"
    );
}

#[allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    rust_2018_idioms
)]
mod token {
    ethers_contract::abigen!(
        Erc20,
        r#"[
            function balanceOf(address account) external view returns (uint256)
            function decimals() external view returns (uint8)
        ]"#
    );
}

/// What a contract is created with, and keeps for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Who submits roots.
    pub executor: Address,
    /// Who can stop a root that waits; at least one.
    pub guardians: Vec<Address>,
    /// For how many seconds a root waits: from a day to thirty.
    pub delay_seconds: u64,
}

impl Terms {
    /// The code to run for a creation.
    #[must_use]
    pub fn creation(&self) -> Vec<u8> {
        let guardians: Vec<ethers_types::Address> = self.guardians.iter().map(|one| to_ethers(*one)).collect();
        let mut code = generated::ROCHDALEDISTRIBUTOR_BYTECODE.to_vec();
        code.extend((to_ethers(self.executor), guardians, self.delay_seconds).encode());
        code
    }

    /// Whether a contract was created with these.
    ///
    /// # Errors
    /// If the chain does not answer, or another contract does.
    pub async fn are_of(&self, chain: &dyn Chain, contract: Address, at: Hash32) -> Result<bool, ChainFault> {
        let answer = chain.view(contract, &generated::TermsCall.encode(), at).await?;
        let told = generated::TermsReturn::decode(&answer).map_err(|_| other("terms"))?;
        let mut are = (from_ethers(told.executor), told.delay) == (self.executor, self.delay_seconds);
        for guardian in &self.guardians {
            let account = to_ethers(*guardian);
            let asked = generated::IsGuardianCall { account }.encode();
            let answer = chain.view(contract, &asked, at).await?;
            let told = generated::IsGuardianReturn::decode(&answer).map_err(|_| other("isGuardian"))?;
            are &= told.0;
        }
        Ok(are)
    }
}

const DOMAIN_TYPE: &[u8] = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const CLAIM_TO_TYPE: &[u8] =
    b"ClaimTo(address token,address account,address recipient,uint256 cumulative,uint64 epoch,uint256 deadline)";

/// A distributor, for one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distributor {
    /// The contract.
    pub contract: Address,
    /// The token.
    pub token: Address,
}

/// Another address that a claim is paid to, and until when the signature for that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// Who is paid.
    pub recipient: Address,
    /// In seconds since 1970.
    pub deadline: u64,
}

/// Where the token stands in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RootStanding {
    /// The active root; zero while there is none.
    pub root: Hash32,
    /// What its claims come to.
    pub total: u128,
    /// What was claimed of it.
    pub claimed: u128,
    /// The epoch of the active root; 0 while there is none.
    pub epoch: u64,
    /// The newest epoch in the queue.
    pub submitted: u64,
}

/// A root in the queue, or that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuedRoot {
    /// The root; zero where none was submitted.
    pub root: Hash32,
    /// What its claims come to.
    pub total: u128,
    /// From when on it may be activated, in seconds since 1970.
    pub active_from: u64,
    /// Whether a guardian stopped it.
    pub is_vetoed: bool,
}

impl Distributor {
    /// The one of a place of claims.
    #[must_use]
    pub const fn of(place: &ClaimPlace) -> Self {
        Self {
            contract: Address::from_bytes(place.distributor),
            token: Address::from_bytes(place.token),
        }
    }

    /// Where the token stands.
    ///
    /// # Errors
    /// If the chain does not answer, or another contract does.
    pub async fn standing(&self, chain: &dyn Chain, at: Hash32) -> Result<RootStanding, ChainFault> {
        let token = to_ethers(self.token);
        let asked = generated::StandingOfCall { token }.encode();
        let answer = chain.view(self.contract, &asked, at).await?;
        let found = generated::StandingOfReturn::decode(&answer)
            .map_err(|_| other("standingOf"))?
            .0;
        Ok(RootStanding {
            root: Hash32::from_bytes(found.root),
            total: small(found.total),
            claimed: small(found.claimed),
            epoch: found.epoch,
            submitted: found.submitted,
        })
    }

    /// The root of an epoch in the queue.
    ///
    /// # Errors
    /// As [`Self::standing`].
    pub async fn queued(&self, chain: &dyn Chain, epoch: u64, at: Hash32) -> Result<QueuedRoot, ChainFault> {
        let token = to_ethers(self.token);
        let asked = generated::QueuedOfCall { token, epoch }.encode();
        let answer = chain.view(self.contract, &asked, at).await?;
        let found = generated::QueuedOfReturn::decode(&answer)
            .map_err(|_| other("queuedOf"))?
            .0;
        Ok(QueuedRoot {
            root: Hash32::from_bytes(found.root),
            total: small(found.total),
            active_from: found.active_from,
            is_vetoed: found.vetoed,
        })
    }

    /// What an account has claimed since the beginning.
    ///
    /// # Errors
    /// As [`Self::standing`].
    pub async fn claimed(&self, chain: &dyn Chain, account: Address, at: Hash32) -> Result<u128, ChainFault> {
        let (token, account) = (to_ethers(self.token), to_ethers(account));
        let asked = generated::ClaimedOfCall { token, account }.encode();
        let answer = chain.view(self.contract, &asked, at).await?;
        let found = generated::ClaimedOfReturn::decode(&answer).map_err(|_| other("claimedOf"))?;
        Ok(small(found.0))
    }

    /// What the contract holds of the token.
    ///
    /// # Errors
    /// As [`Self::standing`].
    pub async fn held(&self, chain: &dyn Chain, at: Hash32) -> Result<u128, ChainFault> {
        let account = to_ethers(self.contract);
        let asked = token::BalanceOfCall { account }.encode();
        let answer = chain.view(self.token, &asked, at).await?;
        let found = token::BalanceOfReturn::decode(&answer).map_err(|_| other("balanceOf"))?;
        Ok(small(found.0))
    }

    /// The decimal places of the token.
    ///
    /// # Errors
    /// As [`Self::standing`].
    pub async fn digits(&self, chain: &dyn Chain, at: Hash32) -> Result<u8, ChainFault> {
        let answer = chain.view(self.token, &token::DecimalsCall.encode(), at).await?;
        let found = token::DecimalsReturn::decode(&answer).map_err(|_| other("decimals"))?;
        Ok(found.0)
    }

    /// Who claimed in these blocks, as the contract told it: a hint whom to ask about.
    ///
    /// # Errors
    /// As [`Self::standing`].
    pub async fn claimants(&self, chain: &dyn Chain, blocks: (u64, u64)) -> Result<Vec<Address>, ChainFault> {
        let told = keccak256(b"Claimed(address,address,address,uint256,uint256,uint64)");
        let logs = chain.logs(self.contract, &[told, self.token.word()], blocks).await?;
        let account = |topics: &Vec<Hash32>| {
            let bytes = topics.get(2)?.as_bytes().get(12..)?.try_into().ok()?;
            Some(Address::from_bytes(bytes))
        };
        Ok(logs.iter().filter_map(account).collect())
    }

    /// The message that submits a root.
    #[must_use]
    pub fn submission(
        &self,
        (epoch, root, total): (u64, Hash32, u128),
        statements: Hash32,
        content: Hash32,
    ) -> Vec<u8> {
        generated::SubmitRootCall {
            token: to_ethers(self.token),
            epoch,
            root: *root.as_bytes(),
            total: U256::from(total),
            statements: *statements.as_bytes(),
            content: *content.as_bytes(),
        }
        .encode()
    }

    /// The message that activates a root.
    #[must_use]
    pub fn activation(&self, epoch: u64) -> Vec<u8> {
        generated::ActivateCall {
            token: to_ethers(self.token),
            epoch,
        }
        .encode()
    }

    /// The message that claims.
    #[must_use]
    pub fn claim(&self, claim: &Claim, epoch: u64, proof: &[Hash32]) -> Vec<u8> {
        let one = self.one(claim, epoch, proof);
        generated::ClaimCall { one }.encode()
    }

    /// The message that brings a signature by which a claim is paid elsewhere.
    #[must_use]
    pub fn claim_to(
        &self,
        (claim, epoch, proof): (&Claim, u64, &[Hash32]),
        to: &Destination,
        signature: &[u8],
    ) -> Vec<u8> {
        generated::ClaimToCall {
            one: self.one(claim, epoch, proof),
            recipient: to_ethers(to.recipient),
            deadline: U256::from(to.deadline),
            signature: signature.to_vec().into(),
        }
        .encode()
    }

    /// What the account signs for that: the EIP-712 digest of the contract's `ClaimTo`.
    #[must_use]
    pub fn claim_to_digest(&self, chain_id: u64, (claim, epoch): (&Claim, u64), to: &Destination) -> Hash32 {
        let number = |value: u64| Hash32::from_u128(value.into());
        let domain = keccak256_words(&[
            keccak256(DOMAIN_TYPE),
            keccak256(b"RochdaleDistributor"),
            keccak256(b"1"),
            number(chain_id),
            self.contract.word(),
        ]);
        let message = keccak256_words(&[
            keccak256(CLAIM_TO_TYPE),
            self.token.word(),
            Hash32::left_padded(&claim.account),
            to.recipient.word(),
            Hash32::from_u128(claim.cumulative),
            number(epoch),
            number(to.deadline),
        ]);
        keccak256(&[&[0x19, 0x01], domain.as_bytes().as_slice(), message.as_bytes()].concat())
    }

    fn one(&self, claim: &Claim, epoch: u64, proof: &[Hash32]) -> generated::Claim {
        generated::Claim {
            token: to_ethers(self.token),
            account: ethers_types::H160(claim.account),
            cumulative: U256::from(claim.cumulative),
            salt: *claim.salt.as_bytes(),
            epoch,
            proof: proof.iter().map(|sibling| *sibling.as_bytes()).collect(),
        }
    }
}

/// Whoever submits roots can name any total, so more than that is not an error of the node: it is more than the books hold, and never theirs.
fn small(value: U256) -> u128 {
    u128::try_from(value).unwrap_or(u128::MAX)
}

fn other(view: &str) -> ChainFault {
    ChainFault::Malformed {
        method: "eth_call",
        reason: format!("no contract that pays claims in a token answered `{view}` at that block"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creation_is_the_code_and_then_executor_delay_and_guardians_as_words() {
        let terms = Terms {
            executor: Address::from_bytes([1; 20]),
            guardians: vec![Address::from_bytes([2; 20]), Address::from_bytes([3; 20])],
            delay_seconds: 86_400,
        };
        let word = |value: u128| Hash32::from_u128(value);
        let [executor, first, second] = [1_u8, 2, 3].map(|byte| Address::from_bytes([byte; 20]).word());
        // A list stands behind the fixed words, which say how many bytes on.
        let arguments: Vec<u8> = [executor, word(96), word(86_400), word(2), first, second]
            .iter()
            .flat_map(|word| *word.as_bytes())
            .collect();
        let code = terms.creation();
        assert!(code.len() > 5_000, "{}", code.len());
        assert_eq!(code.get(code.len() - arguments.len()..), Some(arguments.as_slice()));
        assert_eq!(
            code.get(..code.len() - arguments.len()),
            Some(generated::ROCHDALEDISTRIBUTOR_BYTECODE.as_ref())
        );
    }
}
