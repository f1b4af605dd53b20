//! Everything inbound, over real sockets and a real database.

mod api;
mod app;
mod doors;
mod gateway;
