//! The processes of a database that this test started: frozen and killed, all at once, by their numbers.

use std::process::Command;

use devstack::Postgres;
use devstack::postgres::{Binaries, Durability};
use devstack::{Port, PostgresOptions};
use tests::data::repository;
use tests::database::connect;
use tests::stack::Stack;

/// The postmaster and everything it started.
fn family(postgres: &Postgres) -> Vec<String> {
    let postmaster = postgres.process();
    let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
    let children = children.expect("the children of a process that lives");
    std::iter::once(postmaster.to_string())
        .chain(children.split_whitespace().map(str::to_owned))
        .collect()
}

fn signal(name: &str, processes: &[String]) {
    // One that ended meanwhile is no failure.
    let _ = Command::new("kill").arg(format!("-{name}")).args(processes).output();
}

/// Freezes every process of the database, so that nothing more is written.
pub fn freeze(stack: &Stack) {
    signal("STOP", &family(stack.postgres.as_ref().expect("a database")));
}

/// Kills every process of the database at once: no shutdown, no checkpoint.
pub fn kill(stack: &mut Stack) {
    let mut postgres = stack.postgres.take().expect("a database");
    let family = family(&postgres);
    signal("KILL", &family);
    for _ in 0..1_000 {
        if postgres.has_ended() && family.iter().all(|process| !is_alive(process)) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("a killed database lives on");
}

/// Whether a process is there and more than a remnant that nobody asked about yet.
fn is_alive(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The state follows the name, which stands in parentheses.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Starts it again where it was; it recovers by itself.
pub async fn start_again(stack: &mut Stack, port: u16) {
    let folder = stack.log().parent().expect("a folder").join("postgres");
    let binaries = Binaries::find(&repository().join(".local/npm")).expect("the programs");
    let mut options = PostgresOptions::new(&folder, binaries);
    options.port = Port::Fixed(port);
    options.durability = Durability::Durable;
    let started = tokio::task::spawn_blocking(move || Postgres::start(&options)).await;
    let postgres = started.expect("starting does not panic").expect("it recovers");
    stack.database = connect(&postgres.superuser_url("postgres")).await;
    stack.postgres = Some(postgres);
}
