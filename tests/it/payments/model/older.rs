//! I16: under the law of the United States a rule shares no income that is older than itself. Method: income of drawn days, also undone, also
//! recorded before a cycle that ended earlier; cycles of drawn ends; and another version of the rule in between.

use chrono::{Days, NaiveDate, Utc};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use super::super::world::House;
use super::below;
use crate::crash::seeds::Numbers;
use crate::revenue::world::{adopt, equal, motion, nothing};

/// How many things happen to a co-op.
const STEPS: usize = 16;
/// For how many days the first version is older than the second one.
const AGE: usize = 8;

/// Income, in cents.
struct Receipt {
    day: NaiveDate,
    cents: i64,
    journal: Value,
    /// Shared, or undone.
    is_gone: bool,
    /// Recorded before a cycle that was posted and ended earlier.
    is_passed_over: bool,
}

struct Play<'a> {
    house: &'a House,
    numbers: Numbers,
    today: NaiveDate,
    /// The day on which the rule was adopted.
    adopted_on: NaiveDate,
    receipts: Vec<Receipt>,
    /// How many cycles were opened, and the last day of the newest.
    cycles: (usize, usize),
    /// How many were frozen, how many were refused for old income, and how many of these for what a cycle had passed over alone.
    met: [usize; 3],
}

impl Play<'_> {
    fn before(&self, days: usize) -> NaiveDate {
        self.today - Days::new(days.try_into().unwrap())
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        self.house.post(&self.house.treasurer, path, body).await
    }

    async fn earn_some_day(&mut self) {
        // Now and then before the first version, and often today.
        let age = match below(&mut self.numbers, 12) {
            0 => AGE + 1,
            1..5 => 0,
            _ => below(&mut self.numbers, AGE + 1),
        };
        self.earn(age).await;
    }

    async fn earn(&mut self, age: usize) {
        let day = self.before(age);
        let cents = i64::try_from(100 + below(&mut self.numbers, 900)).unwrap();
        let reference = format!("receipt-{}", self.receipts.len());
        let table = format!(
            "date,amount,reference,description\n{day},{}.{:02},{reference},Sales\n",
            cents / 100,
            cents % 100
        );
        let body = json!({"currency": "EUR", "into": "assets:bank:main", "from": "income:other", "table": table});
        let _ = self.post("income", &body).await.expect(201);
        let journal =
            self.house.get(&self.house.auditor, "journal?limit=1").await.expect(200)["items"][0]["id"].clone();
        self.receipts.push(Receipt {
            day,
            cents,
            journal,
            is_gone: false,
            is_passed_over: false,
        });
    }

    async fn undo(&mut self) {
        let live: Vec<usize> = (0..self.receipts.len())
            .filter(|one| !self.receipts[*one].is_gone)
            .collect();
        if live.is_empty() {
            return;
        }
        let one = live[below(&mut self.numbers, live.len())];
        let (day, path) = (
            self.receipts[one].day,
            format!("journal/{}/reversal", self.receipts[one].journal.as_str().unwrap()),
        );
        let _ = self
            .post(&path, &json!({"reason": "a mistake", "effective_on": day}))
            .await
            .expect(201);
        self.receipts[one].is_gone = true;
    }

    /// Everybody votes for another version, which is younger than most of the income.
    async fn adopt_another(&mut self, app: &TestApp) {
        let House {
            hall,
            treasurer,
            auditor,
            ..
        } = self.house;
        let rules = self.house.get(auditor, "revenue/rules").await.expect(200);
        let first = rules["items"][0]["hash"].as_str().unwrap().to_owned();
        let proposal = hall.opened(&motion(&[adopt(&rule(2, &first))])).await;
        hall.all_cast(proposal, &[&[0_u16][..]; 4]).await;
        for who in [treasurer, auditor] {
            let _ = hall.cast(who, proposal, 1, &[0]).await.expect(201);
        }
        assert_eq!(hall.finish(app, proposal).await["outcome"], "passed");
        self.adopted_on = self.today;
    }

    /// A cycle up to a day, which no earlier one went beyond: posted, or cancelled where it may not be frozen.
    async fn share_some_day(&mut self) {
        let age = below(&mut self.numbers, self.cycles.1 + 1);
        self.share(age).await;
    }

    async fn share(&mut self, age: usize) {
        let (number, _) = self.cycles;
        let ends_on = self.before(age);
        self.cycles = (number + 1, age);
        let body = json!({"period": format!("period-{number}"), "ends_on": ends_on});
        let made = self.post("payouts", &body).await.expect(201);
        let at = |step: &str| format!("payouts/{}/{step}", made["id"].as_str().unwrap());
        let counted: Vec<usize> = (0..self.receipts.len())
            .filter(|one| !self.receipts[*one].is_gone && self.receipts[*one].day <= ends_on)
            .collect();
        let older = counted.iter().map(|one| &self.receipts[*one]);
        let older: Vec<&Receipt> = older.filter(|one| one.day < self.adopted_on).collect();
        let (is_older, is_passed_over) = (!older.is_empty(), older.iter().all(|one| one.is_passed_over));
        let answer = self.post(&at("freezing"), &json!({})).await;
        let days: Vec<NaiveDate> = counted.iter().map(|one| self.receipts[*one].day).collect();
        let expected = if is_older || counted.is_empty() { 409 } else { 200 };
        assert_eq!(
            answer.status, expected,
            "I16: {days:?} up to {ends_on} under a rule of {}",
            self.adopted_on
        );
        self.met[usize::from(is_older)] += usize::from(is_older || expected == 200);
        if expected != 200 {
            self.met[2] += usize::from(is_older && is_passed_over);
            let _ = self
                .post(&at("cancellation"), &json!({"reason": "not so"}))
                .await
                .expect(200);
            return;
        }
        let revenue: i64 = counted.iter().map(|one| self.receipts[*one].cents).sum();
        assert_eq!(
            answer.json()["revenue"],
            format!("{}.{:02}", revenue / 100, revenue % 100)
        );
        let mut view = Value::Null;
        for step in ["computation", "verification", "proposal"] {
            view = self.post(&at(step), &json!({})).await.expect(200);
        }
        let digests = json!({"digest": view["digest"], "payout_digest": view["payout_digest"]});
        let _ = self
            .house
            .post(&self.house.auditor, &at("approvals"), &digests)
            .await
            .expect(200);
        let _ = self.post(&at("posting"), &json!({})).await.expect(200);
        for one in &mut self.receipts {
            one.is_passed_over |= one.day > ends_on;
            one.is_gone |= one.day <= ends_on;
        }
    }
}

/// A rule of this profile.
fn rule(version: u64, supersedes: &str) -> Value {
    let mut rule = equal(version, supersedes);
    rule["profile"] = json!("US-T");
    rule
}

/// Two co-ops in a usual run, forty with `ROCHDALE_FULL`.
#[tokio::test(flavor = "multi_thread")]
async fn no_rule_of_the_united_states_shares_income_that_is_older() {
    let seeds = if std::env::var_os("ROCHDALE_FULL").is_some() {
        40
    } else {
        2
    };
    let app = TestApp::start().await;
    let mut met = [0; 3];
    for seed in 1..=seeds {
        let house = House::under(&app, &rule(1, &nothing())).await;
        let today = Utc::now().date_naive();
        let older = format!(
            "BEGIN; ALTER TABLE revenue_rule DISABLE TRIGGER revenue_rule_only_grows;
             UPDATE revenue_rule SET adopted_at = adopted_at - interval '{AGE} days' WHERE coop_id = '{}';
             ALTER TABLE revenue_rule ENABLE ALWAYS TRIGGER revenue_rule_only_grows; COMMIT",
            house.hall.coop
        );
        app.database.superuser().await.batch_execute(&older).await.unwrap();
        let mut play = Play {
            house: &house,
            numbers: Numbers(seed),
            today,
            adopted_on: today - Days::new(AGE.try_into().unwrap()),
            receipts: Vec::new(),
            cycles: (0, AGE),
            met,
        };
        if seed % 2 == 1 {
            // A cycle passes over what came in after its last day; another version comes before it is shared.
            play.earn(3).await;
            play.earn(1).await;
            play.share(2).await;
            play.adopt_another(&app).await;
            play.share(0).await;
        }
        for step in 0..STEPS {
            match below(&mut play.numbers, 8) {
                _ if step == STEPS / 2 && seed % 2 == 0 => play.adopt_another(&app).await,
                0..4 => play.earn_some_day().await,
                4 => play.undo().await,
                _ => play.share_some_day().await,
            }
        }
        met = play.met;
    }
    assert!(
        met.iter().all(|count| *count > 0),
        "frozen, refused, and passed over: {met:?}"
    );
    app.finish().await;
}
