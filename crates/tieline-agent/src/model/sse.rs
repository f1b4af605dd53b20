//! Reading server-sent events: the data of each, whatever its name. Both wire formats repeat the name inside the data.

use std::collections::VecDeque;

/// One event is larger than the limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EventTooLarge;

/// Bytes in, the data of events out, by the rules of WHATWG. What the end of the stream cuts off is dropped.
#[derive(Debug)]
pub(super) struct SseReader {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    begun: bool,
    after_cr: bool,
    /// Bytes since the last blank line.
    event_bytes: usize,
    limit: usize,
}

impl SseReader {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            begun: false,
            after_cr: false,
            event_bytes: 0,
            limit,
        }
    }

    /// Takes the next bytes and hands out the events that they complete.
    pub(super) fn push(
        &mut self,
        mut bytes: &[u8],
        events: &mut VecDeque<Vec<u8>>,
    ) -> Result<(), EventTooLarge> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            self.event_bytes += end.unwrap_or(bytes.len());
            if self.event_bytes > self.limit {
                return Err(EventTooLarge);
            }
            let Some(end) = end else {
                self.line.extend_from_slice(bytes);
                return Ok(());
            };
            self.after_cr = bytes[end] == b'\r';
            self.line.extend_from_slice(&bytes[..end]);
            let mut line = std::mem::take(&mut self.line);
            self.take_line(&line, events);
            line.clear();
            self.line = line;
            bytes = &bytes[end + 1..];
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8], events: &mut VecDeque<Vec<u8>>) {
        let line = if std::mem::replace(&mut self.begun, true) {
            line
        } else {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        };
        if line.is_empty() {
            self.event_bytes = 0;
            self.has_data = false;
            let data = std::mem::take(&mut self.data);
            if !data.is_empty() {
                events.push_back(data);
            }
            return;
        }
        // Comments, names, ids and fields of the future carry nothing for us.
        let Some(value) = line.strip_prefix(b"data") else {
            return;
        };
        let value = match value {
            [] => value,
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            _ => return,
        };
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pieces: &[&[u8]]) -> Vec<String> {
        let (mut reader, mut events) = (SseReader::new(1 << 10), VecDeque::new());
        for piece in pieces {
            reader.push(piece, &mut events).unwrap();
        }
        events
            .into_iter()
            .map(|event| String::from_utf8(event).unwrap())
            .collect()
    }

    #[test]
    fn all_line_ends_and_every_cut_give_the_same_events() {
        let text =
            b"\xef\xbb\xbf: hello\r\nevent: ping\rdata: {\"a\":\rdata:1}\n\nid: 7\n\ndatabase: no\n\n\
            data: two\r\n\r\ndata\n\ndata: cut off\n";
        let expected = ["{\"a\":\n1}", "two"];
        assert_eq!(parse(&[text]), expected);
        for cut in 0..text.len() {
            assert_eq!(
                parse(&[&text[..cut], &text[cut..]]),
                expected,
                "cut at {cut}"
            );
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(parse(&single), expected);
    }

    #[test]
    fn only_one_event_counts_against_the_limit() {
        let (mut reader, mut events) = (SseReader::new(20), VecDeque::new());
        for _ in 0..100 {
            reader.push(b": keep-alive\n\n", &mut events).unwrap();
        }
        assert_eq!(
            reader.push(b"data: 012345678901234", &mut events),
            Err(EventTooLarge)
        );
    }
}
