//! The steps that the demo prints: add, list, call, as any script and any MCP client could do them.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tieline_domain::{Actor, Email};

use super::client::Client;
use crate::commands::{say, serve::Started};
use crate::failure::Failure;

/// How often the status is asked before the demo gives up.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) async fn walk(
    started: &Started,
    sample: SocketAddr,
    token: &str,
) -> Result<(), Failure> {
    let hub = &started.composed.hub;
    let email = Email::parse(super::EMAIL).map_err(|error| Failure::failed(error.to_string()))?;
    let admin = hub
        .user_by_email(&email)
        .await?
        .ok_or_else(|| Failure::failed("The demo's admin is missing."))?;
    let key = hub
        .create_key(&Actor::System, admin.id, "Demo", Some(1))
        .await?
        .key;
    let client = Client::new(started.address, key.expose());

    say("");
    say("1. An admin adds the server: POST /api/v1/connectors");
    let body =
        json!({ "name": "Sample shop", "url": format!("http://{sample}/mcp"), "token": token });
    let added = client.post("/api/v1/connectors", &body).await?;
    say(format_args!(
        "   saved as mcp__{}, token sealed, status {}",
        text(&added, "slug"),
        text(&added, "status")
    ));

    say("2. Tieline checks it in the background: GET /api/v1/connectors/sample_shop");
    let checked = wait_until_working(&client).await?;
    say(format_args!(
        "   status {}, {} tools, revision {}",
        text(&checked, "status"),
        checked["tools_enabled"],
        text(&checked, "revision")
    ));

    say("3. An MCP client lists the tools of its session: POST /mcp, tools/list");
    let listed = client.mcp("tools/list", &json!({})).await?;
    for tool in listed["tools"].as_array().into_iter().flatten() {
        say(format_args!(
            "   {:<28} {}",
            text(tool, "name"),
            text(tool, "description")
        ));
    }

    say("4. It calls one: POST /mcp, tools/call");
    let called = client
        .mcp(
            "tools/call",
            &json!({ "name": "sample_shop__order_status", "arguments": { "order": "A-1042" } }),
        )
        .await?;
    say(format_args!("   {}", text(&called["content"][0], "text")));
    Ok(())
}

async fn wait_until_working(client: &Client) -> Result<Value, Failure> {
    for _ in 0..TRIES {
        let connector = client.get("/api/v1/connectors/sample_shop").await?;
        match connector["status"].as_str() {
            Some("working") => return Ok(connector),
            Some("failing") => {
                return Err(Failure::failed(format!(
                    "The sample server could not be used: {}",
                    text(&connector, "status_reason")
                )));
            }
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(Failure::failed(
        "The sample server was not checked within 10 seconds.",
    ))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
