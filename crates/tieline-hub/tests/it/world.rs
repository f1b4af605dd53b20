//! A running hub with a person and connectors, and the few steps that most tests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::TempDir;
use tieline_domain::{Actor, ConnectorDraft, Role, Slug, UserId};
use tieline_hub::{
    Call, CallOutcome, Caller, Catalog, CatalogTool, ConnectorStatus, ConnectorView, Hub,
    HubSettings, NewUser, SessionKey, Wanted,
};
use tieline_mcp::{DialPolicy, SessionIs};
use tieline_secrets::{KeyRing, MasterKey};
use tieline_store::{AuditChain, Change, DatabaseUrl, NewAudit, Store};
use tieline_testkit::{FakeMcp, FixedClock, SeededEntropy, eventually, eventually_async};
use tokio_util::sync::CancellationToken;

/// What an admin's change must need at most to act on everything that runs.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(1);

/// A hub over a database in a temporary folder. What runs beside it stops when it is dropped.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) store: Store,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) folder: Arc<TempDir>,
    master: MasterKey,
    /// Two processes never draw the same random numbers.
    seeds: Arc<AtomicU64>,
    stop: CancellationToken,
}

/// A session that began at some moment: it holds the catalogue of then.
pub(crate) struct Session {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) key: SessionKey,
    pub(crate) caller: Caller,
}

pub(crate) fn settings() -> HubSettings {
    HubSettings {
        dial: DialPolicy {
            allow_loopback: true,
            ..DialPolicy::default()
        },
        // Checks run when something asks for one, not when a test happens to take long.
        check_interval: Duration::from_hours(1),
        ..HubSettings::default()
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(settings()).await
    }

    pub(crate) async fn with(settings: HubSettings) -> Self {
        let folder = Arc::new(TempDir::new().expect("a temporary folder"));
        let master = MasterKey::generate(&SeededEntropy::new(1000));
        let world = Self::open(folder, master, Arc::default(), settings).await;
        world.run();
        world
    }

    /// The same database in another process; nothing of it runs in the background.
    pub(crate) async fn beside(&self) -> Self {
        self.opened_again(settings()).await
    }

    /// The same database in another process that is set up differently.
    pub(crate) async fn beside_with(&self, settings: HubSettings) -> Self {
        self.opened_again(settings).await
    }

    /// The same database in another process that serves, too.
    pub(crate) async fn beside_running(&self) -> Self {
        let other = self.beside().await;
        other.run();
        other
    }

    /// The same database after a restart.
    pub(crate) async fn restarted(self) -> Self {
        self.stop.cancel();
        let next = self.opened_again(settings()).await;
        next.run();
        next
    }

    async fn opened_again(&self, settings: HubSettings) -> Self {
        let (folder, master) = (self.folder.clone(), self.master.clone());
        Self::open(folder, master, self.seeds.clone(), settings).await
    }

    async fn open(
        folder: Arc<TempDir>,
        master: MasterKey,
        seeds: Arc<AtomicU64>,
        settings: HubSettings,
    ) -> Self {
        let path = folder.path().join("tieline.db");
        let store = Store::open(&DatabaseUrl::sqlite(path))
            .await
            .expect("a database");
        let clock = Arc::new(FixedClock::default());
        let entropy = Arc::new(SeededEntropy::new(seeds.fetch_add(1, Ordering::SeqCst)));
        let keyring = KeyRing::new(master.clone());
        let hub = Hub::open(store.clone(), keyring, clock.clone(), entropy, settings)
            .await
            .expect("a hub");
        Self {
            hub,
            store,
            clock,
            folder,
            master,
            seeds,
            stop: CancellationToken::new(),
        }
    }

    fn run(&self) {
        let (hub, stop) = (self.hub.clone(), self.stop.clone());
        tokio::spawn(async move { hub.run_background(stop).await });
    }

    pub(crate) async fn person(&self, name: &str, role: Role) -> UserId {
        let new = NewUser {
            email: format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
            name: name.to_owned(),
            role,
            password: None,
        };
        let added = self.hub.add_user(&Actor::CommandLine, new).await;
        added.expect("a new person").user.id
    }

    /// Adds a connector without waiting for its server.
    pub(crate) async fn add(&self, name: &str, url: &str, token: &str) -> Slug {
        let draft = draft(name, url, token);
        let added = self.hub.add_connector(&Actor::CommandLine, &draft).await;
        added.expect("a new connector").connector.slug
    }

    /// Adds a connector and waits until its tools are in the catalogue.
    pub(crate) async fn connect(&self, name: &str, server: &FakeMcp, token: &str) -> Slug {
        let slug = self.add(name, &server.url(), token).await;
        let view = self
            .wait_for(&slug, |view| view.status == ConnectorStatus::Working)
            .await;
        // What was saved is in force a moment later.
        let in_force = || {
            let catalog = self.hub.catalog();
            let found = catalog.connector(slug.as_str());
            found.is_some_and(|found| found.tools.len() == view.tools_enabled)
        };
        eventually(in_force).await;
        slug
    }

    pub(crate) async fn view(&self, slug: &Slug) -> ConnectorView {
        self.hub.connector(slug).await.expect("a connector")
    }

    /// Waits until a connector looks like this.
    pub(crate) async fn wait_for(
        &self,
        slug: &Slug,
        is_there: impl Fn(&ConnectorView) -> bool,
    ) -> ConnectorView {
        eventually_async(|| async {
            let view = self.view(slug).await;
            is_there(&view).then_some(view)
        })
        .await
    }

    /// A session of a new person, begun now.
    pub(crate) async fn session(&self, person: &str) -> Session {
        let user = self.person(person, Role::Member).await;
        let caller = Caller {
            user,
            user_name: person.to_owned(),
            role: Role::Member,
            key: None,
        };
        Session {
            catalog: self.hub.catalog(),
            key: SessionKey(person.into()),
            caller,
        }
    }

    /// Calls a tool of a session's own catalogue with no arguments.
    pub(crate) async fn call(&self, session: &Session, tool: &str) -> CallOutcome {
        let tool = session.tool(tool);
        let name = serde_json::to_string(&tool.agent_name).expect("text");
        let params = RawValue::from_string(format!("{{\"name\":{name},\"arguments\":{{}}}}"));
        let call = Call {
            caller: &session.caller,
            session: &session.key,
            wanted: Wanted::Tool(&tool),
            params: &params.expect("JSON"),
            split: None,
            notifications: None,
            hold: None,
            pass_on: None,
            session_is: SessionIs::Nobodys,
            askable: None,
            cancel: CancellationToken::new(),
            client: Some(&"test 1.0".into()),
            request: None,
        };
        self.hub.dispatch(call).await
    }

    /// The actions in the audit log, oldest first.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let filter = tieline_hub::AuditFilter::default();
        let page = self.hub.audit_page(None, 200, &filter).await;
        let rows = page.expect("a page").rows;
        rows.into_iter().rev().map(|row| row.action).collect()
    }

    /// What somebody with their hands in the database would write: a change that no use case made.
    pub(crate) fn edit(&self) -> Change {
        let keyring = KeyRing::new(self.master.clone());
        let chain: AuditChain = Arc::new(move |bytes: &[u8]| keyring.audit_mac(bytes));
        Change {
            audit: NewAudit {
                id: tieline_domain::AuditId::generate(&*self.clock, self.hub.entropy()),
                at: tieline_domain::Clock::now(&*self.clock),
                actor: Actor::System,
                action: "test.edit",
                target_kind: "test",
                target: String::new(),
                detail: "{}".to_owned(),
            },
            chain,
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Session {
    pub(crate) fn tool(&self, name: &str) -> Arc<CatalogTool> {
        let found = self.catalog.by_agent_name(name).cloned();
        found.expect("the session's catalogue has the tool")
    }

    /// The names that this session's agent sees.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.catalog.tools().map(|tool| &*tool.agent_name).collect()
    }
}

pub(crate) fn draft(name: &str, url: &str, token: &str) -> ConnectorDraft {
    ConnectorDraft {
        name: name.to_owned(),
        slug: None,
        url: url.to_owned(),
        token: token.to_owned().into(),
        auth_header: String::new(),
    }
}

/// What happened, as one word: `ok`, `tool_error`, or the code of a failure or refusal.
pub(crate) fn word(outcome: &CallOutcome) -> &'static str {
    outcome.code().unwrap_or(outcome.word())
}

/// The first text of a result.
pub(crate) fn text(outcome: &CallOutcome) -> String {
    let (CallOutcome::Ok { result, .. } | CallOutcome::ToolError { result, .. }) = outcome else {
        panic!("there is no result: {outcome:?}");
    };
    let result: Value = serde_json::from_str(result.get()).expect("JSON");
    result["content"][0]["text"]
        .as_str()
        .expect("a text")
        .to_owned()
}
