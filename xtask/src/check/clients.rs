//! The steps in which clients written in other languages, with their own libraries, talk to the program as it is shipped.

use super::{Ended, Failure, dicom, opcua, prepare};
use crate::process::run;
use crate::project::Project;
use std::path::PathBuf;
use std::process::Command;

/// The program that the clients' tests start.
pub(crate) fn program(project: &Project) -> PathBuf {
    project.target.join("release/tieline")
}

/// Clients made with the Python library `websockets`.
pub(crate) fn python(project: &Project) -> Ended {
    let python = python_with_packages(project)?;
    let mut command = Command::new(python);
    command.args(["-B", "-m", "unittest", "discover", "--verbose", "--pattern", "*_test.py", "--start-directory"]);
    command.arg(python_folder(project)).env(dicom::VARIABLE, dicom::folder(project));
    command.env(opcua::VARIABLE, opcua::folder(project));
    Ok(run(command.env("TIELINE_BIN", program(project)))?)
}

/// The same library behind real proxies.
pub(crate) fn proxies(project: &Project) -> Ended {
    let python = python_with_packages(project)?;
    let nginx = prepare::debian("TIELINE_NGINX", "/usr/sbin/nginx", "nginx-light")?;
    let haproxy = prepare::debian("TIELINE_HAPROXY", "/usr/sbin/haproxy", "haproxy")?;
    let mut command = Command::new(python);
    command.args(["-B", "-m", "unittest", "discover", "--verbose", "--pattern", "*_test.py", "--start-directory"]);
    command.arg(project.root.join("tests/clients/proxies")).env("PYTHONPATH", python_folder(project));
    command.env("TIELINE_NGINX", nginx).env("TIELINE_HAPROXY", haproxy);
    Ok(run(command.env("TIELINE_BIN", program(project)))?)
}

/// A Python that has what those clients need.
pub(crate) fn python_with_packages(project: &Project) -> Result<PathBuf, Failure> {
    prepare::python(project, &python_folder(project).join("requirements.txt"))
}

fn python_folder(project: &Project) -> PathBuf {
    project.root.join("tests/clients/python")
}

/// Clients made with the Node library `ws`.
pub(crate) fn node(project: &Project) -> Ended {
    let folder = project.root.join("tests/clients/node");
    prepare::node(&folder)?;
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter=spec"]).current_dir(&folder);
    command.env(opcua::VARIABLE, opcua::folder(project));
    Ok(run(command.env("TIELINE_BIN", program(project)))?)
}
