//! The shipped catalogue of built-in providers: data in `providers.toml`, which is part of the binary.
//!
//! Only providers whose server accepts a static token can be connected; the others say why not. To add one, add a
//! table to the file; the tests check it.

use std::sync::LazyLock;

use serde::Deserialize;
use zeroize::Zeroizing;

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
    /// The header value for a token. A `Bearer` that was pasted along gives way to the provider's own prefix; any other
    /// scheme was meant, and stays.
    pub fn header_value(&self, token: &AccessToken) -> Result<AccessToken, TokenError> {
        let prefix = self.value_prefix.as_str();
        let pasted = strip_ignoring_case(token.expose(), prefix);
        let bare = pasted.or_else(|| strip_ignoring_case(token.expose(), "Bearer "));
        let value = match bare {
            Some(bare) => Zeroizing::new(format!("{prefix}{}", bare.trim_start())),
            None if token.has_scheme() => return Ok(token.clone()),
            None => Zeroizing::new(format!("{prefix}{}", token.expose())),
        };
        AccessToken::parse(&value)?.ok_or(TokenError::Blank)
    }

    /// Whether a token starts like this provider's do; true when that is not known.
    pub fn recognises(&self, token: &AccessToken) -> bool {
        let bare = token.expose().rsplit(' ').next().unwrap_or_default();
        self.token_prefixes.is_empty()
            || self
                .token_prefixes
                .iter()
                .any(|known| bare.starts_with(known))
    }
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    (!prefix.is_empty() && start.eq_ignore_ascii_case(prefix)).then_some(rest)
}

/// All providers, in the order in which they are shown.
pub fn providers() -> &'static [Provider] {
    &CATALOGUE
}

/// The provider with this slug.
pub fn provider(slug: &str) -> Option<&'static Provider> {
    providers().iter().find(|provider| provider.slug == slug)
}
