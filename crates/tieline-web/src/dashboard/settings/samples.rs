//! The pages of the settings with example data.

use tieline_domain::{ThemeDefault, ToolChangePolicy};
use tieline_hub::Database;

use super::data::{CONTENT_DAYS_HELP, CONTENT_HELP, with_database, words as content_words};
use super::general::words as theme_words;
use super::network::{CERTIFICATES_HELP, PROXY_HELP, words as network_words};
use super::security::words;
use super::view::{
    AuthorityLine, Choice, Choices, DataPage, GeneralPage, Group, NetworkPage, Number,
    SecurityPage, SettingsForm, Tab,
};
use crate::dashboard::integrations::detail_view::Fact;
use crate::dashboard::integrations::samples::HOSTILE;
use crate::dashboard::parts::Field;
use crate::dashboard::shell::Shell;

/// General.
pub fn general(shell: &Shell) -> GeneralPage {
    let mut theme = choices(ThemeDefault::ALL.map(theme_words), "system");
    theme.help = "Who chooses a theme in the account menu keeps it on that browser.";
    GeneralPage {
        shell: shell.clone(),
        tabs: Tab::all("/settings/general"),
        form: form("/settings/general"),
        theme,
        groups: facts(),
    }
}

fn facts() -> Vec<Group> {
    vec![Group {
        title: "This server",
        lead: "These come from its command line, environment or configuration file.",
        facts: vec![
            Fact::new("Version", "0.1.0", false),
            Fact::new("Organisation", HOSTILE, false),
            Fact::new("Public URL", "https://tieline.northwind.example", true),
            Fact {
                href: "/settings/models".to_owned(),
                link: "Models",
                ..Fact::new("Default model", HOSTILE, false)
            },
        ],
    }]
}

/// Security: as it is, before a change that signs people out, wrong, and fixed by the server.
pub fn security(shell: &Shell) -> Vec<(&'static str, SecurityPage)> {
    let page = SecurityPage {
        shell: shell.clone(),
        tabs: Tab::all("/settings/security"),
        form: form("/settings/security"),
        tool_changes: choices(ToolChangePolicy::ALL.map(words), "hold_risky"),
        idle: number(
            "12",
            "1 to 168 hours. A shorter time also ends sign-ins that exist.",
        ),
        longest: number(
            "7",
            "1 to 90 days. A longer time counts from the next sign-in on.",
        ),
        groups: facts(),
    };
    let mut asks = page.clone();
    asks.form.affected = vec![
        "14 people are signed out somewhere, and have to sign in again there.".to_owned(),
        "3 changed tools that wait for a review now are used without a review, from each person’s next session.".to_owned(),
    ];
    let mut wrong = page.clone();
    HOSTILE.clone_into(&mut wrong.idle.field.value);
    "Enter a whole number from 1 to 168.".clone_into(&mut wrong.idle.field.problem);
    "What is done with changed tools must be “hold_risky”, “hold_all” or “use_all”."
        .clone_into(&mut wrong.tool_changes.problem);
    wrong.form.failed =
        format!("{HOSTILE} changed the settings 2 min ago. This is what is stored now.");
    let mut fixed = page.clone();
    "TIELINE_TOOL_CHANGES".clone_into(&mut fixed.tool_changes.fixed);
    "TIELINE_SIGN_IN_IDLE_HOURS".clone_into(&mut fixed.idle.fixed);
    "sign_in_days in the configuration file".clone_into(&mut fixed.longest.fixed);
    fixed.form.editable = false;
    vec![
        ("settings-security", page),
        ("settings-security-asks", asks),
        ("settings-security-wrong", wrong),
        ("settings-security-fixed", fixed),
    ]
}

/// Network: nothing set, with authorities and a proxy before connectors stop, wrong, and fixed by the server.
pub fn network(shell: &Shell) -> Vec<(&'static str, NetworkPage)> {
    let mut deny_private = choices(network_words(), "false");
    deny_private.help = "";
    let page = NetworkPage {
        shell: shell.clone(),
        tabs: Tab::all("/settings/network"),
        form: form("/settings/network"),
        deny_private,
        egress_proxy: number("", PROXY_HELP),
        proxy_login: false,
        proxy_login_removed: false,
        extra_ca: number("", CERTIFICATES_HELP),
        authorities: Vec::new(),
        groups: facts(),
    };
    let line = |name: &str, until: &str, expired| AuthorityLine {
        name: name.to_owned(),
        until: until.to_owned(),
        expired,
    };
    let mut asks = page.clone();
    let long = "MIIDazCCAlOgAwIBAgIUabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLM";
    asks.extra_ca.field.value =
        format!("-----BEGIN CERTIFICATE-----\n{long}\n-----END CERTIFICATE-----\n");
    asks.authorities = vec![
        line("Northwind Root CA", "valid until 2 Oct 2036", false),
        line(HOSTILE, "expired on 1 Jan 2026", true),
    ];
    asks.form.affected = vec![format!(
        "2 connectors are on private addresses: their tools fail for everyone until that is allowed again. They are Billing Warehouse, {HOSTILE}."
    )];
    let mut wrong = page.clone();
    asks.egress_proxy = number(
        "http://proxy.northwind.example:3128",
        "Hosts outside of your own network are reached through it, with the stored login. Leave the login out to keep it.",
    );
    asks.proxy_login = true;
    HOSTILE.clone_into(&mut wrong.egress_proxy.field.value);
    "Only HTTP proxies are supported. Write it like http://proxy.example:3128."
        .clone_into(&mut wrong.egress_proxy.field.problem);
    HOSTILE.clone_into(&mut wrong.extra_ca.field.value);
    "There is no certificate in it. Paste PEM text: it begins with -----BEGIN CERTIFICATE-----."
        .clone_into(&mut wrong.extra_ca.field.problem);
    "TIELINE_DENY_PRIVATE".clone_into(&mut wrong.deny_private.fixed);
    let mut fixed = page.clone();
    fixed.egress_proxy = number("http://proxy.northwind.example:3128", "");
    "TIELINE_EGRESS_PROXY".clone_into(&mut fixed.egress_proxy.fixed);
    fixed.proxy_login = true;
    "extra_ca in the configuration file".clone_into(&mut fixed.extra_ca.fixed);
    fixed
        .extra_ca
        .field
        .value
        .clone_from(&asks.extra_ca.field.value);
    fixed.authorities.clone_from(&asks.authorities);
    vec![
        ("settings-network", page),
        ("settings-network-asks", asks),
        ("settings-network-wrong", wrong),
        ("settings-network-fixed", fixed),
    ]
}

/// Data on each database, and before calls are deleted.
pub fn data(shell: &Shell) -> Vec<(&'static str, DataPage)> {
    let mut keep_content = choices(content_words(), "false");
    keep_content.help = CONTENT_HELP;
    let page = DataPage {
        shell: shell.clone(),
        tabs: Tab::all("/settings/data"),
        form: form("/settings/data"),
        keep_calls: number(
            "30",
            "1 to 730 days. Older ones are deleted within a minute.",
        ),
        keep_content,
        keep_content_days: number("7", CONTENT_DAYS_HELP),
        backup_lead: "",
        backup_command: None,
        database: String::new(),
        restore: Vec::new(),
    };
    let file = Database::File(
        "/var/lib/tieline/a-rather-long-folder-name-that-has-no-break/tieline.db".into(),
    );
    let mut asks = with_database(page.clone(), &file);
    asks.form.affected = vec![
        "12345 of 98765 recorded calls are older than that. They are deleted within a minute, for good.".to_owned(),
        "From now on every admin can read what the 38 people here send to tools through their clients, and what comes back. Tell them. Chats with the built-in agent stay with their owners.".to_owned(),
    ];
    asks.keep_content = Choices {
        help: CONTENT_HELP,
        ..choices(content_words(), "true")
    };
    vec![
        ("settings-data", with_database(page.clone(), &file)),
        (
            "settings-data-postgres",
            with_database(page, &Database::Postgres),
        ),
        ("settings-data-asks", asks),
    ]
}

fn form(action: &'static str) -> SettingsForm {
    SettingsForm {
        action,
        version: "3".to_owned(),
        editable: true,
        ..SettingsForm::default()
    }
}

fn number(value: &str, help: &str) -> Number {
    Number {
        field: Field {
            value: value.to_owned(),
            help: help.to_owned(),
            ..Field::default()
        },
        fixed: String::new(),
    }
}

fn choices<const N: usize>(
    options: [(&'static str, &'static str, String); N],
    chosen: &str,
) -> Choices {
    let choice = |(value, label, note): (&'static str, &'static str, String)| Choice {
        value,
        label,
        note,
        chosen: value == chosen,
    };
    Choices {
        choices: options.into_iter().map(choice).collect(),
        help: "What is held waits on its connector’s page. The version before stays in use while calls still fit it.",
        ..Choices::default()
    }
}
