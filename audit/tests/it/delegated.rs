//! Aim: whose weight a ballot carries is worked out again, and nothing that members signed can be left out, added or bent. Method: the
//! motion of the builder, in which one member does not vote, told anew with a delegation or a proxy ballot, then with one thing wrong.

use audit::Report;
use ed25519_dalek::Signer as _;
use governance::delegation::{DelegatedLeaf, NO_PATH, delegated_leaf, path_hash};
use governance::hash::{Hash32, keccak256, to_hex};
use governance::merkle;
use governance::record::{DelegationV1, Domain, ProxyBallotV1, Record as _, digest};
use governance::roll::ballot_leaf;
use governance::rule::DecisionRule;
use governance::tally::motion::MotionTally;
use serde_json::{Value, json};
use wire::bundle::{BallotLine, DelegationLine, Named, ProxyLine, Section, TallyLine};

use crate::builder::{CLOSES_AT, Key, OPENS_AT, Story, lines, motion, server_key};
use crate::bundles::names;
use crate::secrecy::pseudonymous;
use crate::tampering::{By, line_of, mended, verify};

/// What the fourth member, who does not vote, is told to have done, and what is done for them.
#[derive(Clone, Copy)]
struct Tale {
    /// Whether the member's key signs, or the server.
    is_signed: bool,
    valid_until: u64,
    given_at: u64,
    /// What the first member, who is trusted, casts for them.
    proxy: Option<u16>,
    /// By whom, if it is another one: a place on the roll.
    holder: usize,
}

const HONEST: Tale = Tale {
    is_signed: true,
    valid_until: CLOSES_AT + 1,
    given_at: OPENS_AT,
    proxy: None,
    holder: 0,
};

fn member(lines: &[String], place: usize) -> Hash32 {
    let roll: Vec<Value> = lines
        .iter()
        .filter(|line| line.starts_with("{\"section\":\"roll\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    roll[place]["voter"].as_str().unwrap().parse().unwrap()
}

/// The bundle, and what its tally must say for all to fit.
fn told(tale: Tale) -> Vec<String> {
    told_of(&motion(false), tale)
}

fn told_of(story: &Story, tale: Tale) -> Vec<String> {
    let mut bundle = lines(story);
    let [trustee, truster, holder] = [0, 3, tale.holder].map(|place| member(&bundle, place));
    let (_, header) = line_of(&bundle, Section::Header);
    let domain = Domain {
        namespace: header["namespace"].as_str().unwrap().parse().unwrap(),
        chain: None,
    };
    let record = DelegationV1 {
        namespace: domain.namespace,
        truster,
        trustee,
        scope_kind: 2,
        scope: keccak256(b"ordinary"),
        valid_until: tale.valid_until,
        revision: 1,
        salt: keccak256(b"delegation salt"),
    };
    let key = if tale.is_signed {
        story.voters[3].clone()
    } else {
        Key::None
    };
    let (kind, public_key, signature) = key.sign(&server_key(), digest(&domain, &record));
    let delegation = DelegationLine {
        section: Named,
        kind: kind.into(),
        public_key: public_key.to_string(),
        signature: to_hex(&signature),
        sequence: 9,
        at: tale.given_at,
        log_index: None,
        record,
    };
    let (index, asked) = line_of(&bundle, Section::Proposal);
    assert!(index > 0);
    let proxy = tale.proxy.map(|option| {
        let proposal_hash = line_of(&bundle, Section::Ballot).1["record"]["proposal_hash"].clone();
        let record = ProxyBallotV1 {
            namespace: domain.namespace,
            proposal: asked["record"]["proposal"].as_str().unwrap().parse().unwrap(),
            proposal_hash: proposal_hash.as_str().unwrap().parse().unwrap(),
            holder,
            member: truster,
            revision: 1,
            options: vec![option],
            points: vec![1],
            salt: keccak256(b"proxy salt"),
        };
        let signature = server_key().sign(digest(&domain, &record).as_bytes());
        ProxyLine {
            section: Named,
            signature: to_hex(&signature.to_bytes()),
            at: OPENS_AT + 50,
            log_index: None,
            record,
        }
    });
    let (place, _) = line_of(&bundle, Section::Lot);
    let tally = tally(&bundle, &delegation, proxy.as_ref());
    let (at, _) = line_of(&bundle, Section::Tally);
    bundle[at] = serde_json::to_string(&tally).unwrap();
    if let Some(proxy) = &proxy {
        bundle.insert(place, serde_json::to_string(proxy).unwrap());
    }
    bundle.insert(place, serde_json::to_string(&delegation).unwrap());
    mended(bundle, By::Server)
}

/// Everyone's ballot is a yes; the fourth member's weight goes with the first one's, or by the proxy ballot.
fn tally(bundle: &[String], delegation: &DelegationLine, proxy: Option<&ProxyLine>) -> TallyLine {
    let (_, value) = line_of(bundle, Section::Tally);
    let mut tally: TallyLine = serde_json::from_value(value).unwrap();
    let ballots: Vec<BallotLine> = bundle
        .iter()
        .filter(|line| line.starts_with("{\"section\":\"ballot\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let proposal = tally.record.proposal;
    let weight = |voter| 1 + u128::from(proxy.is_none() && voter == delegation.record.trustee);
    let leaf = |line: &BallotLine| {
        let voter = line.record.voter;
        ballot_leaf(proposal, voter, line.record.struct_hash(), weight(voter))
    };
    let leaves = ballots.iter().filter(|line| line.counted).map(leaf).collect();
    tally.record.ballots = merkle::root(leaves);
    tally.record.weight = 4;
    let used = DelegatedLeaf {
        truster: delegation.record.truster,
        delegate: delegation.record.trustee,
        weight: 1,
        path: path_hash(delegation.record.struct_hash(), NO_PATH),
        proxy: proxy.map_or(Hash32::ZERO, |proxy| proxy.record.struct_hash()),
    };
    tally.record.delegations = merkle::root(vec![delegated_leaf(proposal, &used)]);
    let no = u128::from(proxy.is_some_and(|proxy| proxy.record.options == [1]));
    let sums = MotionTally {
        yes: 4 - no,
        no,
        ..MotionTally::default()
    };
    let verdict = DecisionRule::simple_majority().judge(&sums, 4);
    tally.record.counts = sums.counts();
    (tally.record.outcome, tally.outcome) = (verdict.outcome.code(), verdict.outcome);
    tally.reasons = verdict.reasons;
    tally
}

fn refused(report: &Report, what: &str) {
    assert_eq!(report.status, 1, "{what}: {:#?}", names(report));
}

#[test]
fn a_delegation_and_a_proxy_ballot_are_counted_again() {
    let by_proxy = Tale {
        proxy: Some(1),
        ..HONEST
    };
    let attested = Tale {
        is_signed: false,
        ..HONEST
    };
    for (tale, delegated, proxied, attested) in [(HONEST, 1, 0, 0), (by_proxy, 1, 1, 0), (attested, 1, 0, 1)] {
        let report = verify(&told(tale));
        assert_eq!(report.status, 0, "{:#?}", names(&report));
        let decision = &report.decision;
        assert_eq!(
            (
                decision.delegated,
                decision.by_proxy,
                decision.attested_delegations,
                decision.uncast
            ),
            (delegated, proxied, attested, 0)
        );
    }
}

#[test]
fn what_the_server_seals_as_right_is_refused_where_delegations_say_otherwise() {
    for (what, tale) in [
        (
            "it was over",
            Tale {
                valid_until: CLOSES_AT,
                ..HONEST
            },
        ),
        (
            "it came too late",
            Tale {
                given_at: CLOSES_AT,
                ..HONEST
            },
        ),
        (
            "the holder is not on the way",
            Tale {
                proxy: Some(1),
                holder: 1,
                ..HONEST
            },
        ),
        (
            "no such answer",
            Tale {
                proxy: Some(9),
                ..HONEST
            },
        ),
    ] {
        refused(&verify(&told(tale)), what);
    }
}

#[test]
fn under_pseudonyms_nobody_is_counted_for_another_however_well_it_fits() {
    let attested = Tale {
        is_signed: false,
        ..HONEST
    };
    let by_proxy = Tale {
        proxy: Some(0),
        ..attested
    };
    for (what, tale, sections) in [
        ("a delegation", attested, &[Section::Delegation][..]),
        ("a proxy ballot", by_proxy, &[Section::Delegation, Section::Proxy]),
    ] {
        // The same story holds where members stand on the roll.
        assert_eq!(verify(&told(tale)).status, 0, "{what}");
        let report = verify(&told_of(&pseudonymous(), tale));
        refused(&report, what);
        let found: Vec<Section> = report
            .findings
            .iter()
            .filter(|finding| {
                finding
                    .text
                    .starts_with("nobody votes for another where ballots stand under pseudonyms")
            })
            .map(|finding| finding.section)
            .collect();
        assert_eq!(found, sections, "{what}: {:#?}", names(&report));
        assert_eq!(
            report.findings.len(),
            found.len(),
            "nothing else gives it away: {:#?}",
            names(&report)
        );
    }
}

#[test]
fn whatever_is_changed_left_out_or_doubled_is_seen_even_if_the_server_seals_it() {
    let honest = told(Tale {
        proxy: Some(1),
        ..HONEST
    });
    let changes = [
        (Section::Delegation, "/record/trustee", json!(Hash32::ZERO)),
        (Section::Delegation, "/record/valid_until", json!(CLOSES_AT + 2)),
        (Section::Delegation, "/record/revision", json!(2)),
        (Section::Delegation, "/record/scope", json!(keccak256(b"other"))),
        (Section::Delegation, "/record/scope_kind", json!(9)),
        (Section::Delegation, "/record/namespace", json!(Hash32::ZERO)),
        (Section::Delegation, "/kind", json!("session")),
        (
            Section::Delegation,
            "/signature",
            json!(format!("0x{}", "11".repeat(64))),
        ),
        (Section::Proxy, "/record/options/0", json!(0)),
        (Section::Proxy, "/record/member", json!(Hash32::from_u128(9))),
        (Section::Proxy, "/record/proposal", json!(Hash32::ZERO)),
        (Section::Proxy, "/signature", json!(format!("0x{}", "11".repeat(64)))),
        (Section::Proxy, "/at", json!(CLOSES_AT + 1)),
        (Section::Tally, "/record/delegations", json!(Hash32::ZERO)),
        (Section::Tally, "/record/weight", json!("3")),
        (Section::Tally, "/attested_delegations", json!(1)),
    ];
    for (section, pointer, value) in changes {
        let (index, mut line) = line_of(&honest, section);
        match line.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => line["attested_delegations"] = value,
        }
        let mut other = honest.clone();
        other[index] = line.to_string();
        refused(&verify(&mended(other, By::Server)), &format!("{section}{pointer}"));
    }
    for section in [Section::Delegation, Section::Proxy] {
        let (index, _) = line_of(&honest, section);
        let mut doubled = honest.clone();
        doubled.insert(index, honest[index].clone());
        refused(&verify(&mended(doubled, By::Server)), "doubled");
        let mut without = honest.clone();
        without.remove(index);
        refused(&verify(&mended(without.clone(), By::Server)), "left out");
        assert_ne!(verify(&mended(without, By::Anyone)).status, 0, "dropped by anyone");
    }
}
