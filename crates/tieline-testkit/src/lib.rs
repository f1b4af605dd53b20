//! Test helpers: fake MCP servers of both eras, fixed clock, snapshot filters.
