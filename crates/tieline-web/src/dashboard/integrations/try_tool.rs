//! `/integrations/c/{slug}/try`: one tool with its schema, a form made from it, and a real call.

use std::time::Instant;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tieline_domain::{FieldError, RequestId, Slug};
use tieline_hub::{CallOutcome, ConnectorToolView, ConnectorView, SignedIn};

use super::connector::known_slug;
use super::rail::writes;
use super::tools::exposed;
use super::try_form::{Input, Kind, Shape, arguments, label, shape, whole};
use super::try_view::{TryField, TryPage, TryResult};
use crate::auth::Admin;
use crate::dashboard::activity::view::SelectOption;
use crate::dashboard::asked::Asked;
use crate::dashboard::chat::calls::content_text;
use crate::dashboard::chat::json_text::pretty;
use crate::dashboard::chat::markup::{Markup, exact};
use crate::dashboard::form::Form;
use crate::dashboard::page::{page, page_about};
use crate::dashboard::parts::{Status, Tone};
use crate::dashboard::shell::Section;
use crate::dashboard::words::{counted, grouped, shown, took};
use crate::problem::Problem;
use crate::state::AppState;

/// How much of a schema or of an answer is shown.
const MOST_TEXT: usize = 64 * 1024;
/// The field of all arguments at once.
const WHOLE: &str = "arguments";

/// Which tool.
#[derive(Debug, Deserialize)]
pub(crate) struct ToolQuery {
    #[serde(default)]
    tool: String,
}

/// The page.
pub(crate) async fn try_page(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(slug): Path<String>,
    Query(query): Query<ToolQuery>,
) -> Result<Response, Problem> {
    let tried = Tried::find(&state, &slug, &query.tool).await?;
    Ok(page(&tried.view(&state, asked, &who, &[]).await))
}

/// Calls the tool and shows what came of it, or the form again with what is wrong.
pub(crate) async fn try_tool(
    State(state): State<AppState>,
    asked: Asked,
    Admin(who): Admin,
    Path(slug): Path<String>,
    Extension(request): Extension<RequestId>,
    Form(typed): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let tried = Tried::find(&state, &slug, &value_of(&typed, "tool")).await?;
    let mut view = tried.view(&state, asked, &who, &typed).await;
    let arguments = match tried.arguments(&typed) {
        Ok(arguments) => arguments,
        Err(problems) => {
            for (name, problem) in &problems {
                let field = view.fields.iter_mut().find(|field| field.name == *name);
                if let Some(field) = field {
                    field.problem.clone_from(problem);
                }
            }
            view.problem = format!(
                "Nothing was called: {} another look.",
                match problems.len() {
                    1 => "one input needs".to_owned(),
                    many => format!("{many} inputs need"),
                }
            );
            let error = FieldError {
                field: "arguments",
                code: "arguments_invalid",
                detail: view.problem.clone(),
            };
            return Ok(page_about(Problem::invalid(vec![error]), &view));
        }
    };
    let arguments = RawValue::from_string(Value::from(arguments).to_string());
    let arguments = arguments.map_err(|_| Problem::broken_body())?;
    let began = Instant::now();
    let outcome = state
        .hub
        .try_tool(
            (&who, Some(request)),
            &tried.connector.slug,
            &tried.tool.name,
            &arguments,
        )
        .await;
    match outcome {
        Ok(outcome) => {
            let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            view.result = Some(result(&outcome, millis));
            Ok(page(&view).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn value_of(typed: &[(String, String)], name: &str) -> String {
    typed
        .iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.clone())
        .unwrap_or_default()
}

/// A tool that an admin looks at.
struct Tried {
    connector: ConnectorView,
    tool: ConnectorToolView,
    schema: Value,
    shape: Shape,
}

impl Tried {
    async fn find(state: &AppState, slug: &str, tool: &str) -> Result<Self, Problem> {
        let slug: Slug = known_slug(slug)?;
        let connector = state.hub.connector(&slug).await?;
        let tools = state.hub.connector_tools(&slug).await?;
        let tool = tools
            .into_iter()
            .find(|listed| listed.name == tool && listed.left_out.is_none())
            .ok_or_else(Problem::not_found)?;
        let definition: Value = tool
            .definition
            .as_ref()
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default();
        let schema = definition["inputSchema"].clone();
        Ok(Self {
            shape: shape(&schema),
            schema: definition,
            connector,
            tool,
        })
    }

    /// The arguments, or what is wrong with each field by its name in the form.
    fn arguments(
        &self,
        typed: &[(String, String)],
    ) -> Result<Map<String, Value>, Vec<(String, String)>> {
        match &self.shape {
            Shape::Fields(inputs) => arguments(inputs, |name| value_of(typed, &field_name(name)))
                .map_err(|problems| {
                    let named = problems.into_iter();
                    named
                        .map(|(name, problem)| (field_name(&name), problem))
                        .collect()
                }),
            Shape::Whole => {
                whole(&value_of(typed, WHOLE)).map_err(|problem| vec![(WHOLE.to_owned(), problem)])
            }
        }
    }

    async fn view(
        &self,
        state: &AppState,
        asked: Asked,
        who: &SignedIn,
        typed: &[(String, String)],
    ) -> TryPage {
        let (connector, tool) = (&self.connector, &self.tool);
        let schema = self.tool.definition.as_ref();
        let schema = schema.and_then(|raw| schema_of(raw)).unwrap_or_default();
        let (schema, schema_cut) = cut(&schema);
        TryPage {
            shell: asked.shell(state, who, Section::Integrations).await,
            name: connector.name.clone(),
            slug: connector.slug.to_string(),
            tool: tool.name.clone(),
            title: shown(&tool.name, 128),
            description: shown(tool.description.as_deref().unwrap_or_default(), 600),
            writes: writes(&self.schema),
            off: match (connector.enabled, tool.enabled) {
                (false, _) => format!("{} is off. Turn it on to try its tools.", connector.name),
                (true, false) => "This tool is off. Turn it on to try it.".to_owned(),
                (true, true) => String::new(),
            },
            problem: String::new(),
            fields: match &self.shape {
                Shape::Fields(inputs) => inputs
                    .iter()
                    .enumerate()
                    .map(|(at, input)| field(at, input, typed))
                    .collect(),
                Shape::Whole => vec![TryField {
                    id: "arg-all".to_owned(),
                    name: WHOLE.to_owned(),
                    label: "arguments".to_owned(),
                    note: "object, as JSON".to_owned(),
                    help: "The schema says more than a form can. Write all arguments as one JSON object.".to_owned(),
                    value: value_of(typed, WHOLE),
                    long: true,
                    ..TryField::default()
                }],
            },
            result: None,
            schema,
            schema_cut,
            exposed: exposed(state, &connector.slug, &tool.name),
            tokens: counted(tool.tokens as u64, "token", "tokens"),
        }
    }
}

/// The schema in the order and with the numbers that its server wrote.
fn schema_of(definition: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Definition<'a> {
        #[serde(borrow, rename = "inputSchema")]
        schema: Option<&'a RawValue>,
    }
    let read: Definition<'_> = serde_json::from_str(definition.get()).ok()?;
    let schema = read.schema?.get();
    pretty(schema).or_else(|| Some(schema.to_owned()))
}

fn field_name(input: &str) -> String {
    format!("arg.{input}")
}

fn field(at: usize, input: &Input, typed: &[(String, String)]) -> TryField {
    let name = field_name(&input.name);
    let value = value_of(typed, &name);
    let option = |word: &str, label: String| SelectOption {
        value: word.to_owned(),
        label,
        chosen: value == word,
    };
    let nothing = if input.required {
        "Choose"
    } else {
        "Leave out"
    };
    let choices = match &input.kind {
        Kind::Flag => vec![
            option("", nothing.to_owned()),
            option("true", "Yes".to_owned()),
            option("false", "No".to_owned()),
        ],
        Kind::Choice(choices) => std::iter::once(option("", nothing.to_owned()))
            .chain(
                choices
                    .iter()
                    .enumerate()
                    .map(|(at, choice)| option(&at.to_string(), label(choice))),
            )
            .collect(),
        _ => Vec::new(),
    };
    let required = if input.required { ", required" } else { "" };
    TryField {
        id: format!("arg-{at}"),
        label: shown(&input.name, 80),
        note: format!("{}{required}", input.kind.word()),
        help: input.meaning.clone(),
        problem: String::new(),
        long: matches!(input.kind, Kind::Object | Kind::Array | Kind::Json),
        choices,
        name,
        value,
    }
}

/// As much of a text as a page holds, and the sentence that says so.
fn cut(text: &str) -> (Markup, String) {
    let mut end = text.len().min(MOST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let rest = if end < text.len() {
        format!(
            "Cut here: {} bytes in all.",
            grouped(u64::try_from(text.len()).unwrap_or(u64::MAX))
        )
    } else {
        String::new()
    };
    (exact(&text[..end]), rest)
}

fn result(outcome: &CallOutcome, millis: u64) -> TryResult {
    let (status, text, raw) = match outcome {
        CallOutcome::Ok { result, .. } => (
            Status::new(Tone::Good, "Done", ""),
            said(result),
            Some(result),
        ),
        CallOutcome::ToolError { result, .. } => (
            Status::new(Tone::Warn, "Tool said no", ""),
            said(result),
            Some(result),
        ),
        CallOutcome::InputRequired { result } | CallOutcome::Task { result } => (
            Status::new(Tone::Warn, "Not finished", ""),
            "The server wants more than this form can give: an answer of a person, or time."
                .to_owned(),
            Some(result),
        ),
        // This form reads every answer whole.
        CallOutcome::PassedOn(_) => (Status::new(Tone::Good, "Done", ""), String::new(), None),
        CallOutcome::RpcError { code, message, .. } => (
            Status::new(Tone::Bad, "The server refused the call", ""),
            format!("{message} (JSON-RPC {code})"),
            None,
        ),
        CallOutcome::UpstreamFailure(failure) => (
            Status::new(Tone::Bad, "Failed", ""),
            failure.message.clone(),
            None,
        ),
        CallOutcome::Refused(refusal) => (
            Status::new(Tone::Off, "Refused", ""),
            refusal.to_string(),
            None,
        ),
    };
    let (text, cut_text) = cut(&text);
    TryResult {
        status,
        took: took(millis),
        text,
        cut: cut_text,
        raw: raw
            .filter(|raw| raw.get().len() <= MOST_TEXT)
            .and_then(|raw| pretty(raw.get()))
            .map(|laid_out| exact(&laid_out))
            .unwrap_or_default(),
    }
}

/// What a tool said, without the envelope around it.
fn said(result: &RawValue) -> String {
    #[derive(Deserialize)]
    struct Said<'a> {
        #[serde(borrow)]
        content: Option<&'a RawValue>,
    }
    serde_json::from_str::<Said<'_>>(result.get())
        .ok()
        .and_then(|said| said.content)
        .map(content_text)
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| result.get().to_owned())
}
