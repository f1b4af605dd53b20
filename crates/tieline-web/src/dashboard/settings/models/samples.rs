//! Settings, Models with example data.

use tieline_domain::ModelKind;

use super::view::{
    Failed, FallbackChoice, ModelForm, ModelFormPage, ModelLine, ModelsPage, RemoveModelPage,
};
use crate::dashboard::integrations::samples::HOSTILE;
use crate::dashboard::settings::view::Tab;
use crate::dashboard::shell::Shell;

/// The list, full and empty.
pub fn lists(shell: &Shell) -> Vec<(&'static str, ModelsPage)> {
    let line = |name: &str, kind, model: &str, base_url: &str, key: &str| ModelLine {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        name: name.to_owned(),
        kind,
        model: model.to_owned(),
        base_url: base_url.to_owned(),
        key: key.to_owned(),
        fallback: String::new(),
        is_default: false,
    };
    let first = ModelLine {
        is_default: true,
        fallback: HOSTILE.to_owned(),
        ..line(
            "Anthropic",
            "Anthropic",
            "claude-sonnet-5-5",
            "https://api.anthropic.com",
            "Key ends in k3Qf",
        )
    };
    let own = line(
        HOSTILE,
        "OpenAI-compatible",
        HOSTILE,
        "http://ollama.internal:11434/v1",
        "No key",
    );
    let full = ModelsPage {
        shell: shell.clone(),
        tabs: Tab::all("/settings/models"),
        models: vec![first, own],
    };
    let empty = ModelsPage {
        models: Vec::new(),
        ..full.clone()
    };
    vec![("models", full), ("models-empty", empty)]
}

/// An empty form.
pub fn form(here: &str) -> ModelForm {
    ModelForm::of_kind(here, ModelKind::Anthropic, &[])
}

/// The form in its states.
pub fn forms(shell: &Shell) -> Vec<(&'static str, ModelFormPage)> {
    let page = ModelFormPage {
        shell: shell.clone(),
        title: "Add model API".to_owned(),
        lead: "The built-in agent asks it. It is tested before it is saved.",
        form: form("/settings/models/new"),
    };
    let mut failed = page.clone();
    failed.form.failed = Some(Failed {
        title: "The test failed, so nothing was saved.",
        text: format!("The model API {HOSTILE} refused its key (HTTP 401)."),
        anyway: true,
        theirs: None,
    });
    failed.form.key_again = true;
    let mut wrong = page.clone();
    HOSTILE.clone_into(&mut wrong.form.name.value);
    "The name is taken.".clone_into(&mut wrong.form.name.problem);
    "The URL must start with http:// or https://.".clone_into(&mut wrong.form.base_url.problem);
    "Name the model to ask.".clone_into(&mut wrong.form.model.problem);
    "The key has only spaces.".clone_into(&mut wrong.form.key.problem);
    let mut edit = page.clone();
    HOSTILE.clone_into(&mut edit.title);
    edit.form.kinds = Vec::new();
    edit.form.exists = true;
    edit.form.key_stored = true;
    "3".clone_into(&mut edit.form.row_version);
    edit.form.caution = "Plain HTTP: the key and all conversations travel unencrypted.";
    edit.form.passed = Some("It answered: address, key and model are right.".to_owned());
    "There is no such model API.".clone_into(&mut edit.form.fallback_problem);
    edit.form.fallbacks = vec![FallbackChoice {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        name: HOSTILE.to_owned(),
        chosen: true,
    }];
    let mut late = edit.clone();
    late.form.passed = None;
    late.form.failed = Some(Failed {
        title: "Nothing was saved.",
        text: format!("{HOSTILE} changed this 2 min ago."),
        anyway: false,
        theirs: Some("/settings/models/01890a5d-ac96-774b-bcce-b302099a8057".to_owned()),
    });
    vec![
        ("model-late", late),
        ("model-new", page),
        ("model-failed", failed),
        ("model-wrong", wrong),
        ("model-edit", edit),
    ]
}

/// The question before a removal.
pub fn remove(shell: &Shell) -> RemoveModelPage {
    RemoveModelPage {
        shell: shell.clone(),
        id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        name: HOSTILE.to_owned(),
        consequence: "It is the only one: the agent stops answering until another one is added."
            .to_owned(),
        key_fate: "The key is deleted.",
    }
}
