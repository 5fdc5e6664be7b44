//! Small transactions of the books over HTTP, and the same rows by pgbench.

use anyhow::bail;
use serde_json::json;

use super::people::People;
use crate::ballots::fixture::World;
use crate::ballots::load;
use crate::ballots::peer::{Peer, pgbench_script};

const TABLES: &str = "DROP TABLE IF EXISTS bench_journal; DROP TABLE IF EXISTS bench_entry;
    DROP SEQUENCE IF EXISTS bench_number;
    CREATE TABLE bench_journal (LIKE journal INCLUDING ALL);
    CREATE TABLE bench_entry (LIKE journal_entry INCLUDING ALL);
    CREATE SEQUENCE bench_number; CHECKPOINT";

const INSERT: &str = "BEGIN;
INSERT INTO bench_journal SELECT coop_id, gen_random_uuid(), nextval('bench_number'), kind, description, effective_on, now(),
    gen_random_uuid()::text, request_hash, NULL, entry_count, digest, currencies, debits, actor_id, recorded_by FROM bench_like;
INSERT INTO bench_entry SELECT coop_id, currval('bench_number'), line, account_id, currency, amount, reference FROM bench_like_entry;
COMMIT;
";

/// Posts so many transactions over so many connections; transactions a second.
pub async fn post(people: &People, (count, connections): (usize, usize)) -> anyhow::Result<f64> {
    let requests = (0..count)
        .map(|number| {
            let body = json!({"description": format!("Sale {number}"), "effective_on": "2026-03-31", "entries": [
                {"account": "assets:bank:main", "currency": "EUR", "amount": "1.00"},
                {"account": "income:other", "currency": "EUR", "amount": "-1.00"}]});
            people.request(0, "journal", &body)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(load::cast(people.server(), requests, connections).await?.per_second())
}

/// The same rows by pgbench, one transaction each; its name and transactions a second.
pub async fn peer(
    peer: &Peer,
    world: &World,
    (connections, seconds): (usize, u32),
) -> anyhow::Result<(&'static str, f64)> {
    let Peer::Pgbench(program) = peer else {
        bail!("pgbench is not installed; leave the transactions out with --transactions 0");
    };
    let like = "DROP TABLE IF EXISTS bench_like; DROP TABLE IF EXISTS bench_like_entry;
        CREATE TABLE bench_like AS SELECT * FROM journal ORDER BY number DESC LIMIT 1;
        CREATE TABLE bench_like_entry AS SELECT entry.* FROM journal_entry AS entry JOIN bench_like USING (coop_id, number)";
    world.client().batch_execute(&format!("{TABLES}; {like}")).await?;
    let rate = pgbench_script(program, world, INSERT, (connections, seconds)).await?;
    Ok((peer.name(), rate))
}
