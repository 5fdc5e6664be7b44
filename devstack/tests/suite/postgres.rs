//! One server, in order.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use devstack::postgres::answers;
use devstack::{DevstackError, Port, Postgres};

use crate::tools::{ask, kill_hard, open_folder, options, volatile};

#[test]
fn what_was_written_is_there_after_a_restart() {
    let folder = open_folder();
    let mut options = options(folder.path());
    options.first_statements = vec![
        String::from("CREATE ROLE first_one LOGIN"),
        String::from("CREATE DATABASE kept"),
    ];
    let server = Postgres::start(&options).unwrap();
    ask(
        &server.superuser_url("kept"),
        "CREATE TABLE note AS SELECT 'still here' AS text",
    )
    .unwrap();
    let (port, address) = (server.port(), server.superuser_url("kept"));
    server.stop().unwrap();
    assert!(!answers(port), "it has stopped");

    let server = Postgres::start(&options).unwrap();
    let text = ask(&server.superuser_url("kept"), "SELECT text FROM note").unwrap();
    assert_eq!(text.as_deref(), Some("still here"));
    let settings = "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings
                    WHERE name IN ('data_checksums', 'fsync', 'full_page_writes', 'synchronous_commit')";
    assert_eq!(
        ask(&server.superuser_url("kept"), settings).unwrap().as_deref(),
        Some("on on on on")
    );
    let password = |address: &str| address.split('@').next().map(String::from);
    assert_eq!(
        password(&server.superuser_url("kept")),
        password(&address),
        "the password stays"
    );
}

#[test]
fn it_listens_on_loopback_alone_and_wants_the_password() {
    let folder = open_folder();
    let server = Postgres::start(&volatile(folder.path())).unwrap();
    let right = server.superuser_url("postgres");
    let encoding =
        "SELECT setting || ' ' || current_setting('listen_addresses') || current_setting('unix_socket_directories')
                    FROM pg_settings WHERE name = 'server_encoding'";
    assert_eq!(ask(&right, encoding).unwrap().as_deref(), Some("UTF8 127.0.0.1"));
    let password = right.split([':', '@']).nth(2).unwrap();
    for wrong in [
        right.replace(password, "wrong"),
        right.replace(&format!(":{password}"), ""),
    ] {
        assert!(ask(&wrong, "SELECT 1").is_err(), "{wrong}");
    }
    let mode = |name: &str| {
        std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("password"), mode("data")), (0o600, 0o700));
    assert!(matches!(mode(""), 0o700 | 0o711));
}

#[test]
fn a_taken_port_is_named() {
    let folder = open_folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut options = volatile(folder.path());
    options.port = Port::Fixed(port);
    let error = Postgres::start(&options).unwrap_err();
    assert!(
        matches!(error, DevstackError::PortBusy(busy) if busy == port),
        "{error}"
    );
    drop(taken);
    assert_eq!(Postgres::start(&options).unwrap().port(), port);
}

#[test]
fn a_second_start_on_the_folder_of_a_running_server_is_refused() {
    let folder = open_folder();
    let server = Postgres::start(&volatile(folder.path())).unwrap();
    let error = Postgres::start(&volatile(folder.path())).unwrap_err();
    assert!(
        matches!(error, DevstackError::InUse { process: Some(holder), .. } if holder == server.process()),
        "{error}"
    );
    assert!(answers(server.port()), "the first one is unharmed");
}

#[test]
fn a_killed_server_starts_again_with_all_it_acknowledged() {
    let folder = open_folder();
    let mut server = Postgres::start(&options(folder.path())).unwrap();
    ask(
        &server.superuser_url("postgres"),
        "CREATE TABLE note AS SELECT 'acknowledged' AS text",
    )
    .unwrap();
    kill_hard(server.process());
    while !server.has_ended() {
        std::thread::yield_now();
    }
    drop(server);
    assert!(
        folder.path().join("data/postmaster.pid").exists(),
        "it left its lock file"
    );

    let server = Postgres::start(&options(folder.path())).unwrap();
    let text = ask(&server.superuser_url("postgres"), "SELECT text FROM note").unwrap();
    assert_eq!(text.as_deref(), Some("acknowledged"));
}

#[test]
fn a_killed_server_that_keeps_nothing_starts_over() {
    let folder = open_folder();
    let mut server = Postgres::start(&volatile(folder.path())).unwrap();
    ask(&server.superuser_url("postgres"), "CREATE TABLE note ()").unwrap();
    kill_hard(server.process());
    while !server.has_ended() {
        std::thread::yield_now();
    }
    drop(server);
    let server = Postgres::start(&volatile(folder.path())).unwrap();
    let found = ask(&server.superuser_url("postgres"), "SELECT to_regclass('note')").unwrap();
    assert_eq!(found, None);
}

#[test]
fn a_start_that_was_interrupted_halfway_is_made_anew() {
    let folder = open_folder();
    std::fs::create_dir(folder.path().join("data.unfinished")).unwrap();
    std::fs::write(folder.path().join("data.unfinished/PG_VERSION"), "half").unwrap();
    let server = Postgres::start(&volatile(folder.path())).unwrap();
    assert!(answers(server.port()));
    assert!(!folder.path().join("data.unfinished").exists());
}
