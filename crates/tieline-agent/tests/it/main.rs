//! The agent over a real hub, real servers and a scripted model.

mod approvals;
mod durability;
mod faults;
mod listening;
mod stopping;
mod turns;
mod world;
