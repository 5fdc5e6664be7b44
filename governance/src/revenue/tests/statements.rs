//! Aim: the tree over statements holds what each member was told, and shows nobody what others were. Method: the worked example's members, some of
//! them with nothing; the tree built in one go beside each leaf built alone.

use super::*;
use crate::log::proof::{TreeHead, inclusion_plan, verify_inclusion};
use crate::log::tile::{TileBuilder, TileHashes, TileReader};
use crate::log::{LogEntry, tile::Tile};
use crate::record::{Record as _, StatementLineV1};

struct Files(std::collections::BTreeMap<Tile, Vec<u8>>);

impl TileReader for Files {
    type Error = ();

    fn read_tile(&mut self, tile: Tile) -> Result<Vec<u8>, ()> {
        self.0.get(&tile).cloned().ok_or(())
    }
}

fn head() -> StatementHead {
    StatementHead {
        namespace: keccak256(b"namespace"),
        cycle: keccak256(b"cycle"),
        secret: keccak256(b"secret"),
    }
}

/// Every third of three hundred members got something of a step, by weight; some owed something before.
fn cycle_of_three_hundred() -> (Cycle, Computed) {
    let cycle = Cycle::new(keccak256(b"word"), amount("100000.01")).with_members((1..=300).map(|number| MemberInput {
        member: member(number),
        groups: vec!["members:all".parse().unwrap()],
        metrics: Vec::new(),
        capital: Amount::ZERO,
        tax: None,
        carried: Balance::from_units(if number % 7 == 0 { -5 } else { 3 }),
        taxed: Amount::ZERO,
        standing: Standing::Open,
        idle_months: 0,
    }));
    let cycle = cycle.unwrap();
    let mut computed = Computed {
        steps: Vec::new(),
        pools: std::collections::BTreeMap::new(),
        accrued: vec![Amount::ZERO; 300],
        digest: Hash32::ZERO,
    };
    let places: Vec<usize> = (0..300).step_by(3).collect();
    computed.steps.push(StepComputed {
        step: "labour".parse().unwrap(),
        before: amount("700"),
        after: amount("600"),
        lines: places
            .iter()
            .map(|place| Line {
                to: Receiver::Member(member(*place as u128 + 1)),
                amount: amount("1"),
            })
            .collect(),
        weights: places.iter().map(|place| *place as u64 + 10).collect(),
        multiplier: None,
        floor_dropped: false,
        digest: Hash32::ZERO,
    });
    for place in places {
        computed.accrued[place] = amount("1");
    }
    (cycle, computed)
}

#[test]
fn each_statement_stands_at_its_place_in_the_tree_and_nowhere_else() {
    let (cycle, computed) = cycle_of_three_hundred();
    let payments = pay(&scic(), &cycle, &computed).unwrap();
    let entries: Vec<LogEntry> = head().entries(&computed, &payments).collect();
    let mut builder = TileBuilder::new();
    entries.iter().for_each(|entry| builder.push(*entry));
    let tree = TreeHead {
        size: 300,
        root: head().root(&computed, &payments),
    };
    assert_eq!(builder.root(), tree.root);
    let files = Files(
        builder
            .take_files()
            .into_iter()
            .map(|file| (file.tile, file.bytes))
            .collect(),
    );
    let mut hashes = TileHashes::new(files, 300);
    for (place, payment) in payments.iter().enumerate() {
        let line = StatementLineV1 {
            step: String::from("labour"),
            shared: amount("100").units(),
            weight: place as u64 + 10,
            amount: amount("1").units(),
        };
        let lines = if place % 3 == 0 { vec![line] } else { Vec::new() };
        let leaf = LogEntry::of(&head().statement(payment, &lines)).leaf_hash();
        let index = place as u64;
        let proof = inclusion_plan(index, 300).unwrap().make(&mut hashes).unwrap();
        verify_inclusion(leaf, index, tree, &proof).unwrap();
        assert!(
            verify_inclusion(leaf, (index + 1) % 300, tree, &proof).is_err(),
            "another place"
        );
        let other = LogEntry::of(&head().statement(payment, &[])).leaf_hash();
        assert_eq!(
            verify_inclusion(other, index, tree, &proof).is_ok(),
            place % 3 != 0,
            "without its line"
        );
    }
}

#[test]
fn equal_statements_are_told_apart_by_salts_of_which_none_follows_from_another() {
    let (one, other) = (head().salt(member(1)), head().salt(member(2)));
    assert_ne!(one, other);
    assert_ne!(
        one,
        StatementHead {
            secret: keccak256(b"else"),
            ..head()
        }
        .salt(member(1))
    );
    assert_ne!(head().payout_salt(), one);
    let hash = |units| {
        let balance = Balance::from_units(units);
        let nothing = Amount::ZERO;
        let payment = Payment {
            member: member(1),
            before: balance,
            accrued: nothing,
            withheld: nothing,
            withholding: None,
            paid: nothing,
            dormant: nothing,
            carried: balance,
            is_held: false,
        };
        head().statement(&payment, &[]).struct_hash()
    };
    assert_ne!(hash(-1), hash(1), "what is owed and what a member owes");
}
