//! Test helpers: fake MCP servers of both eras, fixed clock, snapshot filters.

mod clock;
mod entropy;

pub use clock::FixedClock;
pub use entropy::SeededEntropy;
