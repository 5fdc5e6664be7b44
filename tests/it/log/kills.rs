//! Aim: whenever SIGKILL hits the server while members vote as fast as they can, all checkpoints that anybody ever saw are of one
//! log, and whatever was acknowledged is in it. Method: seeds. Each kills the program at moments drawn from the seed and starts it
//! again; beside it somebody keeps every published checkpoint. After each start all of them are proved against the newest by the
//! tiles, as anyone can, and at the end each acknowledged ballot has its proof. A few seeds in a usual run, all with `ROCHDALE_FULL`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audit::log::{ForkVerdict, LogSource, fork_proof};
use devstack::postgres::Durability;
use futures_util::StreamExt as _;
use governance::log::{Checkpoint, VerifierKey};
use tests::checker::journal::Journal;
use tests::stack::Stack;

use super::deaths::{entries, log_of, wait_until_published};
use super::world::{LOOK, LOOKS_MAX, Seen, proved};
use crate::crash::program::stack;
use crate::crash::seeds::Numbers;
use crate::crash::story::{Story, check, resurrect};

/// How many seeds there are, and how many a usual run tries.
const SEEDS: u64 = 12;
const SEEDS_USUAL: u64 = 3;
/// How often the program is killed by one seed.
const KILLS: usize = 4;
/// The longest time from one new checkpoint to the next death, in milliseconds: some checkpoints long.
const KILL_MS_MAX: u64 = 900;
/// How many receipts are asked for at the same time.
const TOGETHER: usize = 16;

/// Every checkpoint that lay in the folder, by size: its note, byte for byte.
type Notes = Arc<Mutex<BTreeMap<u64, Vec<u8>>>>;

/// Reads the checkpoint of a log over and over, and keeps each.
struct Collector {
    folder: PathBuf,
    key: VerifierKey,
    notes: Notes,
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Collector {
    fn start(folder: PathBuf, key: VerifierKey) -> Self {
        let (notes, stop) = (Notes::default(), Arc::new(AtomicBool::new(false)));
        let (path, under) = (folder.join("checkpoint"), key.clone());
        let (into, until) = (Arc::clone(&notes), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                let note = std::fs::read(&path).unwrap_or_default();
                if !note.is_empty() {
                    let (checkpoint, _) = Checkpoint::open(&note, &under).expect("a checkpoint of this log");
                    let mut notes = into.lock().unwrap();
                    let size = checkpoint.head().size;
                    let largest = notes.last_key_value().map(|(largest, _)| *largest);
                    assert!(
                        largest.is_none_or(|largest| largest <= size),
                        "a checkpoint was taken back"
                    );
                    let there = notes.entry(size).or_insert_with(|| note.clone());
                    assert_eq!(*there, note, "two checkpoints of {size} leaves");
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Self {
            folder,
            key,
            notes,
            stop,
            thread,
        }
    }

    fn largest(&self) -> u64 {
        let notes = self.notes.lock().unwrap();
        notes.last_key_value().map_or(0, |(size, _)| *size)
    }

    async fn wait_beyond(&self, size: u64) {
        for _ in 0..LOOKS_MAX {
            if self.largest() > size {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("the log does not go on after {size} leaves");
    }

    /// Proves each checkpoint seen so far against the newest, by the tiles. Beginnings of one tree are pairwise consistent.
    async fn prove(&self) {
        let (notes, key) = (self.notes.lock().unwrap().clone(), self.key.clone());
        let folder = self.folder.to_str().expect("a path").to_owned();
        let prove = move || {
            let tiles = LogSource::parse(&folder).expect("a folder");
            let (_, newest) = notes.last_key_value().expect("a checkpoint");
            for (size, note) in &notes {
                let report = fork_proof(note, newest, &key, Some(&tiles));
                assert_eq!(report.verdict, ForkVerdict::Consistent, "{size}: {report:?}");
            }
        };
        tokio::task::spawn_blocking(prove).await.expect("all are of one log");
    }

    fn end(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("each checkpoint went forward");
        let mut seen = Seen::default();
        for note in self.notes.lock().unwrap().values() {
            let (checkpoint, _) = Checkpoint::open(note, &self.key).expect("a checkpoint of this log");
            seen.note(checkpoint.head());
        }
        seen
    }
}

/// Kills the program again and again while members vote.
async fn torment(stack: &mut Stack, collector: &Collector, numbers: &mut Numbers) {
    for _ in 0..KILLS {
        collector.wait_beyond(collector.largest()).await;
        tokio::time::sleep(Duration::from_millis(numbers.next() % KILL_MS_MAX)).await;
        resurrect(stack).await;
        collector.prove().await;
    }
    collector.wait_beyond(collector.largest()).await;
}

/// One story under one seed, with how many ballots were acknowledged and how many checkpoints seen.
async fn play(stack: &mut Stack, journal: &Journal, seed: u64) -> (Story, usize, usize) {
    let story = Story::begin(stack, journal).await;
    wait_until_published(stack).await;
    let (folder, key) = log_of(stack, &story);
    let collector = Collector::start(folder, key.clone());
    let (stop, mut numbers) = (AtomicBool::new(false), Numbers(seed));
    tokio::join!(story.vote_until(&stop), async {
        torment(stack, &collector, &mut numbers).await;
        stop.store(true, Ordering::Relaxed);
    });
    wait_until_published(stack).await;
    collector.wait_beyond(0).await;
    collector.prove().await;
    let acknowledged = story.acknowledged(journal);
    let proofs = futures_util::stream::iter(&acknowledged).map(|hash| story.receipt(hash));
    let mut proofs = proofs.buffer_unordered(TOGETHER);
    while let Some(receipt) = proofs.next().await {
        proved(&receipt, &key).expect("what was acknowledged is in the log");
    }
    drop(proofs);
    let seen = collector.end();
    seen.check(&entries(stack, story.coop()).await);
    (story, acknowledged.len(), seen.0.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_may_be_killed_at_any_moment_while_members_vote() {
    let Some(mut stack) = stack("kills of the log", Durability::Volatile, &[]).await else {
        return;
    };
    let journal = Journal::default();
    let seeds = if std::env::var_os("ROCHDALE_FULL").is_some() {
        SEEDS
    } else {
        SEEDS_USUAL
    };
    let mut last = None;
    for seed in 0..seeds {
        let began = Instant::now();
        let (story, ballots, checkpoints) = play(&mut stack, &journal, seed).await;
        let seconds = began.elapsed().as_secs_f32();
        eprintln!("seed {seed}: {ballots} ballots, {checkpoints} checkpoints, {seconds:.1} s");
        last = Some(story);
    }
    if let Some(story) = last {
        story.wait_for_records(&stack).await;
    }
    check(&stack, &journal, None).await;
}
