//! Aim: a bank that is another program's takes the files of a real cycle, and what it answers is understood. Method: mock-bank on loopback, with
//! a clock of its own, plays the bank through payment, refusal, return, silence, the same file twice and a statement with a gap.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tests::app::TestApp;
use tests::data::{not_run, repository};
use tests::person::Reply;

use super::world::{ACCOUNTS, House, stands};

/// How often it is looked whether the bank answers, every fiftieth of a second.
const LOOKS_MAX: usize = 500;

/// A bank, which ends with the test.
struct Bank {
    child: Child,
    base: String,
    client: reqwest::Client,
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bank {
    /// A new bank whose day is today; `None`, with a note, where the program is not installed.
    async fn open(test: &str) -> Option<Self> {
        let python = repository().join("target/mock-bank/bin/python");
        if !python.exists() {
            not_run(
                test,
                "mock-bank is not installed in target/mock-bank; .ci/run installs it",
            );
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let clock = format!("{}T09:00", today());
        let child = Command::new(python)
            .args([
                "-B",
                "-m",
                "mockbank",
                "--quiet",
                "--port",
                &port.to_string(),
                "--clock",
                &clock,
            ])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let bank = Self {
            child,
            base: format!("http://127.0.0.1:{port}"),
            client: reqwest::Client::new(),
        };
        for _ in 0..LOOKS_MAX {
            if bank
                .client
                .get(format!("{}/_mock/health", bank.base))
                .send()
                .await
                .is_ok()
            {
                return Some(bank);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the bank does not answer");
    }

    /// Gives it a file of payments; its own account of what it did.
    async fn take(&self, file: &Reply) -> Value {
        let request = self.client.post(format!("{}/payments", self.base));
        let request = request.header("accept", "application/json").body(file.bytes.clone());
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    async fn behave(&self, behaviour: &str) {
        let request = self.client.patch(format!("{}/_mock/accounts/ACME", self.base));
        let sent = request.json(&json!({"behaviour": behaviour})).send().await.unwrap();
        assert!(sent.status().is_success(), "{sent:?}");
    }

    async fn after(&self, days: u32) {
        let request = self.client.post(format!("{}/_mock/advance?days={days}", self.base));
        assert!(request.send().await.unwrap().status().is_success());
    }

    /// What it told the co-op, of one kind or of all, in its order.
    async fn told(&self, kind: &str) -> Vec<String> {
        let request = self.client.get(format!("{}/_mock/messages", self.base));
        let request = request.header("accept", "application/json");
        let all: Vec<Value> = request.send().await.unwrap().json().await.unwrap();
        let ours = all.iter().filter(|one| one["account"] == "ACME");
        ours.filter(|one| one["type"].as_str().unwrap().starts_with(kind))
            .map(|one| one["body"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

impl House {
    /// Prepares and releases a file to be paid today, and fetches it.
    async fn file_for_today(&self, cycle: &str) -> Reply {
        let body = json!({"ledger_account": self.account, "pay_on": today()});
        let path = format!("payouts/{cycle}/files");
        let file = self.post(&self.treasurer, &path, &body).await.expect(201);
        let _ = self.release(&self.auditor, cycle, &file).await.expect(200);
        self.download(cycle, &file).await
    }

    /// A cycle that owes three members, and its first file.
    async fn first_file(&self) -> (String, Reply) {
        let cycle = self.owing("2026-Q3", "600.00").await;
        self.everybody_is_known().await;
        let _ = self.issue(&cycle).await;
        let file = self.file_for_today(&cycle).await;
        (cycle, file)
    }

    /// Brings in everything that the bank told and that was not brought in before.
    async fn hear_all(&self, bank: &Bank, kind: &str) {
        for message in bank.told(kind).await {
            if self.look(&message).await["is_known"] == false {
                let _ = self.hear(&message).await.expect(201);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_pays_refuses_and_takes_no_file_twice() {
    let Some(bank) = Bank::open("payments by mock-bank").await else {
        return;
    };
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (cycle, file) = house.first_file().await;
    let took = bank.take(&file).await;
    assert_eq!(took["status"], "PART", "{took}");
    assert!(
        bank.take(&file).await.to_string().contains("DUPL"),
        "the same bytes are the same file"
    );
    house.hear_all(&bank, "pain.002").await;
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("accepted", 2), ("held", 3), ("ready", 1)])
    );
    bank.after(1).await;
    house.hear_all(&bank, "").await;
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("held", 3), ("ready", 1), ("settled", 2)])
    );
    assert_eq!(house.lies().await, ["-400.00", "0.00", "0.00"]);
    // The closed account is replaced, and the next try is paid.
    let payee = house.say(&house.hall.members[2], "Demo 2", ACCOUNTS[0]).await;
    house.confirm(&payee).await;
    let retry = house.file_for_today(&cycle).await;
    assert_eq!(bank.take(&retry).await["status"], "ACCP");
    bank.after(3).await;
    house.hear_all(&bank, "").await;
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 3), ("settled", 3)]));
    assert_eq!(house.balance("assets:bank:main").await, "300.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_returns_is_due_again() {
    let Some(bank) = Bank::open("returns by mock-bank").await else {
        return;
    };
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    bank.behave("return-later").await;
    let (cycle, file) = house.first_file().await;
    let _ = bank.take(&file).await;
    bank.after(8).await;
    house.hear_all(&bank, "").await;
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 3), ("ready", 3)]));
    assert_eq!(house.lies().await, ["-600.00", "0.00", "0.00"]);
    assert_eq!(house.balance("assets:bank:main").await, "600.00");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_bank_is_asked_and_not_sent_another_file() {
    let Some(bank) = Bank::open("silence of mock-bank").await else {
        return;
    };
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    let (cycle, file) = house.first_file().await;
    // The file is lost on its way, and days go by.
    bank.after(7).await;
    house.hear_all(&bank, "").await;
    assert_eq!(house.stand(&cycle).await, stands(&[("held", 3), ("unknown", 3)]));
    let _ = house.prepare(&cycle).await.problem("payment-state");
    // The same file is given again, to a bank that does not answer; its statement does.
    bank.behave("silent").await;
    let _ = bank.take(&file).await;
    assert_eq!(bank.told("pain.002").await, Vec::<String>::new());
    bank.after(3).await;
    house.hear_all(&bank, "").await;
    let stand = house.stand(&cycle).await;
    assert!(stand.contains(&(String::from("settled"), 2)), "{stand:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_a_statement_is_told_and_settles_nothing() {
    let Some(bank) = Bank::open("gaps in statements of mock-bank").await else {
        return;
    };
    let app = TestApp::start().await;
    let house = House::new(&app).await;
    bank.behave("statement-gap").await;
    let (cycle, file) = house.first_file().await;
    let _ = bank.take(&file).await;
    bank.after(1).await;
    let mut unexplained = Vec::new();
    for message in bank.told("camt.053").await {
        let did = house.hear(&message).await.expect(201);
        unexplained.push(did["statements"][0]["unexplained"].clone());
    }
    assert!(unexplained.contains(&json!("-100.00")), "{unexplained:?}");
    assert_eq!(
        house.lies().await[1],
        "-200.00",
        "the one that it leaves out, and the closed account of which it says nothing"
    );
    // The notices of the same day have it.
    house.hear_all(&bank, "").await;
    assert_eq!(
        house.stand(&cycle).await,
        stands(&[("held", 3), ("ready", 1), ("settled", 2)])
    );
    app.finish().await;
}
