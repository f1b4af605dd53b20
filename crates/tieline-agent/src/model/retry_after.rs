//! How long a server wants to be left alone.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use tieline_domain::Clock;

/// `retry-after-ms` as OpenAI sends it, or `Retry-After` as seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let text = text(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    // HTTP writes GMT, RFC 2822 wants a number.
    let date = text.replace("GMT", "+0000");
    let at = jiff::fmt::rfc2822::parse(&date).ok()?;
    let millis = at.timestamp().as_millisecond() - clock.now().as_millis();
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use tieline_testkit::FixedClock;

    fn of(name: &'static str, value: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        // 2026-11-22T12:00:00Z.
        retry_after(&headers, &FixedClock::default())
    }

    #[test]
    fn seconds_milliseconds_and_dates_are_understood() {
        assert_eq!(of("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(of("retry-after", "0.5"), Some(Duration::from_millis(500)));
        assert_eq!(of("retry-after-ms", "20"), Some(Duration::from_millis(20)));
        assert_eq!(
            of("retry-after", "Sun, 22 Nov 2026 12:01:30 GMT"),
            Some(Duration::from_secs(90))
        );
        assert_eq!(
            of("retry-after", "Sun, 22 Nov 2026 11:00:00 GMT"),
            Some(Duration::ZERO)
        );
        assert_eq!(of("retry-after", "-3"), None);
        assert_eq!(of("retry-after", "soon"), None);
    }
}
