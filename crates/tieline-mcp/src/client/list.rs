//! What a server lists, each definition kept byte for byte, broken ones left out with a reason.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::ask::Ask;
use super::call::RpcError;
use super::error::{Failure, McpError, plain};
use super::limits::Limits;
use super::message::{Answer, LIST_DEPTH, STRICT_DEPTH};
use super::offer;
use super::pace::Pace;
use super::schema::{self, Unfit};
use super::target::Target;
use super::upstream::Upstream;
use crate::raw::{self, RawError, RawObject, parse_strict, raw_str};
use crate::wire::{METHOD_NOT_FOUND, OfferKind, ParamHeaders};

/// One usable item.
#[derive(Debug, Clone)]
pub struct ListedItem {
    /// Its name at the server; of a resource its URI, of a template that.
    pub name: String,
    /// The definition exactly as the server sent it.
    pub definition: Box<RawValue>,
}

/// One item that can't be offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name, shortened and printable; empty when it has none.
    pub name: String,
    /// A stable code.
    pub reason_code: &'static str,
    /// The reason for people.
    pub reason: String,
}

/// One list of a server.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The usable items in the server's order.
    pub items: Vec<ListedItem>,
    /// The others.
    pub left_out: Vec<LeftOut>,
    /// What was odd about the list as a whole, as sentences.
    pub warnings: Vec<String>,
    /// How long the server says the list stays valid.
    pub ttl_ms: Option<u64>,
}

impl ParamHeaders {
    /// Reads the marks from a whole tool definition that was listed; one that can't be read has none.
    pub fn from_definition(definition: &RawValue) -> Self {
        let tool = RawObject::parse(definition).unwrap_or_default();
        let schema = tool.get("inputSchema").map(Self::from_schema);
        schema.and_then(Result::ok).unwrap_or_default()
    }
}

impl Upstream {
    /// All of a kind, page by page. A broken item is left out with a reason, a broken list is an error.
    pub async fn list(&self, target: &Target, kind: OfferKind) -> Result<Listed, McpError> {
        let limits = &self.inner.http.limits;
        self.list_within(target, kind, Pace::usual(limits)).await
    }

    pub(super) async fn list_within(
        &self,
        target: &Target,
        kind: OfferKind,
        pace: Pace,
    ) -> Result<Listed, McpError> {
        let limits = &self.inner.http.limits;
        let mut listing = Listing::new(kind, limits);
        let mut cursor: Option<String> = None;
        for _ in 0..limits.pages {
            let asking = self.ask_for_page(target, kind, cursor.as_deref(), pace);
            let result = match asking.await? {
                Answer::Result(result) => result,
                Answer::Error(error) => return refused_list(kind, &error),
            };
            match listing.take_page(&result).map_err(McpError::sent)? {
                Some(next) => cursor = Some(next),
                None => return Ok(listing.list),
            }
        }
        let warning = format!(
            "The list of {} has more than {} pages; the rest is left out.",
            kind.plural(),
            limits.pages
        );
        listing.list.warnings.push(warning);
        Ok(listing.list)
    }

    /// Reading a list has no side effect: it is asked for once more when the connection broke.
    async fn ask_for_page(
        &self,
        target: &Target,
        kind: OfferKind,
        cursor: Option<&str>,
        pace: Pace,
    ) -> Result<Answer, McpError> {
        let mut params = RawObject::new();
        if let Some(cursor) = cursor {
            params.set("cursor", raw_str(cursor));
        }
        let ask = Ask {
            method: kind.method(),
            named: None,
            params: &params,
            param_headers: None,
            notifications: None,
            capabilities: None,
            asking: None,
            hold: None,
            pass_on: None,
            pace,
            max_depth: LIST_DEPTH,
        };
        let flight = std::sync::Mutex::default();
        let first = self.ask(target, &ask, &flight).await;
        let answered = match first {
            Err(error) if error.failure == Failure::Interrupted => {
                self.ask(target, &ask, &flight).await
            }
            other => other,
        };
        answered.and_then(|(_, got)| got.whole())
    }
}

/// A server without such things may not know the method. Any other error is one: a failed server is never an empty list.
fn refused_list(kind: OfferKind, error: &RpcError) -> Result<Listed, McpError> {
    if error.code == METHOD_NOT_FOUND {
        return Ok(Listed {
            warnings: vec![format!(
                "The server does not know {} at all.",
                kind.plural()
            )],
            ..Listed::default()
        });
    }
    let said = plain(&error.message, 120);
    let reason = format!(
        "the list of {} was refused with error {} ({said})",
        kind.plural(),
        error.code
    );
    Err(McpError::sent(Failure::Protocol { reason }))
}

/// A list that is being read.
struct Listing<'a> {
    kind: OfferKind,
    limits: &'a Limits,
    list: Listed,
    names: HashSet<String>,
    cursors: HashSet<String>,
    bytes: usize,
}

impl<'a> Listing<'a> {
    fn new(kind: OfferKind, limits: &'a Limits) -> Self {
        let (names, cursors) = (HashSet::new(), HashSet::new());
        Self {
            kind,
            limits,
            list: Listed::default(),
            names,
            cursors,
            bytes: 0,
        }
    }

    /// Takes one page and says where the next one is.
    fn take_page(&mut self, result: &RawValue) -> Result<Option<String>, Failure> {
        let page = RawObject::parse(result).unwrap_or_default();
        let items = page.get(self.kind.key()).and_then(raw::as_array);
        let items = items.ok_or_else(|| {
            Failure::protocol(format!("the {} are not a list", self.kind.plural()))
        })?;
        refuse_depth_outside(self.kind, result)?;
        self.note_ttl(&page);
        for item in items {
            if self.list.items.len() + self.list.left_out.len() >= self.limits.tools {
                let warning = format!(
                    "The server offers more than {} {}; the rest is left out.",
                    self.limits.tools,
                    self.kind.plural()
                );
                self.list.warnings.push(warning);
                return Ok(None);
            }
            self.bytes += item.get().len();
            if self.bytes > self.limits.list_bytes {
                let warning = format!(
                    "The definitions of the {} are larger than {} MB; the rest is left out.",
                    self.kind.plural(),
                    self.limits.list_bytes >> 20
                );
                self.list.warnings.push(warning);
                return Ok(None);
            }
            self.take_item(item);
        }
        Ok(self.next_cursor(&page))
    }

    fn take_item(&mut self, definition: &RawValue) {
        let name = RawObject::parse(definition)
            .ok()
            .and_then(|item| Some(item.get_str(self.kind.named_by())?.into_owned()));
        let named = name.clone().filter(|name| !name.is_empty());
        let checked = match named {
            None => Err(offer::nameless(self.kind)),
            Some(name) if self.names.contains(&name) => Err(offer::duplicate(self.kind)),
            Some(name) => self.check(definition).map(|()| name),
        };
        match checked {
            Ok(name) => {
                self.names.insert(name.clone());
                self.list.items.push(ListedItem {
                    name,
                    definition: definition.to_owned(),
                });
            }
            Err(Unfit { code, reason }) => self.list.left_out.push(LeftOut {
                name: plain(name.as_deref().unwrap_or_default(), 80),
                reason_code: code,
                reason,
            }),
        }
    }

    fn check(&self, definition: &RawValue) -> Result<(), Unfit> {
        match self.kind {
            OfferKind::Tool => schema::check(definition, self.limits),
            other => offer::check(other, definition, self.limits),
        }
    }

    fn note_ttl(&mut self, page: &RawObject<'_>) {
        let ttl = page
            .get("ttlMs")
            .and_then(|ttl| ttl.get().parse::<f64>().ok());
        // A negative time to live counts as none at all; the shortest of all pages counts.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to what fits"
        )]
        let ttl = ttl.map(|ttl| ttl.clamp(0.0, 1e15) as u64);
        self.list.ttl_ms = match (self.list.ttl_ms, ttl) {
            (Some(known), Some(ttl)) => Some(known.min(ttl)),
            (known, ttl) => known.or(ttl),
        };
    }

    fn next_cursor(&mut self, page: &RawObject<'_>) -> Option<String> {
        let cursor = page
            .get("nextCursor")
            .filter(|cursor| !raw::is_null(cursor))?;
        let Some(cursor) = raw::as_str(cursor) else {
            self.list.warnings.push(format!(
                "The list of {} has a next page that can’t be asked for.",
                self.kind.plural()
            ));
            return None;
        };
        // An empty cursor is as good as any other.
        if !self.cursors.insert(cursor.to_string()) {
            self.list.warnings.push(format!(
                "The list of {} goes in circles; it was read once.",
                self.kind.plural()
            ));
            return None;
        }
        Some(cursor.into_owned())
    }
}

/// Lists are read with a generous depth, for the sake of the sound items beside an absurd one. Depth elsewhere is
/// as wrong as in any answer.
fn refuse_depth_outside(kind: OfferKind, result: &RawValue) -> Result<(), Failure> {
    let deep = |raw: &RawValue, limit| {
        matches!(
            parse_strict(raw.get().as_bytes(), limit),
            Err(RawError::TooDeep { .. })
        )
    };
    // The result stands one level below the message.
    if !deep(result, STRICT_DEPTH - 1) {
        return Ok(());
    }
    let page = RawObject::parse(result).unwrap_or_default();
    let outside = page.without(&[kind.key()]).to_box();
    if deep(&outside, STRICT_DEPTH - 1) {
        let reason = "the body is nested too deep".to_owned();
        return Err(Failure::BadJson {
            reason,
            excerpt: String::new(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_ends_where_its_definitions_are_too_large_together() {
        let tool = |name: &str| {
            format!(r#"{{"name":"{name}","inputSchema":{{"type":"object","x":"0123456789"}}}}"#)
        };
        let page = format!(
            r#"{{"tools":[{},{},{}],"nextCursor":"more"}}"#,
            tool("a"),
            tool("b"),
            tool("c")
        );
        let page = RawValue::from_string(page).unwrap();
        let limits = Limits {
            list_bytes: 2 * tool("a").len(),
            ..Limits::default()
        };
        let mut listing = Listing::new(OfferKind::Tool, &limits);
        assert_eq!(listing.take_page(&page).unwrap(), None, "no further page");
        let names: Vec<_> = listing.list.items.iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(listing.list.warnings.len(), 1);
    }
}
