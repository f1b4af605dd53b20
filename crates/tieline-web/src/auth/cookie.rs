//! The sign-in cookie: what it is called, how it is set, read and taken away.

use http::{HeaderMap, HeaderValue, header};
use tieline_hub::StartedSignIn;

use crate::state::WebSettings;

/// Over https the prefix makes browsers refuse the cookie from any other host, path or plain connection.
const OVER_HTTPS: &str = "__Host-tieline";
/// Browsers do not accept that prefix over plain http, which a first try on one machine uses.
const OVER_HTTP: &str = "tieline";

fn name(settings: &WebSettings) -> &'static str {
    if settings.is_https() {
        OVER_HTTPS
    } else {
        OVER_HTTP
    }
}

/// The value of the sign-in cookie in a request.
pub fn cookie_value<'a>(headers: &'a HeaderMap, settings: &WebSettings) -> Option<&'a str> {
    let wanted = name(settings);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// The `Set-Cookie` line of a fresh sign-in.
pub fn set_cookie(settings: &WebSettings, started: &StartedSignIn) -> HeaderValue {
    line(
        settings,
        started.cookie.expose(),
        started.lifetime.as_secs(),
    )
}

/// The `Set-Cookie` line that takes the cookie away.
pub fn clear_cookie(settings: &WebSettings) -> HeaderValue {
    line(settings, "", 0)
}

fn line(settings: &WebSettings, value: &str, seconds: u64) -> HeaderValue {
    let name = name(settings);
    let secure = if settings.is_https() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut line =
        HeaderValue::from_str(&text).expect("a cookie's value is base62, so the line is ASCII");
    line.set_sensitive(true);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(public: Option<&str>) -> WebSettings {
        let mut settings = WebSettings::new(([127, 0, 0, 1], 7420).into());
        settings.public_url = public.map(|url| url.parse().expect("a URL"));
        settings
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_the_host() {
        let line = clear_cookie(&settings(Some("https://tieline.example")));
        assert_eq!(
            line.to_str().expect("ASCII"),
            "__Host-tieline=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn over_http_it_has_a_plain_name() {
        let line = clear_cookie(&settings(None));
        assert_eq!(
            line.to_str().expect("ASCII"),
            "tieline=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn finds_its_own_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("theme=dark; xtieline=no"),
        );
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; tieline=yes=1; c=d"),
        );
        assert_eq!(cookie_value(&headers, &settings(None)), Some("yes=1"));
        let https = settings(Some("https://tieline.example"));
        assert_eq!(cookie_value(&headers, &https), None);
    }
}
