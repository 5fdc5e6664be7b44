//! Builds bundles as an honest server would, with keys of its own, and lets a test change them as a dishonest one would.

use std::collections::BTreeMap;
use std::io::Write;

use ed25519_dalek::{Signer, SigningKey};
use flate2::Compression;
use flate2::write::GzEncoder;
use governance::action::{Planned, actions_hash};
use governance::ballot::{Form, read_choice};
use governance::hash::{Hash32, keccak256, keccak256_words, to_hex};
use governance::id::CoopId;
use governance::merkle::{self, Tree, batch_leaf};
use governance::record::{
    BallotV1, ChainDomain, Domain, ProposalV1, Record, TallyV1, digest, namespace_on_chain, namespace_without_chain,
    tag, texts_hash,
};
use governance::roll::{RollEntry, RollKey, ballot_leaf, roll_root};
use governance::rule::DecisionRule;
use governance::signature::SignatureKind;
use governance::tally::consent::{Judged, ObjectionStep, Taken};
use governance::tally::{CountRefusal, TieBreak, count};
use wire::bundle::{
    AnchorLine, BallotLine, BundleBeacon, BundleCoop, BundleDomain, BundleKey, BundleProof, BundleSignatureKind,
    BundleType, BundleWriter, FORMAT, HeaderLine, KIND_DECISION, LotLine, Named, ProposalLine, RollLine, RuleLine,
    TallyLine, VERSION,
};

// The example that makes bundles takes this file by its path too.
#[path = "builder/keys.rs"]
mod keys;

pub use keys::Key;

pub const REGISTRAR: [u8; 20] = [0x11; 20];
pub const CONTRACT: [u8; 20] = [0x22; 20];
pub const CHAIN_ID: u64 = 31_337;
/// The text of a proposal, unless a story has another.
pub const BODY: &str = "The loom stands ready.\nLet us begin.";
pub const OPENS_AT: u64 = 1_000_000;
pub const CLOSES_AT: u64 = 2_000_000;

/// One cast: the voter's place, options, points, reason.
pub type Cast = (usize, Vec<u16>, Vec<u32>, Option<String>);

/// A decision to be put in a bundle.
pub struct Story {
    pub rule: DecisionRule,
    pub options: Vec<String>,
    pub voters: Vec<Key>,
    /// Who casts what, in order.
    pub casts: Vec<Cast>,
    pub on_chain: bool,
    /// What is wrong with one cast, by its place.
    pub forgery: Option<(usize, Forgery)>,
    /// A voter, by place, with two votes on the roll and in the count.
    pub heavy: Option<usize>,
    /// What the decision does by itself.
    pub actions: Vec<Planned>,
    /// The secrecy tier.
    pub secrecy: u8,
    /// Whether a roll of pseudonyms names members all the same.
    pub names_members: bool,
    /// What is done about every objection in a vote by consent, step by step.
    pub judged: Vec<String>,
    /// Its text.
    pub body: String,
}

impl Story {
    fn word(&self, voter: usize) -> Hash32 {
        if self.secrecy == 1 && !self.names_members {
            return Hash32::from_u128((4 << 76) | (2 << 62) | (0x1000 + voter as u128));
        }
        word_of(voter)
    }

    fn weight(&self, voter: usize) -> u128 {
        if self.heavy == Some(voter) { 2 } else { 1 }
    }

    fn weight_of(&self, voter: Hash32) -> u128 {
        let is_heavy = self.heavy.map(|heavy| self.word(heavy)) == Some(voter);
        if is_heavy { 2 } else { 1 }
    }
}

fn word_of(voter: usize) -> Hash32 {
    Hash32::from_u128(0x1000 + voter as u128)
}

/// What a dishonest server may do to a ballot, and then hash, count and sign everything as if it were right.
#[derive(Clone)]
pub enum Forgery {
    /// Another key signs.
    SignedBy(Key),
    /// Another key than the server's attests.
    AttestedBy(Box<SigningKey>),
    /// Another revision.
    Revision(u64),
    /// A voter who is not on the roll.
    Stranger,
    /// A ballot for another proposal.
    OtherProposal,
    /// A ballot that names another hash of the proposal.
    OtherHash,
    /// A choice that the rule does not know.
    Choice(Vec<u16>),
}

pub fn server_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// Three members with three kinds of signature decide a motion; one changes her mind.
pub fn motion(on_chain: bool) -> Story {
    let kinds = [
        SignatureKind::Wallet,
        SignatureKind::Ed25519,
        SignatureKind::Session,
        SignatureKind::Ed25519,
    ];
    Story {
        rule: DecisionRule::simple_majority(),
        options: Vec::new(),
        voters: kinds
            .into_iter()
            .zip(1..)
            .map(|(kind, number)| Key::of(kind, number))
            .collect(),
        casts: vec![
            (0, vec![0], vec![1], None),
            (1, vec![1], vec![1], Some("Too early.".to_owned())),
            (2, vec![0], vec![1], None),
            (1, vec![0], vec![1], Some("I was persuaded.".to_owned())),
        ],
        on_chain,
        forgery: None,
        heavy: None,
        actions: Vec::new(),
        secrecy: 0,
        names_members: false,
        judged: Vec::new(),
        body: BODY.to_owned(),
    }
}

/// Six members elect two of four; a tie for last needs the lot.
pub fn election(on_chain: bool) -> Story {
    let kinds = [SignatureKind::Ed25519, SignatureKind::Wallet, SignatureKind::Session];
    let ranking = |voter, options: &[u16]| (voter, options.to_vec(), (1..).take(options.len()).collect(), None);
    Story {
        rule: DecisionRule::election().with_seats(2),
        options: ["Ann", "Ben", "Cem", "Dee"].map(str::to_owned).to_vec(),
        voters: (0..7)
            .map(|number| Key::of(kinds[number % 3], number as u128))
            .collect(),
        casts: vec![
            ranking(0, &[0, 1]),
            ranking(1, &[0, 2]),
            ranking(2, &[1]),
            ranking(3, &[2, 3]),
            ranking(4, &[3]),
            ranking(5, &[]),
        ],
        on_chain,
        forgery: None,
        heavy: None,
        actions: Vec::new(),
        secrecy: 0,
        names_members: false,
        judged: Vec::new(),
        body: BODY.to_owned(),
    }
}

struct Frame {
    coop: CoopId,
    domain: Domain,
    proposal: Hash32,
    lot_secret: Hash32,
}

fn frame(story: &Story) -> Frame {
    let coop: CoopId = "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5".parse().unwrap();
    let domain = Domain {
        namespace: if story.on_chain {
            namespace_on_chain(REGISTRAR, coop)
        } else {
            namespace_without_chain(coop)
        },
        chain: story.on_chain.then_some(ChainDomain {
            chain_id: CHAIN_ID,
            contract: CONTRACT,
        }),
    };
    Frame {
        coop,
        domain,
        proposal: Hash32::from_u128(0x0192_f0c1),
        lot_secret: keccak256(b"secret"),
    }
}

fn header(story: &Story, frame: &Frame) -> HeaderLine {
    HeaderLine {
        section: Named,
        format: FORMAT.to_owned(),
        version: VERSION,
        kind: KIND_DECISION.to_owned(),
        coop: BundleCoop {
            id: frame.coop,
            slug: "weavers".to_owned(),
            name: "The Weavers".to_owned(),
        },
        namespace: frame.domain.namespace,
        domain: BundleDomain {
            name: Domain::NAME.to_owned(),
            version: Domain::VERSION.to_owned(),
            chain_id: frame.domain.chain.map(|chain| chain.chain_id),
            verifying_contract: frame.domain.chain.map(|chain| to_hex(&chain.contract)),
        },
        registrar: story.on_chain.then(|| to_hex(&REGISTRAR)),
        server_key: to_hex(server_key().verifying_key().as_bytes()),
        log: None,
        types: BundleType::all(),
    }
}

fn roll(story: &Story) -> Vec<(usize, RollEntry)> {
    let mut roll: Vec<(usize, RollEntry)> = story
        .voters
        .iter()
        .enumerate()
        .map(|(index, key)| {
            let entry = RollEntry {
                voter: story.word(index),
                weight: story.weight(index),
                keys: key
                    .public()
                    .into_iter()
                    .map(|public_key| RollKey {
                        public_key,
                        registered_sequence: 3 + index as u64,
                    })
                    .collect(),
            };
            (index, entry)
        })
        .collect();
    roll.sort_by_key(|(_, entry)| entry.voter);
    roll
}

fn proposal(story: &Story, frame: &Frame, rule: &RuleLine, roll: &[(usize, RollEntry)]) -> ProposalLine {
    let entries: Vec<RollEntry> = roll.iter().map(|(_, entry)| entry.clone()).collect();
    let (title, body) = ("Shall we weave?".to_owned(), story.body.clone());
    ProposalLine {
        section: Named,
        record: ProposalV1 {
            namespace: frame.domain.namespace,
            proposal: frame.proposal,
            text: texts_hash([title.as_str(), body.as_str()]),
            options: texts_hash(story.options.iter().map(String::as_str)),
            actions: actions_hash(&story.actions, frame.domain.namespace),
            rule: rule.record.struct_hash(),
            roll: roll_root(frame.proposal, &entries),
            roll_count: entries.len() as u32,
            roll_weight: entries.iter().map(|entry| entry.weight).sum(),
            opens_at: OPENS_AT,
            closes_at: CLOSES_AT,
            secrecy: story.secrecy,
            salt: keccak256_words(&[tag("LotCommitmentV1"), frame.lot_secret]),
        },
        title,
        body,
        options: story.options.clone(),
        actions: story.actions.clone(),
        kind: "ordinary".to_owned(),
        bylaws_version: 1,
        log_index: None,
    }
}

fn ballots(story: &Story, frame: &Frame, proposal: &ProposalLine) -> Vec<BallotLine> {
    let server = server_key();
    let mut revisions: BTreeMap<usize, u64> = BTreeMap::new();
    let mut lines: Vec<BallotLine> = Vec::with_capacity(story.casts.len());
    let proposal_hash = proposal.record.struct_hash();
    for (index, (voter, options, points, reason)) in story.casts.iter().enumerate() {
        let revision = revisions.entry(*voter).or_default();
        *revision += 1;
        let mut record = BallotV1 {
            namespace: frame.domain.namespace,
            proposal: frame.proposal,
            proposal_hash,
            voter: story.word(*voter),
            revision: *revision,
            options: options.clone(),
            points: points.clone(),
            reason: reason.as_ref().map_or(Hash32::ZERO, |text| keccak256(text.as_bytes())),
            salt: keccak256(format!("salt {index}").as_bytes()),
        };
        let forgery = story.forgery.as_ref().filter(|(place, _)| *place == index);
        let mut signer = (story.voters[*voter].clone(), server.clone());
        match forgery.map(|(_, forgery)| forgery.clone()) {
            None => {}
            Some(Forgery::SignedBy(key)) => signer.0 = key,
            Some(Forgery::AttestedBy(key)) => signer = (Key::None, *key),
            Some(Forgery::Revision(other)) => record.revision = other,
            Some(Forgery::Stranger) => record.voter = Hash32::from_u128(0x9999),
            Some(Forgery::OtherProposal) => record.proposal = Hash32::from_u128(1),
            Some(Forgery::OtherHash) => record.proposal_hash = Hash32::from_u128(1),
            Some(Forgery::Choice(options)) => record.options = options,
        }
        let (kind, key, signature) = signer.0.sign(&signer.1, digest(&frame.domain, &record));
        lines.push(BallotLine {
            section: Named,
            record,
            reason: reason.clone(),
            kind: kind.into(),
            public_key: key.to_string(),
            signature: to_hex(&signature),
            sequence: 100 + 2 * index as u64,
            at: OPENS_AT + 10 + index as u64,
            counted: false,
            log_index: None,
        });
    }
    let last: BTreeMap<Hash32, u64> = lines
        .iter()
        .map(|line| (line.record.voter, line.record.revision))
        .collect();
    for line in &mut lines {
        line.counted = last[&line.record.voter] == line.record.revision;
    }
    lines
}

impl Story {
    /// What became of the objection of a ballot.
    fn judged_of(&self, ballot: Hash32) -> Judged {
        let mut judged = Judged::default();
        for step in self.judged.iter().filter_map(|step| ObjectionStep::from_name(step)) {
            let by = Hash32::ZERO;
            judged.step(ballot, Taken { step, by }, self.rule.counting.appeals());
        }
        judged
    }
}

fn tally(story: &Story, frame: &Frame, proposal: &ProposalLine, ballots: &[BallotLine]) -> (TallyLine, LotLine) {
    let last: Vec<&BallotLine> = ballots.iter().filter(|line| line.counted).collect();
    let choices = || {
        last.iter().filter_map(|line| {
            let (options, points) = (&line.record.options, &line.record.points);
            let choice = read_choice(Form::of(&story.rule.counting), story.options.len(), options, points).ok()?;
            let hash = line.record.struct_hash();
            let choice = choice.judged(hash, &story.judged_of(hash));
            Some((choice, story.weight_of(line.record.voter)))
        })
    };
    let (options, weight) = (story.options.len(), proposal.record.roll_weight);
    let mut lot = LotLine {
        section: Named,
        lot_secret: frame.lot_secret,
        beacon: None,
    };
    let counted = match count(&story.rule, options, choices(), weight, &TieBreak::None) {
        Err(CountRefusal::NeedsLot(_)) => {
            lot.beacon = story.on_chain.then(|| BundleBeacon {
                block_number: 77,
                block_hash: keccak256(b"block"),
                timestamp: CLOSES_AT + 61,
            });
            let hash = lot.beacon.as_ref().map_or(Hash32::ZERO, |beacon| beacon.block_hash);
            let drawn = keccak256_words(&[tag("LotV1"), frame.lot_secret, hash]);
            count(&story.rule, options, choices(), weight, &TieBreak::Lot(drawn)).unwrap()
        }
        other => other.unwrap(),
    };
    let leaves = last
        .iter()
        .map(|line| {
            let (voter, weight) = (line.record.voter, story.weight_of(line.record.voter));
            ballot_leaf(frame.proposal, voter, line.record.struct_hash(), weight)
        })
        .collect();
    let attested = last
        .iter()
        .filter(|line| line.kind == BundleSignatureKind::Session)
        .count() as u64;
    let line = TallyLine {
        section: Named,
        record: TallyV1 {
            namespace: frame.domain.namespace,
            proposal: frame.proposal,
            proposal_hash: proposal.record.struct_hash(),
            roll: proposal.record.roll,
            ballots: merkle::root(leaves),
            ballot_count: last.len() as u32,
            weight: last.iter().map(|line| story.weight_of(line.record.voter)).sum(),
            counts: counted.counts,
            outcome: counted.outcome.code(),
            log_from: ballots.first().map_or(0, |line| line.sequence),
            log_to: ballots.last().map_or(0, |line| line.sequence),
            delegations: Hash32::ZERO,
            certificate: counted.certificate,
            scale: counted.scale,
            salt: keccak256(b"tally salt"),
        },
        outcome: counted.outcome,
        reasons: counted.reasons,
        signed_ballots: last.len() as u64 - attested,
        attested_ballots: attested,
        attested_delegations: 0,
        count: counted.count,
        log_index: None,
    };
    (line, lot)
}

/// The link as contracts/src/RochdaleAnchor.sol computes it.
pub fn link_of(namespace: Hash32, seq: u64, size: u64, root: Hash32, prev: Hash32) -> Hash32 {
    let number = |value: u64| Hash32::from_u128(u128::from(value));
    keccak256_words(&[
        keccak256(b"RochdaleAnchor.Link.V1"),
        number(CHAIN_ID),
        Hash32::left_padded(&CONTRACT),
        namespace,
        number(seq),
        number(size),
        root,
        prev,
    ])
}

/// Two anchors: one over the proposal, one over proposal and tally.
fn anchors(frame: &Frame, proposal: &ProposalLine, tally: &TallyLine) -> Vec<AnchorLine> {
    let records = [
        ("BylawsV1", keccak256(b"bylaws")),
        ("ProposalV1", proposal.record.struct_hash()),
        ("TallyV1", tally.record.struct_hash()),
    ];
    let leaf = |(name, hash): &(&str, Hash32)| batch_leaf(tag(name), frame.proposal, *hash);
    let mut lines: Vec<AnchorLine> = Vec::new();
    for (seq, size) in [(1_u64, 2_usize), (2, 3)] {
        let tree = Tree::new(records[..size].iter().map(leaf).collect());
        let prev = lines.last().map_or(Hash32::ZERO, |line| line.link);
        lines.push(AnchorLine {
            section: Named,
            seq,
            size: size as u64,
            root: tree.root(),
            prev,
            link: link_of(frame.domain.namespace, seq, size as u64, tree.root(), prev),
            chain_id: CHAIN_ID,
            contract: to_hex(&CONTRACT),
            block_number: Some(50 + seq),
            block_hash: Some(keccak256(&seq.to_be_bytes())),
            state: "final".to_owned(),
            proofs: records[1..size]
                .iter()
                .zip(2..)
                .map(|(record, sequence)| BundleProof {
                    tag: record.0.to_owned(),
                    subject: frame.proposal,
                    record_hash: record.1,
                    sequence,
                    siblings: tree.proof(leaf(record)).unwrap(),
                })
                .collect(),
        });
    }
    lines
}

/// Writes the bundle of a story, uncompressed.
pub fn write<W: Write>(story: &Story, to: W) -> W {
    let frame = frame(story);
    let rule = RuleLine::new(story.rule.clone(), frame.domain.namespace, keccak256(b"rule salt"));
    let roll = roll(story);
    let proposal = proposal(story, &frame, &rule, &roll);
    let ballots = ballots(story, &frame, &proposal);
    let (tally, lot) = tally(story, &frame, &proposal, &ballots);
    let mut writer = BundleWriter::new(to, &header(story, &frame)).unwrap();
    writer.write(&rule).unwrap();
    writer.write(&proposal).unwrap();
    for (_, entry) in roll {
        let keys = entry.keys.iter().map(|key| BundleKey {
            kind: key.public_key.kind().into(),
            public_key: key.public_key.to_string(),
            registered_sequence: key.registered_sequence,
        });
        let line = RollLine {
            section: Named,
            voter: entry.voter,
            weight: entry.weight,
            keys: keys.collect(),
        };
        writer.write(&line).unwrap();
    }
    for line in &ballots {
        writer.write(line).unwrap();
    }
    writer.write(&lot).unwrap();
    writer.write(&tally).unwrap();
    if story.on_chain {
        for line in anchors(&frame, &proposal, &tally) {
            writer.write(&line).unwrap();
        }
    }
    let sign = |digest: Hash32| server_key().sign(digest.as_bytes()).to_bytes();
    writer.finish(sign).unwrap()
}

/// The bundle's lines, without line feeds.
pub fn lines(story: &Story) -> Vec<String> {
    let text = String::from_utf8(write(story, Vec::new())).unwrap();
    text.lines().map(str::to_owned).collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
