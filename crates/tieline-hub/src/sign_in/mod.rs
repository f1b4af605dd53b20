//! Signing in with a password, staying signed in by a cookie, and signing out.

mod check;
mod out;
mod password;

pub use check::SignedIn;
pub use password::{SignInError, StartedSignIn};
