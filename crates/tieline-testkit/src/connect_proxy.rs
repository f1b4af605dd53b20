//! A real HTTP proxy on loopback that knows `CONNECT` and nothing else. Whatever name is asked for leads to one address.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

const LOGIN_WANTED: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\ncontent-length: 0\r\n\r\n";

/// What the proxy does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyManner {
    /// It connects.
    Open,
    /// It connects whoever sends this value of `Proxy-Authorization`, and answers 407 otherwise.
    Login(String),
    /// It answers with exactly these bytes.
    Answers(String),
    /// It reads the request and never answers.
    Silent,
}

/// A running proxy. It stops when it is dropped.
#[derive(Debug)]
pub struct ConnectProxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl ConnectProxy {
    /// A proxy with these manners, on a free port, for whom every host is `to`.
    pub async fn start(manner: ProxyManner, to: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound listener");
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, manner.clone(), to, Arc::clone(&log)));
            }
        });
        Self {
            address,
            asked,
            task,
        }
    }

    /// Where it listens, as a proxy is written: `http://127.0.0.1:3128`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The heads of all requests that came so far.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.clone()
    }
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the proxy, not what goes through it"
)]
async fn serve(
    mut client: TcpStream,
    manner: ProxyManner,
    to: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(head.clone());
    let line = |value: &str| format!("Proxy-Authorization: {value}\r\n");
    let answer = match &manner {
        ProxyManner::Silent => return std::future::pending().await,
        ProxyManner::Answers(bytes) => Some(bytes.as_str()),
        ProxyManner::Login(value) if !head.contains(&line(value)) => Some(LOGIN_WANTED),
        _ if !head.starts_with("CONNECT ") => {
            Some("HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n")
        }
        ProxyManner::Open | ProxyManner::Login(_) => None,
    };
    if let Some(answer) = answer {
        drop(client.write_all(answer.as_bytes()).await);
        return;
    }
    let Ok(mut upstream) = TcpStream::connect(to).await else {
        drop(client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await);
        return;
    };
    let established = b"HTTP/1.1 200 Connection established\r\n\r\n";
    if client.write_all(established).await.is_ok() {
        drop(copy_bidirectional(&mut client, &mut upstream).await);
    }
}
