//! The shipped catalogue of built-in providers: data in `providers.toml`, which is part of the binary.
//!
//! Only providers whose server accepts a static token can be connected; the others say why not. To add one, add a
//! table to the file; the tests check it.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::access_token::{AccessToken, TokenError};

static CATALOGUE: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    let catalogue: Catalogue =
        toml::from_str(include_str!("providers.toml")).expect("the shipped catalogue is tested");
    catalogue.provider
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    provider: Vec<Provider>,
}

/// A built-in integration definition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The key, which no custom connector may have.
    pub slug: String,
    /// The display name.
    pub name: String,
    /// What it gives, in a few words.
    pub summary: String,
    /// What an admin must have to connect it: “Needs an auth token”.
    pub needs: String,
    /// The MCP server.
    pub url: String,
    /// The header that carries the token.
    pub auth_header: String,
    /// What stands before the token in the header: `Bearer ` or nothing.
    pub value_prefix: String,
    /// The provider's own word for the token.
    pub token_word: String,
    /// Where to make the token, in up to three lines.
    pub recipe: Vec<String>,
    /// The provider's page for that.
    pub open_url: String,
    /// The words of the link to it.
    pub open_label: String,
    /// How such tokens start; empty when that is not known.
    pub token_prefixes: Vec<String>,
    /// Whether its server accepts a static token.
    pub supported: bool,
    /// Why it cannot be connected.
    #[serde(default)]
    pub unsupported_reason: Option<String>,
}

impl Provider {
    /// The header value for a token: the prefix is added, unless it was pasted along.
    pub fn header_value(&self, token: &AccessToken) -> Result<AccessToken, TokenError> {
        let prefix = self.value_prefix.as_str();
        let start = token.expose().get(..prefix.len());
        if prefix.is_empty() || start.is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            return Ok(token.clone());
        }
        let value = zeroize::Zeroizing::new(format!("{prefix}{}", token.expose()));
        AccessToken::parse(&value)?.ok_or(TokenError::Blank)
    }

    /// Whether a token starts like this provider's do; true when that is not known.
    pub fn recognises(&self, token: &AccessToken) -> bool {
        let prefix = self.value_prefix.as_str();
        let start = token.expose().get(..prefix.len());
        let pasted =
            !prefix.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let bare = if pasted {
            &token.expose()[prefix.len()..]
        } else {
            token.expose()
        };
        self.token_prefixes.is_empty()
            || self
                .token_prefixes
                .iter()
                .any(|known| bare.starts_with(known))
    }
}

/// All providers, in the order in which they are shown.
pub fn providers() -> &'static [Provider] {
    &CATALOGUE
}

/// The provider with this slug.
pub fn provider(slug: &str) -> Option<&'static Provider> {
    providers().iter().find(|provider| provider.slug == slug)
}
