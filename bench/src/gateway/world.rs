//! A co-op with a tool, two models, a policy and a key, put into the database as decisions would have put them.

use std::net::SocketAddr;

use governance::access::KeyParts;
use server::secrets::{self, Secrets};
use uuid::Uuid;

use crate::ballots::fixture::World;

/// Puts them there; the text of the key.
pub async fn stock(world: &World, model: SocketAddr) -> anyhow::Result<String> {
    let coop = world.coop();
    let key = KeyParts {
        coop,
        id: Uuid::now_v7(),
        secret: secrets::random()?,
    };
    let macs = Secrets::load(&world.folder.join("secrets"))?.key_macs(key.id, &key.secret);
    let mac: String = macs
        .iter()
        .take(1)
        .flatten()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (tool, proposal) = (Uuid::now_v7(), Uuid::now_v7());
    // There is no proposal: the keys between tables are not looked at here.
    world
        .client()
        .batch_execute(&format!(
            "SET session_replication_role = replica;
             INSERT INTO access_upstream (coop_id, id, name, kind, base_url, external, data_location, slots, first_byte_seconds,
                idle_seconds, proposal_id, set_at, recorded_by)
             VALUES ('{coop}', '{tool}', 'ours', 'plain', 'http://{model}/v1', false, 'here', 4096, 30, 30, '{proposal}', now(), 'bench');
             INSERT INTO access_model (coop_id, name, upstream_id, upstream_name, licence, context_tokens, output_tokens, price_input,
                price_output, price_call, overhead_call, overhead_message, endpoints, proposal_id, registered_at, set_at, proved_at,
                recorded_by)
             SELECT '{coop}', name, '{tool}', 'm', 'none', 100000, 64, price, 5 * price, 0, 0, 0, '{{chat_completions}}', '{proposal}', now(),
                now(), now(), 'bench'
             FROM (VALUES ('free', 0), ('paid', 3)) AS each (name, price);
             INSERT INTO access_policy (coop_id, version, effective_at, proposal_id, content, origins, set_at, recorded_by)
             VALUES ('{coop}', 1, now(), '{proposal}', '{{\"allowances\": [
                {{\"for\": {{\"group\": \"everyone\"}}, \"share\": \"together\", \"period\": \"month\", \"units\": 1000000000000000}},
                {{\"for\": {{\"group\": \"everyone\"}}, \"share\": \"each\", \"period\": \"month\", \"units\": 1000000000000000}}],
                \"weights\": [], \"models\": [], \"partial_charge\": \"counted\", \"expired_charge\": \"input_only\"}}',
                jsonb_build_array(jsonb_build_object('proposal', '{proposal}', 'since', now()),
                    jsonb_build_object('proposal', '{proposal}', 'since', now())), now(), 'bench');
             INSERT INTO access_key (coop_id, id, member_id, name, mac, pepper, made_at, expires_at, recorded_by)
             VALUES ('{coop}', '{}', '{coop}', 'bench', '\\x{mac}', 1, now(), now() + interval '1 day', 'bench');
             SET session_replication_role = origin;",
            key.id
        ))
        .await?;
    Ok(key.text())
}

/// Has the database take the time of its functions, for connections made from now on.
pub async fn take_times(world: &World) -> anyhow::Result<()> {
    let row = world.client().query_one("SELECT current_database()::text", &[]).await?;
    let name: String = row.get(0);
    let statement = format!("ALTER DATABASE \"{name}\" SET track_functions = 'pl'");
    Ok(world.client().batch_execute(&statement).await?)
}

/// Does now what the database does by itself within a minute.
pub async fn analyse(world: &World) -> anyhow::Result<()> {
    let statement = "VACUUM ANALYZE access_hold, access_usage, access_account, access_turn, access_flow, access_lane";
    world.client().batch_execute(statement).await?;
    Ok(world.client().batch_execute("SELECT pg_stat_reset()").await?)
}

/// How often each function of the path was called, and how long it took on average.
pub async fn times(world: &World) -> anyhow::Result<Vec<String>> {
    let rows = world
        .client()
        .query(
            "SELECT funcname::text, calls, total_time / greatest(calls, 1) FROM pg_stat_user_functions
            WHERE funcname LIKE 'access%' ORDER BY total_time DESC",
            &[],
        )
        .await?;
    let line = |row: &tokio_postgres::Row| {
        let (name, calls, each): (String, i64, f64) = (row.get(0), row.get(1), row.get(2));
        format!("{name}: {calls} calls of {each:.3} ms")
    };
    Ok(rows.iter().map(line).collect())
}

/// What the books say at the end: all of it must agree.
pub async fn books(world: &World) -> anyhow::Result<String> {
    let row = world
        .client()
        .query_one(
            "SELECT (SELECT count(*) FROM access_hold), (SELECT count(*) FROM access_usage),
                (SELECT count(*) FROM access_hold WHERE state = 'open'), (SELECT coalesce(sum(excess), 0)::bigint FROM access_hold),
                (SELECT count(*) FROM access_account WHERE spent + held > cap)",
            &[],
        )
        .await?;
    let (holds, booked, open): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    let (excess, beyond): (i64, i64) = (row.get(3), row.get(4));
    Ok(format!(
        "books: {holds} calls, {booked} booked, {open} open, excess {excess}, accounts beyond their cap {beyond}"
    ))
}
