//! Where settings come from, and what is said about a wrong one.

use insta::assert_snapshot;

use crate::place::{Place, finish};

#[tokio::test]
async fn every_setting_is_shown_with_its_source() {
    let place = Place::new();
    std::fs::write(
        place.path("tieline.toml"),
        "listen = \"127.0.0.1:9000\"\ncall_timeout_seconds = 30\nallowed_hosts = [\"a.example\", \"b.example\"]\nlog = \"debug\"\n",
    )
    .unwrap();
    let mut command = place.command();
    command
        .args([
            "--config",
            "tieline.toml",
            "--listen",
            "127.0.0.1:9100",
            "config",
            "print",
        ])
        .args(["--database-url", "postgres://tieline:hunter2@db/tieline"])
        .env("TIELINE_LOG", "warn")
        .env("TIELINE_EGRESS_PROXY", "http://ops:hunter2@proxy:3128")
        .env("TIELINE_ORGANIZATION", "Acme \"quoted\"");
    let printed = finish(command, "").await.succeeded();
    assert!(!printed.contains("hunter2"));
    let printed = printed.replace(place.path("data").to_str().unwrap(), "[data]");
    let settings: Vec<String> = printed.lines().map(without_meaning).collect();
    assert_snapshot!(settings.join("\n"), @r#"
        listen = "127.0.0.1:9100" # flag
        data_dir = "[data]" # flag
        database_url = "postgres://tieline:redacted@db/tieline" # flag
        public_url = "" # default
        master_key_file = "" # default
        log = "warn" # environment
        log_format = "text" # default
        allow_loopback = "" # default
        deny_private = "false" # default
        egress_proxy = "http://proxy:3128" # environment
        organization = "Acme \"quoted\"" # environment
        allowed_hosts = "a.example,b.example" # file
        trusted_proxies = "" # default
        metrics = "loopback" # default
        check_interval_seconds = "60" # default
        call_timeout_seconds = "30" # file
        tool_changes = "hold_risky" # default
        sign_in_idle_hours = "12" # default
        sign_in_days = "7" # default
        keep_calls_days = "30" # default
        keep_content = "false" # default
        keep_content_days = "7" # default
        running_turns = "64" # default
        tool_tokens = "20000" # default
        "#);
    // What was printed can be used as a file.
    let kept: String = printed
        .lines()
        .filter(|line| !line.contains("[data]"))
        .fold(String::new(), |kept, line| kept + line + "\n");
    std::fs::write(
        place.path("printed.toml"),
        kept.replace("postgres://tieline:redacted@db/tieline", ""),
    )
    .unwrap();
    place
        .run(&["--config", "printed.toml", "config", "print"])
        .await
        .succeeded();
}

/// Key, value and source; not the names and words after them, nor the spaces that make columns.
fn without_meaning(line: &str) -> String {
    let shown = line.split(';').next().unwrap_or_default();
    let words: Vec<&str> = shown.split_whitespace().collect();
    words.join(" ")
}

#[tokio::test]
async fn wrong_settings_are_named() {
    let place = Place::new();
    let mut told = String::new();
    for (text, variable) in [
        ("listn = \"127.0.0.1:1\"\n", ("", "")),
        ("listen = \n", ("", "")),
        ("", ("TIELINE_LISTEN", "localhost")),
        (
            "",
            ("TIELINE_PUBLIC_URL", "https://tieline.example.com/path"),
        ),
        ("", ("TIELINE_ALLOW_LOOPBACK", "maybe")),
        ("", ("TIELINE_METRICS", "everybody")),
        ("", ("TIELINE_TRUSTED_PROXIES", "proxy.internal")),
        ("", ("TIELINE_DATABASE_URL", "mysql://tieline@db/tieline")),
    ] {
        std::fs::write(place.path("tieline.toml"), text).unwrap();
        let mut command = place.command();
        command.args(["--config", "tieline.toml", "user", "list"]);
        if !variable.0.is_empty() {
            command.env(variable.0, variable.1);
        }
        told.push_str(&finish(command, "").await.failed(2));
    }
    let mut command = place.command();
    command.args(["--config", "missing.toml", "serve"]);
    told.push_str(&finish(command, "").await.failed(2));
    let mut command = place.command();
    command.arg("serve").env("TIELINE_LOG", "tieline=loud");
    told.push_str(&finish(command, "").await.failed(2));
    assert_snapshot!(told, @r#"
        error: The configuration file tieline.toml has an unknown key: listn.
        hint: `tieline config print` lists every key.
        error: The configuration file tieline.toml is not valid TOML: string values must be quoted, expected literal string
        error: The setting listen (TIELINE_LISTEN) must be an address with a port, such as 127.0.0.1:7420.
        hint: `tieline config print` shows where each value came from.
        error: The setting public_url (TIELINE_PUBLIC_URL) must be an http or https URL without a path, such as https://tieline.example.com.
        hint: `tieline config print` shows where each value came from.
        error: The setting allow_loopback (TIELINE_ALLOW_LOOPBACK) must be true or false.
        hint: `tieline config print` shows where each value came from.
        error: The setting metrics (TIELINE_METRICS) must be loopback, all or off.
        hint: `tieline config print` shows where each value came from.
        error: The setting trusted_proxies (TIELINE_TRUSTED_PROXIES) must be IP addresses, separated by commas.
        hint: `tieline config print` shows where each value came from.
        error: The database URL cannot be used: databases of the kind `mysql` are not supported; use sqlite:PATH or postgres://user@host/database.
        hint: Write it like postgres://user:password@host/database, or leave it out to use SQLite.
        error: The configuration file missing.toml cannot be read: No such file or directory (os error 2).
        error: The setting log (TIELINE_LOG) is not a tracing filter: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5.
        "#);
    assert!(
        !place.path("data").exists(),
        "a wrong setting made a data directory"
    );
}
