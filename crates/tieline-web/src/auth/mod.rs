//! Who is asking: the cookie of a browser, the access key of a program, and the checks that come before both.
//!
//! A handler says in its signature whom it serves: [`Member`] or [`Admin`] for pages, [`ApiMember`] or [`ApiAdmin`]
//! for REST. The role is read for each request, so a change acts on the next one.

mod address;
mod api;
mod browser;
mod cookie;
mod csrf;
mod host;
mod next_path;

pub use address::{ClientAddress, Peer};
pub use api::{ApiAdmin, ApiMember, Person};
pub use browser::{Admin, MaybeSignedIn, Member};
pub use cookie::{clear_cookie, cookie_value, set_cookie};
pub use host::HostPolicy;
pub use next_path::next_path;

pub(crate) use csrf::refuse_cross_site;
pub(crate) use host::refuse_foreign_host;
