//! A connector as pages, REST and the command line show it. It holds no secret, sealed or open.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tieline_domain::{ConnectorId, Slug, Timestamp};
use tieline_store::ConnectorRow;

use super::tool_summary::ToolSummary;

/// How long before its end a certificate is worth a warning: most are renewed earlier.
const SOON: Duration = Duration::from_hours(14 * 24);

/// Whether a connector was added by hand or from the shipped catalogue. Both work alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectorKind {
    /// Added by an admin with a URL of their own.
    Custom,
    /// Connected from the shipped catalogue of providers.
    Builtin,
}

/// How a connector is doing, by its last call or check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorStatus {
    /// Not reached yet since it was added or changed.
    Checking,
    /// The last call or check succeeded.
    Working,
    /// It succeeds, but takes long.
    Slow,
    /// The last call or check failed.
    Failing,
    /// It wants a person to sign in, which agents cannot do.
    NeedsSignIn,
    /// An admin turned it off.
    Off,
}

impl ConnectorStatus {
    /// The word in the database and in REST.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Working => "working",
            Self::Slow => "slow",
            Self::Failing => "failing",
            Self::NeedsSignIn => "needs_sign_in",
            Self::Off => "off",
        }
    }

    /// Whether an admin should look.
    pub fn needs_attention(self) -> bool {
        self.is_failing() || self == Self::Slow
    }

    /// Whether agents have to do without it: what the badge of the navigation counts.
    pub fn is_failing(self) -> bool {
        matches!(self, Self::Failing | Self::NeedsSignIn)
    }

    /// The status of a connector by what is stored of it.
    pub(super) fn of(enabled: bool, word: &str) -> Self {
        if enabled {
            word.parse().unwrap_or(Self::Checking)
        } else {
            Self::Off
        }
    }
}

impl fmt::Display for ConnectorStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ConnectorStatus {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [
            Self::Checking,
            Self::Working,
            Self::Slow,
            Self::Failing,
            Self::NeedsSignIn,
            Self::Off,
        ]
        .into_iter()
        .find(|status| status.as_str() == word)
        .ok_or(())
    }
}

/// What a server calls itself. Its words, cleaned and cut.
#[derive(Clone, Debug, Serialize)]
pub struct ServerView {
    /// Its name.
    pub name: String,
    /// Its version, if it gave one.
    pub version: Option<String>,
}

/// Calls and failures of one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HourlyCalls {
    /// All calls.
    pub calls: u32,
    /// Those that failed.
    pub failed: u32,
}

/// When a certificate ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateEnd {
    /// Its last moment.
    pub at: Timestamp,
    /// Whether that is less than 14 days away.
    pub is_soon: bool,
}

/// A connector with everything that may be shown about it.
#[derive(Clone, Debug)]
pub struct ConnectorView {
    /// Its id.
    pub id: ConnectorId,
    /// Its key.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// Custom or built-in.
    pub kind: ConnectorKind,
    /// Its address.
    pub url: String,
    /// The header that carries the token.
    pub auth_header: String,
    /// Whether a token is stored.
    pub token_set: bool,
    /// The last four characters of the token, when it is long enough to show that.
    pub token_hint: Option<String>,
    /// When the token was stored.
    pub token_set_at: Option<Timestamp>,
    /// Whether it is turned on.
    pub enabled: bool,
    /// Whether what breaks clients is mended on the way.
    pub normalise: bool,
    /// How it is doing.
    pub status: ConnectorStatus,
    /// A stable code for why, such as `auth_failed`.
    pub status_code: Option<String>,
    /// A sentence for why.
    pub status_message: Option<String>,
    /// When it was last called or checked.
    pub checked_at: Option<Timestamp>,
    /// Since when the status is what it is.
    pub status_since: Option<Timestamp>,
    /// The end of its server's certificate, as far as a connection of this process showed it.
    pub certificate_end: Option<CertificateEnd>,
    /// How many usable tools the server offers.
    pub tools_total: usize,
    /// How many of them are on.
    pub tools_enabled: usize,
    /// How many were left out because they are malformed.
    pub tools_left_out: usize,
    /// How many changed at the server and wait for an admin.
    pub tools_changed: usize,
    /// About how many tokens the definitions that are on cost a model in each session.
    pub tokens: usize,
    /// The names of its tools, so that a search finds them.
    pub tool_names: Arc<[String]>,
    /// What the server calls itself.
    pub server: Option<ServerView>,
    /// The protocol revision that is spoken with it.
    pub revision: Option<String>,
    /// Who added it.
    pub created_by: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When an admin last changed it.
    pub updated_at: Timestamp,
    /// Grows with each change by an admin; an edit form sends back the one it began with.
    pub row_version: i64,
    /// The last 24 hours, oldest first.
    pub calls_24h: Vec<HourlyCalls>,
}

impl ConnectorView {
    pub(crate) fn new(
        row: ConnectorRow,
        tools: &ToolSummary,
        mut calls_24h: Vec<HourlyCalls>,
    ) -> Self {
        calls_24h.resize(24, HourlyCalls::default());
        let status = ConnectorStatus::of(row.enabled, &row.status);
        Self {
            kind: if row.provider.is_some() {
                ConnectorKind::Builtin
            } else {
                ConnectorKind::Custom
            },
            token_set: row.sealed.is_some(),
            tools_total: tools.total,
            tools_enabled: tools.enabled,
            tools_left_out: tools.left_out,
            tools_changed: tools.changed,
            tokens: tools.tokens,
            tool_names: tools.names.clone(),
            server: row.server_name.map(|name| ServerView {
                name,
                version: row.server_version,
            }),
            id: row.id,
            slug: row.slug,
            name: row.name,
            url: row.url,
            auth_header: row.auth_header,
            token_hint: row.token_hint,
            token_set_at: row.token_set_at,
            enabled: row.enabled,
            normalise: row.normalise,
            status,
            status_code: row.status_code,
            status_message: row.status_message,
            checked_at: row.status_at,
            status_since: row.status_since,
            revision: row.revision,
            certificate_end: None,
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
            row_version: row.row_version,
            calls_24h,
        }
    }

    /// Adds what is known of its server's certificate.
    pub(crate) fn with_certificate(mut self, ends_at: Option<Timestamp>, now: Timestamp) -> Self {
        self.certificate_end = ends_at.map(|at| CertificateEnd {
            at,
            is_soon: ends_soon(at, now),
        });
        self
    }

    /// Whether an admin should look: at its status, at tools that changed, or at a certificate that ends soon.
    pub fn needs_attention(&self) -> bool {
        self.status.needs_attention()
            || (self.enabled && (self.tools_changed > 0 || self.certificate_ends_soon()))
    }

    /// Whether its server's certificate ends in less than 14 days.
    pub fn certificate_ends_soon(&self) -> bool {
        self.certificate_end.is_some_and(|end| end.is_soon)
    }

    /// All calls of the last 24 hours.
    pub fn calls_total(&self) -> u32 {
        self.calls_24h.iter().map(|hour| hour.calls).sum()
    }
}

fn ends_soon(certificate_ends: Timestamp, now: Timestamp) -> bool {
    certificate_ends.since(now) < SOON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_worth_a_warning_for_its_last_fourteen_days() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let in_hours = |hours| now.plus(Duration::from_hours(hours));
        assert!(!ends_soon(in_hours(14 * 24), now));
        assert!(ends_soon(in_hours(14 * 24 - 1), now));
        assert!(ends_soon(now.minus(Duration::from_hours(1)), now));
    }
}
