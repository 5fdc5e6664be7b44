//! Aim: the folder that an operator exports holds the whole public record and nothing else, can be read at any moment, and grows by what
//! is new alone; and whoever checks it finds what a dishonest server leaves out, although every signature in it is right. Method: a
//! real server, its export, and the auditor's program as a library.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use audit::folder::{FolderOptions, FolderReport, verify_folder};
use audit::{FindingKind, Options};
use governance::hash::Hash32;
use governance::id::ProposalId;
use serde_json::Value;
use server::services::counting::count_closed;
use server::services::export::{ExportFault, ExportMode, ExportReport, ExportStep, export};
use server::services::log::publish_once;
use server::services::log::repair::{Repair, RepairMode, repair};
use sha2::{Digest as _, Sha256};
use tests::app::{ChainChoice, Options as AppOptions, TestApp};
use tests::memory_chain::MemoryWorld;
use tests::voter::Voter;
use wire::public_record::PublicRecord;

use super::restore::{back_up, copy_folder, restore};
use super::world::{Log, folder};
use crate::decisions::world::{Hall, motion};

const YES: &[u16] = &[0];
const NO: &[u16] = &[1];
/// How often to look whether voting is over.
const LOOKS_MAX: usize = 400;

/// A server with a co-op, and the folder to which its record is exported.
struct Scene<'a> {
    app: &'a TestApp,
    hall: Hall,
    own: tempfile::TempDir,
}

impl<'a> Scene<'a> {
    async fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            hall: Hall::with_members(app, 1).await,
            own: tempfile::tempdir().unwrap(),
        }
    }

    fn to(&self) -> PathBuf {
        self.own.path().join("record")
    }

    /// A decision with a published result.
    async fn decide(&self) -> ProposalId {
        let proposal = self.hall.opened_motion().await;
        self.hall.all_cast(proposal, &[YES, NO]).await;
        let _ = self.hall.finish(self.app, proposal).await;
        proposal
    }

    /// A decision on which one member voted, and that is open yet.
    async fn open(&self) {
        let proposal = self.hall.opened_motion().await;
        let cast = self.hall.cast(&self.hall.steward, proposal, 1, YES).await;
        let _ = cast.expect(201);
        self.app.work().await;
    }

    /// Casts a signed ballot; the hash of its record.
    async fn cast(&self, proposal: ProposalId, voter: &Voter) -> Hash32 {
        let question = self.hall.question(proposal).await;
        let body = voter.ballot(&question, 1, &[0], &[1]);
        let request = self.app.anonymous().post(&question.ballots_path()).json(&body);
        let answer = request.send().await.expect(201);
        answer["record_hash"].as_str().unwrap().parse().unwrap()
    }

    async fn run(&self, mode: ExportMode) -> Result<ExportReport, ExportFault> {
        let app = Arc::clone(&self.app.app);
        export(app, &self.hall.slug, &self.to(), mode, &mut |_| ()).await
    }

    async fn write(&self) -> ExportReport {
        let report = self.run(ExportMode::Write).await.unwrap();
        assert_eq!(report.failed, []);
        report
    }

    /// Exports, and stops as a program that is killed does, before the step with this number is followed by another. Gives how many
    /// bundles were noted, or `None` where it came to its end.
    async fn killed_at(&self, number: usize) -> Option<usize> {
        let (app, slug, to) = (Arc::clone(&self.app.app), self.hall.slug.clone(), self.to());
        let noted = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = Arc::clone(&noted);
        let run = async move {
            let mut steps = 0;
            let mut tell = move |step| {
                if step == ExportStep::BundleNoted {
                    counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
                steps += 1;
                if steps == number {
                    std::panic::resume_unwind(Box::new("killed"));
                }
            };
            export(app, &slug, &to, ExportMode::Write, &mut tell).await
        };
        match tokio::spawn(run).await {
            Ok(ended) => {
                let _ = ended.unwrap();
                None
            }
            Err(error) => {
                assert!(error.is_panic());
                Some(noted.load(std::sync::atomic::Ordering::Relaxed))
            }
        }
    }

    async fn verify(&self) -> FolderReport {
        verify(&self.to()).await
    }

    async fn holds(&self) -> FolderReport {
        let report = self.verify().await;
        assert_eq!((report.status, &report.findings[..]), (0, &[][..]), "{report:#?}");
        report
    }

    fn record(&self) -> PublicRecord {
        serde_json::from_slice(&std::fs::read(self.to().join("coop.json")).unwrap()).unwrap()
    }

    fn rewrite(&self, change: impl FnOnce(&mut PublicRecord)) {
        let mut record = self.record();
        change(&mut record);
        std::fs::write(self.to().join("coop.json"), serde_json::to_vec(&record).unwrap()).unwrap();
    }

    fn bundle(&self, proposal: ProposalId) -> PathBuf {
        self.to().join(wire::public_record::bundle_path(proposal))
    }
}

async fn verify(folder: &Path) -> FolderReport {
    let folder = folder.to_path_buf();
    let check = move || {
        let options = FolderOptions {
            bundles: Options::default(),
            entries_max: 100_000,
        };
        verify_folder(&folder, &options, &mut |_, _| ()).unwrap()
    };
    tokio::task::spawn_blocking(check).await.unwrap()
}

/// Every file and folder below a folder: when it was changed, and its bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, Option<Vec<u8>>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(path) = folders.pop() {
        let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
        if path.is_dir() {
            folders.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            found.insert(path, (changed, None));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, (changed, Some(bytes)));
        }
    }
    found
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = tree(folder).into_iter();
    files
        .filter_map(|(path, (_, bytes))| Some((path.strip_prefix(folder).unwrap().to_path_buf(), bytes?)))
        .collect()
}

/// What a report says is wrong: the kind, the file, and whether the text holds this.
fn names(report: &FolderReport, kind: FindingKind, file: &str, text: &str) -> bool {
    let mut findings = report.findings.iter();
    findings.any(|finding| finding.kind == kind && finding.file == file && finding.text.contains(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_holds_and_a_second_export_writes_only_what_is_new() {
    let app = TestApp::start().await;
    let scene = Scene::new(&app).await;
    let first = scene.decide().await;
    let second = scene.decide().await;
    scene.open().await;
    let written = scene.write().await;
    assert_eq!((written.bundles, written.bundles_kept, written.waiting), (2, 0, 0));
    assert!(written.is_changed && written.tiles > 0, "{written:?}");
    let report = scene.holds().await;
    assert_eq!(report.decisions.len(), 2);
    let log = report.log.unwrap();
    assert_eq!(log.head.size, Log::of(&app, scene.hall.coop).head().await.size);
    assert_eq!(
        (log.proposals.entries, log.proposals.in_bundles, log.unpublished),
        (3, 2, 1)
    );
    assert_eq!((log.ballots.entries, log.ballots.in_bundles), (5, 4));
    assert_eq!(
        (log.omitted.count, log.undecided.count, log.undecided_beside),
        (0, 1, 0)
    );
    // Nothing is new: nothing is written, not even a folder is touched.
    let before = tree(&scene.to());
    let again = scene.write().await;
    assert!(!again.is_changed, "{again:?}");
    assert_eq!((again.bundles, again.bundles_kept, again.tiles), (0, 2, 0));
    assert_eq!(tree(&scene.to()), before);
    // What is new is written; what is old is left alone.
    let third = scene.decide().await;
    let more = scene.write().await;
    assert_eq!((more.bundles, more.bundles_kept), (1, 2));
    assert!(more.tiles_removed > 0, "the narrow tiles of the smaller log are gone");
    let after = tree(&scene.to());
    for proposal in [first, second] {
        let bundle = scene.bundle(proposal);
        assert_eq!(after[&bundle], before[&bundle]);
    }
    assert!(after.contains_key(&scene.bundle(third)));
    assert_eq!(scene.holds().await.decisions.len(), 3);
    // The log beside the bundles is the published one, as it is.
    let (copied, published) = (files(&scene.to().join("log")), files(&folder(&app, scene.hall.coop)));
    for (path, bytes) in &copied {
        assert_eq!(published.get(path), Some(bytes), "{}", path.display());
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_writes_nothing_and_says_what_will_be_written() {
    let app = TestApp::start().await;
    let scene = Scene::new(&app).await;
    let _ = scene.decide().await;
    let preview = scene.run(ExportMode::Preview).await.unwrap();
    assert!(!scene.to().exists());
    let written = scene.write().await;
    assert_eq!(preview, written);
    let bytes: u64 = scene.record().decisions.iter().map(|decision| decision.bytes).sum();
    assert_eq!(written.bundle_bytes, bytes);
    let before = tree(&scene.to());
    let preview = scene.run(ExportMode::Preview).await.unwrap();
    assert!(!preview.is_changed, "{preview:?}");
    assert_eq!(tree(&scene.to()), before);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_written_anew_while_its_anchors_advance_and_then_stays() {
    let world = MemoryWorld::start().await;
    let app = TestApp::start_with(AppOptions::default().chain(ChainChoice::Memory(world))).await;
    let scene = Scene::new(&app).await;
    let hall = &scene.hall;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES, YES]).await;
    let _ = hall.step(&hall.steward, proposal, "closing").await.expect(200);
    let _ = count_closed(&app.app, hall.coop, proposal).await.expect("a count");
    // Counted, and in no published log: its ballots would look as if they were left out.
    assert!(matches!(scene.run(ExportMode::Write).await, Err(ExportFault::NoLog)));
    let _ = publish_once(&app.app).await.expect("a checkpoint");
    assert_eq!(scene.write().await.bundles, 1);
    let unanchored = std::fs::read(scene.bundle(proposal)).unwrap();
    let _ = scene.holds().await;
    app.work().await;
    assert_eq!(scene.write().await.bundles, 1, "its anchors are final now");
    assert_ne!(std::fs::read(scene.bundle(proposal)).unwrap(), unanchored);
    let _ = scene.holds().await;
    let before = tree(&scene.to());
    assert!(!scene.write().await.is_changed);
    assert_eq!(tree(&scene.to()), before);
    // The log goes on and so do anchors; a bundle whose own are final stays as it is.
    let _ = scene.decide().await;
    let more = scene.write().await;
    assert_eq!((more.bundles, more.bundles_kept), (1, 1));
    assert_eq!(
        tree(&scene.to())[&scene.bundle(proposal)],
        before[&scene.bundle(proposal)]
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_killed_at_any_step_is_followed_by_one_that_goes_on() {
    let app = TestApp::start().await;
    let scene = Scene::new(&app).await;
    for _ in 0..3 {
        let _ = scene.decide().await;
    }
    let _ = scene.write().await;
    let whole = files(&scene.to());
    let mut number = 0;
    loop {
        number += 1;
        std::fs::remove_dir_all(scene.to()).unwrap();
        let Some(noted) = scene.killed_at(number).await else {
            break;
        };
        let seen = scene.verify().await;
        assert!(seen.status != 1, "step {number}: {seen:#?}");
        let rest = scene.write().await;
        assert_eq!((rest.bundles, rest.bundles_kept), (3 - noted, noted), "step {number}");
        assert_eq!(files(&scene.to()), whole, "step {number}");
        assert!(!scene.to().join(".export").exists());
    }
    assert!(number > 10, "{number} steps");
    // A run that died may have moved a bundle and not noted it: after one, each is compared with what was noted.
    let decision = scene.record().decisions[0];
    let mut bytes = std::fs::read(scene.bundle(decision.proposal)).unwrap();
    bytes[100] ^= 1;
    std::fs::write(scene.bundle(decision.proposal), bytes).unwrap();
    assert_eq!(scene.write().await.bundles, 0);
    std::fs::create_dir(scene.to().join(".export")).unwrap();
    assert_eq!(scene.write().await.bundles, 1);
    assert_eq!(files(&scene.to()), whole);
    // The same where a record is there that grows.
    let older = scene.own.path().join("older");
    std::fs::rename(scene.to(), &older).unwrap();
    let _ = scene.decide().await;
    copy_folder(&older, &scene.to());
    let _ = scene.write().await;
    let whole = files(&scene.to());
    for number in 1.. {
        std::fs::remove_dir_all(scene.to()).unwrap();
        copy_folder(&older, &scene.to());
        let is_killed = scene.killed_at(number).await.is_some();
        let seen = scene.verify().await;
        assert!(seen.status != 1, "step {number}: {seen:#?}");
        let _ = scene.write().await;
        assert_eq!(files(&scene.to()), whole, "step {number}");
        if !is_killed {
            break;
        }
    }
    app.finish().await;
}

/// Takes a ballot out of the database, as who runs the server can.
async fn take_out(app: &TestApp, voter: &Voter) {
    let client = app.database.superuser().await;
    client
        .batch_execute("ALTER TABLE ballot DISABLE TRIGGER USER; SET session_replication_role = replica")
        .await
        .unwrap();
    let delete = "DELETE FROM ballot WHERE member_id = $1";
    assert_eq!(client.execute(delete, &[&voter.member.uuid()]).await.unwrap(), 1);
    client
        .batch_execute("ALTER TABLE ballot ENABLE ALWAYS TRIGGER USER")
        .await
        .ok();
}

/// Waits until voting is over by its time, and everything that follows is done.
async fn decided(scene: &Scene<'_>, proposal: ProposalId) {
    for _ in 0..LOOKS_MAX {
        scene.app.work().await;
        if scene.hall.tally(proposal).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("voting never ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ballot_that_the_server_left_out_is_named_although_every_signature_is_right() {
    let app = TestApp::start().await;
    let scene = Scene::new(&app).await;
    let voters = scene.hall.import(2).await;
    let proposal = scene.hall.draft(&scene.hall.steward, &motion()).await;
    let _ = scene
        .hall
        .step(&scene.hall.steward, proposal, "discussion")
        .await
        .expect(200);
    let _ = scene.hall.open_for(proposal, 3).await.expect(200);
    let left_out = scene.cast(proposal, &voters[0]).await;
    let _ = scene.cast(proposal, &voters[1]).await;
    take_out(&app, &voters[0]).await;
    decided(&scene, proposal).await;
    // The server counts without it, logs that count, seals that bundle: by itself the bundle holds, L1 included.
    let _ = scene.write().await;
    let report = scene.verify().await;
    assert_eq!(report.status, 1, "{report:#?}");
    assert_eq!(
        (report.decisions.len(), report.decisions[0].status),
        (1, 0),
        "{report:#?}"
    );
    let omitted = &report.log.as_ref().unwrap().omitted;
    assert_eq!((omitted.count, omitted.first[0].record_hash), (1, left_out));
    assert!(
        names(&report, FindingKind::Contradiction, "log", &left_out.to_string()),
        "{report:#?}"
    );
    // With another decision open it may be of that one, and the report says so; the member's receipt tells then.
    let mut text = Vec::new();
    audit::folder::print_folder(&mut text, &report).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("an omitted ballot") && text.contains("CONTRADICTION"),
        "{text}"
    );
    app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_repair_a_ballot_that_stands_in_the_log_twice_was_not_omitted_and_a_lost_one_is_told() {
    let app = TestApp::start().await;
    let scene = Scene::new(&app).await;
    let voters = scene.hall.import(2).await;
    let proposal = scene.hall.opened_motion().await;
    app.work().await;
    back_up(&app.database, "older").await;
    let question = scene.hall.question(proposal).await;
    let bodies = [&voters[0], &voters[1]].map(|voter| voter.ballot(&question, 1, &[0], &[1]));
    let cast = async |body: &Value| {
        let request = app.anonymous().post(&question.ballots_path()).json(body);
        let answer = request.send().await.expect(201);
        answer["record_hash"].as_str().unwrap().parse::<Hash32>().unwrap()
    };
    let (kept, lost) = (cast(&bodies[0]).await, cast(&bodies[1]).await);
    app.work().await;
    restore(&app.database, "older").await;
    let repaired = repair(&app.app, &scene.hall.slug, RepairMode::Apply).await.unwrap();
    assert!(matches!(repaired, Repair::Behind(_)));
    // One member's program sends the very same ballot again; the other member votes anew, and the first vote stays lost.
    assert_eq!(cast(&bodies[0]).await, kept);
    let _ = cast(&voters[1].ballot(&question, 1, &[0], &[1])).await;
    scene.hall.all_cast(proposal, &[YES, NO]).await;
    let _ = scene.hall.finish(&app, proposal).await;
    let _ = scene.write().await;
    let report = scene.verify().await;
    let log = report.log.as_ref().unwrap();
    assert_eq!((log.ballots.entries, log.ballots.in_bundles), (6, 4), "{report:#?}");
    assert_eq!(
        (log.omitted.count, log.omitted.first[0].record_hash),
        (1, lost),
        "{report:#?}"
    );
    app.abandon().await;
}

/// A record of two decisions, to be changed and put back.
struct Pair<'a> {
    scene: Scene<'a>,
    first: ProposalId,
    second: ProposalId,
}

impl<'a> Pair<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let scene = Scene::new(app).await;
        let (first, second) = (scene.decide().await, scene.decide().await);
        let _ = scene.write().await;
        copy_folder(&scene.to(), &scene.own.path().join("genuine"));
        Self { scene, first, second }
    }

    fn restore(&self) {
        std::fs::remove_dir_all(self.scene.to()).unwrap();
        copy_folder(&self.scene.own.path().join("genuine"), &self.scene.to());
    }

    /// Checks that the record as it is now has this status, and that this is said of a file.
    async fn says(&self, status: u8, kind: FindingKind, file: &str, text: &str) -> FolderReport {
        let report = self.scene.verify().await;
        assert_eq!(report.status, status, "{report:#?}");
        assert!(names(&report, kind, file, text), "{report:#?}");
        report
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_is_missing_is_named_and_written_again() {
    let app = TestApp::start().await;
    let pair = Pair::new(&app).await;
    let (scene, first) = (&pair.scene, pair.first);
    let file = wire::public_record::bundle_path(first);
    std::fs::remove_file(scene.bundle(first)).unwrap();
    let _ = pair.says(2, FindingKind::Missing, &file, "it is not there").await;
    // Left out of the list too: the log knows that there is a result.
    scene.rewrite(|record| record.decisions.retain(|decision| decision.proposal != first));
    let report = pair.says(2, FindingKind::Missing, "log", "no bundle here").await;
    assert_eq!(report.log.unwrap().results_without_bundle.count, 1);
    assert_eq!(scene.write().await.bundles, 1);
    let _ = scene.holds().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_is_too_much_or_in_the_place_of_another_is_named() {
    let app = TestApp::start().await;
    let pair = Pair::new(&app).await;
    let (scene, first) = (&pair.scene, pair.first);
    let other = Scene::new(&app).await;
    let foreign = other.decide().await;
    let _ = other.write().await;
    let file = wire::public_record::bundle_path(first);

    let added = "decisions/more.rochdale";
    std::fs::copy(scene.bundle(first), scene.to().join(added)).unwrap();
    let _ = pair.says(2, FindingKind::Missing, added, "does not list it").await;

    // In the place of another decision, or of another co-op, with a list that agrees.
    for (from, text) in [
        (scene.bundle(pair.second), "another decision"),
        (other.bundle(foreign), "another co-op"),
    ] {
        pair.restore();
        let bytes = std::fs::read(&from).unwrap();
        std::fs::write(scene.bundle(first), &bytes).unwrap();
        scene.rewrite(|record| {
            let mut decisions = record.decisions.iter_mut();
            let listed = decisions.find(|decision| decision.proposal == first).unwrap();
            listed.bytes = bytes.len().try_into().unwrap();
            listed.sha256 = Hash32::from_bytes(Sha256::digest(&bytes).into());
        });
        let _ = pair.says(1, FindingKind::Contradiction, &file, text).await;
    }

    pair.restore();
    let bytes = std::fs::read(scene.bundle(pair.second)).unwrap();
    std::fs::write(scene.bundle(first), bytes).unwrap();
    let text = "not the file that coop.json lists";
    let _ = pair.says(1, FindingKind::Missing, &file, text).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_exported_over_something_else_or_over_a_longer_log() {
    let app = TestApp::start().await;
    let scene = Scene::new(&app).await;
    let other = Scene::new(&app).await;
    let _ = (scene.decide().await, other.decide().await);
    let refused = |result: Result<ExportReport, ExportFault>| result.unwrap_err().to_string();

    std::fs::create_dir_all(scene.to()).unwrap();
    std::fs::write(scene.to().join("letters.txt"), b"dear").unwrap();
    assert!(refused(scene.run(ExportMode::Write).await).contains("letters.txt"));
    assert_eq!(tree(&scene.to()).len(), 2, "nothing was written");
    std::fs::remove_dir_all(scene.to()).unwrap();

    let _ = other.write().await;
    std::fs::rename(other.to(), scene.to()).unwrap();
    assert!(refused(scene.run(ExportMode::Write).await).contains("another co-op"));
    assert!(refused(scene.run(ExportMode::Preview).await).contains("another co-op"));
    std::fs::remove_dir_all(scene.to()).unwrap();

    let _ = scene.write().await;
    let held = std::fs::File::open(scene.to()).unwrap();
    held.lock().unwrap();
    assert!(matches!(scene.run(ExportMode::Write).await, Err(ExportFault::Held)));
    drop(held);

    let (published, older) = (folder(&app, scene.hall.coop), scene.own.path().join("older"));
    copy_folder(&published, &older);
    let _ = scene.decide().await;
    let _ = scene.write().await;
    let before = tree(&scene.to());
    let newer = scene.own.path().join("newer");
    std::fs::rename(&published, &newer).unwrap();
    std::fs::rename(&older, &published).unwrap();
    let fault = scene.run(ExportMode::Write).await.unwrap_err();
    assert!(matches!(fault, ExportFault::Contradicts { .. }), "{fault}");
    assert_eq!(tree(&scene.to()), before);
    std::fs::remove_dir_all(&published).unwrap();
    std::fs::rename(&newer, &published).unwrap();
    assert!(!scene.write().await.is_changed);

    let unknown = export(
        Arc::clone(&app.app),
        "nobody",
        &scene.to(),
        ExportMode::Write,
        &mut |_| (),
    )
    .await;
    assert!(matches!(unknown, Err(ExportFault::NoCoop)));
    app.finish().await;
}
