//! All SQL and migrations behind one [`Store`]; keeps sealed bytes, cannot open them.
//!
//! One text of SQL serves SQLite and PostgreSQL; what differs between them is in `dialect`, `migrate`, `nudge` and
//! `scrub`. A file per operation holds the statement beside the function that uses it. This crate knows no HTTP, no
//! MCP and no key: credentials arrive sealed, and audit rows are linked by a keyed hash that the caller passes in.
//!
//! To add an operation: write it in its own file, add its test to `tests/it`, and let the contract run it on both
//! engines.

#[macro_use]
mod dialect;

mod access_keys;
mod agent;
mod audit;
mod backup;
mod batch;
mod call_contents;
mod calls;
mod change;
mod connectors;
mod database_url;
mod error;
mod meta;
mod migrate;
mod models;
mod nudge;
mod offers;
mod page;
mod read;
mod scrub;
mod server_lock;
mod settings;
mod sign_ins;
mod store;
mod tools;
mod users;

pub use access_keys::KeyRow;
pub use agent::{
    AgentAddTurn, AgentAddedTurn, AgentCallRow, AgentEventRow, AgentNewCall, AgentRecord,
    AgentSessionRow, AgentSignals, AgentSummaryRow, AgentTurnRow, AgentTurnState, AgentTurns,
    AgentWrite, AgentWritten,
};
pub use audit::{AuditFilter, AuditRow, FirstBadRow};
pub use backup::Engine;
pub use call_contents::CallContentRow;
pub use calls::{
    CallFilter, CallRow, CallSummary, CallText, CallTimes, ConnectorUse, HourCount, NewCall,
    ToolCount,
};
pub use change::{AuditChain, Change, NewAudit};
pub use connectors::{
    ConnectorPatch, ConnectorRow, CredentialPatch, NewConnectorRow, StatusUpdate,
};
pub use database_url::{DatabaseUrl, DatabaseUrlError};
pub use error::StoreError;
pub use models::{ModelKeyPatch, ModelPatch, ModelRow, NewModelRow};
pub use offers::OfferRow;
pub use page::{Loaded, Page};
pub use server_lock::ServerLock;
pub use settings::{NewSetting, SettingRow, StoredSettings};
pub use sign_ins::SignInRow;
pub use store::Store;
pub use tools::{CatalogUpdate, OfferedDefinition, ReviewTools, ToolNews, ToolNewsKind, ToolRow};
pub use users::{InvitationRow, UserPatch, UserRow, UserUse};
