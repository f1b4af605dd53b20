//! The shipped providers. Connecting one is adding a connector with a prepared address and header: the same wiring.

mod connect;
mod list;

pub use connect::ConnectProviderError;
pub use list::ProviderView;
