//! A co-op with a tool, a model and a policy, each set by a carried motion.

use governance::access::KeyParts;
use governance::id::HoldId;
use serde_json::{Value, json};
use server::services::access::checking::{ModelReport, Probe, Said};
use server::services::access::proving::note;
use store::access::meter::{AdmitAsk, Admitted, Open, SettleAsk, Settled};
use store::access::models_to_probe;
use tests::app::TestApp;
use uuid::Uuid;

use crate::decisions::world::{Hall, Insider};

/// A tool of the co-op's own that nobody serves.
pub fn tool() -> Value {
    tool_at("http://127.0.0.1:9")
}

/// A tool of the co-op's own at this origin.
pub fn tool_at(origin: &str) -> Value {
    json!({"action": "set_tool", "version": 1, "tool": "ours", "terms": {"kind": "llama_cpp", "base_url": format!("{origin}/v1"),
        "external": false, "data_location": "our own server", "slots": 2, "first_byte_seconds": 30, "idle_seconds": 30}})
}

/// A model at 3 units for a token of input and 15 for one of output.
pub fn model(name: &str) -> Value {
    json!({"action": "set_model", "version": 1, "model": name, "terms": {"tool": "ours", "upstream_name": "m", "licence": "Apache-2.0",
        "context_tokens": 10_000, "output_tokens": 2_000, "price": {"input": 3, "output": 15, "call": 0},
        "overhead": {"call": 0, "message": 0}, "endpoints": ["chat_completions", "embeddings"]}})
}

/// An allowance of a month.
pub fn allowance(group: Value, share: &str, units: u64) -> Value {
    json!({"for": group, "share": share, "period": "month", "units": units})
}

/// A policy with these allowances.
pub fn policy(replaces: u64, allowances: &[Value]) -> Value {
    json!({"action": "set_access_policy", "version": 1, "replaces": replaces, "policy": {"allowances": allowances,
        "partial_charge": "counted", "expired_charge": "input_only"}})
}

/// A motion with these acts.
pub fn motion(acts: &[Value]) -> Value {
    let actions: Vec<Value> = acts.iter().map(|act| json!({"act": act})).collect();
    json!({"kind": "motion", "title": "Let us share tools", "actions": actions})
}

/// Lets what was registered take calls, as if a server had looked at it; what that asks is nothing that most tests count.
pub async fn prove(app: &TestApp, hall: &Hall) {
    let mut tx = app
        .app
        .store
        .coop_tx("access_models_to_probe", hall.coop)
        .await
        .unwrap();
    let rows = models_to_probe(&mut tx, chrono::Utc::now()).await.unwrap();
    tx.commit().await.unwrap();
    for row in rows {
        let report = ModelReport {
            model: row.name.clone(),
            probes: vec![Probe {
                name: "as if it were asked",
                endpoint: "chat_completions",
                messages: 1,
                bound: 1,
                said: Said::Tokens(1),
            }],
        };
        assert!(note(&app.app, hall.coop, (&row, &report)).await.unwrap());
    }
}

/// Carries a motion with these acts and gives its proposal; what it registers takes calls.
pub async fn carry(app: &TestApp, hall: &Hall, acts: &[Value]) -> governance::id::ProposalId {
    let proposal = decide(app, hall, acts).await;
    prove(app, hall).await;
    proposal
}

/// Carries a motion with these acts and gives its proposal.
pub async fn decide(app: &TestApp, hall: &Hall, acts: &[Value]) -> governance::id::ProposalId {
    let proposal = hall.opened(&motion(acts)).await;
    let yes = vec![&[0_u16][..]; hall.members.len() + 1];
    hall.all_cast(proposal, &yes).await;
    assert_eq!(hall.finish(app, proposal).await["outcome"], "passed");
    let view = hall.view(&hall.steward, proposal).await;
    assert_eq!(view["state"], "executed", "{view}");
    proposal
}

/// A co-op with so many members whose policy has these allowances.
pub async fn shared(app: &TestApp, members: usize, allowances: &[Value]) -> Hall {
    let hall = Hall::with_members(app, members).await;
    let _ = carry(app, &hall, &[tool(), model("small"), policy(0, allowances)]).await;
    hall
}

/// Makes a key and gives its text.
pub async fn key(hall: &Hall, who: &Insider, scopes: Value) -> String {
    let mut body = json!({"name": "my editor", "expires_in_days": 30});
    body.as_object_mut()
        .unwrap()
        .extend(scopes.as_object().unwrap().clone());
    let made = who
        .person
        .post(&hall.path("access/keys"))
        .json(&body)
        .send()
        .await
        .expect(201);
    made["secret"].as_str().unwrap().to_owned()
}

/// A question of so many bytes for an answer of so many tokens.
pub fn ask(app: &TestApp, key: &str, (bytes, output): (u32, u32)) -> AdmitAsk {
    let parts = KeyParts::read(key).unwrap();
    AdmitAsk {
        key: parts.id,
        macs: app.app.secrets.key_macs(parts.id, &parts.secret),
        client: None,
        endpoint: "chat_completions",
        model: String::from("small"),
        bytes,
        messages: 1,
        answers: 1,
        output: Some(output),
        lease_seconds: 30,
        hold: HoldId::from_uuid(Uuid::now_v7()),
    }
}

/// Admits it.
pub async fn admit(app: &TestApp, hall: &Hall, ask: &AdmitAsk) -> Admitted {
    let answers = app.app.store.access_admit(hall.coop, std::slice::from_ref(ask)).await;
    answers.unwrap().remove(0)
}

/// Admits it, as it must be.
pub async fn admitted(app: &TestApp, hall: &Hall, ask: &AdmitAsk) -> Open {
    match admit(app, hall, ask).await {
        Admitted::Admitted(open) => *open,
        other => panic!("{other:?}"),
    }
}

/// Settles a hold; nothing where there is none.
pub async fn settle(app: &TestApp, hall: &Hall, hold: HoldId, how: SettleAsk) -> Option<Settled> {
    let answers = app.app.store.access_settle(hall.coop, &[(hold, how)]).await;
    answers.unwrap().remove(0)
}

/// A call that ended well.
pub fn finished(input: u32, output: u32) -> SettleAsk {
    SettleAsk {
        ending: "finished",
        source: "final",
        usage: Some((input, output)),
        first_byte: true,
        flagged: false,
        fallback: None,
    }
}

/// Whether the books agree with themselves, as members see it; the sums, which so few members are not told, from the books.
pub async fn invariants(app: &TestApp, hall: &Hall) -> Value {
    let path = hall.path("access/invariants");
    let mut told = hall.steward.person.get(&path).send().await.expect(200);
    let mut tx = app.app.store.coop_tx("access_invariants", hall.coop).await.unwrap();
    let row = store::access::invariants(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    for (name, sum) in [
        ("holds_open", row.holds_open),
        ("held", row.held),
        ("held_by_holds", row.held_by_holds),
        ("spent", row.spent),
        ("charged", row.charged),
    ] {
        told[name] = json!(sum);
    }
    told
}
