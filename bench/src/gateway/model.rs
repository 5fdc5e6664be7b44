//! A server of models that answers at once, as a process of its own: whole, as a stream, or as a stream that takes its time.

use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How many pieces a slow stream has, and how long lies between two.
pub const PIECES: usize = 20;
const PACE: Duration = Duration::from_millis(100);
/// What a slow stream is asked with.
pub const SLOWLY: &str = "slowly";

const WHOLE: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"xx"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"#;
const PIECE: &str = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}"#;
const STOP: &str = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}"#;

/// Where it listens.
#[derive(clap::Args)]
pub struct Options {
    /// The port.
    #[arg(long)]
    port: u16,
}

/// Serves until it is killed.
///
/// # Errors
/// If the port is taken.
pub async fn serve(options: &Options) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        // Whoever hangs up ends its own connection alone.
        tokio::spawn(async move { drop(connection(stream).await) });
    }
}

async fn connection(mut stream: TcpStream) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = Vec::new();
    loop {
        let body = request(&mut stream, &mut bytes).await?;
        if memchr::memmem::find(&body, b"\"stream\":true").is_none() {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                WHOLE.len()
            );
            stream.write_all(format!("{head}{WHOLE}").as_bytes()).await?;
            continue;
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        if memchr::memmem::find(&body, SLOWLY.as_bytes()).is_none() {
            let events: String = [PIECE, PIECE, STOP, USAGE, "[DONE]"].map(chunk).concat();
            stream.write_all(format!("{head}{events}0\r\n\r\n").as_bytes()).await?;
            continue;
        }
        stream.write_all(head.as_bytes()).await?;
        for _ in 0..PIECES {
            tokio::time::sleep(PACE).await;
            stream.write_all(chunk(PIECE).as_bytes()).await?;
        }
        let events: String = [STOP, USAGE, "[DONE]"].map(chunk).concat();
        stream.write_all(format!("{events}0\r\n\r\n").as_bytes()).await?;
    }
}

fn chunk(data: &str) -> String {
    let event = format!("data: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len())
}

/// The body of the next request.
async fn request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let mut buffer = [0; 8_192];
    loop {
        if let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())
                .unwrap_or_default();
            let whole = end + 4 + length;
            if bytes.len() >= whole {
                let rest = bytes.split_off(whole);
                let body = std::mem::replace(bytes, rest).split_off(end + 4);
                return Ok(body);
            }
        }
        let read = stream.read(&mut buffer).await?;
        anyhow::ensure!(read > 0, "the client hung up");
        bytes.extend_from_slice(buffer.get(..read).context("a read beyond the buffer")?);
    }
}
