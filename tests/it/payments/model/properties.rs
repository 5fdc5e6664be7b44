//! The invariants of docs/payouts.md, each looked at in the database after every command, beside the model and beside what the bank itself did.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use governance::id::CoopId;
use tokio_postgres::Client;
use uuid::Uuid;

use super::bank::Bank;
use super::books::{Books, CENT, Cycle, End, Rail, Stage, State, TREASURER};
use super::commands::Place;

/// A co-op's rows.
pub struct Rows<'a> {
    pub client: &'a Client,
    pub coop: CoopId,
}

/// A try as it is stored.
struct Tried {
    cycle: Uuid,
    member: Uuid,
    amount: i64,
    /// Its state and its reference, where there is one.
    stands: Option<(String, String)>,
}

impl Rows<'_> {
    /// How much there is of everything that a command writes.
    pub async fn count(&self) -> String {
        let tables = [
            "event",
            "journal_entry",
            "payout_approval",
            "payment_attempt",
            "payment_file",
            "payment_statement",
            "bank_item",
            "effect",
        ];
        let counts = tables.map(|table| format!("(SELECT count(*) FROM {table} WHERE coop_id = $1)"));
        let query = format!("SELECT concat_ws(' ', {})", counts.join(", "));
        self.client
            .query_one(&query, &[&self.coop.uuid()])
            .await
            .unwrap()
            .get(0)
    }

    /// What the accounts come to; where members are owed, for each.
    async fn balances(&self) -> BTreeMap<String, i64> {
        let query = "SELECT CASE path WHEN 'liabilities:members:payable' THEN reference::text ELSE path END, sum(amount)::bigint
            FROM journal_entry JOIN ledger_account AS account ON account.coop_id = journal_entry.coop_id AND account.id = account_id
            WHERE journal_entry.coop_id = $1 GROUP BY 1";
        let rows = self.client.query(query, &[&self.coop.uuid()]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    async fn tries(&self) -> Vec<Tried> {
        let query = "SELECT payment.cycle_id, payment.member_id, payment.amount, state, reference FROM payment
            LEFT JOIN payment_attempt AS tried ON tried.coop_id = payment.coop_id AND tried.payment_id = payment.id
            WHERE payment.coop_id = $1 ORDER BY cycle_id, payment.member_id, number";
        let rows = self.client.query(query, &[&self.coop.uuid()]).await.unwrap();
        let tried = rows.iter().map(|row| Tried {
            cycle: row.get(0),
            member: row.get(1),
            amount: row.get(2),
            stands: row.get::<_, Option<String>>(3).zip(row.get(4)),
        });
        tried.collect()
    }

    /// Who approved what each posted cycle is of.
    async fn approvals(&self) -> BTreeSet<(Uuid, Uuid)> {
        let query = "SELECT cycle.id, member_id FROM payout_cycle AS cycle JOIN payout_approval AS given ON given.coop_id = cycle.coop_id
                AND given.cycle_id = cycle.id AND given.digest = cycle.digest AND given.payout_digest = cycle.payout_digest
            WHERE cycle.coop_id = $1 AND cycle.state = 'posted'";
        let rows = self.client.query(query, &[&self.coop.uuid()]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// What due and clearing come to for each cycle.
    async fn waits(&self) -> BTreeMap<(Uuid, String), i64> {
        let query = "SELECT cycle_id, path, -sum(entry.amount)::bigint FROM payment
            JOIN journal_entry AS entry ON entry.coop_id = payment.coop_id AND entry.reference = payment.id
            JOIN ledger_account AS account ON account.coop_id = payment.coop_id AND account.id = account_id AND path LIKE 'liabilities:payments:%'
            WHERE payment.coop_id = $1 GROUP BY 1, 2";
        let rows = self.client.query(query, &[&self.coop.uuid()]).await.unwrap();
        rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
    }

    /// What the books moved on the account of the bank for payments on each day, up and down, but for these references.
    async fn settled(&self, otherwise: &BTreeSet<String>) -> BTreeMap<(NaiveDate, bool), i64> {
        let query = "SELECT effective_on, entry.amount > 0, sum(entry.amount)::bigint FROM journal_entry AS entry
            JOIN journal ON journal.coop_id = entry.coop_id AND journal.number = entry.number
            JOIN ledger_account AS account ON account.coop_id = entry.coop_id AND account.id = account_id AND path = 'assets:bank:main'
            JOIN payment ON payment.coop_id = entry.coop_id AND payment.id = entry.reference
            WHERE entry.coop_id = $1 AND NOT EXISTS (SELECT FROM payment_attempt AS tried
                WHERE tried.coop_id = entry.coop_id AND tried.payment_id = payment.id AND tried.reference = ANY($2))
            GROUP BY 1, 2";
        let left_out: Vec<&String> = otherwise.iter().collect();
        let rows = self.client.query(query, &[&self.coop.uuid(), &left_out]).await.unwrap();
        rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
    }

    /// Looks at everything.
    pub async fn hold(&self, books: &Books, bank: &Bank, place: &Place<'_>) {
        self.are_predicted(books, place).await;
        self.no_payment_is_paid_twice(books, bank, place).await;
        self.enough_approved_what_is_posted(books, place).await;
        self.nothing_waits_of_what_is_closed(books).await;
        self.each_day_is_as_the_bank_booked_it(books, bank).await;
    }

    /// The amounts are those of the model.
    async fn are_predicted(&self, books: &Books, place: &Place<'_>) {
        let stored = self.balances().await;
        let [due, clearing] = books
            .cycles
            .iter()
            .map(Cycle::waits)
            .fold([0, 0], |sum, one| [sum[0] + one[0], sum[1] + one[1]]);
        let income: i64 = books.receipts.iter().map(|(_, amount)| amount).sum();
        let mut expected = vec![
            (String::from("liabilities:payments:due"), -due),
            (String::from("liabilities:payments:clearing"), -clearing),
            (String::from("assets:bank:main"), income + books.bank),
            (String::from("assets:cash"), books.cash),
            (String::from("expenses:bank-fees"), books.fees),
        ];
        let owed = place.members.iter().zip(books.owed);
        expected.extend(owed.map(|(member, owed)| (member.to_string(), -owed)));
        for (path, amount) in expected {
            assert_eq!(
                stored.get(&path).copied().unwrap_or_default(),
                amount,
                "{path} is not what the model says"
            );
        }
    }

    /// Of each payment one try at most may pay; what is paid is what the payout pays, in the books and in truth.
    async fn no_payment_is_paid_twice(&self, books: &Books, bank: &Bank, place: &Place<'_>) {
        let mut tried: BTreeMap<(Uuid, Uuid), Vec<Tried>> = BTreeMap::new();
        for one in self.tries().await {
            tried.entry((one.cycle, one.member)).or_default().push(one);
        }
        for cycle in &books.cycles {
            for (member, payment) in cycle.payments.iter().flatten() {
                let key = (cycle.id.parse().unwrap(), place.members[*member].uuid());
                let stored = tried.remove(&key).unwrap_or_default();
                let stands: Vec<&(String, String)> = stored.iter().filter_map(|one| one.stands.as_ref()).collect();
                let may_pay = stands
                    .iter()
                    .filter(|(state, _)| !["rejected", "returned", "withdrawn"].contains(&state.as_str()));
                assert!(may_pay.count() <= 1, "I5: more than one try may pay: {stands:?}");
                assert_eq!(
                    stored[0].amount, cycle.pays[*member],
                    "I5: a payment is what the payout pays"
                );
                // What really left the account and did not come back, and what was handed over.
                let by_bank = payment.tries.iter().filter_map(|one| bank.transfer(&one.reference));
                let gone: i64 = by_bank
                    .filter(|one| one.was_paid() && !one.is_back)
                    .map(|one| one.cents * CENT)
                    .sum();
                let by_hand = payment
                    .tries
                    .iter()
                    .filter(|one| one.rail != Rail::Bank && one.state == State::Settled)
                    .count();
                let paid = gone + payment.amount * i64::try_from(by_hand).unwrap();
                assert!(
                    paid <= payment.amount,
                    "I5: {paid} is paid of {}: {stands:?}",
                    payment.amount
                );
                let model: Vec<(String, String)> = payment
                    .tries
                    .iter()
                    .map(|one| (one.state.name(), one.reference.clone()))
                    .collect();
                assert_eq!(
                    stands,
                    model.iter().collect::<Vec<_>>(),
                    "I5: tries stand elsewhere than the model says"
                );
                for one in payment
                    .tries
                    .iter()
                    .filter(|one| (one.rail, one.state) == (Rail::Bank, State::Settled))
                {
                    let is_paid = bank
                        .transfer(&one.reference)
                        .is_some_and(|one| one.was_paid() && one.cents * CENT == payment.amount);
                    assert!(is_paid, "I5: the bank never paid what is settled");
                }
            }
        }
        assert!(tried.is_empty(), "I5: something is paid that nobody issued");
    }

    /// Nothing is posted without enough approvals of its digests, by others than who prepared it.
    async fn enough_approved_what_is_posted(&self, books: &Books, place: &Place<'_>) {
        let approvals = self.approvals().await;
        let treasurer = place.members[TREASURER].uuid();
        for cycle in books.cycles.iter().filter(|cycle| cycle.stage == Stage::Posted) {
            let id: Uuid = cycle.id.parse().unwrap();
            let by: BTreeSet<Uuid> = approvals
                .iter()
                .filter(|(of, _)| *of == id)
                .map(|(_, by)| *by)
                .collect();
            let expected: BTreeSet<Uuid> = cycle.approvals.iter().map(|who| place.members[*who].uuid()).collect();
            assert!(
                by.len() >= cycle.needed && !by.contains(&treasurer),
                "I7: {} approved, of {}",
                by.len(),
                cycle.needed
            );
            assert_eq!(by, expected, "I7: others approved than the model says");
        }
    }

    /// Due and clearing come to what the payments of each cycle come to, and to nothing once it is closed and nothing came back since.
    async fn nothing_waits_of_what_is_closed(&self, books: &Books) {
        let waits = self.waits().await;
        for cycle in &books.cycles {
            let id: Uuid = cycle.id.parse().unwrap();
            let stored = ["due", "clearing"].map(|name| {
                let key = (id, format!("liabilities:payments:{name}"));
                waits.get(&key).copied().unwrap_or_default()
            });
            let payments = || cycle.payments.iter().flatten().map(|(_, payment)| payment);
            let is_paid = payments().all(|one| one.standing() == Some(State::Settled));
            let came_back = payments().any(|one| one.tries.iter().any(|one| one.state == State::Returned));
            assert!(
                cycle.end != End::Closed || is_paid || came_back,
                "I11: something is not paid of a closed cycle"
            );
            assert!(
                !is_paid || stored == [0, 0],
                "I11: {stored:?} waits of a cycle of which everything is paid"
            );
            assert_eq!(
                stored,
                cycle.waits(),
                "I11: due and clearing are not what the payments come to"
            );
        }
    }

    /// What the bank books of payments in a day, and told, is what the books settle on that day.
    async fn each_day_is_as_the_bank_booked_it(&self, books: &Books, bank: &Bank) {
        // A payment is left out whole, with all of its tries.
        let payments = books
            .cycles
            .iter()
            .filter_map(|cycle| cycle.payments.as_ref())
            .flat_map(BTreeMap::values);
        let is_otherwise = |reference: &String| books.otherwise.contains(reference);
        let left_out = payments.filter(|payment| payment.tries.iter().any(|one| is_otherwise(&one.reference)));
        let left_out: BTreeSet<&String> = left_out
            .flat_map(|payment| payment.tries.iter().map(|one| &one.reference))
            .collect();
        let heard = bank.files.iter().filter(|file| file.is_heard);
        // A return stands in a message of its own and in the statement of its day.
        let told: BTreeSet<&(NaiveDate, String, i64)> = heard.flat_map(|file| &file.booked).collect();
        let mut booked: BTreeMap<(NaiveDate, bool), i64> = BTreeMap::new();
        for (day, reference, cents) in told {
            if !left_out.contains(reference) {
                *booked.entry((*day, *cents > 0)).or_default() += cents * CENT;
            }
        }
        assert_eq!(
            self.settled(&books.otherwise).await,
            booked,
            "I18: a day of the books is not as the bank booked it"
        );
    }
}
