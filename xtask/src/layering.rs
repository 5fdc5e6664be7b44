//! Who may import whom: docs/ARCHITECTURE.md as a check. Any other edge is a defect.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;

use crate::progress::say;
use crate::{place, run};

/// Our crates and which of ours each may import, for any purpose: to run, to build, to be tested.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("governance", &[]),
    ("wire", &["governance"]),
    ("store", &["governance"]),
    ("chain", &["governance"]),
    ("server", &["governance", "wire", "store", "chain"]),
    ("audit", &["governance", "wire"]),
    ("devstack", &[]),
    (
        "tests",
        &["governance", "wire", "store", "chain", "server", "audit", "devstack"],
    ),
    (
        "bench",
        &["governance", "wire", "store", "chain", "server", "devstack", "tests"],
    ),
    ("xtask", &["devstack"]),
];

/// What a crate may import for its tests alone, and why.
const ALLOWED_TO_TEST: [(&str, &[&str]); 1] = [
    // Starts a real node that does not outlive a test that is killed.
    ("chain", &["devstack"]),
];

/// Libraries by the beginning of their name, and the only crates of ours that may import them.
const KEPT_TO: [(&str, &[&str]); 6] = [
    // The harness starts the server inside a test; tests and benchmarks look at the world from outside.
    ("actix", &["server", "tests"]),
    ("diesel", &["store"]),
    ("ethers", &["chain"]),
    ("tokio-postgres", &["store", "devstack", "tests", "bench"]),
    ("tokio", &["server", "store", "chain", "devstack", "tests", "bench"]),
    ("reqwest", &["server", "chain", "audit", "tests", "bench"]),
];

#[derive(Args)]
pub struct LayeringArguments {
    /// Write governance/dependencies.txt anew. A new line there needs a reason in the commit.
    #[arg(long)]
    bless: bool,
}

pub fn run(arguments: &LayeringArguments) -> anyhow::Result<()> {
    if arguments.bless {
        fs::write(snapshot_path(), dependencies_of_governance()?)?;
    }
    let problems = problems()?;
    for problem in &problems {
        say(problem);
    }
    if problems.is_empty() {
        say("The layers are as they should be.");
        return Ok(());
    }
    bail!("{} edges that should not be", problems.len())
}

/// Everything that is wrong, as sentences.
pub fn problems() -> anyhow::Result<Vec<String>> {
    let mut problems = offending(&edges(&metadata()?)?);
    let (now, allowed) = (
        dependencies_of_governance()?,
        fs::read_to_string(snapshot_path()).unwrap_or_default(),
    );
    problems.extend(snapshot_problems(&now, &allowed));
    Ok(problems)
}

/// An import: from one of ours to ours or another's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    is_to_test: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev` or `build`; nothing for what runs.
    kind: Option<String>,
}

fn metadata() -> anyhow::Result<String> {
    let output = run::program("cargo", &["metadata", "--no-deps", "--format-version", "1", "--locked"]).output()?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("cargo metadata is not text")
}

fn edges(metadata: &str) -> anyhow::Result<Vec<Edge>> {
    let metadata: Metadata = serde_json::from_str(metadata)?;
    Ok(metadata
        .packages
        .into_iter()
        .flat_map(|package| {
            let from = package.name;
            package.dependencies.into_iter().map(move |dependency| Edge {
                from: from.clone(),
                to: dependency.name,
                is_to_test: dependency.kind.as_deref() == Some("dev"),
            })
        })
        .collect())
}

fn offending(edges: &[Edge]) -> Vec<String> {
    let mut problems = Vec::new();
    for Edge { from, to, is_to_test } in edges {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| name == from) else {
            problems.push(format!(
                "{from} is not in the table of layers (xtask/src/layering.rs); say what it may import"
            ));
            continue;
        };
        let is_ours = ALLOWED.iter().any(|(name, _)| name == to);
        let mut to_test = ALLOWED_TO_TEST.iter().filter(|(name, _)| *is_to_test && name == from);
        let is_allowed = allowed.contains(&to.as_str()) || to_test.any(|(_, names)| names.contains(&to.as_str()));
        if is_ours && !is_allowed {
            problems.push(format!("{from} imports {to}, which it must not"));
        }
        // The first and longest beginning that fits decides: tokio-postgres is not tokio.
        if let Some((_, keepers)) = KEPT_TO.iter().find(|(beginning, _)| to.starts_with(beginning))
            && !keepers.contains(&from.as_str())
        {
            problems.push(format!("{from} imports {to}, which is kept to {}", keepers.join(", ")));
        }
    }
    problems.dedup();
    problems
}

fn snapshot_path() -> std::path::PathBuf {
    place::root().join("governance/dependencies.txt")
}

/// The names of all that governance is built from, itself left out, one a line.
fn dependencies_of_governance() -> anyhow::Result<String> {
    let arguments = [
        "tree",
        "--package",
        "governance",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--locked",
        "--target",
        "all",
    ];
    let output = run::program("cargo", &arguments).output()?;
    if !output.status.success() {
        bail!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout).context("cargo tree is not text")?;
    let names: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| *name != "governance")
        .collect();
    Ok(names.into_iter().fold(String::new(), |list, name| list + name + "\n"))
}

fn snapshot_problems(now: &str, allowed: &str) -> Vec<String> {
    let (now, allowed): (BTreeSet<&str>, BTreeSet<&str>) = (now.lines().collect(), allowed.lines().collect());
    let added = now.difference(&allowed).map(|name| {
        format!("governance now depends on {name}; if it only computes, run `cargo xtask layering --bless` and say why in the commit")
    });
    let gone = allowed
        .difference(&now)
        .map(|name| format!("governance no longer depends on {name}; run `cargo xtask layering --bless`"));
    added.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, to: &str, expected: &[&str]) {
        let edge = Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            is_to_test: false,
        };
        assert_eq!(offending(&[edge]), expected, "{from} -> {to}");
    }

    #[test]
    fn the_layers_are_as_they_should_be() {
        assert_eq!(problems().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_edge_that_is_allowed_is_none_of_our_business() {
        for (from, to) in [
            ("wire", "governance"),
            ("server", "chain"),
            ("audit", "wire"),
            ("tests", "audit"),
            ("store", "diesel-async"),
            ("store", "tokio-postgres"),
            ("governance", "sha3"),
        ] {
            check(from, to, &[]);
        }
    }

    #[test]
    fn any_other_edge_is_a_defect() {
        for (from, to) in [
            ("governance", "wire"),
            ("store", "wire"),
            ("chain", "store"),
            ("chain", "devstack"),
            ("wire", "server"),
            ("audit", "store"),
            ("audit", "chain"),
            ("server", "audit"),
            ("server", "devstack"),
            ("xtask", "server"),
        ] {
            check(from, to, &[&format!("{from} imports {to}, which it must not")]);
        }
        check(
            "governance",
            "tokio",
            &["governance imports tokio, which is kept to server, store, chain, devstack, tests, bench"],
        );
        check("server", "diesel", &["server imports diesel, which is kept to store"]);
        check(
            "server",
            "ethers-core",
            &["server imports ethers-core, which is kept to chain"],
        );
        check(
            "audit",
            "actix-web",
            &["audit imports actix-web, which is kept to server, tests"],
        );
        check(
            "governance",
            "reqwest",
            &["governance imports reqwest, which is kept to server, chain, audit, tests, bench"],
        );
        check(
            "new_one",
            "serde",
            &["new_one is not in the table of layers (xtask/src/layering.rs); say what it may import"],
        );
    }

    #[test]
    fn what_only_tests_may_import_is_no_defect_in_tests() {
        let edge = |to: &str| Edge {
            from: String::from("chain"),
            to: to.to_owned(),
            is_to_test: true,
        };
        assert_eq!(offending(&[edge("devstack")]), Vec::<String>::new());
        assert_eq!(offending(&[edge("store")]), ["chain imports store, which it must not"]);
    }

    #[test]
    fn what_governance_is_built_from_cannot_change_unseen() {
        assert_eq!(snapshot_problems("a\nb\n", "a\nb\n"), Vec::<String>::new());
        assert_eq!(snapshot_problems("a\nrand\n", "a\n").len(), 1);
        assert_eq!(snapshot_problems("a\n", "a\nb\n").len(), 1);
    }
}
