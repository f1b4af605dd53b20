//! How long the page Integrations takes with many connectors and tools: rendered by Tieline, read to its last byte over
//! loopback, on one connection, by an admin who is signed in; and what a first visit costs in Chromium, with nothing in
//! its cache (`e2e/first_page.mjs`).

use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::http::{self, Connection};
use super::subject::{EMAIL, Installation, PASSWORD};
use super::upstream::{Upstream, path_with_tools};
use super::{Row, browser, milliseconds, percentile};

const CONNECTORS: usize = 200;
const TOOLS_EACH: usize = 50;
const WARM_UP: usize = 20;
const OPENED: usize = 500;
/// Under which address, what that shows, and a text that is on the page only then.
const PAGES: [(&str, &str, &str); 3] = [
    ("/integrations", "first page", "Bench 0"),
    ("/integrations?page=4", "last page", "Bench 99"),
    (
        "/integrations?q=tool_49",
        "search for a tool that all have",
        "Bench 0",
    ),
];

/// Measures each of the pages.
pub(super) fn run(binary: &Path) -> Result<Vec<Row>> {
    let upstream = Upstream::start()?;
    let installation = Installation::create(binary, "bench-pages")?;
    let url = format!(
        "http://{}{}",
        upstream.address(),
        path_with_tools(TOOLS_EACH)
    );
    println!("adding {CONNECTORS} connectors");
    for number in 0..CONNECTORS {
        installation.connect(&format!("Bench {number}"), &url)?;
    }
    let tieline = installation.start()?;
    tieline.wait_for_tools(&installation.key, CONNECTORS * TOOLS_EACH)?;
    let mut connection = Connection::open(tieline.address)?;
    let cookie = sign_in(&mut connection, tieline.address)?;
    let mut rows = Vec::new();
    for (path, what, shows) in PAGES {
        println!("{OPENED} × {path}");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nCookie: {cookie}\r\n\r\n",
            tieline.address
        );
        let mut times = Vec::with_capacity(OPENED);
        let mut size = 0;
        for opened in 0..WARM_UP + OPENED {
            let begun = Instant::now();
            let page = http::exchange(&mut connection, request.as_bytes())?;
            let micros = begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX);
            ensure!(page.text()?.contains(shows), "{path} does not show {shows}");
            size = page.body.len();
            if opened >= WARM_UP {
                times.push(micros);
            }
        }
        times.sort_unstable();
        let name = format!(
            "Integrations, {CONNECTORS} connectors × {TOOLS_EACH} tools, {what} ({} KiB)",
            size / 1024
        );
        let figure = format!(
            "p50 {}, p99 {}",
            milliseconds(percentile(&times, 500)),
            milliseconds(percentile(&times, 990))
        );
        rows.push(Row::new(name, figure, "p50 5 ms"));
    }
    drop(connection);
    rows.extend(first_visits(&browser::script("first_page.mjs", binary)?));
    Ok(rows)
}

/// Lines such as `/signin: 61 KB, usable after 87 ms`.
fn first_visits(printed: &str) -> Vec<Row> {
    let visits = printed.lines().filter_map(|line| line.split_once(": "));
    visits
        .map(|(path, figure)| {
            let name = format!("First visit of {path} in Chromium, median");
            Row::new(name, figure, "100 KB, 200 ms")
        })
        .collect()
}

/// Signs the admin in and returns their cookie, `name=value`.
fn sign_in(connection: &mut Connection, address: SocketAddr) -> Result<String> {
    let form = format!(
        "email={}&password={}",
        EMAIL.replace('@', "%40"),
        PASSWORD.replace(' ', "+")
    );
    let request = format!(
        "POST /signin HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nAccept: text/html\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    connection.send(request.as_bytes())?;
    let answer = connection.receive()?.context("no answer to the sign-in")?;
    let cookie = answer.header("set-cookie").context("no cookie was set")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}
