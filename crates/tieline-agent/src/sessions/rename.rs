//! A person gives a session another title.

use tieline_domain::SessionId;
use tieline_hub::Caller;

use crate::agent::Agent;
use crate::error::AgentError;

const CHARS: usize = 120;
/// A title that is taken from the first message is shorter.
const TAKEN_CHARS: usize = 60;

impl Agent {
    /// Gives a session another title.
    pub async fn rename(
        &self,
        caller: &Caller,
        id: SessionId,
        title: &str,
    ) -> Result<(), AgentError> {
        let title = title.trim();
        let length = title.chars().count();
        if length == 0 || length > CHARS || title.chars().any(char::is_control) {
            return Err(AgentError::TitleInvalid);
        }
        let store = &self.inner.store;
        if store.agent_session_rename(caller.user, id, title).await? {
            Ok(())
        } else {
            Err(AgentError::SessionNotFound)
        }
    }
}

/// The title that the first message gives: the beginning of its first line.
pub(crate) fn title_of(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let mut title: String = line
        .chars()
        .filter(|character| !character.is_control())
        .take(TAKEN_CHARS)
        .collect();
    if line.chars().count() > TAKEN_CHARS {
        title.push('…');
    }
    title
}
