//! Installs what tests, CI and benchmarks need, and runs them.
fn main() {}
