//! What the words of a definition speak of: other connectors' tools, and things that a description has no business with.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;

use crate::Slug;

/// Shorter names, and names of one plain word, are words of any language: `search` names no tool.
const SHORTEST_NAME: usize = 8;

/// What stands around a tool: its connector, and all the others.
#[derive(Debug)]
pub struct Around {
    /// The key of its connector.
    pub slug: Slug,
    /// The names of all tools of its connector.
    pub siblings: HashSet<String>,
    /// The keys of all other connectors.
    pub other_slugs: HashSet<String>,
    /// The names of all their tools.
    pub other_tools: HashSet<String>,
}

/// Something in the wording that a person should read twice. A hint, never a verdict: honest texts say such things, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// Another tool of the same connector.
    OtherTool,
    /// A file or a folder of somebody's machine.
    Files,
    /// Passwords, keys, tokens.
    Secrets,
    /// What an agent should do besides calling the tool.
    Orders,
}

impl Hint {
    /// The stable code for REST.
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherTool => "other_tool",
            Self::Files => "files",
            Self::Secrets => "secrets",
            Self::Orders => "orders",
        }
    }
}

const FILES: &[&str] = &[
    "~/", "/etc/", "/home", "/root", "/var/", ".ssh", ".env", ".aws", "id_rsa", "c:\\", "/proc/",
];
const SECRETS: &[&str] = &[
    "password",
    "passphrase",
    "api key",
    "api_key",
    "apikey",
    "private key",
    "secret",
    "credential",
    "access token",
    ".ssh",
    "id_rsa",
];
const ORDERS: &[&str] = &[
    "ignore previous",
    "ignore all",
    "ignore any",
    "ignore the",
    "ignore other",
    "disregard",
    "do not tell",
    "don't tell",
    "don’t tell",
    "without telling",
    "do not mention",
    "don't mention",
    "before you call",
    "before calling",
    "before using",
    "before you use",
    "instead of calling",
    "instead of using",
    "system prompt",
    "<important",
    "<system",
    "do not inform",
    "always call",
    "you must first",
];

/// The words in these texts that name a tool of another connector, or pretend to.
pub(super) fn foreign_names<'t>(
    texts: impl Iterator<Item = &'t str>,
    around: &Around,
) -> BTreeSet<String> {
    let own_prefix = format!("{}__", around.slug);
    let is_foreign = |word: &str| {
        let lower = word.to_ascii_lowercase();
        if let Some(rest) = lower.strip_prefix("mcp__") {
            return !rest.starts_with(&own_prefix) && rest != around.slug.as_str();
        }
        let prefix = lower.split_once("__").map(|(prefix, _)| prefix);
        prefix.is_some_and(|prefix| around.other_slugs.contains(prefix))
            || (is_telling(word)
                && around.other_tools.contains(word)
                && !around.siblings.contains(word))
    };
    texts
        .flat_map(words)
        .filter(|word| is_foreign(word))
        .map(|word| word.chars().take(80).collect())
        .collect()
}

/// What one text hints at.
pub(super) fn hints<'t>(text: &'t str, tool: &'t str, around: &'t Around) -> BTreeSet<Hint> {
    let lower = text.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let names_sibling =
        words(text).any(|word| word != tool && is_telling(word) && around.siblings.contains(word));
    [
        (Hint::OtherTool, names_sibling),
        (Hint::Files, says(FILES)),
        (Hint::Secrets, says(SECRETS)),
        (Hint::Orders, says(ORDERS)),
    ]
    .into_iter()
    .filter_map(|(hint, is_there)| is_there.then_some(hint))
    .collect()
}

fn is_telling(word: &str) -> bool {
    word.len() >= SHORTEST_NAME && word.contains(['_', '-'])
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
        .map(|word| word.trim_matches('-'))
        .filter(|word| !word.is_empty())
}
