//! Aim: whatever moment the program dies at between an act and its published checkpoint, no two checkpoints of one size differ and
//! nothing that was acknowledged is missing. Method: the program as a process of its own, killed at a named place while members vote,
//! started again; beside it somebody reads the published checkpoint all the time.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use devstack::postgres::Durability;
use governance::hash::Hash32;
use governance::log::{LogEntry, VerifierKey};
use governance::record::{BallotV1, Record as _};
use server::secrets::Secrets;
use tests::checker::journal::Journal;
use tests::stack::Stack;
use uuid::Uuid;

use super::world::{LOOK, LOOKS_MAX, Seen, checkpoint_in};
use crate::crash::program::{dying_at, stack};
use crate::crash::story::{Story, check, resurrect};

/// The places between the act and the checkpoint. A usual run tries those marked, all with `ROCHDALE_FULL`.
const PLACES: [(&str, bool); 7] = [
    ("ballot_stored", false),
    ("ballot_committed", true),
    ("log_sequenced", true),
    ("log_tiles_written", true),
    ("log_signed", true),
    ("log_checkpoint_written", true),
    ("log_published", false),
];

/// Reads the checkpoint of a log over and over.
struct Watch {
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Watch {
    fn start(folder: PathBuf, key: VerifierKey) -> Self {
        let (seen, stop) = (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
        let (into, until) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                if let Some(head) = checkpoint_in(&folder, &key) {
                    into.lock().unwrap().note(head);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Self { seen, stop, thread }
    }

    fn end(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("every checkpoint went forward");
        Arc::into_inner(self.seen)
            .expect("nobody else looks")
            .into_inner()
            .unwrap()
    }
}

/// The folder of a story's log, and its key.
pub fn log_of(stack: &Stack, story: &Story) -> (PathBuf, VerifierKey) {
    let digits = hex::encode(story.question().domain.namespace.as_bytes());
    let root = stack.log().parent().expect("a folder").to_path_buf();
    let secrets = Secrets::load(&root.join("secrets")).expect("secrets");
    let key = VerifierKey::new(&format!("demo.example/log/{digits}"), secrets.log_key().verifying_key());
    (root.join("log").join(&digits), key.expect("a key"))
}

async fn is_published(stack: &Stack) -> bool {
    let left = "SELECT (SELECT count(*) FROM log_pending)
        + (SELECT count(*) FROM log_head WHERE published_size < sequenced OR held_until > clock_timestamp())";
    let row = stack.database.query_one(left, &[]).await;
    row.expect("the database answers").get::<_, i64>(0) == 0
}

pub async fn wait_until_published(stack: &Stack) {
    for _ in 0..LOOKS_MAX {
        if is_published(stack).await {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    panic!("not everything is published");
}

pub async fn entries(stack: &Stack, coop: Uuid) -> Vec<LogEntry> {
    let leaves = "SELECT type_hash, record_hash FROM log_leaf WHERE coop_id = $1 ORDER BY log_index";
    let rows = stack.database.query(leaves, &[&coop]).await.expect("the leaves");
    let word = |bytes: &[u8]| Hash32::from_slice(bytes).expect("a word");
    rows.iter()
        .map(|row| LogEntry {
            type_hash: word(row.get(0)),
            record_hash: word(row.get(1)),
        })
        .collect()
}

/// One story in which the program dies at a place, with how many checkpoints were seen.
async fn play(stack: &mut Stack, journal: &Journal, place: &str) -> (Story, usize) {
    let story = Story::begin(stack, journal).await;
    wait_until_published(stack).await;
    let (folder, key) = log_of(stack, &story);
    let watch = Watch::start(folder, key);
    stack.environment(dying_at(place));
    resurrect(stack).await;
    let torment = async {
        story.wait_for_death(stack, place).await;
        stack.environment(Vec::new());
        resurrect(stack).await;
    };
    let told = async {
        story.vote().await;
        story.close().await;
    };
    tokio::join!(told, torment);
    story.wait_for_result().await;
    wait_until_published(stack).await;
    let seen = watch.end();
    let entries = entries(stack, story.coop()).await;
    seen.check(&entries);
    let ballots = entries
        .iter()
        .filter(|entry| entry.type_hash == governance::hash::keccak256(BallotV1::TYPE.as_bytes()));
    let stored = "SELECT count(*) FROM ballot WHERE coop_id = $1";
    let stored: i64 = stack
        .database
        .query_one(stored, &[&story.coop()])
        .await
        .expect("a count")
        .get(0);
    assert_eq!(i64::try_from(ballots.count()), Ok(stored), "{place}");
    (story, seen.0.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_may_die_at_any_step_from_the_act_to_the_published_checkpoint() {
    let Some(mut stack) = stack("deaths of the log", Durability::Volatile, &[]).await else {
        return;
    };
    let journal = Journal::default();
    let mut last = None;
    let is_full = std::env::var_os("ROCHDALE_FULL").is_some();
    for (place, is_usual) in PLACES {
        if is_usual || is_full {
            let began = std::time::Instant::now();
            let (story, checkpoints) = play(&mut stack, &journal, place).await;
            last = Some(story);
            eprintln!(
                "{place}: {checkpoints} checkpoints, {:.1} s",
                began.elapsed().as_secs_f32()
            );
        }
    }
    if let Some(story) = last {
        story.wait_for_records(&stack).await;
    }
    check(&stack, &journal, None).await;
}
