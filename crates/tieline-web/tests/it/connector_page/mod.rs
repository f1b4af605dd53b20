//! The page of one connector: what its tabs show, and what an admin does there.

mod edits;
mod explain;
mod lists;
mod switches;
mod tries;
pub(crate) mod world;
