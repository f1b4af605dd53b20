//! Where to go after signing in: a path of this server, or the start page. Anything else is an open redirect.

/// The path to go to, if it is one of this server; otherwise `/`.
///
/// Browsers read `//host` and `/\host` as another server, and drop tabs and line breaks before they do.
pub fn next_path(wanted: Option<&str>) -> &str {
    match wanted {
        Some(path) if is_own_path(path) => path,
        _ => "/",
    }
}

fn is_own_path(path: &str) -> bool {
    let mut characters = path.chars();
    characters.next() == Some('/')
        && !matches!(characters.next(), Some('/' | '\\'))
        && path.len() <= 2000
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_server_is_followed() {
        for path in ["/", "/integrations?tab=tools", "/integrations/c/acme#top"] {
            assert_eq!(next_path(Some(path)), path);
        }
        for foreign in [
            "//evil",
            "/\\evil",
            "\\\\evil",
            "https://evil",
            "evil",
            "",
            "/\t/evil",
            "/\n/evil",
            "/a b",
            "/a\\..\\b",
            "javascript:alert(1)",
            "/caf\u{e9}",
        ] {
            assert_eq!(next_path(Some(foreign)), "/", "{foreign:?}");
        }
        assert_eq!(next_path(None), "/");
    }
}
