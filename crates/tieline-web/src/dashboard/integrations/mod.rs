//! The Integrations pages: list, add, test, connect a provider, one connector, remove.
//!
//! Views hold prepared words; the files named with a verb are the operations and call the hub only.

pub mod add_view;
pub mod detail_view;
pub mod page_view;
pub mod provider_view;
pub mod rail_view;
pub mod remove_view;
pub mod samples;
