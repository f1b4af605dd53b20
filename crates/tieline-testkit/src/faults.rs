//! How long the tests of faults go on: seconds in every run, and longer when somebody asks for it.

/// `short` rounds, or as many times that as `TIELINE_FAULT_ROUNDS` says (`cargo xtask faults`).
#[expect(
    clippy::disallowed_methods,
    reason = "how long to look for faults is up to who runs the tests"
)]
pub fn rounds(short: usize) -> usize {
    let times = std::env::var("TIELINE_FAULT_ROUNDS").ok();
    short * times.and_then(|text| text.parse().ok()).unwrap_or(1)
}
