//! The slug rule, which the database, the dashboard's preview and every client rely on.

use proptest::prelude::*;
use tieline_domain::{ConnectorName, Slug};

fn derive(name: &str) -> String {
    Slug::derive(&ConnectorName::parse(name).unwrap_or_else(|error| panic!("{name}: {error}")))
        .to_string()
}

/// The rule as one would write it for ASCII names.
fn plain(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|character: char| !character.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

fn has_the_form(slug: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    slug.len() <= 24 && slug.split('_').all(is_word)
}

#[test]
fn names_become_slugs() {
    for (name, slug) in [
        ("Acme MCP", "acme_mcp"),
        ("GitHub", "github"),
        ("a__b", "a_b"),
        ("--Docs / Search--", "docs_search"),
        ("C#", "c"),
        ("4711", "4711"),
        // Folded letters and marks.
        ("Straße", "strasse"),
        ("STRAẞE", "strasse"),
        ("Ærø Œuvre", "aero_oeuvre"),
        ("Đặng Ðe Łódź Þór", "dang_de_lodz_thor"),
        ("İstanbul ısı", "istanbul_isi"),
        ("Crème Brûlée", "creme_brulee"),
        ("Ｆｕｌｌ ｗｉｄｔｈ ①", "full_width_1"),
        // Other scripts: a hash when too little is left, the rest when enough is.
        ("日本語", "c_o5yqv3oh"),
        ("Яндекс Tracker", "tracker"),
        ("日本 AB", "ab"),
        ("日本語ツール AB", "c_cfamz72u"),
        // Long names are cut between words, if half stays.
        ("<img src=x onerror=alert(1)>", "img_src_x_onerror_alert"),
        ("Customer relationship manager", "customer_relationship"),
        ("International conferences", "international"),
        (
            "Aaaaaaaaaaa Bbbbbbbbbbbbbbbbbbbb",
            "aaaaaaaaaaa_bbbbbbbbbbbb",
        ),
        ("Aaaaaaaaaaaaaaaaaaaaaaaa B", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("Aaaaaaaaaaa bbbbbbbbbbbb cc", "aaaaaaaaaaa_bbbbbbbbbbbb"),
    ] {
        assert_eq!(derive(name), slug, "{name}");
    }
}

#[test]
fn only_the_grammar_parses() {
    for slug in ["a", "acme_mcp", "4711", "a_1_b", &"a".repeat(24)] {
        assert_eq!(Slug::parse(slug).unwrap().as_str(), slug);
    }
    for text in [
        "",
        "_",
        "a_",
        "_a",
        "a__b",
        "A",
        "a-b",
        "ä",
        "a b",
        "a\n",
        &"a".repeat(25),
    ] {
        assert_eq!(
            Slug::parse(text).unwrap_err().code(),
            "slug_invalid",
            "{text}"
        );
    }
}

#[test]
fn numbers_are_appended_within_the_limit() {
    let numbered = |slug: &str, number| Slug::parse(slug).unwrap().numbered(number).to_string();
    assert_eq!(numbered("acme_mcp", 2), "acme_mcp_2");
    assert_eq!(
        numbered(&"a".repeat(24), 2),
        format!("{}_2", "a".repeat(22))
    );
    assert_eq!(
        numbered("aaaaaaaaaaaaaaaaaaaaa_bb", 2),
        "aaaaaaaaaaaaaaaaaaaaa_2"
    );
    assert_eq!(
        numbered("aaaaaaaaaaaaaaaaaaaaa_bb", 10),
        "aaaaaaaaaaaaaaaaaaaaa_10"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_accepted_name_gives_a_slug(name in any::<String>()) {
        if let Ok(name) = ConnectorName::parse(&name) {
            let slug = Slug::derive(&name);
            prop_assert!(has_the_form(slug.as_str()), "{slug}");
            prop_assert_eq!(Slug::parse(slug.as_str()), Ok(slug.clone()));
        }
    }

    #[test]
    fn letters_of_all_scripts_give_a_slug(name in "[\\p{L}\\p{N}\\p{M} _-]{1,90}") {
        if let Ok(name) = ConnectorName::parse(&name) {
            prop_assert!(has_the_form(Slug::derive(&name).as_str()));
        }
    }

    #[test]
    fn short_ascii_names_follow_the_plain_rule(name in "[ -~]{1,24}") {
        if let Ok(parsed) = ConnectorName::parse(&name) {
            prop_assert_eq!(Slug::derive(&parsed).to_string(), plain(&name));
        }
    }

    #[test]
    fn a_slug_is_its_own_slug(name in "[ -~]{1,80}") {
        if let Ok(parsed) = ConnectorName::parse(&name) {
            let slug = Slug::derive(&parsed);
            prop_assert_eq!(derive(slug.as_str()), slug.as_str());
        }
    }

    #[test]
    fn numbered_slugs_have_the_form(slug in "[a-z0-9]{1,8}(_[a-z0-9]{1,7}){0,2}", number in any::<u32>()) {
        let numbered = Slug::parse(&slug).unwrap().numbered(number);
        prop_assert!(has_the_form(numbered.as_str()), "{numbered}");
        let ending = format!("_{number}");
        prop_assert!(numbered.as_str().ends_with(&ending));
    }
}
