//! Reading a bundle: gzip, then lines, each within its bounds, whatever the file claims.

use std::io::{BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use wire::bundle::LINE_BYTES_MAX;

/// What a bundle may cost to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest line, in bytes.
    pub line_bytes: usize,
    /// The most bytes after decompression: a million ballots are about one gigabyte.
    pub total_bytes: u64,
    /// The most bytes that one compressed byte may become. Ballots carry random bytes, so a real bundle stays below 20.
    pub ratio: u64,
    /// So many bytes are read before the ratio is looked at.
    pub ratio_from_bytes: u64,
    /// The most members on the roll, ballots and anchors, each: these are kept in memory, about half a kilobyte for each member.
    pub records: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: LINE_BYTES_MAX,
            total_bytes: 16 * 1024 * 1024 * 1024,
            ratio: 100,
            ratio_from_bytes: 16 * 1024 * 1024,
            records: 2_000_000,
        }
    }
}

/// Why no further line can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadFault {
    /// It is no gzip file, or a damaged one.
    #[error("the file is not gzip, or it is damaged: {0}")]
    Damaged(std::io::Error),
    /// The file ends before its gzip stream does.
    #[error("the file ends in the middle")]
    Cut,
    /// Longer than the bound.
    #[error("a line is longer than {0} bytes")]
    LongLine(usize),
    /// More than the bound.
    #[error("the file holds more than {0} bytes")]
    TooLarge(u64),
    /// Compressed beyond what evidence can be.
    #[error("the file grows more than {0}-fold when it is decompressed; no bundle does")]
    Bomb(u64),
    /// The last line has no line feed.
    #[error("the last line does not end")]
    Unended,
}

/// Counts what is read of the compressed file.
struct Counted<R> {
    from: R,
    bytes: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.bytes = self.bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes = self.bytes.saturating_add(u64::try_from(amount).unwrap_or(u64::MAX));
        self.from.consume(amount);
    }
}

/// The lines of a bundle.
pub(crate) struct Lines<R: BufRead> {
    from: BufReader<MultiGzDecoder<Counted<R>>>,
    limits: Limits,
    total: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(from: R, limits: Limits) -> Self {
        let counted = Counted { from, bytes: 0 };
        Self {
            from: BufReader::with_capacity(256 * 1024, MultiGzDecoder::new(counted)),
            limits,
            total: 0,
        }
    }

    /// Reads the next line with its line feed into `line`; false at the end of the file.
    pub(crate) fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, ReadFault> {
        line.clear();
        let bound = u64::try_from(self.limits.line_bytes).unwrap_or(u64::MAX);
        let read = self
            .from
            .by_ref()
            .take(bound.saturating_add(1))
            .read_until(b'\n', line)
            .map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => ReadFault::Cut,
                _ => ReadFault::Damaged(error),
            })?;
        if read == 0 {
            return Ok(false);
        }
        self.total = self.total.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if read > self.limits.line_bytes {
            return Err(ReadFault::LongLine(self.limits.line_bytes));
        }
        if self.total > self.limits.total_bytes {
            return Err(ReadFault::TooLarge(self.limits.total_bytes));
        }
        let compressed = self.from.get_ref().get_ref().bytes.max(1);
        if self.total > self.limits.ratio_from_bytes && self.total > compressed.saturating_mul(self.limits.ratio) {
            return Err(ReadFault::Bomb(self.limits.ratio));
        }
        if line.last() == Some(&b'\n') {
            Ok(true)
        } else {
            Err(ReadFault::Unended)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read_all(file: &[u8], limits: Limits) -> Result<usize, ReadFault> {
        let mut lines = Lines::new(file, limits);
        let (mut line, mut count) = (Vec::new(), 0);
        while lines.next(&mut line)? {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn bounds_hold_whatever_the_file_claims() {
        let limits = Limits {
            line_bytes: 100,
            total_bytes: 1_000_000,
            ratio: 50,
            ratio_from_bytes: 10_000,
            records: 100,
        };
        assert_eq!(read_all(&gzip(b"one\ntwo\n"), limits).unwrap(), 2);
        let mut line = vec![b'a'; 99];
        line.push(b'\n');
        assert_eq!(read_all(&gzip(&line), limits).unwrap(), 1);
        type Expected = fn(&ReadFault) -> bool;
        let whole = gzip(b"one\ntwo\n");
        let cases: [(Vec<u8>, Expected); 7] = [
            (gzip(&vec![b'a'; 1 << 24]), |fault| {
                matches!(fault, ReadFault::LongLine(100))
            }),
            (gzip(&b"\n".repeat(1 << 24)), |fault| {
                matches!(fault, ReadFault::Bomb(50))
            }),
            (gzip(b"no line feed"), |fault| matches!(fault, ReadFault::Unended)),
            (whole[..whole.len() - 4].to_vec(), |fault| {
                matches!(fault, ReadFault::Cut)
            }),
            (b"{\"section\":\"header\"}\n".to_vec(), |fault| {
                matches!(fault, ReadFault::Damaged(_))
            }),
            (Vec::new(), |fault| matches!(fault, ReadFault::Cut)),
            ([whole.clone(), b"more".to_vec()].concat(), |fault| {
                matches!(fault, ReadFault::Damaged(_) | ReadFault::Cut)
            }),
        ];
        for (index, (file, expected)) in cases.into_iter().enumerate() {
            match read_all(&file, limits) {
                Ok(lines) => panic!("case {index} gave {lines} lines"),
                Err(fault) => assert!(expected(&fault), "case {index}: {fault:?}"),
            }
        }
        let large = Limits {
            ratio: u64::MAX,
            total_bytes: 20_000,
            ..limits
        };
        assert!(matches!(
            read_all(&gzip(&b"\n".repeat(1 << 20)), large),
            Err(ReadFault::TooLarge(20_000))
        ));
    }
}
