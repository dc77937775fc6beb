//! The step that gets the OPC UA servers that tests run against: libraries in Python, in Node and in C that share nothing
//! with Tieline's own.
//!
//! Promises: they lie below the build folder until the lists in `tests/opcua` change. Rust's and Python's tests find the
//! folder by [`VARIABLE`].

use super::prepare::{node_from, once, python_in};
use super::{Ended, Failure};
use crate::process::{is_installed, run};
use crate::project::Project;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the folder to tests.
pub(crate) const VARIABLE: &str = "TIELINE_OPCUA";

/// Where the libraries are: `venv`, `node_modules` and `open62541` below it.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target.join("opcua")
}

/// Installs them unless they are there, and says where.
pub(crate) fn fetch(project: &Project) -> Ended {
    let folder = folder(project);
    get(project, &folder).map_err(|failure| match failure {
        // Without the servers nobody knows what they would show.
        Failure::Failed(error) => Failure::CannotRun(format!(
            "the packages that tests/opcua lists cannot be had ({error:#}): where pip, npm and cargo reach their package \
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
    node_from(&lists, folder)?;
    open62541(&lists.join("open62541"), &folder.join("open62541"))
}

/// Builds our server over open62541, whose source comes inside a crate.
fn open62541(lists: &Path, folder: &Path) -> Ended {
    if !is_installed("cc") {
        return Err(Failure::CannotRun("there is no C compiler: install one that is called `cc`".to_owned()));
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (vendor, build) = (folder.join("vendor"), folder.join("build"));
    once(&lists.join("Cargo.lock"), &folder.join("vendored.lock"), || {
        for old in [&vendor, &build].into_iter().filter(|old| old.exists()) {
            std::fs::remove_dir_all(old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
        let mut fetch = Command::new("cargo");
        fetch.args(["vendor", "--locked", "--quiet", "--manifest-path"]).arg(lists.join("Cargo.toml"));
        run(fetch.arg(&vendor).stdout(std::process::Stdio::null()))
    })?;
    python_in(&folder.join("venv"), &lists.join("requirements.txt"))?;
    let cmake = || {
        let mut cmake = Command::new(folder.join("venv/bin/cmake"));
        // What generates code is Python, and writes nothing beside itself.
        cmake.env("PYTHONDONTWRITEBYTECODE", "1");
        cmake
    };
    if !build.join("CMakeCache.txt").exists() {
        let source = vendor.join("open62541-sys/open62541").display().to_string();
        let mut configure = cmake();
        configure.arg("-S").arg(lists).arg("-B").arg(&build);
        run(configure.args(["-D", "CMAKE_BUILD_TYPE=MinSizeRel", "-D", &format!("OPEN62541={source}")]))?;
    }
    Ok(run(cmake().arg("--build").arg(&build).args(["--target", "server", "--parallel"]))?)
}
