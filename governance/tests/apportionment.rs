//! Aim: sharing gives what others published: the House of Representatives by Hamilton's method, a retroactive grant round and the
//! circles of a guild. Method: the published inputs, read here in the plainest way, through [`governance::revenue::allocate`].

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use std::collections::BTreeMap;

use governance::hash::{Hash32, from_hex};
use governance::revenue::{AllocateRefusal, allocate};

fn text(value: &serde_json::Value) -> &str {
    value.as_str().unwrap()
}

fn number(value: &serde_json::Value) -> u64 {
    value.as_u64().unwrap()
}

/// Nothing is tied here; the test fails where that is not so.
fn no_tie(_: usize) -> Hash32 {
    panic!("a tie")
}

#[test]
fn the_house_has_the_seats_that_hamilton_gives() {
    let Some(folder) = shared::find("house apportionments", "ledger/us_house") else {
        return;
    };
    let files = shared::files(&folder, ".json");
    assert!(files.len() >= 4, "{} censuses", files.len());
    for path in files {
        let census = shared::json(&path);
        let states = census["states"].as_array().unwrap();
        let populations: Vec<u64> = states.iter().map(|state| number(&state["population"])).collect();
        let seats = allocate(number(&census["seats"]), &populations, &no_tie).unwrap();
        let published: Vec<u64> = states
            .iter()
            .map(|state| number(&state["hamilton_largest_remainder"]))
            .collect();
        assert_eq!(seats, published, "{}", path.display());
    }
}

#[test]
fn the_circles_of_a_guild_are_paid_as_published() {
    let Some(folder) = shared::find("coordinape circles", "dao_votes/coordinape_nation3") else {
        return;
    };
    let files = shared::files(&folder, "-guild.json");
    assert_eq!(files.len(), 4);
    let mut shared_out = 0;
    for path in files {
        let circle = shared::json(&path);
        // A tenth of a token in its smallest units, 10^-18.
        assert_eq!(text(&circle["budget"]), "0.10");
        let members = circle["members"].as_array().unwrap();
        let received: Vec<u64> = members.iter().map(|member| number(&member["received"])).collect();
        let addresses: Vec<Hash32> = members
            .iter()
            .map(|member| Hash32::left_padded(&from_hex(text(&member["address"])).unwrap()))
            .collect();
        let amounts = allocate(100_000_000_000_000_000, &received, &|place| addresses[place]);
        if number(&circle["total_received"]) == 0 {
            assert_eq!(amounts, Err(AllocateRefusal::NoWeight), "nobody was given anything");
            continue;
        }
        let published: Vec<u64> = members
            .iter()
            .map(|member| text(&member["wei_largest_remainder"]).parse().unwrap())
            .collect();
        assert_eq!(amounts.unwrap(), published, "{}", path.display());
        shared_out += 1;
    }
    assert_eq!(shared_out, 3);
}

/// The votes of each application with at least four ballots.
fn filecoin_votes(ballots: &str) -> BTreeMap<String, u64> {
    let mut votes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for line in ballots.lines().skip(1) {
        // Names may hold commas; the fields around them do not.
        let application = line.split(',').nth(1).unwrap();
        let (count, sum) = votes.entry(application.to_owned()).or_default();
        *count += 1;
        *sum += line.rsplit(',').next().unwrap().trim().parse::<u64>().unwrap();
    }
    let enough = votes.into_iter().filter(|(_, (count, _))| *count >= 4);
    enough.map(|(application, (_, sum))| (application, sum)).collect()
}

#[test]
fn a_grant_round_gives_every_project_what_was_published() {
    let Some(folder) = shared::find("filecoin grants", "dao_votes/filecoin_retropgf3") else {
        return;
    };
    let mut votes = filecoin_votes(&std::fs::read_to_string(folder.join("ballots.csv")).unwrap());
    let expected = shared::json(&folder.join("expected_by_application_id.json"));
    // Projects below 500 FIL are dropped and the rest shared anew, until none is.
    loop {
        let total: u64 = votes.values().sum();
        let before = votes.len();
        votes.retain(|_, sum| 510_000 * *sum >= 500 * total);
        if votes.len() == before {
            break;
        }
    }
    let allocations = expected["allocations"].as_object().unwrap();
    assert!(votes.keys().eq(allocations.keys()), "the funded projects");
    let weights: Vec<u64> = votes.values().copied().collect();
    let words: Vec<Hash32> = votes
        .keys()
        .map(|key| governance::hash::keccak256(key.as_bytes()))
        .collect();
    let hundredths = allocate(51_000_000, &weights, &|place| words[place]).unwrap();
    let published = expected["largest_remainder_to_0_01_FIL"].as_object().unwrap();
    for (application, amount) in votes.keys().zip(hundredths) {
        assert_eq!(amount, number(&published[application]), "{application}");
    }
    let units = 510_000 * 100_000_000_u64;
    let amounts = allocate(units, &weights, &|place| words[place]).unwrap();
    assert_eq!(amounts.iter().sum::<u64>(), units);
    for ((application, amount), published) in votes.keys().zip(amounts).zip(allocations.values()) {
        // Published as an exact ratio of FIL: within one unit of it, 10^-8.
        let (upper, lower): (u128, u128) = (
            text(&published[0]).parse().unwrap(),
            text(&published[1]).parse().unwrap(),
        );
        let exact = upper * 100_000_000;
        let given = u128::from(amount) * lower;
        assert!(given.abs_diff(exact) < lower, "{application}: {amount}");
    }
}
