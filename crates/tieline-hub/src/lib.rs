//! The use cases of Tieline: add, remove, rotate and test a connector, build a [`Catalog`], dispatch a
//! [`Call`], people, access keys and the audit log.
//!
//! Dashboard, REST, command line, gateway and agent all join here, so a rule is written once. This is the only
//! crate that opens a secret, and it does so only for the call in hand. It knows nothing of HTTP requests that
//! come in, of templates or of SQL text.

mod audit;
mod breaker;
mod calls;
mod catalog;
mod change;
mod clients;
pub mod connectors;
mod credential;
mod dispatch;
mod events;
mod health;
mod hub;
mod keys;
mod listen;
mod models;
mod network;
mod news;
mod password;
mod providers;
mod records;
mod refresh;
mod request_state;
mod scrub;
mod settings;
mod setup;
mod sign_in;
mod snapshot;
mod task_id;
mod upstreams;
mod users;
mod watch;

pub use audit::{AuditPage, AuditVerdict};
pub use calls::{CallContent, CallPage, CallStage, KeptText};
pub use catalog::{
    Catalog, CatalogConnector, CatalogOffer, CatalogRevision, CatalogTool, Declared, Greetings,
};
pub use clients::ClientSeen;
pub use connectors::{
    AddConnectorError, AddedConnector, CertificateEnd, ChangedTool, ChangedTools, ConnectorKind,
    ConnectorList, ConnectorStatus, ConnectorToolView, ConnectorUsage, ConnectorView,
    EditConnectorError, Hint, HourlyCalls, RecentUse, ReviewError, RotateConnectorError,
    RotationReceipt, ServerView, TestConnectorError, TestReport, ToolUsage, UpdateConnector,
    WaitingTool,
};
pub use dispatch::{
    Askable, BUILT_IN_AGENT, Call, CallFailure, CallOutcome, CallRefusal, Caller, FailureFacts,
    KEPT_CONTENT, PassTo, SessionIs, SessionKey, Wanted,
};
pub use hub::{Hub, HubSettings, StartError};
pub use keys::{CreateKeyError, CreatedKey, KeyRefused, KeyView, RevokeKeyError};
pub use listen::Following;
pub use models::{
    AddModelError, EditModelError, ModelKeyFound, ModelView, OpenModel, OpenModelError, UpdateModel,
};
pub use news::{HubNews, ListKind};
pub use providers::{ConnectProviderError, ProviderView};
pub use request_state::{BoundTo, HeldState, MAX_REQUEST_STATE, StateRefused};
pub use settings::{Backup, Database, SettingsView, UpdateSettings, UpdateSettingsError};
pub use setup::{SetupError, SetupRequest};
pub use sign_in::{SignInError, SignInView, SignedIn, StartedSignIn};
pub use snapshot::{LiveConnector, Snapshot};
pub use task_id::{HeldTask, MAX_TASK_ID};
pub use users::{
    AcceptInvitationError, AddUserError, AddedUser, ChangePasswordError, NewUser, UpdateUserError,
    UserChange, UserUsage, UserView,
};

/// What the doors name when they show rows or turn errors into answers; they do not open the store themselves.
pub use tieline_mcp::{Authority, DialIo as OutboundStream, Failure as NetworkFailure, Outbound};
pub use tieline_store::{
    AuditFilter, AuditRow, CallFilter, CallRow, CallSummary, CallText, CallTimes, ConnectorUse,
    StoreError,
};
