//! A folder with a data directory, the commands that run on it, and the server that runs in it.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tieline_testkit::{eventually, eventually_some};

use crate::http::Client;

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Where one Tieline lives. It is deleted with its data when it is dropped.
pub(crate) struct Place {
    folder: TempDir,
    database: Option<String>,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
            database: None,
        }
    }

    /// A place whose data are in this PostgreSQL database.
    pub(crate) fn on(database_url: &str) -> Self {
        Self {
            database: Some(database_url.to_owned()),
            ..Self::new()
        }
    }

    /// A place with one admin.
    pub(crate) async fn with_admin() -> Self {
        let place = Self::new();
        place.add_admin().await;
        place
    }

    pub(crate) async fn add_admin(&self) {
        let add = [
            "user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin",
        ];
        let add = [&add[..], &["--password-stdin"]].concat();
        self.run_with(&add, PASSWORD).await.succeeded();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.path("data").join(name)
    }

    /// The binary with an empty environment and this place's data directory.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieline"));
        command
            .env_clear()
            .current_dir(self.folder.path())
            .arg("--data-dir")
            .arg(self.path("data"));
        if let Some(url) = &self.database {
            command.args(["--database-url", url]);
        }
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "").await
    }

    /// Runs a command with this on its standard input, to its end.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command();
        command.args(arguments);
        finish(command, input).await
    }

    /// An access key of the admin.
    pub(crate) async fn key(&self) -> String {
        let create = ["key", "create", "--email", EMAIL, "--name", "test"];
        let key = self.run(&create).await.succeeded();
        key.trim().to_owned()
    }

    /// Starts the server on a free port and waits until it is ready.
    pub(crate) async fn serve(&self) -> Server {
        self.serve_with(|_| {}).await
    }

    /// The same under what a shell does first; its script ends with `exec "$0" "$@"`.
    pub(crate) async fn serve_under(&self, script: &str) -> Server {
        let mut command = self.command();
        command.args(["--listen", "127.0.0.1:0"]);
        let mut shell = Command::new("/bin/sh");
        shell
            .env_clear()
            .current_dir(self.folder.path())
            .args(["-c", script])
            .arg(command.get_program())
            .args(command.get_args());
        Server::start(shell).await
    }

    pub(crate) async fn serve_with(&self, set: impl FnOnce(&mut Command)) -> Server {
        let mut command = self.command();
        command.args(["--listen", "127.0.0.1:0"]);
        set(&mut command);
        Server::start(command).await
    }
}

/// Runs a command to its end without keeping the test's own servers from answering it.
pub(crate) async fn finish(mut command: Command, input: &str) -> Ran {
    let input = input.to_owned();
    let run = move || {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that does not read it may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("the binary ends")
    };
    let output = tokio::task::spawn_blocking(run).await.expect("no panic");
    Ran {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

impl Ran {
    /// What was printed, by a command that must not fail and has nothing to complain about.
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// What a command that failed like this said: one sentence and perhaps a hint, nothing on standard output.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        let first = self.err.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("error: ") && first.len() > 20,
            "{}",
            self.err
        );
        self.err
    }
}

/// A running server. It is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
    pub(crate) address: String,
}

impl Server {
    pub(crate) async fn start(command: Command) -> Self {
        let mut server = Self::launch(command);
        let ready = |out: String| {
            let line = out.lines().find_map(|line| line.strip_prefix("ready on "));
            line.map(str::to_owned)
        };
        server.address = eventually_some(|| {
            let ended = server.child.try_wait().expect("a child of this process");
            assert!(ended.is_none(), "the server ended: {}", server.err());
            ready(server.out())
        })
        .await;
        server
    }

    /// Starts it without waiting for anything.
    pub(crate) fn launch(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let out = collect(child.stdout.take().expect("a pipe"));
        let err = collect(child.stderr.take().expect("a pipe"));
        Self {
            child,
            out,
            err,
            address: String::new(),
        }
    }

    /// Everything on standard output so far.
    pub(crate) fn out(&self) -> String {
        self.out.lock().expect("no holder panics").clone()
    }

    /// Everything on standard error so far.
    pub(crate) fn err(&self) -> String {
        self.err.lock().expect("no holder panics").clone()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A program that calls with this access key.
    pub(crate) fn client(&self, key: &str) -> Client {
        Client::new(&self.address, key)
    }

    /// Sends a signal by name and waits for the end; answers the exit code, if it was not the signal that ended it.
    pub(crate) async fn signal(&mut self, name: &str) -> Option<i32> {
        let kill = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.expect("a shell").success());
        let ended = eventually_some(|| self.child.try_wait().expect("a child of this process"));
        let code = ended.await.code();
        // The readers end with their pipes; then nothing is missing.
        let (out, err) = (&self.out, &self.err);
        eventually(|| Arc::strong_count(out) == 1 && Arc::strong_count(err) == 1).await;
        code
    }

    /// Stops it as a service manager would.
    pub(crate) async fn stop(&mut self) {
        assert_eq!(self.signal("TERM").await, Some(0), "{}", self.err());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(pipe: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let lines = text.clone();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            let read = String::from_utf8_lossy(&line).into_owned();
            lines.lock().expect("no holder panics").push_str(&read);
            line.clear();
        }
    });
    text
}

/// What an admin's change must need at most to act on everything that runs.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(1);
