//! `rochdale-audit verify` of a bundle of many ballots, against the bare cost of its signatures and hashes.
//!
//! The bare cost is what no verifier can leave out: each signature, each struct hash and leaf, the three trees, and the SHA-256 of
//! all bytes, once for their section and once for the whole, on every core, from memory, without reading, decompression or JSON.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use governance::hash::{Hash32, keccak256};
use governance::log::{Frontier, LogEntry};
use governance::merkle;
use governance::record::{BallotV1, Record as _, digest_under};
use governance::roll::{ballot_leaf, roll_leaf};
use governance::signature;
use sha2::{Digest, Sha256};

use super::bundle::{Decision, on_every_core};
use super::median;

/// How often to look at the memory of the program.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Makes the bundle, measures and prints.
///
/// # Errors
/// If it cannot be made or verified.
pub fn run(folder: &Path, ballots: u64, rounds: u32, program: Option<&PathBuf>) -> anyhow::Result<()> {
    let program = match program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("rochdale-audit"),
    };
    let path = folder.join("many.rochdale");
    let started = Instant::now();
    let (decision, question) = Decision::make(ballots)?;
    let bytes = decision.write(&question, &path)?;
    println!(
        "a bundle of {ballots} ballots, each signed by a key of its own: {} MB, {} MB compressed, made in {:.0} s",
        bytes / 1_000_000,
        std::fs::metadata(&path)?.len() / 1_000_000,
        started.elapsed().as_secs_f64()
    );
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let bare = bare(&decision, bytes)?;
        let (verified, kib) = verify(&program, &path)?;
        let ratio = verified.as_secs_f64() / bare.as_secs_f64();
        println!(
            "round {round}: verified in {:.2} s, bare signatures and hashes {:.2} s, ratio {ratio:.2}; peak memory {} MiB",
            verified.as_secs_f64(),
            bare.as_secs_f64(),
            kib / 1024
        );
        ratios.push(ratio);
    }
    println!("median ratio {:.2}", median(&mut ratios)?);
    Ok(())
}

fn bare(decision: &Decision, bytes: u64) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let type_hash = keccak256(BallotV1::TYPE.as_bytes());
    let separator = decision.domain.separator();
    let count = u64::try_from(decision.ballots.len())?;
    let each = on_every_core(count, |number| -> Option<[Hash32; 3]> {
        let place = usize::try_from(number).ok()?;
        let (member, ballot) = (decision.roll.get(place)?, decision.ballots.get(place)?);
        let hash = ballot.record.struct_hash();
        signature::verify(&ballot.key, digest_under(separator, hash), &ballot.signature).ok()?;
        let entry = LogEntry {
            type_hash,
            record_hash: hash,
        };
        Some([
            roll_leaf(decision.proposal, member),
            ballot_leaf(decision.proposal, ballot.record.voter, hash, 1),
            entry.leaf_hash(),
        ])
    })?;
    let each: Vec<[Hash32; 3]> = each
        .into_iter()
        .collect::<Option<_>>()
        .context("a signature does not hold")?;
    let [roll, ballots, log] = [0, 1, 2].map(|which| each.iter().map(|leaves| leaves[which]).collect::<Vec<_>>());
    // Two halves of about the same length: a tree and the bytes once, two trees and the bytes once.
    let roots = std::thread::scope(|scope| {
        let one = scope.spawn(|| (merkle::root(roll), hash_bytes(bytes)));
        let other = (merkle::root(ballots), root_of_log(&log), hash_bytes(bytes));
        one.join().ok().zip(Some(other))
    });
    ensure!(roots.is_some(), "a thread panicked");
    Ok(started.elapsed())
}

fn root_of_log(leaves: &[Hash32]) -> Hash32 {
    let mut tree = Frontier::default();
    for leaf in leaves {
        tree.push(*leaf);
    }
    tree.root()
}

/// The SHA-256 of so many bytes.
fn hash_bytes(bytes: u64) -> [u8; 32] {
    let block = vec![0x61; 1 << 16];
    let mut hasher = Sha256::new();
    for _ in 0..bytes.div_ceil(1 << 16) {
        hasher.update(&block);
    }
    hasher.finalize().into()
}

/// Gives the time it took and the most memory the program had, in KiB.
fn verify(program: &Path, bundle: &Path) -> anyhow::Result<(Duration, u64)> {
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(["verify", "--json", "--require", "L0,L1"])
        .arg(bundle)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let mut kib = 0;
    while child.try_wait()?.is_none() {
        kib = kib.max(peak_kib(child.id()).unwrap_or_default());
        std::thread::sleep(LOOK_EVERY);
    }
    let elapsed = started.elapsed();
    let output = child.wait_with_output()?;
    ensure!(
        output.status.success(),
        "the bundle does not verify: {}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok((elapsed, kib))
}

/// The most memory a running process has had so far.
fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
