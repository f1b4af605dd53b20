//! The whole service on a free port over a real database, and the people who use it, each with a type of their own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tempfile::TempDir;
use tieline_agent::{Agent, AgentSettings};
use tieline_domain::{Actor, KeyId, Role, Settings, UserId};
use tieline_hub::{Hub, HubSettings, NewUser, UserView};
use tieline_mcp::DialPolicy;
use tieline_secrets::{KeyRing, MasterKey};
use tieline_store::{DatabaseUrl, Store};
use tieline_testkit::{FixedClock, SeededEntropy};
use tieline_web::gateway::{GatewaySettings, GatewayState};
use tieline_web::{AppState, MetricsText, WebSettings};
use tokio_util::sync::CancellationToken;

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A running server. It stops when it is dropped.
pub(crate) struct TestApp {
    pub(crate) hub: Hub,
    /// The database, for tests that take it away.
    pub(crate) store: Store,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    stop: CancellationToken,
    _directory: TempDir,
}

/// How a server for a test differs from the usual one.
pub(crate) struct Options {
    pub(crate) allow_loopback: bool,
    pub(crate) deny_private: bool,
    /// Whether connectors are checked in the background. Without it nothing is dialled unless a test asks for it.
    pub(crate) background: bool,
    pub(crate) public_url: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_loopback: true,
            deny_private: false,
            background: false,
            public_url: None,
        }
    }
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let clock = Arc::new(FixedClock::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let (hub, store) = open_hub(&directory, clock.clone(), address, &options).await;
        let stop = CancellationToken::new();
        if options.background {
            let (hub, stop) = (hub.clone(), stop.clone());
            tokio::spawn(async move { hub.run_background(stop).await });
        }
        let settings = WebSettings {
            public_url: options
                .public_url
                .map(|url| url.parse().expect("a public URL")),
            ..WebSettings::new(address)
        };
        let agent = Agent::open(hub.clone(), store.clone(), AgentSettings::default()).await;
        let agent = agent.expect("an agent");
        let state = AppState::new(hub.clone(), agent, settings)
            .with_metrics(MetricsText::new(|| "tieline_up 1\n".to_owned()));
        let gateway = GatewayState::new(hub.clone(), GatewaySettings::default());
        let routes = tieline_web::app(state, gateway);
        tokio::spawn(tieline_web::serve(listener, routes, stop.clone()));
        Self {
            hub,
            store,
            clock,
            address,
            client: Client::builder(TokioExecutor::new()).build_http(),
            stop,
            _directory: directory,
        }
    }

    /// Adds a person with a password.
    pub(crate) async fn person(&self, name: &str, role: Role) -> UserView {
        let new = NewUser {
            email: format!("{}@example.com", name.to_lowercase()),
            name: name.to_owned(),
            role,
            password: Some(PASSWORD.to_owned().into()),
        };
        let added = self.hub.add_user(&Actor::CommandLine, new).await;
        added.expect("a new person").user
    }

    async fn cookie(&self, person: UserView) -> String {
        let started = self.hub.start_sign_in(person, None).await;
        let started = started.expect("a sign-in");
        format!("tieline={}", started.cookie.expose())
    }

    /// Somebody whom nobody knows.
    pub(crate) fn anonymous(&self) -> Anonymous<'_> {
        Anonymous { app: self }
    }

    /// An admin at the dashboard.
    pub(crate) async fn admin(&self, name: &str) -> AdminBrowser<'_> {
        let person = self.person(name, Role::Admin).await;
        let (user, cookie) = (person.id, self.cookie(person).await);
        AdminBrowser {
            app: self,
            user,
            cookie,
        }
    }

    /// A member at the dashboard.
    pub(crate) async fn member(&self, name: &str) -> MemberBrowser<'_> {
        let person = self.person(name, Role::Member).await;
        let (user, cookie) = (person.id, self.cookie(person).await);
        MemberBrowser {
            app: self,
            user,
            cookie,
        }
    }

    /// Whoever holds this cookie, `name=value`.
    pub(crate) fn browser(&self, cookie: &str) -> Browser<'_> {
        Browser {
            app: self,
            cookie: cookie.to_owned(),
        }
    }

    /// A program with a key of this person.
    pub(crate) async fn key_of(&self, user: UserId) -> KeyClient<'_> {
        let created = self
            .hub
            .create_key(&Actor::CommandLine, user, "test", None)
            .await
            .expect("a new key");
        KeyClient {
            app: self,
            id: Some(created.view.id),
            key: created.key.expose().to_owned(),
        }
    }

    /// A program with this text for a key.
    pub(crate) fn key_text(&self, key: &str) -> KeyClient<'_> {
        KeyClient {
            app: self,
            id: None,
            key: key.to_owned(),
        }
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        Answer::read(self.open(request).await).await
    }

    /// An answer whose body is read as it comes.
    pub(crate) async fn open(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Response<hyper::body::Incoming> {
        self.client.request(request).await.expect("an answer")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn open_hub(
    directory: &TempDir,
    clock: Arc<FixedClock>,
    address: SocketAddr,
    options: &Options,
) -> (Hub, Store) {
    let path = directory.path().join("tieline.db");
    let url = DatabaseUrl::parse(path.to_str().expect("a path in UTF-8")).expect("a path");
    let store = Store::open(&url).await.expect("a new database");
    let entropy = Arc::new(SeededEntropy::default());
    let keyring = KeyRing::new(MasterKey::generate(&*entropy));
    let settings = HubSettings {
        dial: DialPolicy {
            allow_loopback: options.allow_loopback,
            own_listeners: vec![address],
            ..DialPolicy::default()
        },
        check_interval: Duration::from_hours(1),
        start: Settings {
            deny_private: options.deny_private,
            ..Settings::default()
        },
        ..HubSettings::default()
    };
    let hub = Hub::open(store.clone(), keyring, clock, entropy, settings).await;
    (hub.expect("a hub"), store)
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    async fn read(response: Response<hyper::body::Incoming>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text()))
    }

    /// The stable code of a problem.
    pub(crate) fn code(&self) -> String {
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        problem["code"]
            .as_str()
            .expect("a problem has a code")
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str());
        value.map_or("", |value| value.expect("ASCII"))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

/// Whoever sends requests. Each kind of actor only says how it proves who it is.
pub(crate) trait Sender {
    fn app(&self) -> &TestApp;
    fn sign(&self, headers: &mut HeaderMap);

    /// A request that is signed and not sent yet, so that a test can change it.
    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Request<Full<Bytes>> {
        let bytes = body.map_or_else(Bytes::new, |body| body.to_string().into());
        let mut request = Request::new(Full::new(bytes));
        *request.method_mut() = method;
        *request.uri_mut() = self.app().url(path).parse().expect("a URI");
        if body.is_some() {
            let json = "application/json".parse().expect("a header");
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        self.sign(request.headers_mut());
        request
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path, body);
        self.app().send(request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }
}

pub(crate) struct Anonymous<'a> {
    app: &'a TestApp,
}

pub(crate) struct MemberBrowser<'a> {
    app: &'a TestApp,
    pub(crate) user: UserId,
    cookie: String,
}

pub(crate) struct AdminBrowser<'a> {
    app: &'a TestApp,
    pub(crate) user: UserId,
    cookie: String,
}

pub(crate) struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
}

pub(crate) struct KeyClient<'a> {
    app: &'a TestApp,
    pub(crate) id: Option<KeyId>,
    key: String,
}

impl KeyClient<'_> {
    /// The key itself.
    pub(crate) fn text(&self) -> &str {
        &self.key
    }
}

fn sign_as_browser(app: &TestApp, cookie: &str, headers: &mut HeaderMap) {
    headers.insert(header::COOKIE, cookie.parse().expect("a cookie"));
    headers.insert(header::ORIGIN, app.url("").parse().expect("an origin"));
    let own = "same-origin".parse().expect("a header");
    headers.insert("sec-fetch-site", own);
}

impl Sender for Anonymous<'_> {
    fn app(&self) -> &TestApp {
        self.app
    }

    fn sign(&self, _: &mut HeaderMap) {}
}

impl Sender for MemberBrowser<'_> {
    fn app(&self) -> &TestApp {
        self.app
    }

    fn sign(&self, headers: &mut HeaderMap) {
        sign_as_browser(self.app, &self.cookie, headers);
    }
}

impl Sender for AdminBrowser<'_> {
    fn app(&self) -> &TestApp {
        self.app
    }

    fn sign(&self, headers: &mut HeaderMap) {
        sign_as_browser(self.app, &self.cookie, headers);
    }
}

impl Sender for Browser<'_> {
    fn app(&self) -> &TestApp {
        self.app
    }

    fn sign(&self, headers: &mut HeaderMap) {
        sign_as_browser(self.app, &self.cookie, headers);
    }
}

impl Sender for KeyClient<'_> {
    fn app(&self) -> &TestApp {
        self.app
    }

    fn sign(&self, headers: &mut HeaderMap) {
        let line = format!("Bearer {}", self.key);
        headers.insert(header::AUTHORIZATION, line.parse().expect("a key"));
    }
}
