//! `tieline openapi`: the OpenAPI document of the REST API.

use super::say;
use crate::failure::Failure;

pub(crate) fn run() -> Result<(), Failure> {
    say(serde_json::to_string_pretty(&tieline_web::openapi())?);
    Ok(())
}
