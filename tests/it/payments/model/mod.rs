//! Aim: the invariants of docs/payouts.md hold whatever a treasury is asked, by whom, and in which order. Method: from a seed are drawn what people
//! ask for and what a bank does, also twice, late, in another order, changed on the way, or with the answer lost. A model in plain memory says
//! beforehand how the program answers and what everything then comes to; after each command every invariant is looked at in the database,
//! beside the model and beside what the bank itself did. What a seed draws is the same each time.

mod bank;
mod books;
mod commands;
mod draw;
mod older;
mod properties;

use std::collections::BTreeSet;

use futures_util::future::join;
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::checker::check_all;
use tests::person::Reply;
use uuid::Uuid;

use self::bank::Bank;
use self::books::{Books, CENT, End, Rail, STEWARD, Stage, State};
use self::commands::{Command, Place, What};
use self::properties::Rows;
use super::world::{ACCOUNTS, House};
use crate::crash::seeds::Numbers;
use crate::decisions::world::Insider;

/// How many commands one seed draws.
const COMMANDS: usize = 130;
/// How often another command is drawn in the place of one that would be refused.
const REDRAWS_MAX: usize = 12;
/// How many commands are told of where something is wrong.
const TOLD_MAX: usize = 25;

/// What the seeds of a usual run come to, so that nothing holds for want of being tried.
const USUAL: [&str; 15] = [
    "a refusal",
    "a lost answer",
    "a request that came late",
    "two at once",
    "a file given to the bank twice",
    "two who approve",
    "a closed cycle",
    "what cannot be so",
    "silence",
    "a refused transfer",
    "a transfer that came back",
    "a second try that paid",
    "cash",
    "the word of two persons for a bank's",
    "what is carried",
];
/// What many seeds come to beside that.
const RARE: [&str; 3] = ["a cancelled cycle", "what the bank kept", "wrong evidence"];

/// A number below a bound.
fn below(numbers: &mut Numbers, bound: usize) -> usize {
    usize::try_from(numbers.next() % u64::try_from(bound).expect("a bound")).expect("a number")
}

/// Tells the seed and what was asked for, where the test fails.
struct Trail {
    seed: u64,
    told: Vec<String>,
}

impl Drop for Trail {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let skipped = self.told.len().saturating_sub(TOLD_MAX);
            eprintln!(
                "seed {}, command {}:\n{}",
                self.seed,
                self.told.len(),
                self.told[skipped..].join("\n")
            );
        }
    }
}

/// What was done before, as it was sent and answered.
struct Done {
    who: usize,
    path: String,
    body: Value,
    key: String,
    answer: Reply,
}

/// One co-op, its bank and its model.
struct Play<'a> {
    house: &'a House,
    rows: Rows<'a>,
    place: Place<'a>,
    numbers: Numbers,
    books: Books,
    bank: Bank,
    done: Vec<Done>,
    trail: Trail,
    /// What came about.
    met: BTreeSet<&'static str>,
}

impl Play<'_> {
    fn insider(&self, who: usize) -> &Insider {
        let hall = &self.house.hall;
        let people = [
            &hall.members[0],
            &hall.members[1],
            &hall.members[2],
            &hall.steward,
            &self.house.treasurer,
            &self.house.auditor,
        ];
        people[who]
    }

    async fn send(&self, who: usize, (path, body): (&str, &Value), key: &str) -> Reply {
        let request = self.insider(who).person.post(&self.house.hall.path(path));
        request.key(key).json(body).send().await
    }

    /// A command that mostly can be done.
    fn draw(&mut self) -> Command {
        let mut redraws = 0;
        loop {
            let drawn = Command::draw(&mut self.numbers, &self.books, &self.bank);
            if !drawn.is_about_something(&self.books, &self.bank) {
                continue;
            }
            let is_refused = drawn.expected(&self.books, &self.bank) >= 400;
            if !is_refused || redraws == REDRAWS_MAX || below(&mut self.numbers, 12) == 0 {
                return drawn;
            }
            redraws += 1;
        }
    }

    /// Asks for it once; or twice at once; or again and again, since the answer was lost.
    async fn ask(&mut self, command: &Command) -> Reply {
        let (path, body) = command.request(&self.books, &self.bank, &self.place);
        let expected = command.expected(&self.books, &self.bank);
        let key = Uuid::now_v7().to_string();
        let fault = below(&mut self.numbers, 6);
        if fault == 0 && expected < 400 && command.comes_once() {
            let _ = self.met.insert("two at once");
            let other = Uuid::now_v7().to_string();
            let (one, other) = join(
                self.send(command.who, (&path, &body), &key),
                self.send(command.who, (&path, &body), &other),
            )
            .await;
            let (first, second) = if one.status < 400 { (one, other) } else { (other, one) };
            assert_eq!(
                (first.status, second.status),
                (expected, 409),
                "I9: of two at once one is done: {command:?}"
            );
            return first;
        }
        let answer = self.send(command.who, (&path, &body), &key).await;
        let holds = command.holds();
        let told = String::from_utf8_lossy(&answer.bytes);
        assert_eq!(
            answer.status, expected,
            "{holds}: {command:?} was answered otherwise than the model says: {told}"
        );
        if fault == 1 {
            let _ = self.met.insert("a lost answer");
            let before = self.rows.count().await;
            let again = self.send(command.who, (&path, &body), &key).await;
            assert_eq!(
                again.status, answer.status,
                "I9: {command:?} was answered otherwise when it was sent again"
            );
            assert!(
                expected >= 400 || again.bytes == answer.bytes,
                "I9: {command:?} has two answers"
            );
            assert_eq!(self.rows.count().await, before, "I9: {command:?} did something again");
        }
        if expected < 400 {
            self.done.push(Done {
                who: command.who,
                path,
                body,
                key,
                answer: answer.clone(),
            });
        }
        answer
    }

    /// Something that was done long ago is sent again.
    async fn come_late(&mut self) {
        if self.done.is_empty() {
            return;
        }
        let place = below(&mut self.numbers, self.done.len());
        let Done {
            who,
            path,
            body,
            key,
            answer,
        } = &self.done[place];
        self.trail.told.push(format!("late: {who} {path}"));
        let before = self.rows.count().await;
        let again = self.send(*who, (path, body), key).await;
        assert_eq!(
            (again.status, &again.bytes),
            (answer.status, &answer.bytes),
            "I9: {path} has another answer later"
        );
        assert_eq!(self.rows.count().await, before, "I9: {path} did something again");
        let _ = self.met.insert("a request that came late");
    }

    /// Gives a released file to the bank, as it is downloaded.
    async fn give(&mut self, cycle: usize, file: usize) {
        let (id, tries) = (
            self.books.cycles[cycle].id.clone(),
            &self.books.cycles[cycle].files[file],
        );
        let download = self.house.download(&id, &json!({"id": tries.id})).await;
        let xml = String::from_utf8(download.bytes).unwrap();
        let asked = self.bank.take(&xml, &mut self.numbers);
        let cycle = &self.books.cycles[cycle];
        let mut expected: Vec<(String, String, i64)> = cycle.files[file]
            .tries
            .iter()
            .map(|(member, number)| {
                let payment = &cycle.payments.as_ref().unwrap()[member];
                (
                    ACCOUNTS[*member].to_owned(),
                    payment.tries[*number].reference.clone(),
                    payment.amount / CENT,
                )
            })
            .collect();
        expected.sort();
        assert_eq!(asked, expected, "I5: the bank is asked for something else");
    }

    /// One command, or something that the bank does.
    async fn go_on(&mut self) {
        match below(&mut self.numbers, 16) {
            0..2 if !self.bank.transfers.is_empty() => {
                self.trail.told.push(String::from("a day at the bank"));
                return self.bank.day(&mut self.numbers);
            }
            2 => return self.come_late().await,
            _ => {}
        }
        let command = self.draw();
        self.trail.told.push(format!("{command:?}"));
        let answer = self.ask(&command).await;
        if answer.status >= 400 {
            let _ = self.met.insert("a refusal");
            return;
        }
        let answer = answer.json();
        let was_closed = self
            .books
            .cycles
            .iter()
            .filter(|cycle| cycle.end == End::Closed)
            .count();
        let odd = command.took(&mut self.books, &mut self.bank, (&self.place, &answer));
        if let What::Hear { .. } = command.what {
            assert_eq!(answer["contradictions"], odd, "I18: {answer}");
        }
        self.meet(&command, (odd, was_closed));
        if let What::Release { file, .. } = command.what {
            self.give(command.cycle, file).await;
            // The treasurer was not sure whether the bank has it.
            if below(&mut self.numbers, 4) == 0 {
                self.give(command.cycle, file).await;
                let _ = self.met.insert("a file given to the bank twice");
            }
        }
    }

    /// Notes what came about.
    fn meet(&mut self, command: &Command, (odd, was_closed): (usize, usize)) {
        let closed = self.books.cycles.iter().filter(|cycle| cycle.end == End::Closed);
        let payments = || {
            self.books
                .cycles
                .iter()
                .filter_map(|cycle| cycle.payments.as_ref())
                .flat_map(|one| one.values())
        };
        let tries = || payments().flat_map(|payment| &payment.tries);
        let stands = |rail: Rail, state: State| tries().any(|one| (one.rail, one.state) == (rail, state));
        let mut evidence = self.books.cycles.iter().flat_map(|cycle| &cycle.evidence);
        let by_letter = evidence.any(|one| one.is_judged && one.member < STEWARD);
        let came = [
            (
                "two who approve",
                self.books.cycles.iter().any(|cycle| cycle.approvals.len() > 1),
            ),
            ("a closed cycle", closed.count() > was_closed),
            (
                "a cancelled cycle",
                self.books.cycles.iter().any(|cycle| cycle.stage == Stage::Cancelled),
            ),
            ("what cannot be so", odd > 0),
            ("silence", stands(Rail::Bank, State::Unknown)),
            ("a refused transfer", stands(Rail::Bank, State::Rejected)),
            ("a transfer that came back", stands(Rail::Bank, State::Returned)),
            ("what the bank kept", self.books.fees > 0),
            (
                "a second try that paid",
                payments().any(|one| one.tries.len() > 1 && one.standing() == Some(State::Settled)),
            ),
            ("cash", stands(Rail::Manual, State::Settled)),
            (
                "wrong evidence",
                matches!(command.what, What::Judge { is_right: false, .. }),
            ),
            ("the word of two persons for a bank's", by_letter),
            ("what is carried", stands(Rail::Carry, State::Settled)),
        ];
        self.met
            .extend(came.into_iter().filter_map(|(what, came)| came.then_some(what)));
    }
}

/// Plays one seed in a co-op of its own.
async fn play(app: &TestApp, seed: u64) -> BTreeSet<&'static str> {
    let house = House::new(app).await;
    house.everybody_is_known().await;
    let manual = json!({"rail": "manual", "name": "in cash"});
    let payee = house.post(&house.hall.steward, "payee", &manual).await.expect(201);
    house.confirm(&payee).await;
    let client = app.database.superuser().await;
    let (bank, cash) = (json!(house.account), house.account("assets:cash").await);
    let hall = &house.hall;
    let members = [
        hall.members[0].member,
        hall.members[1].member,
        hall.members[2].member,
        hall.steward.member,
        house.treasurer.member,
        house.auditor.member,
    ];
    let mut play = Play {
        house: &house,
        rows: Rows {
            client: &client,
            coop: hall.coop,
        },
        place: Place {
            members,
            accounts: [&bank, &cash],
        },
        numbers: Numbers(seed),
        books: Books::default(),
        bank: Bank::open(),
        done: Vec::new(),
        trail: Trail { seed, told: Vec::new() },
        met: BTreeSet::new(),
    };
    for number in 0..COMMANDS {
        play.go_on().await;
        play.rows.hold(&play.books, &play.bank, &play.place).await;
        if number == COMMANDS / 2 {
            // I8: the rows are what their events tell, in the middle of everything as at the end.
            app.work().await;
            check_all(app).await;
        }
    }
    play.met
}

/// Three seeds in a usual run, a hundred with `ROCHDALE_FULL`.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_treasury_is_asked_its_invariants_hold() {
    let is_full = std::env::var_os("ROCHDALE_FULL").is_some();
    let seeds = if is_full { 100 } else { 3 };
    let mut met = BTreeSet::new();
    // A few co-ops for each database, since the checker reads all of it.
    for first in (1..=seeds).step_by(3) {
        let app = TestApp::start().await;
        for seed in first..seeds.min(first + 2) + 1 {
            met.extend(play(&app, seed).await);
        }
        app.finish().await;
    }
    let rare = if is_full { RARE.as_slice() } else { &[] };
    for what in USUAL.iter().chain(rare) {
        assert!(met.contains(what), "no seed came to {what}: {met:?}");
    }
}
