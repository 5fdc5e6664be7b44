//! A closed vote, made by the database itself.

use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::TryStreamExt as _;
use governance::id::ProposalId;
use governance::rule::DecisionRule;
use uuid::Uuid;

use crate::ballots::fixture::World;

/// Makes so many members, numbered.
pub async fn members(world: &World, count: u32) -> anyhow::Result<()> {
    let coop = world.coop();
    let statement = format!(
        "INSERT INTO record_head (coop_id) VALUES ('{coop}') ON CONFLICT DO NOTHING;
         SET session_replication_role = replica;
         INSERT INTO member (coop_id, id, display_name, class, status, recorded_by)
         SELECT '{coop}', md5('member ' || number)::uuid, 'bench', 'user', 'active', 'bench'
         FROM generate_series(1, {count}) AS number"
    );
    Ok(world.client().batch_execute(&statement).await?)
}

/// Makes a vote that is over, with one ballot of each of the first members; a motion where there are no candidates.
pub async fn closed(world: &World, rule: &DecisionRule, ballots: u32, candidates: u16) -> anyhow::Result<ProposalId> {
    let (coop, proposal) = (world.coop(), ProposalId::from_uuid(Uuid::now_v7()));
    let rule = serde_json::to_string(rule)?;
    let names: Vec<String> = (1..=candidates)
        .map(|number| format!("\"Candidate {number}\""))
        .collect();
    let (options, points) = if candidates == 0 {
        (String::from("ARRAY[number % 3]::smallint[]"), String::from("ARRAY[1]"))
    } else {
        (
            format!(
                "ARRAY(SELECT option::smallint FROM generate_series(0, {}) AS option
                       ORDER BY hashint4(number * 131 + option))",
                candidates - 1
            ),
            format!("ARRAY(SELECT rank FROM generate_series(1, {candidates}) AS rank)"),
        )
    };
    let statement = format!(
        "BEGIN;
         SET LOCAL session_replication_role = replica;
         INSERT INTO proposal (coop_id, id, kind, bylaws_version, title, body, options, rule, state, author_id, discussed_at, opens_at,
             closes_at, rule_salt, salt, record_hash, roll_root, roll_count, roll_weight, lot_secret, recorded_by)
         VALUES ('{coop}', '{proposal}', 'motion', 1, 'Bench', '', '{{{names}}}', '{rule}', 'open', '{coop}', now(), now(),
             now() + interval '1 day', sha256('a'), sha256('a'), sha256('{proposal}'), sha256('a'), {ballots}, {ballots}, sha256('a'),
             'bench');
         INSERT INTO roll_entry (coop_id, proposal_id, member_id, weight, recorded_by)
         SELECT '{coop}', '{proposal}', md5('member ' || number)::uuid, 1, 'bench' FROM generate_series(1, {ballots}) AS number;
         INSERT INTO ballot (coop_id, proposal_id, member_id, revision, options, points, salt, record_hash, kind, public_key,
             signature, cast_at, recorded_by)
         SELECT '{coop}', '{proposal}', md5('member ' || number)::uuid, 1, {options}, {points}, sha256('salt'),
             sha256(('{proposal}' || number)::bytea), 5, sha256('key'), sha256('one') || sha256('half'), now(), 'bench'
         FROM generate_series(1, {ballots}) AS number;
         UPDATE proposal SET state = 'closed', closed_at = now(), close_marker = (
             SELECT max(sequence) FROM ballot WHERE coop_id = '{coop}' AND proposal_id = '{proposal}')
         WHERE coop_id = '{coop}' AND id = '{proposal}';
         COMMIT;
         ANALYZE ballot, roll_entry, proposal; CHECKPOINT",
        names = names.join(", ")
    );
    world.client().batch_execute(&statement).await?;
    Ok(proposal)
}

/// How long it takes to read what a count reads, and nothing else.
pub async fn read(world: &World, proposal: ProposalId) -> anyhow::Result<Duration> {
    let (started, mut bytes) = (Instant::now(), 0);
    let query = format!(
        "COPY (SELECT ballot.member_id, options, points, record_hash, kind, weight FROM ballot
               JOIN roll_entry USING (coop_id, proposal_id, member_id)
               WHERE coop_id = '{}' AND proposal_id = '{proposal}') TO STDOUT (FORMAT binary)",
        world.coop()
    );
    let rows = world.client().copy_out(&query).await?;
    tokio::pin!(rows);
    while let Some(row) = rows.try_next().await? {
        bytes += row.len();
    }
    ensure!(bytes > 0, "nothing was read");
    Ok(started.elapsed())
}
