//! What to paste into each client, filled with this server's address and, while it is visible, the key.
//!
//! A client joins by one more entry in [`clients`]; the tests parse every JSON text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::view::{Client, Part, Snippet};

const PLACEHOLDER: &str = "TIELINE_KEY";

/// Every client with its snippets. `key` is the key in plain text on the one page that shows it.
pub fn clients(url: &str, key: Option<&str>, chosen: &str) -> Vec<Client> {
    let ids = [
        "claude-code",
        "cursor",
        "vscode",
        "codex",
        "goose",
        "opencode",
        "other",
    ];
    let chosen = if ids.contains(&chosen) {
        chosen
    } else {
        ids[0]
    };
    let fill = |place: &'static str, text: &str| Snippet {
        place,
        parts: parts(text, url, key),
    };
    let client = |id: &'static str, name, snippets, help: &str| Client {
        id,
        name,
        href: format!("/connect?client={id}"),
        current: id == chosen,
        snippets,
        more: None,
        more_label: "",
        help: help.to_owned(),
        button: "",
        button_href: String::new(),
    };
    let mut cursor = client(
        "cursor",
        "Cursor",
        vec![fill("~/.cursor/mcp.json", CURSOR)],
        "Cursor reads the key from the environment variable TIELINE_KEY.",
    );
    cursor.button = "Or add it in one press";
    cursor.button_href = cursor_link(url);
    let mut claude = client(
        "claude-code",
        "Claude Code",
        vec![fill("Run in a terminal", CLAUDE_COMMAND)],
        "Saved for you in every project.",
    );
    claude.more = Some(fill(
        ".mcp.json of a project, with the key in the environment variable TIELINE_KEY",
        CLAUDE_PROJECT,
    ));
    claude.more_label =
        "Keep the key out of your shell history: use an environment variable instead";
    let mut opencode = client(
        "opencode",
        "OpenCode",
        vec![fill("opencode.json", OPENCODE)],
        "The file lies in your project or in ~/.config/opencode.",
    );
    opencode.more = Some(fill("opencode.json, version 1", OPENCODE_1));
    opencode.more_label = "For OpenCode version 1";
    vec![
        claude,
        cursor,
        client(
            "vscode",
            "VS Code",
            vec![fill(".vscode/mcp.json", VSCODE)],
            "VS Code asks for the key once and keeps it in its own secret store.",
        ),
        client(
            "codex",
            "Codex",
            vec![
                fill("~/.codex/config.toml", CODEX),
                fill("In your shell profile", EXPORT),
            ],
            "Codex reads the key from the environment only.",
        ),
        client(
            "goose",
            "Goose",
            vec![fill("~/.config/goose/config.yaml", GOOSE)],
            "Restart Goose afterwards.",
        ),
        opencode,
        client(
            "other",
            "Other",
            vec![
                fill("Address", "{URL}"),
                fill("Header", "Authorization: Bearer {KEY}"),
            ],
            "Any client that speaks MCP over Streamable HTTP works. A single connector has its own address: put its key behind the address, as in /mcp/acme_mcp.",
        ),
    ]
}

const CLAUDE_COMMAND: &str = "claude mcp add --transport http --scope user tieline \\\n  {URL} \\\n  --header \"Authorization: Bearer {KEY}\"";
const CLAUDE_PROJECT: &str = r#"{
  "mcpServers": {
    "tieline": {
      "type": "http",
      "url": "{URL}",
      "headers": { "Authorization": "Bearer ${TIELINE_KEY}" }
    }
  }
}"#;
const CURSOR: &str = r#"{
  "mcpServers": {
    "tieline": {
      "url": "{URL}",
      "headers": { "Authorization": "Bearer ${env:TIELINE_KEY}" }
    }
  }
}"#;
const VSCODE: &str = r#"{
  "inputs": [
    { "type": "promptString", "id": "tieline", "description": "Tieline key", "password": true }
  ],
  "servers": {
    "tieline": {
      "type": "http",
      "url": "{URL}",
      "headers": { "Authorization": "Bearer ${input:tieline}" }
    }
  }
}"#;
const CODEX: &str =
    "[mcp_servers.tieline]\nurl = \"{URL}\"\nbearer_token_env_var = \"TIELINE_KEY\"";
const EXPORT: &str = "export TIELINE_KEY={KEY}";
const GOOSE: &str = "extensions:\n  tieline:\n    type: streamable_http\n    name: tieline\n    enabled: true\n    uri: {URL}\n    headers:\n      Authorization: Bearer {KEY}\n    timeout: 300";
const OPENCODE: &str = r#"{
  "mcp": {
    "servers": {
      "tieline": {
        "type": "remote",
        "url": "{URL}",
        "headers": { "Authorization": "Bearer {KEY}" }
      }
    }
  }
}"#;
const OPENCODE_1: &str = r#"{
  "mcp": {
    "tieline": {
      "type": "remote",
      "url": "{URL}",
      "enabled": true,
      "headers": { "Authorization": "Bearer {KEY}" }
    }
  }
}"#;

/// Splits a template at its two placeholders, so that the page can mark address and key.
fn parts(template: &str, url: &str, key: Option<&str>) -> Vec<Part> {
    let plain = |text: &str| Part {
        text: text.to_owned(),
        url: false,
        key: false,
    };
    let mut out = Vec::new();
    for (position, piece) in template.split("{URL}").enumerate() {
        if position > 0 {
            out.push(Part {
                text: url.to_owned(),
                url: true,
                key: false,
            });
        }
        for (position, piece) in piece.split("{KEY}").enumerate() {
            if position > 0 {
                out.push(Part {
                    text: key.unwrap_or(PLACEHOLDER).to_owned(),
                    url: false,
                    key: true,
                });
            }
            if !piece.is_empty() {
                out.push(plain(piece));
            }
        }
    }
    out
}

/// Cursor's own link for adding a server; it holds no key.
fn cursor_link(url: &str) -> String {
    let config = json!({ "url": url, "headers": { "Authorization": "Bearer ${env:TIELINE_KEY}" } })
        .to_string();
    let encoded: String =
        url::form_urlencoded::byte_serialize(STANDARD.encode(config).as_bytes()).collect();
    format!("cursor://anysphere.cursor-deeplink/mcp/install?name=tieline&config={encoded}")
}

#[cfg(test)]
mod tests {
    use super::clients;

    const URL: &str = "https://tieline.northwind.example/mcp";

    #[test]
    fn json_snippets_parse_and_carry_the_address() {
        for client in clients(URL, Some("tl_key"), "") {
            for snippet in client.snippets.into_iter().chain(client.more) {
                let text: String = snippet
                    .parts
                    .iter()
                    .map(|part| part.text.as_str())
                    .collect();
                if text.starts_with('{') {
                    let parsed: serde_json::Value =
                        serde_json::from_str(&text).expect("a snippet is valid JSON");
                    assert!(
                        parsed.to_string().contains(URL),
                        "{}: {}",
                        client.id,
                        snippet.place
                    );
                }
            }
        }
    }

    #[test]
    fn without_a_visible_key_a_placeholder_stands_in_its_place() {
        for client in clients(URL, None, "goose") {
            assert_eq!(client.current, client.id == "goose");
            assert!(
                client
                    .snippets
                    .iter()
                    .flat_map(|snippet| &snippet.parts)
                    .filter(|part| part.key)
                    .all(|part| part.text == "TIELINE_KEY")
            );
        }
    }

    #[test]
    fn an_unknown_client_in_the_address_falls_back_to_the_first() {
        assert!(clients(URL, None, "<script>")[0].current);
    }
}
