//! Root runs the server as someone else; everyone else runs it as themselves.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::PathBuf;

use devstack::Postgres;

use crate::tools::{Holder, ask, open_folder, volatile};

/// Of `nobody` on most systems; any number that is nobody's will do.
const ORDINARY: u32 = 65_534;

fn we_are_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn the_server_never_runs_as_root() {
    let folder = open_folder();
    let server = Postgres::start(&volatile(folder.path())).unwrap();
    let owner = std::fs::metadata(folder.path().join("data")).unwrap().uid();
    assert_ne!(owner, 0);
    assert_eq!(we_are_root(), owner != rustix::process::geteuid().as_raw());
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process()));
    // Only where the system shows it: no other group of root's is kept.
    if let Ok(status) = status {
        let groups = status
            .lines()
            .find_map(|line| line.strip_prefix("Groups:"))
            .unwrap_or_default();
        assert!(!we_are_root() || groups.trim().is_empty(), "{groups}");
    }
}

#[test]
fn an_ordinary_user_starts_it_as_themselves() {
    let folder = open_folder();
    let program = folder.path().join("devstack");
    std::fs::copy(env!("CARGO_BIN_EXE_devstack"), &program).unwrap();
    let state = folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let user = we_are_root().then_some(ORDINARY);
    if user.is_some() {
        chown(&state, user, user).unwrap();
    }
    let holder = Holder::start_program(&program, &["postgres".as_ref(), &state], user);
    assert_eq!(ask(&holder.address, "SELECT 1").unwrap().as_deref(), Some("1"));
    let expected = user.unwrap_or_else(|| rustix::process::geteuid().as_raw());
    assert_eq!(std::fs::metadata(state.join("data")).unwrap().uid(), expected);
}

#[test]
fn root_may_keep_the_state_where_the_servers_user_cannot_go() {
    let folder = open_folder();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let state = folder.path().join("state");
    let server = Postgres::start(&volatile(&state)).unwrap();
    let url = server.superuser_url("postgres");
    assert_eq!(ask(&url, "SELECT 1").unwrap().as_deref(), Some("1"));
    let data = PathBuf::from(ask(&url, "SHOW data_directory").unwrap().unwrap());
    server.stop().unwrap();
    assert_eq!(data.starts_with(folder.path()), !we_are_root());
    if we_are_root() {
        std::fs::remove_dir_all(data.parent().unwrap()).unwrap();
    }
}
