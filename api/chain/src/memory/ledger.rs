//! Accounts, nonces and the anchor contract's rules, as one block leaves them.

use std::collections::BTreeMap;

use ethers_contract::core::abi::AbiDecode;
use ethers_core::types::transaction::eip2718::TypedTransaction;
use ethers_core::types::{NameOrAddress, Signature, U256};
use ethers_core::utils::rlp::Rlp;
use governance::hash::{Hash32, keccak256, keccak256_words};

use crate::contract::{AnchorItem, Call, Calls, from_ethers, link_hash, to_ethers};
use crate::types::{Address, Execution, Fees, Head, Place, Roles};

/// A transaction read back from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) hash: Hash32,
    pub(super) chain_id: u64,
    pub(super) from: Address,
    pub(super) to: Option<Address>,
    pub(super) nonce: u64,
    pub(super) gas: u64,
    pub(super) fees: Fees,
    pub(super) data: Vec<u8>,
}

/// Reads a signed EIP-1559 transaction; `None` for anything else.
pub(super) fn decode(raw: &[u8]) -> Option<Decoded> {
    let (transaction, signature): (TypedTransaction, Signature) =
        TypedTransaction::decode_signed(&Rlp::new(raw)).ok()?;
    let from = signature.recover(transaction.sighash()).ok()?;
    let TypedTransaction::Eip1559(request) = transaction else {
        return None;
    };
    let to = match request.to {
        Some(NameOrAddress::Address(address)) => Some(from_ethers(address)),
        Some(NameOrAddress::Name(_)) => return None,
        None => None,
    };
    Some(Decoded {
        hash: keccak256(raw),
        chain_id: request.chain_id?.as_u64(),
        from: from_ethers(from),
        to,
        nonce: small(request.nonce?)?,
        gas: small(request.gas?)?,
        fees: Fees {
            max_fee: wide(request.max_fee_per_gas?)?,
            tip: wide(request.max_priority_fee_per_gas?)?,
        },
        data: request.data.map(|data| data.to_vec()).unwrap_or_default(),
    })
}

fn small(value: U256) -> Option<u64> {
    u64::try_from(value).ok()
}

fn wide(value: U256) -> Option<u128> {
    u128::try_from(value).ok()
}

#[derive(Debug, Clone, Default)]
struct Namespace {
    roles: Option<Roles>,
    head: Head,
    links: Vec<Hash32>,
}

/// The state after one block.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    nonces: BTreeMap<Address, u64>,
    balances: BTreeMap<Address, u128>,
    contracts: BTreeMap<Address, BTreeMap<Hash32, Namespace>>,
}

/// What stays the same for every call in a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings {
    pub(super) chain_id: u64,
    pub(super) timestamp: u64,
}

/// The contract's refusal, by the name of its error.
pub(super) type Refused = &'static str;

impl Ledger {
    pub(super) fn nonce(&self, account: Address) -> u64 {
        self.nonces.get(&account).copied().unwrap_or(0)
    }

    pub(super) fn balance(&self, account: Address) -> u128 {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    pub(super) fn set_balance(&mut self, account: Address, amount: u128) {
        self.balances.insert(account, amount);
    }

    pub(super) fn has_contract(&self, address: Address) -> bool {
        self.contracts.contains_key(&address)
    }

    fn namespace(&self, place: Place) -> Option<&Namespace> {
        self.contracts.get(&place.contract)?.get(&place.namespace)
    }

    pub(super) fn head(&self, place: Place) -> Head {
        self.namespace(place)
            .map(|namespace| namespace.head)
            .unwrap_or_default()
    }

    pub(super) fn roles(&self, place: Place) -> Roles {
        self.namespace(place)
            .and_then(|namespace| namespace.roles)
            .unwrap_or(Roles::NONE)
    }

    pub(super) fn link(&self, place: Place, seq: u64) -> Hash32 {
        let index = seq.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        self.namespace(place)
            .and_then(|namespace| namespace.links.get(index?).copied())
            .unwrap_or(Hash32::ZERO)
    }

    /// Runs one transaction that a block includes: the nonce and the fee are spent whether or not the contract agrees.
    pub(super) fn include(
        &mut self,
        transaction: &Decoded,
        price: u128,
        surroundings: Surroundings,
    ) -> (Execution, Option<Address>, u64) {
        let created = transaction.to.is_none().then(|| {
            from_ethers(ethers_core::utils::get_contract_address(
                to_ethers(transaction.from),
                transaction.nonce,
            ))
        });
        self.nonces
            .insert(transaction.from, transaction.nonce.saturating_add(1));
        let gas_used = super::gas_of(&transaction.data).min(transaction.gas);
        let cost = price.saturating_mul(u128::from(gas_used));
        let left = self.balance(transaction.from).saturating_sub(cost);
        self.set_balance(transaction.from, left);
        let mut after = self.clone();
        let enough = transaction.gas >= super::gas_of(&transaction.data);
        match after.call(
            transaction.from,
            created.or(transaction.to),
            &transaction.data,
            surroundings,
        ) {
            Ok(()) if enough => {
                *self = after;
                (Execution::Succeeded, created, gas_used)
            }
            Ok(()) | Err(_) => (Execution::Reverted, None, gas_used),
        }
    }

    /// What the contract does with a message, or why it refuses. On a refusal the caller throws this state away.
    pub(super) fn call(
        &mut self,
        from: Address,
        to: Option<Address>,
        data: &[u8],
        surroundings: Surroundings,
    ) -> Result<(), Refused> {
        let Some(to) = to else { return Ok(()) };
        if data == Call::Deploy.data() {
            self.contracts.insert(to, BTreeMap::new());
            return Ok(());
        }
        let Some(contract) = self.contracts.get_mut(&to) else {
            return Ok(());
        };
        match Calls::decode(data).map_err(|_| "no such function")? {
            Calls::Open(open) => {
                let salt = Hash32::from_bytes(open.salt);
                let namespace = contract.entry(keccak256_words(&[from.word(), salt])).or_default();
                if namespace.roles.is_some() {
                    return Err("RochdaleAnchorAlreadyOpen");
                }
                namespace.roles = Some(checked_roles(from_ethers(open.admin), from_ethers(open.poster))?);
            }
            Calls::Anchor(anchor) => add(contract, from, to, &anchor.item.into(), surroundings)?,
            Calls::AnchorMany(many) => {
                for item in many.items {
                    add(contract, from, to, &item.into(), surroundings)?;
                }
            }
            Calls::SetRoles(set) => {
                let namespace = as_admin(contract, from, Hash32::from_bytes(set.ns))?;
                namespace.roles = Some(checked_roles(from_ethers(set.admin), from_ethers(set.poster))?);
            }
            Calls::Close(close) => {
                let namespace = as_admin(contract, from, Hash32::from_bytes(close.ns))?;
                namespace.head.closed = true;
                if let Some(roles) = &mut namespace.roles {
                    roles.successor = from_ethers(close.successor);
                }
            }
            Calls::Head(_) | Calls::Link(_) | Calls::RolesOf(_) | Calls::Verify(_) => {}
        }
        Ok(())
    }
}

fn checked_roles(admin: Address, poster: Address) -> Result<Roles, Refused> {
    if admin == Address::ZERO || poster == Address::ZERO {
        return Err("RochdaleAnchorZeroAddress");
    }
    Ok(Roles {
        admin,
        poster,
        successor: Address::ZERO,
    })
}

fn as_admin(
    contract: &mut BTreeMap<Hash32, Namespace>,
    from: Address,
    namespace: Hash32,
) -> Result<&mut Namespace, Refused> {
    let namespace = contract.get_mut(&namespace).ok_or("RochdaleAnchorNotOpen")?;
    let roles = namespace.roles.ok_or("RochdaleAnchorNotOpen")?;
    match (roles.admin == from, namespace.head.closed) {
        (false, _) => Err("RochdaleAnchorNotAdmin"),
        (true, true) => Err("RochdaleAnchorClosed"),
        (true, false) => Ok(namespace),
    }
}

/// The contract's `_anchor`, in its order of checks.
fn add(
    contract: &mut BTreeMap<Hash32, Namespace>,
    from: Address,
    address: Address,
    item: &AnchorItem,
    surroundings: Surroundings,
) -> Result<(), Refused> {
    let namespace = contract.get_mut(&item.namespace).ok_or("RochdaleAnchorNotOpen")?;
    let roles = namespace.roles.ok_or("RochdaleAnchorNotOpen")?;
    if roles.poster != from {
        return Err("RochdaleAnchorNotPoster");
    }
    if namespace.head.closed {
        return Err("RochdaleAnchorClosed");
    }
    if item.seq != namespace.head.seq.saturating_add(1) {
        return Err("RochdaleAnchorBadSeq");
    }
    if item.size < namespace.head.size {
        return Err("RochdaleAnchorShrinks");
    }
    if item.prev != namespace.links.last().copied().unwrap_or(Hash32::ZERO) {
        return Err("RochdaleAnchorBadPrev");
    }
    namespace.links.push(link_hash(surroundings.chain_id, address, item));
    namespace.head = Head {
        seq: item.seq,
        size: item.size,
        anchored_at: surroundings.timestamp,
        closed: false,
    };
    Ok(())
}
