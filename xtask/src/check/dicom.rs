//! The step that gets real DICOM files, those which Python packages carry for their own tests, and says what pydicom reads of
//! them and of damaged copies.
//!
//! Promises: nothing of them is ever part of the checkout; they lie below the build folder, in a folder a package, until
//! `tests/dicom/requirements.txt` names other versions, and `expected.jsonl` beside them until the program that makes it
//! changes. Rust's and Python's tests find the folder by [`VARIABLE`].

use super::clients::python_with_packages;
use super::prepare::{self, once};
use super::{Ended, Failure};
use crate::process::run;
use crate::project::Project;
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the folder to tests.
pub(crate) const VARIABLE: &str = "TIELINE_DICOM";

/// Where the files are: `heudiconv`, `mrdataset`, `mrqa`, `nibabel` and `pydicom` below it, as their wheels have them.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target.join("dicom")
}

/// Downloads and unpacks them unless they are there, and says where.
pub(crate) fn fetch(project: &Project) -> Ended {
    let folder = folder(project);
    get(project, &folder).map_err(|failure| match failure {
        // Without the files nobody knows what they would show.
        Failure::Failed(error) => Failure::CannotRun(format!(
            "the packages of tests/dicom/requirements.txt cannot be had ({error:#}): where pip reaches a package index, \
             `cargo xtask test dicom` leaves their files in {}",
            folder.display()
        )),
        other => other,
    })?;
    println!("real DICOM files: {VARIABLE}={}", folder.display());
    Ok(())
}

fn get(project: &Project, folder: &Path) -> Ended {
    let lists = project.root.join("tests/dicom");
    let (requirements, wheels) = (lists.join("requirements.txt"), folder.join("wheels"));
    let python = python_with_packages(project)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    once(&requirements, &folder.join("unpacked.txt"), || {
        if wheels.exists() {
            fs::remove_dir_all(&wheels).with_context(|| format!("cannot remove {}", wheels.display()))?;
        }
        let mut download = Command::new(&python);
        download.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]);
        run(download.arg(&wheels).arg("--requirement").arg(&requirements))?;
        run(Command::new(&python).arg("-B").arg(lists.join("unpack.py")).arg(&wheels).arg(folder))?;
        // What was expected of other files.
        let _ = fs::remove_file(folder.join("expect.py"));
        Ok(())
    })?;
    let reader = prepare::python_in(&project.target.join("venv-dicom"), &lists.join("pydicom.txt"))?;
    let program = lists.join("expect.py");
    once(&program, &folder.join("expect.py"), || {
        run(Command::new(&reader).arg("-B").arg(&program).arg(folder).arg(folder.join("expected.jsonl")))
    })
}
