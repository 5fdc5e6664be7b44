//! Delegations and proxy ballots: each by itself, then which ballot carries whose weight, worked out again.

use std::collections::{HashMap, HashSet};

use governance::ballot::{Choice, Form, read_choice};
use governance::delegation::{Asked, Edge, Resolver, Standing, delegations_root, kind_word};
use governance::hash::{Hash32, from_hex};
use governance::log::LogEntry;
use governance::record::{Record, digest};
use governance::signature::{PublicKey, SignatureKind, verify};
use governance::time::Timestamp;
use wire::bundle::{BundleSignatureKind, DelegationLine, ProxyLine, Section, SectionLine as _};

use super::header::Header;
use super::places::Places;
use super::question::Question;
use super::roll::Roll;
use super::{Audit, Ballots, parse};
use crate::report::{At, Ledger};

const UNNAMED: &str = "a bundle of pseudonyms names nobody";
const REACHES: &str = "delegations reach this proposal and are of members on the roll";
const SORTED: &str = "each member has one delegation of each scope, and each holder one ballot for each member";
const SIGNED: &str = "delegations and proxy ballots are signed by who must sign them";
const IN_TIME: &str = "delegations and proxy ballots came before voting closed";
const CHOICE: &str = "proxy ballots answer this proposal by its rule";
const RESOLVED: &str = "delegations can be resolved";

/// A proxy ballot that can be counted.
struct Proxy {
    holder: Hash32,
    member: Hash32,
    hash: Hash32,
    choice: Option<Choice>,
}

/// Delegations and proxy ballots, as far as they were read.
#[derive(Default)]
pub(super) struct Delegations {
    edges: Vec<Edge>,
    proxies: Vec<Proxy>,
    /// Delegations that no key on the roll signed, by the hashes of their records.
    attested: HashSet<Hash32>,
    last: Option<(Section, [u8; 32])>,
}

/// What delegations add to a count.
#[derive(Default)]
pub(super) struct Carried {
    /// By who voted, the weight of others that goes with that ballot.
    pub(super) with_ballots: HashMap<Hash32, u128>,
    /// What holders cast, each with the weight of its member.
    pub(super) proxies: Vec<(Choice, u128)>,
    /// The root over what was used.
    pub(super) root: Hash32,
    /// The weight that another one's vote carried.
    pub(super) weight: u128,
    /// How much of it by proxy ballots.
    pub(super) proxy_weight: u128,
    /// Delegations used that no key on the roll signed.
    pub(super) attested: u64,
    /// The weight of members who neither voted nor were voted for.
    pub(super) uncast: u128,
}

/// What lines are compared with.
struct Known<'a> {
    header: &'a Header,
    question: &'a Question,
    roll: &'a Roll,
}

impl Audit<'_> {
    /// Takes a line of one of the two sections.
    pub(super) fn take_delegation_line(&mut self, section: Section, at: At, line: &[u8]) {
        let (Some(header), Some(question)) = (&self.header, &self.question) else {
            return;
        };
        self.ledger.hold(at, UNNAMED, !question.tier.hides_names(), || {
            "nobody votes for another where ballots stand under pseudonyms: the line names members".to_owned()
        });
        let known = Known {
            header,
            question,
            roll: &self.roll,
        };
        if section == Section::Proxy {
            if let Some(line) = parse::<ProxyLine>(&mut self.ledger, at, line) {
                self.delegations
                    .take_proxy(&mut self.ledger, at, line, &known, &mut self.places);
            }
        } else if let Some(line) = parse::<DelegationLine>(&mut self.ledger, at, line) {
            self.delegations
                .take(&mut self.ledger, at, line, &known, &mut self.places);
        }
    }
}

impl Known<'_> {
    fn asked(&self) -> Asked {
        asked(self.question)
    }

    fn is_on_roll(&self, member: Hash32) -> bool {
        self.roll.voters.contains_key(&member)
    }
}

fn asked(question: &Question) -> Asked {
    let carried_max = question.rule.as_ref().map_or(0, |rule| rule.carried_max);
    Asked {
        kind: kind_word(&question.line.kind),
        proposal: question.line.record.proposal,
        moment: Timestamp(question.line.record.closes_at),
        carried_max: Some(u128::from(carried_max)).filter(|most| *most > 0),
    }
}

impl Delegations {
    fn take(&mut self, ledger: &mut Ledger, at: At, line: DelegationLine, known: &Known<'_>, places: &mut Places) {
        let record = &line.record;
        let hash = record.struct_hash();
        let index = line.log_index;
        let leaf = LogEntry::of(record).leaf_hash();
        places.claim_before_close(ledger, at, index.map(|index| (index, leaf)));
        self.check_order(ledger, at, Section::Delegation, line.rank());
        let edge = Edge::from_record(record, hash);
        let standing = edge.map(|edge| known.asked().standing(edge.scope, edge.valid_until));
        let reaches = matches!(standing, Some(Standing::Holds | Standing::Over))
            && record.namespace == known.header.line.namespace
            && known.is_on_roll(record.truster);
        ledger.hold(at, REACHES, reaches, || {
            "the delegation is of another co-op, kind or proposal, or of somebody who is not on the roll".to_owned()
        });
        let closes_at = known.question.line.record.closes_at;
        ledger.hold(at, IN_TIME, line.at < closes_at, || {
            format!("the delegation came at {}, voting closed at {closes_at}", line.at)
        });
        match check_signature(&line, known) {
            Ok(true) => {}
            Ok(false) => {
                self.attested.insert(hash);
            }
            Err(text) => ledger.hold(at, SIGNED, false, || text),
        }
        ledger.made(at, SIGNED, 1);
        self.edges.extend(edge.filter(|_| reaches));
    }

    fn take_proxy(&mut self, ledger: &mut Ledger, at: At, line: ProxyLine, known: &Known<'_>, places: &mut Places) {
        let (record, asked) = (&line.record, &known.question.line.record);
        let index = line.log_index;
        let leaf = LogEntry::of(record).leaf_hash();
        places.claim_before_close(ledger, at, index.map(|index| (index, leaf)));
        self.check_order(ledger, at, Section::Proxy, line.rank());
        let of_this = (record.namespace, record.proposal, record.proposal_hash)
            == (known.header.line.namespace, asked.proposal, known.question.hash);
        let rule = known.question.rule.as_ref();
        let options = known.question.line.options.len();
        let choice = rule.map(|rule| read_choice(Form::of(&rule.counting), options, &record.options, &record.points));
        let is_late = record.revision > 1 && rule.is_some_and(|rule| rule.ballots_final);
        let is_fine = of_this && !is_late && !matches!(choice, Some(Err(_)));
        ledger.hold(at, CHOICE, is_fine, || match &choice {
            Some(Err(refusal)) => refusal.to_string(),
            _ if is_late => "it replaces another one, and the rule makes ballots final".to_owned(),
            Some(Ok(_)) | None => "the ballot is of another co-op or another proposal".to_owned(),
        });
        let on_roll = known.is_on_roll(record.holder) && known.is_on_roll(record.member);
        ledger.hold(at, REACHES, on_roll && record.holder != record.member, || {
            "holder or member is not on the roll, or they are one".to_owned()
        });
        let in_time = (asked.opens_at..=asked.closes_at).contains(&line.at);
        ledger.hold(at, IN_TIME, in_time, || {
            format!("the ballot came at {}, while voting was not open", line.at)
        });
        let key = known.header.server_key;
        let bytes = from_hex(&line.signature).unwrap_or_default();
        let signed = key.is_some_and(|key| verify(&key, digest(&known.header.domain, record), &bytes).is_ok());
        ledger.hold(at, SIGNED, signed, || {
            "the server did not sign the proxy ballot".to_owned()
        });
        if on_roll {
            self.proxies.push(Proxy {
                holder: record.holder,
                member: record.member,
                hash: record.struct_hash(),
                choice: choice.and_then(Result::ok),
            });
        }
    }

    fn check_order(&mut self, ledger: &mut Ledger, at: At, section: Section, rank: Option<[u8; 32]>) {
        let here = (section, rank.unwrap_or_default());
        let follows = self.last.is_none_or(|last| last < here);
        ledger.hold(at, SORTED, follows, || {
            "the line does not come after the one before it".to_owned()
        });
        self.last = Some(here);
    }

    /// Whether there is any line.
    pub(super) const fn is_empty(&self) -> bool {
        self.edges.is_empty() && self.proxies.is_empty()
    }

    /// Works out which ballot carries whose weight.
    pub(super) fn resolve(&self, ledger: &mut Ledger, question: &Question, roll: &Roll, ballots: &Ballots) -> Carried {
        let mut resolver = Resolver::new(asked(question));
        let told = || {
            for (voter, known) in roll.voters.iter() {
                resolver.voter(*voter, known.weight)?;
            }
            // Who is not on the roll and yet voted is told elsewhere.
            for voter in ballots.voters().filter(|voter| roll.voters.contains_key(voter)) {
                resolver.cast(voter)?;
            }
            for edge in &self.edges {
                resolver.edge(edge)?;
            }
            for proxy in &self.proxies {
                resolver.proxy(proxy.holder, proxy.member, proxy.hash)?;
            }
            Ok::<_, governance::delegation::Refusal>(resolver.resolve())
        };
        let resolution = match told() {
            Ok(resolution) => resolution,
            Err(refusal) => {
                ledger.hold(At::section(Section::Delegation), RESOLVED, false, || {
                    refusal.to_string()
                });
                return Carried::default();
            }
        };
        let choices: HashMap<Hash32, &Choice> = self
            .proxies
            .iter()
            .filter_map(|proxy| Some((proxy.hash, proxy.choice.as_ref()?)))
            .collect();
        let sums = resolution.sums();
        let proposal = question.line.record.proposal;
        let mut carried = Carried {
            with_ballots: resolution.carried(),
            root: delegations_root(proposal, resolution.delegated().map(|(leaf, _)| leaf)),
            weight: sums.delegated,
            uncast: sums.uncast,
            ..Carried::default()
        };
        for (leaf, way) in resolution.delegated() {
            let is_attested = self.attested.contains(&way.record_hash);
            carried.attested = carried.attested.saturating_add(u64::from(is_attested));
            if leaf.proxy != Hash32::ZERO {
                carried.proxy_weight = carried.proxy_weight.saturating_add(leaf.weight);
                let choice = choices.get(&leaf.proxy).map(|choice| ((*choice).clone(), leaf.weight));
                carried.proxies.extend(choice);
            }
        }
        carried
    }
}

/// Whether the truster signed, or the server attests. A key that is not on the roll may have been the truster's when the delegation
/// was given; it proves no more than the server's word.
fn check_signature(line: &DelegationLine, known: &Known<'_>) -> Result<bool, String> {
    let kind = SignatureKind::from(line.kind);
    let bytes = from_hex(&line.public_key).ok_or("the key is malformed")?;
    let key = PublicKey::parse(kind, &bytes).map_err(|refusal| refusal.to_string())?;
    let signature = from_hex(&line.signature).ok_or("the signature is malformed")?;
    let is_own = match line.kind {
        BundleSignatureKind::Session if known.header.server_key.as_ref() == Some(&key) => false,
        BundleSignatureKind::Session => {
            return Err("the delegation is attested by another key than the server's".to_owned());
        }
        BundleSignatureKind::Wallet | BundleSignatureKind::Passkey | BundleSignatureKind::Ed25519 => {
            let voter = known.roll.voters.get(&line.record.truster);
            voter.is_some_and(|voter| voter.keys.contains(&key))
        }
    };
    verify(&key, digest(&known.header.domain, &line.record), &signature).map_err(|refusal| refusal.to_string())?;
    Ok(is_own)
}
