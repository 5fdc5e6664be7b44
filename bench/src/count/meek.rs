//! Meek's method against stv-rs, in its nine decimals, on one thread and on all.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use governance::blt::{Blt, Preference, parse};
use governance::tally::TieBreak;
use governance::tally::meek::{Contest, EmptyRank, Papers, Procedure, count};
use stv_rs::arithmetic::{FixedDecimal9, Integer64};
use stv_rs::cli::Parallel;
use stv_rs::parse::{ParsingOptions, parse_election};
use stv_rs::types::Election as Theirs;

use super::profile::Election;
use super::{Options, fastest, milliseconds, ratio};

/// A surplus below 10^-6 ends a round.
const OMEGA_EXPONENT: usize = 6;

pub fn run(options: &Options) -> anyhow::Result<()> {
    let random = Election::random(options.meek_ballots, 20, 5);
    let name = format!("{} random ballots of 20 candidates, 5 places", options.meek_ballots);
    measure(&name, &random.nicknamed(), options.rounds)?;
    if let Some(path) = &options.meek_file {
        let text = std::fs::read_to_string(path).context("the ballot file cannot be read")?;
        measure(&path.display().to_string(), &text, options.rounds)?;
    }
    Ok(())
}

fn measure(name: &str, text: &str, rounds: u32) -> anyhow::Result<()> {
    let blt = parse(text)?;
    let papers = papers_of(&blt);
    let parsing = ParsingOptions {
        remove_withdrawn_candidates: true,
        remove_empty_ballots: true,
        optimize_layout: true,
    };
    let theirs = parse_election(text.as_bytes(), parsing).map_err(|error| anyhow::anyhow!("{error}"))?;
    let (ours, elected) = fastest(rounds, || by_us(&blt, &papers))?;
    for (threads, parallel) in [("one thread", Parallel::No), ("all threads", Parallel::Rayon)] {
        let (time, other) = fastest(rounds, || by_stv_rs(&theirs, parallel))?;
        ensure!(elected == other, "stv-rs elects {other:?} and we {elected:?}");
        report(name, threads, ours, time);
    }
    Ok(())
}

fn report(name: &str, threads: &str, ours: Duration, theirs: Duration) {
    println!(
        "meek, {name}: {} on one thread; stv-rs on {threads} {}, {} times as long",
        milliseconds(ours),
        milliseconds(theirs),
        ratio(theirs, ours)
    );
}

fn papers_of(blt: &Blt) -> Papers {
    let mut papers = Papers::new();
    for line in &blt.papers {
        let ranks: Vec<Vec<u16>> = line
            .preferences
            .iter()
            .filter_map(|preference| match preference {
                Preference::One(one) => Some(vec![*one]),
                Preference::Equal(several) => Some(several.to_vec()),
                Preference::Skipped => None,
            })
            .collect();
        papers.add(&ranks, u128::from(line.weight));
    }
    papers
}

/// From papers in memory, as theirs are, to those elected, ascending.
fn by_us(blt: &Blt, papers: &Papers) -> anyhow::Result<Vec<usize>> {
    let candidates = u16::try_from(blt.candidates.len())?;
    let contest = Contest {
        candidates,
        seats: blt.seats,
        withdrawn: blt.withdrawn.clone(),
        procedure: Procedure {
            empty_rank: EmptyRank::Exhaust,
            ..Procedure::default()
        },
    };
    let order = blt.tie_order.clone().unwrap_or_else(|| (0..candidates).collect());
    let count = count(&contest, papers, &TieBreak::Order(order))?;
    let mut elected: Vec<usize> = count.elected.iter().map(|number| usize::from(*number) - 1).collect();
    elected.sort_unstable();
    Ok(elected)
}

fn by_stv_rs(election: &Theirs, parallel: Parallel) -> anyhow::Result<Vec<usize>> {
    let result = stv_rs::meek::stv_droop::<Integer64, FixedDecimal9>(
        &mut std::io::sink(),
        election,
        "stv-rs",
        OMEGA_EXPONENT,
        parallel,
        None,
        false,
        false,
        false,
    )?;
    let mut elected = result.elected;
    elected.sort_unstable();
    Ok(elected)
}
