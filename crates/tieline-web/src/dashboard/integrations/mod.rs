//! The Integrations pages: list, add, test, connect a provider, one connector, remove.
//!
//! Views hold prepared words; the files named with a verb are the operations and call the hub only.

pub mod add_view;
pub mod bulk_view;
pub mod detail_samples;
pub mod detail_view;
pub mod form_samples;
pub mod page_view;
pub mod provider_view;
pub mod rail_view;
pub mod remove_view;
pub mod review_samples;
pub mod review_view;
pub mod samples;

pub(crate) mod add;
pub(crate) mod bulk;
pub(crate) mod connect_provider;
pub(crate) mod connector;
mod diff;
mod draft;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod page;
pub(crate) mod rail;
pub(crate) mod remove;
pub(crate) mod review;
pub(crate) mod rotate;
pub(crate) mod slug_preview;
pub(crate) mod status;
mod status_samples;
mod stream;
pub(crate) mod switch_tools;
pub(crate) mod test;
pub(crate) mod test_now;
mod tested;
pub(crate) mod tools;
mod try_form;
pub(crate) mod try_samples;
pub(crate) mod try_tool;
pub mod try_view;
pub(crate) mod turn_off;
pub(crate) mod wanted;
