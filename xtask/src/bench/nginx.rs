//! nginx as a plain reverse proxy that adds one header: the yardstick.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::cpu;
use crate::process::{self, Running, Scratch};
use crate::tools;

/// A running nginx; it stops when this value is dropped.
pub(crate) struct Nginx {
    master: Running,
    address: SocketAddr,
    _folder: Scratch,
}

impl Nginx {
    /// Starts it in front of `upstream`.
    pub(crate) fn start(upstream: SocketAddr, token: &str) -> Result<Self> {
        let Some(program) = tools::program("nginx", "nginx").or_else(in_sbin) else {
            bail!("nginx is not installed (apt-get install nginx)");
        };
        let folder = Scratch::new("nginx")?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let config = folder.path().join("nginx.conf");
        std::fs::write(
            &config,
            configuration(folder.path(), address, upstream, token),
        )?;
        let child = process::command(program)
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&config)
            .arg("-e")
            .arg(folder.path().join("error.log"))
            .spawn()?;
        let nginx = Self {
            master: Running(child),
            address,
            _folder: folder,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            if Instant::now() > deadline {
                bail!("nginx did not start");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// CPU time of its workers so far, in microseconds.
    pub(crate) fn cpu_micros(&self) -> Result<u64> {
        cpu::children(self.master.0.id())?
            .into_iter()
            .map(cpu::micros)
            .sum()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM lets the master end its workers; a plain kill would orphan them.
        process::succeeds(process::command("kill").arg(self.master.0.id().to_string()));
        let deadline = Instant::now() + Duration::from_secs(5);
        while matches!(self.master.0.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn in_sbin() -> Option<std::path::PathBuf> {
    let program = std::path::PathBuf::from("/usr/sbin/nginx");
    program.is_file().then_some(program)
}

fn configuration(folder: &Path, address: SocketAddr, upstream: SocketAddr, token: &str) -> String {
    let folder = folder.display();
    // Only root may and must say as whom the workers run.
    let user = if tools::is_root() { "user root;" } else { "" };
    format!(
        "{user} daemon off; worker_processes auto; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream mcp {{ server {upstream}; keepalive 64; keepalive_requests 100000000; }}
  server {{
    listen {address};
    location / {{
      proxy_pass http://mcp; proxy_http_version 1.1;
      proxy_set_header Connection \"\"; proxy_set_header Authorization \"{token}\";
    }}
  }}
}}
"
    )
}
