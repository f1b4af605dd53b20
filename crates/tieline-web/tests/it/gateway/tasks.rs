//! Tasks of modern servers for modern clients, with the official SDK on both sides.

use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams, ContentBlock,
    CreateTaskResult, GetTaskParams, GetTaskResult, ListToolsResult, PaginatedRequestParams,
    ProtocolVersion, ServerCapabilities, ServerConfig, Tool, UpdateTaskParams,
};
use rmcp::service::RequestContext;
use rmcp::task_manager::{TaskManager, TaskOptions};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};
use tieline_testkit::{FakeMcp, FakeTool, eventually_async};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::client::{Answer, Legacy, fetch, post};
use super::world::World;

const TASKS: &str = "io.modelcontextprotocol/tasks";

/// A server whose one tool becomes a task for those who take tasks, done when it is let go.
#[derive(Clone)]
struct TaskServer {
    tasks: TaskManager,
    go: Arc<Notify>,
}

impl ServerHandler for TaskServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_tasks();
        ServerConfig::new(capabilities.build())
    }

    fn supported_protocol_versions(&self) -> std::borrow::Cow<'static, [ProtocolVersion]> {
        std::borrow::Cow::Borrowed(&[ProtocolVersion::V_2026_07_28])
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({"type": "object"});
        let schema = schema.as_object().cloned().expect("an object");
        Ok(ListToolsResult::with_all_items(vec![Tool::new(
            "build",
            "Takes long.",
            Arc::new(schema),
        )]))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let takes_tasks = context
            .client_capabilities()
            .is_some_and(|capabilities| capabilities.supports_tasks());
        let link = json!({"type": "resource_link", "uri": "file:///log", "name": "log"});
        let blocks = vec![
            ContentBlock::text("built"),
            serde_json::from_value(link).expect("a block"),
        ];
        if !takes_tasks {
            return Ok(CallToolResult::success(blocks).into());
        }
        let go = self.go.clone();
        let task = self.tasks.spawn(TaskOptions::new(), move |context| {
            Box::pin(async move {
                tokio::select! {
                    () = go.notified() => Ok(CallToolResult::success(blocks)),
                    () = context.cancelled() => Err(rmcp::task_manager::TaskExit::Cancelled),
                }
            })
        });
        Ok(CallToolResponse::Task(CreateTaskResult::new(task)))
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        Ok(GetTaskResult::new(self.tasks.get_task(&request.task_id)?))
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.tasks
            .update_task(&request.task_id, request.input_responses)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.tasks.cancel_task(&request.task_id)
    }
}

/// Starts the server; the second value lets one task end.
async fn start() -> (String, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let go = Arc::new(Notify::new());
    let server = TaskServer {
        tasks: TaskManager::new(),
        go: go.clone(),
    };
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::<LocalSessionManager>::default(),
        StreamableHttpServerConfig::default().with_legacy_session_mode(false),
    );
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let _ = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    (format!("http://{address}/mcp"), go)
}

/// A modern request that declares these capabilities.
async fn ask(
    world: &World,
    key: &str,
    method: &str,
    named: &str,
    mut params: Value,
    can: &Value,
) -> Answer {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": can,
        "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
    });
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let headers = [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", method),
        ("mcp-name", named),
    ];
    fetch(post(world, "/mcp", key, &headers, body.to_string())).await
}

async fn about(world: &World, key: &str, method: &str, task: &str) -> Answer {
    let can = json!({"extensions": {TASKS: {}}});
    ask(world, key, method, task, json!({"taskId": task}), &can).await
}

async fn call(world: &World, key: &str, can: &Value) -> Value {
    let params = json!({"name": "ci__build", "arguments": {}});
    ask(world, key, "tools/call", "ci__build", params, can)
        .await
        .json()
}

#[tokio::test]
async fn tasks_modern_client_modern_server() {
    let world = World::start().await;
    let (url, go) = start().await;
    world.connect_at("CI", url, "").await;
    let key = world.person("Ada").await.key;
    let can = json!({"extensions": {TASKS: {}}});
    let made = call(&world, &key, &can).await;
    assert_eq!(made["result"]["resultType"], "task", "{made}");
    let task = made["result"]["taskId"].as_str().expect("an id").to_owned();
    let state = about(&world, &key, "tasks/get", &task).await.json();
    assert_eq!(state["result"]["status"], "working", "{state}");
    assert_eq!(state["result"]["taskId"], *task);
    go.notify_one();
    let done = eventually_async(|| async {
        let state = about(&world, &key, "tasks/get", &task).await.json();
        (state["result"]["status"] == "completed").then_some(state)
    })
    .await;
    let content = &done["result"]["result"]["content"];
    assert_eq!(content[0]["text"], "built");
    // URIs in the result of a task are exposed like those of any other.
    assert_eq!(content[1]["uri"], "tieline://ci/file:///log");
}

#[tokio::test]
async fn a_task_is_cancelled_and_updated_at_its_server() {
    let world = World::start().await;
    let (url, _go) = start().await;
    world.connect_at("CI", url, "").await;
    let key = world.person("Ada").await.key;
    let can = json!({"extensions": {TASKS: {}}});
    let made = call(&world, &key, &can).await;
    let task = made["result"]["taskId"].as_str().expect("an id").to_owned();
    let answers = json!({"taskId": task, "inputResponses": {}});
    let updated = ask(&world, &key, "tasks/update", &task, answers, &can).await;
    assert_eq!(updated.json()["result"]["resultType"], "complete");
    let ended = about(&world, &key, "tasks/cancel", &task).await.json();
    assert_eq!(ended["result"]["resultType"], "complete", "{ended}");
    eventually_async(|| async {
        let state = about(&world, &key, "tasks/get", &task).await.json();
        (state["result"]["status"] == "cancelled").then_some(())
    })
    .await;
}

#[tokio::test]
async fn w03_a_task_is_nobody_elses() {
    let world = World::start().await;
    let (url, _go) = start().await;
    let slug = world.connect_at("CI", url, "").await;
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    let can = json!({"extensions": {TASKS: {}}});
    let made = call(&world, &ada.key, &can).await;
    let task = made["result"]["taskId"].as_str().expect("an id").to_owned();
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let refused = about(&world, &bob.key, method, &task).await;
        assert_eq!((refused.code(), &*refused.name()), (-32602, "unknown_task"));
    }
    let (other_key, _) = world.key(ada.id).await;
    let state = about(&world, &other_key, "tasks/get", &task).await.json();
    assert_eq!(state["result"]["status"], "working", "{state}");
    for wrong in ["", "nonsense", &task[1..]] {
        let refused = about(&world, &ada.key, "tasks/get", wrong).await;
        assert_eq!(refused.code(), -32602);
    }
    let removed = world
        .hub
        .remove_connector(&tieline_domain::Actor::CommandLine, &slug)
        .await;
    removed.expect("a removed connector");
    let refused = about(&world, &ada.key, "tasks/get", &task).await;
    assert_eq!(refused.name(), "unknown_task");
}

#[tokio::test]
async fn who_does_not_take_tasks_gets_results() {
    let world = World::start().await;
    let (url, _go) = start().await;
    world.connect_at("CI", url, "").await;
    let key = world.person("Ada").await.key;
    let result = call(&world, &key, &json!({})).await;
    assert_eq!(result["result"]["content"][0]["text"], "built", "{result}");
    let session = Legacy::open(&world, "/mcp", &key).await;
    let params = json!({"name": "ci__build", "arguments": {}});
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
    assert_eq!(session.send(body.to_string()).await.text(), "built");
    let refused = ask(
        &world,
        &key,
        "tasks/get",
        "x",
        json!({"taskId": "x"}),
        &json!({}),
    )
    .await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.code(), -32021);
    let needed = &refused.json()["error"]["data"]["requiredCapabilities"];
    assert_eq!(*needed, json!({"extensions": {TASKS: {}}}));
    let wanted = json!({"notifications": {"taskIds": ["x"]}});
    let refused = ask(&world, &key, "subscriptions/listen", "", wanted, &json!({})).await;
    assert_eq!(refused.code(), -32021);
    let body = json!({"jsonrpc": "2.0", "id": 8, "method": "tasks/get", "params": {"taskId": "x"}});
    assert_eq!(session.send(body.to_string()).await.code(), -32601);
}

#[tokio::test]
async fn a_server_that_makes_a_task_unasked_is_not_believed() {
    let world = World::start().await;
    let task = r#"{"resultType":"task","taskId":"1","status":"working","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttlMs":null}"#;
    let server = FakeMcp::modern().tool(FakeTool::echo("build").answering(task));
    let server = server.start().await;
    world.connect("CI", &server).await;
    let key = world.person("Ada").await.key;
    for can in [json!({}), json!({"elicitation": {}})] {
        let result = call(&world, &key, &can).await;
        assert_eq!(result["result"]["isError"], true, "{result}");
    }
}

#[tokio::test]
async fn tasks_are_declared_to_modern_clients_once_a_server_has_them() {
    let world = World::start().await;
    let key = world.person("Ada").await.key;
    let declared = async || {
        let answer = ask(&world, &key, "server/discover", "", json!({}), &json!({})).await;
        answer.json()["result"]["capabilities"]["extensions"][TASKS].clone()
    };
    assert_eq!(declared().await, Value::Null);
    let (url, _go) = start().await;
    world.connect_at("CI", url, "").await;
    assert_eq!(declared().await, json!({}));
}
