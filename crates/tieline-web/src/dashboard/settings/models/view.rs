//! What Settings, Models shows: the list, the form, and the question before a removal.

use askama::Template;

use crate::dashboard::icon;
use crate::dashboard::parts::Field;
use crate::dashboard::settings::view::Tab;
use crate::dashboard::shell::Shell;

/// `/settings/models`
#[derive(Debug, Clone, Template)]
#[template(path = "settings/models.html")]
pub struct ModelsPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// The five pages of the settings.
    pub tabs: [Tab; 5],
    /// All model APIs.
    pub models: Vec<ModelLine>,
}

/// One model API of the list.
#[derive(Debug, Clone)]
pub struct ModelLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// "Anthropic".
    pub kind: &'static str,
    /// The model that is asked.
    pub model: String,
    /// Its base URL.
    pub base_url: String,
    /// "Key ends in k3Qf", "Key stored", "No key".
    pub key: String,
    /// The name of the one that takes over; empty when there is none.
    pub fallback: String,
    /// Whether it is asked when nobody names another.
    pub is_default: bool,
}

/// `/settings/models/new` and `/settings/models/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "settings/model_form.html")]
pub struct ModelFormPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// "Add model API", or its name.
    pub title: String,
    /// What this is about.
    pub lead: &'static str,
    /// The fields.
    pub form: ModelForm,
}

/// The fields of a model API, as Settings and the first run show them.
#[derive(Debug, Clone, Default)]
pub struct ModelForm {
    /// Where it is sent.
    pub action: String,
    /// The kinds to choose from; empty when it cannot be changed any more.
    pub kinds: Vec<KindChoice>,
    /// The kind at hand, as a word.
    pub kind: &'static str,
    /// What this kind is for.
    pub kind_help: &'static str,
    /// The version that the form began with; empty on a new one.
    pub row_version: String,
    /// Name.
    pub name: Field,
    /// Base URL.
    pub base_url: Field,
    /// What to know about the base URL.
    pub caution: &'static str,
    /// Model.
    pub model: Field,
    /// The key's help, problem and placeholder. Its value is never filled.
    pub key: Field,
    /// Whether the key was typed and has to be typed again where no script keeps it.
    pub key_again: bool,
    /// Whether a key is stored that can be removed.
    pub key_stored: bool,
    /// Who may take over; empty when there is no other.
    pub fallbacks: Vec<FallbackChoice>,
    /// What is wrong with the choice.
    pub fallback_problem: String,
    /// Why it was not saved, when that belongs to no field.
    pub failed: Option<Failed>,
    /// What a test found that was asked for by itself.
    pub passed: Option<String>,
    /// Whether it exists already.
    pub exists: bool,
}

/// A kind to choose.
#[derive(Debug, Clone)]
pub struct KindChoice {
    /// "Anthropic".
    pub label: &'static str,
    /// "Claude models".
    pub note: &'static str,
    /// The same form for that kind.
    pub href: String,
    /// Whether it is the one at hand.
    pub current: bool,
}

/// A model API that may take over.
#[derive(Debug, Clone)]
pub struct FallbackChoice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// Why nothing was saved.
#[derive(Debug, Clone)]
pub struct Failed {
    /// "The test failed."
    pub title: &'static str,
    /// What happened and what to do.
    pub text: String,
    /// Whether it may be saved all the same.
    pub anyway: bool,
    /// Where what somebody else saved meanwhile is shown.
    pub theirs: Option<String>,
}

/// `/settings/models/{id}/remove`
#[derive(Debug, Clone, Template)]
#[template(path = "settings/model_remove.html")]
pub struct RemoveModelPage {
    /// Navigation and theme.
    pub shell: Shell,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it means for people.
    pub consequence: String,
    /// "The key is deleted."
    pub key_fate: &'static str,
}
