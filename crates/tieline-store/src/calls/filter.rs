//! Which calls to read.

use tieline_domain::{ConnectorId, Timestamp, UserId};

use super::first_since;

/// Which calls to read. What is absent leaves nothing out.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Only calls of this connector.
    pub connector: Option<ConnectorId>,
    /// Only calls of this person.
    pub user: Option<UserId>,
    /// Only calls of the tool that its server calls so.
    pub tool: Option<String>,
    /// Only calls with this outcome word.
    pub outcome: Option<String>,
    /// Only calls from this moment on.
    pub since: Option<Timestamp>,
    /// Only calls that a text is found in.
    pub text: Option<CallText>,
}

/// A text to look for in calls, with those whose names hold it: names may change, so calls do not repeat them.
#[derive(Clone, Debug, Default)]
pub struct CallText {
    /// The text; upper and lower case are the same.
    pub text: String,
    /// People who are called so.
    pub users: Vec<UserId>,
    /// Connectors that are called so.
    pub connectors: Vec<ConnectorId>,
}

/// The condition for the values of [`Values`], `$1` to `$9`.
macro_rules! fits {
    () => {
        "($1 IS NULL OR connector_id = $1) AND ($2 IS NULL OR user_id = $2) AND ($3 IS NULL OR outcome = $3)
             AND at >= $4 AND id >= $9 AND ($5 IS NULL OR tool = $5)
             AND ($6 IS NULL OR lower(tool) LIKE $6 ESCAPE '\\' OR lower(connector_slug) LIKE $6 ESCAPE '\\'
                 OR lower(client) LIKE $6 ESCAPE '\\' OR lower(session) LIKE $6 ESCAPE '\\'
                 OR $7 LIKE '%' || user_id || '%' OR $8 LIKE '%' || connector_id || '%')"
    };
}
pub(super) use fits;

/// A filter as values of a query.
pub(super) struct Values {
    pub(super) connector: Option<String>,
    pub(super) user: Option<String>,
    pub(super) outcome: Option<String>,
    pub(super) since: i64,
    pub(super) tool: Option<String>,
    pub(super) pattern: Option<String>,
    /// Ids one after the other, in which a column's value is looked for: a list has no one form on both databases.
    pub(super) users: String,
    pub(super) connectors: String,
    /// Where in the order of their ids the calls begin.
    pub(super) first: String,
}

impl CallFilter {
    pub(super) fn values(&self) -> Values {
        let text = self.text.as_ref();
        Values {
            connector: self.connector.map(|id| id.to_string()),
            user: self.user.map(|id| id.to_string()),
            outcome: self.outcome.clone(),
            since: self.since.map_or(i64::MIN, Timestamp::as_millis),
            first: self.since.map_or_else(String::new, first_since),
            tool: self.tool.clone(),
            pattern: text.map(|text| pattern(&text.text)),
            users: text.map_or_else(String::new, |text| joined(&text.users)),
            connectors: text.map_or_else(String::new, |text| joined(&text.connectors)),
        }
    }
}

fn joined(ids: &[impl ToString]) -> String {
    ids.iter().map(|id| id.to_string() + " ").collect()
}

/// What holds the text anywhere; its own wildcards are ordinary characters.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        // PostgreSQL takes no zero character, and no stored text holds one.
        pattern.push(if c == '\0' { '\u{fffd}' } else { c });
    }
    pattern.push('%');
    pattern
}
