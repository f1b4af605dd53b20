//! The agent over a real hub, real servers and a scripted model.

mod approvals;
mod changes;
mod durability;
mod economy;
mod faults;
mod listening;
mod postgres;
mod stopping;
mod turns;
mod world;
