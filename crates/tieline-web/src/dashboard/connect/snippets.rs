//! What to paste into each client, filled with this server's address and, while it is visible, the key.
//!
//! A client joins by one more entry in [`clients`]; the tests read every text as its client does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::view::{Client, Part, Snippet};

const PLACEHOLDER: &str = "TIELINE_KEY";

pub(crate) const IDS: [&str; 8] = [
    "claude-code",
    "cursor",
    "vscode",
    "codex",
    "goose",
    "gemini",
    "opencode",
    "other",
];

/// Every client with its snippets. `key` is the key in plain text on the one page that shows it.
pub fn clients(url: &str, key: Option<&str>, chosen: &str) -> Vec<Client> {
    let chosen = IDS.into_iter().find(|id| *id == chosen).unwrap_or(IDS[0]);
    let of = Filling { url, key, chosen };
    vec![
        of.claude_code(),
        of.cursor(),
        of.client(
            "vscode",
            "VS Code",
            &[(".vscode/mcp.json", VSCODE)],
            "VS Code asks for the key once and keeps it in its own secret store.",
        ),
        of.client(
            "codex",
            "Codex",
            &[
                ("~/.codex/config.toml", CODEX),
                ("In your shell profile", EXPORT),
            ],
            "Codex reads the key from the environment only.",
        ),
        of.client(
            "goose",
            "Goose",
            &[("~/.config/goose/config.yaml", GOOSE)],
            "Restart Goose afterwards.",
        ),
        of.client(
            "gemini",
            "Gemini CLI",
            &[("~/.gemini/settings.json", GEMINI)],
            "For one project only, put it into .gemini/settings.json there.",
        ),
        of.opencode(),
        of.client(
            "other",
            "Other",
            &[
                ("Address", "{URL}"),
                ("Header", "Authorization: Bearer {KEY}"),
            ],
            "Any client that speaks MCP over Streamable HTTP works. A single connector has its own address: put its key behind the address, as in /mcp/acme_mcp.",
        ),
    ]
}

/// What goes into the templates.
struct Filling<'a> {
    url: &'a str,
    key: Option<&'a str>,
    chosen: &'static str,
}

impl Filling<'_> {
    fn snippet(&self, place: &'static str, text: &str) -> Snippet {
        let parts = parts(text, self.url, self.key);
        Snippet { place, parts }
    }

    fn client(
        &self,
        id: &'static str,
        name: &'static str,
        snippets: &[(&'static str, &str)],
        help: &str,
    ) -> Client {
        Client {
            id,
            name,
            href: format!("/connect?client={id}"),
            current: id == self.chosen,
            snippets: snippets
                .iter()
                .map(|(place, text)| self.snippet(place, text))
                .collect(),
            more: None,
            more_label: "",
            help: help.to_owned(),
            button: "",
            button_href: String::new(),
        }
    }

    fn claude_code(&self) -> Client {
        let place = ".mcp.json of a project, with the key in the environment variable TIELINE_KEY";
        Client {
            more: Some(self.snippet(place, CLAUDE_PROJECT)),
            more_label: "use an environment variable instead",
            ..self.client(
                "claude-code",
                "Claude Code",
                &[("Run in a terminal", CLAUDE_COMMAND)],
                "Saved for you in every project. To keep the key out of your shell history,",
            )
        }
    }

    fn cursor(&self) -> Client {
        Client {
            button: "Or add it in one press",
            button_href: cursor_link(self.url),
            ..self.client(
                "cursor",
                "Cursor",
                &[("~/.cursor/mcp.json", CURSOR)],
                "Cursor reads the key from the environment variable TIELINE_KEY.",
            )
        }
    }

    fn opencode(&self) -> Client {
        Client {
            more: Some(self.snippet("opencode.json, version 1", OPENCODE_1)),
            more_label: "For OpenCode version 1",
            ..self.client(
                "opencode",
                "OpenCode",
                &[("opencode.json", OPENCODE)],
                "The file lies in your project or in ~/.config/opencode.",
            )
        }
    }
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
const GEMINI: &str = r#"{
  "mcpServers": {
    "tieline": {
      "httpUrl": "{URL}",
      "headers": { "Authorization": "Bearer {KEY}" }
    }
  }
}"#;
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
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    use super::clients;

    const URL: &str = "https://tieline.northwind.example/mcp";

    const KEY: &str = "tl_9f4Q7mZrVw2KdYx6bH1sTn8cJpLa3EgU0000000";

    /// The text of a snippet, by client and place.
    fn text(id: &str, place: &str) -> String {
        let found = clients(URL, Some(KEY), "").into_iter();
        let found = found
            .filter(|client| client.id == id)
            .flat_map(|client| client.snippets.into_iter().chain(client.more))
            .find(|snippet| snippet.place.starts_with(place));
        let parts = found.expect("a snippet for this place").parts;
        parts.into_iter().map(|part| part.text).collect()
    }

    fn json(id: &str, place: &str) -> Value {
        serde_json::from_str(&text(id, place)).expect("JSON")
    }

    /// What a command gets from a real shell, in which its name stands for a function.
    fn shell(script: &str) -> Vec<String> {
        let run = std::process::Command::new("sh")
            .args(["-c", script])
            .env_clear()
            .output()
            .expect("a shell");
        assert!(run.status.success(), "{script}");
        let printed = String::from_utf8(run.stdout).expect("UTF-8");
        printed.lines().map(str::to_owned).collect()
    }

    #[test]
    fn json_files_say_what_their_clients_read() {
        let bearer = format!("Bearer {KEY}");
        let server = json!({ "type": "http", "url": URL, "headers": { "Authorization": "Bearer ${TIELINE_KEY}" } });
        assert_eq!(
            json("claude-code", ".mcp.json"),
            json!({ "mcpServers": { "tieline": server } })
        );
        let server =
            json!({ "url": URL, "headers": { "Authorization": "Bearer ${env:TIELINE_KEY}" } });
        assert_eq!(
            json("cursor", "~/.cursor"),
            json!({ "mcpServers": { "tieline": server } })
        );
        assert_eq!(
            json("vscode", ".vscode"),
            json!({
                "inputs": [{ "type": "promptString", "id": "tieline", "description": "Tieline key", "password": true }],
                "servers": { "tieline": { "type": "http", "url": URL, "headers": { "Authorization": "Bearer ${input:tieline}" } } },
            })
        );
        let server = json!({ "httpUrl": URL, "headers": { "Authorization": bearer } });
        assert_eq!(
            json("gemini", "~/.gemini"),
            json!({ "mcpServers": { "tieline": server } })
        );
        let mut server =
            json!({ "type": "remote", "url": URL, "headers": { "Authorization": bearer } });
        assert_eq!(
            json("opencode", "opencode.json"),
            json!({ "mcp": { "servers": { "tieline": server.clone() } } })
        );
        server["enabled"] = true.into();
        assert_eq!(
            json("opencode", "opencode.json, version 1"),
            json!({ "mcp": { "tieline": server } })
        );
    }

    #[test]
    fn toml_yaml_and_commands_say_what_their_clients_read() {
        let read: Value = toml::from_str(&text("codex", "~/.codex")).expect("TOML");
        let server = json!({ "url": URL, "bearer_token_env_var": "TIELINE_KEY" });
        assert_eq!(read, json!({ "mcp_servers": { "tieline": server } }));
        let read: Value = serde_yaml_ng::from_str(&text("goose", "~/.config")).expect("YAML");
        let server = json!({
            "type": "streamable_http", "name": "tieline", "enabled": true, "uri": URL,
            "headers": { "Authorization": format!("Bearer {KEY}") }, "timeout": 300,
        });
        assert_eq!(read, json!({ "extensions": { "tieline": server } }));
        let script = format!(
            "claude() {{ printf '%s\\n' \"$@\"; }}\n{}",
            text("claude-code", "Run in")
        );
        let header = format!("Authorization: Bearer {KEY}");
        assert_eq!(
            shell(&script),
            [
                "mcp",
                "add",
                "--transport",
                "http",
                "--scope",
                "user",
                "tieline",
                URL,
                "--header",
                &header
            ]
        );
        let script = format!("{}\necho \"$TIELINE_KEY\"", text("codex", "In your shell"));
        assert_eq!(shell(&script), [KEY]);
    }

    #[test]
    fn the_link_of_cursor_holds_the_address_and_no_key() {
        let cursor = clients(URL, Some(KEY), "cursor").into_iter();
        let cursor = cursor.into_iter().find(|client| client.current);
        let link = cursor.expect("the chosen client").button_href;
        let (_, query) = link.split_once('?').expect("a query");
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let [(_, name), (_, config)] = pairs.as_slice() else {
            panic!("{link}");
        };
        let config = STANDARD.decode(config.as_bytes()).expect("Base64");
        let config: Value = serde_json::from_slice(&config).expect("JSON");
        assert_eq!((&**name, &config["url"]), ("tieline", &json!(URL)));
        assert!(!link.contains(KEY) && !config.to_string().contains(KEY));
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
