//! Aim: who brings figures in can sign their record by a key of their own, nobody else can, and an auditor proves it from a file alone. Method: a
//! treasurer with a wallet, a member with another key, and the file as whoever holds an office gets it; then each thing in it forged.

use std::collections::BTreeMap;

use governance::hash::to_hex;
use governance::id::ContributionId;
use governance::membership::{Class, Role};
use governance::record::{ContributionsV1, Domain, Record as _, digest, namespace_without_chain};
use governance::revenue::{ContributionHead, contribution_digest, read_contributions};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::voter::Voter;

use super::contributions::{post, read, record_of, submission};
use super::world::table;
use crate::casting::wallet::{Wallet, mirrored};
use crate::decisions::world::{Hall, Insider};
use crate::log::world::Log;
use crate::money::guards::refused;

/// A treasurer with a wallet, a member with a key, and a snapshot that the treasurer brought in.
struct Desk {
    hall: Hall,
    domain: Domain,
    treasurer: Insider,
    wallet: Wallet,
    voter: Voter,
    made: Value,
}

impl Desk {
    async fn new(app: &TestApp) -> Self {
        let hall = Hall::with_members(app, 2).await;
        let domain = Domain {
            namespace: namespace_without_chain(hall.coop),
            chain: None,
        };
        let treasurer = hall.join(app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
        let (wallet, voter) = (Wallet::new(treasurer.member), Voter::new(hall.members[0].member));
        let keys = [
            (&treasurer, wallet.registration(&domain)),
            (&hall.members[0], voter.registration(&domain)),
        ];
        for (who, registration) in &keys {
            let _ = post(&hall, who, "keys", registration).await.expect(201);
        }
        let body = submission(&table(&[(hall.members[0].member, 40), (hall.members[1].member, 7)]));
        let made = post(&hall, &treasurer, "contributions", &body).await.expect(201);
        Self {
            hall,
            domain,
            treasurer,
            wallet,
            voter,
            made,
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("contributions/{}/{rest}", self.made["id"].as_str().unwrap())
    }

    fn record(&self) -> ContributionsV1 {
        record_of(self.hall.coop, &self.made)
    }

    fn by(&self, wallet: &Wallet, record: &ContributionsV1) -> Value {
        by(wallet, &wallet.sign(digest(&self.domain, record)))
    }

    /// The file once the log holds all that it speaks of.
    async fn file(&self, app: &TestApp) -> Value {
        app.work().await;
        let own = self.made["record_hash"].as_str().unwrap();
        let path = self.hall.path(&format!("receipts/{own}"));
        let request = self.treasurer.person.get(&path).header("prefer", "wait=5");
        assert_eq!(request.send().await.expect(200)["state"], "published");
        let request = self.treasurer.person.get(&self.hall.path(&self.path("file")));
        request.send().await.expect(200)
    }
}

fn by(wallet: &Wallet, signature: &[u8]) -> Value {
    json!({"kind": "wallet", "public_key": wallet.address(), "signature": to_hex(signature)})
}

#[tokio::test(flavor = "multi_thread")]
async fn who_brings_figures_in_signs_them_and_nobody_else_does() {
    let app = TestApp::start().await;
    let desk = Desk::new(&app).await;
    let (record, right) = (desk.record(), desk.by(&desk.wallet, &desk.record()));
    let longer = ContributionsV1 {
        challenge_until: record.challenge_until + 86_400,
        ..record.clone()
    };
    let others = desk.voter.signed(digest(&desk.domain, &record));
    let stranger = Wallet::new(desk.treasurer.member);
    let again = mirrored(&desk.wallet.sign(digest(&desk.domain, &record)));
    let cases = [
        ("another time for disputes", desk.by(&desk.wallet, &longer)),
        ("a key of another member", others.clone()),
        ("a key that nobody registered", desk.by(&stranger, &record)),
        ("the other signature of the same digest", by(&desk.wallet, &again)),
        (
            "the server's word",
            json!({"kind": "session", "public_key": "0x00", "signature": "0x00"}),
        ),
    ];
    for (why, body) in cases {
        let refused = post(&desk.hall, &desk.treasurer, &desk.path("signature"), &body).await;
        assert_eq!(refused.status, 422, "{why}");
        let _ = refused.problem("signature-refused");
    }
    let ana = &desk.hall.members[0];
    assert_eq!(
        post(&desk.hall, ana, &desk.path("signature"), &others).await.status,
        403,
        "somebody else"
    );
    let id = desk.made["id"].as_str().unwrap();
    assert_eq!(read(&desk.hall, ana, id).await["snapshot"]["signature"], Value::Null);
    let signed = post(&desk.hall, &desk.treasurer, &desk.path("signature"), &right).await;
    assert_eq!(signed.expect(201)["signature"]["public_key"], desk.wallet.address());
    let shown = &read(&desk.hall, ana, id).await["snapshot"]["signature"];
    assert_eq!(
        (&shown["kind"], &shown["signature"]),
        (&json!("wallet"), &right["signature"])
    );
    let twice = post(&desk.hall, &desk.treasurer, &desk.path("signature"), &right).await;
    assert_eq!(twice.status, 409);
    the_schema_takes_keys_of_who_brought_them_in_alone(&app, &desk).await;
    app.finish().await;
}

/// A snapshot that is signed by a key of another member is refused by the database itself, and so is a second signature.
async fn the_schema_takes_keys_of_who_brought_them_in_alone(app: &TestApp, desk: &Desk) {
    let client = app.database.superuser().await;
    let insert = |kind: u8| {
        format!(
            "ALTER TABLE contribution_signature DISABLE TRIGGER contribution_signature_only_grows;
             DELETE FROM contribution_signature;
             INSERT INTO contribution_signature SELECT header.coop_id, header.id, key.id, sha512('a'), now(), 'test'
             FROM contribution_snapshot AS header, voting_key AS key WHERE header.coop_id = '{}' AND key.kind = {kind}",
            desk.hall.coop
        )
    };
    assert_eq!(refused(&client, &insert(1)).await, None, "the wallet of the treasurer");
    let guard = "contribution_signature_is_by_who_brought_it";
    assert_eq!(refused(&client, &insert(4)).await.as_deref(), Some(guard));
    let ended = format!("UPDATE voting_key SET ended_at = now(); {}", insert(1));
    assert_eq!(
        refused(&client, &ended).await.as_deref(),
        Some(guard),
        "a key taken back"
    );
    let without = format!(
        "ALTER TABLE contribution_signature DISABLE TRIGGER {guard}; {}",
        insert(4)
    );
    assert_eq!(refused(&client, &without).await, None);
    let change = "UPDATE contribution_signature SET signed_at = now()";
    assert!(refused(&client, change).await.is_some(), "it stays as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_proves_figures_and_who_signed_them_from_a_file_alone() {
    let app = TestApp::start().await;
    let desk = Desk::new(&app).await;
    let log = Log::of(&app, desk.hall.coop);
    let check = |file: &Value| audit::check_contributions(file.to_string().as_bytes(), Some(log.key()));
    let unsigned = check(&desk.file(&app).await);
    assert_eq!((unsigned.status, unsigned.signed_by), (0, None), "{}", unsigned.reason);
    let right = desk.by(&desk.wallet, &desk.record());
    let _ = post(&desk.hall, &desk.treasurer, &desk.path("signature"), &right)
        .await
        .expect(201);
    let file = desk.file(&app).await;
    let report = check(&file);
    assert_eq!(report.status, 0, "{}", report.reason);
    assert_eq!((report.members, report.total.as_str()), (2, "47"));
    assert_eq!(report.signed_by.unwrap().public_key, desk.wallet.address());
    let unknown = audit::check_contributions(file.to_string().as_bytes(), None);
    assert_eq!(
        unknown.status, 2,
        "without a key of the log nothing is known of the log"
    );
    let mut page = Vec::new();
    audit::print_contributions(&mut page, &check(&file)).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(
        page.contains("2 members, 47 in all") && page.contains("PROVED"),
        "{page}"
    );

    let others = desk.voter.signed(digest(&desk.domain, &desk.record()));
    for (path, value) in forgeries(&desk, &file, &others) {
        let mut forged = file.clone();
        *forged.pointer_mut(path).unwrap_or_else(|| panic!("{path} in {file}")) = value;
        let report = check(&forged);
        assert_eq!(report.status, 1, "{path}: {}", report.reason);
    }
    // Another member's signature of the very same record, in all three fields: the log holds no such registration of who brought it in.
    let mut forged = file.clone();
    for field in ["kind", "public_key", "signature"] {
        forged["snapshot"]["signature"][field] = others[field].clone();
    }
    let report = check(&forged);
    assert!(
        report.status == 1 && report.reason.contains("registration"),
        "{}",
        report.reason
    );
    // Other lines with all that follows from them: the log holds no such record.
    let (forged, record) = rewritten(&desk, &file);
    let report = check(&forged);
    assert!(
        report.status == 1 && report.record_hash == Some(record.struct_hash()),
        "{}",
        report.reason
    );
    app.finish().await;
}

/// What is written in place of what stands there.
fn forgeries(desk: &Desk, file: &Value, others: &Value) -> Vec<(&'static str, Value)> {
    let ana = desk.hall.members[0].member;
    let word = json!(governance::hash::keccak256(b"other").to_string());
    vec![
        ("/table", json!(file["table"].as_str().unwrap().replace(",40", ",41"))),
        ("/table", json!(table(&[(ana, 40)]))),
        ("/coop", json!(ana)),
        ("/domain/salt", word.clone()),
        ("/domain/chain_id", json!(1)),
        ("/snapshot/metric", json!("records")),
        ("/snapshot/ends_on", json!("2026-10-01")),
        ("/snapshot/challenge_until", json!("2027-01-01T00:00:00Z")),
        ("/snapshot/submitted_by", json!(ana)),
        ("/snapshot/digest", word.clone()),
        ("/snapshot/record_salt", word.clone()),
        ("/snapshot/signature/signature", others["signature"].clone()),
        ("/snapshot/signature/public_key", json!(Wallet::new(ana).address())),
        ("/snapshot/signature/kind", json!("session")),
        ("/snapshot/signature", Value::Null),
        ("/registration/salt", word.clone()),
        ("/registration/log", file["log"].clone()),
        ("/log", file["registration"]["log"].clone()),
        ("/log/checkpoint", json!("another log\n")),
    ]
}

/// A file with other lines, whose digest and record are made to fit, signed anew by whoever forges.
fn rewritten(desk: &Desk, file: &Value) -> (Value, ContributionsV1) {
    let mut forged = file.clone();
    let text = file["table"].as_str().unwrap().replace(",40", ",41");
    let lines: BTreeMap<_, _> = read_contributions(&text)
        .unwrap()
        .into_iter()
        .map(|(who, (count, _))| (who, count))
        .collect();
    let snapshot = &file["snapshot"];
    let head = ContributionHead {
        coop: desk.hall.coop,
        id: ContributionId::from_uuid(snapshot["id"].as_str().unwrap().parse().unwrap()),
        metric: &snapshot["metric"].as_str().unwrap().parse().unwrap(),
        starts_on: snapshot["starts_on"].as_str().unwrap().parse().unwrap(),
        ends_on: snapshot["ends_on"].as_str().unwrap().parse().unwrap(),
        source: snapshot["source"].as_str().unwrap(),
        replaces: None,
    };
    forged["table"] = json!(text);
    forged["snapshot"]["digest"] = json!(contribution_digest(&head, &lines));
    let record = record_of(desk.hall.coop, &forged["snapshot"]);
    forged["snapshot"]["record_hash"] = json!(record.struct_hash());
    let signature = desk.by(&desk.wallet, &record)["signature"].clone();
    forged["snapshot"]["signature"]["signature"] = signature;
    (forged, record)
}
