//! What the built-in agent may do with a tool.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an admin decided about one tool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolPolicy {
    /// The agent calls it by itself.
    #[default]
    Allow,
    /// The agent waits until its person has seen the arguments and approved. Clients of the gateway ask their own user.
    Ask,
    /// Nobody gets it.
    Off,
}

impl ToolPolicy {
    /// All policies, in the order of forms.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Ask, Self::Off];

    /// The word in the database and in requests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Off => "off",
        }
    }

    /// The word on buttons.
    pub fn title(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Ask => "Ask",
            Self::Off => "Off",
        }
    }

    /// What a server's own words about a tool suggest. They are a label, not proof, so an admin decides.
    pub fn suggested(destructive: bool) -> Self {
        if destructive { Self::Ask } else { Self::Allow }
    }
}

impl fmt::Display for ToolPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The policy must be “allow”, “ask” or “off”.")]
pub struct ToolPolicyError;

impl ToolPolicyError {
    /// The stable code for answers.
    pub fn code(&self) -> &'static str {
        "policy_unknown"
    }
}

impl FromStr for ToolPolicy {
    type Err = ToolPolicyError;

    fn from_str(word: &str) -> Result<Self, ToolPolicyError> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.as_str() == word)
            .ok_or(ToolPolicyError)
    }
}
