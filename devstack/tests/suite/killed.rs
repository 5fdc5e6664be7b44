//! A program that is killed can stop nothing itself.

use devstack::{Anvil, AnvilOptions, Postgres};

use crate::tools::{Holder, anvil_program, ask, ends_within, open_folder, volatile};

#[test]
fn a_killed_program_leaves_no_database_behind_and_the_next_start_finds_the_data() {
    let folder = open_folder();
    let mut holder = Holder::start(&["postgres".as_ref(), folder.path()]);
    ask(&holder.address, "CREATE TABLE note AS SELECT 'still here' AS text").unwrap();
    holder.kill();
    // At once, while the server may still be stopping.
    let server = Postgres::start(&volatile(folder.path())).unwrap();
    assert!(
        ends_within(holder.process, 15),
        "the server outlived the program that started it"
    );
    let text = ask(&server.superuser_url("postgres"), "SELECT text FROM note").unwrap();
    assert_eq!(text.as_deref(), Some("still here"), "it stopped in order");
}

#[test]
fn a_killed_program_leaves_no_chain_behind_and_the_chain_was_written() {
    let Some(program) = anvil_program("a_killed_program_leaves_no_chain_behind") else {
        return;
    };
    let folder = open_folder();
    let mut holder = Holder::start(&["anvil".as_ref(), folder.path(), &program]);
    holder.kill();
    assert!(
        ends_within(holder.process, 15),
        "the chain outlived the program that started it"
    );
    assert!(folder.path().join("chain.json").exists(), "it was stopped in order");
    let mut options = AnvilOptions::new(&program, folder.path());
    options.keeps_state = true;
    Anvil::start(&options).unwrap();
}
