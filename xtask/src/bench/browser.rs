//! The first token in a browser: from the moment at which a model API writes it until it stands in the chat page of a
//! real Chromium (`e2e/first_token.mjs`).

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::Row;
use crate::{process, tools};

pub(super) fn run(binary: &Path) -> Result<Vec<Row>> {
    let printed = script("first_token.mjs", binary)?;
    let figure = |name: &str| {
        let line = printed
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.context("first_token.mjs printed no such figure")
    };
    let what = "First token, from the model API to the page in Chromium";
    Ok(vec![
        Row::new(format!("{what}, p50"), figure("p50")?, "5 ms"),
        Row::new(format!("{what}, p99"), figure("p99")?, "–"),
    ])
}

/// Runs a script of `e2e` against this build; returns what it printed.
pub(super) fn script(name: &str, binary: &Path) -> Result<String> {
    let Some(chromium) = tools::program("chromium", "chromium") else {
        bail!("Chromium is not installed (apt-get install chromium)");
    };
    let node = tools::node().map_err(anyhow::Error::msg)?;
    let folder = process::root().join("e2e");
    tools::npm_ci(&folder)?;
    let mut command = process::command(node);
    command
        .current_dir(folder)
        .arg(name)
        .env("TIELINE_BIN", binary)
        .env("CHROMIUM", chromium);
    process::output(&mut command)
}
