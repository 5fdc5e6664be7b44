//! The path of a tile: `tile/<level>/<number>[.p/<width>]`, the number in groups of three digits, all but the last with an `x`.

use std::fmt;
use std::str::FromStr;

use super::{TILE_WIDTH, Tile, TileKind};

/// The longest path that a tile up to the largest tree has, in bytes, is shorter than this.
const PATH_BYTES_MAX: usize = 64;

/// Why a text is not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected tile/<level or entries>/<groups of three digits>[.p/<width>]")]
pub struct TilePathError;

impl fmt::Display for Tile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(formatter, "tile/{level}/")?,
            TileKind::Entries => formatter.write_str("tile/entries/")?,
        }
        let mut groups = Vec::new();
        let mut rest = self.index;
        while rest >= 1000 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        if groups.is_empty() {
            write!(formatter, "{rest:03}")?;
        } else {
            write!(formatter, "x{rest:03}")?;
        }
        while let Some(group) = groups.pop() {
            let mark = if groups.is_empty() { "" } else { "x" };
            write!(formatter, "/{mark}{group:03}")?;
        }
        if self.is_full() {
            Ok(())
        } else {
            write!(formatter, ".p/{}", self.width)
        }
    }
}

impl FromStr for Tile {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tile = parse(text).ok_or(TilePathError)?;
        // Whatever spelling was let through above, only the one that we write is accepted.
        if tile.to_string() == text {
            Ok(tile)
        } else {
            Err(TilePathError)
        }
    }
}

fn parse(text: &str) -> Option<Tile> {
    let rest = Some(text)
        .filter(|text| text.len() <= PATH_BYTES_MAX)?
        .strip_prefix("tile/")?;
    let (level, rest) = rest.split_once('/')?;
    let kind = match level {
        "entries" => TileKind::Entries,
        _ => TileKind::Hashes {
            level: level.parse().ok()?,
        },
    };
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|width| *width < TILE_WIDTH)?),
        None => (rest, TILE_WIDTH),
    };
    let mut index = 0_u64;
    for group in number.split('/') {
        let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        index = index.checked_mul(1000)?.checked_add(digits)?;
    }
    Tile::new(kind, index, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling_both_ways() {
        let hashes = |level| TileKind::Hashes { level };
        for (kind, index, width, path) in [
            (hashes(0), 0, 256, "tile/0/000"),
            (hashes(0), 0, 1, "tile/0/000.p/1"),
            (hashes(1), 999, 255, "tile/1/999.p/255"),
            (hashes(2), 1000, 256, "tile/2/x001/000"),
            (hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
            (TileKind::Entries, 1_234_067, 7, "tile/entries/x001/x234/067.p/7"),
            (TileKind::Entries, 1_000_000, 256, "tile/entries/x001/x000/000"),
        ] {
            let tile = Tile::new(kind, index, width).unwrap();
            assert_eq!(tile.to_string(), path);
            assert_eq!(path.parse(), Ok(tile), "{path}");
        }
    }

    #[test]
    fn any_other_spelling_is_refused() {
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "tile/0/x000",
            "tile/0/x000/000",
            "tile/0/001/000",
            "tile/0/x001/x000",
            "tile/0/1000",
            "tile/00/000",
            "tile/+0/000",
            "tile/0/+00",
            "tile/8/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/data/000",
            "tile/Entries/000",
            "tile/0/000.p",
            "tile/0/000.p/",
            "tile/0/000.p/0",
            "tile/0/000.p/01",
            "tile/0/000.p/256",
            "tile/0/000.p/+1",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/0/000/",
            "tile/0//000",
            "tile/0/../000",
            "/tile/0/000",
            "tile/0/000\n",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/7/x018/x446/x744/x073/x709/x551/615",
            "tile/0/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/x000/000",
        ] {
            assert_eq!(path.parse::<Tile>(), Err(TilePathError), "{path}");
        }
    }
}
