//! `GET /activity/export?format=csv|jsonl`: what the page lists, as a file to keep or to calculate with.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tieline_domain::UserId;
use tieline_hub::{AuditFilter, AuditRow, CallRow};

use super::list::ListQuery;
use crate::auth::Admin;
use crate::problem::Problem;
use crate::state::AppState;

/// How many rows are read at a time, and how many times at most: a file of 20,000 rows, the newest.
const PER_PAGE: u32 = 200;
const PAGES: usize = 100;

const CALL_COLUMNS: [&str; 15] = [
    "at",
    "person",
    "client",
    "connector",
    "tool",
    "outcome",
    "code",
    "ms",
    "bytes_in",
    "bytes_out",
    "session",
    "key_id",
    "request_id",
    "http_status",
    "own_address",
];
const AUDIT_COLUMNS: [&str; 7] = [
    "seq",
    "at",
    "actor_kind",
    "actor",
    "action",
    "target",
    "detail",
];

/// Which kind of file; anything else is CSV.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    format: String,
}

/// The file.
pub(crate) async fn export_activity(
    State(state): State<AppState>,
    _: Admin,
    Query(query): Query<ListQuery>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let (name, columns, rows) = if query.wants_audit() {
        ("audit", &AUDIT_COLUMNS[..], audit(&state).await?)
    } else {
        ("calls", &CALL_COLUMNS[..], calls(&state, &query).await?)
    };
    let (kind, ending, text) = if wanted.format == "jsonl" {
        ("application/jsonl", "jsonl", lines(&rows))
    } else {
        ("text/csv; charset=utf-8", "csv", table(columns, &rows))
    };
    let disposition = format!("attachment; filename=\"tieline-{name}.{ending}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, text).into_response())
}

async fn calls(state: &AppState, query: &ListQuery) -> Result<Vec<Map<String, Value>>, Problem> {
    let connectors = state.hub.list_connectors().await?.connectors;
    let filter = query.whole_filter(state, &connectors).await?;
    let users = state.hub.list_users().await?;
    let people: HashMap<UserId, String> = users
        .into_iter()
        .map(|user| (user.id, user.email))
        .collect();
    let (mut rows, mut cursor) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = state
            .hub
            .calls_page(cursor.as_deref(), PER_PAGE, &filter)
            .await?;
        rows.extend(page.rows.iter().map(|call| call_fields(call, &people)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(rows)
}

async fn audit(state: &AppState) -> Result<Vec<Map<String, Value>>, Problem> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = state
            .hub
            .audit_page(cursor.as_deref(), PER_PAGE, &AuditFilter::default())
            .await?;
        rows.extend(page.rows.iter().map(audit_fields));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(rows)
}

/// A call as an object, for files and to copy.
pub(super) fn call_fields(call: &CallRow, people: &HashMap<UserId, String>) -> Map<String, Value> {
    fields(
        &CALL_COLUMNS,
        [
            json!(call.at.to_string()),
            json!(people.get(&call.user_id)),
            json!(call.client),
            json!(call.connector_slug),
            json!(call.tool),
            json!(call.outcome),
            json!(call.code),
            json!(call.ms),
            json!(call.bytes_in),
            json!(call.bytes_out),
            json!(call.session),
            json!(call.key_id.map(|id| id.to_string())),
            json!(call.request_id),
            json!(call.http_status),
            json!(call.own_address),
        ],
    )
}

fn audit_fields(entry: &AuditRow) -> Map<String, Value> {
    let detail = serde_json::from_str(&entry.detail).unwrap_or(Value::Null);
    fields(
        &AUDIT_COLUMNS,
        [
            json!(entry.seq),
            json!(entry.at.to_string()),
            json!(entry.actor_kind),
            json!(entry.actor_name),
            json!(entry.action),
            json!(entry.target),
            detail,
        ],
    )
}

fn fields<const N: usize>(columns: &[&str; N], values: [Value; N]) -> Map<String, Value> {
    columns
        .iter()
        .map(|column| (*column).to_owned())
        .zip(values)
        .collect()
}

fn lines(rows: &[Map<String, Value>]) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&Value::Object(row.clone()).to_string());
        text.push('\n');
    }
    text
}

fn table(columns: &[&str], rows: &[Map<String, Value>]) -> String {
    let mut text = format!("{}\r\n", columns.join(","));
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|column| cell(&row[*column])).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell by RFC 4180. A text that a spreadsheet would take for a formula is kept from being one.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{cell, fields, lines, table};

    #[test]
    fn a_cell_is_quoted_and_never_a_formula() {
        assert_eq!(cell(&json!("a \"b\", c")), "\"a \"\"b\"\", c\"");
        assert_eq!(cell(&json!("=HYPERLINK(1)")), "'=HYPERLINK(1)");
        assert_eq!(cell(&json!(-3)), "-3");
        assert_eq!(cell(&json!(null)), "");
    }

    #[test]
    fn both_files_hold_the_same_rows() {
        let rows = [fields(&["tool", "ms"], [json!("echo"), json!(12)])];
        assert_eq!(table(&["tool", "ms"], &rows), "tool,ms\r\necho,12\r\n");
        assert_eq!(lines(&rows).lines().count(), 1);
        assert!(lines(&rows).contains("\"ms\":12"));
    }
}
