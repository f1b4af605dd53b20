//! The two letters and the hue that stand for a connector where other products show a logo.

/// Two letters on a tinted square.
#[derive(Debug, Clone)]
pub struct Monogram {
    /// One or two letters.
    pub letters: String,
    /// Which of the twelve hue classes `h0`…`h11` of the style sheet; a `style` attribute would break the content policy.
    pub hue: u8,
    /// Greyed out, for a connector that is off.
    pub off: bool,
}

impl Monogram {
    /// The monogram of a connector: letters from its name, hue from its slug, so that renaming does not recolour it.
    pub fn of(name: &str, slug: &str) -> Self {
        Self {
            letters: letters(name),
            hue: hue(slug),
            off: false,
        }
    }

    /// The same monogram, greyed out when `off`.
    #[must_use]
    pub fn greyed(mut self, off: bool) -> Self {
        self.off = off;
        self
    }
}

/// "Billing warehouse" is Bw, "GitHub" Gh, "Acme MCP" Ac: "MCP" says nothing about which server it is.
fn letters(name: &str) -> String {
    let words: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("mcp"))
        .collect();
    let Some(first) = words.first().and_then(|word| word.chars().next()) else {
        return "?".to_owned();
    };
    let second = words
        .get(1)
        .and_then(|word| word.chars().next())
        .or_else(|| words[0].chars().skip(1).find(|c| c.is_uppercase()))
        .or_else(|| words[0].chars().nth(1));
    first
        .to_uppercase()
        .chain(second.into_iter().flat_map(char::to_lowercase))
        .collect()
}

/// FNV-1a over the slug: the same hue on every machine and after every restart.
fn hue(slug: &str) -> u8 {
    let hash = slug.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // The low byte of a product of odd numbers repeats quickly; the high half mixes better.
    u8::try_from((hash >> 16) % 12).unwrap_or(0)
}

/// The initials of a person, for the round badge.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split(|c: char| c.is_whitespace() || c == '@' || c == '.')
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let second = words.next();
    first
        .into_iter()
        .chain(second)
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Monogram, initials, letters};

    #[test]
    fn letters_follow_the_words_of_the_name() {
        for (name, expected) in [
            ("Billing warehouse", "Bw"),
            ("GitHub", "Gh"),
            ("Linear", "Li"),
            ("Acme MCP", "Ac"),
            ("MCP", "?"),
            ("x", "X"),
            ("日本語", "日本"),
            ("<img src=x>", "Is"),
        ] {
            assert_eq!(letters(name), expected, "{name}");
        }
    }

    #[test]
    fn hue_depends_on_the_slug_alone_and_has_a_class() {
        assert_eq!(
            Monogram::of("A", "acme_mcp").hue,
            Monogram::of("B", "acme_mcp").hue
        );
        assert!(
            ["a", "linear", "github", "c_o5yqv3oh"]
                .iter()
                .all(|slug| Monogram::of("", slug).hue < 12)
        );
    }

    #[test]
    fn initials_take_two_words() {
        assert_eq!(initials("Admin account"), "AA");
        assert_eq!(initials("priya@northwind.example"), "PN");
        assert_eq!(initials(""), "");
    }
}
