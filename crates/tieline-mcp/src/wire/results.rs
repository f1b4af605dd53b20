//! The few results that a gateway makes itself.

use serde_json::value::RawValue;

use super::codes::META_SERVER_INFO;
use super::revision::{Era, Revision};
use crate::raw::{self, RawObject};

/// Who may keep a modern result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheScope {
    /// Anybody.
    Public,
    /// Only the caller: the result depends on who asks.
    Private,
}

impl CacheScope {
    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}

/// How long and by whom a modern result may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caching {
    /// Milliseconds.
    pub ttl_ms: u64,
    /// By whom.
    pub scope: CacheScope,
}

/// What a server says about itself in both eras.
#[derive(Debug, Clone, Copy)]
pub struct ServerDescription<'a> {
    /// Name on the wire.
    pub name: &'a str,
    /// Version on the wire.
    pub version: &'a str,
    /// Name for people.
    pub title: Option<&'a str>,
    /// What the model should know about the server as a whole.
    pub instructions: Option<&'a str>,
    /// The capabilities object.
    pub capabilities: &'a RawValue,
}

impl ServerDescription<'_> {
    /// `serverInfo`: in legacy results a field of `initialize`, in modern ones a key of `_meta`.
    pub fn server_info(&self) -> Box<RawValue> {
        let mut info = RawObject::new().rename_value("name", self.name);
        if let Some(title) = self.title {
            info = info.rename_value("title", title);
        }
        info.rename_value("version", self.version).to_box()
    }

    /// The result of `initialize`. `extra` entries are added at the end, or replace what stands there.
    pub fn initialize_result(
        &self,
        revision: Revision,
        extra: &[(&str, &RawValue)],
    ) -> Box<RawValue> {
        let result = RawObject::new()
            .rename_value("protocolVersion", revision.as_str())
            .with("capabilities", self.capabilities)
            .with("serverInfo", self.server_info());
        self.finish(result, extra)
    }

    /// The result of `server/discover`.
    pub fn discover_result(
        &self,
        supported: &[Revision],
        caching: Caching,
        extra: &[(&str, &RawValue)],
    ) -> Box<RawValue> {
        let supported: Vec<&str> = supported.iter().map(|revision| revision.as_str()).collect();
        let meta = RawObject::new().with(META_SERVER_INFO, self.server_info());
        let result = RawObject::new()
            .rename_value("resultType", "complete")
            .with("supportedVersions", raw::to_raw(&supported))
            .with("capabilities", self.capabilities)
            .with("_meta", meta.to_box());
        self.finish(with_caching(result, caching), extra)
    }

    fn finish(&self, mut result: RawObject<'_>, extra: &[(&str, &RawValue)]) -> Box<RawValue> {
        if let Some(instructions) = self.instructions {
            result = result.rename_value("instructions", instructions);
        }
        for (key, value) in extra {
            result.set(key, (*value).to_owned());
        }
        result.to_box()
    }
}

/// A page of a list: `key` is `tools`, `prompts`, `resources` or `resourceTemplates`. The modern era adds its fields.
pub fn list_result<'v>(
    era: Era,
    key: &str,
    items: impl IntoIterator<Item = &'v RawValue>,
    next_cursor: Option<&str>,
    caching: Caching,
) -> Box<RawValue> {
    let mut result = typed(era).with(key, raw::raw_array(items));
    if let Some(cursor) = next_cursor {
        result = result.rename_value("nextCursor", cursor);
    }
    match era {
        Era::Modern => with_caching(result, caching).to_box(),
        Era::Legacy => result.to_box(),
    }
}

/// A tool's result that says in words what went wrong, so that the model can react.
pub fn tool_error_result(era: Era, text: &str) -> Box<RawValue> {
    let block = RawObject::new()
        .rename_value("type", "text")
        .rename_value("text", text)
        .to_box();
    typed(era)
        .with("content", raw::raw_array([&*block]))
        .with("isError", raw::to_raw(&true))
        .to_box()
}

/// The result that says no more than "done".
pub fn empty_result(era: Era) -> Box<RawValue> {
    typed(era).to_box()
}

fn typed<'a>(era: Era) -> RawObject<'a> {
    match era {
        Era::Modern => RawObject::new().rename_value("resultType", "complete"),
        Era::Legacy => RawObject::new(),
    }
}

fn with_caching(result: RawObject<'_>, caching: Caching) -> RawObject<'_> {
    result
        .with("ttlMs", raw::to_raw(&caching.ttl_ms))
        .rename_value("cacheScope", caching.scope.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::MODERN;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("test JSON")
    }

    const CACHING: Caching = Caching {
        ttl_ms: 60_000,
        scope: CacheScope::Private,
    };

    #[test]
    fn a_server_describes_itself_in_both_eras() {
        let capabilities = raw(r#"{"tools":{"listChanged":true}}"#);
        let server = ServerDescription {
            name: "tieline",
            version: "1",
            title: Some("Tieline"),
            instructions: Some("Use it."),
            capabilities: &capabilities,
        };
        let extra = raw("1.0");
        assert_eq!(
            server
                .initialize_result(Revision::R20250618, &[("x", &extra)])
                .get(),
            r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"tieline","title":"Tieline","version":"1"},"instructions":"Use it.","x":1.0}"#
        );
        assert_eq!(
            server.discover_result(&[MODERN], CACHING, &[]).get(),
            r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"tieline","title":"Tieline","version":"1"}},"ttlMs":60000,"cacheScope":"private","instructions":"Use it."}"#
        );
    }

    #[test]
    fn lists_and_tool_errors_have_the_fields_of_their_era() {
        let (a, b) = (raw(r#"{"name":"a","x":1.0}"#), raw(r#"{"name":"b"}"#));
        assert_eq!(
            list_result(Era::Legacy, "tools", [&*a, &*b], Some("c"), CACHING).get(),
            r#"{"tools":[{"name":"a","x":1.0},{"name":"b"}],"nextCursor":"c"}"#
        );
        assert_eq!(
            list_result(Era::Modern, "tools", [], None, CACHING).get(),
            r#"{"resultType":"complete","tools":[],"ttlMs":60000,"cacheScope":"private"}"#
        );
        assert_eq!(
            tool_error_result(Era::Modern, "It \"broke\".").get(),
            r#"{"resultType":"complete","content":[{"type":"text","text":"It \"broke\"."}],"isError":true}"#
        );
        assert_eq!(empty_result(Era::Legacy).get(), "{}");
    }
}
