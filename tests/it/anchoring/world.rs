//! Co-ops on a chain in memory whose anchoring the test takes step by step.

use std::collections::BTreeMap;
use std::sync::Arc;

use chain::{Chain, MemoryChain};
use governance::id::CoopId;
use serde_json::json;
use server::app::App;
use server::chain_link::ChainLink;
use server::config::Config;
use server::secrets::Secrets;
use server::services::anchor_rounds::{anchor_once, seal_all};
use tests::app::{ChainChoice, Options, TestApp};
use tests::memory_chain::MemoryWorld;
use uuid::Uuid;

/// A server and co-ops that it anchors, in the order of their ids.
pub struct Harbour {
    pub app: TestApp,
    pub coops: Vec<CoopId>,
}

/// A batch as far as these tests look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Berth {
    pub state: String,
    pub nonce: Option<i64>,
}

impl Harbour {
    /// This many co-ops of which nothing is sealed yet.
    pub async fn with_coops(count: usize) -> Self {
        let chain = ChainChoice::Memory(MemoryWorld::start().await);
        let app = TestApp::start_with(Options::default().chain(chain)).await;
        let person = app.person("Founder").await;
        let mut coops = Vec::new();
        for _ in 0..count {
            let slug = format!("c{}", Uuid::now_v7().simple());
            let body = json!({"slug": slug, "name": "The Weavers", "display_name": "Founder"});
            let view = person.post("coops").json(&body).send().await.expect(201);
            coops.push(view["id"].as_str().unwrap().parse().unwrap());
        }
        coops.sort_unstable();
        Self { app, coops }
    }

    pub fn chain(&self) -> &Arc<MemoryChain> {
        self.app.chain.as_ref().expect("a chain")
    }

    pub async fn seal(&self) {
        seal_all(&self.app.app).await.unwrap();
    }

    /// One round of the worker.
    pub async fn round(&self) -> usize {
        anchor_once(&self.app.app).await.unwrap()
    }

    /// Changes rows as somebody with the database in hand could.
    pub async fn meddle(&self, statement: &str) {
        self.app
            .database
            .superuser()
            .await
            .batch_execute(statement)
            .await
            .unwrap();
    }

    /// Every batch.
    pub async fn berths(&self) -> BTreeMap<(CoopId, i64), Berth> {
        let query = "SELECT coop_id, seq, state, current_nonce FROM anchor_batch";
        let rows = self.app.database.superuser().await.query(query, &[]).await.unwrap();
        rows.iter()
            .map(|row| {
                let berth = Berth {
                    state: row.get(2),
                    nonce: row.get(3),
                };
                ((CoopId::from_uuid(row.get(0)), row.get(1)), berth)
            })
            .collect()
    }

    /// Another process on the same database and the same chain, which remembers nothing.
    pub fn restarted(&self, change: impl FnOnce(&mut Config)) -> App {
        let mut config = self.app.app.config.clone();
        change(&mut config);
        let link = ChainLink::new(config.chain.as_ref().expect("a chain")).unwrap();
        let link = link.with_chain(Arc::clone(self.chain()) as Arc<dyn Chain>);
        let secrets = Secrets::load(&config.secrets.folder).unwrap();
        App::new(config, self.app.app.store.clone(), secrets, Some(link)).unwrap()
    }
}

/// How often a line of the log tells of this co-op.
pub fn lines(log: &str, text: &str, coop: &str) -> usize {
    log.lines()
        .filter(|line| line.contains(text) && line.contains(coop))
        .count()
}

/// A value of the metrics.
pub fn metric(app: &App, name: &str) -> String {
    let text = String::from_utf8(app.metrics.text().unwrap()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_default().to_owned()
}
