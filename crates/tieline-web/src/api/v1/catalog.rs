//! What a session started now would get.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tieline_hub::{Catalog, CatalogTool};
use utoipa::ToSchema;

use crate::auth::ApiMember;
use crate::state::AppState;

/// The catalogue of this moment.
#[derive(Serialize, ToSchema)]
#[schema(as = Catalog)]
pub(super) struct CatalogObject {
    /// Changes whenever the tools do.
    revision: String,
    /// Every tool that is on.
    tools: Vec<CatalogToolObject>,
}

/// One tool as an agent sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = CatalogTool)]
struct CatalogToolObject {
    /// The name that the built-in agent sees: `mcp__<connector>__<tool>`.
    name: String,
    /// The connector's key.
    connector: String,
    /// The tool, as its server calls it.
    tool: String,
    title: Option<String>,
    description: Option<String>,
}

impl From<&Catalog> for CatalogObject {
    fn from(catalog: &Catalog) -> Self {
        let tools = catalog
            .tools()
            .map(|tool| CatalogToolObject::from(&**tool))
            .collect();
        Self {
            revision: catalog.revision().to_string(),
            tools,
        }
    }
}

impl From<&CatalogTool> for CatalogToolObject {
    fn from(tool: &CatalogTool) -> Self {
        Self {
            name: tool.agent_name.clone(),
            connector: tool.slug.to_string(),
            tool: tool.name.to_string(),
            title: tool.title.clone(),
            description: tool.description.clone(),
        }
    }
}

/// Shows what a session started now would get
#[utoipa::path(get, path = "/api/v1/catalog", tag = "Catalog",
    responses((status = 200, description = "The catalogue.", body = CatalogObject)))]
pub(super) async fn get_catalog(
    _member: ApiMember,
    State(state): State<AppState>,
) -> Json<CatalogObject> {
    Json(CatalogObject::from(&*state.hub.catalog()))
}
