//! A history in which everything occurs, and one transaction for each way to break it, rolled back afterwards.

use std::collections::BTreeSet;

use tests::app::{ChainChoice, Options, TestApp};
use tests::checker::chains::{ChainEvidence, Source};
use tests::checker::{Evidence, all, broken};
use tests::memory_chain::MemoryWorld;
use tests::voter::Question;

use super::cases::{CASES, Case};
use crate::casting::wallet::Wallet;
use crate::casting::world::{World, unsigned};

/// What the statements of a case may name.
struct History {
    world: World,
    other: World,
    motion: Question,
    election: Question,
    open: Question,
    token: String,
}

/// Two co-ops on a chain; a motion that passed, an election that a lot decided, a motion that is open; ballots of each kind,
/// one of them changed.
async fn history(app: &TestApp) -> History {
    let (world, other) = (World::found(app).await, World::found(app).await);
    let voters = world.import(3).await;
    let insider = world.insider(app, "Ada").await;
    let wallet = Wallet::new(insider.member);
    let body = wallet.registration(&world.domain);
    let _ = insider
        .person
        .post(&world.path("keys"))
        .json(&body)
        .send()
        .await
        .expect(201);
    let (motion, election) = (
        world.propose("motion", &[]).await,
        world.propose("election", &["Ada", "Bo", "Cy"]).await,
    );
    let open = world.motion().await;
    let (motion, election) = (world.open(motion, 3).await, world.open(election, 3).await);
    for question in [&motion, &open] {
        for body in [
            voters[0].ballot(question, 1, &[1], &[1]),
            voters[0].ballot(question, 2, &[0], &[1]),
            voters[1].ballot(question, 1, &[0], &[1]),
            wallet.ballot(question, 1, &[2], &[1]),
        ] {
            let _ = world.cast(question, &body).await.expect(201);
        }
        let body = unsigned(1, &[0], &[1]);
        let _ = world
            .steward
            .post(&question.ballots_path())
            .json(&body)
            .send()
            .await
            .expect(201);
    }
    for (voter, first) in voters.iter().zip([0, 1, 2]) {
        let body = voter.ballot(&election, 1, &[first], &[1]);
        let _ = world.cast(&election, &body).await.expect(201);
    }
    assert_eq!(world.decided(app, &motion).await["state"], "passed");
    assert_eq!(world.decided(app, &election).await["state"], "passed");
    let token = world.steward.token.clone();
    History {
        world,
        other,
        motion,
        election,
        open,
        token,
    }
}

impl History {
    /// Puts what this history made in the places of a statement.
    fn fill(&self, statement: &str) -> String {
        [
            ("{coop}", self.world.coop.to_string()),
            ("{other}", self.other.coop.to_string()),
            ("{motion}", self.motion.proposal.to_string()),
            ("{election}", self.election.proposal.to_string()),
            ("{open}", self.open.proposal.to_string()),
            ("{token}", self.token.clone()),
        ]
        .into_iter()
        .fold(statement.to_owned(), |text, (name, value)| text.replace(name, &value))
    }
}

/// The functions behind the triggers that refuse changes and removals.
const REFUSING: [&str; 4] = [
    "refuse_change",
    "check_event_removal",
    "check_history_removal",
    "check_reminder_is_old",
];

/// The evidence after a case, which never happened once this returns.
async fn after(app: &TestApp, history: &History, base: &Evidence, case: &Case) -> Evidence {
    let mut client = app.database.superuser().await;
    let transaction = client.transaction().await.unwrap();
    // Past every foreign key and every trigger, as nobody but the owner can: those that always fire are made toothless for the
    // statement, and given their teeth back, lest this be what is noticed.
    let teeth = "SELECT string_agg(pg_get_functiondef(oid), ';') FROM pg_proc WHERE proname = ANY($1)";
    let teeth: String = transaction
        .query_one(teeth, &[&REFUSING.as_slice()])
        .await
        .unwrap()
        .get(0);
    let toothless = REFUSING.map(|name| {
        format!(
            "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(NEW, OLD); END'"
        )
    });
    let toothless = toothless.join(";");
    let statement = history.fill(case.statement);
    let last = if statement.contains("FUNCTION refuse_change") {
        ""
    } else {
        &teeth
    };
    for statement in [
        "SET LOCAL session_replication_role = replica",
        &toothless,
        &statement,
        last,
    ] {
        let done = transaction.batch_execute(statement).await;
        done.unwrap_or_else(|error| panic!("{}: {error:?}", case.target));
    }
    let read = Evidence::read(&transaction).await;
    transaction.rollback().await.unwrap();
    let source = Source::Memory(app.chain.clone().unwrap());
    let mut evidence = Evidence {
        rows: read.rows,
        catalog: read.catalog,
        dump: read.dump,
        due_jobs: read.due_jobs,
        open_transactions: read.open_transactions,
        ..base.clone()
    };
    evidence.chain = Some(ChainEvidence::read(&source, &evidence.rows).await.unwrap());
    (case.tamper)(&mut evidence);
    evidence
}

#[tokio::test(flavor = "multi_thread")]
async fn every_invariant_notices_what_it_guards_against_and_no_other_does() {
    let chain = ChainChoice::Memory(MemoryWorld::start().await);
    let app = TestApp::start_with(Options::default().chain(chain)).await;
    let history = history(&app).await;
    app.work().await;
    let base = Evidence::of(&app).await;
    assert_eq!(broken(&base), Vec::new(), "before anything is broken");
    let mut wrong = Vec::new();
    for case in CASES {
        let evidence = after(&app, &history, &base, case).await;
        let reports = broken(&evidence);
        let names: BTreeSet<&str> = reports.iter().map(|report| report.name).collect();
        let expected: BTreeSet<&str> = case.also.iter().copied().chain([case.target]).collect();
        if names != expected {
            let lines: Vec<String> = reports.iter().map(ToString::to_string).collect();
            wrong.push(format!(
                "{} by {:?}:\n  {}",
                case.target,
                case.statement,
                lines.join("\n  ")
            ));
        }
    }
    assert!(wrong.is_empty(), "not reported as expected:\n{}", wrong.join("\n"));
    app.finish().await;
}

#[test]
fn every_invariant_has_a_case() {
    let targets: BTreeSet<&str> = CASES.iter().map(|case| case.target).collect();
    let names: BTreeSet<&str> = all().iter().map(|invariant| invariant.name).collect();
    assert_eq!(targets, names);
}
