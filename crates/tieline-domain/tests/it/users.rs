//! People's e-mail addresses, names, roles and passwords.

use tieline_domain::{Email, NewPassword, PersonName, Role};

#[test]
fn emails_are_lower_case_and_plain() {
    assert_eq!(
        Email::parse(" Ada@Example.COM ").unwrap().as_str(),
        "ada@example.com"
    );
    for good in [
        "a@b",
        "first.last+tag@sub.example.org",
        "jürgen@bücher.example",
    ] {
        assert_eq!(Email::parse(good).unwrap().as_str(), good);
    }
    let code = |text: &str| Email::parse(text).unwrap_err().code();
    assert_eq!(code(" "), "email_empty");
    for bad in [
        "a",
        "@b",
        "a@",
        "a@b@c",
        "a b@c",
        "a@b..c",
        "a@b.",
        "<a@b>",
        "a\n@b",
        "a\u{200B}@b",
        "a,b@c",
    ] {
        assert_eq!(code(bad), "email_invalid", "{bad}");
    }
    assert_eq!(
        code(&format!("{}@b.example", "a".repeat(250))),
        "email_too_long"
    );
}

#[test]
fn person_names_are_short_and_visible() {
    assert_eq!(
        PersonName::parse(" Ada Lovelace ").unwrap().as_str(),
        "Ada Lovelace"
    );
    let code = |text: &str| PersonName::parse(text).unwrap_err().code();
    assert_eq!(code("  "), "name_empty");
    assert_eq!(code(&"é".repeat(81)), "name_too_long");
    assert_eq!(code("a\u{202E}b"), "name_bad_char");
    PersonName::parse(&"é".repeat(80)).unwrap();
}

#[test]
fn roles_have_one_spelling() {
    for role in [Role::Admin, Role::Member] {
        assert_eq!(role.as_str().parse(), Ok(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
    }
    assert_eq!("Admin".parse::<Role>().unwrap_err().code(), "role_invalid");
}

#[test]
fn passwords_are_long_enough_and_do_not_print() {
    let password = NewPassword::parse("correct horse").unwrap();
    assert_eq!(password.expose(), "correct horse");
    assert_eq!(format!("{password:?}"), "NewPassword([redacted])");
    assert_eq!(
        NewPassword::parse("elevenchars").unwrap_err().code(),
        "password_too_short"
    );
    assert_eq!(
        NewPassword::parse(&"é".repeat(257)).unwrap_err().code(),
        "password_too_long"
    );
    NewPassword::parse(&"é".repeat(256)).unwrap();
}
