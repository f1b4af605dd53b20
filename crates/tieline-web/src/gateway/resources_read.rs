//! `resources/read`: URI → the connector that its server belongs to. Templates make URIs that are in no list, so the rule
//! of the URIs decides, and the server whether there is such a resource.

use tieline_mcp::wire::Params;

use super::asked::Asked;
use super::errors::Fault;
use super::routed::Goal;

/// The resource that has this URI in the client's view.
pub(super) fn goal(asked: &Asked<'_>, params: &Params<'_>) -> Result<Goal, Fault> {
    let uri = params
        .required_str("uri")
        .map_err(|error| Fault::params(&error))?;
    let found = asked.view().resource(&uri);
    let (origin, uri) = found.ok_or_else(|| Fault::resource_not_found(asked.era(), &uri))?;
    Ok(Goal::Resource { origin, uri })
}
