//! Example rows of the Integrations list: a connector in each state.

use super::page_view::Row;
use super::samples::{day, row};
use crate::dashboard::monogram::Monogram;
use crate::dashboard::parts::{Status, Tone};

/// A row for each way in which a connector can be.
pub(super) fn rows() -> Vec<Row> {
    [
        (Tone::Bad, "Unreachable", "mcp.billing.example refuses connections on port 443. Is the server running, and is the port right?"),
        (Tone::Bad, "Certificate expired", "The certificate expired on 2 Oct 2026."),
        (Tone::Bad, "Not an MCP server", "This address returns a web page, not an MCP server. Look for the MCP URL in the provider’s documentation."),
        (Tone::Bad, "Needs sign-in", "The server wants a person to log in (OAuth)"),
        (Tone::Bad, "Proxy refused", "The proxy proxy.northwind.example:3128 refused the connection (HTTP 407)."),
        (Tone::Warn, "Slow", "1 call in 20 takes over 8.4 s"),
        (Tone::Notice, "1 tool changed", "Held until you review them"),
        (Tone::Busy, "Checking…", "Its tools appear when it answers"),
        (Tone::Good, "Working", "Checked 40 s ago"),
        (Tone::Off, "Off", "Turned off, 3 Nov 2026"),
    ]
    .map(|(tone, word, reason)| {
        let slug = word.to_lowercase().replace(|of: char| !of.is_ascii_alphanumeric(), "_");
        let status = Status::new(tone, word, reason);
        row(word, &slug, Monogram::of(word, &slug), status, ("8", "8"), "311", &day(4, &[]))
    })
    .into()
}
