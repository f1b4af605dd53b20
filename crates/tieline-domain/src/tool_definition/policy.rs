//! What is done with a definition that is not the approved one.

use std::fmt;
use std::str::FromStr;

use super::Comparison;

/// What an operator decided about definitions that change at their servers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ToolChangePolicy {
    /// Harmless changes are used and noted; risky ones wait for an admin.
    #[default]
    HoldRisky,
    /// Every change waits for an admin, and so does every new tool.
    HoldAll,
    /// Every change is used and noted.
    UseAll,
}

/// What becomes of an offered definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Agents get it in their next sessions.
    Use,
    /// It waits for an admin, and the approved one stays in use: calls that fit it still work.
    HoldInUse,
    /// It waits for an admin, and the tool is off until then.
    HoldOff,
}

impl ToolChangePolicy {
    /// All policies, in the order of forms.
    pub const ALL: [Self; 3] = [Self::HoldRisky, Self::HoldAll, Self::UseAll];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HoldRisky => "hold_risky",
            Self::HoldAll => "hold_all",
            Self::UseAll => "use_all",
        }
    }

    /// Decides about one tool.
    pub fn judge(self, comparison: &Comparison) -> Verdict {
        let is_held = match self {
            Self::HoldRisky => !comparison.risks.is_empty(),
            Self::HoldAll => !comparison.differences.is_empty() || !comparison.risks.is_empty(),
            Self::UseAll => false,
        };
        match (is_held, comparison.calls_stay_valid) {
            (false, _) => Verdict::Use,
            (true, true) => Verdict::HoldInUse,
            (true, false) => Verdict::HoldOff,
        }
    }
}

impl fmt::Display for ToolChangePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("What is done with changed tools must be “hold_risky”, “hold_all” or “use_all”.")]
pub struct ToolChangePolicyError;

impl FromStr for ToolChangePolicy {
    type Err = ToolChangePolicyError;

    fn from_str(word: &str) -> Result<Self, ToolChangePolicyError> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.as_str() == word)
            .ok_or(ToolChangePolicyError)
    }
}
