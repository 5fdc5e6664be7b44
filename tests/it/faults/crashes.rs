//! The program dies at one exact place (F1, F2, F3, F5): what is there afterwards, before it starts again and after.

use std::time::{Duration, Instant};

use devstack::postgres::Durability;
use governance::id::ProposalId;
use tests::checker::journal::Journal;
use tests::person::Reply;
use tests::stack::Stack;

use crate::crash::program::{dying_at, stack};
use crate::crash::story::{Story, check, evidence, resurrect};

/// How long a process may take to end once it died.
const DEATH_TIME_MAX: Duration = Duration::from_secs(10);

/// Starts the program so that it dies at this place the next time it comes by.
async fn set_trap(stack: &mut Stack, place: &str) {
    stack.environment(dying_at(place));
    resurrect(stack).await;
}

/// Starts it again, with no place to die at.
async fn heal(stack: &mut Stack) {
    // Its connections end a moment before the process does.
    let started = Instant::now();
    while !stack.has_ended().expect("a process") {
        assert!(started.elapsed() < DEATH_TIME_MAX, "it died where it should");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stack.environment(Vec::new());
    resurrect(stack).await;
}

async fn count(stack: &Stack, table: &str, proposal: ProposalId) -> i64 {
    let column = if table == "job" { "subject_id" } else { "proposal_id" };
    let filter = if table == "job" { " AND kind = 'count'" } else { "" };
    let query = format!("SELECT count(*) FROM {table} WHERE {column} = $1{filter}");
    let row = stack.database.query_one(&query, &[&proposal.uuid()]).await;
    row.expect("a count").get(0)
}

async fn state(stack: &Stack, proposal: ProposalId) -> String {
    let query = "SELECT state FROM proposal WHERE id = $1";
    let row = stack.database.query_one(query, &[&proposal.uuid()]).await;
    row.expect("a proposal").get(0)
}

/// A ballot under one key, once; `None` where no answer came.
async fn cast_once(story: &Story, body: &serde_json::Value) -> Option<Reply> {
    let request = story
        .anyone()
        .post(&story.question().ballots_path())
        .key("once")
        .json(body);
    request.try_send().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_around_the_commit_of_a_ballot_leaves_it_whole_or_not_at_all() {
    let Some(mut stack) = stack("F1 and F2", Durability::Volatile, &[]).await else {
        return;
    };
    // F2 before the commit: nothing is stored. F1 after it: the ballot is stored, though the client heard nothing.
    for (place, stored) in [("ballot_stored", 0), ("ballot_committed", 1)] {
        let journal = Journal::default();
        let story = Story::begin(&stack, &journal).await;
        set_trap(&mut stack, place).await;
        let body = story.ballot(0, 1);
        assert!(cast_once(&story, &body).await.is_none(), "{place}: no answer");
        assert_eq!(count(&stack, "ballot", story.proposal()).await, stored, "{place}");
        heal(&mut stack).await;
        let receipt = cast_once(&story, &body).await.expect("an answer");
        let again = cast_once(&story, &body).await.expect("an answer");
        assert_eq!(receipt.expect(201)["revision"], 1, "{place}");
        assert_eq!(receipt.bytes, again.bytes, "{place}: the same receipt");
        assert_eq!(
            count(&stack, "ballot", story.proposal()).await,
            1,
            "{place}: one ballot"
        );
        story.wait_for_records(&stack).await;
        check(&stack, &journal, None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_voting_closes_or_is_counted_leaves_a_whole_step_or_none() {
    let Some(mut stack) = stack("F3", Durability::Volatile, &[]).await else {
        return;
    };
    let journal = Journal::default();
    // The state, jobs to count and tallies found after the death.
    for (place, found) in [
        ("close_marked", ("open", 0, 0)),
        ("close_committed", ("closed", 1, 0)),
        ("ballots_counted", ("closed", 1, 0)),
        ("tally_stored", ("closed", 1, 0)),
        ("tally_published", ("passed", 1, 1)),
    ] {
        let story = Story::begin(&stack, &journal).await;
        story.vote_but_the_last().await;
        set_trap(&mut stack, place).await;
        story.vote_last().await;
        story.close_once().await;
        story.wait_for_death(&mut stack, place).await;
        let proposal = story.proposal();
        let is = (
            state(&stack, proposal).await,
            count(&stack, "job", proposal).await,
            count(&stack, "tally", proposal).await,
        );
        assert_eq!((is.0.as_str(), is.1, is.2), found, "{place}");
        heal(&mut stack).await;
        story.close().await;
        story.wait_for_anchor(&stack).await;
    }
    check(&stack, &journal, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_was_sent_and_not_noted_is_not_sent_anew_under_another_number() {
    let Some(mut stack) = stack("F5", Durability::Volatile, &[]).await else {
        return;
    };
    let journal = Journal::default();
    let story = Story::begin(&stack, &journal).await;
    story.wait_for_records(&stack).await;
    for place in [
        "anchor_advanced:signed",
        "anchor_advanced:broadcast",
        "anchor_advanced:mined+safe+final",
    ] {
        set_trap(&mut stack, place).await;
        // Something new to anchor; the program dies while it does.
        story.record_something().await;
        story.wait_for_death(&mut stack, place).await;
        heal(&mut stack).await;
        story.wait_for_records(&stack).await;
    }
    let found = evidence(&stack, &journal, None).await;
    let sent = found.chain.as_ref().expect("the chain").transactions.len();
    assert_eq!(sent, found.rows.anchor_batch.len(), "one transaction for each anchor");
    check(&stack, &journal, None).await;
}
