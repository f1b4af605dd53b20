//! Signing in with a password, staying signed in by a cookie, and signing out.

mod check;
mod end;
mod list;
mod out;
mod password;

pub use check::SignedIn;
pub use list::SignInView;
pub use password::{SignInError, StartedSignIn};
