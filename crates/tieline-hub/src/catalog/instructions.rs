//! What the gateway as a whole says about its own use.

use super::{Catalog, CatalogConnector};

/// How much of what one server says about itself goes to models at the aggregate endpoint.
const MAX_INSTRUCTIONS: usize = 500;
/// How much all of them may take together.
const MAX_ALL_INSTRUCTIONS: usize = 8_000;

impl Catalog {
    /// Which connectors there are and, as far as there is room, what their servers say about their own use. Put together
    /// once for all sessions that begin with this catalogue.
    pub fn instructions(&self) -> &str {
        self.instructions.get_or_init(|| overview(&self.connectors))
    }
}

fn overview(connectors: &[CatalogConnector]) -> String {
    let mut text = String::from(
        "Tieline offers the tools of several servers. A tool's name begins with its server's key and two underscores.",
    );
    for connector in connectors.iter().filter(|connector| {
        !connector.tools.is_empty() || connector.declared.prompts || connector.declared.resources
    }) {
        let line = format!("\n\n{}: {}", connector.slug, connector.name);
        let said = connector.instructions.as_deref().unwrap_or_default().trim();
        if text.len() + line.len() > MAX_ALL_INSTRUCTIONS {
            text.push_str("\n\n…");
            break;
        }
        text.push_str(&line);
        let room = MAX_ALL_INSTRUCTIONS
            .saturating_sub(text.len())
            .min(MAX_INSTRUCTIONS);
        if !said.is_empty() && room > 0 {
            text.push('\n');
            text.push_str(&cut(said, room));
        }
    }
    text
}

/// At most `room` characters; a cut is marked.
fn cut(text: &str, room: usize) -> String {
    if text.chars().nth(room).is_none() {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(room.saturating_sub(1)).collect();
    kept.push('…');
    kept
}
