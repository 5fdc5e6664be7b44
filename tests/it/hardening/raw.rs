//! What no HTTP client sends: bytes on a socket.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take before a test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it came.
pub struct RawReply {
    /// The HTTP status.
    pub status: u16,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// What follows the head.
    pub body: String,
}

impl RawReply {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn parse(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap();
        Self {
            status: status.parse().unwrap(),
            headers: lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: body.to_owned(),
        }
    }
}

/// Sends `start` and then `drip` again and again, until an answer came and the server closed; `None` where it never did.
pub async fn ask(url: &str, start: &[u8], drip: Option<(&[u8], Duration)>) -> Option<RawReply> {
    let socket = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    let (mut reader, mut writer) = socket.into_split();
    // A server that refuses may close before everything was sent.
    let _ = writer.write_all(start).await;
    let dripping = async {
        while let Some((bytes, pause)) = drip {
            tokio::time::sleep(pause).await;
            if writer.write_all(bytes).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let reading = async {
        let mut bytes = Vec::new();
        let mut piece = [0; 4_096];
        // A connection that is reset ends the answer like one that is closed.
        while let Ok(count @ 1..) = reader.read(&mut piece).await {
            bytes.extend_from_slice(&piece[..count]);
        }
        bytes
    };
    let bytes = tokio::select! {
        bytes = timeout(PATIENCE, reading) => bytes.ok()?,
        () = dripping => unreachable!("it drips for ever"),
    };
    Some(RawReply::parse(&String::from_utf8(bytes).unwrap()))
}
