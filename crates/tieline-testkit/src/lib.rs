//! Test helpers: fake MCP servers of both eras, a scripted model API, fixed clock, snapshot filters.

mod clock;
mod connect_proxy;
mod entropy;
mod eventually;
mod fake_mcp;
pub mod faults;
mod filters;
pub mod fuzz;
mod raw_server;
mod scripted_model;

pub use clock::FixedClock;
pub use connect_proxy::{ConnectProxy, ProxyManner};
pub use entropy::SeededEntropy;
pub use eventually::{eventually, eventually_async, eventually_some, free_port};
pub use fake_mcp::{
    Answers, At, Canned, Compute, Drip, Drips, FakeMcp, FakeMcpBuilder, FakeTool, Fault, Hold,
    RecordedRequest, ToolReply,
};
pub use filters::normalise;
pub use raw_server::{Afterwards, RawServer, raw_server};
pub use scripted_model::{ModelCall, ModelReply, ScriptedModel};
