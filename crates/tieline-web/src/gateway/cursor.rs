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
