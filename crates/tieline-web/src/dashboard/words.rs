//! Numbers and times as people read them. Plain functions without IO; the present moment is passed in.

/// 18400 is "18,400".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `counted(1, "tool", "tools")` is "1 tool".
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        grouped(number),
        if number == 1 { one } else { many }
    )
}

/// A duration in milliseconds: "88 ms", "3.1 s", "2 min".
pub fn took(millis: u64) -> String {
    match millis {
        0..=999 => format!("{millis} ms"),
        1_000..=99_999 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min", millis / 60_000),
    }
}

/// A size in bytes: "12 bytes", "16 KB", "9.4 MB".
pub fn size(bytes: usize) -> String {
    let (unit, word) = match bytes {
        0..=1_023 => return format!("{bytes} bytes"),
        1_024..=1_048_575 => (1_024, "KB"),
        _ => (1_048_576, "MB"),
    };
    match bytes % unit * 10 / unit {
        0 => format!("{} {word}", bytes / unit),
        tenths => format!("{}.{tenths} {word}", bytes / unit),
    }
}

/// A rough token count, to two significant figures and a hundred at least: "about 18,400 tokens" should not pretend more.
pub fn roughly(tokens: u64) -> u64 {
    match tokens {
        0..=99 => tokens,
        100..=999 => (tokens + 5) / 10 * 10,
        _ => (tokens + 50) / 100 * 100,
    }
}

/// How long ago in words, up to a day: "40 s ago", "6 min ago", "3 h ago"; `None` means that the date says more.
pub fn ago(seconds: u64) -> Option<String> {
    match seconds {
        0..=4 => Some("just now".to_owned()),
        5..=89 => Some(format!("{seconds} s ago")),
        90..=5_399 => Some(format!("{} min ago", (seconds + 30) / 60)),
        5_400..=86_399 => Some(format!("{} h ago", (seconds + 1_800) / 3_600)),
        _ => None,
    }
}

/// "Ana", "Ana or Bo", "Ana, Bo or Cy".
pub fn any_of(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Text of a server as it may be shown: without control, bidirectional, zero-width and tag characters, and cut.
///
/// Such characters can make a description read differently from what an agent is told.
pub fn shown(text: &str, longest: usize) -> String {
    let visible = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    };
    let spaced = text.chars().map(|c| {
        if matches!(c, '\n' | '\r' | '\t') {
            ' '
        } else {
            c
        }
    });
    let mut out: String = spaced.filter(visible).take(longest + 1).collect();
    if out.chars().count() > longest {
        out.pop();
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::shown;
    use super::{ago, any_of, counted, grouped, roughly, size, took};

    #[test]
    fn numbers_read_like_a_person_wrote_them() {
        assert_eq!(
            [0, 999, 1_000, 18_400, 1_234_567].map(grouped),
            ["0", "999", "1,000", "18,400", "1,234,567"]
        );
        assert_eq!(counted(1, "tool", "tools"), "1 tool");
        assert_eq!(counted(1_200, "tool", "tools"), "1,200 tools");
        assert_eq!(
            [88, 3_140, 30_000, 150_000].map(took),
            ["88 ms", "3.1 s", "30.0 s", "2 min"]
        );
        assert_eq!([42, 1_743, 444].map(roughly), [42, 1_700, 440]);
        assert_eq!(
            [12, 16_384, 32_300, 9_856_000].map(size),
            ["12 bytes", "16 KB", "31.5 KB", "9.3 MB"]
        );
    }

    #[test]
    fn times_are_relative_for_a_day() {
        let read: Vec<_> = [0, 40, 360, 10_800, 90_000].map(ago).into_iter().collect();
        let expected = [
            Some("just now"),
            Some("40 s ago"),
            Some("6 min ago"),
            Some("3 h ago"),
            None,
        ];
        assert_eq!(read, expected.map(|text| text.map(str::to_owned)));
    }

    #[test]
    fn u12_invisible_characters_of_a_server_are_not_shown() {
        assert_eq!(shown("a\u{202e}b\u{200b}c\nd\u{e0041}", 10), "abc d");
        assert_eq!(shown("abcdef", 3), "abc…");
    }

    #[test]
    fn names_are_joined_with_or() {
        let names = ["Ana", "Bo", "Cy"].map(str::to_owned);
        assert_eq!(any_of(&names[..1]), "Ana");
        assert_eq!(any_of(&names), "Ana, Bo or Cy");
    }
}
