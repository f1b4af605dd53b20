//! Prompts, resources and templates of connectors.

use tieline_store::{CatalogUpdate, ConnectorRow, OfferRow};

use crate::bed::Bed;
use crate::samples::{added_connector, change, listed, read_connector};

fn offer(row: &ConnectorRow, kind: &str, position: i64, name: &str, definition: &str) -> OfferRow {
    OfferRow {
        connector_id: row.id,
        kind: kind.to_owned(),
        position,
        name: name.to_owned(),
        definition: definition.to_owned(),
        left_out_code: None,
        left_out_reason: None,
    }
}

fn offering(
    row: &ConnectorRow,
    listed_kinds: Vec<&'static str>,
    offers: Vec<OfferRow>,
) -> CatalogUpdate {
    CatalogUpdate {
        listed_kinds,
        offers,
        ..listed(row, Vec::new())
    }
}

const ALL: [&str; 3] = ["prompt", "resource", "resource_template"];

pub(crate) async fn survive_byte_for_byte(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let odd = r#"{ "z":1.0,"name":"A","z":1e400 }"#;
    let mut left_out = offer(&row, "resource", 1, "", "null");
    left_out.left_out_code = Some("offer_name_missing".to_owned());
    left_out.left_out_reason = Some("it has no URI".to_owned());
    let offers = vec![
        offer(&row, "prompt", 0, "größe/1", odd),
        offer(&row, "resource", 0, "file:///a", odd),
        left_out,
        offer(&row, "resource_template", 0, "file:///{a}", odd),
    ];
    let update = offering(&row, ALL.to_vec(), offers.clone());
    assert!(
        bed.store
            .connector_replace_tools(row.id, update.clone())
            .await
            .unwrap()
    );
    assert_eq!(bed.store.offers_all().await.unwrap(), offers);
    let server = read_connector(&bed.store, "acme_mcp").await;
    assert_eq!(server.capabilities.as_deref(), Some(r#"{"tools":{}}"#));
    assert_eq!((server.list_ttl_ms, server.normalise), (Some(60_000), true));
    // The same once more is no change.
    assert!(
        !bed.store
            .connector_replace_tools(row.id, update)
            .await
            .unwrap()
    );
}

pub(crate) async fn a_list_that_was_not_read_stays(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let prompt = offer(&row, "prompt", 0, "p", "{}");
    let resource = offer(&row, "resource", 0, "file:///a", "{}");
    let both = offering(&row, ALL.to_vec(), vec![prompt.clone(), resource.clone()]);
    bed.store
        .connector_replace_tools(row.id, both)
        .await
        .unwrap();

    let none = offering(&row, Vec::new(), Vec::new());
    assert!(
        !bed.store
            .connector_replace_tools(row.id, none)
            .await
            .unwrap()
    );
    let no_prompts = offering(&row, vec!["prompt"], Vec::new());
    assert!(
        bed.store
            .connector_replace_tools(row.id, no_prompts)
            .await
            .unwrap()
    );
    assert_eq!(bed.store.offers_all().await.unwrap(), [resource]);
}

pub(crate) async fn leave_with_their_connector(bed: &Bed) {
    let row = added_connector(&bed.store, "acme_mcp").await;
    let prompt = offer(&row, "prompt", 0, "p", "{}");
    let update = offering(&row, ALL.to_vec(), vec![prompt]);
    bed.store
        .connector_replace_tools(row.id, update)
        .await
        .unwrap();
    bed.store
        .connector_delete(row.id, &change("connector.removed"))
        .await
        .unwrap();
    assert_eq!(bed.store.offers_all().await.unwrap(), []);
}
