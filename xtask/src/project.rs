//! Where the checkout and its build folder are. Called by every command.

use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout this command was started in.
pub(crate) struct Project {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The build folder; what tests install goes below it too, so that `cargo clean` removes it.
    pub(crate) target: PathBuf,
}

impl Project {
    /// Asks cargo.
    pub(crate) fn find() -> anyhow::Result<Project> {
        let metadata = metadata(Path::new("."), &["--no-deps"])?;
        let folder = |key: &str| {
            let text = metadata.get(key).and_then(serde_json::Value::as_str);
            text.map(PathBuf::from).with_context(|| format!("`cargo metadata` names no {key}"))
        };
        Ok(Project { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// Whether this is a CI run, where a step that cannot run is a failure.
    pub(crate) fn in_ci() -> bool {
        std::env::var("CI").is_ok_and(|value| value == "true")
    }
}

/// What `cargo metadata` says in this folder, with these further arguments.
pub(crate) fn metadata(folder: &Path, arguments: &[&str]) -> anyhow::Result<serde_json::Value> {
    let mut command = Command::new("cargo");
    command.args(["metadata", "--format-version", "1"]).args(arguments).current_dir(folder);
    let output = command.output().context("cannot start cargo")?;
    if !output.status.success() {
        anyhow::bail!("cargo metadata {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("`cargo metadata` wrote no JSON")
}
