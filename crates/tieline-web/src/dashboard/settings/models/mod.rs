//! Settings, Models: the model APIs of the built-in agent.

pub(crate) mod add;
pub(crate) mod default;
pub(crate) mod edit;
pub(crate) mod form;
pub(crate) mod page;
pub(crate) mod remove;
pub mod samples;
pub mod view;
