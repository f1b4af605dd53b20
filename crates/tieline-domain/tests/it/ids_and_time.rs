//! Ids sort by time; times read and write RFC 3339.

use std::time::Duration;

use tieline_domain::{Actor, ConnectorId, Timestamp, UserId};

use crate::{Counting, Still};

#[test]
fn ids_are_uuid_v7_and_sort_by_time() {
    let entropy = Counting::default();
    let ids: Vec<_> = (0..50)
        .map(|step| ConnectorId::generate(&Still(1_795_348_800_000 + step), &entropy))
        .collect();
    assert!(ids.is_sorted());
    for id in &ids {
        let text = id.to_string();
        assert_eq!(text.len(), 36);
        assert_eq!(&text[14..15], "7");
        assert_eq!(ConnectorId::parse(&text), Ok(*id));
        assert_eq!(
            serde_json::from_str::<ConnectorId>(&serde_json::to_string(id).unwrap()).unwrap(),
            *id
        );
    }
    assert_ne!(
        ids[0],
        ConnectorId::generate(&Still(1_795_348_800_000), &entropy)
    );
}

#[test]
fn ids_have_one_spelling() {
    for text in [
        "",
        "x",
        "019aac0000007000800000000000000a",
        "{019aac00-0000-7000-8000-000000000001}",
        "urn:uuid:019aac00-0000-7000-8000-000000000001",
    ] {
        assert_eq!(
            UserId::parse(text).unwrap_err().code(),
            "id_invalid",
            "{text}"
        );
    }
}

#[test]
fn times_read_and_write_rfc_3339() {
    let time = Timestamp::from_millis(1_795_348_800_005);
    assert_eq!(time.to_string(), "2026-11-22T12:00:00.005Z");
    assert_eq!(time.to_string().parse(), Ok(time));
    assert_eq!("2026-11-22T14:00:00.005+02:00".parse(), Ok(time));
    assert_eq!(
        serde_json::to_string(&time).unwrap(),
        "\"2026-11-22T12:00:00.005Z\""
    );
    assert!("yesterday".parse::<Timestamp>().is_err());
    assert_eq!(
        Timestamp::from_millis(0).to_string(),
        "1970-01-01T00:00:00.000Z"
    );
}

#[test]
fn arithmetic_stops_at_the_ends() {
    let now = Timestamp::from_millis(1000);
    assert_eq!(now.plus(Duration::from_secs(1)).as_millis(), 2000);
    assert_eq!(now.minus(Duration::from_secs(2)).as_millis(), -1000);
    assert_eq!(
        now.since(Timestamp::from_millis(400)),
        Duration::from_millis(600)
    );
    assert_eq!(now.since(Timestamp::from_millis(5000)), Duration::ZERO);
    assert_eq!(now.plus(Duration::MAX).as_millis(), i64::MAX);
    assert!(now.plus(Duration::MAX).to_string().starts_with("9999-"));
    assert!(now.minus(Duration::MAX).to_string().starts_with("-009999-"));
}

#[test]
fn actors_name_themselves() {
    let id = UserId::generate(&Still(0), &Counting::default());
    let user = Actor::User {
        id,
        name: "Ada".to_owned(),
    };
    assert_eq!(
        (user.to_string().as_str(), user.user_id()),
        ("Ada", Some(id))
    );
    assert_eq!(
        (
            Actor::System.to_string().as_str(),
            Actor::CommandLine.user_id()
        ),
        ("Tieline", None)
    );
}
