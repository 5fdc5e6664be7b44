//! Every process of the database is killed while members vote (F6): what was acknowledged is there when it is back.

use devstack::postgres::Durability;
use tests::checker::journal::Journal;

use super::processes::{kill, start_again};
use crate::crash::program::stack;
use crate::crash::story::{Story, check};

/// How many ballots are acknowledged before each kill.
const BALLOTS_BEFORE: [usize; 3] = [3, 8, 14];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_every_process_of_the_database_was_killed() {
    let Some(mut stack) = stack("F6", Durability::Durable, &[]).await else {
        return;
    };
    let port = stack.postgres.as_ref().expect("a database").port();
    let journal = Journal::default();
    let story = Story::begin(&stack, &journal).await;
    let told = async {
        story.vote().await;
        story.close().await;
    };
    let torment = async {
        for ballots in BALLOTS_BEFORE {
            story.wait_for_acknowledged(&journal, ballots).await;
            kill(&mut stack);
            start_again(&mut stack, port).await;
        }
    };
    tokio::join!(told, torment);
    story.wait_for_anchor(&stack).await;
    let bundles = [story.bundle().await].into_iter().collect();
    check(&stack, &journal, Some(bundles)).await;
}
