//! The JSON object of a request, taken apart field by field.
//!
//! Every field has its own code for a wrong type, all mistakes are reported at once, and a field that nobody asked
//! for is refused, so that `{"role": "admin"}` never slips into something that is saved later.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};
use tieline_domain::FieldError;
use zeroize::Zeroizing;

use crate::problem::Problem;
use crate::state::AppState;

/// A body of at most 1 MiB that has not arrived by then never will.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// The fields of a body, until each was taken.
pub(super) struct Fields {
    map: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl FromRequest<AppState> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::not_json());
        }
        let bytes = whole(request, state).await?;
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(Value::Object(map)) => Ok(Self::new(map)),
            Ok(_) => Err(Problem::bad_json("it is another kind of value")),
            // The parser's own text may quote the body, which may hold a token.
            Err(error) => Err(Problem::bad_json(&format!(
                "line {}, column {}",
                error.line(),
                error.column()
            ))),
        }
    }
}

/// The whole body, unless it is too large or takes too long.
async fn whole(request: Request, state: &AppState) -> Result<Bytes, Problem> {
    match tokio::time::timeout(BODY_WITHIN, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::too_large())
        }
        Ok(Err(_)) | Err(_) => Err(Problem::broken_body()),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

impl Fields {
    fn new(map: Map<String, Value>) -> Self {
        Self {
            map,
            errors: Vec::new(),
        }
    }

    /// A text; absent counts as empty, which the value's own rule judges.
    pub(super) fn text(&mut self, name: &'static str, code: &'static str) -> String {
        match self.map.remove(name) {
            None => String::new(),
            Some(Value::String(text)) => text,
            Some(_) => self.wrong_type(name, code, "text"),
        }
    }

    /// A text that may be absent or null.
    pub(super) fn optional_text(
        &mut self,
        name: &'static str,
        code: &'static str,
    ) -> Option<String> {
        match self.map.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => self.wrong_type(name, code, "text"),
        }
    }

    /// A text to change something to: absent leaves it as it is. Null is refused, because half of its readers take
    /// it for “remove” and the other half for “leave”.
    pub(super) fn changed_text(
        &mut self,
        name: &'static str,
        code: &'static str,
    ) -> Option<String> {
        match self.map.remove(name) {
            None => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => self.wrong_type(name, code, "text; leave it out to keep what is there"),
        }
    }

    /// A secret that may be absent or null. It is wiped from memory when dropped.
    pub(super) fn optional_secret(
        &mut self,
        name: &'static str,
        code: &'static str,
    ) -> Option<Zeroizing<String>> {
        self.optional_text(name, code).map(Zeroizing::new)
    }

    /// A secret to change something to.
    pub(super) fn changed_secret(
        &mut self,
        name: &'static str,
        code: &'static str,
    ) -> Option<Zeroizing<String>> {
        self.changed_text(name, code).map(Zeroizing::new)
    }

    /// A truth value that may be absent.
    pub(super) fn optional_bool(&mut self, name: &'static str, code: &'static str) -> Option<bool> {
        match self.map.remove(name) {
            None => None,
            Some(Value::Bool(value)) => Some(value),
            Some(_) => self.wrong_type(name, code, "true or false"),
        }
    }

    /// A whole number that may be absent or null.
    pub(super) fn optional_number(
        &mut self,
        name: &'static str,
        code: &'static str,
    ) -> Option<u32> {
        let value = self.map.remove(name).filter(|value| !value.is_null())?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if number.is_none() {
            return self.wrong_type(name, code, "a whole number");
        }
        number
    }

    /// Another mistake in a field, told together with the rest.
    pub(super) fn refuse(&mut self, field: &'static str, code: &'static str, detail: String) {
        self.errors.push(FieldError {
            field,
            code,
            detail,
        });
    }

    /// Whether a mistake was found so far.
    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    fn wrong_type<T: Default>(
        &mut self,
        field: &'static str,
        code: &'static str,
        expected: &str,
    ) -> T {
        self.refuse(field, code, format!("This has to be {expected}."));
        T::default()
    }

    /// What was wrong so far, or a field that nobody took.
    pub(super) fn finish(self) -> Result<(), Problem> {
        if let Some(name) = self.map.keys().next() {
            return Err(Problem::unknown_field(name));
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.errors))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        match value {
            Value::Object(map) => Fields::new(map),
            _ => panic!("the test passes objects"),
        }
    }

    #[test]
    fn tells_all_wrong_types_at_once() {
        let mut fields =
            fields(json!({ "name": null, "token": 123, "enabled": "yes", "days": 1.5 }));
        fields.text("name", "name_type");
        fields.optional_text("token", "token_type");
        fields.optional_bool("enabled", "enabled_type");
        fields.optional_number("days", "days_type");
        let problem = fields.finish().unwrap_err();
        let codes: Vec<_> = problem.errors().iter().map(|error| error.code).collect();
        assert_eq!(
            codes,
            ["name_type", "token_type", "enabled_type", "days_type"]
        );
        assert_eq!(problem.code(), "name_type");
    }

    #[test]
    fn null_is_nothing_where_nothing_is_meant_and_refused_where_it_is_unclear() {
        let mut fields = fields(json!({ "token": null, "auth_header": null }));
        assert_eq!(fields.optional_text("token", "token_type"), None);
        assert_eq!(fields.changed_text("auth_header", "header_type"), None);
        assert_eq!(fields.finish().unwrap_err().code(), "header_type");
    }

    #[test]
    fn a_field_that_nobody_knows_is_refused_by_name() {
        let mut fields = fields(json!({ "name": "x", "role": "admin" }));
        fields.text("name", "name_type");
        let problem = fields.finish().unwrap_err();
        assert_eq!(problem.code(), "unknown_field");
        assert!(problem.detail().contains("role"));
    }
}
