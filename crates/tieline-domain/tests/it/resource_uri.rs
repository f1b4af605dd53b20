//! Exposed URIs: tables and properties.

use proptest::prelude::*;
use tieline_domain::{Slug, expose_uri, upstream_uri};

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

#[test]
fn a_uri_is_put_behind_its_connector_and_pages_keep_their_scheme() {
    for (uri, exposed) in [
        ("file:///a/b.txt", "tieline://acme_mcp/file:///a/b.txt"),
        ("ui://weather/view.html", "ui://acme_mcp/weather/view.html"),
        (
            "test://t/{id}/data{?q}",
            "tieline://acme_mcp/test://t/{id}/data{?q}",
        ),
        ("UI://x", "tieline://acme_mcp/UI://x"),
        (
            "tieline://other/file:///x",
            "tieline://acme_mcp/tieline://other/file:///x",
        ),
        ("ui://", "ui://acme_mcp/"),
        ("", "tieline://acme_mcp/"),
    ] {
        assert_eq!(expose_uri(&slug("acme_mcp"), uri), exposed);
        let back = upstream_uri(exposed).expect("the way back");
        assert_eq!((back.slug, &*back.uri), ("acme_mcp", uri));
    }
}

#[test]
fn what_was_never_exposed_leads_nowhere() {
    for odd in [
        "",
        "file:///a",
        "tieline://",
        "tieline://acme_mcp",
        "tieline:///file:///a",
        "tieline://Acme/file:///a",
        "tieline://a.b/file:///a",
        "tieline://../acme/x",
        "TIELINE://acme/file:///a",
        "tieline://acme/ui://page",
        "ui://acme",
        "ui:///page",
    ] {
        assert_eq!(upstream_uri(odd), None, "{odd}");
    }
}

proptest! {
    #[test]
    fn any_uri_comes_back_to_its_own_connector(
        name in "[a-z0-9]{1,8}(_[a-z0-9]{1,7}){0,2}",
        uri in prop_oneof![any::<String>(), "(ui|file|tieline|https?)://[ -~]{0,40}"],
    ) {
        let slug = slug(&name);
        let exposed = expose_uri(&slug, &uri);
        let back = upstream_uri(&exposed).expect("the way back");
        prop_assert_eq!(back.slug, slug.as_str());
        prop_assert_eq!(&*back.uri, &uri);
        prop_assert_eq!(exposed.starts_with("ui://"), uri.starts_with("ui://"));
    }

    #[test]
    fn two_connectors_never_share_an_exposed_uri(
        one in "[a-z0-9]{1,8}", other in "[a-z0-9]{1,8}",
        first in "[ -~]{0,30}", second in "[ -~]{0,30}",
    ) {
        let (one, other) = (slug(&one), slug(&other));
        prop_assume!(one != other);
        prop_assert_ne!(expose_uri(&one, &first), expose_uri(&other, &second));
    }

    #[test]
    fn what_leads_somewhere_is_spelled_as_it_is_exposed(text in "(ui|tieline)://[a-z_/:]{0,24}") {
        if let Some(back) = upstream_uri(&text) {
            prop_assert_eq!(expose_uri(&slug(back.slug), &back.uri), text.clone());
        }
    }

    #[test]
    fn an_expanded_template_leads_where_the_template_does(id in "[a-z0-9]{1,10}") {
        let exposed = expose_uri(&slug("acme"), "test://t/{id}/data");
        let expanded = exposed.replace("{id}", &id);
        let back = upstream_uri(&expanded).expect("the way back");
        prop_assert_eq!((back.slug, &*back.uri), ("acme", &*format!("test://t/{id}/data")));
    }
}
