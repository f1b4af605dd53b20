//! Sessions of the built-in agent, their frozen catalogues, turns, messages and events.
//!
//! What is stored here is people's own: it never goes to a log.

mod events;
mod sessions;
mod turns;
mod write;

pub use events::AgentEventRow;
pub use sessions::{AgentSessionRow, AgentSummaryRow};
pub use turns::{AgentCallRow, AgentSignals, AgentTurnRow, AgentTurnState};
pub use write::{
    AgentAddTurn, AgentAddedTurn, AgentNewCall, AgentRecord, AgentTurns, AgentWrite, AgentWritten,
};
