//! A co-op with officers, a revenue rule and books, whose members grow from cycle to cycle.

use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use governance::id::{AccountId, CoopId, SessionId};
use governance::record::namespace_without_chain;
use governance::revenue::RevenueRule;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::ballots::fixture::World;
use crate::ballots::load::read_answer;

/// What each member gets in the mean, in euros.
const EACH: u32 = 10;
/// The longest answer, in bytes.
const ANSWER_MAX: usize = 1024 * 1024;
/// One prepares, and as many approve as the largest cycles need.
const OFFICERS: [&str; 4] = ["treasurer", "auditor", "auditor", "steward"];

/// The officers, by their tokens.
pub struct People {
    server: SocketAddr,
    coop: CoopId,
    tokens: Vec<String>,
}

/// A tenth to a reserve; of the rest a third equally, two thirds by hours.
fn rule() -> anyhow::Result<RevenueRule> {
    Ok(serde_json::from_value(
        json!({"version": 1, "currency": "EUR", "effective_from": 0,
        "steps": [
            {"id": "legal", "does": {"op": "reserve", "share": {"share": 1, "whole": 10}, "to": "reserve:legal"}},
            {"id": "split", "does": {"op": "split", "parts": [{"to": "pool:all", "weight": 1}, {"to": "pool:work", "weight": 2}]}},
            {"id": "equal", "from": "pool:all", "does": {"op": "per_capita", "to": "members:active"}},
            {"id": "labour", "from": "pool:work", "does": {"op": "patronage", "to": "members:all",
                "weights": [{"metric": "hours", "weight": 1}]}}],
        "payout": {"decimals": 2, "min": "1.00", "rails": ["sepa"]}}),
    )?)
}

impl People {
    /// Makes officers and a rule, and opens the books.
    pub async fn make(world: &World, server: SocketAddr) -> anyhow::Result<Self> {
        let coop = world.coop();
        let mut tokens = Vec::new();
        for role in OFFICERS {
            let (account, session) = (
                AccountId::from_uuid(Uuid::now_v7()),
                SessionId::from_uuid(Uuid::now_v7()),
            );
            let member = Uuid::now_v7();
            let statement = format!(
                "INSERT INTO account (id, email, display_name, password_hash, recorded_by)
                 VALUES ('{account}', '{account}@demo.example', 'bench', '$argon2id$none', 'bench');
                 INSERT INTO session (id, account_id, expires_at, recorded_by) VALUES ('{session}', '{account}', 'infinity', 'bench');
                 INSERT INTO member (coop_id, id, account_id, display_name, class, status, recorded_by)
                 VALUES ('{coop}', '{member}', '{account}', 'bench', 'worker', 'active', 'bench');
                 INSERT INTO member_role (coop_id, member_id, role, recorded_by) VALUES ('{coop}', '{member}', '{role}', 'bench')"
            );
            world.client().batch_execute(&statement).await?;
            tokens.push(world.token(account, session)?);
        }
        let rule = rule()?;
        let hash = rule.hash(namespace_without_chain(coop));
        // No decision of members stands behind this rule, which the schema would ask for.
        let statement = format!(
            "BEGIN; SET LOCAL session_replication_role = replica;
             INSERT INTO record_head (coop_id) VALUES ('{coop}') ON CONFLICT DO NOTHING;
             INSERT INTO revenue_rule (coop_id, version, rule_hash, currency, effective_at, proposal_id, content, adopted_at, recorded_by)
             VALUES ('{coop}', 1, '\\x{}', 'EUR', 'epoch', '{coop}', '{}', now(), 'bench'); COMMIT",
            hash.to_string().trim_start_matches("0x"),
            serde_json::to_string(&rule)?
        );
        world.client().batch_execute(&statement).await?;
        let people = Self { server, coop, tokens };
        let _ = people
            .ask(0, "ledger/accounts", &json!({"currency": "EUR"}), "201")
            .await?;
        Ok(people)
    }

    /// Lets the co-op have so many members, each with hours that nobody may dispute any more, and what they share in the bank.
    pub async fn grow(&self, world: &World, (number, members): (usize, u32)) -> anyhow::Result<()> {
        let coop = self.coop;
        // Identifiers in the order in which they are made, as those of version 7 are.
        let id = |of: &str| {
            format!(
                "('019a0000-' || lpad(to_hex({of} / 4096), 4, '0') || '-7' || lpad(to_hex({of} % 4096), 3, '0') || '-8'
                 || substr(md5({of}::text), 1, 15))::uuid"
            )
        };
        let snapshot = Uuid::now_v7();
        let statement = format!(
            "BEGIN; SET LOCAL session_replication_role = replica;
             INSERT INTO member (coop_id, id, display_name, class, status, recorded_by)
             SELECT '{coop}', {numbered}, 'bench', 'worker', 'active', 'bench' FROM generate_series(1, {members}) AS number
             ON CONFLICT DO NOTHING;
             INSERT INTO contribution_line (coop_id, snapshot_id, line, member_id, count)
             SELECT '{coop}', '{snapshot}', number, {numbered}, 1 + (hashint4(number)::bigint & 65535)
             FROM generate_series(1, {members}) AS number;
             INSERT INTO contribution_snapshot
             SELECT (head).coop_id, (head).id, (head).metric, (head).starts_on, (head).ends_on, (head).source, (head).replaces,
                 (head).line_count, contribution_digest(head), (head).submitted_by, (head).submitted_at, (head).challenge_until,
                 (head).recorded_by
             FROM (SELECT jsonb_populate_record(NULL::contribution_snapshot, jsonb_build_object('coop_id', '{coop}', 'id', '{snapshot}',
                 'metric', 'hours', 'starts_on', '2026-01-01', 'ends_on', '2026-03-31', 'source', 'bench', 'line_count', {members},
                 'submitted_by', '{coop}', 'submitted_at', '2026-04-01', 'challenge_until', '2026-04-09', 'recorded_by', 'bench')) AS head)
                 AS made;
             COMMIT; ANALYZE; CHECKPOINT",
            numbered = id("number")
        );
        world.client().batch_execute(&statement).await?;
        let amount = members.saturating_mul(EACH);
        let table = format!("date,amount,reference,description\n2026-03-01,{amount}.00,inv-{number},Sales\n");
        let body = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": table});
        let _ = self.ask(0, "income", &body, "201").await?;
        Ok(())
    }

    /// Asks something of the server as one of the officers.
    pub async fn ask(&self, who: usize, path: &str, body: &Value, status: &str) -> anyhow::Result<Value> {
        let request = self.request(who, path, body)?;
        let mut stream = TcpStream::connect(self.server).await?;
        stream.write_all(&request).await?;
        let mut buffer = vec![0; ANSWER_MAX];
        let found = read_answer(&mut stream, &mut buffer, status).await?;
        Ok(serde_json::from_slice(buffer.get(found).unwrap_or_default())?)
    }

    /// A whole request under a key of its own.
    pub fn request(&self, who: usize, path: &str, body: &Value) -> anyhow::Result<Bytes> {
        let token = self.tokens.get(who).context("no such officer")?;
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        Ok(Bytes::from(format!(
            "POST /api/v1/coops/{}/{path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\nidempotency-key: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.coop,
            Uuid::now_v7(),
            body.len()
        )))
    }

    /// Where the server listens.
    pub const fn server(&self) -> SocketAddr {
        self.server
    }
}
