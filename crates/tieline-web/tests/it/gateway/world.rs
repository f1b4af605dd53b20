//! A running gateway with people, keys and connectors.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tieline_domain::{Actor, ConnectorDraft, Role, Slug, UserId};
use tieline_hub::{Hub, HubSettings, NewUser};
use tieline_mcp::DialPolicy;
use tieline_secrets::{KeyRing, MasterKey};
use tieline_store::{DatabaseUrl, Store};
use tieline_testkit::{FakeMcp, FixedClock, SeededEntropy, eventually};
use tieline_web::gateway::{GatewaySettings, GatewayState, router};
use tokio_util::sync::CancellationToken;

/// A gateway that listens on a free port. It stops when it is dropped.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) gateway: GatewayState,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    _directory: TempDir,
}

/// A person and their access key.
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) key: String,
    pub(crate) key_id: tieline_domain::KeyId,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(GatewaySettings::default()).await
    }

    pub(crate) async fn with(settings: GatewaySettings) -> Self {
        Self::of(settings, HubSettings::default()).await
    }

    /// The same with what an operator set of the hub; addresses of this machine are always allowed.
    pub(crate) async fn of(settings: GatewaySettings, hub_settings: HubSettings) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().join("tieline.db");
        let url = DatabaseUrl::parse(path.to_str().expect("a path in UTF-8")).expect("a path");
        let store = Store::open(&url).await.expect("a new database");
        let entropy = Arc::new(SeededEntropy::default());
        let keyring = KeyRing::new(MasterKey::generate(&*entropy));
        let dial = DialPolicy {
            allow_loopback: true,
            ..DialPolicy::default()
        };
        let hub_settings = HubSettings {
            dial,
            check_interval: Duration::from_hours(1),
            ..hub_settings
        };
        let clock = Arc::new(FixedClock::default());
        let hub = Hub::open(store, keyring, clock.clone(), entropy, hub_settings)
            .await
            .expect("a hub");
        let stop = CancellationToken::new();
        let (background, token) = (hub.clone(), stop.clone());
        tokio::spawn(async move { background.run_background(token).await });

        let gateway = GatewayState::new(hub.clone(), settings);
        let address = listen(&gateway, &stop).await;
        Self {
            hub,
            gateway,
            clock,
            address,
            stop,
            _directory: directory,
        }
    }

    /// One more gateway over the same hub, as another process has one.
    pub(crate) async fn other_process(&self) -> SocketAddr {
        let gateway = GatewayState::new(self.hub.clone(), GatewaySettings::default());
        listen(&gateway, &self.stop).await
    }

    /// Adds a person with a key.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let new = NewUser {
            email: format!("{}@example.com", name.to_lowercase()),
            name: name.to_owned(),
            role: Role::Member,
            password: None,
        };
        let added = self
            .hub
            .add_user(&Actor::CommandLine, new)
            .await
            .expect("a new person");
        let (key, key_id) = self.key(added.user.id).await;
        Person {
            id: added.user.id,
            key,
            key_id,
        }
    }

    /// Makes one more key for a person.
    pub(crate) async fn key(&self, owner: UserId) -> (String, tieline_domain::KeyId) {
        let created = self
            .hub
            .create_key(&Actor::CommandLine, owner, "test", None)
            .await
            .expect("a new key");
        (created.key.expose().to_owned(), created.view.id)
    }

    /// Adds a connector and waits until its tools are in the catalogue.
    pub(crate) async fn connect(&self, name: &str, server: &FakeMcp) -> Slug {
        self.connect_with(name, server, "").await
    }

    pub(crate) async fn connect_with(&self, name: &str, server: &FakeMcp, token: &str) -> Slug {
        self.connect_at(name, server.url(), token).await
    }

    /// The same for a server at any address.
    pub(crate) async fn connect_at(&self, name: &str, url: String, token: &str) -> Slug {
        let draft = ConnectorDraft {
            name: name.to_owned(),
            slug: None,
            url,
            token: token.to_owned().into(),
            auth_header: String::new(),
        };
        let added = self
            .hub
            .add_connector(&Actor::CommandLine, &draft)
            .await
            .expect("a new connector");
        let slug = added.connector.slug;
        eventually(|| {
            self.hub
                .catalog()
                .connector(slug.as_str())
                .is_some_and(|found| !found.tools.is_empty())
        })
        .await;
        slug
    }

    /// Reads a connector's tools again and waits until there are `count`.
    pub(crate) async fn refresh(&self, slug: &Slug, count: usize) {
        self.hub.refresh_connector(slug).await.expect("a connector");
        eventually(|| {
            self.hub
                .catalog()
                .connector(slug.as_str())
                .is_some_and(|found| found.tools.len() == count)
        })
        .await;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves a gateway on a free port until it is told to stop.
async fn listen(gateway: &GatewayState, stop: &CancellationToken) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener
        .local_addr()
        .expect("a bound listener has an address");
    let (routes, token) = (router(gateway.clone()), stop.clone());
    tokio::spawn(async move {
        let served = axum::serve(listener, routes).with_graceful_shutdown(token.cancelled_owned());
        served.await.expect("serving ends only when it is told to");
    });
    address
}
