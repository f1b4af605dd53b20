//! The only way out of this program to an MCP server: look up, check every address, dial a checked one.
//!
//! Every request passes through here when it needs a new connection, whatever its host looks like. No proxy from the
//! environment, no redirects, no second parser: what is checked is what is dialled. With a proxy that an admin named,
//! what the proxy dials is its own affair.

mod authorities;
mod certificate;
mod certificates;
mod connector;
mod policy;
mod proxy;
mod resolve;
mod stream;
mod tls;

pub use authorities::{Authority, AuthorityError, read_authorities};
pub(crate) use connector::{DialEvent, Dialer};
pub use policy::{AddressKind, AddressRefused, DialPolicy};
pub use proxy::{Proxy, ProxyLogin};
pub use resolve::{Addresses, Resolve, SystemResolver};
pub use stream::DialIo;
pub use tls::TlsSetupError;
pub(crate) use tls::tls_config;
