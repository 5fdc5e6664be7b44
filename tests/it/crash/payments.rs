//! Aim: nobody is paid twice, whatever moment of a payment the program dies at. Method: posted cycles are issued, asked of the bank, answered,
//! paid by hand or carried, closed and undone, with the program dead inside every step, and killed at moments drawn from seeds; the same
//! request under the same key then takes the step once. Each payment has the reference that this test derives by itself, each file the bytes
//! that were released; the books hold each step once and come to nothing; the checker looks at what is left.

use std::collections::BTreeSet;

use devstack::postgres::Durability;
use governance::bank::{attempt, end_to_end, message};
use governance::payment::payment_word;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::checker::journal::Journal;
use tests::person::Person;
use tests::stack::Stack;

use super::claims;
use super::execution::{heal, trap, wait_for_death};
use super::payouts::{House, storm};
use super::program::stack;
use super::story::{check, persist, wait_for_records};
use crate::casting::world::id;
use crate::payments::answers::statement;
use crate::payments::world::CO_OP;

/// The longest time between two kills: about as long as three requests take.
const KILL_MS_MAX: u64 = 150;

/// Every place at which the program dies with `ROCHDALE_FULL`.
const PLACES: [&str; 9] = [
    "payments_issued",
    "payment_file_prepared",
    "payment_file_released",
    "bank_file_imported",
    "payment_stated",
    "payment_judged",
    "payment_carried",
    "payments_closed",
    "cycle_reversed",
];
/// Those of a usual run: a file that the bank may have, an answer that moves money, and a cycle half undone.
const SAMPLE: [&str; 3] = ["payment_file_released", "bank_file_imported", "cycle_reversed"];

fn is_full() -> bool {
    std::env::var_os("ROCHDALE_FULL").is_some()
}

/// A step: the place in it at which the program may die, who asks, where and what.
struct Step<'a>(&'a str, &'a Person, String, Value);

impl Step<'_> {
    /// Takes it, under one key until an answer comes.
    async fn take(&self) -> Value {
        let Self(place, person, path, body) = self;
        let reply = persist(|| person.post(path).json(body)).await;
        assert!((200..300).contains(&reply.status), "{place}: {reply:?}");
        reply.json()
    }

    /// Takes it with the program dead at its place, where it is still to die there.
    async fn take_dying(&self, stack: &mut Stack, left: &mut BTreeSet<&str>) -> Value {
        if !left.remove(self.0) {
            return self.take().await;
        }
        trap(stack, self.0).await;
        let (answer, ()) = tokio::join!(self.take(), async {
            wait_for_death(stack, self.0).await;
            heal(stack).await;
        });
        answer
    }
}

/// How the payment that no file asks for ends.
#[derive(PartialEq)]
enum Ends {
    ByHand,
    Carried,
}

/// A house that pays: its auditor by the bank, its treasurer in cash.
pub struct Desk {
    /// The house.
    pub house: House,
    bank: Value,
    cash: Value,
}

impl Desk {
    async fn open(stack: &Stack) -> Self {
        let house = House::begin(stack).await;
        let treasurer = &house.hall.steward.person;
        let account = json!({"account": "assets:bank:main", "currency": "EUR", "iban": CO_OP, "holder": "Demo co-op",
            "edition": "pain.001.001.03"});
        let path = house.hall.path("bank-accounts");
        let bank = treasurer.post(&path).json(&account).send().await.expect(201)["ledger_account"].clone();
        let path = house.hall.path("ledger/accounts");
        let all = treasurer.get(&path).send().await.expect(200);
        let mut all = all["items"].as_array().expect("accounts").iter();
        let cash = all.find(|one| one["path"] == "assets:cash").expect("cash")["id"].clone();
        for (who, other, body) in [
            (
                &house.auditor,
                treasurer,
                json!({"rail": "bank", "name": "Demo", "iban": "DE89370400440532013000"}),
            ),
            (treasurer, &house.auditor, json!({"rail": "manual", "name": "in cash"})),
        ] {
            let payee = who.post(&house.hall.path("payee")).json(&body).send().await.expect(201);
            let member = payee["member"].as_str().expect("a member");
            let path = house.hall.path(&format!("payees/{member}/confirmation"));
            let version = json!({"version": payee["version"]});
            let _ = other.post(&path).json(&version).send().await.expect(200);
        }
        Self { house, bank, cash }
    }

    /// Who keeps the books.
    pub fn treasurer(&self) -> &Person {
        &self.house.hall.steward.person
    }

    /// A posted cycle that shares 100.01 more.
    pub async fn owing(&self, number: u64) -> Value {
        if number > 1 {
            self.house.earn(number).await;
        }
        let mut cycle = self.house.open(&format!("part-{number}")).await;
        for step in [
            "freezing",
            "computation",
            "verification",
            "proposal",
            "approvals",
            "posting",
        ] {
            cycle = self.house.step(&cycle, step).await;
        }
        cycle
    }

    /// Pays a cycle: the auditor by a file, the treasurer as it is said, and two persons close it.
    async fn pay(&self, cycle: &Value, ends: Ends, mut take: impl AsyncFnMut(Step<'_>) -> Value) {
        let (treasurer, auditor) = (self.treasurer(), &self.house.auditor);
        let at = |rest: &str| self.house.at(cycle, rest);
        let issued = take(Step("payments_issued", treasurer, at("issue"), json!({}))).await;
        assert_eq!(issued["payments"], 2, "{issued}");
        let payment = persist(|| auditor.get(&at("payment"))).await.expect(200);
        let tried = attempt(payment_word(id(&cycle["id"]), id(&payment["member"])), 1);
        let asked = json!({"ledger_account": self.bank, "pay_on": "2999-12-31"});
        let file = take(Step("payment_file_prepared", treasurer, at("files"), asked)).await;
        assert_eq!(
            file["message"],
            message(&[tried]),
            "the same name however often it is prepared"
        );
        let of_file = |rest: &str| at(&format!("files/{}/{rest}", file["id"].as_str().expect("an identifier")));
        let digest = json!({"digest": file["digest"]});
        let released = take(Step("payment_file_released", auditor, of_file("release"), digest)).await;
        assert_eq!(released["digest"], file["digest"]);
        let written = persist(|| treasurer.get(&of_file("transfers.xml"))).await;
        let sum = hex::encode(Sha256::digest(&written.bytes));
        assert_eq!(file["digest"], format!("0x{sum}"), "the bytes that were released");
        let reference = end_to_end(tried);
        let text = String::from_utf8(written.bytes).expect("a text");
        assert!(
            text.contains(&format!("<EndToEndId>{reference}</EndToEndId>")),
            "{text}"
        );
        let cents: i64 = payment["amount"]
            .as_str()
            .expect("an amount")
            .replace('.', "")
            .parse()
            .expect("cents");
        let told = json!({"file": statement("day", ("2999-12-31", 0), &[(&reference, -cents)])});
        let heard = take(Step(
            "bank_file_imported",
            treasurer,
            self.house.hall.path("bank-files"),
            told,
        ))
        .await;
        assert_eq!(heard["changes"][0]["state"], "settled", "{heard}");
        let own = persist(|| treasurer.get(&at("payment"))).await.expect(200);
        let of_own = |rest: &str| {
            at(&format!(
                "payments/{}/{rest}",
                own["member"].as_str().expect("a member")
            ))
        };
        if ends == Ends::Carried {
            let reason = json!({"reason": "next time"});
            let _ = take(Step("payment_carried", treasurer, of_own("carry"), reason)).await;
        } else {
            let receipt = json!({"outcome": "paid", "ledger_account": self.cash, "day": "2026-10-02", "reference": "receipt 7",
                "document": format!("0x{}", "42".repeat(32))});
            let stated = take(Step("payment_stated", treasurer, of_own("evidence"), receipt)).await;
            let path = at(&format!(
                "evidence/{}/verdict",
                stated["id"].as_str().expect("an identifier")
            ));
            let _ = take(Step("payment_judged", auditor, path, json!({"is_right": true}))).await;
        }
        let _ = take(Step("", treasurer, at("closing"), json!({}))).await;
        let closed = take(Step("payments_closed", auditor, at("closing"), json!({}))).await;
        assert!(closed["closed_at"].is_string(), "{closed}");
    }

    /// What an account of the books comes to, in units of 10^-8.
    pub async fn balance(&self, stack: &Stack, path: &str) -> i64 {
        let query = format!(
            "SELECT coalesce(sum(amount), 0)::bigint FROM journal_entry JOIN ledger_account AS account
                ON account.coop_id = journal_entry.coop_id AND account.id = account_id
             WHERE journal_entry.coop_id = $1 AND path = '{path}'"
        );
        self.house.number(stack, &query).await
    }

    /// Everybody was paid once, and everything: what came in for these cycles went out, and nothing waits.
    async fn is_even(&self, stack: &Stack, cycles: i64) {
        for path in [
            "liabilities:payments:due",
            "liabilities:payments:clearing",
            "liabilities:members:payable",
        ] {
            assert_eq!(self.balance(stack, path).await, 0, "{path}");
        }
        let (bank, cash) = (
            self.balance(stack, "assets:bank:main").await,
            self.balance(stack, "assets:cash").await,
        );
        assert_eq!(bank + cash, 0, "{cycles} times 100.01 came in and went out");
        let paid = "SELECT count(*) FROM payment_attempt WHERE coop_id = $1 AND state = 'settled'";
        assert_eq!(
            self.house.number(stack, paid).await,
            2 * cycles,
            "one try for each of two payments"
        );
        let tries = "SELECT count(*) FROM payment_attempt WHERE coop_id = $1";
        assert_eq!(self.house.number(stack, tries).await, 2 * cycles, "and no other");
        let files = "SELECT count(*) FROM payment_file WHERE coop_id = $1";
        assert_eq!(self.house.number(stack, files).await, cycles, "one file for each cycle");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_paid_twice_wherever_the_program_dies() {
    let Some(mut stack) = stack("deaths while cycles are paid", Durability::Volatile, &[]).await else {
        return;
    };
    let desk = Desk::open(&stack).await;
    let mut left = BTreeSet::from_iter(if is_full() { PLACES.to_vec() } else { SAMPLE.to_vec() });
    for (number, ends) in [(1, Ends::Carried), (2, Ends::ByHand)] {
        let cycle = desk.owing(number).await;
        desk.pay(&cycle, ends, async |step| step.take_dying(&mut stack, &mut left).await)
            .await;
    }
    desk.is_even(&stack, 2).await;
    // A third one is issued and undone: what it shared is to be shared again.
    let cycle = desk.owing(3).await;
    let at = |rest: &str| desk.house.at(&cycle, rest);
    let _ = Step("", desk.treasurer(), at("issue"), json!({})).take().await;
    let reason = || json!({"reason": "the rule was misread"});
    let _ = Step("", desk.treasurer(), at("reversal"), reason()).take().await;
    let undone = Step("cycle_reversed", &desk.house.auditor, at("reversal"), reason());
    let undone = undone.take_dying(&mut stack, &mut left).await;
    assert!(undone["reversed_at"].is_string(), "{undone}");
    let reversals = "SELECT count(*) FROM journal WHERE coop_id = $1 AND reverses IS NOT NULL";
    assert_eq!(
        desk.house.number(&stack, reversals).await,
        2,
        "of the posting and of what was set aside"
    );
    assert_eq!(desk.balance(&stack, "liabilities:members:payable").await, 0);
    assert_eq!(desk.balance(&stack, "liabilities:payments:due").await, 0);
    assert!(left.is_empty(), "{left:?}");
    claims::each_is_noted_once(&mut stack, &desk, if is_full() { 3 } else { 1 }).await;
    wait_for_records(&stack).await;
    check(&stack, &Journal::default(), None).await;
}

/// Twenty seeds with `ROCHDALE_FULL`, two in a usual run.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_paid_twice_whenever_the_program_is_killed() {
    let seeds = if is_full() { 20 } else { 2 };
    let Some(mut stack) = stack("kills while cycles are paid", Durability::Volatile, &[]).await else {
        return;
    };
    let desk = Desk::open(&stack).await;
    for seed in 1..=seeds {
        let cycle = desk.owing(seed).await;
        // What one cycle carries the next one pays.
        let ends = if seed % 2 == 1 { Ends::Carried } else { Ends::ByHand };
        let told = desk.pay(&cycle, ends, async |step| step.take().await);
        tokio::join!(told, storm(&mut stack, seed, KILL_MS_MAX));
        if seed % 2 == 0 {
            desk.is_even(&stack, i64::try_from(seed).expect("a number")).await;
        }
    }
    wait_for_records(&stack).await;
    check(&stack, &Journal::default(), None).await;
}
