//! Lists as clients get them, written once for each kind and era: no client waits for them, no request decodes them.

use std::borrow::Cow;
use std::sync::OnceLock;

use bytes::Bytes;
use serde_json::value::RawValue;
use tieline_mcp::Era;
use tieline_mcp::wire::OfferKind;

/// Most clients get one page: some never ask for a second.
const ITEMS: usize = 1_000;
const BYTES: usize = 1 << 20;

/// The lists behind one door.
#[derive(Debug, Default)]
pub(super) struct Lists([[OnceLock<Vec<Bytes>>; 2]; 4]);

impl Lists {
    /// The pages of one list, each a JSON array. There is at least one.
    pub(super) fn pages<'d, I>(
        &self,
        kind: OfferKind,
        north: Era,
        items: impl FnOnce() -> I,
    ) -> &[Bytes]
    where
        I: Iterator<Item = Cow<'d, RawValue>>,
    {
        let kind = match kind {
            OfferKind::Tool => 0,
            OfferKind::Prompt => 1,
            OfferKind::Resource => 2,
            OfferKind::ResourceTemplate => 3,
        };
        let era = match north {
            Era::Legacy => 0,
            Era::Modern => 1,
        };
        self.0[kind][era].get_or_init(|| written(items()))
    }
}

fn written<'d>(items: impl Iterator<Item = Cow<'d, RawValue>>) -> Vec<Bytes> {
    let mut pages = Vec::new();
    let (mut page, mut count) = (Vec::from(*b"["), 0);
    for item in items {
        let item = item.get().as_bytes();
        if count == ITEMS || count > 0 && page.len() + item.len() > BYTES {
            page.push(b']');
            pages.push(std::mem::replace(&mut page, Vec::from(*b"[")).into());
            count = 0;
        }
        if count > 0 {
            page.push(b',');
        }
        page.extend_from_slice(item);
        count += 1;
    }
    page.push(b']');
    pages.push(page.into());
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(items: &[String]) -> Vec<Bytes> {
        written(
            items
                .iter()
                .map(|item| Cow::Owned(RawValue::from_string(item.clone()).expect("test JSON"))),
        )
    }

    #[test]
    fn a_list_is_cut_where_it_is_too_long_or_too_large() {
        assert_eq!(pages(&[]), ["[]"]);
        assert_eq!(pages(&["1".to_owned(), "2".to_owned()]), ["[1,2]"]);
        let many = vec!["7".to_owned(); 2_001];
        let many: Vec<usize> = pages(&many).iter().map(Bytes::len).collect();
        assert_eq!(many, [2_001, 2_001, 3]);
        let large = vec![format!("\"{}\"", "x".repeat(400_000)); 5];
        let large: Vec<usize> = pages(&large).iter().map(Bytes::len).collect();
        assert_eq!(large, [800_007, 800_007, 400_004]);
    }
}
