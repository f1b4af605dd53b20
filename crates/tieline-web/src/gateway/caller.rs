//! Who calls: the access key of the header `Authorization`, and nothing else.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use tieline_domain::KeyId;
use tieline_hub::{Caller, Hub, KeyRefused};

use super::errors::Fault;

/// The person whose key the request carries, and the key. Decided anew for every request, in memory.
pub(super) fn identify(hub: &Hub, headers: &HeaderMap) -> Result<(Caller, KeyId), Fault> {
    let key = bearer(headers).ok_or_else(Fault::unauthenticated)?;
    let caller = hub.authenticate(key).map_err(|refused| match refused {
        KeyRefused::NotAKey | KeyRefused::Unknown => Fault::unauthenticated(),
        KeyRefused::Stale => Fault::stale(),
    })?;
    let key = caller.key.ok_or_else(Fault::unauthenticated)?;
    Ok((caller, key))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| key.trim_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (AUTHORIZATION, value.parse().expect("a header value")))
            .collect()
    }

    #[test]
    fn only_one_bearer_value_counts() {
        assert_eq!(bearer(&headers(&["Bearer tl_x"])), Some("tl_x"));
        assert_eq!(bearer(&headers(&["bearer  tl_x "])), Some("tl_x"));
        for odd in [
            &[][..],
            &["tl_x"],
            &["Basic tl_x"],
            &["Bearer"],
            &["Bearer a", "Bearer a"],
        ] {
            assert_eq!(bearer(&headers(odd)), None, "{odd:?}");
        }
    }
}
