//! Futures on the heap, made where they lie.

use std::pin::Pin;

/// A future in a box. It is made after its place is: `Box::pin` takes one that exists already and moves it, which for a whole
/// call is thousands of bytes, of which nothing is written yet but what the future was given.
#[inline]
pub fn boxed<F: Future>(make: impl FnOnce() -> F) -> Pin<Box<F>> {
    Box::into_pin(Box::write(Box::new_uninit(), make()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_boxed_future_is_the_one_that_was_made() {
        let given = [3, 4];
        let sum = boxed(|| async {
            tokio::task::yield_now().await;
            given.iter().sum::<u32>()
        });
        assert_eq!(sum.await, 7);
    }
}
