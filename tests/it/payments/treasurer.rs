//! Aim: a treasurer takes a cycle from its inputs to its end with `rochdale treasurer` alone, is shown each step before it is
//! taken, and has the rights of whoever signed in and no others. Method: the program as processes with two sessions, beside a server.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};
use tests::app::TestApp;
use tests::data::not_run;

use super::answers::statement;
use super::desk::{Desk, give_passwords};
use super::world::House;
use crate::crash::program::program;

/// A house, its treasurer and its auditor at their desks, signed in.
struct Office {
    house: House,
    treasurer: Desk,
    auditor: Desk,
    folder: tempfile::TempDir,
}

impl Office {
    async fn new(app: &TestApp, program: &Path) -> Self {
        let house = House::new(app).await;
        give_passwords(app, &[&house.treasurer, &house.auditor]).await;
        let folder = tempfile::tempdir().unwrap();
        let treasurer = Desk::new(program, folder.path(), "treasurer");
        let auditor = Desk::new(program, folder.path(), "auditor");
        treasurer.does(&["cycles"]).await.refused("sign-in");
        treasurer
            .signs_in(&house.hall.slug, &house.treasurer, "http://rochdale.example")
            .await
            .refused("https://");
        let said = treasurer
            .signs_in(&house.hall.slug, &house.treasurer, &app.url)
            .await
            .well();
        assert!(said.contains("as Treasurer (treasurer)"), "{said}");
        let _ = auditor
            .signs_in(&house.hall.slug, &house.auditor, &app.url)
            .await
            .well();
        let mode = std::fs::metadata(&treasurer.session).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "whoever reads it acts as the treasurer");
        Self {
            house,
            treasurer,
            auditor,
            folder,
        }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// From the inputs to a proposal; every step is shown, and taken where it is wanted.
    async fn upto_proposal(&self) {
        let desk = &self.treasurer;
        let income = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other",
            "table": "date,amount,reference,description\n2026-07-01,600.00,inv-1,Sales\n"});
        let _ = self
            .house
            .post(&self.house.treasurer, "income", &income)
            .await
            .expect(201);
        let open = ["open", "--period", "2026-Q3", "--ends-on", "2026-09-30"];
        let said = desk.does(&open).await;
        assert!(
            said.output.contains("It is the first one that shares something"),
            "{}",
            said.output
        );
        said.refused("nothing was done");
        let opened = desk.does(&[&open[..], &["--yes", "--json"]].concat()).await.json();
        assert_eq!(opened["state"], "open");
        desk.does(&[&open[..], &["--yes"]].concat())
            .await
            .refused("There is a cycle of this period");
        let said = desk
            .does(&["open", "--period", "2026-Q4", "--ends-on", "2026-12-31"])
            .await;
        assert!(
            said.output.contains("In the way: 2026-Q3 is under way (open)."),
            "{}",
            said.output
        );
        let preview = desk.does(&["freeze", "--dry-run", "--json"]).await.json();
        assert_eq!(
            (&preview["revenue"], &preview["obstacles"]),
            (&json!("600.00"), &json!([]))
        );
        desk.types("n\n", &["freeze"]).await.refused("nothing was done");
        assert_eq!(desk.does(&["show", "--json"]).await.json()["state"], "open");
        let said = desk.types("y\n", &["freeze", "2026-Q3"]).await.well();
        assert!(said.contains("Frozen. Compute it next."), "{said}");
        assert!(said.contains("shares 600.00 EUR among 6 members"), "{said}");
        let said = desk.does(&["verify", "--yes"]).await;
        assert!(
            said.output.contains("In the way: verification is not what comes next."),
            "{}",
            said.output
        );
        said.refused("computed");
        for (step, told) in [
            ("compute", "Computed."),
            ("verify", "computed twice alike"),
            ("propose", "Proposed."),
        ] {
            let said = desk.does(&[step, "--yes"]).await.well();
            assert!(said.contains(told), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_treasurer_takes_a_whole_cycle_from_the_command_line() {
    let Some(program) = program() else {
        not_run("a cycle from the command line", "the program is not built");
        return;
    };
    let app = TestApp::start().await;
    let office = Office::new(&app, &program).await;
    let Office { treasurer, auditor, .. } = &office;
    office.upto_proposal().await;
    treasurer.does(&["approve", "--yes"]).await.refused("prepared");
    auditor.does(&["post", "--yes"]).await.refused("treasurer");
    let said = auditor.types("y\n", &["approve"]).await.well();
    assert!(said.contains("1 of 1 approvals"), "{said}");
    let posted = treasurer.does(&["post", "--yes", "--json"]).await.json();
    assert_eq!(posted["state"], "posted");
    let bundle = office.file("cycle.jsonl");
    let _ = auditor.does(&["bundle", "--to", &bundle]).await.well();
    auditor
        .does(&["bundle", "--to", &bundle])
        .await
        .refused("cannot be made");
    let said = auditor.does(&["statement"]).await.well();
    assert!(said.contains("100.00  to be paid"), "{said}");
    pay(&office).await;
    hear(&office).await;
    close(&office).await;
    app.finish().await;
}

/// Issues a posted cycle and asks the bank for three payments, with a file that another person releases.
async fn pay(office: &Office) {
    let Office {
        house,
        treasurer,
        auditor,
        ..
    } = office;
    house.everybody_is_known().await;
    let said = treasurer.does(&["issue", "--yes"]).await.well();
    let told = said.find("It sets aside what is to be paid").expect(&said);
    let figures = said.find("It is about 600.00").expect(&said);
    let done = said.find("Issued. Prepare").expect(&said);
    assert!(
        told < figures && figures < done && said.contains("not issued"),
        "{said}"
    );
    let prepare = ["prepare", "--account", "assets:bank:main", "--pay-on", "2999-12-31"];
    let said = treasurer.does(&prepare).await;
    let would = "for 3 payments, 300.00 EUR, on 2999-12-31. Nothing leaves the bank by it";
    assert!(said.output.contains(would), "{}", said.output);
    said.refused("nothing was done");
    let seen = treasurer
        .does(&[&prepare[..], &["--dry-run", "--json"]].concat())
        .await
        .json();
    assert_eq!(seen, json!({"transfers": 3, "total": "300.00", "left": 3}));
    let file = treasurer
        .does(&[&prepare[..], &["--yes", "--json"]].concat())
        .await
        .json();
    assert_eq!((&file["transfers"], &file["total"]), (&json!(3), &json!("300.00")));
    let to = office.file("transfers.xml");
    let fetch = ["fetch", "--to", &to];
    treasurer
        .does(&fetch)
        .await
        .refused("Somebody who did not prepare it releases it first");
    treasurer
        .does(&["release", "--yes"])
        .await
        .refused("You prepared this file");
    auditor.does(&["release"]).await.refused("nothing was done");
    let said = auditor.types("y\n", &["release"]).await.well();
    assert!(said.contains("Released. Fetch it"), "{said}");
    let _ = treasurer.does(&fetch).await.well();
}

/// The bank books what the file asks for; its statement is brought in once.
async fn hear(office: &Office) {
    let treasurer = &office.treasurer;
    let file = std::fs::read_to_string(office.file("transfers.xml")).unwrap();
    let asked = file.split("<EndToEndId>").skip(1);
    let references: Vec<&str> = asked.map(|rest| rest.split('<').next().unwrap()).collect();
    let booked: Vec<(&str, i64)> = references.iter().map(|one| (*one, -10_000)).collect();
    // What came in stands in the books alone, and a script sees it by the status.
    let said = treasurer.does(&["reconcile"]).await;
    let alone = "assets:bank:main: 600.00 EUR in the books, and no statement of the bank";
    assert!(said.output.contains(alone), "{}", said.output);
    said.refused("somebody must look: 1 unmatched, the oldest for ");
    let (income, paid) = (office.file("income.xml"), office.file("paid.xml"));
    std::fs::write(&income, statement("d1", ("2026-07-01", 0), &[("inv-1", 60_000)])).unwrap();
    std::fs::write(&paid, statement("d2", ("2999-12-31", 60_000), &booked)).unwrap();
    let said = treasurer.does(&["import", &paid, "--dry-run"]).await.well();
    assert!(said.contains("settled") && said.contains("Nothing was done"), "{said}");
    let both = ["import", &income, &paid, "--dry-run", "--json"];
    let both = treasurer.does(&both).await.json();
    assert_eq!(both.as_array().map(Vec::len), Some(2), "one document of both: {both}");
    let _ = treasurer.types("y\ny\n", &["import", &income, &paid]).await.well();
    let said = treasurer.does(&["import", &paid]).await.well();
    assert!(said.contains("brought in before"), "{said}");
}

/// The books are laid beside the bank; what nobody can pay is carried; and two persons close the cycle.
async fn close(office: &Office) {
    let Office {
        house,
        treasurer,
        auditor,
        ..
    } = office;
    let said = treasurer.does(&["reconcile"]).await.well();
    let even = "300.00 EUR in the books, 300.00 at the bank at the end of 2999-12-31, 0.00 apart";
    assert!(said.contains(even), "{said}");
    let due = "liabilities:payments:due: 300.00 EUR, and payments come to 300.00";
    assert!(said.contains(due), "{said}");
    treasurer.does(&["close", "--yes"]).await.refused("is not paid");
    for who in [&house.hall.steward, &house.treasurer, &house.auditor] {
        let member = who.member.to_string();
        let carry = ["carry", "--member", &member, "--reason", "no account"];
        treasurer.types("n\n", &carry).await.refused("nothing was done");
        let said = treasurer.types("y\n", &carry).await.well();
        assert!(said.contains("owes 100.00 EUR") && said.contains("Carried."), "{said}");
    }
    let preview = treasurer.does(&["close", "--dry-run", "--json"]).await.json();
    assert_eq!(preview["closing_asked_by"], Value::Null);
    let said = treasurer.types("y\n", &["close"]).await.well();
    assert!(said.contains("It closes the cycle for good"), "{said}");
    let done = said.split_once("Asked for.").expect(&said).1;
    assert!(
        done.contains("settled         6  600.00"),
        "what it came to is told: {done}"
    );
    treasurer.does(&["close", "--yes"]).await.refused("You asked for it");
    auditor.does(&["close"]).await.refused("stays closed");
    let closed = auditor.does(&["close", "--yes", "--json"]).await.json();
    assert!(closed["closed_at"].is_string(), "{closed}");
}
