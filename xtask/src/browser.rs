//! The browser tests: real Chromium against the real binary (`e2e/`).

use anyhow::Result;

use crate::node_tests;
use crate::process;
use crate::report::{Outcome, Report, Skips};
use crate::tools;

/// `cargo xtask e2e [FILTER]`
pub(crate) fn command(words: &[String]) -> bool {
    let mut report = Report::default();
    report.add(
        "browser tests",
        run(words.first().map(String::as_str)),
        Skips::Refused,
    );
    report.finish()
}

/// Builds the binary and runs the tests whose name matches `filter`.
pub(crate) fn run(filter: Option<&str>) -> Result<Outcome> {
    let Some(chromium) = tools::program("chromium", "chromium") else {
        return Ok(Outcome::Skipped(
            "Chromium is not installed (apt-get install chromium)".to_owned(),
        ));
    };
    let (binary, gallery) = (tieline()?, gallery()?);
    node_tests::run(
        "e2e",
        "tests",
        &[
            ("TIELINE_BIN", &binary),
            ("GALLERY_BIN", &gallery),
            ("CHROMIUM", &chromium),
        ],
        filter,
    )
}

/// `cargo xtask pictures [PART OF A NAME]`: every page and every state of the gallery, into `e2e/.artifacts/pictures`;
/// with `--docs` the pictures of the documentation instead, into `docs/screenshots`.
pub(crate) fn pictures(words: &[String]) -> Result<bool> {
    let Some(chromium) = tools::program("chromium", "chromium") else {
        anyhow::bail!("Chromium is not installed (apt-get install chromium)");
    };
    let node = tools::node().map_err(anyhow::Error::msg)?;
    let folder = process::root().join("e2e");
    tools::npm_ci(&folder)?;
    let script = match words.first().map(String::as_str) {
        Some("--docs") => "screenshots.mjs",
        _ => "pictures.mjs",
    };
    let mut command = process::command(node);
    command
        .current_dir(folder)
        .arg(script)
        .args(words)
        .env("TIELINE_BIN", tieline()?)
        .env("GALLERY_BIN", gallery()?)
        .env("CHROMIUM", chromium);
    process::run(&mut command)
}

/// Builds the gallery of example pages and says where it is. `GALLERY_BIN` names another one.
fn gallery() -> Result<std::path::PathBuf> {
    if let Some(binary) = std::env::var_os("GALLERY_BIN") {
        return Ok(binary.into());
    }
    let build = [
        "build",
        "--locked",
        "--package",
        "tieline-web",
        "--example",
        "gallery",
    ];
    if !process::run(process::cargo().args(build))? {
        anyhow::bail!("the gallery does not build");
    }
    Ok(process::target_dir().join("debug/examples/gallery"))
}

/// Builds `tieline` for tests and says where it is. `TIELINE_BIN` names another one.
pub(crate) fn tieline() -> Result<std::path::PathBuf> {
    if let Some(binary) = std::env::var_os("TIELINE_BIN") {
        return Ok(binary.into());
    }
    if !process::run(process::cargo().args(["build", "--locked", "--package", "tieline"]))? {
        anyhow::bail!("tieline does not build");
    }
    Ok(process::target_dir().join("debug/tieline"))
}
