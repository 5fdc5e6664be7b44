//! One server, many users.

use devstack::DevstackError;
use devstack::lease::SharedPostgres;
use devstack::postgres::answers;

use crate::tools::{ask, ends_within, open_folder, volatile};

const IDLE_SECONDS: u64 = 1;

fn port(shared: &SharedPostgres) -> u16 {
    let url = shared.superuser_url();
    url.rsplit_once(':')
        .unwrap()
        .1
        .split('/')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn users_share_one_server_which_stops_after_the_last_of_them() {
    let folder = open_folder();
    let mut prepared = 0;
    let mut join = || {
        SharedPostgres::join(&volatile(folder.path()), IDLE_SECONDS, |_| {
            prepared += 1;
            Ok::<(), DevstackError>(())
        })
        .unwrap()
    };
    let first = join();
    let second = join();
    assert_eq!(first.superuser_url(), second.superuser_url());
    let pid = "SELECT pg_read_file('postmaster.pid', 0, 20)";
    let server: u32 = ask(first.superuser_url(), pid)
        .unwrap()
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    drop(first);
    std::thread::sleep(std::time::Duration::from_secs(IDLE_SECONDS * 3));
    assert!(answers(port(&second)), "one user is left");
    drop(second);
    assert!(ends_within(server, 15), "it stays behind");

    let again = join();
    assert!(answers(port(&again)));
    assert_eq!(prepared, 2, "once for each start");
}

#[test]
fn many_who_come_at_once_get_one_server() {
    let folder = open_folder();
    let path = folder.path();
    let shared: Vec<SharedPostgres> = std::thread::scope(|scope| {
        let join = || SharedPostgres::join(&volatile(path), IDLE_SECONDS, |_| Ok::<(), DevstackError>(())).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(join)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let url = shared[0].superuser_url();
    assert!(shared.iter().all(|one| one.superuser_url() == url));
}

#[test]
fn users_who_come_and_go_around_the_moment_it_stops_always_get_a_live_server() {
    let folder = open_folder();
    for _ in 0..12 {
        // No idle seconds: each arrival meets a server that is about to stop.
        let shared = SharedPostgres::join(&volatile(folder.path()), 0, |_| Ok::<(), DevstackError>(())).unwrap();
        assert_eq!(ask(shared.superuser_url(), "SELECT 1").unwrap().as_deref(), Some("1"));
    }
}
