//! The use cases: add, remove, rotate and test a connector, build a Catalog, dispatch a ToolCall, keys, users, audit.
