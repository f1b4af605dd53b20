//! A socket that answers with exactly the bytes of the test, HTTP or not.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a connection after the bytes were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// It is closed.
    Close,
    /// It stays open and silent.
    StayOpen,
}

/// A server that reads one request per connection and writes its bytes. It stops when it is dropped.
#[derive(Debug)]
pub struct RawServer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Bytes>>>,
    task: tokio::task::JoinHandle<()>,
}

/// Answers every connection with these bytes and closes it.
pub async fn raw_server(answer: impl Into<Bytes>) -> RawServer {
    RawServer::start(answer, Afterwards::Close).await
}

impl RawServer {
    /// Answers every connection with these bytes.
    pub async fn start(answer: impl Into<Bytes>, afterwards: Afterwards) -> Self {
        let answer = answer.into();
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port on loopback");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let task = tokio::spawn(async move {
            // The connections end with their server.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, answer.clone(), afterwards, Arc::clone(&log)));
            }
        });
        Self {
            address,
            received,
            task,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL that leads there.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// The requests so far, as bytes.
    pub fn received(&self) -> Vec<Bytes> {
        self.received
            .lock()
            .expect("no holder of this lock panics")
            .clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut socket: TcpStream,
    answer: Bytes,
    afterwards: Afterwards,
    log: Arc<Mutex<Vec<Bytes>>>,
) {
    let request = read_request(&mut socket).await;
    log.lock()
        .expect("no holder of this lock panics")
        .push(request);
    if socket.write_all(&answer).await.is_err() {
        return;
    }
    match afterwards {
        Afterwards::Close => {
            let _ = socket.shutdown().await;
        }
        Afterwards::StayOpen => {
            // Until the client leaves.
            let mut rest = [0; 1024];
            while socket.read(&mut rest).await.is_ok_and(|read| read > 0) {}
        }
    }
}

/// Reads to the end of the request: closing a socket with unread bytes would reset the connection.
async fn read_request(socket: &mut TcpStream) -> Bytes {
    let mut request = Vec::new();
    let mut chunk = [0; 8192];
    while !is_complete(&request) {
        match socket.read(&mut chunk).await {
            Ok(read) if read > 0 => request.extend_from_slice(&chunk[..read]),
            _ => break,
        }
    }
    request.into()
}

fn is_complete(request: &[u8]) -> bool {
    let Some(head) = request.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| {
        line.strip_prefix("content-length:")?
            .trim()
            .parse::<usize>()
            .ok()
    });
    request.len() >= head + 4 + length.unwrap_or(0)
}
