//! Rows to store, and a clock and randomness that count.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tieline_domain::{
    Actor, AuditId, CallId, Clock, ConnectorId, Entropy, InvitationId, KeyHash, KeyId, ModelId,
    ModelKind, ModelName, RequestId, Role, Slug, Timestamp, ToolPolicy, UserId, Verdict,
};
use tieline_store::{
    AuditChain, CallRow, CatalogUpdate, Change, ConnectorRow, InvitationRow, KeyRow, ModelRow,
    NewAudit, NewCall, NewConnectorRow, NewModelRow, ReviewTools, SignInRow, Store, StoreError,
    ToolNews, ToolRow, UserRow,
};

static COUNTER: AtomicU64 = AtomicU64::new(1);

#[derive(Debug)]
struct Counting;

impl Clock for Counting {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + next().cast_signed())
    }
}

/// A clock that stands at a moment.
#[derive(Debug)]
struct At(i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        at(self.0)
    }
}

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = next().to_be_bytes();
        for (byte, number) in bytes.iter_mut().zip(number.iter().cycle()) {
            *byte = *number;
        }
    }
}

fn next() -> u64 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// 32 bytes that no other call returns.
pub(crate) fn unique_hash() -> [u8; 32] {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&next().to_be_bytes());
    hash
}

pub(crate) fn connector_id() -> ConnectorId {
    ConnectorId::generate(&Counting, &Counting)
}

pub(crate) fn user_id() -> UserId {
    UserId::generate(&Counting, &Counting)
}

/// A keyed hash, good enough for who does not know the key. The real one is an HMAC of the key ring.
pub(crate) fn chain(key: &'static str) -> AuditChain {
    Arc::new(move |bytes| {
        let mut hash = [0; 32];
        for (part, out) in hash.chunks_exact_mut(8).enumerate() {
            let mut hasher = DefaultHasher::new();
            (key, part, bytes).hash(&mut hasher);
            out.copy_from_slice(&hasher.finish().to_be_bytes());
        }
        hash
    })
}

pub(crate) fn change(action: &'static str) -> Change {
    change_at(action, at(1_000))
}

pub(crate) fn change_at(action: &'static str, at: Timestamp) -> Change {
    Change {
        audit: NewAudit {
            id: AuditId::generate(&Counting, &Counting),
            at,
            actor: Actor::User {
                id: user_id(),
                name: "Ann".to_owned(),
            },
            action,
            target_kind: "connector",
            target: "acme_mcp".to_owned(),
            detail: r#"{"b":1,"a":2}"#.to_owned(),
        },
        chain: chain("key"),
    }
}

pub(crate) fn connector(slug: &str) -> NewConnectorRow {
    NewConnectorRow {
        id: connector_id(),
        slug: Slug::parse(slug).expect("a slug"),
        name: "Acme MCP".to_owned(),
        provider: None,
        url: "https://mcp.acme.example/mcp".to_owned(),
        auth_header: "Authorization".to_owned(),
        sealed: None,
        token_hint: None,
        created_by: "Ann".to_owned(),
        created_at: at(500),
    }
}

/// Adds a connector and reads it back.
pub(crate) async fn added_connector(store: &Store, slug: &str) -> ConnectorRow {
    store
        .connector_insert(connector(slug), &change("connector.added"))
        .await
        .expect("the connector is added");
    read_connector(store, slug).await
}

pub(crate) async fn read_connector(store: &Store, slug: &str) -> ConnectorRow {
    let slug = Slug::parse(slug).expect("a slug");
    store
        .connector_by_slug(&slug)
        .await
        .expect("the database answers")
        .expect("the connector exists")
}

pub(crate) fn tool(name: &str, definition: &str) -> ToolRow {
    ToolRow {
        connector_id: connector_id(),
        position: 0,
        name: name.to_owned(),
        definition: definition.to_owned(),
        hash: [3; 32],
        enabled: true,
        policy: ToolPolicy::Allow,
        left_out_code: None,
        left_out_reason: None,
        first_seen_at: at(700),
        offered: None,
        approved_by: None,
        approved_at: None,
    }
}

/// Decides as the test says, and records what it is told.
#[derive(Debug)]
pub(crate) struct Review(pub(crate) Verdict);

impl ReviewTools for Review {
    fn judge(&self, _: Option<&str>, _: &str) -> Verdict {
        self.0
    }

    fn record(&self, news: &[ToolNews<'_>]) -> Option<Change> {
        let told: Vec<String> = news
            .iter()
            .map(|news| format!("{} {:?}", news.name, news.kind))
            .collect();
        let mut change = change("connector.tools_changed");
        change.audit.detail = format!("{told:?}");
        (!told.is_empty()).then_some(change)
    }
}

pub(crate) fn listed(row: &ConnectorRow, tools: Vec<ToolRow>) -> CatalogUpdate {
    let mut tools = tools;
    for (tool, position) in tools.iter_mut().zip(0..) {
        tool.position = position;
    }
    CatalogUpdate {
        row_version: row.row_version,
        wire: "modern 2026-07-28".to_owned(),
        server_name: Some("Acme".to_owned()),
        server_version: Some("1.2".to_owned()),
        revision: Some("2026-07-28".to_owned()),
        instructions: Some("Ask first.".to_owned()),
        capabilities: Some(r#"{"tools":{}}"#.to_owned()),
        list_ttl_ms: Some(60_000),
        tools,
        listed_kinds: Vec::new(),
        offers: Vec::new(),
        at: at(900),
        review: Arc::new(Review(Verdict::Use)),
    }
}

pub(crate) fn user(email: &str, role: Role) -> UserRow {
    UserRow {
        id: user_id(),
        email: email.to_owned(),
        name: "Ann".to_owned(),
        role,
        password_hash: Some("$argon2id$stored".to_owned()),
        disabled_at: None,
        created_at: at(400),
        last_seen_at: None,
    }
}

pub(crate) async fn added_user(store: &Store, email: &str, role: Role) -> UserRow {
    let user = user(email, role);
    store
        .user_insert(&user, &change("user.added"))
        .await
        .expect("the user is added");
    user
}

pub(crate) fn invitation(user: UserId) -> InvitationRow {
    InvitationRow {
        id: InvitationId::generate(&Counting, &Counting),
        code_hash: unique_hash(),
        user_id: user,
        created_at: at(1_000),
        expires_at: at(2_000),
        used_at: None,
    }
}

pub(crate) fn sign_in(user: UserId) -> SignInRow {
    SignInRow {
        id_hash: unique_hash(),
        user_id: user,
        created_at: at(1_000),
        last_seen_at: at(1_000),
        expires_at: at(5_000),
        user_agent: Some("Firefox".to_owned()),
    }
}

pub(crate) fn key(owner: UserId) -> KeyRow {
    KeyRow {
        id: KeyId::generate(&Counting, &Counting),
        user_id: owner,
        name: "laptop".to_owned(),
        hint: "tl_ab12…x9Qf".to_owned(),
        hash: KeyHash::from_bytes(unique_hash()),
        created_at: at(1_000),
        expires_at: Some(at(9_000)),
        last_used_at: None,
        last_client: None,
        revoked_at: None,
    }
}

/// Adds calls that are told as they are read.
pub(crate) trait AddCalls {
    async fn add_calls(&self, calls: Vec<CallRow>) -> Result<(), StoreError>;
}

impl AddCalls for Store {
    async fn add_calls(&self, calls: Vec<CallRow>) -> Result<(), StoreError> {
        self.calls_insert(calls.into_iter().map(added)).await
    }
}

fn added(call: CallRow) -> NewCall {
    let request_id = |text: String| {
        let number = u64::from_str_radix(text.strip_prefix("r-").unwrap(), 16);
        RequestId::new(number.unwrap())
    };
    NewCall {
        id: call.id,
        at: call.at,
        user_id: call.user_id,
        key_id: call.key_id,
        session: call.session.map(Arc::from),
        connector_id: call.connector_id,
        connector_slug: call.connector_slug.parse().unwrap(),
        tool: call.tool.into(),
        outcome: call.outcome.leak(),
        code: call.code.map(|code| &*code.leak()),
        ms: call.ms,
        bytes_in: call.bytes_in,
        bytes_out: call.bytes_out,
        client: call.client.map(Arc::from),
        request_id: call.request_id.map(request_id),
        http_status: call.http_status.map(|status| status.try_into().unwrap()),
        own_address: call.own_address.map(|own| own.parse().unwrap()),
    }
}

pub(crate) fn call(connector: ConnectorId, millis: i64) -> CallRow {
    CallRow {
        // Written when it ended, as in life.
        id: CallId::generate(&At(millis), &Counting),
        at: at(millis),
        user_id: user_id(),
        key_id: Some(KeyId::generate(&Counting, &Counting)),
        session: Some("a session".to_owned()),
        connector_id: connector,
        connector_slug: "acme_mcp".to_owned(),
        tool: "search".to_owned(),
        outcome: "ok".to_owned(),
        code: None,
        ms: 12,
        bytes_in: 340,
        bytes_out: 5_600,
        client: Some("Claude Code 2.1".to_owned()),
        request_id: Some("r-0000000000000001".to_owned()),
        http_status: None,
        own_address: None,
    }
}

pub(crate) fn model(name: &str) -> NewModelRow {
    let name = ModelName::parse(name).expect("a name");
    NewModelRow {
        id: ModelId::generate(&Counting, &Counting),
        name: name.as_str().to_owned(),
        name_folded: name.folded(),
        kind: ModelKind::Anthropic,
        base_url: "https://api.anthropic.com".to_owned(),
        model: "claude-sonnet-5-5".to_owned(),
        fallback: None,
        sealed: None,
        key_hint: None,
        created_by: "Ann".to_owned(),
        created_at: at(500),
    }
}

/// Adds a model API and reads it back.
pub(crate) async fn added_model(store: &Store, name: &str) -> ModelRow {
    let new = model(name);
    let id = new.id;
    store
        .model_insert(new, &change("model.added"))
        .await
        .expect("the model API is added");
    read_model(store, id).await
}

pub(crate) async fn read_model(store: &Store, id: ModelId) -> ModelRow {
    let found = store.model_by_id(id).await.expect("a database");
    found.expect("the model API exists")
}
