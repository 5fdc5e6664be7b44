//! Aim: the repair of a log may die anywhere; a second run finishes it, nothing is entered twice, and no two checkpoints of one size
//! differ. Method: `rochdale admin repair-log --yes` as a process of its own that dies at a named place, then once more.

use std::path::{Path, PathBuf};
use std::process::Output;

use governance::event::EventKind;
use governance::hash::Hash32;
use governance::log::proof::TreeHead;
use server::config::MailConfig;
use tests::app::TestApp;
use tests::data::not_run;
use tests::voter::{Question, Voter};
use tokio::process::Command;

use super::repair::{places, rows, slug, vote};
use super::restore::{back_up, look_again, restore};
use super::world::{Log, Seen, checkpoint_in, folder};
use crate::casting::world::World;
use crate::crash::program::{dying_at, program};

/// The places in the repair, and whether it is done there.
const PLACES: [(&str, Done); 4] = [
    ("log_repair_taken", Done::Nothing),
    ("log_repair_placed", Done::Nothing),
    ("log_repair_told", Done::Nothing),
    ("log_repaired", Done::All),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Nothing,
    All,
}

/// The configuration of a program beside a server of a test.
pub fn configuration(app: &TestApp) -> tempfile::NamedTempFile {
    let config = &app.app.config;
    let MailConfig::Folder { path: mailbox, from } = &config.mail else {
        panic!("mail of tests goes to a folder");
    };
    let path = |path: &Path| path.to_str().expect("a path").to_owned();
    let text = format!(
        "[database]\napp_url = {:?}\nglobal_url = {:?}\nwaive_durability = true\n[secrets]\nfolder = {:?}\n\
         [mail]\nkind = \"folder\"\npath = {:?}\nfrom = {from:?}\n[log]\nfolder = {:?}\norigin = {:?}\n",
        config.database.app_url,
        config.database.global_url,
        path(&config.secrets.folder),
        path(mailbox),
        path(&config.log.folder),
        config.log.origin,
    );
    let file = tempfile::NamedTempFile::with_suffix(".toml").expect("a file");
    std::fs::write(file.path(), text).expect("a file");
    file
}

/// The program beside a server of a test, on its database, its folder and its secrets.
struct Beside {
    program: PathBuf,
    config: tempfile::NamedTempFile,
    slug: String,
}

impl Beside {
    fn new(program: PathBuf, app: &TestApp, slug: String) -> Self {
        Self {
            program,
            config: configuration(app),
            slug,
        }
    }

    async fn repair(&self, environment: Vec<(String, String)>) -> Output {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.config.path());
        command.args(["admin", "repair-log", &self.slug, "--yes"]);
        command.envs(environment).kill_on_drop(true);
        command.output().await.expect("the program runs")
    }
}

/// What one death needs and changes.
struct Scene<'a> {
    app: &'a TestApp,
    world: &'a World,
    question: &'a Question,
    beside: &'a Beside,
    seen: &'a mut Seen,
}

impl Scene<'_> {
    fn head(&mut self) -> TreeHead {
        let key = Log::of(self.app, self.world.coop).key().clone();
        let head = checkpoint_in(&folder(self.app, self.world.coop), &key).expect("a checkpoint");
        self.seen.note(head);
        head
    }

    /// The database comes back from before a vote, its repair dies at a place, and a second one ends; the hash of the lost vote.
    async fn die(&mut self, place: &str, done: Done, voter: &Voter) -> Hash32 {
        back_up(&self.app.database, "older").await;
        let lost = vote(self.world, self.question, voter, 1).await;
        self.app.work().await;
        let published = self.head();
        restore(&self.app.database, "older").await;
        let before = rows(self.app).await;

        let died = self.beside.repair(dying_at(place)).await;
        assert_eq!(died.status.code(), None, "{place}: {died:?}");
        let after = rows(self.app).await;
        assert_eq!(after == before, done == Done::Nothing, "{place}");
        assert_eq!(self.head(), published, "{place}");

        let ended = self.beside.repair(Vec::new()).await;
        let (said, has_ended) = (String::from_utf8_lossy(&ended.stdout), ended.status.success());
        let expected = match done {
            Done::Nothing => "Done. The log goes on",
            Done::All => "There is nothing to do",
        };
        assert!(has_ended && said.contains(expected), "{place}: {ended:?}");
        if done == Done::All {
            assert_eq!(rows(self.app).await, after, "{place}: the second run changes nothing");
        }
        look_again(self.app).await;
        assert!(self.head().size > published.size, "{place}: the log goes on");
        // What was lost is cast again, so that the next copy knows it.
        let _ = vote(self.world, self.question, voter, 1).await;
        lost
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_repair_may_die_at_any_step_and_a_second_one_ends_it() {
    let Some(program) = program() else {
        not_run("deaths of the repair", "the program is not built");
        return;
    };
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(PLACES.len()).await;
    let question = world.motion().await;
    app.work().await;
    let beside = Beside::new(program, &app, slug(&app, &world).await);
    let mut seen = Seen::default();
    let mut lost = Vec::new();
    for ((place, done), voter) in PLACES.into_iter().zip(&voters) {
        let mut scene = Scene {
            app: &app,
            world: &world,
            question: &question,
            beside: &beside,
            seen: &mut seen,
        };
        lost.push(scene.die(place, done, voter).await);
    }
    app.work().await;
    let log = Log::of(&app, world.coop);
    seen.note(log.head().await);
    seen.check(&log.entries().await);
    for hash in lost {
        assert_eq!(places(&log, hash).await.len(), 1, "{hash}");
    }
    let client = app.database.superuser().await;
    let kind = i16::try_from(EventKind::LogRepaired.code()).expect("a kind");
    let query = "SELECT count(*) FROM event WHERE kind = $1";
    let told: i64 = client.query_one(query, &[&kind]).await.expect("a count").get(0);
    assert_eq!(told, PLACES.len() as i64, "each repair is told once");
    drop(client);
    app.finish().await;
}
