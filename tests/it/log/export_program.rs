//! Aim: the two programs do what the operator's and the auditor's books say: `rochdale export` says what it wrote, may be killed at any
//! moment, and `rochdale-audit verify FOLDER` ends with the status that a script relies on. Method: the programs as processes.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::app::TestApp;
use tests::data::not_run;
use tokio::process::Command;

use super::repair_deaths::configuration;
use crate::crash::program::program;
use crate::decisions::world::Hall;

const YES: &[u16] = &[0];
/// How many runs are killed, at moments spread over the time that one takes.
const KILLS: u32 = 12;

struct Programs {
    rochdale: PathBuf,
    audit: PathBuf,
    config: tempfile::NamedTempFile,
    slug: String,
}

impl Programs {
    fn export(&self, to: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(&self.rochdale);
        command.arg("--config").arg(self.config.path());
        command.args(["export", &self.slug, "--to"]).arg(to).args(more);
        command.kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    async fn says(&self, to: &Path, more: &[&str]) -> String {
        let output = self.export(to, more).output().await.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn verify(&self, folder: &Path, more: &[&str]) -> Output {
        let mut command = Command::new(&self.audit);
        command.arg("verify").arg(folder).args(more).kill_on_drop(true);
        command.output().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_export_and_check_a_record_and_an_export_may_be_killed_at_any_moment() {
    let built = program().map(|rochdale| (rochdale.with_file_name("rochdale-audit"), rochdale));
    let Some((audit, rochdale)) = built.filter(|(audit, _)| audit.is_file()) else {
        not_run("export by the programs", "they are not built");
        return;
    };
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    for _ in 0..6 {
        let proposal = hall.opened_motion().await;
        hall.all_cast(proposal, &[YES, YES]).await;
        let _ = hall.finish(&app, proposal).await;
    }
    let programs = Programs {
        rochdale,
        audit,
        config: configuration(&app),
        slug: hall.slug.clone(),
    };
    let own = tempfile::tempdir().unwrap();
    let to = own.path().join("record");
    let said = programs.says(&to, &["--dry-run"]).await;
    assert!(
        said.starts_with("Nothing was written.") && said.contains("  6 bundles ("),
        "{said}"
    );
    assert!(!to.exists());
    let begun = Instant::now();
    let said = programs.says(&to, &[]).await;
    let took = begun.elapsed();
    assert!(
        said.starts_with("Written to ") && said.contains("  6 bundles ("),
        "{said}"
    );
    let said = programs.says(&to, &[]).await;
    assert!(said.starts_with("Nothing is new."), "{said}");

    let verified = programs.verify(&to, &["--json"]).await;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(
        (&report["status"], report["decisions"].as_array().unwrap().len()),
        (&0.into(), 6)
    );
    let zero = governance::hash::Hash32::ZERO.to_string();
    assert_eq!(
        programs.verify(&to, &["--namespace", &zero]).await.status.code(),
        Some(1)
    );
    assert_eq!(
        programs.verify(&to, &["--max-entries", "3"]).await.status.code(),
        Some(2)
    );
    assert_eq!(programs.verify(&to, &["--log", "x"]).await.status.code(), Some(3));

    std::fs::remove_dir_all(&to).unwrap();
    let mut killed = 0;
    for number in 1..=KILLS {
        let mut child = programs.export(&to, &[]).spawn().unwrap();
        tokio::time::sleep(took * number / KILLS + Duration::from_millis(1)).await;
        child.start_kill().ok();
        killed += u32::from(!child.wait().await.unwrap().success());
        // Whatever is there, nothing in it contradicts.
        assert_ne!(programs.verify(&to, &[]).await.status.code(), Some(1));
    }
    assert!(killed > 0, "every run was faster than its death");
    let _ = programs.says(&to, &[]).await;
    assert_eq!(programs.verify(&to, &[]).await.status.code(), Some(0));
    assert!(!to.join(".export").exists());
    app.finish().await;
}
