//! The program under test and what it needs.

use std::path::{Path, PathBuf};

use devstack::AnvilOptions;
use devstack::postgres::Durability;
use tests::data::{not_run, repository};
use tests::stack::{Stack, StackOptions};

/// The program: `ROCHDALE_BIN`, else the one that was built beside this test.
pub fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("ROCHDALE_BIN") {
        return Some(PathBuf::from(named));
    }
    // target/debug/deps/it-… stands one folder below it.
    let here = std::env::current_exe().expect("this test is a file");
    let built = here.parent()?.parent()?.join("rochdale");
    built.exists().then_some(built)
}

/// A running stack; `None`, with a note, where a part of it is not at hand.
pub async fn stack(test: &str, durability: Durability, environment: &[(&str, &str)]) -> Option<Stack> {
    let mut options = options(test)?;
    options.durability = durability;
    options.environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Some(
        Stack::start(options)
            .await
            .expect("the stack starts, of programs built since the last change"),
    )
}

/// The same with further sections of the configuration.
pub async fn stack_configured(test: &str, durability: Durability, sections: &str) -> Option<Stack> {
    let mut options = options(test)?;
    options.durability = durability;
    sections.clone_into(&mut options.sections);
    Some(
        Stack::start(options)
            .await
            .expect("the stack starts, of programs built since the last change"),
    )
}

/// The same with everything in this folder.
pub async fn stack_within(test: &str, durability: Durability, folder: &Path) -> Option<Stack> {
    let mut options = options(test)?;
    options.durability = durability;
    options.within = Some(folder.to_path_buf());
    Some(
        Stack::start(options)
            .await
            .expect("the stack starts, of programs built since the last change"),
    )
}

fn options(test: &str) -> Option<StackOptions> {
    let Some(program) = program() else {
        not_run(test, "the program is not built; run `cargo build --workspace --bins`");
        return None;
    };
    if AnvilOptions::find_program(&[&repository().join("contracts"), &repository().join(".local/npm")]).is_err() {
        not_run(test, "anvil is missing; run `npm ci` in contracts/");
        return None;
    }
    Some(StackOptions::new(&program))
}

/// What lets the program die at a place.
pub fn dying_at(place: &str) -> Vec<(String, String)> {
    vec![(String::from("ROCHDALE_FAILPOINT"), place.to_owned())]
}
