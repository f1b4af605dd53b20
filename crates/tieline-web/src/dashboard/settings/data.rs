//! Settings, Data: how long records are kept, backup and restore.

use std::path::Path;

use tieline_domain::SettingName;
use tieline_hub::{Database, KEPT_CONTENT};

use super::edit::Known;
use super::view::{DataPage, Step, Tab};
use crate::dashboard::shell::Shell;
use crate::dashboard::words::size;

pub(super) const CONTENT_HELP: &str = "It acts on calls from then on. Turning it off deletes what was kept. Exports never hold it; a backup does.";
pub(super) const CONTENT_DAYS_HELP: &str =
    "1 to 730 days, and never longer than the calls themselves.";

/// Value, label and what it means.
pub(super) fn words() -> [(&'static str, &'static str, String); 2] {
    let off = "Activity says who called what, when, and how it ended; not what was said.";
    let on = format!(
        "Every admin can read the arguments and results of calls in Activity: the first {} of each, without the connector’s token. Chats with the built-in agent stay with their owners.",
        size(KEPT_CONTENT)
    );
    [("false", "Off", off.to_owned()), ("true", "On", on)]
}

/// The page.
pub(super) fn view(shell: Shell, known: &Known, database: &Database) -> DataPage {
    let page = DataPage {
        shell,
        tabs: Tab::all("/settings/data"),
        form: known.form(),
        keep_calls: known.number(
            SettingName::KeepCallsDays,
            "1 to 730 days. Older ones are deleted within a minute.",
        ),
        keep_content: known.choices(SettingName::KeepContent, words(), CONTENT_HELP),
        keep_content_days: known.number(SettingName::KeepContentDays, CONTENT_DAYS_HELP),
        backup_lead: "",
        backup_command: None,
        database: String::new(),
        restore: Vec::new(),
    };
    with_database(page, database)
}

/// The same with what is true of this database.
pub(super) fn with_database(page: DataPage, database: &Database) -> DataPage {
    match database {
        Database::File(path) => DataPage {
            backup_lead: "A copy of the whole database at one moment: connectors, people, chats, calls and the audit log. Nobody has to wait for it.",
            database: format!("SQLite, {}", path.display()),
            restore: from_file(path),
            ..page
        },
        Database::Postgres => DataPage {
            backup_lead: "The data is in PostgreSQL, so its own tools make the backup: connectors, people, chats, calls and the audit log.",
            backup_command: Some(
                "pg_dump --format=custom --file=tieline.dump \"$TIELINE_DATABASE_URL\"",
            ),
            database: "PostgreSQL".to_owned(),
            restore: from_dump(),
            ..page
        },
    }
}

fn from_file(path: &Path) -> Vec<Step> {
    let shown = path.display();
    vec![
        step("Stop Tieline.", ""),
        step(
            &format!(
                "Move {shown} away, and with it the files of the same name that end in -wal and -shm, if they are there."
            ),
            "",
        ),
        step(&format!("Put the backup in its place, as {shown}."), ""),
        step(
            "Start Tieline with the same master key. With another one it refuses to start, because it could read no token.",
            "",
        ),
        step("Check that the audit log is whole.", "tieline audit verify"),
    ]
}

fn from_dump() -> Vec<Step> {
    vec![
        step("Stop every process of Tieline.", ""),
        step(
            "Put the dump back.",
            "pg_restore --clean --if-exists --dbname=\"$TIELINE_DATABASE_URL\" tieline.dump",
        ),
        step(
            "Start Tieline with the same master key. With another one it refuses to start, because it could read no token.",
            "",
        ),
        step("Check that the audit log is whole.", "tieline audit verify"),
    ]
}

fn step(text: &str, command: &'static str) -> Step {
    Step {
        text: text.to_owned(),
        command,
    }
}
