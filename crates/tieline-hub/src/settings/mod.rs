//! What an admin sets while Tieline runs: in force on every process at once, without a restart. One file for each
//! operation, named by its verb.

mod affected;
mod backup;
mod live;
mod proxy_login;
mod show;
mod update;

pub use backup::{Backup, Database};
pub use show::SettingsView;
pub use update::{UpdateSettings, UpdateSettingsError};

pub(crate) use live::LiveSettings;
pub(crate) use proxy_login::{Login, LoginOf};
