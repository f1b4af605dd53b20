//! Which era a request belongs to, and what happens when header and body disagree.

use http::HeaderValue;

use super::*;

const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
const V: (&str, &str) = ("mcp-protocol-version", "2026-07-28");

fn detect(
    pairs: &[(&'static str, &str)],
    method: &str,
    params: &str,
) -> Result<NorthEra, RequestError> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(
            *name,
            HeaderValue::from_bytes(value.as_bytes()).expect("test header"),
        );
    }
    let params = RawValue::from_string(params.to_owned()).expect("test JSON");
    let params = Params::parse(Some(&params)).expect("test params");
    detect_era(
        &headers,
        Some(method),
        &params,
        params.request_meta().as_ref(),
    )
}

fn mismatch(header: &str, fault: HeaderFault) -> Result<NorthEra, RequestError> {
    Err(RequestError::Header(HeaderMismatch::new(header, fault)))
}

#[test]
fn a_modern_request_whose_headers_agree_is_served() {
    let list = format!("{{{META}}}");
    assert_eq!(
        detect(&[V, ("mcp-method", "tools/list")], "tools/list", &list),
        Ok(NorthEra::Modern)
    );
    let call = format!(r#"{{"name":"wörk","arguments":{{}},{META}}}"#);
    let headers = [
        V,
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?d8O2cms=?="),
    ];
    assert_eq!(detect(&headers, "tools/call", &call), Ok(NorthEra::Modern));
    let read = format!(r#"{{"uri":"file:///x y",{META}}}"#);
    let headers = [
        V,
        ("mcp-method", "resources/read"),
        ("mcp-name", "file:///x y"),
        ("mcp-session-id", "ignored"),
    ];
    assert_eq!(
        detect(&headers, "resources/read", &read),
        Ok(NorthEra::Modern)
    );
}

#[test]
fn a_header_that_is_missing_or_differs_is_a_mismatch() {
    let call = format!(r#"{{"name":"t",{META}}}"#);
    let with = |pairs: &[(&'static str, &str)]| detect(pairs, "tools/call", &call);
    let method = ("mcp-method", "tools/call");
    assert_eq!(
        with(&[method, ("mcp-name", "t")]),
        mismatch("mcp-protocol-version", HeaderFault::Missing)
    );
    assert_eq!(
        with(&[("mcp-protocol-version", "2025-11-25"), method]),
        mismatch("mcp-protocol-version", HeaderFault::Differs)
    );
    assert_eq!(
        with(&[V, V, method]),
        mismatch("mcp-protocol-version", HeaderFault::Twice)
    );
    assert_eq!(
        with(&[V, ("mcp-name", "t")]),
        mismatch("mcp-method", HeaderFault::Missing)
    );
    assert_eq!(
        with(&[V, ("mcp-method", "Tools/Call")]),
        mismatch("mcp-method", HeaderFault::Differs)
    );
    assert_eq!(
        with(&[V, method]),
        mismatch("mcp-name", HeaderFault::Missing)
    );
    assert_eq!(
        with(&[V, method, ("mcp-name", "T")]),
        mismatch("mcp-name", HeaderFault::Differs)
    );
    assert_eq!(
        with(&[V, method, ("mcp-name", "t"), ("mcp-name", "t")]),
        mismatch("mcp-name", HeaderFault::Twice)
    );
    assert_eq!(
        with(&[V, method, ("mcp-name", "=?base64?*?=")]),
        mismatch("mcp-name", HeaderFault::Unreadable)
    );
    assert_eq!(
        with(&[V, method, ("mcp-name", "ü")]),
        mismatch("mcp-name", HeaderFault::Unreadable)
    );
    assert_eq!(with(&[]).unwrap_err().code(), -32020);
}

#[test]
fn a_modern_request_without_its_metadata_has_bad_params() {
    let headers = [V, ("mcp-method", "tools/list")];
    let version = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#;
    for params in [
        "{}",
        r#"{"_meta":{}}"#,
        r#"{"_meta":7}"#,
        r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}"#,
        version,
    ] {
        assert_eq!(
            detect(&headers, "tools/list", params).unwrap_err().code(),
            -32602,
            "{params}"
        );
    }
    assert_eq!(
        detect(&[], "server/discover", "{}").unwrap_err().code(),
        -32602
    );
    let call = format!("{{{META}}}");
    assert_eq!(
        detect(&[V, ("mcp-method", "tools/call")], "tools/call", &call)
            .unwrap_err()
            .code(),
        -32602
    );
}

#[test]
fn a_version_that_is_not_spoken_is_refused_with_those_that_are() {
    let params = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"1999-01-01"}}"#;
    for (header, params) in [
        ("1999-01-01", params),
        ("1999-01-01", "{}"),
        ("latest", "{}"),
    ] {
        let error = detect(&[("mcp-protocol-version", header)], "tools/list", params).unwrap_err();
        assert_eq!(error.code(), -32022, "{header} {params}");
        let data = format!(
            r#"{{"supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"requested":"{header}"}}"#
        );
        assert_eq!(error.data().unwrap().get(), data);
    }
    let later = r#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2027-01-01"}}"#;
    assert_eq!(
        detect(&[("mcp-protocol-version", "2027-01-01")], "x", later)
            .unwrap_err()
            .code(),
        -32022
    );
}

#[test]
fn legacy_requests_are_told_apart_by_their_session() {
    let version = ("mcp-protocol-version", "2025-06-18");
    let session = ("mcp-session-id", "abc");
    assert_eq!(detect(&[], "initialize", "{}"), Ok(NorthEra::Initialize));
    assert_eq!(
        detect(&[version], "initialize", "{}"),
        Ok(NorthEra::Initialize)
    );
    assert_eq!(
        detect(&[version, session], "tools/list", "{}"),
        Ok(NorthEra::Session(Revision::R20250618))
    );
    assert_eq!(
        detect(&[session], "tools/list", "{}"),
        Ok(NorthEra::Session(Revision::R20250326))
    );
    assert_eq!(
        detect(&[], "tools/list", "{}"),
        Ok(NorthEra::Sessionless(Revision::R20250326))
    );
    assert_eq!(
        detect_era(
            &HeaderMap::new(),
            None,
            &Params::default(),
            Ok(&RequestMeta::default())
        ),
        Ok(NorthEra::Sessionless(Revision::R20250326))
    );
    let progress = r#"{"_meta":{"progressToken":1}}"#;
    assert_eq!(
        detect(&[version, session], "tools/call", progress),
        Ok(NorthEra::Session(Revision::R20250618))
    );
}
