//! Names under which a connector's tools are shown to models and clients.
//!
//! Model APIs take `[A-Za-z0-9_-]` up to 64 characters, servers offer anything. The mapping here is the same whatever
//! order the tools come in, and never gives two tools one name. A call goes the way back through the table that a
//! session keeps, never by taking a name apart.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sha2::{Digest, Sha256};

use crate::base32;
use crate::slug::Slug;

/// Who the names are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameSpace {
    /// The built-in agent: `mcp__<slug>__<tool>`, at most 64 characters.
    Agent,
    /// Clients of the gateway: `<slug>__<tool>`, at most 48, because they put their own prefix before it.
    Gateway,
}

impl NameSpace {
    fn prefix(self, slug: &Slug) -> String {
        match self {
            Self::Agent => format!("mcp__{slug}__"),
            Self::Gateway => format!("{slug}__"),
        }
    }

    fn limit(self) -> usize {
        match self {
            Self::Agent => 64,
            Self::Gateway => 48,
        }
    }
}

/// A tool's two names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedTool {
    /// What the model or client sees.
    pub exposed: String,
    /// What the server calls it.
    pub upstream: String,
}

/// Names the tools of one connector, in the order given; a name that comes a second time is left out.
pub fn expose<'a>(
    space: NameSpace,
    slug: &Slug,
    tools: impl IntoIterator<Item = &'a str>,
) -> Vec<ExposedTool> {
    let tools: Vec<&str> = tools.into_iter().collect();
    let prefix = space.prefix(slug);
    let room = space.limit() - prefix.len();
    let distinct: BTreeSet<&str> = tools.iter().copied().collect();
    let names = choose_names(slug, room, &distinct);

    let mut seen = HashSet::new();
    let first = tools.into_iter().filter(|tool| seen.insert(*tool));
    first
        .map(|tool| ExposedTool {
            exposed: format!("{prefix}{}", names[tool]),
            upstream: tool.to_owned(),
        })
        .collect()
}

/// Walks the names in byte order, those that can stay as they are first, so that the input's order decides nothing.
fn choose_names<'a>(
    slug: &Slug,
    room: usize,
    distinct: &BTreeSet<&'a str>,
) -> BTreeMap<&'a str, String> {
    let mut taken = HashSet::new();
    let mut names = BTreeMap::new();
    for tool in distinct {
        // Some clients compare names without case, so of two such twins only the first stays.
        if is_natural(tool, room) && taken.insert(tool.to_ascii_lowercase()) {
            names.insert(*tool, (*tool).to_owned());
        }
    }
    for tool in distinct {
        if !names.contains_key(tool) {
            names.insert(*tool, hashed(slug, tool, room, &mut taken));
        }
    }
    names
}

fn is_natural(tool: &str, room: usize) -> bool {
    (1..=room).contains(&tool.len()) && tool.bytes().all(is_safe)
}

fn is_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// What is readable of the name, then a hash. A hostile server can offer a tool that already has that name, so the hash
/// grows, and after that the attempt's number is hashed too: each tool can stand in the way only once, so this ends.
fn hashed(slug: &Slug, tool: &str, room: usize, taken: &mut HashSet<String>) -> String {
    let safe: String = tool
        .chars()
        .take(room)
        .map(|character| match u8::try_from(character) {
            Ok(byte) if is_safe(byte) => character,
            _ => '_',
        })
        .collect();
    let mut attempt: u32 = 0;
    loop {
        let hash = hash(slug, tool, attempt);
        let wanted = match attempt {
            0 => 8,
            1 => 16,
            _ => 24,
        };
        let tail = base32::prefix(&hash, wanted.min(room - 1));
        let head = &safe[..safe.len().min(room - 1 - tail.len())];
        let name = format!("{head}_{tail}");
        if taken.insert(name.to_ascii_lowercase()) {
            return name;
        }
        attempt += 1;
    }
}

fn hash(slug: &Slug, tool: &str, attempt: u32) -> [u8; 32] {
    let slug = slug.as_str().as_bytes();
    let length = u8::try_from(slug.len()).expect("a slug has at most 24 characters");
    let mut hasher = Sha256::new();
    hasher.update([length]);
    hasher.update(slug);
    hasher.update(tool.as_bytes());
    if attempt > 2 {
        hasher.update([0xFF]);
        hasher.update(attempt.to_be_bytes());
    }
    hasher.finalize().into()
}
