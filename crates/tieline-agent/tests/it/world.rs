//! A hub with a scripted model, fake servers and people, and the agent over it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use tempfile::TempDir;
use tieline_agent::model::ModelLimits;
use tieline_agent::{
    Agent, AgentSettings, Event, Follow, HubModels, SessionState, ToolBlock, Transcript,
    TranscriptItem,
};
use tieline_domain::{
    Actor, CallId, ConnectorDraft, ModelKind, ModelName, ModelUrl, NewModel, Role, SessionId, Slug,
    TurnId,
};
use tieline_hub::{Caller, Hub, HubSettings, NewUser};
use tieline_mcp::DialPolicy;
use tieline_secrets::{KeyRing, MasterKey};
use tieline_store::{DatabaseUrl, Store};
use tieline_testkit::{
    FakeMcp, FixedClock, ModelCall, ModelReply, ScriptedModel, SeededEntropy, eventually,
    eventually_async,
};
use tokio_util::sync::CancellationToken;

use crate::postgres::Database;

/// Everything that a test needs. What runs beside it stops when it is dropped.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) store: Store,
    pub(crate) agent: Agent,
    pub(crate) model: Arc<ScriptedModel>,
    pub(crate) clock: Arc<FixedClock>,
    place: Place,
    master: MasterKey,
    seeds: Arc<AtomicU64>,
    stop: CancellationToken,
}

/// Where the database is.
#[derive(Clone)]
enum Place {
    Folder(Arc<TempDir>),
    Postgres(Arc<Database>),
}

impl Place {
    fn temporary() -> Self {
        Self::Folder(Arc::new(TempDir::new().expect("a temporary folder")))
    }

    fn url(&self) -> DatabaseUrl {
        match self {
            Self::Folder(folder) => DatabaseUrl::sqlite(folder.path().join("tieline.db")),
            Self::Postgres(database) => database.url(),
        }
    }
}

/// How long a model API is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

fn limits(patience: Duration) -> ModelLimits {
    ModelLimits {
        first_token: patience,
        idle: patience,
        backoff: Duration::from_millis(5),
        ..ModelLimits::default()
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(AgentSettings::default()).await
    }

    pub(crate) async fn with(settings: AgentSettings) -> Self {
        let world = Self::without_model(settings).await;
        world.add_model().await;
        world
    }

    pub(crate) async fn without_model(settings: AgentSettings) -> Self {
        let place = Place::temporary();
        let master = MasterKey::generate(&SeededEntropy::new(1000));
        let model = Arc::new(ScriptedModel::start().await);
        let clock = Arc::new(FixedClock::default());
        Self::open(
            place,
            master,
            model,
            clock,
            Arc::default(),
            settings,
            PATIENCE,
        )
        .await
    }

    /// A server on PostgreSQL.
    pub(crate) async fn on_postgres(database: &Arc<Database>) -> Self {
        let place = Place::Postgres(database.clone());
        let master = MasterKey::generate(&SeededEntropy::new(1000));
        let model = Arc::new(ScriptedModel::start().await);
        let (clock, seeds, settings) = Default::default();
        let world = Self::open(place, master, model, clock, seeds, settings, PATIENCE).await;
        world.add_model().await;
        world
    }

    /// With a model API that is not waited for long.
    pub(crate) async fn impatient() -> Self {
        let place = Place::temporary();
        let master = MasterKey::generate(&SeededEntropy::new(1000));
        let model = Arc::new(ScriptedModel::start().await);
        let (clock, seeds, settings) = Default::default();
        let patience = Duration::from_millis(200);
        let world = Self::open(place, master, model, clock, seeds, settings, patience).await;
        world.add_model().await;
        world
    }

    async fn open(
        place: Place,
        master: MasterKey,
        model: Arc<ScriptedModel>,
        clock: Arc<FixedClock>,
        seeds: Arc<AtomicU64>,
        settings: AgentSettings,
        patience: Duration,
    ) -> Self {
        let store = Store::open(&place.url()).await.expect("a database");
        let entropy = Arc::new(SeededEntropy::new(seeds.fetch_add(1, Ordering::SeqCst)));
        let dial = DialPolicy {
            allow_loopback: true,
            ..DialPolicy::default()
        };
        let hub_settings = HubSettings {
            dial,
            check_interval: Duration::from_hours(1),
            poll_interval: Duration::from_millis(50),
            ..HubSettings::default()
        };
        let keyring = KeyRing::new(master.clone());
        let hub = Hub::open(store.clone(), keyring, clock.clone(), entropy, hub_settings)
            .await
            .expect("a hub");
        let stop = CancellationToken::new();
        let (background, token) = (hub.clone(), stop.clone());
        tokio::spawn(async move { background.run_background(token).await });
        let models = Arc::new(HubModels::new(hub.clone(), limits(patience)));
        let agent = Agent::open_with(hub.clone(), store.clone(), settings, models)
            .await
            .expect("an agent");
        Self {
            hub,
            store,
            agent,
            model,
            clock,
            place,
            master,
            seeds,
            stop,
        }
    }

    /// Another process on the same database.
    pub(crate) async fn beside(&self, settings: AgentSettings) -> Self {
        Self::open(
            self.place.clone(),
            self.master.clone(),
            self.model.clone(),
            self.clock.clone(),
            self.seeds.clone(),
            settings,
            PATIENCE,
        )
        .await
    }

    async fn add_model(&self) {
        self.add_model_called("Scripted", "scripted-1").await;
    }

    /// Stops what runs beside it, the watcher included: it hears no more of what other processes change.
    pub(crate) fn stop_listening(&self) {
        self.stop.cancel();
    }

    pub(crate) async fn add_model_called(&self, name: &str, model: &str) {
        let url = self.model.url(ModelKind::Anthropic);
        let new = NewModel {
            name: ModelName::parse(name).expect("a name"),
            kind: ModelKind::Anthropic,
            base_url: ModelUrl::parse(&url).expect("a URL"),
            model: model.to_owned(),
            key: None,
            fallback: None,
        };
        let added = self.hub.add_model(&Actor::CommandLine, new).await;
        added.expect("a model API");
    }

    pub(crate) async fn person(&self, name: &str) -> Caller {
        let new = NewUser {
            email: format!("{}@example.com", name.to_lowercase()),
            name: name.to_owned(),
            role: Role::Member,
            password: None,
        };
        let added = self.hub.add_user(&Actor::CommandLine, new).await;
        Caller {
            user: added.expect("a new person").user.id,
            user_name: name.to_owned(),
            role: Role::Member,
            key: None,
        }
    }

    /// Adds a connector and waits until its tools are in the catalogue.
    pub(crate) async fn connect(&self, name: &str, server: &FakeMcp) -> Slug {
        let draft = ConnectorDraft {
            name: name.to_owned(),
            url: server.url(),
            ..ConnectorDraft::default()
        };
        let added = self.hub.add_connector(&Actor::CommandLine, &draft).await;
        let slug = added.expect("a new connector").connector.slug;
        eventually(|| {
            let catalog = self.hub.catalog();
            let found = catalog.connector(slug.as_str());
            found.is_some_and(|found| !found.tools.is_empty())
        })
        .await;
        slug
    }

    pub(crate) async fn session(&self, caller: &Caller) -> SessionId {
        let made = self.agent.create_session(caller, None).await;
        made.expect("a session").id
    }

    /// Sends a text and answers its turn.
    pub(crate) async fn send(&self, caller: &Caller, id: SessionId, text: &str) -> TurnId {
        let sent = self.agent.send(caller, id, text.to_owned()).await;
        sent.expect("accepted").turn
    }

    /// Sends a text and waits until its turn is over. Answers the events of the turn.
    pub(crate) async fn turn(&self, caller: &Caller, id: SessionId, text: &str) -> Vec<Value> {
        let sent = self.agent.send(caller, id, text.to_owned()).await;
        let sent = sent.expect("accepted");
        self.events(caller, id, sent.after, Follow::Turn(sent.turn))
            .await
    }

    /// All events from a number until what is followed is over.
    pub(crate) async fn events(
        &self,
        caller: &Caller,
        id: SessionId,
        after: u64,
        follow: Follow,
    ) -> Vec<Value> {
        let stream = self.agent.events(caller, id, after, follow).await;
        let read = stream.expect("events").map(|event| {
            let event = event.expect("readable");
            serde_json::from_str(&event.to_json()).expect("JSON")
        });
        tokio::time::timeout(Duration::from_secs(20), read.collect())
            .await
            .expect("the turn ends")
    }

    pub(crate) async fn transcript(&self, caller: &Caller, id: SessionId) -> Transcript {
        let read = self.agent.transcript(caller, id).await;
        read.expect("a transcript")
    }

    /// Waits until nothing runs in a session.
    pub(crate) async fn idle(&self, caller: &Caller, id: SessionId) -> Transcript {
        eventually_async(|| async {
            let read = self.transcript(caller, id).await;
            (read.state == SessionState::Idle && read.queued_texts.is_empty()).then_some(read)
        })
        .await
    }

    /// The bodies of all requests to the model so far.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.model.calls().iter().map(ModelCall::json).collect()
    }

    /// Waits until nothing but a decision is left to wait for. Answers the call that waits.
    pub(crate) async fn waiting_call(&self, caller: &Caller, id: SessionId) -> ToolBlock {
        eventually_async(|| async {
            let read = self.transcript(caller, id).await;
            let alone = read.state == SessionState::AwaitingApproval;
            let mut waiting = tools(&read).into_iter();
            alone.then(|| waiting.find(|tool| tool.awaiting_approval))?
        })
        .await
    }

    /// The call that waits for a decision, as a process sees it that does not run the turn.
    pub(crate) async fn waiting_call_from_store(&self, caller: &Caller, id: SessionId) -> CallId {
        eventually_async(|| async {
            let read = self.transcript(caller, id).await;
            let mut waiting = tools(&read).into_iter();
            waiting.find(|tool| tool.awaiting_approval)
        })
        .await
        .call_id
    }

    /// Lets the clock run, so that a sign of life is old a moment later. It stops when the answer is dropped.
    pub(crate) fn time_passes(&self) -> tokio_util::sync::DropGuard {
        let (clock, stop) = (self.clock.clone(), CancellationToken::new());
        let stopped = stop.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            while !stopped.is_cancelled() {
                ticks.tick().await;
                clock.advance(Duration::from_millis(1));
            }
        });
        stop.drop_guard()
    }

    /// Ends this process the hard way: nothing of it writes any more.
    pub(crate) fn kill(&self) {
        self.stop.cancel();
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer that calls tools: names and arguments.
pub(crate) fn calls<const N: usize>(wanted: [(&str, &str); N]) -> ModelReply {
    let mut reply = ModelReply::new();
    for (number, (name, arguments)) in wanted.iter().enumerate() {
        reply = reply.tool(&format!("toolu_{number}"), name, [*arguments]);
    }
    reply
}

/// The types of events.
pub(crate) fn types(events: &[Value]) -> Vec<&str> {
    let word = |event: &'_ Value| event["type"].as_str().map(str::len).unwrap_or_default();
    assert!(events.iter().all(|event| word(event) > 0), "{events:?}");
    events
        .iter()
        .map(|event| event["type"].as_str().expect("a type"))
        .collect()
}

/// The text of all deltas.
pub(crate) fn text(events: &[Value]) -> String {
    let deltas = events.iter().filter(|event| event["type"] == "text.delta");
    deltas
        .map(|event| event["text"].as_str().expect("text"))
        .collect()
}

/// The only event of a type.
pub(crate) fn one<'e>(events: &'e [Value], word: &str) -> &'e Value {
    let mut found = events.iter().filter(|event| event["type"] == word);
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no {word}: {events:?}"));
    assert!(found.next().is_none(), "several {word}: {events:?}");
    first
}

/// The calls of a transcript.
pub(crate) fn tools(transcript: &Transcript) -> Vec<ToolBlock> {
    let items = transcript.items.iter();
    items
        .filter_map(|item| match item {
            TranscriptItem::Tool(block) => Some((**block).clone()),
            _ => None,
        })
        .collect()
}

/// A transcript as one line per item.
pub(crate) fn lines(transcript: &Transcript) -> Vec<String> {
    let line = |item: &TranscriptItem| match item {
        TranscriptItem::User { text, .. } => format!("user: {text}"),
        TranscriptItem::Text { markdown, .. } => format!("text: {markdown}"),
        TranscriptItem::Tool(block) => format!(
            "tool: {} {}",
            block.tool,
            block.outcome.as_deref().unwrap_or("-")
        ),
        TranscriptItem::Note { about, code, .. } => {
            format!("note: {about:?} {}", code.as_deref().unwrap_or("-"))
        }
    };
    transcript.items.iter().map(line).collect()
}

/// The results that the model got with its last request.
pub(crate) fn last_results(request: &Value) -> Vec<Value> {
    let messages = request["messages"].as_array().expect("messages");
    let content = messages.last().expect("a message")["content"].as_array();
    let content = content.expect("parts").iter();
    content
        .filter(|part| part["type"] == "tool_result")
        .cloned()
        .collect()
}

/// Numbers grow, and none comes twice.
pub(crate) fn assert_growing(events: &[Value]) {
    let ids: Vec<u64> = events
        .iter()
        .map(|event| event["id"].as_u64().expect("a number"))
        .collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
}

/// Events of a stream that never ends by itself, until one of this type.
pub(crate) async fn until(stream: &mut tieline_agent::Events, word: &str) -> Vec<Arc<Event>> {
    let mut seen = Vec::new();
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
        let event = next
            .unwrap_or_else(|_| panic!("{word} does not come after {seen:?}"))
            .expect("more events")
            .expect("readable");
        let done = event.name() == word;
        seen.push(event);
        if done {
            return seen;
        }
    }
}
