//! Removing partial tiles that wider ones have replaced.
//!
//! A reader takes a checkpoint and then the tiles of its size. So partial tiles go only once a larger checkpoint was published for
//! so long that nobody can still be reading under a smaller one. How far that is stands in memory alone: a worker that starts
//! anew waits as long again, and looks through all tiles once.

use std::collections::VecDeque;
use std::time::Duration;

use governance::log::tile::TILE_LEVEL_MAX;
use governance::log::{Tile, TileKind};
use tokio::time::Instant;

use super::folder::{FolderFault, LogFolder};

/// How long a checkpoint must have been published before partial tiles that it does not need go. Reading takes seconds.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(600);
/// How often the tiles of a log are looked through at most.
const EVERY: Duration = Duration::from_secs(10);
/// The most places of tiles that are looked at in one round, and the most files that are removed.
const PLACES_MAX: usize = 4_096;
const FILES_MAX: usize = 2_048;

/// How far the tiles of one log are pruned.
#[derive(Debug)]
pub(super) struct Pruning {
    kept_for: Duration,
    /// When a size was first seen published; not all sizes, but at most one within each period.
    seen: VecDeque<(Instant, u64)>,
    /// The largest size that was published for long enough.
    settled: u64,
    /// By kind: the tiles before this one are full and have no partial ones.
    done: Vec<(TileKind, u64)>,
    due: Option<Instant>,
}

impl Pruning {
    /// Nothing is known of the log yet.
    pub(super) fn new(kept_for: Duration) -> Self {
        let levels = (0..=TILE_LEVEL_MAX).map(|level| TileKind::Hashes { level });
        Self {
            kept_for,
            seen: VecDeque::new(),
            settled: 0,
            done: std::iter::once(TileKind::Entries)
                .chain(levels)
                .map(|kind| (kind, 0))
                .collect(),
            due: None,
        }
    }

    /// Whether it is time for a round.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// One round, in a log whose published checkpoint has this size; how many files were removed.
    ///
    /// # Errors
    /// If the folder cannot be read or changed; the next round tries again.
    pub(super) fn round(&mut self, folder: &LogFolder, published: u64, now: Instant) -> Result<usize, FolderFault> {
        self.due = Some(now + EVERY.min(self.kept_for));
        self.note(published, now);
        let (mut places, mut files) = (0_usize, 0_usize);
        for (kind, done) in &mut self.done {
            while let Some(tile) = Tile::in_tree(*kind, *done, self.settled) {
                if places >= PLACES_MAX || files >= FILES_MAX {
                    return Ok(files);
                }
                places = places.saturating_add(1);
                files = files.saturating_add(folder.remove_narrower(tile, FILES_MAX.saturating_sub(files))?);
                if !tile.is_full() || files >= FILES_MAX {
                    break;
                }
                *done = done.saturating_add(1);
            }
        }
        Ok(files)
    }

    /// Notes that a checkpoint of this size is published now.
    fn note(&mut self, published: u64, now: Instant) {
        if published < self.largest() {
            // The folder is another one, such as an older copy: what was known does not hold for it.
            *self = Self {
                due: self.due,
                ..Self::new(self.kept_for)
            };
        }
        if published > self.largest() {
            self.seen.push_back((now, published));
        }
        while let Some((since, size)) = self.seen.front()
            && now.duration_since(*since) >= self.kept_for
        {
            self.settled = *size;
            self.seen.pop_front();
        }
    }

    /// The largest size that was seen.
    fn largest(&self) -> u64 {
        self.seen.back().map_or(self.settled, |(_, size)| *size)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use governance::hash::{Hash32, keccak256};
    use governance::log::tile::growth;
    use governance::log::{LogEntry, TileBuilder};

    use super::*;

    const KEPT: Duration = Duration::from_secs(600);

    /// A log that grows in a folder.
    struct Scene {
        root: PathBuf,
        folder: LogFolder,
        edge: TileBuilder,
        now: Instant,
    }

    impl Scene {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("rochdale-pruning-{name}-{}", std::process::id()));
            Self {
                folder: LogFolder::of(&root, Hash32::ZERO),
                edge: TileBuilder::new(),
                now: Instant::now(),
                root,
            }
        }

        fn grow(&mut self, size: u64) {
            while self.edge.size() < size {
                let hash = keccak256(&self.edge.size().to_be_bytes());
                self.edge.push(LogEntry {
                    type_hash: hash,
                    record_hash: hash,
                });
            }
            // Without forcing each to disk.
            for file in self.edge.take_files() {
                let path = self.root.join("00".repeat(32)).join(file.tile.to_string());
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, file.bytes).unwrap();
            }
        }

        fn files(&self) -> usize {
            let mut folders = vec![self.root.clone()];
            let mut files = 0;
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).unwrap() {
                    let path = entry.unwrap().path();
                    if path.is_dir() {
                        folders.push(path);
                    } else {
                        files += 1;
                    }
                }
            }
            files
        }

        /// Whether everything that a reader of a tree of this size asks for is there, by itself or in a wider tile.
        fn is_readable(&self, size: u64) -> bool {
            let all = growth(0, size).all(|tile| self.folder.tile(tile).unwrap().is_some());
            let mut tiles = &self.folder;
            all && TileBuilder::resume(size, &mut tiles).is_ok()
        }

        fn has_exactly(&self, size: u64) -> bool {
            growth(0, size).all(|tile| self.folder.read(&tile.to_string()).unwrap().is_some())
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }

    #[test]
    fn partial_tiles_stay_as_long_as_somebody_may_read_them() {
        let mut scene = Scene::new("stay");
        let mut pruning = Pruning::new(KEPT);
        let sizes = [3, 40, 255, 256, 300, 511, 700];
        for (size, minute) in sizes.into_iter().zip(0_u64..) {
            scene.grow(size);
            let now = scene.now + Duration::from_secs(60 * minute);
            assert_eq!(pruning.round(&scene.folder, size, now).unwrap(), 0, "{size}");
        }
        // Ten minutes after the third was seen, what the first two needed goes, and nothing else.
        let now = scene.now + Duration::from_secs(120) + KEPT;
        assert_eq!(pruning.round(&scene.folder, 700, now).unwrap(), 4);
        let exact: Vec<u64> = sizes.into_iter().filter(|size| scene.has_exactly(*size)).collect();
        assert_eq!(exact, [255, 256, 300, 511, 700]);
        let now = scene.now + 3 * KEPT;
        let _ = pruning.round(&scene.folder, 700, now).unwrap();
        let exact: Vec<u64> = sizes.into_iter().filter(|size| scene.has_exactly(*size)).collect();
        assert_eq!(
            exact,
            [700],
            "what is full stays for good, and 256 had a partial tile one level up"
        );
        for size in 1..=700 {
            assert!(scene.is_readable(size), "{size}");
        }
    }

    #[test]
    fn whatever_is_removed_the_log_can_be_read_at_every_size_however_often_it_is_begun_anew() {
        let mut scene = Scene::new("anew");
        let mut sizes: Vec<u64> = (1..600).step_by(7).collect();
        sizes.extend([66_000, 66_003, 70_000]);
        for size in &sizes {
            scene.grow(*size);
        }
        let largest = *sizes.last().unwrap();
        let mut left = scene.files();
        // A worker that dies after every file that it removes: only so much is removed before the next one begins.
        for tile in growth(0, 512) {
            while scene
                .folder
                .remove_narrower(Tile::in_tree(tile.kind(), tile.index(), largest).unwrap(), 1)
                .unwrap()
                > 0
            {
                left -= 1;
                assert_eq!(scene.files(), left);
                assert!(sizes.iter().all(|size| scene.is_readable(*size)));
            }
        }
        // A new one ends it, and the next finds nothing.
        for expected in [true, false] {
            let mut pruning = Pruning::new(Duration::ZERO);
            let removed = pruning.round(&scene.folder, largest, scene.now).unwrap();
            assert_eq!(removed > 0, expected);
        }
        assert!(sizes.iter().all(|size| scene.is_readable(*size)));
        assert_eq!(scene.files(), growth(0, largest).count());
    }

    #[test]
    fn a_round_is_bounded_and_goes_on_where_the_last_one_ended() {
        let mut scene = Scene::new("bounded");
        for size in 1..=1_500 {
            scene.grow(size);
        }
        let mut pruning = Pruning::new(Duration::ZERO);
        let rounds: Vec<usize> = (0..4)
            .map(|_| pruning.round(&scene.folder, 1_500, scene.now).unwrap())
            .collect();
        assert_eq!(rounds[0], FILES_MAX);
        assert_eq!(rounds[3], 0);
        assert_eq!(scene.files(), growth(0, 1_500).count());
    }

    #[test]
    fn an_older_folder_is_looked_at_anew_and_nothing_goes_without_a_wider_tile() {
        let mut scene = Scene::new("older");
        for size in [10, 20, 30] {
            scene.grow(size);
        }
        let mut pruning = Pruning::new(KEPT);
        let _ = pruning.round(&scene.folder, 300, scene.now).unwrap();
        let later = scene.now + KEPT;
        // The checkpoint says 300; the files of it are not there, as in a copy that was made too early.
        let _ = pruning.round(&scene.folder, 300, later).unwrap();
        assert!(scene.has_exactly(30));
        assert_eq!(pruning.round(&scene.folder, 30, later).unwrap(), 0);
        assert_eq!((pruning.settled, pruning.seen.len()), (0, 1));
        assert_eq!(pruning.round(&scene.folder, 30, later + KEPT).unwrap(), 4);
        assert!(scene.has_exactly(30));
    }
}
