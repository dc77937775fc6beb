//! The steps that cargo carries out.

use super::{Ended, dicom, images, opcua};
use crate::process::{is_installed, run};
use crate::project::Project;
use crate::tidy;
use anyhow::{Context, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Formatting.
pub(crate) fn format(project: &Project) -> Ended {
    Ok(run(&mut cargo(project, &["fmt", "--all", "--check"]))?)
}

/// Compiles all there is, so that a later step's time is its own.
pub(crate) fn build(project: &Project) -> Ended {
    Ok(run(&mut cargo(project, &["test", "--workspace", "--all-targets", "--no-run", "--locked"]))?)
}

/// The compiler's and clippy's lints.
pub(crate) fn lint(project: &Project) -> Ended {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    Ok(run(&mut cargo(project, &arguments))?)
}

/// The documentation, private items too: a link in it is a promise like any other.
pub(crate) fn docs(project: &Project) -> Ended {
    let mut command = cargo(project, &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
    Ok(run(command.env("RUSTDOCFLAGS", "-D warnings"))?)
}

/// Every test in Rust. cargo-nextest gives each a process of its own and shows its time; cargo's own runner has one process for
/// many, so there they come one after the other: some look at the memory and the panics of the whole process.
pub(crate) fn unit(project: &Project) -> Ended {
    let arguments: &[&str] = if is_installed("cargo-nextest") {
        &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]
    } else {
        println!("cargo-nextest is not installed: the tests run one after the other");
        &["test", "--workspace", "--all-targets", "--locked", "--no-fail-fast", "--", "--test-threads=1"]
    };
    let mut command = cargo(project, arguments);
    command.env(dicom::VARIABLE, dicom::folder(project)).env(opcua::VARIABLE, opcua::folder(project));
    command.env(images::VARIABLE, images::folder(project));
    Ok(run(&mut command)?)
}

/// Examples in doc comments, of those packages that have some: for a package without, all that it needs would be compiled once
/// more, with other features than its tests have.
pub(crate) fn examples(project: &Project) -> Ended {
    let packages = with_examples(&tidy::files(&project.root)?)?;
    let mut command = cargo(project, &["test", "--doc", "--locked"]);
    packages.iter().for_each(|package| _ = command.args(["--package", package]));
    Ok(run(&mut command)?)
}

/// The packages with a fence in a doc comment.
fn with_examples(files: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<BTreeSet<String>> {
    let is_fence = |line: &str| {
        let line = line.trim_start();
        ["///", "//!"]
            .iter()
            .any(|mark| line.strip_prefix(mark).is_some_and(|rest| rest.trim_start().starts_with("```")))
    };
    let mut packages = BTreeSet::new();
    for (path, bytes) in files {
        if path.ends_with(".rs") && String::from_utf8_lossy(bytes).lines().any(is_fence) {
            let manifests = Path::new(path).ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
            let manifest = manifests.filter_map(|path| files.get(path.to_str()?)).next();
            let manifest = manifest.with_context(|| format!("{path} belongs to no package"))?;
            let manifest: toml::Table = toml::from_str(&String::from_utf8_lossy(manifest))?;
            let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
            packages.insert(name.with_context(|| format!("{path}: its package has no name"))?.to_owned());
        }
    }
    ensure!(!packages.is_empty(), "no package has an example");
    Ok(packages)
}

/// Whatever is needed of the program as it is shipped, see [`build_release`].
pub(crate) fn release(project: &Project) -> Ended {
    Ok(build_release(project)?)
}

/// The program with its pages, the benchmark, and the echo server of the conformance suite, always in one go: apart they
/// would be compiled with different features of the same libraries, each from the beginning.
pub(crate) fn build_release(project: &Project) -> anyhow::Result<()> {
    let packages = ["-p", "tieline-gateway", "-p", "tieline-transport", "-p", "tieline-bench"];
    let mut command = cargo(project, &["build", "--release", "--locked"]);
    run(command.args(packages).args(["--bins", "--example", "echo"]))
}

fn cargo(project: &Project, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(&project.root);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_with_a_fence_in_a_doc_comment_have_examples() {
        let files = [
            ("crates/a/Cargo.toml", "[package]\nname = \"tieline-a\""),
            ("crates/a/src/deep/one.rs", "    /// ```\n"),
            ("crates/b/Cargo.toml", "[package]\nname = \"tieline-b\""),
            ("crates/b/src/lib.rs", "// ```\nlet text = \"```\";"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into();
        assert_eq!(with_examples(&files).unwrap(), ["tieline-a".to_owned()].into());
        assert!(with_examples(&BTreeMap::new()).is_err());
    }
}
