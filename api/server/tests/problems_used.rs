//! Aim: the table of problems holds nothing that the server never says, and the pages keep no fact of a problem to themselves.
//! Method: the sources of the server are searched, tests apart.

#![allow(
    clippy::unwrap_used,
    reason = "a folder that cannot be read is a failed test, and says so"
)]

use std::collections::BTreeSet;
use std::path::Path;

use wire::problem::{PageLanguage, ProblemKind};

/// Every source of the server without its tests.
fn sources() -> String {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut sources = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(path).unwrap();
                sources.push_str(source.split("#[cfg(test)]").next().unwrap_or_default());
            }
        }
    }
    sources
}

/// The word that follows each place where `before` stands.
fn words_after(text: &str, before: &str) -> BTreeSet<String> {
    text.split(before)
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .collect()
        })
        .collect()
}

#[test]
fn every_problem_of_the_table_is_said_somewhere() {
    let said = words_after(&sources(), "ProblemKind::");
    let silent: Vec<&str> = ProblemKind::ALL
        .iter()
        .filter(|kind| !said.contains(&format!("{kind:?}")))
        .map(|kind| kind.slug())
        .collect();
    assert_eq!(
        silent, [""; 0],
        "the server never says these; use them or remove their rows and pages"
    );
}

#[test]
fn every_extra_member_of_a_problem_stands_on_a_page() {
    let told: BTreeSet<String> = ProblemKind::ALL
        .iter()
        .flat_map(|kind| words_after(kind.page(PageLanguage::English), "\n| `"))
        .collect();
    let given = words_after(&sources(), ".with(\"");
    assert_eq!(given, told, "what `Problem::with` adds, and what the pages list");
}
