//! `tools/list`: the prepared list of a view. No server is asked, and nothing is decoded.

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_mcp::Era;
use tieline_mcp::wire::{META_SERVER_INFO, Params};

use super::LIST_TTL_MS;
use super::door::View;
use super::endpoint::Exchange;
use super::errors::Fault;
use super::pieces::Pieces;

/// The whole list as one page.
pub(super) fn answer(
    exchange: &Exchange,
    client: &str,
    (era, view): (Era, &View),
    (id, params): (&RawValue, &Params<'_>),
) -> Result<Pieces, Fault> {
    match params.cursor() {
        Ok(None) => {}
        Ok(Some(_)) => return Err(Fault::unknown_cursor()),
        Err(error) => return Err(Fault::params(&error)),
    }
    let gateway = &exchange.gateway;
    if era == Era::Modern {
        gateway.0.recent.given(&view.catalog);
    }
    let loads = &gateway.0.loads;
    loads.note_use(gateway.hub(), exchange.key, client);
    gateway
        .hub()
        .announce_client(&exchange.caller, client, view.tool_count());
    Ok(message(era, id, view.list(era)))
}

/// The list is made of definitions that were read as JSON before, so it is put in place without reading it again, and
/// sent from the one buffer that the catalogue keeps.
fn message(era: Era, id: &RawValue, tools: Bytes) -> Pieces {
    let id = id.get();
    let (before, after) = match era {
        Era::Legacy => (
            format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":"#),
            "}}".to_owned(),
        ),
        Era::Modern => (
            format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","tools":"#),
            format!(
                r#","ttlMs":{LIST_TTL_MS},"cacheScope":"private","_meta":{{"{META_SERVER_INFO}":{{"name":"tieline","version":"{}"}}}}}}}}"#,
                env!("CARGO_PKG_VERSION")
            ),
        ),
    };
    Pieces::of([before.into(), tools, after.into()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_part_of_a_message_of_its_era() {
        let (id, tools) = (
            RawValue::from_string("\"a\"".into()).expect("JSON"),
            Bytes::from_static(b"[{\"name\":\"x\",\"n\":1.0}]"),
        );
        assert_eq!(
            message(Era::Legacy, &id, tools.clone()).join(),
            r#"{"jsonrpc":"2.0","id":"a","result":{"tools":[{"name":"x","n":1.0}]}}"#
        );
        let modern: serde_json::Value =
            serde_json::from_slice(&message(Era::Modern, &id, tools).join()).expect("JSON");
        assert_eq!(modern["result"]["ttlMs"], LIST_TTL_MS);
        assert_eq!(modern["result"]["cacheScope"], "private");
        assert_eq!(
            modern["result"]["_meta"][META_SERVER_INFO]["name"],
            "tieline"
        );
    }
}
