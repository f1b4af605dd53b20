//! Who asks: a modern client, alone, or a legacy one within its session.

use std::sync::Arc;

use tieline_hub::{CatalogTool, SessionKey};
use tieline_mcp::Era;

use super::door::View;
use super::endpoint::Exchange;
use super::load::Permit;
use super::sessions::McpSession;

/// In which era a client asks, and what it asks from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked<'a> {
    /// Alone, from the current list.
    Modern {
        view: &'a View,
        client: &'a Arc<str>,
    },
    /// Within a session, from its frozen list.
    Legacy(&'a Arc<McpSession>),
}

impl<'a> Asked<'a> {
    pub(super) fn era(&self) -> Era {
        match self {
            Self::Modern { .. } => Era::Modern,
            Self::Legacy(_) => Era::Legacy,
        }
    }

    pub(super) fn view(&self) -> &'a View {
        match self {
            Self::Modern { view, .. } => view,
            Self::Legacy(session) => &session.view,
        }
    }

    pub(super) fn client(&self) -> &'a Arc<str> {
        match self {
            Self::Modern { client, .. } => client,
            Self::Legacy(session) => &session.client,
        }
    }

    pub(super) fn session(&self) -> Option<&'a Arc<McpSession>> {
        match self {
            Self::Modern { .. } => None,
            Self::Legacy(session) => Some(session),
        }
    }

    /// What a legacy server's session is bound to: the client's own session, or the one access key of a client that has
    /// none. It is never shared between people.
    pub(super) fn session_key(&self, permit: &Permit) -> SessionKey {
        match self {
            Self::Legacy(session) => session.key().clone(),
            Self::Modern { .. } => permit.session().clone(),
        }
    }

    pub(super) fn tool(&self, exchange: &Exchange, name: &str) -> Option<Arc<CatalogTool>> {
        let found = self.view().tool(name).cloned();
        match self {
            Self::Modern { view, .. } => {
                found.or_else(|| exchange.gateway.0.recent.tool(&view.door, name))
            }
            Self::Legacy(_) => found,
        }
    }
}
