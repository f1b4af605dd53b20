//! What the person does while a turn runs: answers to questions, and the keys that stop it.

use std::io::{IsTerminal as _, stderr, stdin};

use tokio::sync::mpsc;

use crate::failure::Failure;

/// Whether somebody can see a question and answer it.
pub(super) fn somebody_is_there() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// The person's answers. Standard input is read only once there is a question.
pub(super) struct Keyboard {
    lines: Option<mpsc::Receiver<String>>,
}

impl Keyboard {
    pub(super) fn new() -> Self {
        Self { lines: None }
    }

    /// Begins to read, in a thread of its own that nobody waits for: a read of a terminal cannot be given up.
    pub(super) fn listen(&mut self) {
        if self.lines.is_some() {
            return;
        }
        let (sender, receiver) = mpsc::channel(1);
        std::thread::spawn(move || {
            loop {
                let mut line = String::new();
                let read = stdin().read_line(&mut line);
                let ended = !read.is_ok_and(|bytes| bytes > 0);
                if sender.blocking_send(line).is_err() || ended {
                    return;
                }
            }
        });
        self.lines = Some(receiver);
    }

    /// Whether the next line says yes. Everything else is a no, the end of the input too.
    pub(super) async fn answer(&mut self) -> bool {
        let Some(lines) = &mut self.lines else {
            return std::future::pending().await;
        };
        lines.recv().await.is_some_and(|line| is_yes(&line))
    }
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Ctrl-C, and the request to terminate.
pub(super) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interrupts {
    pub(super) fn listen() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
    }
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "Y", " yes \r\n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n", "yess", "ok", "ja"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
