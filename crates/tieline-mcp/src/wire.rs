//! JSON-RPC and its two eras as values: what a gateway reads from a client and what it writes back.
//!
//! Nothing here opens a connection, and nothing here knows an HTTP status code: a server maps the errors to its own.

mod abilities;
mod codes;
mod envelope;
mod header_value;
mod headers;
mod log_level;
mod offer_kind;
mod param_headers;
mod params;
mod response;
mod results;
mod revision;
mod sse;

pub use abilities::{ClientCan, EXTENSION_APPS, EXTENSION_TASKS, QuestionKind, declares_tasks};
pub use codes::*;
pub use envelope::{
    Batch, Envelope, EnvelopeError, EnvelopeFault, Notification, Request, Response,
};
pub use header_value::{decode_header_value, encode_header_value};
pub use headers::{
    HeaderFault, HeaderMismatch, NorthEra, RequestError, detect_era, version_header,
};
pub use log_level::{LogLevel, UnknownLogLevel};
pub use offer_kind::OfferKind;
pub(crate) use param_headers::SchemaKeyword;
pub use param_headers::{BadParamHeader, PARAM_HEADER_KEYWORD, ParamHeaders};
pub use params::{Params, ParamsError, RequestMeta, ToolCallParams};
pub use response::{batch, notification, request, response_error, response_ok, response_ok_around};
pub use results::{
    CacheScope, Caching, ServerDescription, empty_result, list_result, tool_error_result,
};
pub use revision::{
    Era, LATEST_LEGACY, MODERN, Revision, SUPPORTED, SUPPORTED_LEGACY, UnknownRevision,
};
pub use sse::{sse_event, sse_keep_alive, sse_message, sse_retry};
