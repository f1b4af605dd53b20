//! The routing fields of `params` and of `_meta`: borrowed, and decoded only when asked for.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::codes::{
    INVALID_PARAMS, META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_LOG_LEVEL,
    META_PROTOCOL_VERSION,
};
use crate::raw::{self, RawObject};

/// Where the fields lie that decide where a request goes. Everything else in `params` is not looked at.
#[derive(Debug, Clone, Default)]
pub struct Params<'a> {
    /// All of them taken apart, where that came with reading the message.
    pub all: Option<RawObject<'a>>,
    /// Tool or prompt.
    pub name: Option<&'a RawValue>,
    /// Resource.
    pub uri: Option<&'a RawValue>,
    /// Task.
    pub task_id: Option<&'a RawValue>,
    /// The tool's or prompt's arguments.
    pub arguments: Option<&'a RawValue>,
    /// Where a list goes on.
    pub cursor: Option<&'a RawValue>,
    /// What the server gave the client to bring back, if it brings anything back under that name, `null` included.
    pub request_state: Option<&'a RawValue>,
    /// Metadata.
    pub meta: Option<&'a RawValue>,
}

/// Parameters that cannot be routed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A routing field appears twice, or `params` is no object.
    #[error("\"params\" must be an object that names no routing field twice")]
    Unreadable,
    /// A field that has to be a string is absent or something else.
    #[error("\"params.{field}\" must be a string")]
    NotAString {
        /// The field.
        field: &'static str,
    },
    /// A field that has to be an object is something else.
    #[error("\"params.{field}\" must be an object")]
    NotAnObject {
        /// The field.
        field: &'static str,
    },
    /// A `_meta` field that the modern era requires is absent or something else.
    #[error("\"params._meta\" must hold \"{key}\"")]
    MissingMeta {
        /// The key.
        key: &'static str,
    },
}

impl ParamsError {
    /// The JSON-RPC code to answer with.
    pub const fn code(&self) -> i64 {
        INVALID_PARAMS
    }
}

impl<'a> Params<'a> {
    /// Finds the routing fields; absent parameters have none.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        let Some(params) = params else {
            return Ok(Self::default());
        };
        if !raw::is_object(params) {
            return Err(ParamsError::Unreadable);
        }
        let all = RawObject::parse(params).map_err(|_| ParamsError::Unreadable)?;
        Ok(Self {
            all: None,
            ..all.try_into()?
        })
    }

    /// What the modern header `Mcp-Name` has to repeat for a method; `None` for methods without it.
    pub fn named(&self, method: &str) -> Result<Option<Cow<'a, str>>, ParamsError> {
        let (field, value) = match method {
            "tools/call" | "prompts/get" => ("name", self.name),
            "resources/read" => ("uri", self.uri),
            "tasks/get" | "tasks/update" | "tasks/cancel" => ("taskId", self.task_id),
            _ => return Ok(None),
        };
        required_str(field, value).map(Some)
    }

    /// A routing field that has to be there: `name` or `uri`.
    pub fn required_str(&self, field: &'static str) -> Result<Cow<'a, str>, ParamsError> {
        let value = match field {
            "name" => self.name,
            "uri" => self.uri,
            _ => None,
        };
        required_str(field, value)
    }

    /// The cursor of a list request.
    pub fn cursor(&self) -> Result<Option<Cow<'a, str>>, ParamsError> {
        self.cursor
            .map(|cursor| required_str("cursor", Some(cursor)))
            .transpose()
    }

    /// The known keys of `_meta`.
    pub fn request_meta(&self) -> Result<RequestMeta<'a>, ParamsError> {
        let Some(meta) = self.meta else {
            return Ok(RequestMeta::default());
        };
        if !raw::is_object(meta) {
            return Err(ParamsError::NotAnObject { field: "_meta" });
        }
        let keys = [
            META_PROTOCOL_VERSION,
            META_CLIENT_CAPABILITIES,
            META_CLIENT_INFO,
            META_LOG_LEVEL,
            "progressToken",
        ];
        let [version, capabilities, info, level, token] =
            match self.all.as_ref().and_then(|all| all.inner("_meta")) {
                Some(meta) => among(meta, keys)?,
                None => known(meta, keys)?,
            };
        Ok(RequestMeta {
            protocol_version: present(version),
            client_capabilities: present(capabilities),
            client_info: present(info),
            log_level: present(level),
            progress_token: present(token),
        })
    }
}

impl<'a> TryFrom<RawObject<'a>> for Params<'a> {
    type Error = ParamsError;

    /// Finds the routing fields in parameters that were taken apart already.
    fn try_from(all: RawObject<'a>) -> Result<Self, ParamsError> {
        let keys = [
            "name",
            "uri",
            "taskId",
            "arguments",
            "cursor",
            "_meta",
            "requestState",
        ];
        let [name, uri, task_id, arguments, cursor, meta, request_state] = among(&all, keys)?;
        Ok(Self {
            name: present(name),
            uri: present(uri),
            task_id: present(task_id),
            arguments: present(arguments),
            cursor: present(cursor),
            meta: present(meta),
            request_state,
            all: Some(all),
        })
    }
}

/// The values of some keys of an object. A key that appears twice would be read by one program as this and by another as
/// that.
fn known<'a, const KEYS: usize>(
    object: &'a RawValue,
    keys: [&str; KEYS],
) -> Result<[Option<&'a RawValue>; KEYS], ParamsError> {
    let object = RawObject::parse(object).map_err(|_| ParamsError::Unreadable)?;
    among(&object, keys)
}

fn among<'a, const KEYS: usize>(
    object: &RawObject<'a>,
    keys: [&str; KEYS],
) -> Result<[Option<&'a RawValue>; KEYS], ParamsError> {
    let mut found = [None; KEYS];
    for (key, value) in object.borrowed_entries() {
        if let Some(at) = keys.iter().position(|known| *known == key)
            && found[at].replace(value).is_some()
        {
            return Err(ParamsError::Unreadable);
        }
    }
    Ok(found)
}

/// `null` counts as absent.
fn present(value: Option<&RawValue>) -> Option<&RawValue> {
    value.filter(|value| !raw::is_null(value))
}

fn required_str<'a>(
    field: &'static str,
    value: Option<&'a RawValue>,
) -> Result<Cow<'a, str>, ParamsError> {
    value
        .and_then(raw::as_str)
        .ok_or(ParamsError::NotAString { field })
}

/// What routing a `tools/call` needs.
#[derive(Debug, Clone)]
pub struct ToolCallParams<'a> {
    /// The tool, under the name that the client was told.
    pub name: Cow<'a, str>,
    /// The arguments: an object, or absent.
    pub arguments: Option<&'a RawValue>,
    /// The metadata: an object, or absent.
    pub meta: Option<&'a RawValue>,
}

impl<'a> ToolCallParams<'a> {
    /// Finds name, arguments and metadata in the parameters of a `tools/call`.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, ParamsError> {
        (&Params::parse(params)?).try_into()
    }
}

impl<'a> TryFrom<&Params<'a>> for ToolCallParams<'a> {
    type Error = ParamsError;

    fn try_from(params: &Params<'a>) -> Result<Self, ParamsError> {
        let object = |field, value: Option<&'a RawValue>| match value {
            Some(value) if !raw::is_object(value) => Err(ParamsError::NotAnObject { field }),
            value => Ok(value),
        };
        Ok(Self {
            name: required_str("name", params.name)?,
            arguments: object("arguments", params.arguments)?,
            meta: object("_meta", params.meta)?,
        })
    }
}

/// Where the known keys of a request's `_meta` lie.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestMeta<'a> {
    /// The revision of the request; its presence makes a request modern.
    pub protocol_version: Option<&'a RawValue>,
    /// What the client can do for this request.
    pub client_capabilities: Option<&'a RawValue>,
    /// Name and version of the client.
    pub client_info: Option<&'a RawValue>,
    /// The lowest level of log messages that the client wants.
    pub log_level: Option<&'a RawValue>,
    /// The token under which the client expects progress.
    pub progress_token: Option<&'a RawValue>,
}

impl<'a> RequestMeta<'a> {
    /// The revision as text, when it is text.
    pub fn protocol_version(&self) -> Option<Cow<'a, str>> {
        self.protocol_version.and_then(raw::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("test JSON")
    }

    #[test]
    fn a_tool_call_is_routed_without_touching_its_arguments() {
        let params = raw(
            r#"{"name":"a\u002fb","arguments":{"n":1.0, "m":1e5},"_meta":{"progressToken":7},"x":[{}]}"#,
        );
        let call = ToolCallParams::parse(Some(&params)).unwrap();
        assert_eq!(call.name, "a/b");
        assert_eq!(call.arguments.unwrap().get(), r#"{"n":1.0, "m":1e5}"#);
        assert_eq!(call.meta.unwrap().get(), r#"{"progressToken":7}"#);
    }

    #[test]
    fn null_arguments_are_absent_arguments() {
        let params = raw(r#"{"name":"t","arguments":null,"_meta":null}"#);
        let call = ToolCallParams::parse(Some(&params)).unwrap();
        assert!(call.arguments.is_none() && call.meta.is_none());
    }

    #[test]
    fn calls_that_cannot_be_routed_say_why() {
        let refused = |text: &str| {
            ToolCallParams::parse(Some(&raw(text)))
                .map(|_| ())
                .unwrap_err()
        };
        assert_eq!(
            ToolCallParams::parse(None).unwrap_err(),
            ParamsError::NotAString { field: "name" }
        );
        assert_eq!(
            refused(r#"{"name":1}"#),
            ParamsError::NotAString { field: "name" }
        );
        assert_eq!(
            refused(r#"{"name":"t","name":"u"}"#),
            ParamsError::Unreadable
        );
        assert_eq!(
            refused(r#"{"name":"t","arguments":{},"arguments":{"a":1}}"#),
            ParamsError::Unreadable
        );
        assert_eq!(
            refused(r#"{"name":"t","arguments":[1]}"#),
            ParamsError::NotAnObject { field: "arguments" }
        );
        assert_eq!(
            refused(r#"{"name":"t","_meta":"x"}"#),
            ParamsError::NotAnObject { field: "_meta" }
        );
        assert_eq!(refused(r#"["t"]"#), ParamsError::Unreadable);
    }

    #[test]
    fn the_named_thing_depends_on_the_method() {
        let params = raw(r#"{"name":"n","uri":"u","taskId":"t","cursor":"c"}"#);
        let params = Params::parse(Some(&params)).unwrap();
        for (method, name) in [
            ("tools/call", "n"),
            ("prompts/get", "n"),
            ("resources/read", "u"),
            ("tasks/cancel", "t"),
        ] {
            assert_eq!(params.named(method).unwrap().as_deref(), Some(name));
        }
        assert_eq!(params.named("tools/list").unwrap(), None);
        assert_eq!(params.cursor().unwrap().as_deref(), Some("c"));
    }

    #[test]
    fn known_metadata_is_found_and_unknown_metadata_does_not_matter() {
        let params = raw(
            r#"{"_meta":{"com.example/x":{},"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":1}}"#,
        );
        let meta = Params::parse(Some(&params))
            .unwrap()
            .request_meta()
            .unwrap();
        assert_eq!(meta.protocol_version().as_deref(), Some("2026-07-28"));
        assert_eq!(meta.progress_token.unwrap().get(), "1");
        assert!(meta.client_info.is_none());
        let twice = raw(r#"{"_meta":{"progressToken":1,"progressToken":2}}"#);
        assert_eq!(
            Params::parse(Some(&twice))
                .unwrap()
                .request_meta()
                .unwrap_err(),
            ParamsError::Unreadable
        );
    }
}
