//! The only crate that speaks to an EVM chain.
//!
//! [`Chain`] is the seam: [`RpcChain`] reaches a real node, [`MemoryChain`] plays one in memory with the same rules, and one
//! suite of tests runs against both. [`outbox`] decides, as plain data, what to do next to bring one anchor on chain and keep it
//! there. The rest of the workspace never sees a type of the chain library behind this crate.

#![deny(missing_docs)]

mod chain;
mod contract;
mod deploy;
mod distributor;
mod fees;
mod memory;
pub mod outbox;
mod poster;
mod rpc;
mod send_outcome;
mod types;

pub use chain::{Chain, ChainFault, Estimate};
pub use contract::{AnchorItem, Call, LeafClaim, deployed_bytecode, link_hash};
pub use deploy::{DeployFault, Deployment, Patience, check_contract, deploy, deploy_distributor};
pub use distributor::{Destination, Distributor, QueuedRoot, RootStanding, Terms};
pub use fees::{FeePolicy, NextFees};
pub use memory::{Loss, MemoryChain, MemorySettings, Reorganisation};
pub use poster::{Poster, PosterKeyError, SignedTransaction, TransactionPlan};
pub use rpc::{EndpointPin, RpcChain, RpcSettings};
pub use send_outcome::SendOutcome;
pub use types::{
    Address, AddressTextError, Block, BlockReference, BlockTag, Execution, FeeSuggestion, Fees, Head, Identity, Place,
    Receipt, Roles,
};
