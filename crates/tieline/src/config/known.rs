//! Every setting that there is.

/// One setting: its key in the file, its environment name, its default and what it means.
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) env: &'static str,
    pub(super) default: &'static str,
    pub(super) help: &'static str,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "listen",
        env: "TIELINE_LISTEN",
        default: "127.0.0.1:7420",
        help: "address to listen on",
    },
    Setting {
        key: "data_dir",
        env: "TIELINE_DATA_DIR",
        default: "./tieline-data",
        help: "database and master key",
    },
    Setting {
        key: "database_url",
        env: "TIELINE_DATABASE_URL",
        default: "",
        help: "PostgreSQL URL; empty: SQLite in data_dir",
    },
    Setting {
        key: "public_url",
        env: "TIELINE_PUBLIC_URL",
        default: "",
        help: "URL under which people reach Tieline",
    },
    Setting {
        key: "master_key_file",
        env: "TIELINE_MASTER_KEY_FILE",
        default: "",
        help: "master key; empty: data_dir/master.key",
    },
    Setting {
        key: "log",
        env: "TIELINE_LOG",
        default: "info",
        help: "tracing filter",
    },
    Setting {
        key: "log_format",
        env: "TIELINE_LOG_FORMAT",
        default: "text",
        help: "text or json",
    },
    Setting {
        key: "allow_loopback",
        env: "TIELINE_ALLOW_LOOPBACK",
        default: "",
        help: "connectors on loopback; empty: only if listening on loopback",
    },
    Setting {
        key: "deny_private",
        env: "TIELINE_DENY_PRIVATE",
        default: "false",
        help: "refuse connectors on private addresses",
    },
    Setting {
        key: "egress_proxy",
        env: "TIELINE_EGRESS_PROXY",
        default: "",
        help: "HTTP proxy to hosts outside of this network, with its login if it wants one",
    },
    Setting {
        key: "organization",
        env: "TIELINE_ORGANIZATION",
        default: "",
        help: "name on the pages",
    },
    Setting {
        key: "allowed_hosts",
        env: "TIELINE_ALLOWED_HOSTS",
        default: "",
        help: "further host names to answer to, comma separated",
    },
    Setting {
        key: "trusted_proxies",
        env: "TIELINE_TRUSTED_PROXIES",
        default: "",
        help: "addresses of proxies whose X-Forwarded-For is believed, comma separated",
    },
    Setting {
        key: "metrics",
        env: "TIELINE_METRICS",
        default: "loopback",
        help: "who may read /metrics: loopback, all or off",
    },
    Setting {
        key: "check_interval_seconds",
        env: "TIELINE_CHECK_INTERVAL_SECONDS",
        default: "60",
        help: "how often connectors are checked",
    },
    Setting {
        key: "call_timeout_seconds",
        env: "TIELINE_CALL_TIMEOUT_SECONDS",
        default: "60",
        help: "longest tool call",
    },
    Setting {
        key: "tool_changes",
        env: "TIELINE_TOOL_CHANGES",
        default: "hold_risky",
        help: "tools that change at their servers: hold_risky, hold_all (wait for an admin) or use_all",
    },
    Setting {
        key: "sign_in_idle_hours",
        env: "TIELINE_SIGN_IN_IDLE_HOURS",
        default: "12",
        help: "hours without use after which a sign-in ends",
    },
    Setting {
        key: "sign_in_days",
        env: "TIELINE_SIGN_IN_DAYS",
        default: "7",
        help: "days after which a sign-in ends, used or not",
    },
    Setting {
        key: "keep_calls_days",
        env: "TIELINE_KEEP_CALLS_DAYS",
        default: "30",
        help: "days for which calls are kept",
    },
    Setting {
        key: "keep_content",
        env: "TIELINE_KEEP_CONTENT",
        default: "false",
        help: "keep arguments and results of calls, for admins to read",
    },
    Setting {
        key: "keep_content_days",
        env: "TIELINE_KEEP_CONTENT_DAYS",
        default: "7",
        help: "days for which arguments and results are kept",
    },
    Setting {
        key: "running_turns",
        env: "TIELINE_RUNNING_TURNS",
        default: "64",
        help: "how many turns of the agent run at once; others wait",
    },
    Setting {
        key: "tool_tokens",
        env: "TIELINE_TOOL_TOKENS",
        default: "20000",
        help: "most tokens of tool definitions that the agent's model is given; above, it searches them",
    },
];
