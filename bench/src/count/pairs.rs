//! Schulze's method against reading the same file: comparing every two candidates must not cost much more than reading who they are.

use anyhow::ensure;
use governance::blt::{Blt, parse};
use governance::tally::TieBreak;
use governance::tally::pairwise::{Pairwise, count_schulze};

use super::profile::Election;
use super::{Options, fastest, milliseconds};

const CANDIDATES: u16 = 20;

pub fn run(options: &Options) -> anyhow::Result<()> {
    let text = Election::random(options.ballots, CANDIDATES, 1).blt();
    let (reading, blt) = fastest(options.rounds, || Ok(parse(&text)?))?;
    let (counting, elected) = fastest(options.rounds, || elect(&blt))?;
    ensure!(elected.len() == 1, "one place, and {elected:?}");
    println!(
        "schulze, {} ballots of {CANDIDATES} candidates: read in {}, counted in {}, {:.2} times as long",
        options.ballots,
        milliseconds(reading),
        milliseconds(counting),
        counting.as_secs_f64() / reading.as_secs_f64()
    );
    Ok(())
}

fn elect(blt: &Blt) -> anyhow::Result<Vec<u16>> {
    let mut pairs = Pairwise::without(CANDIDATES, &blt.withdrawn)?;
    for line in &blt.papers {
        pairs.add_strict(&line.strict_order()?, u128::from(line.weight))?;
    }
    Ok(count_schulze(&pairs, blt.seats, None, &TieBreak::None)?.elected)
}
