//! Whether a server takes connections: begins one, and sees whether it is asked for a password.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(2);
/// Version 3.0 of the protocol.
const PROTOCOL: i32 = 196_608;

/// True when the server on this port of 127.0.0.1 opened a session for us as far as the password. A server that is starting
/// or stopping answers with an error instead.
#[must_use]
pub fn answers(port: u16) -> bool {
    first_byte(port).is_ok_and(|byte| byte == b'R')
}

/// True when there is a server on this port, even one that is too busy to take us.
#[must_use]
pub fn is_there(port: u16) -> bool {
    first_byte(port).is_ok()
}

fn first_byte(port: u16) -> std::io::Result<u8> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    let mut body = PROTOCOL.to_be_bytes().to_vec();
    body.extend_from_slice(b"user\0postgres\0database\0postgres\0\0");
    let length = i32::try_from(body.len() + 4).unwrap_or(i32::MAX);
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&body)?;
    // All of the answer is read, so that closing is no reset, which the server would log.
    let mut answer = [0u8; 512];
    let length = stream.read(&mut answer)?;
    answer
        .first()
        .copied()
        .filter(|_| length > 0)
        .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}
