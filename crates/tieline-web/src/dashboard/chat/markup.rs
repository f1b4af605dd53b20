//! Text of models, tools and people as HTML: the only place of the chat where a string becomes markup.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

/// HTML that is safe to write into a page as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Made by the functions of this module and by `markdown`, which sanitises last of all.
impl HtmlSafe for Markup {}

impl Markup {
    /// What the sanitiser let through.
    pub(super) fn sanitised(html: String) -> Self {
        Self(html)
    }

    /// Whether there is nothing to see.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Text exactly as it is, with every character that nobody could see written as `U+202E` on a chip.
pub(in crate::dashboard) fn exact(text: &str) -> Markup {
    let mut html = String::with_capacity(text.len() + 64);
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // A line end of another system is no trick.
            '\r' if characters.peek() == Some(&'\n') => {}
            c if unseen(c, before, characters.peek().copied()) => {
                // Writing to a string does not fail.
                let _ = write!(html, "<span class=\"inv\">U+{:04X}</span>", u32::from(c));
            }
            c => html.push(c),
        }
        before = Some(c);
    }
    Markup(html)
}

/// The same as plain text.
pub(super) fn exact_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            c if unseen(c, before, characters.peek().copied()) => {
                let _ = write!(out, "[U+{:04X}]", u32::from(c));
            }
            c => out.push(c),
        }
        before = Some(c);
    }
    out
}

/// Whether a character changes what is read without being seen: controls, reversed direction, zero width, tags.
fn unseen(c: char, before: Option<char>, after: Option<char>) -> bool {
    match c {
        '\n' | '\t' => false,
        // Joiners belong to emoji and to several scripts; between Latin letters they only hide something.
        '\u{200c}' | '\u{200d}' => !(joins(before) && joins(after)),
        // An emoji's own variation selector.
        '\u{fe0f}' => !joins(before),
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0e}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

fn joins(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(|c| u32::from(c) >= 0x300)
}

#[cfg(test)]
mod tests {
    use super::{exact, exact_text};

    #[test]
    fn html_of_a_tool_is_text() {
        assert_eq!(
            exact("<script>alert('x')</script> & \"y\"").to_string(),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;"
        );
    }

    #[test]
    fn what_hides_is_shown_and_what_belongs_stays() {
        assert_eq!(
            exact_text("a\u{202e}b\u{200b}\u{1b}[31m"),
            "a[U+202E]b[U+200B][U+001B][31m"
        );
        assert_eq!(exact_text("pay\u{e0041}"), "pay[U+E0041]");
        assert_eq!(
            exact_text("👩\u{200d}💻 ❤\u{fe0f} می\u{200c}خواهم"),
            "👩\u{200d}💻 ❤\u{fe0f} می\u{200c}خواهم"
        );
        assert_eq!(exact_text("adm\u{200d}in"), "adm[U+200D]in");
        assert_eq!(exact_text("one\r\ntwo\tthree"), "one\ntwo\tthree");
        assert_eq!(
            exact("\u{2066}").to_string(),
            "<span class=\"inv\">U+2066</span>"
        );
    }
}
