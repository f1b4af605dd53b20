//! `tasks/get`, `tasks/update` and `tasks/cancel`: id → the server whose task it is. Only modern clients that declared the
//! extension have tasks.

use tieline_mcp::Era;
use tieline_mcp::wire::{Params, declares_tasks};

use super::asked::Asked;
use super::endpoint::Exchange;
use super::errors::Fault;
use super::routed::Goal;

/// The task that has this id, if it is this person's and its server is in the client's view.
pub(super) fn goal(
    exchange: &Exchange,
    asked: &Asked<'_>,
    method: &'static str,
    params: &Params<'_>,
) -> Result<Goal, Fault> {
    let Asked::Modern { view, .. } = asked else {
        return Err(Fault::method_not_found(Era::Legacy, method));
    };
    require_declared(params)?;
    let named = params
        .named(method)
        .map_err(|error| Fault::params(&error))?;
    let hub = exchange.gateway.hub();
    let task = named.and_then(|id| hub.open_task(exchange.caller.user, &id));
    let found = task.and_then(|task| {
        // A server that was replaced by one of the older revisions knows nothing of it.
        let snapshot = hub.snapshot();
        let live = snapshot.connector(task.connector)?;
        let origin = view.origin(task.connector)?;
        (live.era() == Era::Modern).then_some((origin, task.id))
    });
    let (origin, id) = found.ok_or_else(Fault::unknown_task)?;
    Ok(Goal::Task { origin, id, method })
}

/// Whoever did not declare the extension hears what is missing, as the extension has it.
pub(super) fn require_declared(params: &Params<'_>) -> Result<(), Fault> {
    let meta = params
        .request_meta()
        .map_err(|error| Fault::params(&error))?;
    if meta.client_capabilities.is_some_and(declares_tasks) {
        Ok(())
    } else {
        Err(Fault::tasks_not_declared())
    }
}
