//! Tieline's binary: command line, configuration, composition root, start and stop, the demo.
fn main() {}
