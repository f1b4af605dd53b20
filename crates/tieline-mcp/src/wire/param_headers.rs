//! `x-mcp-header`: arguments of a tool that a modern request repeats in headers of their own.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;

use super::codes::HEADER_PARAM_PREFIX;
use super::header_value::{decode_header_value, encode_header_value};
use super::headers::{HeaderFault, HeaderMismatch};
use crate::raw::{self, MAX_DEPTH, RawObject};

/// The schema keyword.
pub const PARAM_HEADER_KEYWORD: &str = "x-mcp-header";
/// The whole numbers that every JSON reader keeps exactly.
const SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// What the value of a key in a schema is, as far as finding the keyword goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SchemaKeyword {
    /// The arguments by name: the only way down on which a value has one place.
    Properties,
    /// Schemas by name.
    Map,
    /// Data: a key inside it is no keyword.
    Data,
    /// A schema, an array of schemas, or nothing that could hold one.
    Schemas,
}

impl SchemaKeyword {
    pub(crate) fn of(keyword: &str) -> Self {
        match keyword {
            "properties" => Self::Properties,
            "$defs" | "definitions" | "dependentSchemas" | "patternProperties" => Self::Map,
            "const" | "default" | "enum" | "examples" => Self::Data,
            _ => Self::Schemas,
        }
    }
}

/// The arguments of one tool that travel in headers.
#[derive(Debug, Clone, Default)]
pub struct ParamHeaders {
    params: Vec<ParamHeader>,
}

#[derive(Debug, Clone)]
struct ParamHeader {
    name: HeaderName,
    /// The keys that lead from the arguments to the value.
    path: Vec<String>,
}

/// Why a tool's schema may not be offered over HTTP: what it asks to put in a header cannot be put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadParamHeader {
    /// Empty, not text, or not the characters of a header name.
    #[error("a value of x-mcp-header is no header name")]
    Name,
    /// The same header for two arguments.
    #[error("two arguments ask for the same header")]
    Twice,
    /// Only strings, integers and booleans have one spelling.
    #[error("an argument with x-mcp-header is not a string, integer or boolean")]
    Type,
    /// Below an array, a combination or a reference it is not clear which value is meant.
    #[error("x-mcp-header stands where it cannot be tied to one argument")]
    Place,
    /// The schema is no readable object.
    #[error("the schema cannot be read")]
    Schema,
}

impl ParamHeaders {
    /// Collects the marked arguments of a tool's `inputSchema`.
    pub fn from_schema(schema: &RawValue) -> Result<Self, BadParamHeader> {
        let mut found = Self::default();
        // Nearly every schema has none, and then one search through the text is all it costs.
        if memchr::memmem::find(schema.get().as_bytes(), PARAM_HEADER_KEYWORD.as_bytes()).is_some()
        {
            found.visit(schema, Some(&mut Vec::new()), MAX_DEPTH)?;
        }
        Ok(found)
    }

    /// Whether no argument is marked.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// `path` is `None` below anything but `properties`.
    fn visit(
        &mut self,
        schema: &RawValue,
        mut path: Option<&mut Vec<String>>,
        depth: usize,
    ) -> Result<(), BadParamHeader> {
        if !raw::is_object(schema) {
            return Ok(());
        }
        let depth = depth.checked_sub(1).ok_or(BadParamHeader::Schema)?;
        let object = RawObject::parse(schema).map_err(|_| BadParamHeader::Schema)?;
        if let Some(marked) = object.get(PARAM_HEADER_KEYWORD) {
            let path = path
                .as_deref()
                .filter(|path| !path.is_empty())
                .ok_or(BadParamHeader::Place)?;
            self.mark(marked, &object, path)?;
        }
        for (keyword, value) in object.entries() {
            match SchemaKeyword::of(keyword) {
                SchemaKeyword::Properties => self.visit_named(value, path.as_deref_mut(), depth)?,
                SchemaKeyword::Map => self.visit_named(value, None, depth)?,
                SchemaKeyword::Data => {}
                SchemaKeyword::Schemas => {
                    self.visit(value, None, depth)?;
                    for item in raw::as_array(value).unwrap_or_default() {
                        self.visit(item, None, depth)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Visits the schemas behind names, which are not keywords.
    fn visit_named(
        &mut self,
        properties: &RawValue,
        mut path: Option<&mut Vec<String>>,
        depth: usize,
    ) -> Result<(), BadParamHeader> {
        if !raw::is_object(properties) {
            return Ok(());
        }
        let properties = RawObject::parse(properties).map_err(|_| BadParamHeader::Schema)?;
        for (name, schema) in properties.entries() {
            match path.as_deref_mut() {
                Some(path) => {
                    path.push(name.to_owned());
                    self.visit(schema, Some(path), depth)?;
                    path.pop();
                }
                None => self.visit(schema, None, depth)?,
            }
        }
        Ok(())
    }

    fn mark(
        &mut self,
        marked: &RawValue,
        schema: &RawObject<'_>,
        path: &[String],
    ) -> Result<(), BadParamHeader> {
        let name = raw::as_str(marked)
            .filter(|name| !name.is_empty())
            .ok_or(BadParamHeader::Name)?;
        let name = HeaderName::try_from(format!("{HEADER_PARAM_PREFIX}{name}"))
            .map_err(|_| BadParamHeader::Name)?;
        if !matches!(
            schema.get_str("type").as_deref(),
            Some("string" | "integer" | "boolean")
        ) {
            return Err(BadParamHeader::Type);
        }
        if self.params.iter().any(|other| other.name == name) {
            return Err(BadParamHeader::Twice);
        }
        self.params.push(ParamHeader {
            name,
            path: path.to_vec(),
        });
        Ok(())
    }

    /// The headers for a call with these arguments. Absent and `null` arguments have none, nor have values of a type
    /// that the schema does not allow: the server will say what is wrong with those.
    pub fn headers(&self, arguments: Option<&RawValue>) -> Vec<(HeaderName, HeaderValue)> {
        let header = |param: &ParamHeader| {
            let value = param.value(arguments)?;
            Some((param.name.clone(), encode_header_value(&spell(&value)?)))
        };
        self.params.iter().filter_map(header).collect()
    }

    /// Compares the headers of a call with its arguments.
    pub fn check(
        &self,
        headers: &HeaderMap,
        arguments: Option<&RawValue>,
    ) -> Result<(), HeaderMismatch> {
        for param in &self.params {
            let refuse = |fault| Err(HeaderMismatch::new(param.name.as_str(), fault));
            let mut sent = headers.get_all(&param.name).iter();
            let body = param.value(arguments);
            match (sent.next(), body.as_deref().and_then(spell)) {
                (Some(_), _) if sent.next().is_some() => return refuse(HeaderFault::Twice),
                (None, Some(_)) => return refuse(HeaderFault::Missing),
                (Some(_), None) => return refuse(HeaderFault::Differs),
                (Some(header), Some(text)) => match decode_header_value(header) {
                    None => return refuse(HeaderFault::Unreadable),
                    Some(header) if !same(&header, &text, body.as_deref()) => {
                        return refuse(HeaderFault::Differs);
                    }
                    Some(_) => {}
                },
                (None, None) => {}
            }
        }
        Ok(())
    }
}

impl ParamHeader {
    fn value(&self, arguments: Option<&RawValue>) -> Option<Box<RawValue>> {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        RawObject::parse(arguments?).ok()?.get_in(&path)
    }
}

/// A string as it is, a whole number in decimal, a boolean by name.
fn spell(value: &RawValue) -> Option<Cow<'_, str>> {
    let text = value.get();
    match text.as_bytes().first()? {
        b'"' => raw::as_str(value),
        b't' | b'f' => Some(Cow::Borrowed(text)),
        b'-' | b'0'..=b'9' => whole(text).map(Cow::Owned),
        _ => None,
    }
}

fn whole(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    (number.fract() == 0.0 && number.abs() <= SAFE_INTEGER).then(|| {
        if number == 0.0 {
            "0".to_owned()
        } else {
            number.to_string()
        }
    })
}

/// Numbers are compared as numbers, as the specification advises: `42.0` is `42`.
fn same(header: &str, text: &str, body: Option<&RawValue>) -> bool {
    let is_number = body.is_some_and(|body| !body.get().starts_with(['"', 't', 'f']));
    header == text || is_number && whole(header).as_deref() == Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("test JSON")
    }

    fn schema(properties: &str) -> Result<ParamHeaders, BadParamHeader> {
        ParamHeaders::from_schema(&raw(&format!(
            r#"{{"type":"object","properties":{properties}}}"#
        )))
    }

    fn marked() -> ParamHeaders {
        schema(
            r#"{"region":{"type":"string","x-mcp-header":"Region"},"plain":{"type":"string"},
                "deep":{"type":"object","properties":{"n":{"type":"integer","x-mcp-header":"N"}}},
                "on":{"type":"boolean","x-mcp-header":"On"}}"#,
        )
        .unwrap()
    }

    fn sent(arguments: &str) -> Vec<(String, String)> {
        let text = |(name, value): (HeaderName, HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        marked()
            .headers(Some(&raw(arguments)))
            .into_iter()
            .map(text)
            .collect()
    }

    #[test]
    fn marked_arguments_become_headers() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        assert_eq!(
            sent(r#"{"region":"Köln","deep":{"n":-7.0},"on":false,"plain":"x"}"#),
            pairs(&[
                ("mcp-param-region", "=?base64?S8O2bG4=?="),
                ("mcp-param-n", "-7"),
                ("mcp-param-on", "false")
            ])
        );
        assert_eq!(sent(r#"{"region":null,"deep":5}"#), pairs(&[]));
        assert_eq!(sent(r#"{"deep":{"n":9007199254740993000}}"#), pairs(&[]));
        assert!(marked().headers(None).is_empty());
    }

    #[test]
    fn schemas_that_mark_what_has_no_one_value_are_refused() {
        for (properties, fault) in [
            (
                r#"{"a":{"type":"string","x-mcp-header":""}}"#,
                BadParamHeader::Name,
            ),
            (
                r#"{"a":{"type":"string","x-mcp-header":"a\r\nb"}}"#,
                BadParamHeader::Name,
            ),
            (
                r#"{"a":{"type":"string","x-mcp-header":"a b"}}"#,
                BadParamHeader::Name,
            ),
            (
                r#"{"a":{"type":"string","x-mcp-header":5}}"#,
                BadParamHeader::Name,
            ),
            (
                r#"{"a":{"type":"number","x-mcp-header":"A"}}"#,
                BadParamHeader::Type,
            ),
            (
                r#"{"a":{"type":"object","x-mcp-header":"A"}}"#,
                BadParamHeader::Type,
            ),
            (r#"{"a":{"x-mcp-header":"A"}}"#, BadParamHeader::Type),
            (
                r#"{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}"#,
                BadParamHeader::Twice,
            ),
            (
                r#"{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}"#,
                BadParamHeader::Place,
            ),
            (
                r#"{"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}}"#,
                BadParamHeader::Place,
            ),
            (
                r#"{"a":{"$defs":{"x":{"type":"string","x-mcp-header":"A"}}}}"#,
                BadParamHeader::Place,
            ),
        ] {
            assert_eq!(schema(properties).unwrap_err(), fault, "{properties}");
        }
        let root = ParamHeaders::from_schema(&raw(r#"{"type":"string","x-mcp-header":"A"}"#));
        assert_eq!(root.unwrap_err(), BadParamHeader::Place);
    }

    #[test]
    fn the_keyword_as_a_name_or_as_data_marks_nothing() {
        for properties in [
            r#"{"x-mcp-header":{"type":"string"}}"#,
            r#"{"a":{"type":"string","default":"x-mcp-header","enum":[{"x-mcp-header":"A"}]}}"#,
            r#"{"a":{"type":"string","description":"about x-mcp-header"}}"#,
        ] {
            assert!(schema(properties).unwrap().is_empty(), "{properties}");
        }
    }

    #[test]
    fn headers_are_compared_with_the_arguments() {
        let check = |pairs: &[(&'static str, &'static str)], arguments: &str| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_static(value));
            }
            marked()
                .check(&headers, Some(&raw(arguments)))
                .map_err(|mismatch| mismatch.fault)
        };
        let body = r#"{"region":"eu","deep":{"n":42}}"#;
        assert_eq!(
            check(&[("mcp-param-region", "eu"), ("mcp-param-n", "42.0")], body),
            Ok(())
        );
        assert_eq!(
            check(
                &[
                    ("mcp-param-region", "=?base64?ZXU=?="),
                    ("mcp-param-n", "42")
                ],
                body
            ),
            Ok(())
        );
        assert_eq!(
            check(&[("mcp-param-n", "42")], body),
            Err(HeaderFault::Missing)
        );
        assert_eq!(
            check(&[("mcp-param-region", "us"), ("mcp-param-n", "42")], body),
            Err(HeaderFault::Differs)
        );
        assert_eq!(
            check(
                &[("mcp-param-region", "eu"), ("mcp-param-region", "eu")],
                body
            ),
            Err(HeaderFault::Twice)
        );
        assert_eq!(
            check(&[("mcp-param-region", "=?base64?!?=")], body),
            Err(HeaderFault::Unreadable)
        );
        assert_eq!(
            check(&[("mcp-param-on", "true")], "{}"),
            Err(HeaderFault::Differs)
        );
        assert_eq!(check(&[("mcp-param-other", "x")], "{}"), Ok(()));
    }
}
