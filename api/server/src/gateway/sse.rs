//! Reads a stream of server-sent events (HTML standard, 9.2.6) from bytes that arrive split anywhere.
//!
//! Nothing an upstream sends makes it grow without bound: a line and an event have a limit, and beyond it the stream is broken.

/// The longest line, and the most data of one event, in bytes. The last event of a response repeats the whole answer.
pub const EVENT_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// The longest name of an event that is kept.
const NAME_BYTES_MAX: usize = 128;

/// One event. It holds content, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its name, where it has one.
    pub event: Option<String>,
    /// Its data; several lines are joined by line feeds.
    pub data: Vec<u8>,
}

/// A line or an event is longer than any upstream has reason to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream has more than {EVENT_BYTES_MAX} bytes")]
pub struct TooLong;

/// The state between two pieces of a stream.
#[derive(Default)]
pub struct Parser {
    line: Vec<u8>,
    data: Vec<u8>,
    event: Option<String>,
    has_data: bool,
    is_after_cr: bool,
    is_past_mark: bool,
}

impl Parser {
    /// Takes the next piece; whole events are appended to `frames`.
    ///
    /// # Errors
    /// [`TooLong`]. The stream is of no use after that.
    pub fn push(&mut self, mut bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.is_after_cr)
                && let Some((b'\n', rest)) = bytes.split_first()
            {
                bytes = rest;
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return self.extend(bytes);
            };
            let (part, rest) = bytes.split_at(end);
            self.extend(part)?;
            if let Some((mark, rest)) = rest.split_first() {
                self.is_after_cr = *mark == b'\r';
                bytes = rest;
            }
            let line = std::mem::take(&mut self.line);
            self.take_line(&line, frames)?;
            // The space is used again: a stream has many lines of one length.
            self.line = line;
            self.line.clear();
        }
        Ok(())
    }

    /// The stream ended: what was whole but for its empty line is taken as an event. The standard drops it, but servers forget the
    /// empty line after the last one.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn finish(&mut self, frames: &mut Vec<Frame>) -> Result<(), TooLong> {
        let line = std::mem::take(&mut self.line);
        self.take_line(&line, frames)?;
        self.dispatch(frames);
        Ok(())
    }

    fn extend(&mut self, part: &[u8]) -> Result<(), TooLong> {
        if self.line.len().saturating_add(part.len()) > EVENT_BYTES_MAX {
            return Err(TooLong);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn take_line(&mut self, line: &[u8], frames: &mut Vec<Frame>) -> Result<(), TooLong> {
        let mut line = line;
        if !std::mem::replace(&mut self.is_past_mark, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch(frames);
            return Ok(());
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.data.len().saturating_add(value.len()) >= EVENT_BYTES_MAX {
                    return Err(TooLong);
                }
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => {
                let name = value.get(..NAME_BYTES_MAX).unwrap_or(value);
                self.event = Some(String::from_utf8_lossy(name).into_owned());
            }
            // A comment has an empty name; other names mean nothing to us.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, frames: &mut Vec<Frame>) {
        let event = self.event.take();
        if std::mem::take(&mut self.has_data) {
            let data = std::mem::take(&mut self.data);
            frames.push(Frame { event, data });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = Vec<(Option<String>, String)>;

    fn read(pieces: &[&[u8]]) -> Read {
        let (mut parser, mut frames) = (Parser::default(), Vec::new());
        for piece in pieces {
            parser.push(piece, &mut frames).unwrap();
        }
        parser.finish(&mut frames).unwrap();
        let text = |data: Vec<u8>| String::from_utf8(data).unwrap();
        frames
            .into_iter()
            .map(|frame| (frame.event, text(frame.data)))
            .collect()
    }

    fn plain(data: &[&str]) -> Read {
        data.iter().map(|data| (None, (*data).to_owned())).collect()
    }

    #[test]
    fn streams_are_read_as_the_standard_says() {
        let cases: [(&str, Read); 14] = [
            ("data: a\n\n", plain(&["a"])),
            ("data:a\n\ndata: b\n\n", plain(&["a", "b"])),
            ("data: a\r\n\r\ndata: b\r\n\r\n", plain(&["a", "b"])),
            ("data: a\r\rdata: b\r\r", plain(&["a", "b"])),
            ("data: a\ndata: b\n\n", plain(&["a\nb"])),
            ("data:  a\n\n", plain(&[" a"])),
            ("data\n\n", plain(&[""])),
            (": comment\n\ndata: a\n\n", plain(&["a"])),
            ("id: 1\nretry: 2\nother: 3\ndata: a\n\n", plain(&["a"])),
            (
                "event: x\ndata: a\n\ndata: b\n\n",
                vec![(Some("x".into()), "a".into()), (None, "b".into())],
            ),
            ("event: x\n\ndata: b\n\n", plain(&["b"])),
            ("\u{feff}data: a\n\n", plain(&["a"])),
            ("data: [DONE]", plain(&["[DONE]"])),
            ("\n\n\n", plain(&[])),
        ];
        for (stream, expected) in cases {
            assert_eq!(read(&[stream.as_bytes()]), expected, "{stream:?}");
        }
    }

    #[test]
    fn a_stream_reads_the_same_wherever_it_is_split() {
        let stream = "\u{feff}: x\r\nevent: e\r\ndata: žluť 🦀\r\ndata: b\r\n\r\ndata: c\r\rdata: d\n\nevent: f\n\ndata: [DONE]\n\n".as_bytes();
        let whole = read(&[stream]);
        assert_eq!(whole.len(), 4);
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                assert_eq!(
                    read(&[&stream[..first], &stream[first..second], &stream[second..]]),
                    whole,
                    "{first} {second}"
                );
            }
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(read(&bytes), whole);
    }

    #[test]
    fn a_line_or_an_event_without_an_end_is_cut_off_at_the_limit() {
        let piece = vec![b'x'; 64 * 1_024];
        let (mut parser, mut frames, mut taken) = (Parser::default(), Vec::new(), 0_usize);
        while parser.push(&piece, &mut frames).is_ok() {
            taken += piece.len();
            assert!(taken <= EVENT_BYTES_MAX);
        }
        assert!(parser.line.capacity() <= 2 * EVENT_BYTES_MAX && frames.is_empty());
        let (mut parser, mut lines) = (Parser::default(), 0_usize);
        let line = [b"data: ", &piece[..], b"\n"].concat();
        while parser.push(&line, &mut frames).is_ok() {
            lines += 1;
            assert!(lines * piece.len() <= EVENT_BYTES_MAX);
        }
        assert!(parser.data.len() <= EVENT_BYTES_MAX && frames.is_empty());
    }

    #[test]
    fn noise_is_read_without_a_panic() {
        // A generator of our own, so that the noise is the same everywhere.
        let mut state = 0x9e37_79b9_u32;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        for _ in 0..500 {
            let (mut parser, mut frames) = (Parser::default(), Vec::new());
            for _ in 0..20 {
                let piece: Vec<u8> = (0..next() % 40)
                    .map(|_| b"\r\n: \xff\xc3data:event\0{}"[next() as usize % 19])
                    .collect();
                parser.push(&piece, &mut frames).unwrap();
            }
            parser.finish(&mut frames).unwrap();
        }
    }
}
