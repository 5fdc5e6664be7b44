//! Aim: whatever moment the program dies at, what it acknowledged stays, and each anchor stands on the chain once.
//! Method: twenty seeds. Each lets the program die at one named place and at two moments drawn from the seed, starts it again
//! each time, and lets every client repeat its requests until they are answered. Then the checker looks at rows, journal,
//! bundle and chain. Four seeds in a usual run, all with `ROCHDALE_FULL`.

use std::collections::BTreeMap;
use std::time::Duration;

use devstack::postgres::Durability;
use tests::checker::journal::Journal;
use tests::stack::Stack;

use super::program::{dying_at, stack};
use super::story::{Story, check, resurrect};

/// The place at which the program dies, by seed.
const PLACES: [&str; 20] = [
    "ballot_stored",
    "ballot_committed",
    "close_marked",
    "close_committed",
    "job_done:close",
    "ballots_counted",
    "tally_stored",
    "tally_published",
    "job_done:count",
    "anchor_sealed",
    "anchor_advanced:assigned",
    "anchor_stored:assigned",
    "anchor_advanced:signed",
    "anchor_stored:signed",
    "anchor_advanced:broadcast",
    "anchor_stored:broadcast",
    // A look may find it further along than the look before by more than one state.
    "anchor_advanced:mined+safe+final",
    "anchor_stored:mined+safe+final",
    "anchor_advanced:final",
    "anchor_stored:final",
];
/// What a usual run tries: a ballot without its answer, a count without its tally, a transaction sent and not noted, a
/// finality seen and not noted.
const SAMPLE: [usize; 4] = [1, 6, 14, 18];
/// The longest time until the program is killed, in milliseconds: about as long as the story lasts.
const KILL_MS_MAX: u64 = 4_000;

/// Numbers from a seed (splitmix64): the same every time.
pub struct Numbers(pub u64);

impl Numbers {
    /// The next one.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Lets the program die at its place, then kills it twice more at moments of the seed, starting it again each time.
async fn torment(stack: &mut Stack, story: &Story, place: &str, numbers: &mut Numbers) {
    story.wait_for_death(stack, place).await;
    stack.environment(Vec::new());
    resurrect(stack).await;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(numbers.next() % KILL_MS_MAX)).await;
        resurrect(stack).await;
    }
}

async fn play(stack: &mut Stack, journal: &Journal, seed: usize) -> Story {
    let (place, mut numbers) = (PLACES[seed], Numbers(seed as u64));
    let story = Story::begin(stack, journal).await;
    if place.starts_with("anchor") {
        // What was recorded so far goes on chain first, so that the place is met by the result.
        story.wait_for_records(stack).await;
    }
    stack.environment(dying_at(place));
    resurrect(stack).await;
    let told = async {
        story.vote().await;
        story.close().await;
    };
    tokio::join!(told, torment(stack, &story, place, &mut numbers));
    story.wait_for_anchor(stack).await;
    story
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_may_die_at_any_moment_from_the_cast_to_the_anchor() {
    let all: Vec<usize> = (0..PLACES.len()).collect();
    let seeds: &[usize] = if std::env::var_os("ROCHDALE_FULL").is_some() {
        &all
    } else {
        &SAMPLE
    };
    let Some(mut stack) = stack("crashes", Durability::Volatile, &[]).await else {
        return;
    };
    let journal = Journal::default();
    let mut bundles = BTreeMap::new();
    for seed in seeds {
        let began = std::time::Instant::now();
        let story = play(&mut stack, &journal, *seed).await;
        let (id, bundle) = story.bundle().await;
        bundles.insert(id, bundle);
        check(&stack, &journal, Some(bundles.clone())).await;
        eprintln!("seed {seed}, {}: {:.1} s", PLACES[*seed], began.elapsed().as_secs_f32());
    }
}
