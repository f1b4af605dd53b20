//! `GET /setup`: the step that is next. `GET /setup/connector`: the last one. The second is in `model`.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tieline_domain::providers;

use super::view::{AccountForm, At, Choice, SetupPage, SetupStep};
use crate::auth::{Admin, MaybeSignedIn};
use crate::dashboard::asked::Asked;
use crate::dashboard::monogram::Monogram;
use crate::dashboard::page::{bare, go, page};
use crate::dashboard::parts::Field;
use crate::problem::Problem;
use crate::state::AppState;

/// The link from the log carries the code.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SetupQuery {
    #[serde(default)]
    code: String,
}

/// Step 1 while there is no admin. Afterwards the setup is closed: it leads on.
pub(crate) async fn setup_page(
    State(state): State<AppState>,
    asked: Asked,
    MaybeSignedIn(who): MaybeSignedIn,
    Query(query): Query<SetupQuery>,
) -> Result<Response, Problem> {
    if !state.hub.needs_setup().await? {
        return Ok(go(if who.is_some() { "/" } else { "/signin" }));
    }
    let code = query.code.trim();
    let mut form = AccountForm {
        code: Field::required(code)
            .help("Paste the setup code from the log; it proves that you run this server."),
        name: Field::required(""),
        email: Field::required(""),
        password: Field::required("").help("At least 12 characters."),
    };
    if !code.is_empty() && !state.hub.is_setup_code(code).await? {
        form.code = form.code.problem(
            "This code is not the newest one from the log, or it is older than 30 minutes.",
        );
    }
    Ok(page(&step(asked, At::Account, "", Some(form))))
}

/// Step 3: the first connector.
pub(crate) async fn connector_page(asked: Asked, Admin(who): Admin) -> Response {
    let mut view = step(asked, At::Connector, &who.email, None);
    let supported = providers()
        .iter()
        .filter(|provider| provider.supported)
        .take(4);
    view.choices = supported
        .map(|provider| Choice {
            name: provider.name.clone(),
            text: provider.summary.clone(),
            monogram: Monogram::of(&provider.name, &provider.slug),
            href: format!("/integrations/providers/{}", provider.slug),
        })
        .collect();
    page(&view)
}

/// The page at one of its steps.
pub(super) fn step(asked: Asked, at: At, email: &str, account: Option<AccountForm>) -> SetupPage {
    SetupPage {
        shell: bare(asked.frame),
        steps: SetupStep::all(at, email),
        facts: format!(
            "Version {}, tokens sealed with a key file on this server",
            env!("CARGO_PKG_VERSION")
        ),
        account,
        model: None,
        choices: Vec::new(),
    }
}
