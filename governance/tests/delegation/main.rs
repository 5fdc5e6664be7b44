//! Delegation: cases worked out by hand, properties, and a second program that walks each way by itself.

#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod naive;
mod properties;
mod vectors;

use governance::delegation::{Asked, Edge, Resolution, Resolver, Scope, ScopeKind, kind_word};
use governance::hash::{Hash32, keccak256};
use governance::time::Timestamp;

/// A member's word: the smaller the number, the smaller the word.
pub fn member(number: u32) -> Hash32 {
    Hash32::from_u128(1_000 + u128::from(number))
}

pub fn asked(carried_max: Option<u128>) -> Asked {
    Asked {
        kind: kind_word("budget"),
        proposal: Hash32::from_u128(7),
        moment: Timestamp(100),
        carried_max,
    }
}

/// Something that may reach the proposal of [`asked`] or not, narrower or wider.
pub fn scope(number: u8) -> Scope {
    let (kind, of) = match number {
        0 => (ScopeKind::Coop, Hash32::ZERO),
        1 => (ScopeKind::Kind, kind_word("budget")),
        2 => (ScopeKind::Proposal, Hash32::from_u128(7)),
        3 => (ScopeKind::Kind, kind_word("election")),
        _ => (ScopeKind::Proposal, Hash32::from_u128(8)),
    };
    Scope { kind, of }
}

pub fn edge(truster: u32, trustee: Option<u32>, scope_number: u8, valid_until: u64) -> Edge {
    let trusted = trustee.map_or(0, |trustee| trustee + 1);
    Edge {
        truster: member(truster),
        trustee: trustee.map(member),
        scope: scope(scope_number),
        valid_until: Timestamp(valid_until),
        revision: 1,
        record_hash: keccak256(format!("{truster} {trusted} {scope_number} {valid_until}").as_bytes()),
    }
}

/// A roll of members from 0 with these weights, who of them voted, the delegations, and proxies as (holder, member).
#[derive(Debug, Clone)]
pub struct Case {
    pub weights: Vec<u128>,
    pub voted: Vec<u32>,
    pub edges: Vec<Edge>,
    pub proxies: Vec<(u32, u32)>,
    pub carried_max: Option<u128>,
}

pub fn proxy_hash(holder: u32, member: u32) -> Hash32 {
    keccak256(format!("proxy {holder} {member}").as_bytes())
}

pub fn resolve(case: &Case) -> Resolution {
    let mut resolver = Resolver::new(asked(case.carried_max));
    for (number, weight) in (0_u32..).zip(&case.weights) {
        resolver.voter(member(number), *weight).unwrap();
    }
    for voted in &case.voted {
        resolver.cast(member(*voted)).unwrap();
    }
    for edge in &case.edges {
        resolver.edge(edge).unwrap();
    }
    for (holder, of) in &case.proxies {
        resolver
            .proxy(member(*holder), member(*of), proxy_hash(*holder, *of))
            .unwrap();
    }
    resolver.resolve()
}
