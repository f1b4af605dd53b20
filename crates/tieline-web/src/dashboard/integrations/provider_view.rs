//! What the dialog "Connect Linear" shows: the provider's own words around the same token field and test.

use askama::Template;

use super::add_view::{Foot, HeaderField, TokenField};
use super::rail_view::Rail;
use crate::dashboard::icon;
use crate::dashboard::shell::Shell;

/// `/integrations/providers/{slug}`
#[derive(Debug, Clone, Template)]
#[template(path = "integrations/provider.html")]
pub struct ConnectProviderPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The provider's name.
    pub name: String,
    /// Its slug.
    pub slug: String,
    /// The sentence under the title.
    pub lead: String,
    /// The provider's MCP server; not editable.
    pub url: String,
    /// Where to get the token, step by step.
    pub recipe: Vec<String>,
    /// The provider's page for it; empty when there is none.
    pub open_url: String,
    /// "Open in Linear".
    pub open_label: String,
    /// A problem that belongs to no field.
    pub general: Option<String>,
    /// The token field, with the provider's own word for it.
    pub token: TokenField,
    /// Always `None`: the catalogue knows the header.
    pub header: Option<HeaderField>,
    /// The connection test.
    pub rail: Rail,
    /// The left side of the footer.
    pub foot: Foot,
}
