//! One failed exchange: the error, and whether asking again can help.

use std::time::Duration;

use super::ModelError;

/// Whether it is worth asking again while nothing of the answer was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// The same API, after its own pause or ours; then the fallback.
    Here(Option<Duration>),
    /// Only the fallback.
    Elsewhere,
    /// Nobody: the request or the key is at fault.
    No,
}

/// Why an exchange gave no whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) error: ModelError,
    pub(super) again: Again,
}

impl Failure {
    pub(super) const fn new(error: ModelError, again: Again) -> Self {
        Self { error, again }
    }

    pub(super) fn cut(api: &str) -> Self {
        let api = api.to_owned();
        Self::new(ModelError::Cut { api }, Again::Here(None))
    }

    pub(super) fn bad_answer(api: &str, reason: impl Into<String>) -> Self {
        let (api, reason) = (api.to_owned(), reason.into());
        Self::new(ModelError::BadAnswer { api, reason }, Again::No)
    }
}
