//! Aim: what is written as tiles is read back, whatever the steps in which the log grew, and a damaged tile is found.

use std::collections::BTreeSet;

use governance::log::proof::TreeHead;
use governance::log::proof::{HashReader, consistency_plan, inclusion_plan, verify_consistency, verify_inclusion};
use governance::log::tile::{TileFault, TileHashes, bundle_parse, growth};
use governance::log::tree::{Frontier, TREE_SIZE_MAX};
use governance::log::{LogEntry, Node, Tile, TileBuilder, TileKind};

use crate::tools::{Folder, entry};

/// Grows a log to each of these sizes in turn, and gives its folder and the head at each.
fn grow(sizes: &[u64]) -> (Folder, Vec<TreeHead>) {
    let (mut folder, mut heads) = (Folder::default(), Vec::new());
    let mut builder = TileBuilder::new();
    let mut frontier = Frontier::new();
    for size in sizes {
        let from = builder.size();
        for number in from..*size {
            builder.push(entry(number));
            frontier.push(entry(number).leaf_hash());
        }
        let written: BTreeSet<Tile> = folder.write(&mut builder).into_iter().collect();
        assert_eq!(written, growth(from, *size).collect(), "{from} to {size}");
        assert_eq!(builder.frontier(), frontier, "at {size}");
        heads.push(TreeHead {
            size: *size,
            root: builder.root(),
        });
        // As after a crash: another builder goes on from the files.
        let resumed = TileBuilder::resume(*size, &mut &folder).unwrap();
        assert_eq!(resumed, builder, "resumed at {size}");
        builder = resumed;
    }
    (folder, heads)
}

#[test]
fn a_log_of_any_growth_proves_its_leaves_and_its_past_from_its_tiles() {
    let sizes = [
        0, 1, 2, 255, 256, 257, 300, 511, 512, 513, 1000, 65_535, 65_536, 65_537, 70_000,
    ];
    let (folder, heads) = grow(&sizes);
    let last = heads[heads.len() - 1];
    for head in &heads {
        let mut hashes = TileHashes::new(&folder, head.size);
        assert_eq!(Frontier::read(head.size, &mut hashes).unwrap().root(), head.root);
        for index in (0..head.size).step_by(997).chain(head.size.checked_sub(1)) {
            let proof = inclusion_plan(index, head.size).unwrap().make(&mut hashes).unwrap();
            let leaf = entry(index).leaf_hash();
            assert_eq!(
                verify_inclusion(leaf, index, *head, &proof),
                Ok(()),
                "{index} of {}",
                head.size
            );
        }
        let proof = consistency_plan(head.size, last.size).unwrap();
        let proof = proof.make(&mut TileHashes::new(&folder, last.size)).unwrap();
        assert_eq!(verify_consistency(*head, last, &proof), Ok(()), "{}", head.size);
    }
    let beyond = Node {
        level: 4,
        index: last.size >> 4,
    };
    let mut hashes = TileHashes::new(&folder, last.size);
    assert_eq!(hashes.read(beyond), Err(TileFault::Beyond(beyond)));
}

#[test]
fn the_tree_of_70_000_has_the_tiles_that_the_specification_counts() {
    let tiles: Vec<Tile> = growth(0, 70_000).collect();
    let of = |kind| tiles.iter().filter(|tile| tile.kind() == kind).collect::<Vec<_>>();
    for (kind, full, width) in [
        (TileKind::Entries, 273, 112),
        (TileKind::Hashes { level: 0 }, 273, 112),
        (TileKind::Hashes { level: 1 }, 1, 17),
        (TileKind::Hashes { level: 2 }, 0, 1),
    ] {
        let tiles = of(kind);
        assert_eq!(tiles.len(), full + 1, "{kind:?}");
        assert!(tiles[..full].iter().all(|tile| tile.is_full()), "{kind:?}");
        assert_eq!(tiles[full].width(), width, "{kind:?}");
    }
    assert_eq!(tiles.len(), 274 + 274 + 2 + 1);
    assert_eq!(
        growth(256, 300).map(|tile| tile.to_string()).collect::<Vec<_>>(),
        ["tile/entries/001.p/44", "tile/0/001.p/44"]
    );
    assert_eq!(growth(300, 300).count() + growth(300, 299).count(), 0);
    assert_eq!(growth(0, TREE_SIZE_MAX + 1).count(), 0, "no such tree");
    assert_eq!(growth(TREE_SIZE_MAX - 1, TREE_SIZE_MAX).count(), 9);
}

#[test]
fn the_steps_of_growth_do_not_change_full_tiles() {
    let (at_once, heads) = grow(&[1300]);
    let (in_steps, other_heads) = grow(&[3, 255, 256, 257, 700, 1299, 1300]);
    assert_eq!(heads[0], other_heads[6]);
    for (path, bytes) in &at_once.0 {
        assert_eq!(in_steps.0.get(path), Some(bytes), "{path}");
    }
}

#[test]
fn full_files_may_be_taken_before_the_rest() {
    let (at_once, _) = grow(&[1300]);
    let mut builder = TileBuilder::new();
    let mut folder = Folder::default();
    for number in 0..1300 {
        builder.push(entry(number));
        for file in builder.take_full_files() {
            assert!(file.tile.is_full());
            folder.0.insert(file.tile.to_string(), file.bytes);
        }
    }
    folder.write(&mut builder);
    assert_eq!(folder, at_once);
    assert_eq!(builder.take_files(), [], "nothing new");
}

#[test]
fn entry_bundles_hold_the_entries_of_their_leaves() {
    let (folder, _) = grow(&[300]);
    let bundle = |path: &str, width| {
        let entries = bundle_parse(&folder.0[path], width).unwrap();
        entries
            .into_iter()
            .map(|bytes| LogEntry::parse(bytes).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(bundle("tile/entries/000", 256), (0..256).map(entry).collect::<Vec<_>>());
    assert_eq!(
        bundle("tile/entries/001.p/44", 44),
        (256..300).map(entry).collect::<Vec<_>>()
    );
    assert_eq!(folder.0["tile/entries/000"].len(), 256 * 67);
}

#[test]
fn a_damaged_or_missing_tile_stops_whoever_reads_it() {
    let (folder, heads) = grow(&[300]);
    for path in ["tile/entries/001.p/44", "tile/0/001.p/44", "tile/1/000.p/1"] {
        let tile: Tile = path.parse().unwrap();
        let mut missing = folder.clone();
        let bytes = missing.0.remove(path).unwrap();
        let unreadable = TileFault::Unreadable {
            tile,
            error: path.to_owned(),
        };
        assert_eq!(TileBuilder::resume(300, &mut &missing), Err(unreadable));
        for wrong in [
            &bytes[1..],
            &bytes[..bytes.len() - 32],
            &[&bytes[..], &[0; 32]].concat(),
            &[],
        ] {
            let mut damaged = folder.clone();
            damaged.0.insert(path.to_owned(), wrong.to_vec());
            assert_eq!(
                TileBuilder::resume(300, &mut &damaged),
                Err(TileFault::Malformed(tile)),
                "{path}"
            );
        }
        // A changed bit in an entry or its leaf is seen at once; one in a higher level gives another root.
        let mut changed = folder.clone();
        changed.0.get_mut(path).unwrap()[20] ^= 1;
        let resumed = TileBuilder::resume(300, &mut &changed);
        assert!(resumed.is_err() || resumed.unwrap().root() != heads[0].root, "{path}");
    }
    let too_large = TileBuilder::resume(TREE_SIZE_MAX + 1, &mut &folder);
    assert!(matches!(too_large, Err(TileFault::Beyond(_))));
}
