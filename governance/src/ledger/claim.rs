//! What accounts may claim from `RochdaleDistributor`: the leaves of a root, and what a new root must be beside the one before it.

use std::collections::BTreeMap;

use super::currency::EXPONENT_OF_MONEY;
use crate::hash::{Hash32, keccak256, to_hex};
use crate::merkle::{Tree, leaf_hash};

/// An address of the EVM.
pub type Address = [u8; 20];

/// The most decimal places of a token that members are paid in.
pub const TOKEN_DIGITS_MAX: u8 = 18;

/// An amount of the books in the smallest unit of a token that stands for the currency one for one; `None` where the token cannot be split so.
#[must_use]
pub fn to_token_units(amount: u64, digits: u8) -> Option<u128> {
    let (amount, kept) = (u128::from(amount), EXPONENT_OF_MONEY);
    let digits = Some(digits).filter(|digits| *digits <= TOKEN_DIGITS_MAX)?;
    match digits.checked_sub(kept) {
        Some(more) => amount.checked_mul(10_u128.pow(more.into())),
        None => {
            let less = 10_u128.pow(u32::from(kept.saturating_sub(digits)));
            amount.is_multiple_of(less).then(|| amount / less)
        }
    }
}

/// So many of a token's smallest unit as an amount of the books, rounded down; `None` where the books cannot hold it.
#[must_use]
pub fn of_token_units(units: u128, digits: u8) -> Option<u64> {
    let digits = Some(digits).filter(|digits| *digits <= TOKEN_DIGITS_MAX)?;
    let amount = match digits.checked_sub(EXPONENT_OF_MONEY) {
        Some(more) => units / 10_u128.pow(more.into()),
        None => units.checked_mul(10_u128.pow(u32::from(EXPONENT_OF_MONEY.saturating_sub(digits))))?,
    };
    amount.try_into().ok()
}

/// Where claims are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimPlace {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The contract.
    pub distributor: Address,
    /// The token.
    pub token: Address,
}

/// What an account has earned since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The account.
    pub account: Address,
    /// In the token's smallest unit.
    pub cumulative: u128,
    /// Random, and known to the member alone beside the co-op, so that nobody finds an amount by guessing.
    pub salt: Hash32,
}

/// The claims of one root: one for each account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimSet {
    place: ClaimPlace,
    claims: BTreeMap<Address, Claim>,
    total: u128,
}

/// Why claims are no root, or none that may follow another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    /// An account twice, so that only one of its leaves would be paid.
    #[error("{} stands in the claims twice", to_hex(.0))]
    Twice(Address),
    /// An account that has earned nothing, or the zero address, which nobody can pay.
    #[error("{} has nothing to claim", to_hex(.0))]
    Nothing(Address),
    /// More than can be added up.
    #[error("the claims come to more than can be counted")]
    TooLarge,
    /// Claims of another contract, chain or token.
    #[error("the claims are of another contract, chain or token")]
    Elsewhere,
    /// An account has earned less than before.
    #[error("{} has earned less than in the root before, or is missing", to_hex(.0))]
    Falls(Address),
}

impl ClaimPlace {
    /// The hashed leaf of a claim: `keccak256(keccak256(abi.encode(tag, chainId, distributor, token, account, cumulative, salt)))`, the tag
    /// being the hash of `RochdaleDistributor.Claim.V1`.
    #[must_use]
    pub fn leaf(&self, claim: &Claim) -> Hash32 {
        leaf_hash(&[
            keccak256(b"RochdaleDistributor.Claim.V1"),
            Hash32::from_u128(u128::from(self.chain_id)),
            Hash32::left_padded(&self.distributor),
            Hash32::left_padded(&self.token),
            Hash32::left_padded(&claim.account),
            Hash32::from_u128(claim.cumulative),
            claim.salt,
        ])
    }
}

impl ClaimSet {
    /// Takes claims as those of one root, in any order.
    ///
    /// # Errors
    /// [`ClaimRefusal`] with the first account that is wrong.
    pub fn new(place: ClaimPlace, claims: impl IntoIterator<Item = Claim>) -> Result<Self, ClaimRefusal> {
        let (mut all, mut total) = (BTreeMap::new(), 0_u128);
        for claim in claims {
            if claim.cumulative == 0 || claim.account == Address::default() {
                return Err(ClaimRefusal::Nothing(claim.account));
            }
            total = total.checked_add(claim.cumulative).ok_or(ClaimRefusal::TooLarge)?;
            if all.insert(claim.account, claim).is_some() {
                return Err(ClaimRefusal::Twice(claim.account));
            }
        }
        Ok(Self {
            place,
            claims: all,
            total,
        })
    }

    /// Whether these may follow the claims of the root before: nobody has earned less, so that the total does not fall either.
    ///
    /// # Errors
    /// [`ClaimRefusal`] with the first account that has.
    pub fn follows(&self, earlier: &Self) -> Result<(), ClaimRefusal> {
        if self.place != earlier.place {
            return Err(ClaimRefusal::Elsewhere);
        }
        let falls = earlier.claims.values().find(|before| {
            let now = self.claims.get(&before.account).map_or(0, |claim| claim.cumulative);
            now < before.cumulative
        });
        falls.map_or(Ok(()), |claim| Err(ClaimRefusal::Falls(claim.account)))
    }

    /// Where they are paid.
    #[must_use]
    pub const fn place(&self) -> ClaimPlace {
        self.place
    }

    /// The claims, in the order of addresses.
    pub fn claims(&self) -> impl ExactSizeIterator<Item = &Claim> {
        self.claims.values()
    }

    /// What the claims come to.
    #[must_use]
    pub const fn total(&self) -> u128 {
        self.total
    }

    /// The tree over the claims.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::new(self.claims.values().map(|claim| self.place.leaf(claim)).collect())
    }

    /// The claim of an account, and its proof.
    #[must_use]
    pub fn proof(&self, tree: &Tree, account: &Address) -> Option<(Claim, Vec<Hash32>)> {
        let claim = self.claims.get(account)?;
        Some((*claim, tree.proof(self.place.leaf(claim))?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::hash::from_hex;
    use crate::merkle::verify;

    const VECTORS: &str = include_str!("../../testdata/claims.json");

    fn address(value: &Value) -> Address {
        from_hex(value.as_str().unwrap()).unwrap().try_into().unwrap()
    }

    fn word(value: &Value) -> Hash32 {
        value.as_str().unwrap().parse().unwrap()
    }

    fn claim(value: &Value) -> Claim {
        Claim {
            account: address(&value["account"]),
            cumulative: value["cumulative"].as_str().unwrap().parse().unwrap(),
            salt: word(&value["salt"]),
        }
    }

    /// By OpenZeppelin's merkle-tree and the ABI encoder of ethers.js.
    #[test]
    fn claims_have_the_roots_and_proofs_of_openzeppelins_package() {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let trees = vectors["trees"].as_array().unwrap();
        assert_eq!(trees.len(), 4);
        for vector in trees {
            let place = ClaimPlace {
                chain_id: vector["chain_id"].as_u64().unwrap(),
                distributor: address(&vector["distributor"]),
                token: address(&vector["token"]),
            };
            let claims = vector["claims"].as_array().unwrap();
            // Their order does not matter.
            let set = ClaimSet::new(place, claims.iter().rev().map(claim)).unwrap();
            let tree = set.tree();
            assert_eq!(tree.root(), word(&vector["root"]));
            assert_eq!(set.total().to_string(), vector["total"].as_str().unwrap());
            for theirs in claims {
                let (ours, proof) = set.proof(&tree, &address(&theirs["account"])).unwrap();
                assert_eq!(place.leaf(&ours), word(&theirs["leaf"]));
                let expected: Vec<Hash32> = theirs["proof"].as_array().unwrap().iter().map(word).collect();
                assert_eq!(proof, expected);
                assert!(verify(tree.root(), place.leaf(&ours), &proof));
            }
        }
    }

    #[test]
    fn amounts_are_whole_units_of_the_token_or_are_not_paid_so() {
        for (amount, digits, units) in [
            (123_000_000, 2, Some(123)),
            (123_000_000, 6, Some(1_230_000)),
            (123_000_000, 8, Some(123_000_000)),
            (123_000_000, 18, Some(1_230_000_000_000_000_000)),
            (123_000_000, 0, None),
            (1, 6, None),
            (u64::MAX, 18, Some(184_467_440_737_095_516_150_000_000_000)),
            (0, 19, None),
        ] {
            assert_eq!(to_token_units(amount, digits), units, "{amount} {digits}");
            if let Some(units) = units {
                assert_eq!(of_token_units(units, digits), Some(amount), "{units} {digits}");
            }
        }
        assert_eq!(of_token_units(19_999_999_999, 18), Some(1), "rounded down");
        assert_eq!(of_token_units(u128::MAX, 0), None);
    }

    #[test]
    fn a_root_pays_each_account_once_and_never_less_than_before() {
        let place = ClaimPlace {
            chain_id: 1,
            distributor: [1; 20],
            token: [2; 20],
        };
        let claim = |account: u8, cumulative| Claim {
            account: [account; 20],
            cumulative,
            salt: Hash32::ZERO,
        };
        let set = |claims: &[Claim]| ClaimSet::new(place, claims.iter().copied());
        assert_eq!(set(&[claim(1, 5), claim(1, 6)]), Err(ClaimRefusal::Twice([1; 20])));
        assert_eq!(set(&[claim(1, 0)]), Err(ClaimRefusal::Nothing([1; 20])));
        assert_eq!(set(&[claim(0, 5)]), Err(ClaimRefusal::Nothing([0; 20])));
        assert_eq!(set(&[claim(1, u128::MAX), claim(2, 1)]), Err(ClaimRefusal::TooLarge));
        let before = set(&[claim(1, 5), claim(2, 7)]).unwrap();
        let cases: [(&[Claim], Result<(), ClaimRefusal>); 4] = [
            (&[claim(1, 5), claim(2, 7)], Ok(())),
            (&[claim(1, 6), claim(2, 7), claim(3, 1)], Ok(())),
            (&[claim(1, 50), claim(2, 6)], Err(ClaimRefusal::Falls([2; 20]))),
            (&[claim(1, 50)], Err(ClaimRefusal::Falls([2; 20]))),
        ];
        for (claims, expected) in cases {
            assert_eq!(set(claims).unwrap().follows(&before), expected, "{claims:?}");
        }
        let elsewhere = ClaimSet::new(ClaimPlace { chain_id: 2, ..place }, [claim(1, 5), claim(2, 7)]).unwrap();
        assert_eq!(elsewhere.follows(&before), Err(ClaimRefusal::Elsewhere));
    }
}
