//! The description of `/api/v1`, built from the same registrations as the routes.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, Response};
use utoipa_axum::router::OpenApiRouter;

use super::v1;
use crate::problem::{FieldProblem, ProblemBody};
use crate::state::AppState;

const KEY: &str = "access_key";
const COOKIE: &str = "cookie";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tieline",
        description = "Adds remote MCP servers, watches them, and manages people and access keys. Errors are RFC 9457 \
            `application/problem+json` with a stable `code`.",
    ),
    components(schemas(ProblemBody, FieldProblem)),
    tags(
        (name = "Connectors", description = "The remote MCP servers whose tools every agent gets."),
        (name = "Providers", description = "The built-in catalogue: prepared connectors that only lack a token."),
        (name = "Models", description = "The model APIs that the built-in agent asks."),
        (name = "Catalog", description = "What a session started now would get."),
        (name = "Sessions", description = "Your conversations with the built-in agent. Each keeps the tools that it began with."),
        (name = "Keys", description = "A person's own access keys."),
        (name = "People", description = "Who may use Tieline."),
        (name = "Settings", description = "What an admin sets while Tieline runs."),
        (name = "Records", description = "What was called, and what was changed."),
    )
)]
struct Description;

/// The `OpenAPI` document of `/api/v1`, for the command line and for `/openapi.json`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().into_openapi()
}

/// The routes together with their description.
pub(super) fn described() -> OpenApiRouter<AppState> {
    let mut description = Description::openapi();
    let components = description.components.get_or_insert_default();
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("tl_…")
        .build();
    components.add_security_scheme(KEY, SecurityScheme::Http(bearer));
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-tieline")));
    components.add_security_scheme(COOKIE, cookie);
    OpenApiRouter::with_openapi(description)
        .merge(reserved_for("admin", v1::admin_routes()))
        .merge(reserved_for("member", v1::member_routes()))
}

/// Describes who may use these routes, and the refusals that follow from it.
fn reserved_for(role: &str, mut router: OpenApiRouter<AppState>) -> OpenApiRouter<AppState> {
    for item in router.get_openapi_mut().paths.paths.values_mut() {
        for operation in operations(item) {
            operation.security = Some(vec![
                SecurityRequirement::new(KEY, [role]),
                SecurityRequirement::new(COOKIE, [role]),
            ]);
            let with_parameters = operation
                .parameters
                .as_ref()
                .is_some_and(|parameters| !parameters.is_empty());
            let with_body = operation.request_body.is_some();
            let refusals = [
                (
                    true,
                    "401",
                    "Nobody is signed in, and no valid key was sent.",
                ),
                (role == "admin", "403", "Only admins may do this."),
                (
                    with_parameters,
                    "404",
                    "There is nothing with this name or id.",
                ),
                (with_body, "415", "The body is not labelled as JSON."),
                (
                    with_body,
                    "422",
                    "A field cannot be used as it is, or is unknown.",
                ),
            ];
            for (applies, status, description) in refusals {
                if applies && !operation.responses.responses.contains_key(status) {
                    operation
                        .responses
                        .responses
                        .insert(status.to_owned(), problem(description).into());
                }
            }
        }
    }
    router
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

fn problem(description: &str) -> Response {
    let content = Content::builder()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    Response::builder()
        .description(description)
        .content("application/problem+json", content)
        .build()
}

/// `GET /openapi.json`
pub(super) async fn document(State(_): State<AppState>) -> impl IntoResponse {
    Json(openapi())
}
