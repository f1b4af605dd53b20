//! The JSON-RPC error codes of both eras, and the names of the fields and headers that carry routing.

/// The body is not JSON, or names a key twice.
pub const PARSE_ERROR: i64 = -32700;
/// JSON, but not a JSON-RPC request.
pub const INVALID_REQUEST: i64 = -32600;
/// No such method in this era.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// Unknown tool or prompt, bad cursor, missing `_meta`, and in the modern era a missing resource.
pub const INVALID_PARAMS: i64 = -32602;
/// Our own fault.
pub const INTERNAL_ERROR: i64 = -32603;
/// Modern: a request header says something else than the body.
pub const HEADER_MISMATCH: i64 = -32020;
/// Modern: the request needs a client capability that was not declared; `data.requiredCapabilities`.
pub const MISSING_CLIENT_CAPABILITY: i64 = -32021;
/// Modern: `data` holds `supported` and `requested`.
pub const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;
/// Legacy: no such resource. Never sent to a modern client.
pub const LEGACY_RESOURCE_NOT_FOUND: i64 = -32002;
/// 2025-11-25 only: the user has to open a URL first; `data.elicitations`. Never sent to a modern client.
pub const LEGACY_URL_ELICITATION_REQUIRED: i64 = -32042;

/// `_meta` key of a modern request: the revision it is written in.
pub const META_PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// `_meta` key of a modern request: what the client can do for this request.
pub const META_CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// `_meta` key of a modern request: name and version of the client.
pub const META_CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// `_meta` key of a modern request: the lowest level of log messages that are wanted.
pub const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// `_meta` key of a modern result: name and version of the server.
pub const META_SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// `_meta` key of every message on a modern listen stream: the id of the listen request.
pub const META_SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// Header: the revision, in both eras.
pub const HEADER_PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// Header, modern: the body's method.
pub const HEADER_METHOD: &str = "mcp-method";
/// Header, modern: the tool or prompt name, resource URI or task id of the body.
pub const HEADER_NAME: &str = "mcp-name";
/// Prefix of the modern headers that repeat a tool's argument.
pub const HEADER_PARAM_PREFIX: &str = "mcp-param-";
/// Header, legacy: the session.
pub const HEADER_SESSION_ID: &str = "mcp-session-id";
/// Header, legacy: where a broken stream is to be resumed.
pub const HEADER_LAST_EVENT_ID: &str = "last-event-id";
