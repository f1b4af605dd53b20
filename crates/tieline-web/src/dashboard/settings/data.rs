//! Settings, Data: how long records are kept, backup and restore.

use std::path::Path;

use tieline_domain::SettingName;
use tieline_hub::Database;

use super::edit::Known;
use super::view::{DataPage, Step, Tab};
use crate::dashboard::shell::Shell;

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
