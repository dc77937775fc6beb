//! The step that gets the OPC UA servers that tests run against: libraries in Python and in Node that share nothing with
//! Tieline's own.
//!
//! Promises: they lie below the build folder until the lists in `tests/opcua` change. Rust's and Python's tests find the
//! folder by [`VARIABLE`].

use super::prepare::{node_from, python_in};
use super::{Ended, Trouble};
use crate::project::Project;
use anyhow::Context;
use std::path::{Path, PathBuf};

/// Names the folder to tests.
pub(crate) const VARIABLE: &str = "TIELINE_OPCUA";

/// Where the libraries are: `venv` and `node_modules` below it.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target.join("opcua")
}

/// Installs them unless they are there, and says where.
pub(crate) fn fetch(project: &Project) -> Ended {
    let folder = folder(project);
    get(project, &folder).map_err(|trouble| match trouble {
        // Without the servers nobody knows what they would show.
        Trouble::Failed(error) => Trouble::CannotRun(format!(
            "the packages that tests/opcua lists cannot be had ({error:#}): where pip and npm reach their package \
             indexes, `cargo xtask test opcua` installs them in {}",
            folder.display()
        )),
        other => other,
    })?;
    println!("OPC UA servers: {VARIABLE}={}", folder.display());
    Ok(())
}

fn get(project: &Project, folder: &Path) -> Ended {
    let lists = project.root.join("tests/opcua");
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    python_in(&folder.join("venv"), &lists.join("requirements.txt"))?;
    node_from(&lists, folder)
}
