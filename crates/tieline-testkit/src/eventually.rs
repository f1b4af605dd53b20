//! Waiting for something that another task does. The only place in the tests that lets time pass.

use std::future::Future;
use std::net::TcpListener;
use std::panic::Location;
use std::time::Duration;

const STEP: Duration = Duration::from_millis(5);
const STEPS: u32 = 2000;

/// Waits until the condition holds; fails the test after ten seconds.
#[track_caller]
pub fn eventually(mut condition: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let place = Location::caller();
    async move {
        poll(place, STEPS, || {
            std::future::ready(condition().then_some(()))
        })
        .await;
    }
}

/// Waits until there is a value; fails the test after ten seconds.
#[track_caller]
pub fn eventually_some<T>(mut value: impl FnMut() -> Option<T>) -> impl Future<Output = T> {
    let place = Location::caller();
    async move { poll(place, STEPS, || std::future::ready(value())).await }
}

/// [`eventually_some`] for values that have to be awaited.
#[track_caller]
pub fn eventually_async<T, F: Future<Output = Option<T>>>(
    value: impl FnMut() -> F,
) -> impl Future<Output = T> {
    poll(Location::caller(), STEPS, value)
}

async fn poll<T, F: Future<Output = Option<T>>>(
    place: &'static Location<'static>,
    steps: u32,
    mut value: impl FnMut() -> F,
) -> T {
    for _ in 0..steps {
        if let Some(value) = value().await {
            return value;
        }
        tokio::time::sleep(STEP).await;
    }
    panic!("what {place} waits for did not happen");
}

/// A port of 127.0.0.1 that nobody listened on a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on loopback");
    listener
        .local_addr()
        .expect("a bound listener has an address")
        .port()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_as_soon_as_there_is_something() {
        let mut left = 3;
        let found = eventually_some(|| {
            left -= 1;
            (left == 0).then_some("found")
        });
        assert_eq!(found.await, "found");
    }

    #[tokio::test]
    #[should_panic(expected = "eventually.rs")]
    async fn waiting_for_what_never_comes_names_the_place() {
        poll(Location::caller(), 2, || std::future::ready(None::<()>)).await;
    }
}
