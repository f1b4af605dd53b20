//! What a catalogue holds besides tools: prompts, resources and resource templates, and what servers declare.

use std::collections::HashMap;

use serde_json::value::RawValue;
use tieline_domain::{NameSpace, Slug, expose, expose_uri};
use tieline_mcp::Promises;
use tieline_mcp::Revision;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{EXTENSION_APPS, EXTENSION_TASKS, OfferKind};

/// One prompt, resource or resource template, with its definition exactly as the server sent it.
#[derive(Debug)]
pub struct CatalogOffer {
    /// The name, URI or URI template at the server.
    pub name: String,
    /// The same at the aggregate gateway endpoint.
    pub gateway_name: String,
    /// The definition, byte for byte.
    pub definition: Box<RawValue>,
}

/// A stored offer.
#[derive(Debug)]
pub(crate) struct OfferSource {
    pub(crate) kind: OfferKind,
    pub(crate) name: String,
    pub(crate) definition: String,
}

/// Everything of one connector that is no tool, in the server's order.
#[derive(Debug, Default)]
pub(super) struct Offers {
    pub(super) prompts: Vec<CatalogOffer>,
    pub(super) resources: Vec<CatalogOffer>,
    pub(super) templates: Vec<CatalogOffer>,
    prompts_by_name: HashMap<String, usize>,
}

impl Offers {
    pub(super) fn build(slug: &Slug, sources: Vec<OfferSource>) -> Self {
        let prompts = sources
            .iter()
            .filter(|offer| offer.kind == OfferKind::Prompt);
        let names = prompts.map(|prompt| prompt.name.as_str());
        let exposed: HashMap<String, String> = expose(NameSpace::Gateway, slug, names)
            .into_iter()
            .map(|prompt| (prompt.upstream, prompt.exposed))
            .collect();
        let mut offers = Self::default();
        for source in sources {
            let Ok(definition) = RawValue::from_string(source.definition) else {
                continue;
            };
            let gateway_name = match source.kind {
                OfferKind::Prompt => exposed.get(&source.name).cloned(),
                _ => Some(expose_uri(slug, &source.name)),
            };
            let (Some(gateway_name), Some(list)) = (gateway_name, offers.list_mut(source.kind))
            else {
                continue;
            };
            list.push(CatalogOffer {
                name: source.name,
                gateway_name,
                definition,
            });
        }
        let names = offers.prompts.iter().map(|prompt| prompt.name.clone());
        offers.prompts_by_name = names.zip(0..).collect();
        offers
    }

    pub(super) fn list(&self, kind: OfferKind) -> &[CatalogOffer] {
        match kind {
            OfferKind::Tool => &[],
            OfferKind::Prompt => &self.prompts,
            OfferKind::Resource => &self.resources,
            OfferKind::ResourceTemplate => &self.templates,
        }
    }

    fn list_mut(&mut self, kind: OfferKind) -> Option<&mut Vec<CatalogOffer>> {
        match kind {
            OfferKind::Tool => None,
            OfferKind::Prompt => Some(&mut self.prompts),
            OfferKind::Resource => Some(&mut self.resources),
            OfferKind::ResourceTemplate => Some(&mut self.templates),
        }
    }

    pub(super) fn prompt(&self, name: &str) -> Option<&CatalogOffer> {
        let at = self.prompts_by_name.get(name)?;
        self.prompts.get(*at)
    }
}

/// What a server declared, as far as the gateway passes it on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a capability of its own, with its own flag in the protocol"
)]
pub struct Declared {
    /// It has prompts.
    pub prompts: bool,
    /// It has resources.
    pub resources: bool,
    /// It completes arguments. Servers of 2024-11-05 do so without saying it.
    pub completions: bool,
    /// It tells of updated resources.
    pub resource_updates: bool,
    /// It sends log messages.
    pub logs: bool,
    /// It may answer a tool call with a task.
    pub tasks: bool,
    /// Its settings of MCP Apps, raw.
    pub apps: Option<String>,
}

impl Declared {
    pub(super) fn read(capabilities: Option<&str>, revision: Option<&str>) -> Self {
        let held = capabilities.and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
        let Some(object) = held.and_then(|held| RawObject::parse(held).ok()) else {
            return Self::default();
        };
        let promises = held.map(Promises::of).unwrap_or_default();
        let apps = object.get_in(&["extensions", EXTENSION_APPS]);
        let (prompts, resources) = (declares(&object, "prompts"), declares(&object, "resources"));
        let is_silent = revision == Some(Revision::R20241105.as_str());
        Self {
            prompts,
            resources,
            resource_updates: promises.resource_updates,
            logs: promises.logs,
            completions: declares(&object, "completions") || is_silent && (prompts || resources),
            tasks: object.get_in(&["extensions", EXTENSION_TASKS]).is_some(),
            apps: apps.map(|settings| settings.get().to_owned()),
        }
    }

    /// Whether a capabilities object names what a list of this kind needs.
    pub(crate) fn lists(capabilities: &RawValue, kind: OfferKind) -> bool {
        RawObject::parse(capabilities).is_ok_and(|object| declares(&object, kind.capability()))
    }
}

fn declares(capabilities: &RawObject<'_>, capability: &str) -> bool {
    capabilities.get(capability).is_some_and(raw::is_object)
}
