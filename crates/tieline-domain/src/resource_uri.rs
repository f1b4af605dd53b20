//! URIs under which a connector's resources are shown to clients that see many connectors at once.
//!
//! Two servers may use the same URI, and a client that reads one has to reach the server that listed it. The mapping is
//! reversible without a table, because a template's expansions are in no list. It puts something before the URI and
//! changes nothing in it, so that a template stays one that a client can expand.

use std::borrow::Cow;

use crate::slug::Slug;

/// Hosts recognise the pages of MCP Apps by this scheme, so these keep it.
const UI: &str = "ui://";
/// Every other URI goes behind this scheme of ours.
const OURS: &str = "tieline://";

/// Where an exposed URI leads. The slug is only a claim: whether there is such a connector, a catalogue decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamUri<'a> {
    /// The key of the connector.
    pub slug: &'a str,
    /// The URI, or URI template, as its server spells it.
    pub uri: Cow<'a, str>,
}

/// `ui://page` becomes `ui://<slug>/page`, any other `scheme:rest` becomes `tieline://<slug>/scheme:rest`. Templates alike.
pub fn expose_uri(slug: &Slug, uri: &str) -> String {
    match uri.strip_prefix(UI) {
        Some(page) => format!("{UI}{slug}/{page}"),
        None => format!("{OURS}{slug}/{uri}"),
    }
}

/// The way back; nothing for a URI that [`expose_uri`] does not make.
pub fn upstream_uri(exposed: &str) -> Option<UpstreamUri<'_>> {
    let (rest, is_page) = match exposed.strip_prefix(UI) {
        Some(rest) => (rest, true),
        None => (exposed.strip_prefix(OURS)?, false),
    };
    let (slug, rest) = rest.split_once('/')?;
    Slug::parse(slug).ok()?;
    let uri = if is_page {
        Cow::Owned(format!("{UI}{rest}"))
    } else {
        Cow::Borrowed(rest)
    };
    // A page has one exposed URI only, the one that hosts recognise.
    (is_page || !uri.starts_with(UI)).then_some(UpstreamUri { slug, uri })
}
