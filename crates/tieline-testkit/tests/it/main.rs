//! The fake servers do what their names say: a fault that does not happen would let every test that relies on it pass.

mod client;
mod eras;
mod faults;
mod oracle;
mod sockets;
