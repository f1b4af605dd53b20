//! The resources that the suite reads.

use rmcp::ErrorData;
use rmcp::model::{
    ListResourceTemplatesResult, ListResourcesResult, ReadResourceResponse, ReadResourceResult,
};
use serde_json::json;

use crate::model;
use crate::tools::PICTURE;

pub(crate) fn list() -> ListResourcesResult {
    model(json!({
        "resultType": "complete",
        "ttlMs": 1000,
        "cacheScope": "public",
        "resources": [
            { "uri": "test://static-text", "name": "Static text", "description": "Text that never changes", "mimeType": "text/plain" },
            { "uri": "test://static-binary", "name": "Static picture", "description": "Bytes that never change", "mimeType": "image/png" },
            { "uri": "test://watched-resource", "name": "Watched text", "description": "Text that can be subscribed to", "mimeType": "text/plain" },
        ],
    }))
}

pub(crate) fn templates() -> ListResourceTemplatesResult {
    model(json!({
        "resultType": "complete",
        "ttlMs": 1000,
        "cacheScope": "public",
        "resourceTemplates": [{
            "uriTemplate": "test://template/{id}/data",
            "name": "Data by id",
            "description": "What its id makes of it",
            "mimeType": "application/json",
        }],
    }))
}

pub(crate) fn read(uri: &str) -> Result<ReadResourceResponse, ErrorData> {
    let from_template = uri
        .strip_prefix("test://template/")
        .and_then(|rest| rest.strip_suffix("/data"));
    let contents = match (uri, from_template) {
        ("test://static-text", _) => json!({
            "uri": uri, "mimeType": "text/plain", "text": "This is the content of the static text resource.",
        }),
        ("test://watched-resource", _) => {
            json!({ "uri": uri, "mimeType": "text/plain", "text": "Watched." })
        }
        ("test://static-binary", _) => {
            json!({ "uri": uri, "mimeType": "image/png", "blob": PICTURE })
        }
        (_, Some(id)) => json!({
            "uri": uri,
            "mimeType": "application/json",
            "text": json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") }).to_string(),
        }),
        _ => {
            return Err(ErrorData::resource_not_found(
                "there is no such resource",
                Some(json!({ "uri": uri })),
            ));
        }
    };
    let result: ReadResourceResult = model(json!({
        "resultType": "complete", "ttlMs": 1000, "cacheScope": "public", "contents": [contents],
    }));
    Ok(result.into())
}
