//! What `cargo xtask test` does, in order: what fails fastest comes first.

use std::path::Path;
use std::process::Command;

use super::counts::Runner;
use crate::{layering, node, oracle, place, run};

/// What a step does.
pub enum Action {
    /// Runs programs one after the other and counts what each says.
    Programs(Vec<(Command, Runner)>),
    /// Installs the packages of a folder.
    Packages(&'static str),
    /// A check of our own; every sentence is a failure.
    Sentences(fn() -> anyhow::Result<Vec<String>>),
    /// Builds the program, starts a demonstration and lets a browser go through it.
    Story(Box<Story>),
    /// Builds something of ours.
    Build(fn() -> anyhow::Result<()>),
    /// Cannot run here.
    NotRun(&'static str),
}

/// A story that a browser goes through.
pub struct Story {
    /// What builds the program.
    pub build: Command,
    /// What leads the browser; it finds the demonstration in `ROCHDALE_URL`, its mails in `ROCHDALE_MAILBOX` and its chain in
    /// `ROCHDALE_CHAIN_URL`.
    pub lead: Command,
}

/// A named step.
pub struct Step {
    /// Its name, for `--only`.
    pub name: &'static str,
    /// What it does.
    pub action: Action,
}

fn step(name: &'static str, action: Action) -> Step {
    Step { name, action }
}

fn cargo(arguments: &[&str]) -> Command {
    run::program("cargo", arguments)
}

fn check(command: Command) -> Action {
    Action::Programs(vec![(command, Runner::Check)])
}

/// All steps.
pub fn all(full: bool) -> Vec<Step> {
    let mut steps = vec![
        step("formats", check(cargo(&["fmt", "--all", "--check"]))),
        step("layers", Action::Sentences(layering::problems)),
        step("contracts packages", Action::Packages("contracts")),
        step(
            "lints",
            check(cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ])),
        ),
        // Alone, so that no other crate can lend it a feature.
        step(
            "governance alone",
            check(cargo(&["check", "--package", "governance", "--locked"])),
        ),
        // Some tests start the programs, which building the tests alone does not bring.
        step(
            "programs",
            check(cargo(&["build", "--workspace", "--bins", "--locked"])),
        ),
        step("rust tests", rust_tests()),
        step(
            "documentation tests",
            Action::Programs(vec![(
                cargo(&["test", "--doc", "--workspace", "--locked"]),
                Runner::Cargo,
            )]),
        ),
        step("oracle packages", Action::Packages(oracle::PACKAGES)),
        step("oracles", oracles(full)),
        step("contracts", contracts()),
    ];
    steps.extend(portal_steps());
    steps.push(step("licences and bans", bans()));
    if full {
        steps.push(step(
            "release build",
            check(cargo(&["build", "--release", "--workspace", "--bins", "--locked"])),
        ));
        steps.push(step("portal in the program", Action::Build(node::program_holds_portal)));
    }
    steps
}

/// The output of tests that pass is kept in the log too: there they note what they could not do. That of those that fail comes
/// last, where it is seen.
fn rust_tests() -> Action {
    if run::is_there("cargo", &["nextest", "--version"]) {
        let arguments = [
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--success-output",
            "immediate",
            "--failure-output",
            "final",
        ];
        return Action::Programs(vec![(cargo(&arguments), Runner::Nextest)]);
    }
    let arguments = [
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
        "--",
        "--show-output",
    ];
    Action::Programs(vec![(cargo(&arguments), Runner::Cargo)])
}

fn oracles(full: bool) -> Action {
    if !oracle::is_there() {
        return Action::NotRun("python3 is not installed");
    }
    Action::Programs(vec![
        (oracle::build(), Runner::Check),
        (oracle::of_test(full), Runner::Plain),
        (oracle::bank(), Runner::Plain),
        (oracle::share(), Runner::Plain),
    ])
}

fn contracts() -> Action {
    Action::Programs(vec![
        (run::npm("contracts", &["run", "check"]), Runner::Check),
        (run::npm("contracts", &["test"]), Runner::Forge),
    ])
}

fn portal_steps() -> Vec<Step> {
    if !node::has_package("portal") {
        return vec![step("portal", Action::NotRun("there is no portal/package.json"))];
    }
    let mut steps = vec![
        step("portal packages", Action::Packages("portal")),
        step(
            "auditor for a page",
            node::lacks_for_page().map_or(Action::Build(node::auditor_for_page), Action::NotRun),
        ),
        step("portal types", check(run::npm("portal", &["run", "check"]))),
        step(
            "portal tests",
            Action::Programs(vec![(run::npm("portal", &["test"]), Runner::Vitest)]),
        ),
        step("portal build", check(run::npm("portal", &["run", "build"]))),
    ];
    steps.push(step("browser", browser()));
    steps
}

/// The story in a real browser, against a demonstration of its own.
fn browser() -> Action {
    if !place::root().join("tests/e2e/story.mjs").exists() {
        return Action::NotRun("there is no tests/e2e/story.mjs");
    }
    let Some(chromium) = chromium() else {
        return Action::NotRun("chromium is not installed; name it in ROCHDALE_CHROMIUM");
    };
    let mut lead = run::npm("portal", &["run", "e2e"]);
    lead.env("ROCHDALE_CHROMIUM", chromium);
    lead.env("ROCHDALE_AUDIT", place::target().join("debug/rochdale-audit"));
    // As before the tests of Rust: another choice of packages would build half of everything again.
    let build = cargo(&["build", "--workspace", "--bins", "--locked"]);
    Action::Story(Box::new(Story { build, lead }))
}

fn chromium() -> Option<std::path::PathBuf> {
    let named = std::env::var_os("ROCHDALE_CHROMIUM").map(std::path::PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).flat_map(|folder| usual.map(|name| folder.join(name)));
    named.into_iter().chain(installed).find(|program| Path::exists(program))
}

fn bans() -> Action {
    if !run::is_there("cargo", &["deny", "--version"]) {
        return Action::NotRun("cargo-deny is not installed: `cargo install cargo-deny --locked`");
    }
    // It looks at what we would build elsewhere too, which a new machine has not fetched, so it must be let to the network.
    check(cargo(&["deny", "--locked", "check", "licenses", "bans", "sources"]))
}
