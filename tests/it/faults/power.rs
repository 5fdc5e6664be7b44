//! The power goes (F7). The database lies on a file system of its own in a file; while members vote, every process is frozen and
//! the file is copied: what was not forced to disk is not in the copy. Then everything is killed and goes on from the copy.
//!
//! Needs root, loop devices and ext4, so only `cargo xtask test --full` does it. Without forced writes the same cut loses
//! ballots, and the checker says so.

use std::path::PathBuf;
use std::process::Command;

use devstack::postgres::Durability;
use tempfile::TempDir;
use tests::checker::broken;
use tests::checker::journal::Journal;
use tests::data::not_run;
use tests::stack::Stack;

use super::processes::{freeze, kill, start_again};
use crate::crash::program::stack_within;
use crate::crash::story::{Story, check, evidence, resurrect};

/// How many ballots are acknowledged before the power goes.
const BALLOTS_BEFORE: usize = 10;

/// A file system in a file; unmounted with the value.
struct Disk {
    folder: TempDir,
    mounts: usize,
}

impl Disk {
    /// `None` where this machine does not let us.
    fn make() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut disk = Self { folder, mounts: 0 };
        std::fs::create_dir(disk.place()).expect("a folder to mount on");
        let image = disk.image("before");
        let made =
            run(&["truncate", "-s", "800M", &image]) && run(&["mkfs.ext4", "-q", &image]) && disk.mount("before");
        made.then_some(disk)
    }

    fn image(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn place(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// A long interval, so that the file system writes by itself only what it is forced to.
    fn mount(&mut self, name: &str) -> bool {
        let (image, place) = (self.image(name), self.place().display().to_string());
        let mounted = run(&["mount", "-o", "loop,commit=300", &image, &place]);
        self.mounts += usize::from(mounted);
        // The database's user and the tests' own folders pass through.
        mounted && run(&["chmod", "755", &place]) && run(&["chmod", "711", &self.folder.path().display().to_string()])
    }

    fn sync(&self) {
        assert!(run(&["sync", "-f", &self.place().display().to_string()]));
    }

    /// What the disk holds at this moment becomes what it holds.
    fn lose_power(&mut self) {
        let (before, after) = (self.image("before"), self.image("after"));
        assert!(run(&["cp", "--sparse=always", &before, &after]));
    }

    /// Goes on from the copy. Whoever still has a file open on the old one, such as the node its log, keeps it.
    fn come_back(&mut self) {
        assert!(run(&["umount", "-l", &self.place().display().to_string()]));
        self.mounts -= 1;
        assert!(self.mount("after"));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        for _ in 0..self.mounts {
            run(&["umount", "-l", &self.place().display().to_string()]);
        }
    }
}

fn run(command: &[&str]) -> bool {
    let done = Command::new(command[0]).args(&command[1..]).output();
    done.is_ok_and(|output| output.status.success())
}

/// A stack on a disk of its own; `None`, with a note, where that cannot be.
async fn stack_on_disk(test: &str) -> Option<(Disk, Stack)> {
    // Few machines let a test mount something, and a usual run must be able to pass on the others.
    if std::env::var("ROCHDALE_FULL").ok().as_deref() != Some("1") {
        not_run(test, "ROCHDALE_FULL is not 1");
        return None;
    }
    let Some(disk) = Disk::make() else {
        not_run(test, "it needs root, a loop device and mkfs.ext4");
        return None;
    };
    let stack = stack_within(test, Durability::Durable, &disk.place()).await?;
    // What is not the database's own, such as the configuration, is not what this is about.
    disk.sync();
    Some((disk, stack))
}

/// Cuts the power, and goes on from what the disk held.
async fn cut(disk: &mut Disk, stack: &mut Stack) {
    let port = stack.postgres.as_ref().expect("a database").port();
    freeze(stack);
    disk.lose_power();
    stack.kill_program().expect("it can be killed");
    kill(stack);
    disk.come_back();
    start_again(stack, port).await;
    set(stack, "ALTER SYSTEM RESET fsync").await;
    resurrect(stack).await;
}

/// Changes a setting of the running database.
async fn set(stack: &Stack, statement: &str) {
    for statement in [statement, "SELECT pg_reload_conf()"] {
        stack.database.batch_execute(statement).await.expect("a superuser");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_the_power_went() {
    let Some((mut disk, mut stack)) = stack_on_disk("F7").await else {
        return;
    };
    let journal = Journal::default();
    let story = Story::begin(&stack, &journal).await;
    let told = async {
        story.vote().await;
        story.close().await;
    };
    let torment = async {
        story.wait_for_acknowledged(&journal, BALLOTS_BEFORE).await;
        cut(&mut disk, &mut stack).await;
    };
    tokio::join!(told, torment);
    story.wait_for_anchor(&stack).await;
    let bundles = [story.bundle().await].into_iter().collect();
    check(&stack, &journal, Some(bundles)).await;
    drop(stack);
}

/// The guard guards: a database that does not force its writes loses acknowledged ballots in the same cut, and it is noticed.
/// The program refuses to start on such a database, so it is changed behind its back.
#[tokio::test(flavor = "multi_thread")]
async fn without_forced_writes_the_same_cut_loses_ballots_and_the_checker_says_so() {
    let Some((mut disk, mut stack)) = stack_on_disk("F7 without forced writes").await else {
        return;
    };
    let journal = Journal::default();
    let story = Story::begin(&stack, &journal).await;
    story.wait_for_records(&stack).await;
    set(&stack, "ALTER SYSTEM SET fsync = off").await;
    disk.sync();
    tokio::select! {
        () = story.vote() => panic!("voting was over before the power went"),
        () = story.wait_for_acknowledged(&journal, BALLOTS_BEFORE) => {}
    }
    cut(&mut disk, &mut stack).await;
    let found = evidence(&stack, &journal, None).await;
    let names: Vec<&str> = broken(&found).iter().map(|broken| broken.name).collect();
    assert!(names.contains(&"every_acknowledged_ballot_is_stored"), "{names:?}");
    drop(stack);
}
