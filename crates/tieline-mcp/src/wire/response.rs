//! Messages to a client: the parts are spliced as they are, nothing is decoded or copied twice.

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::value::RawValue;

/// The answer to a request.
pub fn response_ok(id: &RawValue, result: &RawValue) -> Bytes {
    let mut message = start(result.get().len());
    put_member(&mut message, "id", id.get());
    put_member(&mut message, "result", result.get());
    end(message)
}

/// The same in pieces that share the bytes of a large result.
pub fn response_ok_around(id: &RawValue, result: Bytes) -> [Bytes; 3] {
    let mut head = start(0);
    put_member(&mut head, "id", id.get());
    put_member(&mut head, "result", "");
    [head.freeze(), result, Bytes::from_static(b"}")]
}

/// The refusal of a request. Without an id (it could not be read) the member is left out, as MCP has it.
pub fn response_error(
    id: Option<&RawValue>,
    code: i64,
    text: &str,
    data: Option<&RawValue>,
) -> Bytes {
    let mut message = start(text.len() + data.map_or(0, |data| data.get().len()));
    if let Some(id) = id {
        put_member(&mut message, "id", id.get());
    }
    let text = quoted(text);
    message.put_slice(format!(",\"error\":{{\"code\":{code},\"message\":{text}").as_bytes());
    if let Some(data) = data {
        put_member(&mut message, "data", data.get());
    }
    message.put_u8(b'}');
    end(message)
}

/// A notification.
pub fn notification(method: &str, params: Option<&RawValue>) -> Bytes {
    let mut message = start(params.map_or(0, |params| params.get().len()));
    put_call(&mut message, method, params);
    end(message)
}

/// A request of ours to a legacy client.
pub fn request(id: &RawValue, method: &str, params: Option<&RawValue>) -> Bytes {
    let mut message = start(params.map_or(0, |params| params.get().len()));
    put_member(&mut message, "id", id.get());
    put_call(&mut message, method, params);
    end(message)
}

/// The answers to a batch, as one array.
pub fn batch<'m>(messages: impl IntoIterator<Item = &'m Bytes>) -> Bytes {
    let mut array = BytesMut::from(&b"["[..]);
    for (at, message) in messages.into_iter().enumerate() {
        if at > 0 {
            array.put_u8(b',');
        }
        array.put_slice(message);
    }
    array.put_u8(b']');
    array.freeze()
}

fn start(payload: usize) -> BytesMut {
    let mut message = BytesMut::with_capacity(payload + 128);
    message.put_slice(br#"{"jsonrpc":"2.0""#);
    message
}

fn put_call(message: &mut BytesMut, method: &str, params: Option<&RawValue>) {
    put_member(message, "method", &quoted(method));
    if let Some(params) = params {
        put_member(message, "params", params.get());
    }
}

fn put_member(message: &mut BytesMut, key: &str, json: &str) {
    message.put_slice(b",\"");
    message.put_slice(key.as_bytes());
    message.put_slice(b"\":");
    message.put_slice(json.as_bytes());
}

fn end(mut message: BytesMut) -> Bytes {
    message.put_u8(b'}');
    message.freeze()
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serialises")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::raw::to_raw;
    use crate::wire::Envelope;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("test JSON")
    }

    #[test]
    fn a_result_and_an_id_keep_every_byte() {
        let result = r#"{ "z":1.0,"a":[0.7,1e5] ,"\u0061":"\u00e9"}"#;
        let message = response_ok(&raw(r#""\u0041""#), &raw(result));
        assert_eq!(
            message,
            format!(r#"{{"jsonrpc":"2.0","id":"\u0041","result":{result}}}"#)
        );
    }

    #[test]
    fn an_error_has_its_data_and_leaves_out_an_unknown_id() {
        let message = response_error(
            Some(&raw("7")),
            -32602,
            "no \"x\"\n",
            Some(&raw(r#"{"a":1.0}"#)),
        );
        let text = r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"no \"x\"\n","data":{"a":1.0}}}"#;
        assert_eq!(message, text);
        let message = response_error(None, -32700, "m", None);
        assert_eq!(
            message,
            r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"m"}}"#
        );
    }

    #[test]
    fn calls_and_batches_are_messages() {
        let one = notification("notifications/tools/list_changed", None);
        assert_eq!(
            one,
            r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#
        );
        let two = request(&raw("\"r1\""), "ping", Some(&raw("{}")));
        assert_eq!(
            two,
            r#"{"jsonrpc":"2.0","id":"r1","method":"ping","params":{}}"#
        );
        let both = batch([&one, &two]);
        assert!(
            matches!(Envelope::parse_batch(&both).unwrap(), crate::wire::Batch::Many(messages) if messages.len() == 2)
        );
        assert_eq!(batch([]), "[]");
    }

    proptest! {
        #[test]
        fn any_text_in_an_error_is_escaped(text in any::<String>(), id in any::<String>()) {
            let message = response_error(Some(&to_raw(&id)), -1, &text, None);
            let value: serde_json::Value = serde_json::from_slice(&message).unwrap();
            prop_assert_eq!(value["error"]["message"].as_str().unwrap(), text);
            prop_assert_eq!(value["id"].as_str().unwrap(), id);
        }
    }
}
