//! MCP on the wire, client and server side, both eras; knows no connector, user or database.
