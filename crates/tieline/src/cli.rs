//! The command line as the user types it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Connect every user's AI agent to any remote MCP server, from a dashboard.
#[derive(Debug, Parser)]
#[command(name = "tieline", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) serve: ServeFlags,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Where the data is. All commands take these.
#[derive(Debug, Default, Args)]
pub(crate) struct Place {
    /// Where Tieline keeps its database and its master key [default: ./tieline-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A PostgreSQL URL, to run on several machines; without it SQLite in the data directory is used
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// A configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What only the server takes.
#[derive(Debug, Default, Args)]
pub(crate) struct ServeFlags {
    /// The address to listen on [default: 127.0.0.1:7420]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "The URL under which people reach Tieline, such as https://tieline.example.com"
    )]
    pub(crate) public_url: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process (the default)
    Serve,
    /// Show the whole product with a sample MCP server, on a temporary data directory
    Demo,
    /// People
    #[command(subcommand)]
    User(UserCommand),
    /// Access keys for the MCP gateway and REST
    #[command(subcommand)]
    Key(KeyCommand),
    /// Connectors
    #[command(subcommand)]
    Connector(ConnectorCommand),
    /// Model APIs of the built-in agent
    #[command(subcommand)]
    Model(ModelCommand),
    /// Ask the built-in agent: one turn on the terminal
    Ask(AskWords),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document of the REST API
    Openapi,
}

/// One question to the agent.
#[derive(Debug, Args)]
pub(crate) struct AskWords {
    /// What to ask; `-` reads it from standard input
    #[arg(value_name = "TEXT")]
    pub(crate) text: String,
    /// Go on in this session, with the tools that it began with
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
    /// As whom; needed when several people use this Tieline
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The model of a new session, or the name of a model API
    #[arg(long, value_name = "M", conflicts_with = "session")]
    pub(crate) model: Option<String>,
    /// Let tools that ask first run without a question
    #[arg(long)]
    pub(crate) approve: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add a person; without a password it prints a one-time invitation link
    Add {
        /// Their e-mail address
        #[arg(long)]
        email: String,
        /// Their name
        #[arg(long, default_value = "", hide_default_value = true)]
        name: String,
        /// admin or member
        #[arg(long)]
        role: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List people
    List,
    /// Suspend a person: their sign-ins end and their keys stop working
    Disable {
        /// Their e-mail address
        email: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and print it, alone, on standard output
    Create {
        /// Whose key it is
        #[arg(long)]
        email: String,
        /// What it is for
        #[arg(long)]
        name: String,
        /// After how many days it stops working
        #[arg(long, value_name = "D")]
        expires_days: Option<u32>,
    },
    /// List keys
    List,
    /// Revoke a key
    Revoke {
        /// Its id, as `key list` shows it
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorCommand {
    /// Test a remote MCP server and add it; prints its key
    Add {
        /// The name that people see
        name: String,
        /// The URL of the remote MCP server
        url: String,
        /// Read the access token from standard input
        #[arg(long, conflicts_with = "token_file")]
        token_stdin: bool,
        /// Read the access token from a file
        #[arg(long, value_name = "F")]
        token_file: Option<PathBuf>,
        /// The header that carries the token [default: Authorization]
        #[arg(long, value_name = "H", default_value = "", hide_default_value = true)]
        auth_header: String,
        /// Save without a test, or although it fails
        #[arg(long)]
        skip_test: bool,
    },
    /// List connectors
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Test a saved connector
    Test {
        /// Its key
        slug: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a connector with its token
    Remove {
        /// Its key
        slug: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Replace a connector's token; the new one is tested first
    Rotate {
        /// Its key
        slug: String,
        /// Read the new token from standard input
        #[arg(long, required = true)]
        token_stdin: bool,
    },
}

/// `tieline model …`
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Test a model API and add it; the first one is the default
    Add {
        /// The wire format; what speaks chat completions, such as Ollama, is "openai"
        #[arg(long, value_name = "anthropic|openai")]
        kind: String,
        /// The name that people see
        #[arg(long, value_name = "N")]
        name: String,
        /// What comes before /v1/messages or /chat/completions [default: the maker's own]
        #[arg(
            long,
            value_name = "URL",
            default_value = "",
            hide_default_value = true
        )]
        base_url: String,
        /// The model to ask; needed with a base URL of your own
        #[arg(long, value_name = "M", default_value = "", hide_default_value = true)]
        model: String,
        /// Read the key from standard input
        #[arg(long)]
        key_stdin: bool,
        /// The name of the model API that takes over when this one fails
        #[arg(long, value_name = "N")]
        fallback: Option<String>,
        /// Save without a test, or although it fails
        #[arg(long)]
        skip_test: bool,
    },
    /// List model APIs
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a model API the default
    Default {
        /// Its name
        name: String,
    },
    /// Remove a model API with its key
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Prove that nobody edited the audit log
    Verify,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting, its value and where it came from
    Print,
}
