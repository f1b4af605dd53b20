//! `tools/call`: name → entry of the view, and the checks that only tools have.

use axum::http::HeaderMap;
use serde_json::value::RawValue;
use tieline_hub::CatalogTool;
use tieline_mcp::Era;
use tieline_mcp::raw::RawObject;
use tieline_mcp::wire::{PARAM_HEADER_KEYWORD, ParamHeaders, Params, ToolCallParams};

use super::asked::Asked;
use super::endpoint::Exchange;
use super::errors::Fault;
use super::routed::Goal;

/// The tool that has this name in the client's view.
pub(super) fn goal(
    exchange: &Exchange,
    asked: &Asked<'_>,
    params: &Params<'_>,
) -> Result<Goal, Fault> {
    let asked_for = ToolCallParams::try_from(params).map_err(|error| Fault::params(&error))?;
    let tool = asked
        .tool(exchange, &asked_for.name)
        .ok_or_else(|| Fault::tool_not_found(&asked_for.name))?;
    if asked.era() == Era::Modern {
        check_param_headers(&tool, &exchange.headers, asked_for.arguments)?;
    }
    Ok(Goal::Tool(tool))
}

/// Arguments that a tool wants repeated in headers have to say the same in both places.
fn check_param_headers(
    tool: &CatalogTool,
    headers: &HeaderMap,
    arguments: Option<&RawValue>,
) -> Result<(), Fault> {
    if !tool.definition.get().contains(PARAM_HEADER_KEYWORD) {
        return Ok(());
    }
    let Some(schema) = RawObject::parse(&tool.definition)
        .ok()
        .and_then(|object| object.get_in(&["inputSchema"]))
    else {
        return Ok(());
    };
    // A tool with marks that can't be used is left out of lists, so there is nothing to compare.
    let marked = ParamHeaders::from_schema(&schema).unwrap_or_default();
    marked
        .check(headers, arguments)
        .map_err(|error| Fault::header(&error))
}
