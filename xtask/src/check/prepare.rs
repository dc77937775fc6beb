//! Gets what the tests in other languages need, on a machine that has nothing but Rust, Python 3 and Node.
//!
//! Promises: what was got once is used again until the file that lists it changes; what cannot be got is said with the
//! command that would get it. Python's packages go below the build folder, Node's beside their list unless a step says where.

use super::Failure;
use crate::process::{is_installed, run};
use crate::project::Project;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to do without Python.
pub(crate) const NO_PYTHON: &str = "python3 is not installed: install Python 3.9 or later with its venv module";

/// Whether there is a Python.
pub(crate) fn has_python() -> bool {
    is_installed("python3")
}

/// A Python with the packages that this requirements file lists; gives its program.
pub(crate) fn python(project: &Project, requirements: &Path) -> Result<PathBuf, Failure> {
    python_in(&project.target.join("venv"), requirements)
}

/// The same in an environment of its own.
pub(crate) fn python_in(folder: &Path, requirements: &Path) -> Result<PathBuf, Failure> {
    if !has_python() {
        return Err(Failure::CannotRun(NO_PYTHON.to_owned()));
    }
    let python = folder.join("bin/python");
    once(requirements, &folder.join("installed.txt"), || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))
    })?;
    Ok(python)
}

/// The packages that the lock file in this folder lists, beside it.
pub(crate) fn node(folder: &Path) -> Result<(), Failure> {
    node_from(folder, folder)
}

/// The packages that the lock file in the folder `lists` lists, in `folder`.
pub(crate) fn node_from(lists: &Path, folder: &Path) -> Result<(), Failure> {
    if !is_installed("node") || !is_installed("npm") {
        let what = "node and npm are not installed: install Node 20 or later";
        return Err(Failure::CannotRun(what.to_owned()));
    }
    once(&lists.join("package-lock.json"), &folder.join("node_modules/.installed.json"), || {
        for name in ["package.json", "package-lock.json"].iter().filter(|_| lists != folder) {
            let (from, to) = (lists.join(name), folder.join(name));
            std::fs::copy(&from, &to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder))
    })
}

/// A Chromium; gives its program: what TIELINE_BROWSER names, or Debian's.
pub(crate) fn chromium() -> Result<String, Failure> {
    debian("TIELINE_BROWSER", "/usr/bin/chromium", "chromium")
}

/// A program: what this variable names, or Debian's at this path, which is installed from the package when it is missing.
pub(crate) fn debian(variable: &str, path: &str, package: &str) -> Result<String, Failure> {
    if let Ok(named) = std::env::var(variable) {
        return Ok(named);
    }
    if !Path::new(path).exists() {
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        if !is_root || !is_installed("apt-get") {
            let what = format!("there is no {path}: `apt-get install {package}` as root, or name one in {variable}");
            return Err(Failure::CannotRun(what));
        }
        let apt =
            |arguments: &[&str]| run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"));
        apt(&["update", "-q"])?;
        apt(&["install", "-q", "-y", "--no-install-recommends", package])?;
    }
    Ok(path.to_owned())
}

/// Does something unless it was done already for the list as it is now; the copy of the list says so.
pub(crate) fn once(list: &Path, copy: &Path, install: impl FnOnce() -> anyhow::Result<()>) -> Result<(), Failure> {
    let wanted = std::fs::read(list).with_context(|| format!("cannot read {}", list.display()))?;
    if std::fs::read(copy).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    std::fs::write(copy, wanted).with_context(|| format!("cannot write {}", copy.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_is_repeated_when_its_list_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (list, copy) = (folder.path().join("list"), folder.path().join("copy"));
        let mut installed = Vec::new();
        for (round, text) in ["a", "a", "b"].into_iter().enumerate() {
            std::fs::write(&list, text).unwrap();
            let done = once(&list, &copy, || {
                installed.push(round);
                Ok(())
            });
            assert!(done.is_ok());
        }
        assert_eq!(installed, [0, 2]);
    }

    #[test]
    fn an_installation_that_failed_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let (list, copy) = (folder.path().join("list"), folder.path().join("copy"));
        std::fs::write(&list, "a").unwrap();
        assert!(once(&list, &copy, || anyhow::bail!("no network")).is_err());
        assert!(!copy.exists());
    }
}
