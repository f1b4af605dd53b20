//! Prompts, resources and templates, and answers that the test wrote for any method.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::value::RawValue;
use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::{self, CacheScope, Caching, Era, OfferKind};

use super::answer::Outcome;
use super::{FakeMcp, FakeMcpBuilder, Shared};

/// Makes the result of a request from its parameters, or code and message of an error.
type Reply = dyn Fn(&RawValue) -> Result<String, (i64, String)> + Send + Sync;

/// What is answered to which method.
#[derive(Clone, Default)]
pub(super) struct Replies(HashMap<String, Arc<Reply>>);

impl fmt::Debug for Replies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl FakeMcpBuilder {
    /// Lists a prompt, a resource or a template. Its capability is declared.
    #[must_use]
    pub fn offer(mut self, kind: OfferKind, definition: &str) -> Self {
        let definition = RawValue::from_string(definition.to_owned()).expect("the test's own JSON");
        self.state.offers.push((kind, definition));
        self
    }

    /// Answers a method.
    #[must_use]
    pub fn reply(
        mut self,
        method: &str,
        reply: impl Fn(&RawValue) -> Result<String, (i64, String)> + Send + Sync + 'static,
    ) -> Self {
        self.config
            .replies
            .0
            .insert(method.to_owned(), Arc::new(reply));
        self
    }
}

impl FakeMcp {
    /// Replaces everything of one kind without telling anyone.
    pub fn set_offers_quietly(&self, kind: OfferKind, definitions: &[&str]) {
        let mut state = self.shared.state();
        state.offers.retain(|(held, _)| *held != kind);
        let new = definitions.iter().map(|text| {
            let definition = RawValue::from_string((*text).to_owned());
            (kind, definition.expect("the test's own JSON"))
        });
        state.offers.extend(new);
    }
}

impl Shared {
    /// The whole list of a kind besides tools; nothing when this server declares no such list.
    pub(super) fn list_offers(&self, era: Era, method: &str) -> Option<Outcome> {
        let kind = OfferKind::of_method(method).filter(|kind| *kind != OfferKind::Tool)?;
        let state = self.state();
        let items: Vec<&RawValue> = state
            .offers
            .iter()
            .filter(|(held, _)| *held == kind)
            .map(|(_, definition)| &**definition)
            .collect();
        let has_any = |capability: &str| {
            state
                .offers
                .iter()
                .any(|(held, _)| held.capability() == capability)
        };
        if !has_any(kind.capability()) {
            return None;
        }
        let caching = Caching {
            ttl_ms: self.config.ttl_ms.parse().unwrap_or(60_000),
            scope: CacheScope::Public,
        };
        Some(Ok(wire::list_result(era, kind.key(), items, None, caching)))
    }

    /// What the test wrote for this method.
    pub(super) fn written_reply(
        &self,
        era: Era,
        method: &str,
        params: Option<&RawValue>,
    ) -> Option<Outcome> {
        let reply = self.config.replies.0.get(method)?;
        let none = RawValue::from_string("{}".to_owned()).expect("constant JSON");
        let outcome = match reply(params.unwrap_or(&none)) {
            Ok(result) => {
                let result = RawValue::from_string(result).expect("the test's own JSON");
                Ok(typed(era, &result))
            }
            Err((code, message)) => Err((code, message, None)),
        };
        Some(outcome)
    }

    /// The capabilities that the test wrote, and those that the lists and replies need besides.
    pub(super) fn declared(&self) -> Box<RawValue> {
        let written = RawValue::from_string(self.config.capabilities.clone())
            .expect("the test's own text is JSON");
        let plain = || RawValue::from_string("{}".to_owned()).expect("constant JSON");
        let mut declared = RawObject::parse(&written).expect("the test's own object");
        for (kind, _) in &self.state().offers {
            if !declared.contains(kind.capability()) {
                declared.set(kind.capability(), plain());
            }
        }
        if self.config.replies.0.contains_key("completion/complete") {
            declared.set("completions", plain());
        }
        declared.to_box()
    }

    /// The answer to a method that is neither the handshake nor about tools.
    pub(super) fn offered(
        &self,
        era: Era,
        method: &str,
        params: Option<&RawValue>,
    ) -> Option<Outcome> {
        self.written_reply(era, method, params)
            .or_else(|| self.list_offers(era, method))
    }
}

/// Modern results say that they are complete. A test that writes its own `resultType` keeps it.
fn typed(era: Era, result: &RawValue) -> Box<RawValue> {
    match (era, RawObject::parse(result)) {
        (Era::Modern, Ok(object)) if !object.contains("resultType") => {
            object.rename_value("resultType", "complete").to_box()
        }
        _ => result.to_owned(),
    }
}
