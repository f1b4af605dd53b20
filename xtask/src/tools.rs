//! Installs what the suites need, where that is allowed, and says what is missing where it is not.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Result, bail};

use crate::process;

/// True when we may install packages of the distribution.
pub(crate) fn is_root() -> bool {
    process::output(process::command("id").arg("-u")).is_ok_and(|id| id == "0")
}

/// Whether the package lists could be fetched; done once.
static UPDATED: OnceLock<bool> = OnceLock::new();

/// Installs packages of the distribution; false when that is not allowed or does not work here.
pub(crate) fn apt_install(packages: &[&str]) -> bool {
    if !is_root() || process::find("apt-get").is_none() {
        return false;
    }
    let apt = || {
        let mut command = process::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq");
        command
    };
    let updated = UPDATED.get_or_init(|| process::run(apt().arg("update")).unwrap_or(false));
    *updated
        && process::run(
            apt()
                .args(["install", "-y", "--no-install-recommends"])
                .args(packages),
        )
        .unwrap_or(false)
}

/// The path of a program, installed from `package` when it is missing and we may.
pub(crate) fn program(name: &str, package: &str) -> Option<PathBuf> {
    process::find(name).or_else(|| {
        apt_install(&[package])
            .then(|| process::find(name))
            .flatten()
    })
}

/// A Node that runs the test suites (20 or later).
pub(crate) fn node() -> Result<PathBuf, String> {
    let found = program("node", "nodejs").filter(|_| program("npm", "npm").is_some());
    let Some(node) = found else {
        return Err("Node 20 with npm is not installed".to_owned());
    };
    let version = process::output(process::command(&node).arg("--version")).unwrap_or_default();
    let major: u32 = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    if major < 20 {
        return Err(format!(
            "Node 20 or later is needed, {version} is installed"
        ));
    }
    Ok(node)
}

/// Installs exactly what the lock file of a folder names, unless that is already there.
pub(crate) fn npm_ci(folder: &Path) -> Result<()> {
    let lock = std::fs::read(folder.join("package-lock.json"))?;
    let mark = folder.join("node_modules/.tieline-lock");
    if std::fs::read(&mark).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut npm = process::command("npm");
    npm.current_dir(folder)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    if !process::run(&mut npm)? {
        bail!("npm ci failed in {}", folder.display());
    }
    std::fs::write(mark, lock)?;
    Ok(())
}

/// A Python with the official MCP package, in a virtual environment below the target folder.
pub(crate) fn python_with_mcp() -> Result<PathBuf, String> {
    let Some(system) = program("python3", "python3") else {
        return Err("Python 3 is not installed".to_owned());
    };
    let home = process::target_dir().join("interop-python");
    let python = home.join("bin/python");
    let requirements = process::root().join("interop/requirements.txt");
    let wanted = std::fs::read(&requirements).map_err(|error| error.to_string())?;
    let mark = home.join(".tieline-requirements");
    if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let create = || {
        process::run(
            process::command(&system)
                .args(["-m", "venv", "--clear"])
                .arg(&home),
        )
        .unwrap_or(false)
    };
    // Debian ships the venv module apart from Python itself.
    let created = create() || (apt_install(&["python3-venv"]) && create());
    if !created {
        return Err("Python's venv module does not work (apt-get install python3-venv)".to_owned());
    }
    let mut pip = process::command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(&requirements);
    if !process::run(&mut pip).unwrap_or(false) {
        return Err("the packages of interop/requirements.txt could not be installed".to_owned());
    }
    std::fs::write(mark, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}
