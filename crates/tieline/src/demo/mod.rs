//! `tieline demo`: the whole product in one command, with no account anywhere.
//!
//! It starts Tieline on a temporary data directory and a small sample MCP server that demands a token, adds that
//! server through the public API, calls one of its tools through the gateway, and stays up for a look around.

mod client;
mod sample_server;
mod walk;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tieline_domain::{Actor, Entropy, RandomCode, Role};
use tieline_hub::NewUser;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::clock::OsEntropy;
use crate::commands::{say, serve};
use crate::config::Config;
use crate::failure::Failure;

const EMAIL: &str = "admin@demo.example";

/// Runs the demo until it is interrupted, and removes its data afterwards.
pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let folder = TemporaryFolder::new()?;
    let config = Config {
        listen: SocketAddr::from((
            Ipv4Addr::LOCALHOST,
            if config.listen_is_set() {
                config.listen.port()
            } else {
                0
            },
        )),
        data_dir: folder.path().to_owned(),
        database_url: None,
        public_url: None,
        master_key_file: None,
        credentials_dir: None,
        allow_loopback: true,
        log: "error".to_owned(),
        ..config.clone()
    };
    crate::logging::start(&config)?;
    let stop = CancellationToken::new();
    // From the first moment on an interrupt ends the demo in order, so that nothing is left behind.
    let mut interrupted = std::pin::pin!(serve::stop_signal()?);
    let started = tokio::select! {
        shown = show(&config, stop.clone()) => shown?,
        () = &mut interrupted => return Ok(()),
    };
    interrupted.await;
    stop.cancel();
    started.finished().await;
    Ok(())
}

async fn show(config: &Config, stop: CancellationToken) -> Result<serve::Started, Failure> {
    let token = RandomCode::generate(&OsEntropy);
    let sample = sample_server::start(token.expose(), stop.clone()).await?;
    say(format_args!(
        "A sample MCP server runs at http://{sample}/mcp and demands a token."
    ));

    let password = Zeroizing::new(RandomCode::generate(&OsEntropy).expose()[..20].to_owned());
    let started = start_with_admin(config, &password, stop).await?;
    let address = started.address;
    say(format_args!(
        "Tieline runs at http://{address} on a temporary data directory."
    ));
    walk::walk(&started, sample, token.expose()).await?;

    say("");
    say(format_args!("Look around: http://{address}/signin"));
    say(format_args!("  e-mail    {EMAIL}"));
    say(format_args!("  password  {}", password.as_str()));
    say("Ctrl+C ends the demo and deletes everything that it made.");
    Ok(started)
}

async fn start_with_admin(
    config: &Config,
    password: &Zeroizing<String>,
    stop: CancellationToken,
) -> Result<serve::Started, Failure> {
    let admin = NewUser {
        email: EMAIL.to_owned(),
        name: "Demo admin".to_owned(),
        role: Role::Admin,
        password: Some(password.clone()),
    };
    let composed = crate::compose::compose(config, Vec::new()).await?;
    composed.hub.add_user(&Actor::System, admin).await?;
    composed.store.close().await;
    serve::start(config, stop).await
}

/// A folder that is deleted when the demo ends.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> Result<Self, Failure> {
        let mut random = [0_u8; 8];
        OsEntropy.fill(&mut random);
        let name = format!("tieline-demo-{:016x}", u64::from_be_bytes(random));
        let path = std::env::temp_dir().join(name);
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::error!(%error, folder = %self.0.display(), "the demo's folder could not be deleted");
        }
    }
}
