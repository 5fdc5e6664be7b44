//! The peer: the rows that a cycle wrote, inserted once more and nothing else.

use std::time::Instant;

use crate::ballots::fixture::World;

/// The tables, and which of their rows are of a cycle.
const TABLES: [(&str, &str); 6] = [
    ("payout_metric", "cycle_id = '{}'"),
    ("payout_member", "cycle_id = '{}'"),
    ("payout_step", "cycle_id = '{}'"),
    ("payout_line", "cycle_id = '{}'"),
    ("payout", "cycle_id = '{}'"),
    (
        "journal_entry",
        "number = (SELECT journal.number FROM journal JOIN payout_cycle AS cycle
                   ON cycle.coop_id = journal.coop_id AND cycle.journal_id = journal.id WHERE cycle.id = '{}')",
    ),
];

/// What was inserted.
pub struct Bare {
    /// How many rows.
    pub rows: u64,
    /// In which time.
    pub seconds: f64,
}

/// Inserts the rows of a cycle into tables with the same columns, constraints and indexes, in one transaction for each table.
pub async fn insert(world: &World, cycle: &str) -> anyhow::Result<Bare> {
    let client = world.client();
    let mut bare = Bare { rows: 0, seconds: 0.0 };
    client.batch_execute("CHECKPOINT").await?;
    for (table, which) in TABLES {
        client
            .batch_execute(&format!("CREATE TABLE bench_bare (LIKE {table} INCLUDING ALL)"))
            .await?;
        let which = which.replace("{}", cycle);
        let statement = format!("INSERT INTO bench_bare SELECT * FROM {table} WHERE {which}");
        let began = Instant::now();
        bare.rows += client.execute(&statement, &[]).await?;
        bare.seconds += began.elapsed().as_secs_f64();
        client.batch_execute("DROP TABLE bench_bare").await?;
    }
    Ok(bare)
}
