//! Aim: a payout cycle goes on once and alike, whatever moment of a step the program dies at. Method: one cycle, and the program dead in
//! every step from the frozen inputs to the books: while it is dead the cycle stands where it stood, and the same request under the same
//! key then takes the step once. The digests are those of a cycle of the same inputs that nothing happened to; the books hold it
//! once; the checker looks at what is left.

use std::time::Duration;

use devstack::postgres::Durability;
use serde_json::{Value, json};
use tests::checker::journal::Journal;
use tests::person::Person;
use tests::stack::Stack;

use super::execution::{heal, trap, wait_for_death};
use super::program::stack;
use super::seeds::Numbers;
use super::story::{check, persist, resurrect, wait_for_records};
use crate::casting::world::id;
use crate::decisions::world::{Hall, Insider, quick_bylaws};
use crate::revenue::world::{adopt, equal, motion, nothing};

/// How often it is looked whether a decision is executed.
const LOOKS_MAX: usize = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// A co-op with a rule, whose steward is its treasurer too, and an auditor who approves.
pub struct House {
    /// The co-op.
    pub hall: Hall,
    /// Who approves.
    pub auditor: Person,
}

impl House {
    pub async fn begin(stack: &Stack) -> Self {
        let person = stack.person("Steward").await.expect("a person");
        let slug = format!("c{}", uuid::Uuid::now_v7().simple());
        let body = json!({"slug": slug, "name": "The Weavers", "display_name": "Steward", "bylaws": quick_bylaws()});
        let view = person.post("coops").json(&body).send().await.expect(201);
        let member = id(&view["me"]["id"]);
        let hall = Hall {
            coop: id(&view["id"]),
            slug,
            steward: Insider { person, member },
            members: Vec::new(),
        };
        let mut rule = equal(1, &nothing());
        rule["payout"]["rails"] = json!(["sepa", "evm", "manual"]);
        let proposal = hall.opened(&motion(&[adopt(&rule)])).await;
        hall.all_cast(proposal, &[&[0]]).await;
        let _ = hall.step(&hall.steward, proposal, "closing").await;
        for _ in 0..LOOKS_MAX {
            if hall.view(&hall.steward, proposal).await["state"] == "executed" {
                return Self::with_books(stack, hall).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("the decision is not executed");
    }

    async fn with_books(stack: &Stack, hall: Hall) -> Self {
        let auditor = stack.person("Auditor").await.expect("a person");
        let application = json!({"display_name": "Auditor", "statement": "Please"});
        let path = hall.path("applications");
        let applied = auditor.post(&path).json(&application).send().await.expect(201);
        let decided = hall.path(&format!("applications/{}/decision", id::<uuid::Uuid>(&applied["id"])));
        let admitted = json!({"decision": "admitted", "class": "worker"});
        let made = hall
            .steward
            .person
            .post(&decided)
            .json(&admitted)
            .send()
            .await
            .expect(200);
        let member: uuid::Uuid = id(&made["member"]["id"]);
        for (who, role) in [(member, "auditor"), (hall.steward.member.uuid(), "treasurer")] {
            let path = hall.path(&format!("members/{who}/roles/{role}"));
            let given = hall
                .steward
                .person
                .put(&path)
                .json(&json!({"reason": "for the year"}))
                .send()
                .await;
            assert!(given.status < 300, "{given:?}");
        }
        let body = json!({"currency": "EUR"});
        let opened = hall.steward.person.post(&hall.path("ledger/accounts")).json(&body);
        let _ = opened.send().await.expect(201);
        let house = Self { hall, auditor };
        house.earn(1).await;
        house
    }

    /// 100.01 more to share.
    pub async fn earn(&self, number: u64) {
        let table = format!("date,amount,reference,description\n2026-07-01,100.01,inv-{number},Sales\n");
        let income = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": table});
        let request = self.hall.steward.person.post(&self.hall.path("income"));
        let _ = request.json(&income).send().await.expect(201);
    }

    /// The digests of a cycle of these inputs to which nothing happens; it is cancelled then.
    async fn trial(&self, period: &str) -> (Value, Value) {
        let mut whole = self.open(period).await;
        for step in ["freezing", "computation", "verification"] {
            whole = self.step(&whole, step).await;
        }
        let path = self.at(&whole, "cancellation");
        let cancel = self.hall.steward.person.post(&path).json(&json!({"reason": "a trial"}));
        let _ = cancel.send().await.expect(200);
        (whole["digest"].clone(), whole["payout_digest"].clone())
    }

    /// How often the books hold a cycle, what members are owed, and what all entries come to.
    async fn books(&self, stack: &Stack) -> (i64, i64, i64) {
        let posted = "SELECT count(*) FROM journal WHERE coop_id = $1 AND kind = 'cycle'";
        let owed = "SELECT (-sum(amount))::bigint FROM journal_entry JOIN ledger_account AS account
            ON account.coop_id = journal_entry.coop_id AND account.id = account_id
            WHERE journal_entry.coop_id = $1 AND path = 'liabilities:members:payable'";
        let all = "SELECT sum(amount)::bigint FROM journal_entry WHERE coop_id = $1";
        (
            self.number(stack, posted).await,
            self.number(stack, owed).await,
            self.number(stack, all).await,
        )
    }

    pub async fn open(&self, period: &str) -> Value {
        let body = json!({"period": period, "ends_on": "2026-09-30"});
        let request = self.hall.steward.person.post(&self.hall.path("payouts")).json(&body);
        request.send().await.expect(201)
    }

    pub fn at(&self, cycle: &Value, rest: &str) -> String {
        let cycle = cycle["id"].as_str().expect("an identifier");
        self.hall.path(&format!("payouts/{cycle}/{rest}"))
    }

    /// Takes a step, under one key until an answer comes.
    pub async fn step(&self, cycle: &Value, step: &str) -> Value {
        let path = self.at(cycle, step);
        let reply = if step == "approvals" {
            let body = json!({"digest": cycle["digest"], "payout_digest": cycle["payout_digest"]});
            persist(|| self.auditor.post(&path).json(&body)).await
        } else {
            persist(|| self.hall.steward.person.post(&path)).await
        };
        reply.expect(200)
    }

    pub async fn number(&self, stack: &Stack, query: &str) -> i64 {
        let row = stack.database.query_one(query, &[&self.hall.coop.uuid()]).await;
        row.unwrap_or_else(|error| panic!("{query}: {error}")).get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_cycle_goes_on_once_and_alike_wherever_the_program_dies() {
    let Some(mut stack) = stack("deaths in a payout cycle", Durability::Volatile, &[]).await else {
        return;
    };
    let house = House::begin(&stack).await;
    let whole = house.trial("2026-Q3").await;
    let mut cycle = house.open("2026-Q3").await;
    for (step, place, before, after) in [
        ("freezing", "cycle_frozen", "open", "frozen"),
        ("computation", "cycle_computed", "frozen", "computed"),
        ("verification", "cycle_verified", "computed", "verified"),
        ("proposal", "cycle_proposed", "verified", "proposed"),
        ("approvals", "cycle_approved", "proposed", "approved"),
        ("posting", "cycle_posted", "approved", "posted"),
    ] {
        trap(&mut stack, place).await;
        let (next, ()) = tokio::join!(house.step(&cycle, step), async {
            wait_for_death(&mut stack, place).await;
            let query = "SELECT count(*) FROM payout_cycle WHERE coop_id = $1 AND state = ";
            let count = house.number(&stack, &format!("{query} '{before}'")).await;
            assert_eq!(count, 1, "{place}, while it is dead");
            heal(&mut stack).await;
        });
        assert_eq!(next["state"], after, "{place}, afterwards");
        cycle = next;
    }
    assert_eq!(
        (cycle["digest"].clone(), cycle["payout_digest"].clone()),
        whole,
        "the same inputs"
    );
    // Committed and not answered: who asks again with another key is refused, and the books hold it once.
    let again = persist(|| house.hall.steward.person.post(&house.at(&cycle, "posting"))).await;
    assert_eq!(again.status, 409);
    assert_eq!(house.books(&stack).await, (1, 10_001_000_000, 0));
    wait_for_records(&stack).await;
    check(&stack, &Journal::default(), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_and_not_answered_is_answered_when_it_is_asked_again() {
    let Some(mut stack) = stack("a death after posting a payout cycle", Durability::Volatile, &[]).await else {
        return;
    };
    let house = House::begin(&stack).await;
    let mut cycle = house.open("2026-Q3").await;
    for step in ["freezing", "computation", "verification", "proposal", "approvals"] {
        cycle = house.step(&cycle, step).await;
    }
    let place = "cycle_post_committed";
    trap(&mut stack, place).await;
    let (posted, ()) = tokio::join!(house.step(&cycle, "posting"), async {
        wait_for_death(&mut stack, place).await;
        heal(&mut stack).await;
    });
    assert_eq!(posted["state"], "posted");
    assert_eq!(house.books(&stack).await.0, 1);
}

/// How often the program is killed while a cycle goes through its steps, and the longest time between.
const KILLS: usize = 5;
const KILL_MS_MAX: u64 = 500;

/// Kills the program at moments of the seed, so long apart at most, and starts it again each time.
pub async fn storm(stack: &mut Stack, seed: u64, apart_ms_max: u64) {
    let mut numbers = Numbers(seed);
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(numbers.next() % apart_ms_max)).await;
        resurrect(stack).await;
    }
}

/// Twenty seeds with `ROCHDALE_FULL`, two in a usual run.
#[tokio::test(flavor = "multi_thread")]
async fn a_payout_cycle_is_the_same_whenever_the_program_is_killed() {
    let seeds = if std::env::var_os("ROCHDALE_FULL").is_some() {
        20
    } else {
        2
    };
    let Some(mut stack) = stack("kills in payout cycles", Durability::Volatile, &[]).await else {
        return;
    };
    let house = House::begin(&stack).await;
    for seed in 1..=seeds {
        if seed > 1 {
            house.earn(seed).await;
        }
        let period = format!("seed-{seed}");
        let whole = house.trial(&period).await;
        let mut cycle = house.open(&period).await;
        let told = async {
            for step in [
                "freezing",
                "computation",
                "verification",
                "proposal",
                "approvals",
                "posting",
            ] {
                cycle = house.step(&cycle, step).await;
            }
        };
        tokio::join!(told, storm(&mut stack, seed, KILL_MS_MAX));
        assert_eq!(cycle["state"], "posted", "seed {seed}: {cycle}");
        assert_eq!(
            (cycle["digest"].clone(), cycle["payout_digest"].clone()),
            whole,
            "seed {seed}"
        );
        let times = i64::try_from(seed).unwrap();
        assert_eq!(
            house.books(&stack).await,
            (times, times * 10_001_000_000, 0),
            "seed {seed}"
        );
    }
    wait_for_records(&stack).await;
    check(&stack, &Journal::default(), None).await;
}
