//! Shares totals among weights, one JSON line each, for comparing with other programs (`cargo xtask oracle share`).
//!
//! A line `{"total": 3, "weights": [1, 2]}` gives the line of the shares. Of equal remainders the first comes first.

use std::error::Error;
use std::io::{BufRead as _, Write as _};

use governance::hash::Hash32;
use governance::revenue::allocate;
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    total: u64,
    weights: Vec<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Line { total, weights } = serde_json::from_str(&line?)?;
        // The same word for all leaves it to the places.
        let shares = allocate(total, &weights, &|_| Hash32::from_bytes([0; 32]))?;
        writeln!(out, "{}", serde_json::to_string(&shares)?)?;
        out.flush()?;
    }
    Ok(())
}
