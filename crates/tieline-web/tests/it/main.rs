//! Everything inbound, over real sockets and a real database.

mod gateway;
