//! Test helpers: fake MCP servers of both eras, fixed clock, snapshot filters.

mod clock;
mod entropy;
mod eventually;
mod fake_mcp;
mod filters;
mod raw_server;

pub use clock::FixedClock;
pub use entropy::SeededEntropy;
pub use eventually::{eventually, eventually_async, eventually_some, free_port};
pub use fake_mcp::{
    Answers, At, Canned, Compute, FakeMcp, FakeMcpBuilder, FakeTool, Fault, Hold, RecordedRequest,
    ToolReply,
};
pub use filters::normalise;
pub use raw_server::{Afterwards, RawServer, raw_server};
