//! What happens at servers without anybody having asked, for whoever passes it on to clients.
//!
//! A change of a list is told when it is in force, whichever process noticed it first; new contents of a resource are
//! told when the server says so.

use std::sync::Arc;

use bytes::Bytes;
use tieline_domain::ConnectorId;
use tieline_mcp::Era;
use tieline_mcp::wire::OfferKind;
use tokio::sync::broadcast;

use crate::Hub;
use crate::catalog::{Catalog, CatalogConnector};

/// How much a slow listener may be behind before it is told to look at everything again.
const BEHIND: usize = 1_024;

/// Something that a client may want to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubNews {
    /// A list of a connector is another one now.
    ListChanged {
        /// The connector, which may be gone.
        connector: ConnectorId,
        /// Which list.
        list: ListKind,
    },
    /// A resource has other contents.
    ResourceUpdated {
        /// The connector.
        connector: ConnectorId,
        /// The resource's address at its server.
        uri: Arc<str>,
    },
}

/// One of the lists that a connector offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// Tools.
    Tools,
    /// Prompts.
    Prompts,
    /// Resources and their templates.
    Resources,
}

impl ListKind {
    const ALL: [Self; 3] = [Self::Tools, Self::Prompts, Self::Resources];

    fn offers(self) -> &'static [OfferKind] {
        match self {
            Self::Tools => &[OfferKind::Tool],
            Self::Prompts => &[OfferKind::Prompt],
            Self::Resources => &[OfferKind::Resource, OfferKind::ResourceTemplate],
        }
    }
}

/// Where news is told.
#[derive(Debug)]
pub(crate) struct NewsDesk(broadcast::Sender<HubNews>);

impl NewsDesk {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(BEHIND).0)
    }

    pub(crate) fn tell(&self, news: HubNews) {
        // Nobody listening is fine.
        let _ = self.0.send(news);
    }

    /// Tells of every list that differs between two catalogues.
    pub(crate) fn compare(&self, before: &Arc<Catalog>, after: &Arc<Catalog>) {
        if Arc::ptr_eq(before, after) || self.0.receiver_count() == 0 {
            return;
        }
        for (connector, list) in differences(before, after) {
            self.tell(HubNews::ListChanged { connector, list });
        }
    }
}

impl Hub {
    /// What happens from now on. A listener that is far behind gets an error instead of the oldest, and has to take
    /// everything for changed.
    pub fn news(&self) -> broadcast::Receiver<HubNews> {
        self.inner.news.0.subscribe()
    }
}

fn differences(before: &Catalog, after: &Catalog) -> Vec<(ConnectorId, ListKind)> {
    let mut found = Vec::new();
    for old in before.connectors() {
        let new = after.connectors().iter().find(|new| new.id == old.id);
        found.extend(lists_that_differ(old, new).map(|list| (old.id, list)));
    }
    for new in after.connectors() {
        if before.connectors().iter().all(|old| old.id != new.id) {
            found.extend(lists_that_differ(new, None).map(|list| (new.id, list)));
        }
    }
    found
}

fn lists_that_differ(
    one: &CatalogConnector,
    other: Option<&CatalogConnector>,
) -> impl Iterator<Item = ListKind> {
    let pages = |connector: Option<&CatalogConnector>, kind| -> Vec<Bytes> {
        let pages = connector.map(|connector| connector.verbatim_pages(kind, Era::Modern));
        let pages = pages.unwrap_or_default().iter();
        // A list without entries is none.
        pages.filter(|page| page.len() > 2).cloned().collect()
    };
    ListKind::ALL.into_iter().filter(move |list| {
        let mut kinds = list.offers().iter();
        kinds.any(|kind| pages(Some(one), *kind) != pages(other, *kind))
    })
}
