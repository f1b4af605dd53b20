//! Running other programs: streamed to the terminal, optionally watched line by line or limited in time.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A command that runs in the workspace root and never waits for input.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that runs us, so that the pinned toolchain is used throughout.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Prints the command and runs it; true when it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    announce(command);
    let status = command
        .status()
        .with_context(|| format!("could not start {}", name(command)))?;
    Ok(status.success())
}

/// What a command printed on standard output, if it succeeded.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("could not start {}", name(command)))?;
    if !output.status.success() {
        bail!(
            "{} failed: {}",
            name(command),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// True when the command starts and succeeds; it stays silent.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command, passes each line on to the terminal and to `watch`.
pub(crate) fn watched(command: &mut Command, watch: impl FnMut(&str) + Send) -> Result<ExitStatus> {
    announce(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", name(command)))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let watch = Mutex::new(watch);
    thread::scope(|scope| {
        scope.spawn(|| out.map(|stream| relay(stream, &mut std::io::stdout(), &watch)));
        scope.spawn(|| err.map(|stream| relay(stream, &mut std::io::stderr(), &watch)));
    });
    Ok(child.wait()?)
}

/// Runs a command for at most `limit`; None when the time was over and the command was ended.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<Option<bool>> {
    announce(command);
    let mut child = command
        .spawn()
        .with_context(|| format!("could not start {}", name(command)))?;
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(250));
    }
}

/// True when `program` is on the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// A folder of our own under the system's temporary folder; removed when it is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Creates `tieline-NAME-PID`.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("tieline-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)
            .with_context(|| format!("could not create {}", path.display()))?;
        Ok(Self(path))
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left-over files in the temporary folder are harmless, so a failure is not worth a message.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process of ours that ends when this value is dropped.
pub(crate) struct Running(pub(crate) std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn relay(stream: impl Read, to: &mut dyn Write, watch: &Mutex<impl FnMut(&str)>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut line) {
        let text = String::from_utf8_lossy(&line);
        let _ = to.write_all(text.as_bytes());
        let _ = to.flush();
        if let Ok(mut watch) = watch.lock() {
            watch(text.trim_end());
        }
        line.clear();
    }
}

fn announce(command: &Command) {
    let words: Vec<_> = command
        .get_args()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    println!("\n$ {} {}", name(command), words.join(" "));
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned()
}
