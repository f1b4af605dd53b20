//! What is wrong with the fields of a form or request.

use std::fmt;

use serde::Serialize;

/// What is wrong with one field of a form or request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name in requests.
    pub field: &'static str,
    /// The stable code.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl FieldError {
    /// Reports `error` for `field`.
    pub fn new(field: &'static str, code: &'static str, error: &dyn fmt::Display) -> Self {
        Self {
            field,
            code,
            detail: error.to_string(),
        }
    }
}

/// Everything that is wrong with a form, collected so that a person hears of it at once and not one by one.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Keeps what could be parsed, and notes for `field` why it could not.
    pub fn keep<T, E: fmt::Display>(
        &mut self,
        field: &'static str,
        parsed: Result<T, E>,
        code: impl FnOnce(&E) -> &'static str,
    ) -> Option<T> {
        parsed
            .map_err(|error| self.add(FieldError::new(field, code(&error), &error)))
            .ok()
    }

    /// Notes something that is wrong beyond what parsing finds.
    pub fn add(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is wrong, in the order in which it was found.
    pub fn into_vec(self) -> Vec<FieldError> {
        self.0
    }
}

impl Extend<FieldError> for FieldErrors {
    fn extend<T: IntoIterator<Item = FieldError>>(&mut self, errors: T) {
        self.0.extend(errors);
    }
}
