//! Where a list goes on. A cursor belongs to one list in one state: after a change the rest of the old list would be the
//! rest of nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tieline_hub::CatalogRevision;
use tieline_mcp::wire::OfferKind;

/// The cursor of a page.
pub(super) fn write(kind: OfferKind, revision: &CatalogRevision, page: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{revision}.{page}", kind.word()))
}

/// The page that a cursor stands for; nothing for one that was not written for this list.
pub(super) fn read(kind: OfferKind, revision: &CatalogRevision, cursor: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let mut parts = text.split('.');
    let (of, at, page) = (parts.next()?, parts.next()?, parts.next()?);
    let is_ours = of == kind.word() && at == revision.as_str() && parts.next().is_none();
    // Only the spelling that we give out, so that no two cursors are the same.
    let page: usize = page.parse().ok().filter(|_| is_ours)?;
    (write(kind, revision, page) == cursor).then_some(page)
}

#[cfg(test)]
mod tests {
    use tieline_domain::{Slug, expose_uri, upstream_uri};
    use tieline_hub::Catalog;
    use tieline_testkit::fuzz::Run;

    use super::*;

    #[test]
    fn fuzz_cursors() {
        let catalog = Catalog::default();
        let revision = catalog.revision();
        let kinds = [OfferKind::Tool, OfferKind::Prompt, OfferKind::Resource];
        let given = kinds.map(|kind| write(kind, revision, 7));
        let examples = given.each_ref().map(String::as_bytes);
        Run::from_environment().of("cursors", &examples, |input| {
            let Ok(cursor) = std::str::from_utf8(input) else {
                return 0;
            };
            let pages = kinds.map(|kind| read(kind, revision, cursor));
            // One list at most, and only the spelling that was given out.
            assert!(pages.iter().flatten().count() <= 1);
            for (kind, page) in kinds.into_iter().zip(pages) {
                if let Some(page) = page {
                    assert_eq!(write(kind, revision, page), cursor);
                }
            }
            1 + pages.iter().flatten().count() as u64 + (cursor.len() as u64) * 8
        });
    }

    #[test]
    fn fuzz_exposed_uris() {
        let examples: [&[u8]; 5] = [
            b"tieline://acme/file:///a/{name}",
            b"ui://acme/page/index.html?x=1#y",
            b"tieline://acme/ui://page",
            b"tieline:///x",
            b"https://example.com/%2F..//a",
        ];
        let slug = Slug::parse("acme").expect("a slug");
        Run::from_environment().of("exposed URIs", &examples, |input| {
            let text = String::from_utf8_lossy(input);
            let there = expose_uri(&slug, &text);
            let back = upstream_uri(&there).expect("what is exposed leads back");
            assert_eq!((back.slug, &*back.uri), ("acme", &*text));
            let Some(found) = upstream_uri(&text) else {
                return 0;
            };
            let owner = Slug::parse(found.slug).expect("a slug");
            assert_eq!(
                expose_uri(&owner, &found.uri),
                *text,
                "one exposed URI for each"
            );
            1 + (found.uri.len() as u64) * 2
        });
    }
}
