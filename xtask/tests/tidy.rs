//! The checks of the repository itself: what no compiler looks at and no reader should have to.

mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use repository::{Workspace, documents, read, root, tracked};

/// Who may name a crate directly, tests included. `deny.toml` says the same for the release build.
const KEPT_TO: [(&str, &[&str]); 6] = [
    ("sqlx", &["tieline-store"]),
    ("sqlx-core", &["tieline-store"]),
    ("sqlx-postgres", &["tieline-store"]),
    ("sqlx-sqlite", &["tieline-store"]),
    // The MCP client's own tests serve HTTP with it; the product serves from `tieline-web` alone.
    (
        "axum",
        &["tieline-web", "tieline-testkit", "tieline-mcp (tests)"],
    ),
    ("chacha20poly1305", &["tieline-secrets"]),
];

#[test]
fn the_crate_table_says_who_uses_whom() {
    let workspace = Workspace::load();
    let actual: BTreeMap<String, BTreeSet<String>> = workspace
        .members()
        .map(|member| (member.name.clone(), workspace.own_dependencies(member)))
        .collect();
    assert_eq!(
        crate_table(),
        actual,
        "the crate table of ARCHITECTURE.md (left) and the Cargo.toml files (right) differ"
    );
}

#[test]
fn crates_with_one_owner_stay_with_it() {
    let workspace = Workspace::load();
    for (name, owners) in KEPT_TO {
        for member in workspace.members() {
            for dependency in member
                .dependencies
                .iter()
                .filter(|dependency| dependency.name == name)
            {
                let user = match dependency.kind.as_str() {
                    "dev" => format!("{} (tests)", member.name),
                    _ => member.name.clone(),
                };
                let allowed =
                    owners.contains(&user.as_str()) || owners.contains(&member.name.as_str());
                assert!(
                    allowed,
                    "{user} uses {name}, which belongs to {}",
                    owners.join(", ")
                );
            }
        }
    }
}

#[test]
fn every_file_that_the_documents_name_exists() {
    let files = tracked();
    let mut missing = Vec::new();
    for document in documents() {
        for name in named_files(&read(&document)) {
            let found = files
                .iter()
                .any(|file| file == &name || file.ends_with(&format!("/{name}")));
            if !found && !root().join(&name).exists() {
                missing.push(format!("{document} names {name}"));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "these files do not exist:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_setting_is_explained_to_operators() {
    let (source, manual) = (
        read("crates/tieline/src/config/known.rs") + &read("crates/tieline/src/config.rs"),
        read("docs/operate.md"),
    );
    let settings: BTreeSet<&str> = source
        .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
        .filter(|word| word.starts_with("TIELINE_") && word.len() > "TIELINE_".len())
        .collect();
    assert!(settings.contains("TIELINE_LISTEN"), "no settings found");
    let missing: Vec<&&str> = settings
        .iter()
        .filter(|name| !manual.contains(**name))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/operate.md does not explain {missing:?}"
    );
}

#[test]
fn no_source_file_is_longer_than_800_lines() {
    let long: Vec<String> = tracked()
        .into_iter()
        .filter(|file| Path::new(file).extension().is_some_and(|kind| kind == "rs"))
        .map(|file| (read(&file).lines().count(), file))
        .filter(|(lines, _)| *lines > 800)
        .map(|(lines, file)| format!("{file}: {lines}"))
        .collect();
    assert!(
        long.is_empty(),
        "split these files by subject:\n{}",
        long.join("\n")
    );
}

#[test]
fn both_databases_have_the_same_migrations() {
    let of = |database: &str| -> Vec<String> {
        let folder = format!("crates/tieline-store/migrations/{database}/");
        tracked()
            .iter()
            .filter_map(|file| file.strip_prefix(&folder))
            .map(str::to_owned)
            .collect()
    };
    let (sqlite, postgres) = (of("sqlite"), of("postgres"));
    assert!(!sqlite.is_empty(), "no migrations found");
    assert_eq!(
        sqlite, postgres,
        "each migration needs a file of the same name for SQLite and PostgreSQL"
    );
}

#[test]
fn lock_files_name_no_registry() {
    for file in tracked() {
        let text = match Path::new(&file).file_name().and_then(|name| name.to_str()) {
            Some("package-lock.json" | ".npmrc" | "requirements.txt") => read(&file),
            _ => continue,
        };
        assert!(
            !text.contains("\"resolved\""),
            "{file} records where packages were fetched from"
        );
        assert!(
            !text.contains("://") || !text.contains("registry="),
            "{file} names a registry"
        );
    }
}

#[test]
fn no_file_names_a_path_of_the_machine_it_was_written_on() {
    // Put together here so that this file does not find itself.
    let homes = [
        ["/ho", "me/"],
        ["/ro", "ot/"],
        ["/Us", "ers/"],
        ["/wo", "rk/"],
        ["C:\\", "Users"],
    ]
    .map(|parts| parts.concat());
    let mut found = Vec::new();
    for file in tracked() {
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            if homes.iter().any(|home| begins_a_path(line, home)) {
                found.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(
        found.is_empty(),
        "these lines name a folder of one machine:\n{}",
        found.join("\n")
    );
}

/// `path` occurs in `line` as the start of an absolute path, not inside a longer one or a URL.
fn begins_a_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        line[..at]
            .chars()
            .next_back()
            .is_none_or(|before| !before.is_alphanumeric() && !"._-/~}>".contains(before))
    })
}

/// The table under the heading "Crates": crate in the first column, the crates of ours it uses in the third.
fn crate_table() -> BTreeMap<String, BTreeSet<String>> {
    let text = read("ARCHITECTURE.md");
    let section = text
        .split("\n## ")
        .find(|section| section.starts_with("Crates\n"))
        .expect("a section `## Crates`");
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let name = code_spans(cells[0])
                .next()
                .expect("the first cell names a crate")
                .to_owned();
            let uses = code_spans(cells.get(2).expect("a third cell"))
                .map(full_name)
                .collect();
            (name, uses)
        })
        .collect()
}

/// The table leaves out the common first part of the names.
fn full_name(short: &str) -> String {
    if short.starts_with("tieline") {
        short.to_owned()
    } else {
        format!("tieline-{short}")
    }
}

/// Code spans that look like a file of the repository: they end in a known kind of file name.
fn named_files(text: &str) -> Vec<String> {
    const KINDS: [&str; 13] = [
        "rs", "md", "toml", "html", "css", "js", "mjs", "json", "sql", "yaml", "yml", "lock", "txt",
    ];
    code_spans(text)
        .filter(|span| {
            !span.contains([' ', '*', '<', '{', '~', '$', ':']) && !span.starts_with('/')
        })
        .filter(|span| {
            span.rsplit_once('.')
                .is_some_and(|(stem, kind)| !stem.is_empty() && KINDS.contains(&kind))
        })
        .map(|span| span.trim_start_matches("./").to_owned())
        .collect()
}

fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}
