//! The vocabulary and its rules: parsed names, URLs, slugs, tool names, roles; no IO, no async.
