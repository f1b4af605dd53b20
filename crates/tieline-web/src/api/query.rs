//! The query of a list: where its page begins, how long it is, and filters.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::problem::Problem;
use crate::state::AppState;

const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 200;

/// The pairs of a query. What nobody takes out of it is a mistake worth telling about.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl FromRequestParts<AppState> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        Ok(Self(
            pairs
                .into_owned()
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        ))
    }
}

impl Query {
    /// Takes a value as text.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes a value and parses it.
    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<Option<T>, Problem>
    where
        T::Err: Display,
    {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let parsed = text.parse::<T>();
        parsed
            .map(Some)
            .map_err(|error| Problem::bad_query(name, format!("`{name}`: {error}")))
    }

    /// Takes `limit`, which is cut to what one answer may hold.
    pub(super) fn limit(&mut self) -> Result<u32, Problem> {
        let limit = self.parsed::<u32>("limit")?.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 {
            return Err(Problem::bad_query("limit", "`limit` is at least 1."));
        }
        Ok(limit.min(LARGEST_LIMIT))
    }

    /// Refuses what was not taken: a misspelt filter would silently show everything.
    pub(super) fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Problem::bad_query(
            "query",
            "The address has a parameter that this list does not know.",
        ))
    }
}
