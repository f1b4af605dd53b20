//! What the corpus does not say about names.

use proptest::prelude::*;
use tieline_domain::{ConnectorName, NameError};

#[test]
fn names_are_trimmed_and_normalised() {
    for (typed, name) in [
        (" Acme ", "Acme"),
        ("\u{A0}Acme\u{A0}", "Acme"),
        ("\u{3000}Acme", "Acme"),
        ("Ａｃｍｅ", "Acme"),
        ("Cafe\u{301}", "Café"),
        ("Яндекс Tracker", "Яндекс Tracker"),
        ("Яндекс-Tracker", "Яндекс-Tracker"),
        ("日本語 Tools", "日本語 Tools"),
    ] {
        assert_eq!(ConnectorName::parse(typed).unwrap().as_str(), name);
    }
}

#[test]
fn positions_count_from_one_in_what_was_typed() {
    let position = |text: &str| match ConnectorName::parse(text) {
        Err(NameError::BadChar { position, .. }) => position,
        other => panic!("{other:?}"),
    };
    assert_eq!(position("a\u{200B}b"), 2);
    assert_eq!(position("  a\u{200B}b"), 4);
    assert_eq!(position("éé\u{202E}"), 3);
    assert_eq!(position("\u{E0041}"), 1);
}

#[test]
fn words_of_one_alphabet_only() {
    for name in ["Lіnear", "paypаl", "αlpha", "GitНub Tools"] {
        assert_eq!(
            ConnectorName::parse(name).unwrap_err().code(),
            "name_mixed_scripts",
            "{name}"
        );
    }
    for name in ["Ελλάδα", "Привет", "αβγ beta", "X7"] {
        ConnectorName::parse(name).unwrap();
    }
}

#[test]
fn the_limit_counts_characters_after_normalising() {
    ConnectorName::parse(&"é".repeat(80)).unwrap();
    ConnectorName::parse(&"e\u{301}".repeat(80)).unwrap();
    // One character that stands for eighteen.
    assert_eq!(
        ConnectorName::parse(&"\u{FDFA}".repeat(5)).unwrap_err(),
        NameError::TooLong { scalars: 90 }
    );
}

proptest! {
    #[test]
    fn an_accepted_name_is_accepted_as_it_is_again(text in any::<String>()) {
        if let Ok(name) = ConnectorName::parse(&text) {
            prop_assert_eq!(ConnectorName::parse(name.as_str()), Ok(name.clone()));
            prop_assert!(!name.as_str().is_empty());
        }
    }
}
