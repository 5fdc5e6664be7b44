//! Aim: what the auditor's program says of a log that a real server published, by folder and by address, is true: it holds, it goes
//! on, and whatever is changed in it is named. Method: the program's own library, with nothing of the server but its files, its
//! answers, and the log's key.

use std::path::{Path, PathBuf};

use audit::log::{ForkVerdict, LogSource, ReceiptVerdict, WatchReport, WatchRequest, check_receipt, fork_proof, watch};
use governance::hash::{Hash32, keccak256};
use governance::log::proof::TreeHead;
use governance::log::tile::growth;
use governance::log::{Checkpoint, VerifierKey};
use tests::app::TestApp;

use super::restore::copy_folder;
use super::world::{Log, folder, receipt};
use crate::casting::world::World;

/// Somebody who watches a log.
struct Watcher {
    own: tempfile::TempDir,
    key: VerifierKey,
}

impl Watcher {
    fn new(key: &VerifierKey) -> Self {
        Self {
            own: tempfile::tempdir().unwrap(),
            key: key.clone(),
        }
    }

    fn state(&self) -> PathBuf {
        self.own.path().join("state")
    }

    /// Looks at a log in a folder or at an address.
    async fn look(&self, log: &str) -> WatchReport {
        let (log, key, state) = (log.to_owned(), self.key.clone(), self.state());
        let look = move || {
            let source = LogSource::parse(&log).unwrap();
            watch(&WatchRequest {
                source: &source,
                key: &key,
                state: &state,
                entries_max: 100_000,
            })
        };
        tokio::task::spawn_blocking(look).await.unwrap().unwrap()
    }

    /// Looks at a log in which all holds; the size that is now remembered.
    async fn holds(&self, log: &str) -> u64 {
        let report = self.look(log).await;
        assert_eq!((report.status, report.findings.len()), (0, 0), "{report:?}");
        report.seen.unwrap().size
    }
}

/// A log of a server, its folder and its address, after a motion was opened and two members voted.
struct Published<'a> {
    app: &'a TestApp,
    world: World,
    log: Log<'a>,
    folder: PathBuf,
    last: Option<Hash32>,
}

impl<'a> Published<'a> {
    async fn by(app: &'a TestApp) -> Self {
        let world = World::found(app).await;
        let mut published = Self {
            app,
            log: Log::of(app, world.coop),
            folder: folder(app, world.coop),
            world,
            last: None,
        };
        published.vote().await;
        app.work().await;
        published
    }

    /// One more member, one more question and one more ballot, not published yet.
    async fn vote(&mut self) {
        let voters = self.world.import(2).await;
        let question = self.world.motion().await;
        for voter in &voters {
            let body = voter.ballot(&question, 1, &[1], &[1]);
            let cast = self.world.cast(&question, &body).await.expect(201);
            self.last = cast["record_hash"].as_str().and_then(|text| text.parse().ok());
        }
    }

    fn path(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    fn url(&self) -> String {
        let namespace = self.folder.file_name().unwrap().to_str().unwrap();
        format!("{}/log/{namespace}", self.app.url)
    }

    fn note(&self) -> Vec<u8> {
        std::fs::read(self.folder.join("checkpoint")).unwrap()
    }

    /// What the log's own key signs of other entries.
    fn forked(&self, size: u64) -> Vec<u8> {
        let head = TreeHead {
            size,
            root: keccak256(b"other entries"),
        };
        let checkpoint = Checkpoint::new(self.log.key().name(), head).unwrap();
        let note = checkpoint.sign(self.app.app.secrets.log_key()).unwrap();
        note.to_string().into_bytes()
    }
}

/// A copy of a folder in which one byte of a file is another.
fn changed(folder: &Path, file: &str, place: usize) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder, copy.path());
    let path = copy.path().join(file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[place] ^= 1;
    std::fs::write(path, bytes).unwrap();
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_log_holds_and_goes_on_for_whoever_watches_it() {
    let app = TestApp::start().await;
    let mut published = Published::by(&app).await;
    let (near, far) = (Watcher::new(published.log.key()), Watcher::new(published.log.key()));
    let url = published.url();
    let first = near.holds(published.path()).await;
    assert_eq!(far.holds(&url).await, first);
    assert_eq!(first, published.log.head().await.size);
    let before = published.note();
    published.vote().await;
    app.work().await;
    let report = near.look(published.path()).await;
    let now = published.log.head().await;
    assert_eq!((report.status, report.is_saved), (0, true), "{report:?}");
    assert_eq!(report.remembered.unwrap().size, first);
    assert!(now.size > first, "{now:?}");
    assert_eq!(report.entries, now.size - first);
    assert_eq!(far.holds(&url).await, now.size);
    // The two checkpoints are no fork, by the tiles of the larger one.
    let (after, tiles) = (published.note(), LogSource::parse(published.path()).unwrap());
    let report = fork_proof(&before, &after, published.log.key(), Some(&tiles));
    assert_eq!(
        (report.verdict, report.status),
        (ForkVerdict::Consistent, 0),
        "{report:?}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_of_any_published_tile_is_found_and_its_file_named() {
    let app = TestApp::start().await;
    let mut published = Published::by(&app).await;
    let old = Watcher::new(published.log.key());
    let first = old.holds(published.path()).await;
    published.vote().await;
    app.work().await;
    let size = published.log.head().await.size;
    let mut tried = 0;
    for tile in growth(0, size) {
        let file = tile.to_string();
        let length = std::fs::read(published.folder.join(&file)).unwrap().len();
        // From a length and a version byte over the hashes to the last byte.
        for place in [1, 2, 3, length / 2, length - 1] {
            let copy = changed(&published.folder, &file, place);
            let report = Watcher::new(published.log.key())
                .look(copy.path().to_str().unwrap())
                .await;
            assert_eq!(report.status, 1, "{file}, byte {place}: {report:?}");
            assert_eq!(report.findings[0].file, file, "byte {place}: {report:?}");
            tried += 1;
        }
        // Whoever watched before sees it too, in what is new.
        let copy = changed(&published.folder, &file, length - 1);
        let remembered = std::fs::read(old.state()).unwrap();
        let report = old.look(copy.path().to_str().unwrap()).await;
        assert_eq!(report.status, 1, "{file}: {report:?}");
        assert_eq!(report.findings[0].file, file, "{report:?}");
        assert_eq!(std::fs::read(old.state()).unwrap(), remembered, "{file}");
    }
    assert!(tried >= 10, "{tried} bytes were changed");
    // What the server has is as it was.
    assert!(old.holds(published.path()).await > first);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_checkpoints_of_one_size_by_the_log_key_are_a_fork_that_their_signatures_prove() {
    let app = TestApp::start().await;
    let published = Published::by(&app).await;
    let (note, key) = (published.note(), published.log.key());
    let size = published.log.head().await.size;
    let forked = published.forked(size);
    let report = fork_proof(&note, &forked, key, None);
    assert_eq!((report.verdict, report.status), (ForkVerdict::Fork, 1), "{report:?}");
    let report = fork_proof(&note, &note, key, None);
    assert_eq!(
        (report.verdict, report.status),
        (ForkVerdict::Consistent, 0),
        "{report:?}"
    );
    let report = fork_proof(&note, &published.forked(size + 1), key, None);
    assert_eq!(
        (report.verdict, report.status),
        (ForkVerdict::Undecided, 2),
        "{report:?}"
    );
    // Of an earlier size too, where the tiles of the published one decide.
    let tiles = LogSource::parse(published.path()).unwrap();
    let report = fork_proof(&published.forked(size - 1), &note, key, Some(&tiles));
    assert_eq!((report.verdict, report.status), (ForkVerdict::Fork, 1), "{report:?}");
    // Somebody who remembers the one sees the fork when the other is shown.
    let watcher = Watcher::new(key);
    assert_eq!(watcher.holds(published.path()).await, size);
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&published.folder, copy.path());
    std::fs::write(copy.path().join("checkpoint"), &forked).unwrap();
    let report = watcher.look(copy.path().to_str().unwrap()).await;
    assert_eq!((report.status, report.is_saved), (1, false), "{report:?}");
    assert!(report.findings[0].text.contains("another root"), "{report:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_about_a_ballot_is_a_receipt_that_the_program_proves() {
    let app = TestApp::start().await;
    let mut published = Published::by(&app).await;
    published.vote().await;
    let own = published.last.unwrap();
    let ask = || async {
        let hash = serde_json::json!(own);
        let answer = receipt(&published.world.steward, &published.world, &hash, 0).await;
        assert_eq!(answer.status, 200);
        answer.bytes
    };
    let key = published.log.key();
    let pending = check_receipt(&ask().await, key, Some(own));
    assert_eq!((pending.verdict, pending.status), (ReceiptVerdict::Pending, 2));
    app.work().await;
    let answer = ask().await;
    let proved = check_receipt(&answer, key, Some(own));
    assert_eq!(
        (proved.verdict, proved.status),
        (ReceiptVerdict::Proved, 0),
        "{proved:?}"
    );
    assert_eq!(proved.record_type.as_deref(), Some("BallotV1"));
    assert_eq!(proved.checkpoint.unwrap().size, published.log.head().await.size);
    let other = check_receipt(&answer, key, Some(keccak256(b"another ballot")));
    assert_eq!((other.verdict, other.status), (ReceiptVerdict::Contradicted, 1));
    // The log of another co-op on the same server has the same key under another name.
    let elsewhere = World::found(&app).await;
    let foreign = check_receipt(&answer, Log::of(&app, elsewhere.coop).key(), Some(own));
    assert_eq!((foreign.verdict, foreign.status), (ReceiptVerdict::Contradicted, 1));
    app.finish().await;
}
