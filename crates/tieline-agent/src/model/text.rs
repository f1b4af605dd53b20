//! Making an API's own words fit for errors, logs and pages.

use tieline_domain::AccessToken;

/// The longest text of an API that an error repeats, in characters.
pub(super) const DETAIL: usize = 300;

/// Without the key, without what nobody sees, on one line, and cut.
pub(super) fn clean(text: &str, key: Option<&AccessToken>, max: usize) -> String {
    let hidden = key.map(|key| text.replace(key.expose(), "[key]"));
    let text = hidden.as_deref().unwrap_or(text);
    let mut shown = String::new();
    let mut count = 0;
    let mut gap = false;
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() {
            gap = !shown.is_empty();
        } else if !is_invisible(character) {
            if std::mem::take(&mut gap) {
                shown.push(' ');
                count += 1;
            }
            if count >= max {
                shown.push('…');
                break;
            }
            shown.push(character);
            count += 1;
        }
    }
    shown
}

/// Characters that change how their neighbours look, or that nobody sees.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_no_bidi_no_second_line_and_no_novel() {
        let key = AccessToken::parse("sk-secret").unwrap();
        let text = " bad\r\n key: sk-secret\u{202e}! ";
        assert_eq!(clean(text, key.as_ref(), 80), "bad key: [key]!");
        assert_eq!(clean("abcdef", None, 3), "abc…");
        assert_eq!(clean("abc", None, 3), "abc");
    }
}
