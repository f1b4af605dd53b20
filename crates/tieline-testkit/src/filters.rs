//! Text that differs from run to run, made equal, so that it can be compared with a snapshot.

/// Replaces UUIDs, RFC 3339 times and ports of 127.0.0.1 by `[uuid]`, `[time]` and `127.0.0.1:[port]`.
pub fn normalise(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = starts_word(&normal).then(|| placeholder(rest)).flatten();
        let (replacement, length) = found.unwrap_or((&rest[..first.len_utf8()], first.len_utf8()));
        normal.push_str(replacement);
        rest = &rest[length..];
    }
    normal
}

fn starts_word(before: &str) -> bool {
    !before.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn placeholder(text: &str) -> Option<(&'static str, usize)> {
    let uuid = matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    if uuid {
        return Some(("[uuid]", 36));
    }
    if matches(text, "dddd-dd-ddTdd:dd:dd") {
        return time_length(text).map(|length| ("[time]", length));
    }
    let port = text.strip_prefix("127.0.0.1:")?;
    let digits = port.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0).then_some(("127.0.0.1:[port]", "127.0.0.1:".len() + digits))
}

/// `x` stands for a hexadecimal digit, `d` for a decimal one, everything else for itself.
fn matches(text: &str, pattern: &str) -> bool {
    let fits = |(byte, sign): (u8, u8)| match sign {
        b'x' => byte.is_ascii_hexdigit(),
        b'd' => byte.is_ascii_digit(),
        _ => byte == sign,
    };
    text.len() >= pattern.len() && text.bytes().zip(pattern.bytes()).all(fits)
}

/// The length of a time up to its zone; nothing when it has none.
fn time_length(text: &str) -> Option<usize> {
    let seconds = "dddd-dd-ddTdd:dd:dd".len();
    let rest = &text[seconds..];
    let fraction = rest.strip_prefix('.').map_or(0, |digits| {
        1 + digits.bytes().take_while(u8::is_ascii_digit).count()
    });
    let zone = &rest[fraction..];
    if zone.starts_with('Z') {
        return Some(seconds + fraction + 1);
    }
    (matches(zone, "+dd:dd") || matches(zone, "-dd:dd")).then_some(seconds + fraction + 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_replaced() {
        let text = "id=0193e9c8-7d2a-7bbb-8ccc-0123456789ab at 2026-11-22T19:00:00.123Z (2026-11-22T19:00:00+01:00) http://127.0.0.1:40123/mcp";
        assert_eq!(
            normalise(text),
            "id=[uuid] at [time] ([time]) http://127.0.0.1:[port]/mcp"
        );
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T19:00:00",
            "127.0.0.1:",
            "10.127.0.0.1",
            "déjà-vu 0193e9c8-7d2a",
            "x127.0.0.1:80",
        ] {
            assert_eq!(normalise(text), text);
        }
    }
}
