//! A way to a server that can be cut and mended: while it is cut, connections are refused and those that stood are closed.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The way.
pub struct Proxy {
    /// Where it begins.
    pub address: SocketAddr,
    target: Arc<Mutex<Option<SocketAddr>>>,
    serving: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A way that leads nowhere yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mut proxy = Self {
            address,
            target: Arc::default(),
            serving: None,
        };
        proxy.serve(listener);
        proxy
    }

    /// Lets it lead to this server.
    pub fn lead_to(&self, target: SocketAddr) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Some(target);
    }

    /// Cuts it.
    pub fn cut(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }

    /// Mends it.
    pub async fn mend(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("the port is still ours");
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let target = Arc::clone(&self.target);
        self.serving = Some(tokio::spawn(async move {
            // Connections end with this task.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((incoming, _)) = listener.accept().await {
                let target = *target.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(target) = target {
                    connections.spawn(carry(incoming, target));
                }
            }
        }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

async fn carry(mut incoming: TcpStream, target: SocketAddr) {
    if let Ok(mut outgoing) = TcpStream::connect(target).await {
        let _ = tokio::io::copy_bidirectional(&mut incoming, &mut outgoing).await;
    }
}
