//! Puts the records of a bundle in a log, as an honest server would: question, events, ballots and result among entries of other
//! acts, one checkpoint over all, and the cover that leads to it. A test changes lines or entries and seals again.

use ed25519_dalek::SigningKey;
use governance::event::{EventKind, payload};
use governance::hash::{Hash32, keccak256};
use governance::log::cover::cover_plan;
use governance::log::proof::TreeHead;
use governance::log::{Checkpoint, LogEntry, Node, TileBuilder, VerifierKey};
use governance::record::{EventV1, Record};
use governance::secrecy::Tier;
use serde_json::{Value, json};
use wire::bundle::{
    BallotLine, BundleLog, COVER_HASHES_MAX, CheckpointLine, CoverLine, DelegationLine, EventLine, HeaderLine, Named,
    ProposalLine, ProxyLine, Section, TallyLine,
};

use crate::builder::{Story, lines};
use crate::tampering::{By, mended};

/// The secret that signs the checkpoints.
pub fn log_secret() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

/// A bundle whose records stand in a log.
#[derive(Clone)]
pub struct Placed {
    /// The lines but for checkpoint and cover; the end is made anew when it is sealed.
    pub lines: Vec<Value>,
    /// The whole log.
    pub entries: Vec<LogEntry>,
    /// The name of the log.
    pub origin: String,
    /// Who signs the checkpoint.
    pub signer: SigningKey,
}

/// Something else that happened in the co-op.
pub fn other(number: usize) -> LogEntry {
    LogEntry {
        type_hash: keccak256(b"OtherV1()"),
        record_hash: keccak256(&number.to_be_bytes()),
    }
}

pub fn section(line: &Value) -> Section {
    Section::from_name(line["section"].as_str().unwrap()).unwrap()
}

/// The entry of a line's record.
pub fn entry_of(line: &Value) -> Option<LogEntry> {
    fn read<T: serde::de::DeserializeOwned>(line: &Value) -> T {
        serde_json::from_value(line.clone()).unwrap()
    }
    match section(line) {
        Section::Proposal => Some(LogEntry::of(&read::<ProposalLine>(line).record)),
        Section::Event => Some(LogEntry::of(&read::<EventLine>(line).record)),
        Section::Ballot => Some(LogEntry::of(&read::<BallotLine>(line).record)),
        Section::Tally => Some(LogEntry::of(&read::<TallyLine>(line).record)),
        Section::Delegation => Some(LogEntry::of(&read::<DelegationLine>(line).record)),
        Section::Proxy => Some(LogEntry::of(&read::<ProxyLine>(line).record)),
        Section::Header
        | Section::Rule
        | Section::Roll
        | Section::Lot
        | Section::Anchor
        | Section::Checkpoint
        | Section::Cover
        | Section::End => None,
    }
}

fn number(value: u64) -> Hash32 {
    Hash32::from_u128(value.into())
}

/// An event of the proposal with these facts.
pub fn event(proposal: &ProposalLine, kind: EventKind, facts: &[Hash32]) -> Value {
    let mut words = vec![Hash32::ZERO];
    words.extend_from_slice(facts);
    let record = EventV1 {
        namespace: proposal.record.namespace,
        kind: kind.code(),
        subject: proposal.record.proposal,
        payload: payload(&words),
        at: proposal.record.opens_at,
        salt: keccak256(kind.name().as_bytes()),
    };
    json!(EventLine {
        section: Named,
        record,
        facts: words,
        log_index: None,
    })
}

fn typed<T: serde::de::DeserializeOwned>(lines: &[Value], of: Section) -> T {
    let line = lines.iter().find(|line| section(line) == of).unwrap();
    serde_json::from_value(line.clone()).unwrap()
}

impl Placed {
    /// The bundle of a story, in a log of its own: entry 0 is another act, and one stands after every second ballot.
    pub fn new(story: &Story) -> Self {
        let mut lines: Vec<Value> = lines(story)
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let header: HeaderLine = typed(&lines, Section::Header);
        let proposal: ProposalLine = typed(&lines, Section::Proposal);
        let tally: TallyLine = typed(&lines, Section::Tally);
        let namespace = header.namespace.to_string();
        let origin = format!("vote.example/log/{}", namespace.strip_prefix("0x").unwrap());
        let (text, record) = (|text: &str| keccak256(text.as_bytes()), &tally.record);
        let drafted = [
            text("ordinary"),
            number(1),
            proposal.record.text,
            proposal.record.options,
            number(1),
        ];
        let mut events = vec![
            event(&proposal, EventKind::ProposalDrafted, &drafted),
            event(&proposal, EventKind::ProposalDiscussed, &[]),
            event(&proposal, EventKind::ProposalOpened, &[proposal.record.struct_hash()]),
            event(
                &proposal,
                EventKind::ProposalClosed,
                &[number(record.log_to), text("time")],
            ),
            event(
                &proposal,
                EventKind::ResultPublished,
                &[record.struct_hash(), number(record.outcome.into())],
            ),
        ];
        if let Some(tier) = Tier::from_code(story.secrecy).filter(|tier| *tier != Tier::Open) {
            events.insert(1, event(&proposal, EventKind::SecrecyChosen, &[text(tier.name())]));
            if tier.hides_names() {
                let facts = [keccak256(b"electors"), number(proposal.record.roll_count.into())];
                events.insert(4, event(&proposal, EventKind::RollVeiled, &facts));
            }
        }
        let place = lines.iter().position(|line| section(line) > Section::Event).unwrap();
        lines.splice(place..place, events);
        let mut placed = Self {
            lines,
            entries: Vec::new(),
            origin,
            signer: log_secret(),
        };
        placed.lines[0]["log"] = json!(placed.log());
        placed.place_all();
        placed
    }

    fn log(&self) -> BundleLog {
        let key = VerifierKey::new(&self.origin, self.signer.verifying_key()).unwrap();
        BundleLog {
            origin: self.origin.clone(),
            key: key.to_string(),
        }
    }

    pub fn key(&self) -> VerifierKey {
        self.log().key.parse().unwrap()
    }

    fn place_all(&mut self) {
        let of = |lines: &[Value], wanted: Section| -> Vec<usize> {
            (0..lines.len())
                .filter(|line| section(&lines[*line]) == wanted)
                .collect()
        };
        let (events, ballots) = (of(&self.lines, Section::Event), of(&self.lines, Section::Ballot));
        let (proposal, tally) = (
            of(&self.lines, Section::Proposal)[0],
            of(&self.lines, Section::Tally)[0],
        );
        self.entries.push(other(0));
        let is_opening = |line: &usize| self.lines[*line]["record"]["kind"] == EventKind::ProposalOpened.code();
        let opening = events.iter().position(is_opening).unwrap();
        let (before, rest) = events.split_at(opening);
        let (opened, ended) = rest.split_at(rest.len() - 2);
        for line in before.iter().chain([&proposal]).chain(opened) {
            self.place(*line);
        }
        for (count, line) in ballots.into_iter().enumerate() {
            self.place(line);
            if count % 2 == 1 {
                self.grow(1);
            }
        }
        for line in [ended[0], tally, ended[1]] {
            self.place(line);
        }
        self.grow(2);
    }

    /// Takes steps about the objection of a ballot, in the log just before the close; who raised it acts unless somebody else is named.
    pub fn judge(
        &mut self,
        proposal: &ProposalLine,
        ballot: Hash32,
        objector: Hash32,
        steps: &[(&str, Option<Hash32>)],
    ) {
        let close = self.event(EventKind::ProposalClosed)["log_index"].as_u64().unwrap();
        let count = steps.len() as u64;
        for line in &mut self.lines {
            if let Some(index) = line["log_index"].as_u64().filter(|index| *index >= close) {
                line["log_index"] = (index + count).into();
            }
        }
        let is_close = |line: &Value| {
            section(line) == Section::Event && line["record"]["kind"] == EventKind::ProposalClosed.code()
        };
        let place = self.lines.iter().position(is_close).unwrap();
        for (number, (step, actor)) in steps.iter().enumerate() {
            let facts = [ballot, keccak256(step.as_bytes()), Hash32::ZERO];
            let mut line = event(proposal, EventKind::ObjectionJudged, &facts);
            let mut words = vec![actor.unwrap_or(objector)];
            words.extend(facts);
            line["facts"] = json!(words);
            line["record"]["payload"] = json!(payload(&words));
            line["record"]["salt"] = json!(keccak256(&number.to_be_bytes()));
            let index = usize::try_from(close).unwrap() + number;
            line["log_index"] = index.into();
            self.entries.insert(index, entry_of(&line).unwrap());
            self.lines.insert(place + number, line);
        }
    }

    /// Puts the record of a line at the end of the log.
    pub fn place(&mut self, line: usize) {
        self.lines[line]["log_index"] = self.entries.len().into();
        self.entries.push(entry_of(&self.lines[line]).unwrap());
    }

    /// So many other acts.
    pub fn grow(&mut self, count: usize) {
        for _ in 0..count {
            self.entries.push(other(self.entries.len()));
        }
    }

    /// The line of the event of a kind.
    pub fn event(&mut self, kind: EventKind) -> &mut Value {
        let is_kind = |line: &&mut Value| section(line) == Section::Event && line["record"]["kind"] == kind.code();
        self.lines.iter_mut().find(is_kind).unwrap()
    }

    /// The lines of a section.
    pub fn of(&mut self, wanted: Section) -> Vec<&mut Value> {
        self.lines.iter_mut().filter(|line| section(line) == wanted).collect()
    }

    pub fn builder(&self) -> TileBuilder {
        let mut builder = TileBuilder::new();
        self.entries.iter().for_each(|entry| builder.push(*entry));
        builder
    }

    pub fn head(&self) -> TreeHead {
        let builder = self.builder();
        TreeHead {
            size: builder.size(),
            root: builder.root(),
        }
    }

    /// The checkpoint of the log as it is.
    pub fn note(&self) -> String {
        let checkpoint = Checkpoint::new(&self.origin, self.head()).unwrap();
        checkpoint.sign(&self.signer).unwrap().to_string()
    }

    /// The cover of what the lines claim; claims that no cover can have are left out.
    pub fn cover(&self) -> Vec<Hash32> {
        let size = self.entries.len() as u64;
        let claimed = self.lines.iter().filter_map(|line| line.get("log_index")?.as_u64());
        let mut indexes: Vec<u64> = claimed.filter(|index| *index < size).collect();
        indexes.sort_unstable();
        indexes.dedup();
        let leaves: Vec<Hash32> = self.entries.iter().map(LogEntry::leaf_hash).collect();
        let read = |node: Node| {
            let width = 1_usize << node.level;
            let start = usize::try_from(node.index).unwrap() * width;
            Ok::<_, std::convert::Infallible>(root_of(&leaves[start..start + width]))
        };
        let mut hashes = cover_plan(indexes, size).unwrap().read(read);
        let mut cover = Vec::new();
        while let Ok(Some(hash)) = hashes.next_hash() {
            cover.push(hash);
        }
        cover
    }

    /// The bundle, sealed by the server.
    pub fn seal(&self) -> Vec<String> {
        self.seal_with(Some(self.note()), &self.cover())
    }

    /// The bundle with this checkpoint and this cover.
    pub fn seal_with(&self, note: Option<String>, cover: &[Hash32]) -> Vec<String> {
        let mut lines: Vec<String> = self.lines.iter().map(Value::to_string).collect();
        let end = lines.pop().unwrap();
        lines.extend(note.map(|note| json!(CheckpointLine { section: Named, note }).to_string()));
        for hashes in cover.chunks(COVER_HASHES_MAX) {
            let hashes = hashes.to_vec();
            lines.push(json!(CoverLine { section: Named, hashes }).to_string());
        }
        lines.push(end);
        mended(lines, By::Server)
    }

    /// Publishes the log in a folder.
    pub fn publish(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, bytes: &[u8]| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        let mut builder = self.builder();
        for file in builder.take_files() {
            write(&file.tile.to_string(), &file.bytes);
        }
        write("checkpoint", self.note().as_bytes());
        folder
    }
}

/// The root over a complete subtree.
pub fn root_of(leaves: &[Hash32]) -> Hash32 {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len() / 2);
            governance::log::tree::node_hash(root_of(left), root_of(right))
        }
    }
}
