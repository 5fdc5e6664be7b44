//! Who may import what inside this crate, read from the sources: between crates it is `cargo xtask layering` that looks.

#![allow(
    clippy::unwrap_used,
    reason = "what goes wrong in a helper of a test is a failed test, and says so"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// A folder, what its files must not name, and the files that may all the same.
const FORBIDDEN: [(&str, &str, &[&str]); 3] = [
    ("services", "actix_web", &[]),
    ("services", "crate::routes", &[]),
    // Whether the store is at hand is what this route is about.
    ("routes", "store::", &["routes/system/health.rs"]),
];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// Whether a line of code names it as a path of its own: `store::` is not in `app_store::`, and a comment names nothing.
fn names(line: &str, forbidden: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(forbidden).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric() && letter != '_')
    })
}

fn offending(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (folder, forbidden, exceptions) in FORBIDDEN {
        if !file.starts_with(folder) || exceptions.contains(&file) {
            continue;
        }
        let lines = text.lines().zip(1..).filter(|(line, _)| names(line, forbidden));
        found.extend(lines.map(|(_, number)| format!("{file}:{number} names {forbidden}")));
    }
    found
}

#[test]
fn a_route_imports_nothing_of_the_store_and_a_service_nothing_of_the_web() {
    let mut found = Vec::new();
    let files = rust_files(&sources());
    assert!(files.len() > 50, "{} files", files.len());
    for path in files {
        let file = path.strip_prefix(sources()).unwrap().to_string_lossy().into_owned();
        found.extend(offending(&file, &fs::read_to_string(&path).unwrap()));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn an_import_across_the_layers_is_found_wherever_it_stands() {
    let cases = [
        ("services/a.rs", "use actix_web::web::Data;", 1),
        ("services/a.rs", "fn a() -> actix_web::HttpResponse {", 1),
        ("services/a.rs", "use crate::routes::b;", 1),
        ("services/a.rs", "use store::CoopTx;", 0),
        ("services/a.rs", "// actix_web is not for us", 0),
        ("routes/a/b.rs", "    Ok(store::newest_version())", 1),
        ("routes/a/b.rs", "use crate::app_store::Thing;", 0),
        ("routes/a/b.rs", "use actix_web::HttpResponse;", 0),
        ("routes/system/health.rs", "use store::Unsafe;", 0),
    ];
    for (file, line, count) in cases {
        assert_eq!(offending(file, line).len(), count, "{file}: {line}");
    }
}
