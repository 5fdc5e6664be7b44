//! A bundle of many ballots, each with a signature of its own voter's key, as the server would write it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use ed25519_dalek::{Signer as _, SigningKey};
use flate2::Compression;
use flate2::write::GzEncoder;
use governance::ballot::{Choice, Form, read_choice};
use governance::event::{EventKind, payload};
use governance::hash::{Hash32, keccak256, keccak256_words, to_hex};
use governance::id::CoopId;
use governance::log::proof::TreeHead;
use governance::log::{Checkpoint, Frontier, LogEntry, VerifierKey};
use governance::merkle;
use governance::record::{
    BallotV1, Domain, EventV1, ProposalV1, Record as _, TallyV1, digest_of_hash, namespace_without_chain, tag,
    texts_hash,
};
use governance::roll::{RollEntry, RollKey, ballot_leaf, roll_leaf};
use governance::rule::DecisionRule;
use governance::signature::PublicKey;
use governance::tally::{Counted, TieBreak, count};
use wire::bundle::{
    BallotLine, BundleCoop, BundleDomain, BundleKey, BundleLog, BundleSignatureKind, BundleType, BundleWriter,
    CheckpointLine, EventLine, FORMAT, HeaderLine, KIND_DECISION, LotLine, Named, ProposalLine, RollLine, RuleLine,
    SectionLine, TallyLine, VERSION,
};

const OPENS_AT: u64 = 1_700_000_000;
const CLOSES_AT: u64 = 1_700_600_000;
/// The number of the first ballot.
const FIRST_SEQUENCE: u64 = 5_000_000;
/// The place of the first ballot in the log: two events, the question and its opening stand before it.
const FIRST_INDEX: u64 = 4;

/// A ballot with its signature.
pub struct Signed {
    pub record: BallotV1,
    pub key: PublicKey,
    pub signature: [u8; 64],
}

/// A decision in which every member voted once.
pub struct Decision {
    pub domain: Domain,
    pub proposal: Hash32,
    pub roll: Vec<RollEntry>,
    pub ballots: Vec<Signed>,
    coop: CoopId,
    server: SigningKey,
}

fn voter(number: u64) -> Hash32 {
    Hash32::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000_u128 | u128::from(number))
}

fn secret(number: u64) -> SigningKey {
    SigningKey::from_bytes(keccak256(&number.to_be_bytes()).as_bytes())
}

/// Does something for each number below `count` on every core; the results are in order.
pub fn on_every_core<T: Send>(count: u64, make: impl Fn(u64) -> T + Sync) -> anyhow::Result<Vec<T>> {
    let cores = u64::try_from(std::thread::available_parallelism()?.get())?;
    let share = count.div_ceil(cores).max(1);
    let make = &make;
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|core| {
                let (begin, end) = (count.min(core * share), count.min((core + 1) * share));
                scope.spawn(move || (begin..end).map(make).collect::<Vec<T>>())
            })
            .collect();
        let joined = workers.into_iter().map(|worker| worker.join().ok());
        joined.collect::<Option<Vec<_>>>().context("a thread panicked")
    })?;
    Ok(parts.into_iter().flatten().collect())
}

impl Decision {
    /// Signs so many ballots.
    ///
    /// # Errors
    /// If a thread fails.
    pub fn make(count: u64) -> anyhow::Result<(Self, ProposalLine)> {
        let coop: CoopId = "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5".parse()?;
        let domain = Domain {
            namespace: namespace_without_chain(coop),
            chain: None,
        };
        let proposal = Hash32::from_u128(0x0192_f0c1);
        let roll = on_every_core(count, |number| RollEntry {
            voter: voter(number),
            weight: 1,
            keys: vec![RollKey {
                public_key: PublicKey::Ed25519(secret(number).verifying_key().to_bytes()),
                registered_sequence: number + 1,
            }],
        })?;
        let mut decision = Self {
            domain,
            proposal,
            roll,
            ballots: Vec::new(),
            coop,
            server: SigningKey::from_bytes(&[7; 32]),
        };
        let question = decision.question()?;
        decision.sign(question.record.struct_hash())?;
        Ok((decision, question))
    }

    fn rule(&self) -> RuleLine {
        RuleLine::new(
            DecisionRule::simple_majority(),
            self.domain.namespace,
            keccak256(b"rule salt"),
        )
    }

    fn question(&self) -> anyhow::Result<ProposalLine> {
        let leaves = on_every_core(u64::try_from(self.roll.len())?, |number| {
            let entry = usize::try_from(number).ok().and_then(|number| self.roll.get(number));
            entry.map(|entry| roll_leaf(self.proposal, entry)).unwrap_or_default()
        })?;
        let (title, body) = ("Shall we weave?".to_owned(), "The loom stands ready.".to_owned());
        Ok(ProposalLine {
            section: Named,
            record: ProposalV1 {
                namespace: self.domain.namespace,
                proposal: self.proposal,
                text: texts_hash([title.as_str(), body.as_str()]),
                options: texts_hash([]),
                actions: Hash32::ZERO,
                rule: self.rule().record.struct_hash(),
                roll: merkle::root(leaves),
                roll_count: u32::try_from(self.roll.len())?,
                roll_weight: u128::try_from(self.roll.len())?,
                opens_at: OPENS_AT,
                closes_at: CLOSES_AT,
                secrecy: 0,
                salt: keccak256_words(&[tag("LotCommitmentV1"), keccak256(b"secret")]),
            },
            title,
            body,
            options: Vec::new(),
            actions: Vec::new(),
            kind: "ordinary".to_owned(),
            bylaws_version: 1,
            log_index: Some(2),
        })
    }

    fn sign(&mut self, proposal_hash: Hash32) -> anyhow::Result<()> {
        self.ballots = on_every_core(u64::try_from(self.roll.len())?, |number| {
            let record = BallotV1 {
                namespace: self.domain.namespace,
                proposal: self.proposal,
                proposal_hash,
                voter: voter(number),
                revision: 1,
                options: vec![u16::from(number % 3 == 0)],
                points: vec![1],
                reason: Hash32::ZERO,
                salt: keccak256(&(number ^ u64::MAX).to_be_bytes()),
            };
            let key = secret(number);
            let digest = digest_of_hash(&self.domain, record.struct_hash());
            Signed {
                signature: key.sign(digest.as_bytes()).to_bytes(),
                key: PublicKey::Ed25519(key.verifying_key().to_bytes()),
                record,
            }
        })?;
        Ok(())
    }

    fn choices(&self) -> anyhow::Result<Vec<(Choice, u128)>> {
        let each = self.ballots.iter().map(|ballot| {
            let (options, points) = (&ballot.record.options, &ballot.record.points);
            Ok((read_choice(Form::Motion, 0, options, points)?, 1))
        });
        each.collect()
    }

    fn result(&self, question: &ProposalLine) -> anyhow::Result<TallyLine> {
        let weight = question.record.roll_weight;
        let counted: Counted = count(
            &DecisionRule::simple_majority(),
            0,
            self.choices()?,
            weight,
            &TieBreak::None,
        )?;
        let ballots = u64::try_from(self.ballots.len())?;
        let leaves = self.ballots.iter().map(|ballot| {
            let hash = ballot.record.struct_hash();
            ballot_leaf(self.proposal, ballot.record.voter, hash, 1)
        });
        Ok(TallyLine {
            section: Named,
            record: TallyV1 {
                namespace: self.domain.namespace,
                proposal: self.proposal,
                proposal_hash: question.record.struct_hash(),
                roll: question.record.roll,
                ballots: merkle::root(leaves.collect()),
                ballot_count: u32::try_from(ballots)?,
                weight,
                counts: counted.counts,
                outcome: counted.outcome.code(),
                log_from: FIRST_SEQUENCE,
                log_to: FIRST_SEQUENCE + ballots - 1,
                delegations: Hash32::ZERO,
                certificate: counted.certificate,
                scale: counted.scale,
                salt: keccak256(b"tally salt"),
            },
            outcome: counted.outcome,
            reasons: counted.reasons,
            signed_ballots: ballots,
            attested_ballots: 0,
            attested_delegations: 0,
            count: counted.count,
            log_index: Some(FIRST_INDEX + ballots + 1),
        })
    }

    /// What happened to the proposal, and where in the log it stands.
    fn events(&self, question: &ProposalLine, result: &TallyLine) -> Vec<EventLine> {
        let number = |value: u64| Hash32::from_u128(u128::from(value));
        let after = FIRST_INDEX + u64::from(result.record.ballot_count);
        let drafted = vec![
            keccak256(b"ordinary"),
            number(1),
            question.record.text,
            question.record.options,
            number(1),
        ];
        let published = vec![result.record.struct_hash(), number(u64::from(result.record.outcome))];
        let closed = vec![number(result.record.log_to), keccak256(b"time")];
        [
            (EventKind::ProposalDrafted, drafted, 0, OPENS_AT - 10),
            (EventKind::ProposalDiscussed, Vec::new(), 1, OPENS_AT - 5),
            (
                EventKind::ProposalOpened,
                vec![question.record.struct_hash()],
                3,
                OPENS_AT,
            ),
            (EventKind::ProposalClosed, closed, after, CLOSES_AT),
            (EventKind::ResultPublished, published, after + 2, CLOSES_AT),
        ]
        .into_iter()
        .map(|(kind, facts, index, at)| {
            let words: Vec<Hash32> = [Hash32::ZERO].into_iter().chain(facts).collect();
            EventLine {
                section: Named,
                record: EventV1 {
                    namespace: self.domain.namespace,
                    kind: kind.code(),
                    subject: self.proposal,
                    payload: payload(&words),
                    at,
                    salt: keccak256(kind.name().as_bytes()),
                },
                facts: words,
                log_index: Some(index),
            }
        })
        .collect()
    }

    fn log_key(&self) -> SigningKey {
        SigningKey::from_bytes(&[9; 32])
    }

    fn origin(&self) -> String {
        let namespace = self.domain.namespace.to_string();
        format!("bench.example/log/{}", namespace.trim_start_matches("0x"))
    }

    /// The checkpoint over a log that holds this decision and nothing else.
    fn checkpoint(
        &self,
        question: &ProposalLine,
        events: &[EventLine],
        result: &TallyLine,
    ) -> anyhow::Result<CheckpointLine> {
        let mut tree = Frontier::default();
        let [drafted, discussed, opened, closed, published] = events else {
            anyhow::bail!("five events were expected");
        };
        let before = [
            LogEntry::of(&drafted.record),
            LogEntry::of(&discussed.record),
            LogEntry::of(&question.record),
            LogEntry::of(&opened.record),
        ];
        let after = [
            LogEntry::of(&closed.record),
            LogEntry::of(&result.record),
            LogEntry::of(&published.record),
        ];
        let ballots = self.ballots.iter().map(|ballot| LogEntry::of(&ballot.record));
        let mut size = 0;
        for entry in before.into_iter().chain(ballots).chain(after) {
            tree.push(entry.leaf_hash());
            size += 1;
        }
        let head = TreeHead {
            size,
            root: tree.root(),
        };
        let checkpoint = Checkpoint::new(&self.origin(), head)?;
        Ok(CheckpointLine {
            section: Named,
            note: checkpoint.sign(&self.log_key())?.to_string(),
        })
    }

    fn header(&self) -> anyhow::Result<HeaderLine> {
        Ok(HeaderLine {
            section: Named,
            format: FORMAT.to_owned(),
            version: VERSION,
            kind: KIND_DECISION.to_owned(),
            coop: BundleCoop {
                id: self.coop,
                slug: "weavers".to_owned(),
                name: "The Weavers".to_owned(),
            },
            namespace: self.domain.namespace,
            domain: BundleDomain {
                name: Domain::NAME.to_owned(),
                version: Domain::VERSION.to_owned(),
                chain_id: None,
                verifying_contract: None,
            },
            registrar: None,
            server_key: to_hex(self.server.verifying_key().as_bytes()),
            log: Some(BundleLog {
                key: VerifierKey::new(&self.origin(), self.log_key().verifying_key())?.to_string(),
                origin: self.origin(),
            }),
            types: BundleType::all(),
        })
    }

    /// Writes the bundle, and gives its length before compression.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, question: &ProposalLine, path: &Path) -> anyhow::Result<u64> {
        let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        let to = Measured {
            to: GzEncoder::new(file, Compression::fast()),
            bytes: 0,
        };
        let mut writer = BundleWriter::new(to, &self.header()?)?;
        writer.write(&self.rule())?;
        writer.write(question)?;
        for entry in &self.roll {
            writer.write(&roll_line(entry))?;
        }
        let result = self.result(question)?;
        let events = self.events(question, &result);
        write_all(&mut writer, &events)?;
        for (place, ballot) in (0..).zip(&self.ballots) {
            writer.write(&ballot_line(ballot, place))?;
        }
        writer.write(&LotLine {
            section: Named,
            lot_secret: keccak256(b"secret"),
            beacon: None,
        })?;
        writer.write(&result)?;
        writer.write(&self.checkpoint(question, &events, &result)?)?;
        let sign = |digest: Hash32| self.server.sign(digest.as_bytes()).to_bytes();
        let written = writer.finish(sign)?;
        written.to.finish()?.flush()?;
        Ok(written.bytes)
    }
}

fn write_all<W: Write, L: SectionLine>(writer: &mut BundleWriter<W>, lines: &[L]) -> anyhow::Result<()> {
    for line in lines {
        writer.write(line)?;
    }
    Ok(())
}

fn roll_line(entry: &RollEntry) -> RollLine {
    let keys = entry.keys.iter().map(|key| BundleKey {
        kind: BundleSignatureKind::Ed25519,
        public_key: key.public_key.to_string(),
        registered_sequence: key.registered_sequence,
    });
    RollLine {
        section: Named,
        voter: entry.voter,
        weight: entry.weight,
        keys: keys.collect(),
    }
}

fn ballot_line(ballot: &Signed, place: u64) -> BallotLine {
    BallotLine {
        section: Named,
        record: ballot.record.clone(),
        reason: None,
        kind: BundleSignatureKind::Ed25519,
        public_key: ballot.key.to_string(),
        signature: to_hex(&ballot.signature),
        sequence: FIRST_SEQUENCE + place,
        at: OPENS_AT + place % (CLOSES_AT - OPENS_AT),
        counted: true,
        log_index: Some(FIRST_INDEX + place),
    }
}

/// Counts what is written.
struct Measured<W> {
    to: W,
    bytes: u64,
}

impl<W: Write> Write for Measured<W> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let count = self.to.write(buffer)?;
        self.bytes += u64::try_from(count).unwrap_or_default();
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}
