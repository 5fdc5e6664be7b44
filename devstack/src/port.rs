//! Ports of 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};

use crate::DevstackError;

/// Which port a program listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Port {
    /// Any that is free.
    #[default]
    Free,
    /// This one.
    Fixed(u16),
}

impl Port {
    /// A port that was free a moment ago. Another program can take it before ours does, so starting is tried again.
    pub(crate) fn choose(self) -> Result<u16, DevstackError> {
        match self {
            Self::Free => {
                let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
                taken
                    .map(|address| address.port())
                    .map_err(|_| DevstackError::PortBusy(0))
            }
            Self::Fixed(port) => require_free_port(port).map(|()| port),
        }
    }
}

/// Fails with a clear message where a port of 127.0.0.1 is taken.
///
/// # Errors
/// [`DevstackError::PortBusy`].
pub fn require_free_port(port: u16) -> Result<(), DevstackError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|_| DevstackError::PortBusy(port))
}

/// A port of 127.0.0.1 that was free a moment ago.
///
/// # Errors
/// If the system has none.
pub fn free_port() -> Result<u16, DevstackError> {
    Port::Free.choose()
}
