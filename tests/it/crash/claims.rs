//! The part of a chain in the deaths of payments: whatever the program was noting when it died, it notes it once.

use std::time::Duration;

use serde_json::{Value, json};
use tests::stack::Stack;

use super::execution::{heal, wait_for_death};
use super::payments::Desk;
use super::payouts::storm;
use super::program::dying_at;
use crate::payments::island::{ANYBODY, DAY, EXECUTOR, Island};

const PLACE: &str = "claims_followed";
/// How often it is looked whether the program noted something.
const LOOKS_MAX: usize = 600;
const PAUSE: Duration = Duration::from_millis(100);
/// The longest time between two kills: about as long as the program takes to start and to look once.
const KILL_MS_MAX: u64 = 800;

/// Where a cycle is paid by claim.
struct Shore<'a> {
    island: Island,
    desk: &'a Desk,
    cycle: Value,
}

impl<'a> Shore<'a> {
    /// A cycle of which the auditor's half is released to the executor.
    async fn reach(stack: &Stack, desk: &'a Desk) -> Self {
        let island = Island::on(&stack.chain_url()).await;
        let (house, treasurer) = (&desk.house, desk.treasurer());
        let contract = json!({"account": "assets:chain:distributor", "currency": "EUR", "contract": island.distributor,
            "token_address": island.token});
        let path = house.hall.path("distributors");
        let added = treasurer.post(&path).json(&contract).send().await.expect(201);
        let wallet = island.accounts[7].clone();
        let address: Vec<u8> = governance::hash::from_hex(&wallet).expect("an address");
        let insert = "INSERT INTO sign_in_wallet (id, account_id, address, recorded_by) VALUES ($1, $2, $3, 'test')";
        let account = house.auditor.account.uuid();
        let wallets = stack
            .database
            .execute(insert, &[&uuid::Uuid::now_v7(), &account, &address])
            .await;
        assert_eq!(wallets.expect("a wallet"), 1);
        let body = json!({"rail": "chain", "name": "wallet", "wallet": wallet});
        let path = house.hall.path("payee");
        let payee = house.auditor.post(&path).json(&body).send().await.expect(201);
        let member = payee["member"].as_str().expect("a member");
        let path = house.hall.path(&format!("payees/{member}/confirmation"));
        let version = json!({"version": payee["version"]});
        let _ = treasurer.post(&path).json(&version).send().await.expect(200);
        let cycle = desk.owing(4).await;
        let at = |rest: &str| house.at(&cycle, rest);
        let _ = treasurer.post(&at("issue")).json(&json!({})).send().await.expect(200);
        let asked = json!({"ledger_account": added["ledger_account"], "pay_on": "2999-12-31"});
        let list = treasurer.post(&at("files")).json(&asked).send().await.expect(201);
        let path = at(&format!(
            "files/{}/release",
            list["id"].as_str().expect("an identifier")
        ));
        let digest = json!({"digest": list["digest"]});
        let _ = house.auditor.post(&path).json(&digest).send().await.expect(200);
        Self { island, desk, cycle }
    }

    async fn list(&self) -> Value {
        let path = self.desk.house.at(&self.cycle, "files");
        self.desk.treasurer().get(&path).send().await.expect(200)["items"][0]["claims"].clone()
    }

    /// How often the books hold what was claimed, and how many tries by claim are settled.
    async fn noted(&self, stack: &Stack) -> (i64, i64) {
        let posted = "SELECT count(*) FROM journal WHERE coop_id = $1 AND description LIKE 'Claimed on the chain%'";
        let settled =
            "SELECT count(*) FROM payment_attempt WHERE coop_id = $1 AND rail = 'chain' AND state = 'settled'";
        let house = &self.desk.house;
        (house.number(stack, posted).await, house.number(stack, settled).await)
    }

    async fn roots(&self, stack: &Stack, state: &str) -> i64 {
        let query = format!("SELECT count(*) FROM claim_root WHERE coop_id = $1 AND state = '{state}'");
        self.desk.house.number(stack, &query).await
    }

    /// Has the program die while it notes what the chain shows now; then nothing is noted.
    async fn die(&self, stack: &mut Stack) {
        self.island.finish_blocks().await;
        stack.environment(dying_at(PLACE));
        // It may die before it can serve.
        if let Err(error) = stack.start_program().await {
            assert!(error.to_string().contains("SIGABRT"), "{error}");
        }
        wait_for_death(stack, PLACE).await;
    }

    /// Waits until so many are noted.
    async fn wait(&self, count: impl AsyncFn() -> i64) {
        for _ in 0..LOOKS_MAX {
            if count().await == 1 {
                return;
            }
            self.island.finish_blocks().await;
            tokio::time::sleep(PAUSE).await;
        }
        panic!("it is never noted");
    }
}

/// A root that is queued, one that is active, and a claim: of these the last so many find the program dead, and the claim finds it killed too.
pub async fn each_is_noted_once(stack: &mut Stack, desk: &Desk, deaths: usize) {
    let shore = Shore::reach(stack, desk).await;
    for (place, (before, after)) in [("released", "queued"), ("queued", "active")].into_iter().enumerate() {
        let dies = place + deaths >= 3;
        let list = shore.list().await;
        let message = &list[if place == 0 { "submission" } else { "activation" }];
        if place == 1 {
            shore.island.later(DAY + 1).await;
            shore.island.fund(100_000).await;
        }
        if dies {
            stack.kill_program().expect("it can be killed");
        }
        assert!(shore.island.call([EXECUTOR, ANYBODY][place], message).await, "{list}");
        if dies {
            shore.die(stack).await;
            assert_eq!(shore.roots(stack, before).await, 1, "all of it or nothing");
            heal(stack).await;
        }
        shore.wait(async || shore.roots(stack, after).await).await;
    }
    let path = desk.house.hall.path("claims");
    let claim = desk.house.auditor.get(&path).send().await.expect(200)["items"][0].clone();
    stack.kill_program().expect("it can be killed");
    assert!(shore.island.call(ANYBODY, &claim["call"]).await, "{claim}");
    shore.die(stack).await;
    assert_eq!(shore.noted(stack).await, (0, 0), "all of it or nothing");
    stack.environment(Vec::new());
    storm(stack, 7, KILL_MS_MAX).await;
    shore.wait(async || shore.noted(stack).await.1).await;
    // Killed again while it looks at further blocks, it notes nothing again.
    if deaths > 1 {
        storm(stack, 8, KILL_MS_MAX).await;
    }
    assert_eq!(shore.noted(stack).await, (1, 1));
    assert_eq!(desk.balance(stack, "liabilities:payments:clearing").await, 0);
    let left = desk.house.auditor.get(&path).send().await.expect(200)["items"][0]["left"].clone();
    assert_eq!(left, "0.00");
}
