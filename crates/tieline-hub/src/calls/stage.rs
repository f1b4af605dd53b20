//! How far a call came on its way to the tool and back.

/// A stage of the way, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallStage {
    /// Whether Tieline passes the call on at all.
    Policy,
    /// The server's address.
    Dns,
    /// The connection.
    Tcp,
    /// The certificate.
    Tls,
    /// The request with the token.
    Http,
    /// The answer as MCP.
    Mcp,
    /// Whether the arguments fit the tool's schema.
    Schema,
    /// The tool itself.
    Tool,
}

impl CallStage {
    /// Every stage in order.
    pub const ALL: [Self; 8] = [
        Self::Policy,
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Http,
        Self::Mcp,
        Self::Schema,
        Self::Tool,
    ];

    /// Where a call ended that ended like this; `None` for one that was answered well.
    pub fn of(outcome: &str, code: Option<&str>) -> Option<Self> {
        match outcome {
            "ok" => None,
            "tool_error" => Some(Self::Tool),
            "refused" => Some(Self::Policy),
            _ => Some(Self::of_failure(code.unwrap_or_default())),
        }
    }

    fn of_failure(code: &str) -> Self {
        match code {
            "secret_unreadable" => Self::Policy,
            "dns_failed" | "address_refused" => Self::Dns,
            "connect_refused"
            | "connect_timeout"
            | "proxy_unreachable"
            | "proxy_timeout"
            | "proxy_refused"
            | "proxy_bad_answer"
            | "proxy_login_unreadable" => Self::Tcp,
            "tls_expired" | "tls_wrong_host" | "tls_unknown_authority" | "tls_failed" => Self::Tls,
            "auth_failed" | "needs_oauth" | "forbidden" | "not_found" | "method_not_allowed"
            | "redirect_refused" | "rate_limited" | "upstream_error" | "bad_http"
            | "bad_encoding" | "interrupted" => Self::Http,
            "invalid_params" => Self::Schema,
            // The server had the call and did not come back with a result that can be used.
            "timeout" | "too_large" | "not_taken" | "secret_echoed" | "cancelled"
            | "input_required" => Self::Tool,
            _ => Self::Mcp,
        }
    }

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Mcp => "mcp",
            Self::Schema => "schema",
            Self::Tool => "tool",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CallStage;

    #[test]
    fn a_call_ends_where_its_code_says() {
        for (outcome, code, stage) in [
            ("ok", None, None),
            ("tool_error", None, Some("tool")),
            ("refused", Some("rate_limited"), Some("policy")),
            ("upstream_failure", Some("rate_limited"), Some("http")),
            ("upstream_failure", Some("address_refused"), Some("dns")),
            ("upstream_failure", Some("connect_timeout"), Some("tcp")),
            ("upstream_failure", Some("proxy_refused"), Some("tcp")),
            ("upstream_failure", Some("tls_expired"), Some("tls")),
            ("upstream_failure", Some("bad_json"), Some("mcp")),
            ("upstream_failure", Some("invalid_params"), Some("schema")),
            ("upstream_failure", Some("timeout"), Some("tool")),
        ] {
            let found = CallStage::of(outcome, code);
            assert_eq!(found.map(CallStage::as_str), stage, "{outcome} {code:?}");
        }
        assert!(CallStage::ALL.is_sorted());
    }
}
