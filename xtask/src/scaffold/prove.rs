//! Proves on a copy of the checkout what `cargo xtask new dialect` promises.

use super::dialect;
use super::edit::REGISTRY;
use crate::process::run;
use crate::project::Project;
use crate::tidy;
use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use std::process::Command;

/// The throwaway dialect.
const NAME: &str = "throwaway";

/// Compiled once for a few tests: libraries that run fast are not worth their time.
const FAST_TO_BUILD: &str = "profile.dev.package.\"*\".opt-level=0";

/// Files outside the dialect's own that may change.
const SHARED: &[&str] = &["Cargo.lock", "Cargo.toml", "crates/gateway/Cargo.toml", REGISTRY];

/// Makes a dialect in a copy, tests it, compiles the gateway with it, and holds the copy to the project's promises.
pub(crate) fn prove(project: &Project) -> anyhow::Result<()> {
    let copy = project.target.join("throwaway");
    if copy.exists() {
        std::fs::remove_dir_all(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
    }
    let before = tidy::files(&project.root)?;
    for (path, bytes) in &before {
        let path = copy.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    // A repository of its own, so that git lists the copy's files and not those of the checkout around it.
    run(Command::new("git").args(["init", "--quiet"]).current_dir(&copy))?;
    dialect(&copy, NAME)?;
    only_its_own(&before, &tidy::files(&copy)?)?;
    // A build folder of its own: in the checkout's, cargo would take the copy's crates for those of the checkout, and go on to
    // call them fresh when the checkout has changed.
    let build = project.target.join("throwaway-build");
    let cargo = |arguments: &[&str], further: &[&str]| {
        let mut command = Command::new("cargo");
        command
            .args(["--config", FAST_TO_BUILD])
            .args(arguments)
            .args(["--locked", "--target-dir"])
            .arg(&build)
            .args(further);
        command.current_dir(&copy);
        run(&mut command)
    };
    cargo(&["test", "-p", "tieline-throwaway", "--lib"], &[])?;
    let strict = ["clippy", "-p", "tieline-throwaway", "--all-targets"];
    cargo(&strict, &["--", "-D", "warnings"])?;
    cargo(&["check", "-p", "tieline-gateway", "--no-default-features"], &[])?;
    ensure!(tidy::is_tidy(&copy)?, "a dialect that was just made breaks a promise: see above");
    Ok(())
}

/// Whether only the dialect's own files are new, and only the shared ones changed.
fn only_its_own(before: &Files, after: &Files) -> anyhow::Result<()> {
    for (path, bytes) in after {
        let is_own = path.split(['/', '.']).any(|part| part == NAME);
        match before.get(path) {
            None => ensure!(is_own, "{path} is new, and not the dialect's own"),
            Some(old) if old != bytes => ensure!(SHARED.contains(&path.as_str()), "{path} has changed"),
            Some(_) => {}
        }
    }
    let registry = lines(after, REGISTRY).saturating_sub(lines(before, REGISTRY));
    ensure!(registry <= 1, "the registry has grown by {registry} lines");
    Ok(())
}

/// A checkout's files by their path.
type Files = BTreeMap<String, Vec<u8>>;

fn lines(files: &Files, path: &str) -> usize {
    files.get(path).map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> Files {
        of.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn its_own_files_and_the_shared_lines_are_all_it_may_touch() {
        let before = files(&[("Cargo.toml", "a"), ("crates/hub/src/lib.rs", "a")]);
        let with = |more: (&'static str, &'static str)| {
            let mut after = before.clone();
            after.extend(files(&[more]));
            only_its_own(&before, &after)
        };
        assert!(with(("Cargo.toml", "b")).is_ok());
        assert!(with(("docs/dialects/throwaway.md", "b")).is_ok());
        assert!(with(("crates/hub/src/lib.rs", "b")).is_err());
        assert!(with(("crates/hub/src/new.rs", "b")).is_err());
    }
}
