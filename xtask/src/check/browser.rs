//! The steps about the web pages: their own logic, and a real browser in front of the running demo.

use super::clients::program;
use super::{Ended, prepare};
use crate::process::{Output, Server, run};
use crate::project::Project;
use anyhow::{Context, anyhow};
use std::process::Command;

/// Unit tests of the pages' logic.
pub(crate) fn pages(project: &Project) -> Ended {
    let folder = project.root.join("crates/console/ui");
    prepare::node(&folder)?;
    Ok(run(Command::new("npm").arg("test").current_dir(folder))?)
}

/// Everything a person does at the pages, in Chromium.
pub(crate) fn browser(project: &Project) -> Ended {
    let folder = project.root.join("tests/browser");
    let chromium = prepare::chromium()?;
    prepare::node(&folder)?;
    let mut demo = Command::new(program(project));
    demo.arg("demo").current_dir(&project.target);
    for address in ["console.listen", "vxvue.listen", "fme.listen", "mr.listen", "opcua.listen", "inspect.listen"] {
        demo.args(["--set", &format!("{address}=127.0.0.1:0")]);
    }
    // The first screen is asked for one address only, so this one is chosen here.
    let site = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let site = site.context("there is no free port")?;
    demo.args(["--set", &format!("mr.http={site}")]);
    let (_demo, console) = Server::start(&mut demo, Output::Talk, "console  ")?;
    if !console.starts_with("http") {
        return Err(anyhow!("the demo's first screen names {console:?} as its console").into());
    }
    let mut command = Command::new("npm");
    command
        .arg("test")
        .current_dir(&folder)
        .env("TIELINE_BROWSER", chromium)
        .env("TIELINE_MR", format!("http://{site}/"));
    Ok(run(command.env("TIELINE_CONSOLE", console).env("TIELINE_BIN", program(project)))?)
}
