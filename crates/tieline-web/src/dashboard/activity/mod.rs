//! Activity: the calls and the audit log, and what a connector's own page shows of them.

pub(crate) mod audit_words;
pub mod content;
pub(crate) mod explain;
pub mod explain_view;
pub(crate) mod explain_words;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod live;
pub(crate) mod page;
pub(crate) mod rows;
pub(crate) mod samples;
pub mod view;
