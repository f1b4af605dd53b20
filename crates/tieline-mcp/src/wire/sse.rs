//! Server-sent events as bytes.

use bytes::{BufMut, Bytes, BytesMut};

/// One message on a stream.
pub fn sse_message(data: &[u8]) -> Bytes {
    sse_event(None, None, data)
}

/// One event: its name (`message` when absent), its id for streams that can be resumed, and its data.
///
/// Line breaks in the data, which JSON allows between values, become further `data:` lines: the reader joins them with
/// line feeds, so that a JSON text means the same as before. Name and id must hold no line breaks; those are cut off.
pub fn sse_event(event: Option<&str>, id: Option<&str>, data: &[u8]) -> Bytes {
    let mut text = BytesMut::with_capacity(data.len() + 64);
    if let Some(id) = id {
        put_field(&mut text, "id", first_line(id).as_bytes());
    }
    put_field(
        &mut text,
        "event",
        first_line(event.unwrap_or("message")).as_bytes(),
    );
    let mut rest = data;
    loop {
        let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
            put_field(&mut text, "data", rest);
            break;
        };
        put_field(&mut text, "data", &rest[..end]);
        let line_break = if rest[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        rest = &rest[end + line_break..];
    }
    text.put_u8(b'\n');
    text.freeze()
}

/// A line that readers skip: it keeps proxies from closing a quiet stream.
pub fn sse_keep_alive() -> Bytes {
    Bytes::from_static(b": keep-alive\n\n")
}

/// How long a reader is to wait before it connects again.
pub fn sse_retry(wait: std::time::Duration) -> Bytes {
    Bytes::from(format!("retry: {}\n\n", wait.as_millis()))
}

fn put_field(text: &mut BytesMut, name: &str, value: &[u8]) {
    text.put_slice(name.as_bytes());
    text.put_slice(b": ");
    text.put_slice(value);
    text.put_u8(b'\n');
}

fn first_line(text: &str) -> &str {
    text.split(['\n', '\r', '\0']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_event() {
        assert_eq!(
            sse_message(b"{\"a\":1}"),
            "event: message\ndata: {\"a\":1}\n\n"
        );
        assert_eq!(
            sse_event(Some("endpoint"), Some("7"), b"/m"),
            "id: 7\nevent: endpoint\ndata: /m\n\n"
        );
        assert_eq!(
            sse_retry(std::time::Duration::from_secs(2)),
            "retry: 2000\n\n"
        );
        assert!(sse_keep_alive().starts_with(b":"));
    }

    #[test]
    fn line_breaks_in_data_cannot_start_a_new_event() {
        assert_eq!(
            sse_message(b"{\n\n\"a\":\r1,\r\n\"b\":2}\n"),
            "event: message\ndata: {\ndata: \ndata: \"a\":\ndata: 1,\ndata: \"b\":2}\ndata: \n\n"
        );
        assert_eq!(
            sse_event(Some("x\ndata: y"), Some("1\r2"), b""),
            "id: 1\nevent: x\ndata: \n\n"
        );
    }
}
