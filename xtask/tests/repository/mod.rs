//! What the checks look at: tracked files and cargo's own view of the workspace.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace")
        .to_path_buf()
}

/// The files under version control that are still there, in order.
pub(crate) fn tracked() -> Vec<String> {
    let text = output(Command::new("git").args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]));
    let files: BTreeSet<String> = text
        .split('\0')
        .filter(|file| !file.is_empty() && root().join(file).is_file())
        .map(str::to_owned)
        .collect();
    files.into_iter().collect()
}

/// The documents whose file names are checked.
pub(crate) fn documents() -> Vec<String> {
    tracked()
        .into_iter()
        .filter(|file| is_document(file))
        .collect()
}

fn is_document(file: &str) -> bool {
    let markdown = Path::new(file).extension().is_some_and(|kind| kind == "md");
    // The changelog tells of files that are gone.
    markdown && file != "CHANGELOG.md"
}

/// The text of a tracked file.
pub(crate) fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A package of the workspace.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// What a `Cargo.toml` asks for; `kind` is `normal`, `dev` or `build`.
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// Cargo's view of the workspace.
pub(crate) struct Workspace(Vec<Member>);

impl Workspace {
    /// Asks cargo, without touching the network.
    pub(crate) fn load() -> Self {
        let text = output(Command::new(env!("CARGO")).args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ]));
        let metadata: Value = serde_json::from_str(&text).expect("cargo metadata prints JSON");
        let packages = metadata["packages"].as_array().expect("packages");
        Self(packages.iter().map(member).collect())
    }

    /// Every package.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.0.iter()
    }

    /// The packages of the workspace that `member` is built from; those of its tests are left out.
    pub(crate) fn own_dependencies(&self, member: &Member) -> BTreeSet<String> {
        let ours: BTreeSet<&str> = self.members().map(|member| member.name.as_str()).collect();
        member
            .dependencies
            .iter()
            .filter(|dependency| {
                dependency.kind == "normal" && ours.contains(dependency.name.as_str())
            })
            .map(|dependency| dependency.name.clone())
            .collect()
    }
}

fn member(package: &Value) -> Member {
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    Member {
        name: text(&package["name"]),
        dependencies: dependencies
            .iter()
            .map(|dependency| Dependency {
                name: text(&dependency["name"]),
                kind: dependency["kind"].as_str().unwrap_or("normal").to_owned(),
            })
            .collect(),
    }
}

fn output(command: &mut Command) -> String {
    let output = command
        .current_dir(root())
        .output()
        .expect("git and cargo are installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8 output")
}
