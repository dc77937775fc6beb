//! The checkout as the rules see it: every file that is or could be committed, and what cargo knows of the crates.

use crate::project;
use anyhow::Context;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Files by their path from the top, with `/` between names.
pub(crate) struct Tree {
    /// Text of each; empty for what is not text.
    pub(crate) files: BTreeMap<String, String>,
    /// What `cargo metadata` says, with the resolved libraries.
    pub(crate) metadata: Value,
}

/// A crate of the workspace.
pub(crate) struct Member<'a> {
    /// The package's name.
    pub(crate) name: &'a str,
    /// Its folder from the top.
    pub(crate) folder: String,
    /// The names of the packages it depends on, for any purpose.
    pub(crate) dependencies: Vec<&'a str>,
}

impl Tree {
    /// Reads the checkout at `root`.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Tree> {
        let text = |(path, bytes)| (path, String::from_utf8(bytes).unwrap_or_default());
        let files = files(root)?.into_iter().map(text).collect();
        let metadata = project::metadata(root, &["--locked", "--filter-platform", &host()?])?;
        Ok(Tree { files, metadata })
    }

    /// A tree of these files, with no crates.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let files = files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
        Tree { files, metadata: Value::Null }
    }

    /// The Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter(|(path, _)| path.ends_with(".rs")).map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The names of the dialects: the folders below `crates/dialects`.
    pub(crate) fn dialects(&self) -> Vec<&str> {
        let manifests = self.files.keys().filter_map(|path| path.strip_prefix("crates/dialects/"));
        manifests.filter_map(|path| path.strip_suffix("/Cargo.toml")).filter(|name| !name.contains('/')).collect()
    }

    /// The crates of the workspace.
    pub(crate) fn members(&self) -> Vec<Member<'_>> {
        let root = self.metadata["workspace_root"].as_str().unwrap_or_default();
        let packages = self.metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let own = packages.iter().filter(|package| package["source"].is_null());
        own.filter_map(|package| {
            let manifest = package["manifest_path"].as_str()?.strip_prefix(root)?.trim_start_matches('/');
            let dependencies = package["dependencies"].as_array()?;
            Some(Member {
                name: package["name"].as_str()?,
                folder: manifest.strip_suffix("/Cargo.toml").unwrap_or_default().to_owned(),
                dependencies: dependencies.iter().filter_map(|dependency| dependency["name"].as_str()).collect(),
            })
        })
        .collect()
    }
}

/// What git tracks below `root`, and what it would track after `git add`.
pub(crate) fn files(root: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut command = Command::new("git");
    command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let output = command.output().context("cannot start git")?;
    if !output.status.success() {
        anyhow::bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let paths = String::from_utf8(output.stdout)?;
    let paths = paths.split('\0').filter(|path| !path.is_empty());
    // A file that was deleted but is still in git's index is gone.
    Ok(paths.filter_map(|path| Some((path.to_owned(), std::fs::read(root.join(path)).ok()?))).collect())
}

/// This machine's target triple: what is built for other platforms only is not held to the rules.
fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot start rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("`rustc -vV` names no host")?.to_owned())
}
