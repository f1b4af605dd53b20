//! `tools/list`: the prepared list of a view. No server is asked, and nothing is decoded.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::value::RawValue;
use tieline_mcp::Era;
use tieline_mcp::wire::{META_SERVER_INFO, Params};

use super::LIST_TTL_MS;
use super::door::View;
use super::endpoint::Exchange;
use super::errors::Fault;

/// The whole list as one page.
pub(super) fn answer(
    exchange: &Exchange,
    client: &str,
    (era, view): (Era, &View),
    (id, params): (&RawValue, &Params<'_>),
) -> Result<Bytes, Fault> {
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
    Ok(message(era, id, &view.list(era)))
}

/// The list is made of definitions that were read as JSON before, so it is put in place without reading it again.
fn message(era: Era, id: &RawValue, tools: &Bytes) -> Bytes {
    let mut message = BytesMut::with_capacity(tools.len() + id.get().len() + 256);
    message.put_slice(br#"{"jsonrpc":"2.0","id":"#);
    message.put_slice(id.get().as_bytes());
    match era {
        Era::Legacy => {
            message.put_slice(br#","result":{"tools":"#);
            message.put_slice(tools);
        }
        Era::Modern => {
            message.put_slice(br#","result":{"resultType":"complete","tools":"#);
            message.put_slice(tools);
            let rest = format!(
                r#","ttlMs":{LIST_TTL_MS},"cacheScope":"private","_meta":{{"{META_SERVER_INFO}":{{"name":"tieline","version":"{}"}}}}"#,
                env!("CARGO_PKG_VERSION")
            );
            message.put_slice(rest.as_bytes());
        }
    }
    message.put_slice(b"}}");
    message.freeze()
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
            message(Era::Legacy, &id, &tools),
            r#"{"jsonrpc":"2.0","id":"a","result":{"tools":[{"name":"x","n":1.0}]}}"#
        );
        let modern: serde_json::Value =
            serde_json::from_slice(&message(Era::Modern, &id, &tools)).expect("JSON");
        assert_eq!(modern["result"]["ttlMs"], LIST_TTL_MS);
        assert_eq!(modern["result"]["cacheScope"], "private");
        assert_eq!(
            modern["result"]["_meta"][META_SERVER_INFO]["name"],
            "tieline"
        );
    }
}
