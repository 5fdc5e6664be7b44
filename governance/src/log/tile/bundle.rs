//! Entry bundles: the entries of a tile, each behind its length as a big-endian 16-bit number.

use super::TILE_WIDTH;

/// The largest entry bundle in bytes: 256 entries of 65,535 bytes. Ours are 256 times 67.
pub const ENTRY_BUNDLE_BYTES_MAX: usize = 256 * (2 + 65_535);

/// Why bytes are not an entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleRefusal {
    /// A bundle holds 1 to 256 entries.
    #[error("a bundle of {0} entries cannot be")]
    Width(u16),
    /// The bytes end within an entry, or before the last one.
    #[error("the bundle is cut short at entry {0}")]
    Short(u16),
    /// There are bytes after the last entry.
    #[error("the bundle goes on after its last entry")]
    Long,
}

/// Writes a bundle; `None` if an entry is longer than 65,535 bytes.
#[must_use]
pub fn bundle_bytes<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(&u16::try_from(entry.len()).ok()?.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Some(bytes)
}

/// Reads a bundle of exactly `width` entries, without copying them.
///
/// # Errors
/// [`BundleRefusal`] with the first reason found.
pub fn bundle_parse(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleRefusal> {
    if !(1..=TILE_WIDTH).contains(&width) {
        return Err(BundleRefusal::Width(width));
    }
    let mut entries = Vec::with_capacity(width.into());
    let mut rest = bytes;
    for number in 0..width {
        let (length, after) = rest.split_first_chunk::<2>().ok_or(BundleRefusal::Short(number))?;
        let length = u16::from_be_bytes(*length).into();
        let (entry, after) = after.split_at_checked(length).ok_or(BundleRefusal::Short(number))?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err(BundleRefusal::Long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_comes_back_as_it_was_written() {
        let long = vec![7; 65_535];
        let entries: Vec<&[u8]> = vec![b"", b"a", &[0; 65], &long];
        let bytes = bundle_bytes(entries.iter().copied()).unwrap();
        assert_eq!(bytes[..5], [0, 0, 0, 1, b'a']);
        assert_eq!(bundle_parse(&bytes, 4), Ok(entries));
        assert_eq!(bundle_bytes([&vec![0; 65_536][..]]), None);
    }

    #[test]
    fn a_bundle_of_another_length_is_refused() {
        let bytes = bundle_bytes([&[1; 65][..], &[2; 65]]).unwrap();
        for (bytes, width, refusal) in [
            (&bytes[..], 0, BundleRefusal::Width(0)),
            (&bytes[..], 257, BundleRefusal::Width(257)),
            (&bytes[..], 1, BundleRefusal::Long),
            (&bytes[..], 3, BundleRefusal::Short(2)),
            (&bytes[..133], 2, BundleRefusal::Short(1)),
            (&bytes[..68], 2, BundleRefusal::Short(1)),
            (&bytes[..67], 2, BundleRefusal::Short(1)),
            (&[0xff, 0xff, 0], 1, BundleRefusal::Short(0)),
            (&[], 1, BundleRefusal::Short(0)),
        ] {
            assert_eq!(
                bundle_parse(bytes, width),
                Err(refusal),
                "{} bytes, {width}",
                bytes.len()
            );
        }
    }
}
