//! `prompts/get`: name → prompt of the view.

use tieline_mcp::wire::Params;

use super::asked::Asked;
use super::errors::Fault;
use super::routed::Goal;

/// The prompt that has this name in the client's view.
pub(super) fn goal(asked: &Asked<'_>, params: &Params<'_>) -> Result<Goal, Fault> {
    let name = params
        .required_str("name")
        .map_err(|error| Fault::params(&error))?;
    let found = asked.view().prompt(&name);
    let (origin, prompt) = found.ok_or_else(|| Fault::prompt_not_found(&name))?;
    Ok(Goal::Prompt {
        origin,
        name: prompt.to_owned(),
    })
}
