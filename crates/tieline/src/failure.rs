//! How a command fails: one clear sentence and a hint on standard error, and the exit code of the contract.

use std::process::ExitCode;

use tieline_domain::FieldError;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: u8,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// Exit code 2: what was typed cannot be used.
    pub(crate) fn bad_input(message: impl Into<String>) -> Self {
        Self {
            exit: 2,
            message: message.into(),
            hint: None,
        }
    }

    /// Exit code 3: the connection test failed and nothing was saved.
    pub(crate) fn test_failed(message: impl Into<String>) -> Self {
        Self {
            exit: 3,
            message: message.into(),
            hint: None,
        }
    }

    /// Exit code 1: everything else.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self {
            exit: 1,
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Exit code 2 with every field's sentence.
    pub(crate) fn fields(fields: &[FieldError]) -> Self {
        let sentences: Vec<String> = fields
            .iter()
            .map(|field| format!("{}: {}", field.field, field.detail))
            .collect();
        Self::bad_input(sentences.join("\n       "))
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error: anyhow::Error = error.into();
        let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
        Self::failed(chain.join(": "))
    }
}

/// Prints the failure and gives its exit code.
#[expect(
    clippy::print_stderr,
    reason = "errors of a command go to standard error"
)]
pub(crate) fn report(failure: &Failure) -> ExitCode {
    eprintln!("error: {}", failure.message);
    if let Some(hint) = &failure.hint {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(failure.exit)
}
