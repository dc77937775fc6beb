//! The steps that cargo carries out.

use super::{Ended, dicom, images, opcua};
use crate::process::{is_installed, run};
use crate::project::Project;
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

/// Every test in Rust. cargo-nextest shows each with its time; without it, cargo's own runner does the same work.
pub(crate) fn unit(project: &Project) -> Ended {
    let arguments: &[&str] = if is_installed("cargo-nextest") {
        &["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]
    } else {
        &["test", "--workspace", "--all-targets", "--locked", "--no-fail-fast"]
    };
    let mut command = cargo(project, arguments);
    command.env(dicom::VARIABLE, dicom::folder(project)).env(opcua::VARIABLE, opcua::folder(project));
    command.env(images::VARIABLE, images::folder(project));
    Ok(run(&mut command)?)
}

/// Examples in doc comments.
pub(crate) fn examples(project: &Project) -> Ended {
    Ok(run(&mut cargo(project, &["test", "--workspace", "--doc", "--locked"]))?)
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
