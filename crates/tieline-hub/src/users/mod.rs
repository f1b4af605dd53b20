//! The people who use Tieline.

mod accept;
mod add;
mod change_password;
mod list;
mod update;
mod usage;

pub use accept::AcceptInvitationError;
pub use add::{AddUserError, AddedUser, NewUser};
pub use change_password::ChangePasswordError;
pub use list::UserView;
pub use update::{UpdateUserError, UserChange};
pub use usage::UserUsage;
