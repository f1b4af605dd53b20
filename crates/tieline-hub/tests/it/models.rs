//! The model APIs of the agent: which one is asked, how keys are kept, and what an admin's change does to the next turn.

use tieline_domain::{Actor, ModelDraft, ModelId, ModelKind, Role};
use tieline_hub::{
    AddModelError, EditModelError, ModelKeyFound, ModelView, OpenModelError, UpdateModel,
};
use tieline_store::{ModelKeyPatch, ModelPatch, ModelRow, StoreError};
use tieline_testkit::eventually;
use zeroize::Zeroizing;

use crate::world::World;

const KEY: &str = "sk-ant-catch-me-0001";

fn draft(name: &str, url: &str, key: &str) -> ModelDraft {
    ModelDraft {
        name: name.to_owned(),
        kind: "anthropic".to_owned(),
        base_url: url.to_owned(),
        model: "claude-test".to_owned(),
        key: Zeroizing::new(key.to_owned()),
        fallback: None,
    }
}

async fn try_add(world: &World, draft: ModelDraft) -> Result<ModelView, AddModelError> {
    let new = draft.parse().expect("a draft that parses");
    world.hub.add_model(&Actor::CommandLine, new).await
}

async fn add(world: &World, name: &str, key: &str) -> ModelView {
    let added = try_add(world, draft(name, "https://api.example", key)).await;
    added.expect("a new model API")
}

async fn update(
    world: &World,
    id: ModelId,
    update: UpdateModel,
) -> Result<ModelView, EditModelError> {
    world
        .hub
        .update_model(&Actor::CommandLine, id, update)
        .await
}

fn key_of(world: &World, wanted: Option<&str>) -> String {
    let open = world.hub.open_model(wanted).expect("a model API");
    open.key.expect("a key").expose().to_owned()
}

async fn row(world: &World, id: ModelId) -> ModelRow {
    let row = world.store.model_by_id(id).await;
    row.expect("a database").expect("a model API")
}

/// Writes past every rule of the hub, as SQL would.
async fn write(world: &World, id: ModelId, patch: ModelPatch) {
    let (row, edit) = (row(world, id).await, world.edit());
    let written = world.store.model_update(id, row.row_version, patch, &edit);
    written.await.expect("a written row");
}

async fn actions(world: &World) -> Vec<(String, String)> {
    let filter = tieline_hub::AuditFilter::default();
    let page = world.hub.audit_page(None, 50, &filter).await;
    let rows = page.expect("a page").rows.into_iter().rev();
    rows.map(|row| (row.action, row.detail))
        .filter(|(action, _)| action.starts_with("model."))
        .collect()
}

#[tokio::test]
async fn without_a_model_api_the_agent_says_who_can_help() {
    let world = World::start().await;
    for (people, words) in [
        (
            vec![],
            "The agent is not set up yet: it has no model API. An admin can add one in Settings, Models.",
        ),
        (
            vec!["Zoe"],
            "The agent is not set up yet: it has no model API. Ask Zoe to add one in Settings, Models.",
        ),
        (
            vec!["Ann", "Mia"],
            "The agent is not set up yet: it has no model API. Ask Ann, Mia or Zoe to add one in Settings, Models.",
        ),
    ] {
        for name in people {
            world.person(name, Role::Admin).await;
        }
        world
            .person(&format!("Bob {}", words.len()), Role::Member)
            .await;
        let error = world.hub.open_model(None).unwrap_err();
        assert_eq!(error.to_string(), words);
        assert_eq!(error.code(), "model_not_configured");
    }
    assert!(matches!(
        world.hub.open_model(Some("claude-x")),
        Err(OpenModelError::NotConfigured { .. })
    ));
}

#[tokio::test]
async fn a_name_finds_a_model_api_and_any_other_text_is_a_model_of_the_default() {
    let world = World::start().await;
    let first = add(&world, "Claude", KEY).await;
    let second = try_add(
        &world,
        ModelDraft {
            kind: "openai".to_owned(),
            base_url: "http://localhost:11434/v1/".to_owned(),
            model: "llama3.3".to_owned(),
            ..draft("Büro Ollama", "", "")
        },
    )
    .await
    .expect("a second model API");
    assert!(first.is_default && !second.is_default);
    let open = |wanted| world.hub.open_model(wanted).expect("a model API");
    for wanted in [None, Some(""), Some(" "), Some("CLAUDE")] {
        let open = open(wanted);
        assert_eq!((open.id, open.model.as_str()), (first.id, "claude-test"));
        assert_eq!(open.key.expect("a key").expose(), KEY);
    }
    let ollama = open(Some("büro ollama"));
    assert_eq!((ollama.id, ollama.kind), (second.id, ModelKind::OpenAi));
    assert_eq!(ollama.base_url.as_str(), "http://localhost:11434/v1");
    assert!(ollama.key.is_none());
    let unknown = open(Some("claude-of-next-year"));
    assert_eq!(
        (unknown.id, unknown.model.as_str()),
        (first.id, "claude-of-next-year")
    );
    assert!(matches!(
        world.hub.open_model(Some("two words")),
        Err(OpenModelError::BadModel { .. })
    ));
    assert!(!format!("{:?}", open(None)).contains("catch-me"));
}

#[tokio::test]
async fn a_fallback_comes_along_and_has_none_of_its_own() {
    let world = World::start().await;
    let spare = add(&world, "Spare", "spare-key-0123456789").await;
    let first = try_add(
        &world,
        ModelDraft {
            fallback: Some(spare.id),
            ..draft("Claude", "https://api.example", KEY)
        },
    )
    .await
    .expect("a model API with a fallback");
    assert_eq!(first.fallback_name.as_deref(), Some("Spare"));
    let circle = UpdateModel {
        fallback: Some(Some(first.id)),
        ..UpdateModel::default()
    };
    update(&world, spare.id, circle).await.expect("a circle");
    let open = world.hub.open_model(Some("Claude")).expect("a model API");
    let fallback = open.fallback.expect("a fallback");
    assert_eq!(
        fallback.key.expect("its own key").expose(),
        "spare-key-0123456789"
    );
    assert!(fallback.fallback.is_none());
    for (id, code) in [
        (first.id, "fallback_self"),
        (gone(&world).await, "fallback_unknown"),
    ] {
        let patch = UpdateModel {
            fallback: Some(Some(id)),
            ..UpdateModel::default()
        };
        let Err(EditModelError::Invalid { fields }) = update(&world, first.id, patch).await else {
            panic!("{code}");
        };
        assert_eq!((fields[0].field, fields[0].code), ("fallback", code));
    }
    world
        .hub
        .remove_model(&Actor::CommandLine, spare.id)
        .await
        .expect("removed");
    let open = world
        .hub
        .open_model(None)
        .expect("the other is the default");
    assert_eq!((open.id, open.fallback.is_none()), (first.id, true));
}

/// The id of a model API that was removed.
async fn gone(world: &World) -> ModelId {
    let model = add(world, "Gone", KEY).await;
    let removed = world.hub.remove_model(&Actor::CommandLine, model.id).await;
    removed.expect("removed");
    model.id
}

#[tokio::test]
async fn a_key_stays_with_the_server_it_was_entered_for() {
    let world = World::start().await;
    let model = add(&world, "Claude", KEY).await;
    let to = |url: &str| UpdateModel {
        base_url: Some(url.to_owned()),
        ..UpdateModel::default()
    };
    update(&world, model.id, to("https://api.example/v2"))
        .await
        .expect("another path of the same server");
    assert_eq!(key_of(&world, None), KEY);
    for url in [
        "https://evil.example",
        "http://api.example",
        "https://api.example:8443",
    ] {
        let refused = update(&world, model.id, to(url)).await;
        assert!(
            matches!(refused, Err(EditModelError::KeyRequiredForNewOrigin { .. })),
            "{url}"
        );
    }
    let moved = UpdateModel {
        key: Some(Zeroizing::new("new-key-0123456789".to_owned())),
        ..to("https://other.example")
    };
    let view = update(&world, model.id, moved).await.expect("moved");
    assert_eq!(view.key_hint.as_deref(), Some("6789"));
    assert_eq!(key_of(&world, None), "new-key-0123456789");
    let without = UpdateModel {
        key: Some(Zeroizing::default()),
        ..UpdateModel::default()
    };
    let view = update(&world, model.id, without).await.expect("no key");
    assert!(!view.key_set && view.key_hint.is_none());
    assert!(world.hub.open_model(None).unwrap().key.is_none());
    update(&world, model.id, to("https://third.example"))
        .await
        .expect("without a key it may go anywhere");
}

#[tokio::test]
async fn keys_that_were_swapped_or_moved_open_for_neither() {
    let world = World::start().await;
    let a = add(&world, "Alpha", "alpha-key-0123456789").await;
    let b = add(&world, "Beta", "beta-key-0123456789").await;
    let (of_a, of_b) = (
        row(&world, a.id).await.sealed,
        row(&world, b.id).await.sealed,
    );
    let sealed = |sealed: &Option<Vec<u8>>| ModelPatch {
        key: Some(ModelKeyPatch {
            sealed: sealed.clone(),
            ..ModelKeyPatch::default()
        }),
        ..ModelPatch::default()
    };
    write(&world, a.id, sealed(&of_b)).await;
    write(&world, b.id, sealed(&of_a)).await;
    let world = world.beside().await;
    for name in ["Alpha", "Beta"] {
        let error = world.hub.open_model(Some(name)).unwrap_err();
        assert!(matches!(&error, OpenModelError::Unreadable { name: of } if of == name));
        assert_eq!(error.code(), "secret_unreadable");
    }
    write(&world, a.id, sealed(&of_a)).await;
    let elsewhere = ModelPatch {
        base_url: Some("https://evil.example".to_owned()),
        ..sealed(&of_b)
    };
    write(&world, b.id, elsewhere).await;
    let mut cut = of_a.clone().expect("a sealed key");
    cut.truncate(10);
    let world = world.beside().await;
    assert_eq!(key_of(&world, Some("Alpha")), "alpha-key-0123456789");
    assert!(world.hub.open_model(Some("Beta")).is_err());
    write(&world, a.id, sealed(&Some(cut))).await;
    let world = world.beside().await;
    assert!(world.hub.open_model(Some("Alpha")).is_err());
}

#[tokio::test]
async fn what_another_process_changed_acts_soon() {
    let world = World::start().await;
    let other = world.beside().await;
    let model = add(&other, "Claude", KEY).await;
    eventually(|| world.hub.open_model(None).is_ok()).await;
    let removed = other.hub.remove_model(&Actor::CommandLine, model.id).await;
    removed.expect("removed");
    eventually(|| world.hub.open_model(None).is_err()).await;
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_and_no_key_is() {
    let world = World::start().await;
    let first = add(&world, "Claude", KEY).await;
    let second = add(&world, "Ollama", "").await;
    let hub = &world.hub;
    for _ in 0..2 {
        let set = hub.set_default_model(&Actor::CommandLine, second.id).await;
        assert!(set.expect("a new default").is_default);
    }
    let patch = UpdateModel {
        name: Some("Claude 2".to_owned()),
        key: Some(Zeroizing::new("sk-ant-catch-me-0002".to_owned())),
        ..UpdateModel::default()
    };
    update(&world, first.id, patch).await.expect("changed");
    let removed = hub.remove_model(&Actor::CommandLine, first.id).await;
    removed.expect("removed");
    let rows = actions(&world).await;
    let names: Vec<_> = rows.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(
        names,
        [
            "model.added",
            "model.added",
            "model.default_changed",
            "model.changed",
            "model.removed"
        ],
        "and the default was set once"
    );
    assert!(
        rows[3]
            .1
            .contains(r#""key_set":{"after":true,"before":true}"#)
    );
    assert!(rows.iter().all(|(_, detail)| !detail.contains("catch-me")));
    let gone = hub.remove_model(&Actor::CommandLine, first.id).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
}

#[tokio::test]
async fn a_taken_name_and_a_forbidden_address_are_field_errors() {
    let world = World::start().await;
    add(&world, "Claude", KEY).await;
    for (name, url, field, code) in [
        ("CLAUDE", "https://api.example", "name", "name_taken"),
        (
            "Meta",
            "http://169.254.169.254",
            "base_url",
            "address_refused",
        ),
        ("Any", "http://0.0.0.0:8000", "base_url", "address_refused"),
    ] {
        let refused = try_add(&world, draft(name, url, KEY)).await;
        let Err(AddModelError::Invalid { fields }) = refused else {
            panic!("{url}");
        };
        assert_eq!((fields[0].field, fields[0].code), (field, code));
    }
}

#[tokio::test]
async fn an_edit_of_an_older_version_is_stale() {
    let world = World::start().await;
    let model = add(&world, "Claude", KEY).await;
    let patch = || UpdateModel {
        model: Some("claude-next".to_owned()),
        row_version: Some(model.row_version),
        ..UpdateModel::default()
    };
    update(&world, model.id, patch()).await.expect("changed");
    assert!(matches!(
        update(&world, model.id, patch()).await,
        Err(EditModelError::Stale)
    ));
}

#[tokio::test]
async fn a_key_in_the_environment_is_added_once_and_never_again() {
    let found = || {
        vec![
            ModelKeyFound {
                variable: "ANTHROPIC_API_KEY",
                kind: ModelKind::Anthropic,
                key: Zeroizing::new(KEY.to_owned()),
            },
            ModelKeyFound {
                variable: "OPENAI_API_KEY",
                kind: ModelKind::OpenAi,
                key: Zeroizing::new("two\nlines".to_owned()),
            },
        ]
    };
    let world = World::start().await;
    world.hub.adopt_model_keys(found()).await.expect("adopted");
    let models = world.hub.list_models().await.expect("a list");
    assert_eq!(
        models.len(),
        1,
        "a key that no header can carry is left out"
    );
    assert_eq!(
        (models[0].name.as_str(), models[0].is_default),
        ("Anthropic", true)
    );
    assert_eq!(key_of(&world, None), KEY);
    let removed = world
        .hub
        .remove_model(&Actor::CommandLine, models[0].id)
        .await;
    removed.expect("removed");
    world.hub.adopt_model_keys(found()).await.expect("looked");
    assert!(world.hub.list_models().await.expect("a list").is_empty());

    let world = World::start().await;
    add(&world, "Own", KEY).await;
    world.hub.adopt_model_keys(found()).await.expect("looked");
    assert_eq!(world.hub.list_models().await.expect("a list").len(), 1);
}
