//! The steps of a cycle, each timed.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::people::People;
use crate::ballots::process::peak_mib;

/// Those that are measured, by what they are asked at.
const STEPS: [&str; 4] = ["freezing", "computation", "verification", "proposal"];

/// A posted cycle.
pub struct Cycle {
    /// Its identifier.
    pub id: String,
    steps: Vec<(&'static str, f64)>,
}

impl Cycle {
    /// From the frozen inputs to the books.
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|(_, seconds)| seconds).sum()
    }

    /// What each step took.
    pub fn told(&self) -> String {
        let each = self
            .steps
            .iter()
            .map(|(step, seconds)| format!("{step} {seconds:.2} s"));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// Runs a cycle from its opening to its posting. Both computations gave equal digests, or the schema refuses to go on.
pub async fn run(people: &People, number: usize) -> anyhow::Result<Cycle> {
    let body = json!({"period": format!("bench-{number}"), "ends_on": "2026-03-31"});
    let opened = people.ask(0, "payouts", &body, "201").await?;
    let id = opened["id"].as_str().context("no identifier")?.to_owned();
    let mut steps = Vec::new();
    let mut view = opened;
    for step in STEPS {
        let began = Instant::now();
        view = people
            .ask(0, &format!("payouts/{id}/{step}"), &Value::Null, "200")
            .await?;
        steps.push((step, began.elapsed().as_secs_f64()));
    }
    let body = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
    let began = Instant::now();
    for who in 1..=view["approvals_needed"].as_u64().context("no approvals")? {
        let who = usize::try_from(who)?;
        let _ = people
            .ask(who, &format!("payouts/{id}/approvals"), &body, "200")
            .await?;
    }
    steps.push(("approvals", began.elapsed().as_secs_f64()));
    let began = Instant::now();
    view = people
        .ask(0, &format!("payouts/{id}/posting"), &Value::Null, "200")
        .await?;
    steps.push(("posting", began.elapsed().as_secs_f64()));
    ensure!(view["state"] == "posted", "not posted: {view}");
    Ok(Cycle { id, steps })
}

/// The largest memory that any process of a family had, as the kernel noted it. Of a database its shared memory is part of it.
pub fn largest_mib(parent: u32) -> anyhow::Result<u64> {
    let mut largest = 0;
    for entry in std::fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let found = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        if found == Some(parent) {
            largest = largest.max(peak_mib(process).unwrap_or_default());
        }
    }
    Ok(largest)
}
