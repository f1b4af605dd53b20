//! The yardstick of `cargo xtask bench sessions`: hyper alone, which answers a new client with bytes made beforehand.
//!
//! `bare_server FOLDER` reads `initialize.json` and `tools-list.json` there, prints the address that it listens on, and
//! serves until it is killed.
#![expect(
    clippy::print_stdout,
    reason = "the address is told to whoever started it"
)]

use std::convert::Infallible;
use std::error::Error;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

struct Answers {
    initialize: Bytes,
    tools_list: Bytes,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("name the folder")?;
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name)).map(Bytes::from);
    let answers = Arc::new(Answers {
        initialize: read("initialize.json")?,
        tools_list: read("tools-list.json")?,
    });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answers = answers.clone();
        let service = service_fn(move |request| answer(answers.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        // A client that leaves early is its own business.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(
    answers: Arc<Answers>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    let Ok(body) = request.into_body().collect().await else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let body = body.to_bytes();
    let asks_for = |method: &[u8]| body.windows(method.len()).any(|part| part == method);
    let bytes = if asks_for(b"\"tools/list\"") {
        &answers.tools_list
    } else if asks_for(b"\"initialize\"") {
        &answers.initialize
    } else {
        *response.status_mut() = StatusCode::ACCEPTED;
        return Ok(response);
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("mcp-session-id", HeaderValue::from_static("bare"));
    *response.body_mut() = Full::new(bytes.clone());
    Ok(response)
}
