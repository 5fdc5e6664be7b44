//! Aim: places go to those of most merit, and only a group that the last places divide waits for a lot. Method: small tables.

use super::*;
use crate::hash::Hash32;
use crate::tally::TieBreak;

#[test]
fn only_a_group_that_the_last_places_divide_waits_for_a_lot() {
    type Case<'a> = (&'a [&'a [u16]], u16, &'a [u16], Option<&'a [u16]>);
    let cases: [Case<'_>; 7] = [
        (&[&[2], &[0], &[1]], 1, &[3], None),
        (&[&[2], &[0], &[1]], 2, &[3, 1], None),
        (&[&[2, 0], &[1]], 2, &[1, 3], None),
        (&[&[2, 0], &[1]], 1, &[], Some(&[1, 3])),
        (&[&[1], &[2, 0]], 2, &[2], Some(&[1, 3])),
        (&[&[1], &[2, 0]], 5, &[2, 1, 3], None),
        (&[], 1, &[], None),
    ];
    for (groups, seats, elected, open) in cases {
        let groups: Vec<Vec<u16>> = groups.iter().map(|group| group.to_vec()).collect();
        let selection = select(&groups, seats, &TieBreak::None, 1);
        assert_eq!(selection.elected, elected, "{groups:?} {seats}");
        assert_eq!(
            selection.undecided.map(|open| open.candidates).as_deref(),
            open,
            "{groups:?} {seats}"
        );
        assert!(selection.ties.is_empty());
    }
}

#[test]
fn a_lot_orders_every_group_and_each_draw_is_recorded() {
    let groups = [vec![3], vec![0, 1, 2]];
    let drawn = select(&groups, 3, &TieBreak::Order(vec![2, 0, 1, 3]), 1);
    assert_eq!((drawn.elected.as_slice(), drawn.undecided), (&[4, 3, 1][..], None));
    let ties: Vec<(Vec<u16>, u16)> = drawn.ties.into_iter().map(|tie| (tie.candidates, tie.chosen)).collect();
    assert_eq!(ties, [(vec![1, 2, 3], 3), (vec![1, 2], 1)]);
    let lot = TieBreak::Lot(Hash32::from_u128(5));
    let by_lot = select(&groups, 2, &lot, 1);
    assert_eq!(by_lot.ties.len(), 1);
    assert!(by_lot.ties.iter().all(|tie| tie.lot == lot.lot()));
}

/// Every member of a sheet, so that none may be left out of the hash.
fn full() -> Count {
    let text = r#"{"method":"scottish-stv","seats":1,"quota":"2","valid":"3","blank":"1","withdrawn":[3],"elected":[1],
        "stages":[{"totals":{"1":"2.00000","2":"1.00000"},"transfer":{"from":2,"kind":"exclusion","value":"1.00000"},
        "elected":[1],"excluded":[2],"nontransferable":"0.50000","ties":[{"stage":1,"candidates":[1,2],"rule":"lookback",
        "chosen":2,"lot":null}],"quota":"2.5","keep":{"1":"0.9"},"rate":"7/2"}],"ties":[],"pairwise":[["0","2"],["1","0"]],
        "ranking":[[1],[2]],"grades":[["1","2"],["3","0"]],"share":"100/3","undecided":{"stage":1,"candidates":[1,2],"kind":"place"}}"#;
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_sheet_survives_json_and_any_change_changes_its_certificate() {
    let sheet = full();
    let text = serde_json::to_string(&sheet).unwrap();
    assert_eq!(serde_json::from_str::<Count>(&text).unwrap(), sheet);
    let changes: [fn(&mut Count); 21] = [
        |count| count.method = Method::YesNo,
        |count| count.seats = 2,
        |count| count.quota = None,
        |count| count.valid = 4,
        |count| count.blank = 0,
        |count| count.withdrawn.clear(),
        |count| count.elected.push(2),
        |count| count.pairwise = None,
        |count| count.ranking = Some(vec![vec![1, 2]]),
        |count| count.grades = Some(vec![vec![1, 2], vec![3, 1]]),
        |count| count.undecided = None,
        |count| count.stages[0].transfer = None,
        |count| count.stages[0].elected.clear(),
        |count| count.stages[0].excluded.clear(),
        |count| count.stages[0].nontransferable.units += 1,
        |count| count.stages[0].ties[0].chosen = 1,
        |count| count.stages[0].quota = None,
        |count| count.stages[0].keep.clear(),
        |count| count.stages[0].rate = None,
        |count| count.share = Some("101/3".parse().unwrap()),
        |count| count.stages.push(Stage::default()),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut changed = full();
        change(&mut changed);
        assert_ne!(changed.certificate(), sheet.certificate(), "change {at}");
    }
}
