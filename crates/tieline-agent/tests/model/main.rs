//! Model APIs against a scripted server that speaks both wire formats over real sockets.

mod faults;
mod network;
mod refusals;
mod streaming;
mod support;
mod wire;
