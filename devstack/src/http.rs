//! As much HTTP as it takes to ask a local program one thing.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read, at most.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Asks a program on 127.0.0.1 and returns the status and all that follows it, headers included.
///
/// # Errors
/// If nobody answers in time or the answer is no HTTP.
pub fn get(port: u16, path: &str) -> std::io::Result<(u16, String)> {
    exchange(
        port,
        &format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"),
    )
}

/// As [`get`], with a JSON body.
///
/// # Errors
/// As [`get`].
pub fn post_json(port: u16, path: &str, body: &str) -> std::io::Result<(u16, String)> {
    let length = body.len();
    exchange(
        port,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

fn exchange(port: u16, request: &str) -> std::io::Result<(u16, String)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status
        .map(|status| (status, answer))
        .ok_or_else(|| std::io::Error::other("the answer is not HTTP"))
}
