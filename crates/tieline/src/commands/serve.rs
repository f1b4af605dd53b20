//! `tieline serve`: runs everything in one process.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tieline_web::auth::HostPolicy;
use tieline_web::gateway::{AllowedHosts, GatewaySettings, GatewayState};
use tieline_web::{AppState, MetricsExposure, MetricsText, WebSettings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::say;
use crate::compose::{Composed, compose, open_agent};
use crate::config::{Config, MetricsAccess};
use crate::failure::Failure;

const TIDY_METRICS: Duration = Duration::from_secs(5);

/// Serves until the process is told to stop.
pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let mut told_to_stop = std::pin::pin!(stop_signal()?);
    let started = tokio::select! {
        started = start(config, stop.clone()) => started?,
        () = &mut told_to_stop => return Ok(()),
    };
    say(format_args!("ready on {}", started.address));
    told_to_stop.await;
    tracing::info!("stopping: no new requests, running ones may end");
    stop.cancel();
    started.finished().await;
    Ok(())
}

/// A server that runs.
pub(crate) struct Started {
    pub(crate) address: SocketAddr,
    pub(crate) composed: Composed,
    tasks: tokio::task::JoinSet<()>,
    _only_server: tieline_store::ServerLock,
}

impl Started {
    /// Waits until everything has stopped, and closes the database.
    pub(crate) async fn finished(mut self) {
        while self.tasks.join_next().await.is_some() {}
        self.composed.store.close().await;
    }
}

/// Starts everything: the listener first, so that connectors can never point at Tieline itself.
pub(crate) async fn start(config: &Config, stop: CancellationToken) -> Result<Started, Failure> {
    crate::hardening::hide_memory();
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        Failure::failed(format!(
            "Tieline cannot listen on {}: {error}.",
            config.listen
        ))
        .hint("--listen takes another address or port.")
    })?;
    let address = listener.local_addr()?;
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .context("metrics could not be set up")?;
    let composed = compose(config, vec![address]).await?;
    let only_server = composed.store.lock_for_server().await?;
    crate::model_keys::adopt(&composed.hub).await?;
    let settings = web_settings(config, address);
    let gateway = GatewayState::new(
        composed.hub.clone(),
        GatewaySettings {
            hosts: AllowedHosts::new(HostPolicy::new(&settings), []),
            ..GatewaySettings::default()
        },
    );
    let agent = open_agent(&composed, config, only_server.is_exclusive()).await?;
    let metrics_text = MetricsText::new({
        let metrics = metrics.clone();
        move || metrics.render()
    });
    let state =
        AppState::new(composed.hub.clone(), agent.clone(), settings).with_metrics(metrics_text);
    let app = tieline_web::app(state, gateway.clone());
    let mut tasks = tokio::task::JoinSet::new();
    // Records are written and changes noticed until the last request is answered.
    let drained = CancellationToken::new();
    let (hub, token) = (composed.hub.clone(), drained.clone());
    tasks.spawn(async move { hub.run_background(token).await });
    let (hub, token, base) = (
        composed.hub.clone(),
        stop.clone(),
        base_url(config, address),
    );
    if hub.needs_setup().await? {
        print_setup_link(&hub, &base).await?;
        tasks.spawn(async move { renew_setup_link(hub, base, token).await });
    }
    let token = stop.clone();
    tasks.spawn(async move { gateway.run_background(token).await });
    let token = stop.clone();
    tasks.spawn(async move { tidy_metrics(metrics, token).await });
    tasks.spawn(async move {
        let _drained = drained.drop_guard();
        if let Err(error) = tieline_web::serve(listener, app, stop.clone()).await {
            tracing::error!(%error, "the server could not start its workers");
            stop.cancel();
        }
        // Turns that still run are stored as interrupted, and their calls are recorded.
        agent.close().await;
    });
    Ok(Started {
        address,
        composed,
        tasks,
        _only_server: only_server,
    })
}

/// Durations pile up until they are put into their distribution, also when nobody reads the metrics.
async fn tidy_metrics(metrics: PrometheusHandle, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TIDY_METRICS);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => metrics.run_upkeep(),
        }
    }
}

/// Where people reach this server.
pub(crate) fn base_url(config: &Config, address: SocketAddr) -> String {
    web_settings(config, address).base_url()
}

fn web_settings(config: &Config, address: SocketAddr) -> WebSettings {
    WebSettings {
        public_url: config.public_url.clone(),
        organization: config.organization.clone(),
        allowed_hosts: config.allowed_hosts.clone(),
        metrics: match config.metrics {
            MetricsAccess::Loopback => MetricsExposure::SameMachine,
            MetricsAccess::All => MetricsExposure::Anyone,
            MetricsAccess::Off => MetricsExposure::Off,
        },
        trusted_proxies: config.trusted_proxies.clone(),
        ..WebSettings::new(address)
    }
}

async fn print_setup_link(hub: &tieline_hub::Hub, base: &str) -> Result<(), Failure> {
    let code = hub.issue_setup_code().await?;
    say(format_args!(
        "Set up Tieline in a browser (the link works for 30 minutes): {base}/setup?code={}",
        code.expose()
    ));
    Ok(())
}

/// Prints a new link whenever the one before ran out, until the first admin exists.
async fn renew_setup_link(hub: tieline_hub::Hub, base: String, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(tieline_hub::Hub::SETUP_CODE_LIFETIME) => {}
        }
        match hub.needs_setup().await {
            Ok(false) => return,
            Ok(true) => {
                if print_setup_link(&hub, &base).await.is_err() {
                    tracing::error!("a new setup link could not be saved; restart Tieline for one");
                }
            }
            Err(error) => {
                tracing::error!(%error, "the database did not say whether Tieline is set up");
            }
        }
    }
}

/// Listens for interrupt and terminate from this moment on: whoever was told "ready" may stop the server at once.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
