//! `tools/list`, `prompts/list`, `resources/list`, `resources/templates/list`: the prepared lists of a view. No server is
//! asked, and nothing is decoded.

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_mcp::Era;
use tieline_mcp::wire::{META_SERVER_INFO, OfferKind, Params};

use super::cursor;
use super::door::View;
use super::endpoint::Exchange;
use super::errors::Fault;
use super::pieces::Pieces;

/// A page of a list; nearly always it is the only one.
pub(super) fn answer(
    exchange: &Exchange,
    client: &str,
    (era, view): (Era, &View),
    (id, params): (&RawValue, &Params<'_>),
    kind: OfferKind,
) -> Result<Pieces, Fault> {
    let asked = params.cursor().map_err(|error| Fault::params(&error))?;
    let (pages, revision) = (view.pages(kind, era), view.catalog.revision());
    let at = match &asked {
        None => 0,
        Some(asked) => cursor::read(kind, revision, asked).ok_or_else(Fault::unknown_cursor)?,
    };
    let items = match pages.get(at) {
        Some(page) => page.clone(),
        None if asked.is_none() => Bytes::from_static(b"[]"),
        None => return Err(Fault::unknown_cursor()),
    };
    let next = (at + 1 < pages.len()).then(|| cursor::write(kind, revision, at + 1));
    if kind == OfferKind::Tool && asked.is_none() {
        note_tools(exchange, client, (era, view));
    }
    let page = Page {
        kind,
        items,
        next,
        ttl_ms: view.list_ttl_ms(),
    };
    Ok(page.message(era, id))
}

/// Whoever reads the tools is there: the page Connect your client waits for that.
fn note_tools(exchange: &Exchange, client: &str, (era, view): (Era, &View)) {
    let gateway = &exchange.gateway;
    if era == Era::Modern {
        gateway.0.recent.given(&view.catalog);
    }
    gateway.hub().note_key_use(exchange.key, client);
    gateway
        .hub()
        .announce_client(&exchange.caller, client, view.tool_count());
}

/// What one answer holds.
struct Page {
    kind: OfferKind,
    /// A JSON array.
    items: Bytes,
    next: Option<String>,
    ttl_ms: u64,
}

impl Page {
    /// The list is made of definitions that were read as JSON before, so it is put in place without reading it again, and
    /// sent from the one buffer that the catalogue keeps.
    fn message(self, era: Era, id: &RawValue) -> Pieces {
        let (id, key) = (id.get(), self.kind.key());
        let typed = match era {
            Era::Legacy => "",
            Era::Modern => r#""resultType":"complete","#,
        };
        let before = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{{typed}"{key}":"#);
        // Cursors of ours need no escapes.
        let next = self.next.map(|next| format!(r#","nextCursor":"{next}""#));
        let next = next.unwrap_or_default();
        let after = match era {
            Era::Legacy => format!("{next}}}}}"),
            Era::Modern => format!(
                r#"{next},"ttlMs":{},"cacheScope":"private","_meta":{{"{META_SERVER_INFO}":{{"name":"tieline","version":"{}"}}}}}}}}"#,
                self.ttl_ms,
                env!("CARGO_PKG_VERSION")
            ),
        };
        Pieces::of([before.into(), self.items, after.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_part_of_a_message_of_its_era() {
        let (id, items) = (
            RawValue::from_string("\"a\"".into()).expect("JSON"),
            Bytes::from_static(b"[{\"name\":\"x\",\"n\":1.0}]"),
        );
        let page = |kind, next: Option<&str>| Page {
            kind,
            items: items.clone(),
            next: next.map(str::to_owned),
            ttl_ms: 5,
        };
        assert_eq!(
            page(OfferKind::Tool, None).message(Era::Legacy, &id).join(),
            r#"{"jsonrpc":"2.0","id":"a","result":{"tools":[{"name":"x","n":1.0}]}}"#
        );
        let modern = page(OfferKind::ResourceTemplate, Some("abc")).message(Era::Modern, &id);
        let modern: serde_json::Value = serde_json::from_slice(&modern.join()).expect("JSON");
        let result = &modern["result"];
        assert_eq!(result["resourceTemplates"][0]["name"], "x");
        assert_eq!(
            (&result["ttlMs"], &result["nextCursor"]),
            (&5.into(), &"abc".into())
        );
        assert_eq!(result["cacheScope"], "private");
        assert_eq!(result["_meta"][META_SERVER_INFO]["name"], "tieline");
    }
}
