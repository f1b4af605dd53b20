//! Characters that a person does not see and a model reads.

/// Whether this character is invisible, or changes the order or look of its neighbours: control characters other than
/// line ends and tabs, bidi controls, zero-width characters, tags and the selectors that can spell hidden text.
pub fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' | '\r' => false,
        '\u{AD}'
        | '\u{61C}'
        | '\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E01EF}' => true,
        _ => c.is_control(),
    }
}

/// How many hidden characters there are in this text.
pub fn hidden_characters(text: &str) -> usize {
    text.chars().filter(|c| is_hidden(*c)).count()
}
