//! Writes a large bundle, to see how long it takes to verify: `make_bundle FILE BALLOTS wallet|ed25519|session|mixed [election]`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    reason = "an example for developers"
)]

#[path = "../tests/it/builder.rs"]
mod builder;

use builder::{Key, Story};
use flate2::Compression;
use flate2::write::GzEncoder;
use governance::rule::DecisionRule;
use governance::signature::SignatureKind;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let ballots: usize = arguments[2].parse().unwrap();
    let kinds: &[SignatureKind] = match arguments[3].as_str() {
        "wallet" => &[SignatureKind::Wallet],
        "passkey" => &[SignatureKind::Passkey],
        "ed25519" => &[SignatureKind::Ed25519],
        "session" => &[SignatureKind::Session],
        _ => &[SignatureKind::Ed25519, SignatureKind::Wallet, SignatureKind::Session],
    };
    let is_election = arguments.get(4).is_some();
    let candidates: u16 = if is_election { 8 } else { 0 };
    let cast = |voter: usize| {
        // A cheap spread of rankings; nothing depends on its quality.
        let first = (voter * voter / 7 + voter) % 8;
        let options: Vec<u16> = if is_election {
            (0..5)
                .map(|place| ((first + place * (1 + voter % 7)) % 8) as u16)
                .fold(Vec::new(), |mut list, option| {
                    if !list.contains(&option) {
                        list.push(option);
                    }
                    list
                })
        } else {
            vec![(voter % 4) as u16]
        };
        let points = if is_election {
            (1..).take(options.len()).collect()
        } else {
            vec![1]
        };
        (voter, options, points, None)
    };
    let story = Story {
        rule: if is_election {
            DecisionRule::election().with_seats(3)
        } else {
            DecisionRule::simple_majority()
        },
        options: (1..=candidates).map(|number| format!("Candidate {number}")).collect(),
        voters: (0..ballots)
            .map(|voter| Key::of(kinds[voter % kinds.len()], voter as u128))
            .collect(),
        casts: (0..ballots).map(cast).collect(),
        on_chain: true,
        forgery: None,
        heavy: None,
        actions: Vec::new(),
        secrecy: 0,
        names_members: false,
        judged: Vec::new(),
        body: builder::BODY.to_owned(),
    };
    let file = std::fs::File::create(&arguments[1]).unwrap();
    builder::write(&story, GzEncoder::new(file, Compression::default()))
        .finish()
        .unwrap();
    println!("{} ballots in {}", ballots, arguments[1]);
}
