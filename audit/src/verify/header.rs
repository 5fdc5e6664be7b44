//! The header: what the file is, and the domain under which everything in it was signed.

use std::collections::BTreeMap;

use governance::hash::{from_hex, keccak256, to_hex};
use governance::record::{
    BallotV1, BylawsV1, ChainDomain, ConditionV1, Domain, EventV1, KeyRegistrationV1, KindV1, ProposalV1, ReceiptV1,
    Record as _, RuleV1, TallyV1, namespace_on_chain, namespace_without_chain,
};
use governance::signature::{PublicKey, SignatureKind};
use wire::bundle::{FORMAT, HeaderLine, KIND_DECISION, VERSION};

use super::Options;
use crate::report::{At, Ledger};

/// A header that could be understood.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) line: HeaderLine,
    pub(super) domain: Domain,
    pub(super) server_key: Option<PublicKey>,
}

/// Checks a header; `None` if the rest of the file cannot be understood without it.
pub(super) fn check(ledger: &mut Ledger, at: At, line: HeaderLine, options: &Options) -> Option<Header> {
    let known = line.format == FORMAT && line.version == VERSION && line.kind == KIND_DECISION;
    ledger.hold(at, "the format is known", known, || {
        let (format, version, kind) = (&line.format, line.version, &line.kind);
        format!("format {format} version {version} kind {kind} is not known to this program")
    });
    if !known {
        return None;
    }
    let chain = chain_domain(ledger, at, &line)?;
    let domain = Domain {
        namespace: line.namespace,
        chain,
    };
    check_names(ledger, at, &line);
    check_namespace(ledger, at, &line, chain);
    check_types(ledger, at, &line);
    let server_key = PublicKey::parse_hex(SignatureKind::Session, &line.server_key).ok();
    ledger.hold(at, "the server's key is a key", server_key.is_some(), || {
        "server_key is no Ed25519 key".to_owned()
    });
    check_named(ledger, at, &line, options, chain);
    if let Some(expected) = &options.server_key {
        ledger.hold(
            at,
            "the server's key is the one you named",
            server_key.as_ref() == Some(expected),
            || format!("server_key is {}, you named {expected}", line.server_key),
        );
    }
    Some(Header {
        line,
        domain,
        server_key,
    })
}

/// Compares what the auditor knows of the co-op's place from elsewhere.
fn check_named(ledger: &mut Ledger, at: At, line: &HeaderLine, options: &Options, chain: Option<ChainDomain>) {
    let none = || "none".to_owned();
    if let Some(expected) = options.namespace {
        ledger.hold(
            at,
            "the namespace is the one you named",
            line.namespace == expected,
            || format!("the namespace is {}, you named {expected}", line.namespace),
        );
    }
    if let Some(expected) = options.contract {
        let is_same = chain.is_some_and(|chain| chain.contract == expected);
        ledger.hold(at, "the contract is the one you named", is_same, || {
            let own = line.domain.verifying_contract.clone().unwrap_or_else(none);
            format!("the contract is {own}, you named {}", to_hex(&expected))
        });
    }
    if let Some(expected) = options.registrar {
        let expected = to_hex(&expected);
        let is_same = line.registrar.as_ref() == Some(&expected);
        ledger.hold(at, "the registrar is the one you named", is_same, || {
            let own = line.registrar.clone().unwrap_or_else(none);
            format!("the registrar is {own}, you named {expected}")
        });
    }
}

/// The chain of the domain; the outer `None` if it is contradictory.
fn chain_domain(ledger: &mut Ledger, at: At, line: &HeaderLine) -> Option<Option<ChainDomain>> {
    let contract = match &line.domain.verifying_contract {
        None => Ok(None),
        Some(text) => from_hex(text)
            .and_then(|bytes| <[u8; 20]>::try_from(bytes).ok())
            .map(Some)
            .ok_or("verifying_contract is no address"),
    };
    let chain = match (contract, line.domain.chain_id) {
        (Ok(None), None) => Ok(None),
        (Ok(Some(contract)), Some(chain_id)) => Ok(Some(ChainDomain { chain_id, contract })),
        (Ok(_), _) => Err("chain_id and verifying_contract must both be there, or neither"),
        (Err(reason), _) => Err(reason),
    };
    ledger.hold(at, "the domain is whole", chain.is_ok(), || {
        chain.err().unwrap_or_default().to_owned()
    });
    chain.ok()
}

fn check_names(ledger: &mut Ledger, at: At, line: &HeaderLine) {
    let named = line.domain.name == Domain::NAME && line.domain.version == Domain::VERSION;
    ledger.hold(at, "the domain has the published name and version", named, || {
        format!(
            "the domain is {} {}, not {} {}",
            line.domain.name,
            line.domain.version,
            Domain::NAME,
            Domain::VERSION
        )
    });
}

fn check_namespace(ledger: &mut Ledger, at: At, line: &HeaderLine, chain: Option<ChainDomain>) {
    const WHAT: &str = "the namespace is the co-op's";
    let registrar = line.registrar.as_deref().map(|text| {
        from_hex(text)
            .and_then(|bytes| <[u8; 20]>::try_from(bytes).ok())
            .ok_or("registrar is no address")
    });
    let expected = match (registrar, chain) {
        (Some(Ok(registrar)), Some(_)) => Ok(namespace_on_chain(registrar, line.coop.id)),
        (None, None) => Ok(namespace_without_chain(line.coop.id)),
        (Some(Err(reason)), _) => Err(reason),
        (Some(Ok(_)), None) | (None, Some(_)) => Err("a registrar must be named exactly where there is a chain"),
    };
    match expected {
        Ok(expected) => ledger.hold(at, WHAT, expected == line.namespace, || {
            format!(
                "the namespace {} is not the one of co-op {}",
                line.namespace, line.coop.id
            )
        }),
        Err(reason) => ledger.hold(at, WHAT, false, || reason.to_owned()),
    }
}

/// What every bundle of this format lists. Types that were added to the record later need not be known to it: a bundle stays as
/// good as it was on the day it was made.
const HELD_TYPES: [&str; 10] = [
    BallotV1::TYPE,
    BylawsV1::TYPE,
    ConditionV1::TYPE,
    EventV1::TYPE,
    KeyRegistrationV1::TYPE,
    KindV1::TYPE,
    ProposalV1::TYPE,
    ReceiptV1::TYPE,
    RuleV1::TYPE,
    TallyV1::TYPE,
];

fn check_types(ledger: &mut Ledger, at: At, line: &HeaderLine) {
    const WHAT: &str = "record types have their hashes";
    let listed: BTreeMap<&str, _> = line
        .types
        .iter()
        .map(|entry| (entry.type_string.as_str(), entry.hash))
        .collect();
    ledger.hold(at, WHAT, listed.len() == line.types.len(), || {
        "a type stands twice".to_owned()
    });
    for (text, hash) in &listed {
        ledger.hold(at, WHAT, keccak256(text.as_bytes()) == *hash, || {
            format!("the type {text} does not have the hash {hash}")
        });
    }
    for text in HELD_TYPES {
        ledger.hold(at, WHAT, listed.contains_key(text), || {
            format!("the type {text} is not listed")
        });
    }
}
