//! Payments by claim on a chain: contracts, roots, and what members may claim.

use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::id::LedgerAccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Says for which contract an account of the books stands: members claim from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDistributor {
    /// The account of the books.
    #[schema(example = "assets:chain:distributor")]
    pub account: String,
    /// Its currency, for which the token stands one for one.
    #[schema(example = "EUR")]
    pub currency: String,
    /// The contract, a `RochdaleDistributor`.
    pub contract: String,
    /// The token (ERC-20).
    pub token_address: String,
}

/// A contract from which members claim, as final blocks show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DistributorView {
    /// The account of the books, by its identifier.
    #[schema(value_type = String, format = Uuid)]
    pub ledger_account: LedgerAccountId,
    /// The account of the books.
    pub account: String,
    /// Its currency.
    pub currency: String,
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The contract.
    pub contract: String,
    /// The token.
    pub token_address: String,
    /// Its decimal places.
    pub digits: u8,
    /// The final block up to which the chain was followed.
    pub block: u64,
    /// When.
    pub seen_at: DateTime<Utc>,
    /// What the contract held then.
    pub held: String,
    /// What the claims of the active root came to, since the beginning.
    pub promised: String,
    /// What of it was claimed.
    pub claimed: String,
    /// What was not.
    pub unclaimed: String,
    /// What the books say that the contract holds.
    pub in_the_books: String,
    /// Whether the books say the same as the chain, and what is unclaimed is there.
    pub is_even: bool,
    /// Whether it promises something and was not followed for an hour.
    pub is_stale: bool,
    /// The first root that the contract pays by or may come to pay by, and that nobody released here; null where there is none.
    pub foreign_epoch: Option<u64>,
}

/// Every contract from which members claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DistributorList {
    /// By their place in the books.
    pub items: Vec<DistributorView>,
}

/// A message that somebody sends to a contract from an account of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContractCall {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The contract.
    pub to: String,
    /// The message.
    pub data: String,
}

/// What a list of claims promises, and how far it is on the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClaimRootView {
    /// `prepared`, `withdrawn`, `released`; then as a final block shows it: `queued`, `active`, `vetoed`, `displaced` by another root; or `given_up`.
    pub state: String,
    /// Its number in the contract; null until it is released.
    pub epoch: Option<u64>,
    /// The Merkle root.
    #[schema(value_type = String)]
    pub root: Hash32,
    /// How many accounts may claim by it.
    pub accounts: u32,
    /// What they may claim, since the beginning.
    pub total: String,
    /// What displaced it.
    pub contradiction: Option<String>,
    /// Its record; null until it is released.
    pub record: Option<ClaimRootRecord>,
    /// Why somebody asked for it to be given up, since nobody submitted it; another one who holds an office does it.
    pub giving_up: Option<String>,
    /// What the contract's executor sends to submit it; null unless it waits for that.
    pub submission: Option<ContractCall>,
    /// What anybody sends to activate it once its delay is over; null unless it waits for that.
    pub activation: Option<ContractCall>,
}

/// What a `ClaimRootV1` says beside the list of claims, the file and the epoch: docs/record.md.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClaimRootRecord {
    /// The struct hash, by which the log is asked for it.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
    /// The co-op's namespace.
    #[schema(value_type = String)]
    pub namespace: Hash32,
    /// The root over the statements of the cycle, as the contract is told it.
    #[schema(value_type = String)]
    pub statements: Hash32,
    /// The salt.
    #[schema(value_type = String)]
    pub salt: Hash32,
}

/// What the member may claim of one contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClaimView {
    /// The contract.
    pub contract: String,
    /// The token.
    pub token_address: String,
    /// The currency for which it stands.
    pub currency: String,
    /// The wallet.
    pub wallet: String,
    /// What it has earned since the beginning.
    pub cumulative: String,
    /// What of it was claimed, as a final block shows it.
    pub claimed: String,
    /// What it may claim now.
    pub left: String,
    /// The same as `cumulative`, in the token's smallest unit.
    pub units: String,
    /// The epoch of the active root.
    pub epoch: u64,
    /// The root.
    #[schema(value_type = String)]
    pub root: Hash32,
    /// What keeps others from finding the amount by guessing.
    #[schema(value_type = String)]
    pub salt: Hash32,
    /// The siblings from the leaf to the root.
    #[schema(value_type = Vec<String>)]
    pub proof: Vec<Hash32>,
    /// What anybody sends to have it paid to the wallet; null where nothing is left.
    pub call: Option<ContractCall>,
}

/// What the member may claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClaimList {
    /// One for each contract and wallet.
    pub items: Vec<ClaimView>,
}
