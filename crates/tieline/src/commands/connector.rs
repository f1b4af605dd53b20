//! `tieline connector add|list|test|remove|rotate`.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use serde_json::json;
use tieline_domain::{Actor, ConnectorDraft, Slug};
use tieline_hub::{
    AddConnectorError, ConnectorView, RotateConnectorError, TestConnectorError, TestReport,
};
use tieline_store::StoreError;
use zeroize::Zeroizing;

use super::{read_file, read_stdin, say, table};
use crate::cli::ConnectorCommand;
use crate::compose::Composed;
use crate::failure::Failure;

pub(crate) async fn run(command: ConnectorCommand, composed: &Composed) -> Result<(), Failure> {
    match command {
        ConnectorCommand::Add {
            name,
            url,
            token_stdin,
            token_file,
            auth_header,
            skip_test,
        } => {
            let token = read_token(token_stdin, token_file)?;
            let draft = ConnectorDraft {
                name,
                slug: None,
                url,
                token,
                auth_header,
            };
            add(composed, &draft, skip_test).await
        }
        ConnectorCommand::List { json } => list(composed, json).await,
        ConnectorCommand::Test { slug, json } => test(composed, &parse_slug(&slug)?, json).await,
        ConnectorCommand::Remove { slug, yes } => remove(composed, &parse_slug(&slug)?, yes).await,
        ConnectorCommand::Rotate {
            slug,
            token_stdin: _,
        } => rotate(composed, &parse_slug(&slug)?).await,
    }
}

fn read_token(from_stdin: bool, file: Option<PathBuf>) -> Result<Zeroizing<String>, Failure> {
    match (from_stdin, file) {
        (true, _) => read_stdin(),
        (false, Some(file)) => read_file(&file),
        (false, None) => Ok(Zeroizing::default()),
    }
}

/// Bad input is found before the test, so that a taken name does not cost a connection.
async fn add(composed: &Composed, draft: &ConnectorDraft, skip_test: bool) -> Result<(), Failure> {
    let new = draft.parse().map_err(|fields| Failure::fields(&fields))?;
    composed
        .hub
        .preview_slug(&new.name)
        .await
        .map_err(add_failure)?;
    if !skip_test {
        let report = composed
            .hub
            .test_draft(draft, &mut |_| {})
            .await
            .map_err(test_failure)?;
        if !report.ok {
            return Err(failed_test(&report, "Nothing was saved.")
                .hint("--skip-test saves it anyway, and Tieline keeps trying."));
        }
    }
    let added = composed
        .hub
        .add_connector(&Actor::CommandLine, draft)
        .await
        .map_err(add_failure)?;
    say(&added.connector.slug);
    Ok(())
}

fn add_failure(error: AddConnectorError) -> Failure {
    match error {
        AddConnectorError::Invalid { fields } => Failure::fields(&fields),
        AddConnectorError::SlugReserved { ref suggestion, .. }
        | AddConnectorError::SlugTaken { ref suggestion, .. } => {
            let hint = format!("The key {suggestion} is free: choose a name that becomes it.");
            Failure::bad_input(error.to_string()).hint(hint)
        }
        AddConnectorError::Store(error) => error.into(),
    }
}

fn test_failure(error: TestConnectorError) -> Failure {
    match error {
        TestConnectorError::Invalid { fields } => Failure::fields(&fields),
        TestConnectorError::Store(StoreError::NotFound) => no_such_connector(),
        error => error.into(),
    }
}

fn failed_test(report: &TestReport, consequence: &str) -> Failure {
    let broken = report
        .steps
        .iter()
        .find(|step| step.outcome == tieline_mcp::StepOutcome::Fail);
    let sentence = broken.map_or("The connection test failed.", |step| step.message.as_str());
    let failure = Failure::test_failed(format!("{sentence} {consequence}"));
    match &report.hint {
        Some(hint) => failure.hint(format!("{} {}", hint.title, hint.message)),
        None => failure,
    }
}

async fn list(composed: &Composed, as_json: bool) -> Result<(), Failure> {
    let connectors = composed.hub.list_connectors().await?.connectors;
    if as_json {
        let all: Vec<_> = connectors.iter().map(to_json).collect();
        say(serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let mut rows = vec![
        ["KEY", "NAME", "STATUS", "TOOLS", "URL"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for connector in connectors {
        let tools = format!("{} of {}", connector.tools_enabled, connector.tools_total);
        rows.push(vec![
            connector.slug.to_string(),
            connector.name,
            connector.status.to_string(),
            tools,
            connector.url,
        ]);
    }
    say(table(&rows));
    Ok(())
}

fn to_json(connector: &ConnectorView) -> serde_json::Value {
    json!({
        "id": connector.id, "slug": connector.slug.as_str(), "name": connector.name, "kind": connector.kind, "url": connector.url,
        "auth_header": connector.auth_header, "token_set": connector.token_set, "enabled": connector.enabled,
        "status": connector.status, "status_reason": connector.status_message, "tools_total": connector.tools_total,
        "tools_enabled": connector.tools_enabled, "server": connector.server, "revision": connector.revision,
        "created_at": connector.created_at, "updated_at": connector.updated_at,
    })
}

async fn test(composed: &Composed, slug: &Slug, as_json: bool) -> Result<(), Failure> {
    let report = composed
        .hub
        .test_connector(slug, &mut |_| {})
        .await
        .map_err(test_failure)?;
    if as_json {
        let steps: Vec<_> = report
            .steps
            .iter()
            .map(|step| json!({ "step": step.step.as_str(), "ok": step.outcome != tieline_mcp::StepOutcome::Fail, "outcome": step.outcome.as_str(), "ms": step.ms, "code": step.code, "message": step.message }))
            .collect();
        let names: Vec<&str> = report.tools.iter().map(|(name, _)| name.as_str()).collect();
        say(serde_json::to_string_pretty(&json!({
            "ok": report.ok, "steps": steps, "server": report.server, "revision": report.revision, "tools": names, "hint": report.hint,
        }))?);
    } else {
        let rows: Vec<Vec<String>> = report
            .steps
            .iter()
            .map(|step| {
                vec![
                    step.step.as_str().to_owned(),
                    step.outcome.as_str().to_owned(),
                    format!("{} ms", step.ms),
                    step.message.clone(),
                ]
            })
            .collect();
        say(table(&rows));
    }
    // The test stores nothing. A running server learns from the database how the connector is now.
    composed
        .hub
        .check_connector(slug)
        .await
        .map_err(not_found)?;
    if report.ok {
        Ok(())
    } else {
        Err(failed_test(&report, "The connector’s status says so now."))
    }
}

async fn remove(composed: &Composed, slug: &Slug, yes: bool) -> Result<(), Failure> {
    let connector = composed.hub.connector(slug).await.map_err(not_found)?;
    if !yes && !confirmed(&connector)? {
        return Err(Failure::bad_input("Nothing was removed."));
    }
    composed
        .hub
        .remove_connector(&Actor::CommandLine, slug)
        .await
        .map_err(not_found)
}

/// Asks on the terminal. Without one there is nobody to ask, so `--yes` is needed.
#[expect(
    clippy::print_stderr,
    reason = "a question to the person at the terminal is not output"
)]
fn confirmed(connector: &ConnectorView) -> Result<bool, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::bad_input("There is no terminal to ask on.")
            .hint("--yes removes without a question."));
    }
    eprint!(
        "Remove {} with its {} tools and its token? Type its key ({}) to confirm: ",
        connector.name, connector.tools_enabled, connector.slug
    );
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(answer.trim() == connector.slug.as_str())
}

async fn rotate(composed: &Composed, slug: &Slug) -> Result<(), Failure> {
    let token = read_stdin()?;
    match composed
        .hub
        .rotate_connector(&Actor::CommandLine, slug, &token, true)
        .await
    {
        Ok(_) => Ok(()),
        Err(RotateConnectorError::Invalid { field }) => Err(Failure::fields(&[field])),
        Err(RotateConnectorError::TestFailed { report }) => {
            Err(failed_test(&report, "The old token stays in force."))
        }
        Err(RotateConnectorError::Store(StoreError::Conflict { .. })) => Err(Failure::failed(
            "Somebody changed this connector during the test, so the old token stays in force.",
        )
        .hint("Look at `tieline connector list` and run this again.")),
        Err(RotateConnectorError::Store(error)) => Err(not_found(error)),
    }
}

fn parse_slug(slug: &str) -> Result<Slug, Failure> {
    Slug::parse(slug).map_err(|_| no_such_connector())
}

fn not_found(error: StoreError) -> Failure {
    match error {
        StoreError::NotFound => no_such_connector(),
        error => error.into(),
    }
}

fn no_such_connector() -> Failure {
    Failure::bad_input("There is no connector with this key.")
        .hint("`tieline connector list` shows every connector with its key.")
}
