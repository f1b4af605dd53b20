//! `completion/complete`: the prompt or template of the view whose argument is being typed.

use serde_json::value::RawValue;
use tieline_mcp::raw::{self, RawObject};
use tieline_mcp::wire::{Era, ParamsError};

use super::asked::Asked;
use super::errors::Fault;
use super::routed::Goal;

/// The reference in the server's own words, and whose it is.
pub(super) fn goal(
    asked: &Asked<'_>,
    params: &RawValue,
) -> Result<(Goal, Option<Box<RawValue>>), Fault> {
    let unreadable = || Fault::params(&ParamsError::NotAnObject { field: "ref" });
    let whole = RawObject::parse(params).map_err(|_| unreadable())?;
    let reference = whole.get_object("ref").map_err(|_| unreadable())?;
    let reference = reference.ok_or_else(unreadable)?;
    let view = asked.view();
    let (origin, field, name) = if let Some(name) = reference.get_str("name") {
        let (origin, prompt) = view
            .prompt(&name)
            .ok_or_else(|| Fault::prompt_not_found(&name))?;
        (origin, "name", prompt.to_owned())
    } else if let Some(uri) = reference.get_str("uri") {
        let (origin, uri) = view
            .resource(&uri)
            .ok_or_else(|| Fault::resource_not_found(Era::Modern, &uri))?;
        (origin, "uri", uri)
    } else {
        return Err(unreadable());
    };
    let goal = Goal::Completion { origin };
    if reference.get_str(field).as_deref() == Some(&*name) {
        return Ok((goal, None));
    }
    let reference = reference.clone().rename_value(field, &name).to_box();
    Ok((goal, Some(whole.clone().with("ref", reference).to_box())))
}

/// What a server that completes nothing would say if it did.
pub(super) fn nothing(era: Era) -> Box<RawValue> {
    let values = raw::to_raw(&serde_json::json!({ "values": [] }));
    let result = RawObject::new();
    let result = match era {
        Era::Modern => result.rename_value("resultType", "complete"),
        Era::Legacy => result,
    };
    result.with("completion", values).to_box()
}
