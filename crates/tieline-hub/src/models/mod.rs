//! What an admin does with the model APIs of the built-in agent, and how the agent gets one. One file for each
//! operation, named by its verb.

mod add;
mod environment;
mod key;
mod list;
mod live;
mod open;
mod remove;
mod set_default;
mod update;

pub use add::AddModelError;
pub use environment::ModelKeyFound;
pub use list::ModelView;
pub use open::{OpenModel, OpenModelError};
pub use update::{EditModelError, UpdateModel};

pub(crate) use live::LiveModels;
