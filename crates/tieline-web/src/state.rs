//! What every handler holds: the hub, the agent and what an operator set about the outside of this server.
//!
//! Cheap to clone and without type parameters, so that it never shows up in a handler's signature as more than
//! `State<AppState>`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tieline_agent::{Agent, ModelChecker};
use tieline_hub::Hub;
use url::Url;

use crate::assets::Assets;

/// The state of every route except the gateway's, which has its own.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The use cases.
    pub hub: Hub,
    /// The built-in agent, over the same hub.
    pub agent: Agent,
    /// What an operator set.
    pub settings: Arc<WebSettings>,
    /// Where the numbers for `/metrics` come from.
    pub metrics: MetricsText,
    /// Tests model APIs before they are saved.
    pub models: ModelChecker,
    /// The files that pages load.
    pub assets: Assets,
}

impl AppState {
    /// A state without metrics; see [`AppState::with_metrics`].
    pub fn new(hub: Hub, agent: Agent, settings: WebSettings) -> Self {
        Self {
            models: ModelChecker::new(&hub),
            hub,
            agent,
            settings: Arc::new(settings),
            metrics: MetricsText::none(),
            assets: Assets::load(),
        }
    }

    /// The same state with a source of metrics.
    #[must_use]
    pub fn with_metrics(mut self, metrics: MetricsText) -> Self {
        self.metrics = metrics;
        self
    }
}

/// Makes the Prometheus text of `/metrics` at the moment that it is asked for.
#[derive(Clone)]
pub struct MetricsText(Arc<dyn Fn() -> String + Send + Sync>);

impl MetricsText {
    /// The text that `render` makes.
    pub fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    /// No metrics at all: an empty text.
    pub fn none() -> Self {
        Self::new(String::new)
    }

    pub(crate) fn render(&self) -> String {
        (self.0)()
    }
}

impl fmt::Debug for MetricsText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsText")
    }
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsExposure {
    /// Nobody; the route answers 404.
    Off,
    /// Programs on the same machine that come without a proxy.
    #[default]
    SameMachine,
    /// Everybody who reaches the server.
    Anyone,
}

/// What an operator set about the outside of this server.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// The address that people type, when it is not the one that the server listens on.
    pub public_url: Option<Url>,
    /// The address that the server listens on, with its real port.
    pub listen: SocketAddr,
    /// The organisation's name, shown on pages; empty when none is set.
    pub organization: String,
    /// Further host names under which the server may be addressed, without a port.
    pub allowed_hosts: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Who may read `/metrics`.
    pub metrics: MetricsExposure,
}

impl WebSettings {
    /// The settings of a server on `listen` with nothing else set.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            public_url: None,
            listen,
            organization: String::new(),
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics: MetricsExposure::default(),
        }
    }

    /// Where people reach the server, without a slash at the end: the public URL, or the address it listens on.
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None if self.listen.ip().is_unspecified() => {
                format!("http://localhost:{}", self.listen.port())
            }
            None => format!("http://{}", self.listen),
        }
    }

    /// The public URL's origin as a browser writes it in `Origin`, without a default port.
    pub fn public_origin(&self) -> Option<String> {
        let url = self.public_url.as_ref()?;
        Some(url.origin().ascii_serialization())
    }

    /// Whether browsers reach the server over https, so that cookies can be bound to it.
    pub fn is_https(&self) -> bool {
        self.public_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "https")
    }

    /// Whether only programs on this machine can reach the server.
    pub fn listens_on_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_url_is_what_people_can_open() {
        let base = |listen: &str, public: Option<&str>| {
            let mut settings = WebSettings::new(listen.parse().expect("an address"));
            settings.public_url = public.map(|url| Url::parse(url).expect("a URL"));
            settings.base_url()
        };
        assert_eq!(base("127.0.0.1:7420", None), "http://127.0.0.1:7420");
        assert_eq!(base("0.0.0.0:7420", None), "http://localhost:7420");
        assert_eq!(base("[::1]:80", None), "http://[::1]:80");
        assert_eq!(
            base("0.0.0.0:7420", Some("https://tieline.example/")),
            "https://tieline.example"
        );
    }
}
