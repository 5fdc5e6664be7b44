//! Aim: other people's libraries read what we write and judge as we do. Method: the crates `tlog_tiles` and `signed_note`, ports
//! of Go's `sumdb` packages, beside ours over the same logs, proofs and notes.

use ed25519_dalek::SigningKey;
use governance::hash::Hash32;
use governance::log::proof::{TreeHead, consistency_plan, inclusion_plan, verify_consistency, verify_inclusion};
use governance::log::tile::growth;
use governance::log::{Checkpoint, Note, Tile, TileBuilder, TileKind, VerifierKey};
use tlog_tiles::{Error, TileHashReader, TileReader};

use crate::tools::{Folder, Leaves, entry, flip};

const SIZES: [u64; 11] = [1, 2, 3, 7, 64, 130, 255, 256, 257, 1000, 66_000];

fn theirs(hash: Hash32) -> tlog_tiles::Hash {
    tlog_tiles::Hash(*hash.as_bytes())
}

fn all_theirs(proof: &[Hash32]) -> Vec<tlog_tiles::Hash> {
    proof.iter().copied().map(theirs).collect()
}

/// Our path of one of their tiles: they name the height, which is always 8 here, and call entries `data`.
fn our_path(tile: &tlog_tiles::Tile) -> String {
    let path = tile.path();
    let path = path.strip_prefix("tile/8/").unwrap();
    format!("tile/{}", path.replace("data/", "entries/"))
}

/// Our folder, read by their library.
struct TheirReader<'a>(&'a Folder);

impl TileReader for TheirReader<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile| self.0.0.get(&our_path(tile)).cloned().ok_or(Error::InvalidTile);
        tiles.iter().map(read).collect()
    }

    fn save_tiles(&self, _tiles: &[tlog_tiles::Tile], _data: &[Vec<u8>]) {}
}

#[test]
fn their_reader_proves_from_our_tiles_what_ours_proves() {
    let mut folder = Folder::default();
    let mut builder = TileBuilder::new();
    let mut heads: Vec<TreeHead> = Vec::new();
    for size in SIZES {
        (builder.size()..size).for_each(|number| builder.push(entry(number)));
        folder.write(&mut builder);
        let root = builder.root();
        let (head, reader) = (TreeHead { size, root }, TheirReader(&folder));
        let hashes = TileHashReader::new(size, theirs(root), &reader);
        assert_eq!(tlog_tiles::tree_hash(size, &hashes).unwrap(), theirs(root), "{size}");
        let mut ours = governance::log::tile::TileHashes::new(&folder, size);
        for index in [0, size / 3, size - 1] {
            let proof = inclusion_plan(index, size).unwrap().make(&mut ours).unwrap();
            let their_proof = tlog_tiles::prove_record(size, index, &hashes).unwrap();
            assert_eq!(all_theirs(&proof), their_proof, "{index} of {size}");
        }
        for earlier in &heads {
            let proof = consistency_plan(earlier.size, size).unwrap().make(&mut ours).unwrap();
            let their_proof = tlog_tiles::prove_tree(size, earlier.size, &hashes).unwrap();
            assert_eq!(all_theirs(&proof), their_proof, "{} to {size}", earlier.size);
        }
        heads.push(head);
    }
}

#[test]
fn growth_names_the_tiles_that_theirs_names() {
    for from in SIZES.into_iter().chain([0]) {
        for to in SIZES.into_iter().filter(|to| *to >= from) {
            let mut their_tiles: Vec<_> = tlog_tiles::Tile::new_tiles(8, from, to).iter().map(our_path).collect();
            let is_hashes = |tile: &Tile| tile.kind() != TileKind::Entries;
            let mut our_tiles: Vec<_> = growth(from, to)
                .filter(is_hashes)
                .map(|tile| tile.to_string())
                .collect();
            their_tiles.sort();
            our_tiles.sort();
            assert_eq!(our_tiles, their_tiles, "{from} to {to}");
        }
    }
}

#[test]
fn paths_are_spelled_as_theirs_are() {
    for index in [0, 1, 999, 1000, 999_999, 1_000_000, 1_234_067, 10_000_000_000_000_000] {
        for width in [1, 100, 255, 256] {
            for (kind, is_data) in [(TileKind::Hashes { level: 0 }, false), (TileKind::Entries, true)] {
                let tile = Tile::new(kind, index, width).unwrap();
                let their_tile = tlog_tiles::Tile::new(8, 0, index, u32::from(width), is_data);
                assert_eq!(tile.to_string(), our_path(&their_tile));
            }
        }
    }
}

#[test]
fn proofs_are_judged_as_theirs_are() {
    let mut leaves = Leaves::new(40);
    for size in 1..=40 {
        let second = leaves.head(size);
        for index in 0..size {
            let leaf = leaves.0[usize::try_from(index).unwrap()];
            let good = inclusion_plan(index, size).unwrap().make(&mut leaves).unwrap();
            for (proof, place) in [
                (good.clone(), index),
                (good.clone(), index ^ 1),
                ([&good[..], &[leaf]].concat(), index),
            ] {
                let ours = verify_inclusion(leaf, place, second, &proof).is_ok();
                let root = theirs(second.root);
                let their_answer = tlog_tiles::check_record(&all_theirs(&proof), size, root, place, theirs(leaf));
                assert_eq!(ours, their_answer.is_ok(), "{place} of {size}");
            }
            let first = leaves.head(index + 1);
            let good = consistency_plan(first.size, size).unwrap().make(&mut leaves).unwrap();
            let bent: Vec<_> = good.iter().map(|hash| flip(*hash, 3)).collect();
            for proof in [good.clone(), bent, [&good[..], &[leaf]].concat()] {
                let ours = verify_consistency(first, second, &proof).is_ok();
                let roots = (theirs(second.root), theirs(first.root));
                let their_answer = tlog_tiles::check_tree(&all_theirs(&proof), size, roots.0, first.size, roots.1);
                assert_eq!(ours, their_answer.is_ok(), "{} to {size}", first.size);
            }
        }
    }
}

#[test]
fn a_checkpoint_of_ours_is_opened_by_their_note_and_theirs_by_ours() {
    let secret = SigningKey::from_bytes(&[21; 32]);
    let origin = "vote.example/0123";
    let key = VerifierKey::new(origin, secret.verifying_key()).unwrap();
    let head = Leaves::new(77).head(77);
    let ours = Checkpoint::new(origin, head)
        .unwrap()
        .sign(&secret)
        .unwrap()
        .to_string();
    let verifier = signed_note::StandardVerifier::new(&key.to_string()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let note = signed_note::Note::from_bytes(ours.as_bytes()).unwrap();
    assert_eq!(note.verify(&known).unwrap().0.len(), 1);
    let checkpoint = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), (origin, 77));
    assert_eq!(checkpoint.hash(), &theirs(head.root));
    assert_eq!(checkpoint.extension(), "");

    let typed_key = [&[1][..], secret.as_bytes()].concat();
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, typed_key);
    let signer = format!("PRIVATE+KEY+{origin}+{}+{encoded}", key.id());
    let signer = signed_note::StandardSigner::new(&signer).unwrap();
    let their_text = tlog_tiles::Checkpoint::new(origin, 77, theirs(head.root), "")
        .unwrap()
        .to_bytes();
    let mut their_note = signed_note::Note::new(&their_text, &[]).unwrap();
    their_note.add_sigs(&[&signer]).unwrap();
    assert_eq!(their_note.to_bytes(), ours.as_bytes(), "byte for byte");
    assert_eq!(Checkpoint::open(&their_note.to_bytes(), &key).unwrap().0.head(), head);
    assert_eq!(Note::parse(&their_note.to_bytes()).unwrap().to_string(), ours);
}
