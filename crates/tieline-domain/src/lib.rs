//! The vocabulary and its rules: parsed names, URLs, slugs, tool names, roles; no IO, no async.
//!
//! Raw text becomes one of these types at the edge and stays one. A type that holds a secret never implements
//! `Display` or `Serialize`, and its `Debug` redacts. This crate must not know files, sockets, databases or HTTP.

mod access_key;
mod access_token;
mod actor;
mod auth_header;
mod base32;
mod base62;
mod connector_draft;
mod connector_name;
mod connector_url;
mod field_error;
mod id;
mod model_draft;
mod model_kind;
mod model_name;
mod model_url;
mod provider;
mod proxy_url;
mod random_code;
mod request_id;
mod resource_uri;
mod settings;
mod slug;
mod table;
mod time;
mod tool_definition;
mod tool_name;
mod tool_policy;
mod user;

pub use access_key::{AccessKey, AccessKeyError, KeyHash};
pub use access_token::{AccessToken, TokenError, TokenHint};
pub use actor::Actor;
pub use auth_header::{AuthHeader, HeaderError};
pub use connector_draft::{ConnectorDraft, NewConnector};
pub use connector_name::{ConnectorName, NameError};
pub use connector_url::{ConnectorUrl, Origin, UrlError, UrlWarning};
pub use field_error::{FieldError, FieldErrors};
pub use id::{
    AuditId, CallId, ConnectorId, IdError, InvitationId, KeyId, ModelId, SessionId, SignInId,
    TurnId, UserId,
};
pub use model_draft::{KeyError, ModelDraft, ModelError, NewModel, parse_key, parse_model};
pub use model_kind::{ModelKind, ModelKindError};
pub use model_name::{ModelName, ModelNameError};
pub use model_url::{ModelUrl, ModelUrlError};
pub use provider::{Provider, provider, providers};
pub use proxy_url::{ProxyLogin, ProxyUrl, ProxyUrlError, TypedLogin};
pub use random_code::{RandomCode, RandomCodeError};
pub use request_id::RequestId;
pub use resource_uri::{UpstreamUri, expose_uri, upstream_uri};
pub use settings::{SettingError, SettingName, SettingNameError, Settings, ThemeDefault};
pub use slug::{ReservedBy, Slug, SlugError};
pub use table::Table;
pub use time::{Clock, Entropy, Timestamp, TimestampError};
pub use tool_definition::{
    Around, Comparison, DefinitionHash, DefinitionHashError, Difference, Hint, InputLine, LineKind,
    Risk, ToolChangePolicy, ToolChangePolicyError, Verdict, compare_definitions, hidden_characters,
    is_hidden,
};
pub use tool_name::{ExposedTool, NameSpace, expose};
pub use tool_policy::{ToolPolicy, ToolPolicyError};
pub use user::{
    Email, EmailError, NewPassword, PasswordError, PersonName, PersonNameError, Role, RoleError,
};
