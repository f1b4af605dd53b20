//! The Tieline under test: the release binary on a data directory of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{cpu, http};
use crate::process::{self, Running, Scratch};

pub(super) const EMAIL: &str = "bench@example.com";
pub(super) const PASSWORD: &str = "a long pass phrase";

/// Builds what `cargo run --release` builds.
pub(crate) fn release_binary() -> Result<PathBuf> {
    if !process::run(process::cargo().args([
        "build",
        "--locked",
        "--release",
        "--package",
        "tieline",
    ]))? {
        bail!("tieline does not build");
    }
    Ok(process::target_dir().join("release/tieline"))
}

/// A data directory with an admin, an access key and some connectors.
pub(crate) struct Installation {
    binary: PathBuf,
    folder: Scratch,
    pub(crate) key: String,
    environment: Vec<(&'static str, String)>,
}

impl Installation {
    /// Creates the admin and the key.
    pub(crate) fn create(binary: &Path, name: &str) -> Result<Self> {
        let folder = Scratch::new(name)?;
        let mut this = Self {
            binary: binary.to_path_buf(),
            folder,
            key: String::new(),
            environment: Vec::new(),
        };
        this.cli(
            &[
                "user",
                "add",
                "--email",
                EMAIL,
                "--name",
                "Bench",
                "--role",
                "admin",
                "--password-stdin",
            ],
            PASSWORD,
        )?;
        this.key = this.another_key("bench")?;
        Ok(this)
    }

    /// One more access key of the admin.
    pub(crate) fn another_key(&self, name: &str) -> Result<String> {
        self.cli(&["key", "create", "--email", EMAIL, "--name", name], "")
    }

    /// The server starts with this setting.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// Adds a connector without asking its server.
    pub(crate) fn connect(&self, name: &str, url: &str) -> Result<()> {
        self.cli(
            &[
                "connector",
                "add",
                name,
                url,
                "--token-stdin",
                "--skip-test",
            ],
            "raw bench token",
        )?;
        Ok(())
    }

    /// Gives the agent a model without asking it.
    pub(crate) fn give_model(&self, url: &str) -> Result<()> {
        self.cli(
            &[
                "model",
                "add",
                "--kind",
                "anthropic",
                "--name",
                "Scripted",
                "--base-url",
                url,
                "--model",
                "scripted",
                "--key-stdin",
                "--skip-test",
            ],
            "sk-bench-0123456789",
        )?;
        Ok(())
    }

    /// Starts the server and waits until it is ready.
    pub(crate) fn start(&self) -> Result<Subject> {
        let begun = Instant::now();
        let mut child = process::command(&self.binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(self.data_dir())
            .env("TIELINE_LOG", "warn,tieline=info")
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, lines) = mpsc::channel();
        forward(child.stdout.take(), &sender);
        forward(child.stderr.take(), &sender);
        drop(sender);
        let running = Running(child);
        let mut log = String::new();
        while let Ok(line) = lines.recv_timeout(Duration::from_secs(30)) {
            if let Some(address) = ready_address(&line) {
                return Ok(Subject {
                    address,
                    ready_after: begun.elapsed(),
                    running,
                });
            }
            log.push_str(&line);
            log.push('\n');
        }
        bail!("tieline did not become ready:\n{log}")
    }

    fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn cli(&self, words: &[&str], input: &str) -> Result<String> {
        let mut child = process::command(&self.binary)
            .args(words)
            .arg("--data-dir")
            .arg(self.data_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        write_all(&mut child, input)?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!(
                "tieline {} failed: {}",
                words.join(" "),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// A running server; it stops when this value is dropped.
pub(crate) struct Subject {
    pub(crate) address: SocketAddr,
    pub(crate) ready_after: Duration,
    running: Running,
}

impl Subject {
    /// CPU time so far, in microseconds.
    pub(crate) fn cpu_micros(&self) -> Result<u64> {
        cpu::micros(self.running.0.id())
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        cpu::resident_kib(self.running.0.id())
    }

    /// Waits until the gateway lists `tools` tools.
    pub(crate) fn wait_for_tools(&self, key: &str, tools: usize) -> Result<()> {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let listed = self.list(key)?;
            if listed == tools {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the gateway lists {listed} tools instead of {tools}");
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn list(&self, key: &str) -> Result<usize> {
        let bearer = format!("Bearer {key}");
        let headers = [
            ("Authorization", bearer.as_str()),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/list"),
        ];
        let mut connection = http::Connection::open(self.address)?;
        let (mut listed, mut cursor) = (0, String::new());
        loop {
            let body = format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{{cursor}{META}}}}}"#
            );
            let answer = http::exchange(
                &mut connection,
                &http::post(self.address, "/mcp", &headers, &body),
            )?;
            let text = answer.text()?;
            listed += text.matches("\"inputSchema\"").count();
            match super::upstream::between(text, "\"nextCursor\":\"", &['"']) {
                Some(next) => cursor = format!(r#""cursor":"{next}","#),
                None => return Ok(listed),
            }
        }
    }
}

/// What every request of the modern era carries.
pub(crate) const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}"#;

fn write_all(child: &mut Child, input: &str) -> Result<()> {
    let mut stdin = child.stdin.take().context("no standard input")?;
    Ok(stdin.write_all(input.as_bytes())?)
}

fn forward(stream: Option<impl Read + Send + 'static>, to: &mpsc::Sender<String>) {
    let to = to.clone();
    thread::spawn(move || {
        // Reads to the end even when nobody listens any more, so that the server never waits for us.
        for line in stream
            .into_iter()
            .flat_map(|stream| BufReader::new(stream).lines())
            .map_while(Result::ok)
        {
            let _ = to.send(line);
        }
    });
}

fn ready_address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("ready")?;
    rest.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'))
        .find_map(|word| word.trim_matches(['.', ':']).parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_names_the_address() {
        let expected = "127.0.0.1:7420".parse().ok();
        assert_eq!(ready_address("ready http://127.0.0.1:7420"), expected);
        assert_eq!(
            ready_address("INFO tieline: ready, listening on http://127.0.0.1:7420."),
            expected
        );
        assert_eq!(ready_address("setting up 127.0.0.1:7420"), None);
    }
}
