//! What models and servers say, made harmless for a terminal: no control sequence, no invisible reordering.

use std::borrow::Cow;

/// How much of a name or a reason fits in one line.
const LINE: usize = 200;

/// Text of several lines. Characters that a terminal would obey are written out, such as `\u{1b}`.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // Half of a Windows line end. Alone it would let a line be written over.
            '\r' => {}
            c if is_harmful(c) => clean.extend(c.escape_unicode()),
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// Text for a part of one line, cut when it is long.
pub(super) fn line(words: &str) -> Cow<'_, str> {
    let clean = text(words);
    let long = clean.chars().nth(LINE).is_some();
    if !long && !clean.contains(['\n', '\t']) {
        return clean;
    }
    let cut = clean.chars().take(LINE);
    let mut one: String = cut
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
        .collect();
    if long {
        one.push('…');
    }
    Cow::Owned(one)
}

/// Controls but newline and tab, overrides and isolates of writing direction, and the invisible tag characters.
fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{line, text};

    #[test]
    fn a_terminal_obeys_nothing_of_it() {
        assert_eq!(text("a\n\tb é 字 👩‍💻 مرحبا"), "a\n\tb é 字 👩‍💻 مرحبا");
        assert_eq!(text("\u{1b}[2J\u{7}\r\n"), "\\u{1b}[2J\\u{7}\n");
        assert_eq!(text("\u{9b}31m \u{202e}txt"), "\\u{9b}31m \\u{202e}txt");
        assert_eq!(text("pay\u{e0041}"), "pay\\u{e0041}");
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(line("two\nlines"), "two lines");
        assert_eq!(line(&"x".repeat(300)).chars().count(), 201);
        assert_eq!(line("short"), "short");
    }
}
