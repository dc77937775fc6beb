//! The step that gets the images of three public packages, as their source distributions have them, and what Pillow finds
//! in them.
//!
//! Promises: nothing of them is ever part of the checkout; they lie below the build folder until
//! `tests/images/requirements.txt` names other versions. Pillow runs in an environment of its own, from the same list.
//! Rust's tests find the folder by [`VARIABLE`].

use super::prepare::{once, python_in};
use super::{Ended, Failure};
use crate::process::run;
use crate::project::Project;
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the folder to tests.
pub(crate) const VARIABLE: &str = "TIELINE_IMAGES";

/// Where the images are, with the list of what Pillow finds in them.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target.join("images")
}

/// Downloads and unpacks them unless they are there, and says where.
pub(crate) fn fetch(project: &Project) -> Ended {
    let folder = folder(project);
    get(project, &folder).map_err(|failure| match failure {
        Failure::Failed(error) => Failure::CannotRun(format!(
            "the packages of tests/images/requirements.txt cannot be had ({error:#}): where pip reaches a package index, \
             `cargo xtask test images` leaves their files in {}",
            folder.display()
        )),
        other => other,
    })?;
    println!("images of public packages: {VARIABLE}={}", folder.display());
    Ok(())
}

fn get(project: &Project, folder: &Path) -> Ended {
    let lists = project.root.join("tests/images");
    let (sources, pillow) = (lists.join("requirements.txt"), lists.join("pillow.txt"));
    let python = python_in(&folder.join("venv"), &pillow)?;
    let packages = folder.join("sources");
    once(&sources, &folder.join("unpacked.txt"), || {
        if packages.exists() {
            fs::remove_dir_all(&packages).with_context(|| format!("cannot remove {}", packages.display()))?;
        }
        let mut download = Command::new(&python);
        // Only these come as sources: what it takes to build them does not matter here.
        download.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "pillow,tifffile,imageio"]);
        run(download.arg("--dest").arg(&packages).arg("--requirement").arg(&sources))?;
        run(Command::new(&python).arg("-B").arg(lists.join("unpack.py")).arg(&packages).arg(folder))
    })
}
