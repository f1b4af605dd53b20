//! Every page with example data: what the gallery serves and the template test renders.

use super::account::view::{PasswordPage, SignInsPage};
use super::activity::samples as activity;
use super::chat::samples as chat;
use super::connect::contact::waiting;
use super::connect::snippets::clients;
use super::connect::view::{
    ConnectPage, Contact, Expiry, FreshKey, KeyRow, RevokePage, UsableConnector,
};
use super::integrations::rail_view::FoundTool;
use super::integrations::samples as integrations;
use super::integrations::samples::HOSTILE;
use super::integrations::{detail_samples, form_samples, review_samples, try_samples};
use super::invitation::view::InvitationPage;
use super::monogram::Monogram;
use super::parts::{Field, Status, Tone, When};
use super::settings::models::samples as models;
use super::settings::samples as settings;
use super::setup::view::{AccountForm, At, Choice, ModelStep, SetupPage, SetupStep};
use super::shell::{Frame, Section, Shell};
use super::sign_in::view::{Bare, SignInPage};
use super::trouble::view::{Trouble, TroubleInside, TroubleOutside};
use super::users::samples as users;

/// One rendered example.
#[derive(Debug)]
pub struct Sample {
    /// Its name in the gallery.
    pub name: &'static str,
    /// The page.
    pub html: String,
}

/// Renders every example in one frame.
pub fn gallery(frame: &Frame) -> Result<Vec<Sample>, askama::Error> {
    let admin = admin(frame);
    let mut samples = Vec::new();
    let mut add = |name, template: &dyn askama::DynTemplate| -> Result<(), askama::Error> {
        samples.push(Sample {
            name,
            html: template.dyn_render()?,
        });
        Ok(())
    };
    add("integrations", &integrations::page(&admin))?;
    for (name, page) in integrations::page_states(&admin) {
        add(name, &page)?;
    }
    for (name, page) in integrations::bulk(&admin) {
        add(name, &page)?;
    }
    for (name, page) in form_samples::add(&admin) {
        add(name, &page)?;
    }
    add("provider", &form_samples::provider(&admin))?;
    add("detail", &detail_samples::detail(&admin))?;
    for (name, page) in detail_samples::detail_states(&admin) {
        add(name, &page)?;
    }
    for (name, page) in try_samples::pages(&admin) {
        add(name, &page)?;
    }
    add("remove", &detail_samples::remove(&admin))?;
    add("review", &review_samples::review(&admin))?;
    add("review-empty", &review_samples::review_empty(&admin))?;
    for (name, page) in sign_in(frame) {
        add(name, &page)?;
    }
    for (name, page) in setup(frame) {
        add(name, &page)?;
    }
    for (name, page) in invitation(frame) {
        add(name, &page)?;
    }
    for (name, page) in connect(&admin) {
        add(name, &page)?;
    }
    add("revoke", &revoke(&admin))?;
    people(&admin, &mut add)?;
    for (name, page) in activity::activity(&at(&admin, Section::Activity)) {
        add(name, &page)?;
    }
    for (name, page) in activity::explain(&at(&admin, Section::Activity)) {
        add(name, &page)?;
    }
    let shell = at(&admin, Section::Settings);
    add("settings", &settings::general(&shell))?;
    for (name, page) in settings::security(&shell) {
        add(name, &page)?;
    }
    for (name, page) in settings::network(&shell) {
        add(name, &page)?;
    }
    for (name, page) in settings::data(&shell) {
        add(name, &page)?;
    }
    for (name, page) in models::lists(&at(&admin, Section::Settings)) {
        add(name, &page)?;
    }
    for (name, page) in models::forms(&at(&admin, Section::Settings)) {
        add(name, &page)?;
    }
    add(
        "model-remove",
        &models::remove(&at(&admin, Section::Settings)),
    )?;
    let (talker, mut member) = (at(&admin, Section::Chat), at(&admin, Section::Chat));
    member.admin = false;
    for (name, page) in chat::pages(&talker) {
        add(name, &page)?;
    }
    for (name, page) in chat::not_set_up(&talker, &member) {
        add(name, &page)?;
    }
    add("chat-rename", &chat::rename(&talker))?;
    add("chat-delete", &chat::delete(&talker))?;
    add("password", &password(&admin))?;
    for (name, page) in trouble_inside(&admin) {
        add(name, &page)?;
    }
    let outside = TroubleOutside {
        shell: Bare {
            frame: frame.clone(),
        },
        trouble: Trouble::not_found(),
    };
    add("not-found", &outside)?;
    Ok(samples)
}

fn revoke(admin: &Shell) -> RevokePage {
    RevokePage {
        shell: at(admin, Section::Connect),
        id: "k1".to_owned(),
        name: HOSTILE.to_owned(),
        hint: "tl_c81X…p0Rw".to_owned(),
    }
}

fn trouble_inside(admin: &Shell) -> Vec<(&'static str, TroubleInside)> {
    let mut member = admin.clone();
    member.admin = false;
    "Member one".clone_into(&mut member.name);
    "MO".clone_into(&mut member.initials);
    let names = ["Admin account".to_owned(), HOSTILE.to_owned()];
    let page = |shell: &Shell, trouble| TroubleInside {
        shell: at(shell, Section::Elsewhere),
        trouble,
    };
    vec![
        (
            "forbidden",
            page(&member, Trouble::admins_only("Integrations", &names)),
        ),
        (
            "error",
            page(admin, Trouble::failed("r-7f21c0", "/integrations")),
        ),
        (
            "stale",
            page(admin, Trouble::out_of_date("/integrations/new")),
        ),
    ]
}

fn admin(frame: &Frame) -> Shell {
    let mut shell = Shell::new(
        frame.clone(),
        "Northwind",
        "Admin account",
        true,
        Section::Integrations,
    );
    shell.failing = 1;
    "38".clone_into(&mut shell.people);
    shell
}

fn at(shell: &Shell, section: Section) -> Shell {
    Shell {
        section,
        ..shell.clone()
    }
}

pub(super) fn when(text: &str) -> When {
    When::new(text, "22 Nov 2026, 14:31:05 UTC", "2026-11-22T14:31:05Z")
}

fn sign_in(frame: &Frame) -> Vec<(&'static str, SignInPage)> {
    let page = SignInPage {
        shell: Bare {
            frame: frame.clone(),
        },
        org: "Northwind".to_owned(),
        notice: None,
        notice_ok: false,
        next: "/integrations".to_owned(),
        email: Field::required("admin@northwind.example"),
        password: Field::required(""),
    };
    let wrong = SignInPage {
        password: Field::required("")
            .problem("E-mail or password is wrong. 4 tries left before a 15 minute pause."),
        email: Field::required(HOSTILE),
        ..page.clone()
    };
    let out = SignInPage {
        notice: Some("You were signed out. Sign in, and what you typed is still here.".to_owned()),
        ..page.clone()
    };
    vec![
        ("signin", page),
        ("signin-wrong", wrong),
        ("signin-out", out),
    ]
}

fn setup(frame: &Frame) -> Vec<(&'static str, SetupPage)> {
    let facts = "Version 0.1.0, SQLite, data encrypted with a key file on this server".to_owned();
    let account = SetupPage {
        shell: Bare {
            frame: frame.clone(),
        },
        steps: SetupStep::all(At::Account, ""),
        facts,
        account: Some(AccountForm {
            code: Field::required("")
                .help("Paste the setup code from the log; it proves that you run this server."),
            name: Field::required("Priya"),
            email: Field::required(HOSTILE).problem("This is not an e-mail address."),
            password: Field::required("").help("At least 12 characters."),
        }),
        model: None,
        choices: Vec::new(),
    };
    let model = SetupPage {
        account: None,
        model: Some(ModelStep::Form(Box::new(models::form("/setup/model")))),
        steps: SetupStep::all(At::Model, "priya@northwind.example"),
        ..account.clone()
    };
    let ready = SetupPage {
        model: Some(ModelStep::Ready(
            "Anthropic is set up: the agent asks claude-sonnet-5-5.".to_owned(),
        )),
        ..model.clone()
    };
    let choice = |name: &str, text: &str, slug: &str| Choice {
        name: name.to_owned(),
        text: text.to_owned(),
        monogram: Monogram::of(name, slug),
        href: format!("/integrations/providers/{slug}"),
    };
    let connector = SetupPage {
        model: None,
        steps: SetupStep::all(At::Connector, "priya@northwind.example"),
        choices: vec![
            choice("Linear", "Issues, projects, cycles", "linear"),
            choice("GitHub", "Repositories, code search", "github"),
            choice("Sentry", "Errors and traces", "sentry"),
            choice("Notion", "Pages and databases", "notion"),
        ],
        ..model.clone()
    };
    vec![
        ("setup", account),
        ("setup-model-ready", ready),
        ("setup-model", model),
        ("setup-connector", connector),
    ]
}

fn invitation(frame: &Frame) -> Vec<(&'static str, InvitationPage)> {
    let page = InvitationPage {
        shell: Bare {
            frame: frame.clone(),
        },
        org: "Northwind".to_owned(),
        title: "Welcome, Mel".to_owned(),
        refused: None,
        lead: "Choose a password, then you are in.".to_owned(),
        code: "abc".to_owned(),
        email: "mel@northwind.example".to_owned(),
        password: Field::required("").help("At least 12 characters."),
    };
    let refused = InvitationPage { title: "This link does not work any more".to_owned(), refused: Some("This invitation was used already or is older than 72 hours. Ask an admin for a new one.".to_owned()), ..page.clone() };
    vec![("invitation", page), ("invitation-gone", refused)]
}

fn connect(admin: &Shell) -> Vec<(&'static str, ConnectPage)> {
    let url = "https://tieline.northwind.example/mcp";
    let key = "tl_9f4Q7mZrVw2KdYx6bH1sTn8cJpLa3EgUx81Q0a";
    let tool = |name: &str, text: &str, writes| FoundTool {
        name: name.to_owned(),
        description: text.to_owned(),
        writes,
    };
    let usable = |name: &str, slug: &str, status, count: &str| UsableConnector {
        name: name.to_owned(),
        monogram: Monogram::of(name, slug),
        status,
        count: count.to_owned(),
        tools: vec![
            tool("search_orders", "Find orders by customer", false),
            tool(HOSTILE, HOSTILE, true),
        ],
    };
    let row =
        |id: &str, name: &str, hint: &str, used: Option<&str>, client: &str, expires: &str| {
            KeyRow {
                id: id.to_owned(),
                name: name.to_owned(),
                hint: hint.to_owned(),
                last_used: used.map(when),
                client: client.to_owned(),
                expires: Some(when(expires)),
            }
        };
    let fresh = ConnectPage {
        shell: at(admin, Section::Connect),
        intro: "Use the same 120 tools in your own editor or terminal. Calls are logged under your name.".to_owned(),
        fresh: Some(FreshKey { text: key.to_owned() }),
        key_name: Field::required(""),
        expiries: [30, 90, 365].map(|days| Expiry { days, label: format!("{days} days"), chosen: days == 90 }).into(),
        clients: clients(url, Some(key), "claude-code"),
        contact: waiting(false),
        keys: vec![row("k1", "Laptop", "tl_9f4Q…3EgU", None, "", "20 Feb 2027"), row("k2", "Cursor, office PC", "tl_c81X…p0Rw", Some("2 h ago"), "Cursor 3.2", "14 Jan 2027")],
        tool_count: "15 tools".to_owned(),
        no_tools: String::new(),
        connectors: vec![usable("Acme MCP", "acme_mcp", Status::new(Tone::Good, "Working", ""), "11 tools"), usable(HOSTILE, "img", Status::new(Tone::Bad, "Failing", ""), "4 tools")],
    };
    let plain = ConnectPage {
        fresh: None,
        clients: clients(url, None, "cursor"),
        key_name: Field::required(HOSTILE)
            .problem("Give the key a name, such as the device it is for."),
        contact: Contact {
            seen: Some("Connected: Cursor 3.2, 120 tools, 3 s ago".to_owned()),
            text: "It sees new tools in its next session.",
            ..Contact::default()
        },
        ..fresh.clone()
    };
    let empty = ConnectPage {
        keys: Vec::new(),
        connectors: Vec::new(),
        tool_count: String::new(),
        no_tools: "An admin has not connected anything yet. Ask Admin account.".to_owned(),
        clients: clients(url, None, "gemini"),
        contact: waiting(true),
        key_name: Field::required(""),
        fresh: None,
        ..fresh.clone()
    };
    vec![
        ("connect", fresh),
        ("connect-keys", plain),
        ("connect-empty", empty),
    ]
}

type Add<'a> = dyn FnMut(&'static str, &dyn askama::DynTemplate) -> Result<(), askama::Error> + 'a;

/// The Users page, people, the questions about them, and a person's own sign-ins.
fn people(admin: &Shell, add: &mut Add<'_>) -> Result<(), askama::Error> {
    let shell = at(admin, Section::Users);
    add("users", &users::list(&shell))?;
    for (name, page) in users::people(&shell) {
        add(name, &page)?;
    }
    for (name, page) in users::questions(&shell) {
        add(name, &page)?;
    }
    let sign_ins = SignInsPage {
        shell: at(admin, Section::Elsewhere),
        rows: users::sign_ins("/account/sign_ins"),
    };
    add("sign-ins", &sign_ins)
}

fn password(admin: &Shell) -> PasswordPage {
    PasswordPage {
        shell: at(admin, Section::Elsewhere),
        email: "admin@northwind.example".to_owned(),
        current: Field::required("").problem("The current password is wrong."),
        new_password: Field::required("").help("At least 12 characters."),
    }
}
