//! A scratch PostgreSQL server from the distribution's package, on a free loopback port.
//!
//! Its data live in a temporary folder and are as unsafe as they are fast: nothing is flushed to disk.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{self, Running, Scratch};
use crate::tools;

/// The variable that the store's tests read.
pub(crate) const URL_VARIABLE: &str = "TIELINE_TEST_POSTGRES_URL";

/// A running server; it stops and its files go when this value is dropped.
pub(crate) struct Postgres {
    // Dropped in this order: the server first, its folder after it.
    _server: Server,
    _folder: Scratch,
    url: String,
}

/// `cargo xtask postgres CMD…`
pub(crate) fn command(words: &[String]) -> Result<bool> {
    let Some((program, args)) = words.split_first() else {
        bail!("name a command to run with PostgreSQL")
    };
    match Postgres::start()? {
        Ok(server) => process::run(
            process::command(program)
                .args(args)
                .env(URL_VARIABLE, server.url()),
        ),
        Err(missing) => bail!("{missing}"),
    }
}

impl Postgres {
    /// Installs PostgreSQL if it may, then starts it. The inner error says what is missing.
    pub(crate) fn start() -> Result<Result<Self, String>> {
        let Some(bin) =
            binaries().or_else(|| tools::apt_install(&["postgresql"]).then(binaries).flatten())
        else {
            return Ok(Err(
                "PostgreSQL's server is not installed (apt-get install postgresql)".to_owned(),
            ));
        };
        let folder = Scratch::new("postgres")?;
        let account = Account::find();
        account.own(folder.path())?;
        create_cluster(&account, &bin, folder.path())?;
        // Another process may take the free port before PostgreSQL does, so a second try is fair.
        for _ in 0..3 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
                .local_addr()?
                .port();
            let mut server = launch(&account, &bin, folder.path(), port)?;
            if server.becomes_ready(&bin, port)? {
                let url = format!("postgres://tieline@127.0.0.1:{port}/postgres");
                println!("\nPostgreSQL listens on 127.0.0.1:{port}");
                return Ok(Ok(Self {
                    _server: server,
                    _folder: folder,
                    url,
                }));
            }
        }
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        bail!("PostgreSQL did not start: {log}")
    }

    /// Where to connect, as a superuser of this server.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

fn create_cluster(account: &Account, bin: &Path, folder: &Path) -> Result<()> {
    let initdb = account
        .command(&bin.join("initdb"))
        .args([
            "--username=tieline",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--pgdata",
        ])
        .arg(folder.join("data"))
        .output()
        .context("could not start initdb")?;
    if !initdb.status.success() {
        bail!(
            "initdb failed: {}",
            String::from_utf8_lossy(&initdb.stderr).trim()
        );
    }
    Ok(())
}

fn launch(account: &Account, bin: &Path, folder: &Path, port: u16) -> Result<Server> {
    let log = std::fs::File::create(folder.join("log"))?;
    let mut command = account.command(&bin.join("postgres"));
    command
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    for setting in [
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=200",
    ] {
        command.args(["-c", setting]);
    }
    let child = command
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .context("could not start postgres")?;
    Ok(Server(Running(child)))
}

struct Server(Running);

impl Server {
    /// Waits until it answers; false when it ended instead.
    fn becomes_ready(&mut self, bin: &Path, port: u16) -> Result<bool> {
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline {
            if self.0.0.try_wait()?.is_some() {
                return Ok(false);
            }
            let mut probe = process::command(bin.join("pg_isready"));
            if process::succeeds(probe.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])) {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(false)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown: it ends its own children, which a plain kill would orphan.
        process::succeeds(process::command("kill").args(["-INT", &self.0.0.id().to_string()]));
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.0.0.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Who runs the server: PostgreSQL refuses to run as root.
enum Account {
    Own,
    Other(&'static str),
}

impl Account {
    fn find() -> Self {
        if !tools::is_root() {
            return Self::Own;
        }
        let exists = |name: &str| process::succeeds(process::command("id").arg(name));
        Self::Other(if exists("postgres") {
            "postgres"
        } else {
            "nobody"
        })
    }

    fn own(&self, folder: &Path) -> Result<()> {
        if let Self::Other(name) = self
            && !process::succeeds(process::command("chown").arg(name).arg(folder))
        {
            bail!("could not give {} to {name}", folder.display());
        }
        Ok(())
    }

    /// `setpriv` replaces itself with the program, so the child's id is the server's, and the server
    /// ends with us even when we are killed.
    fn command(&self, program: &Path) -> Command {
        if process::find("setpriv").is_none() {
            return process::command(program);
        }
        let mut command = process::command("setpriv");
        command.args(["--pdeathsig", "INT"]);
        if let Self::Other(name) = self {
            command.args(["--reuid", name, "--clear-groups"]);
        }
        command.arg(program);
        command.current_dir(std::env::temp_dir());
        command
    }
}

/// The folder with `initdb` and `postgres`: Debian keeps it off the search path.
fn binaries() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    folders.sort();
    folders.reverse();
    if let Ok(folder) = process::output(process::command("pg_config").arg("--bindir")) {
        folders.push(PathBuf::from(folder));
    }
    folders.extend(process::find("initdb").and_then(|file| file.parent().map(Path::to_path_buf)));
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}
