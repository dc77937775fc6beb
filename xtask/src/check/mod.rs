//! `cargo xtask test`, also called `check`: everything that CI runs, in order, no more and no less.
//!
//! Promises: every step that can still tell something is run, whatever failed before it; the summary names each with its
//! verdict, its time and its reason; and a step that could not run is a failure in CI. Called by `.ci/run` and people.

mod browser;
mod clients;
mod code;
mod dicom;
mod images;
mod opcua;
mod prepare;
mod report;

pub(crate) use code::build_release;

use crate::autobahn;
use crate::process;
use crate::project::Project;
use crate::scaffold;
use crate::tidy;
use anyhow::bail;
use report::{Report, Verdict};
use std::process::Command;
use std::time::Instant;

/// Why a step did not pass.
pub(crate) enum Failure {
    /// It ran, and what it proves is not so.
    Failed(anyhow::Error),
    /// Something it needs is missing on this machine; says what, and how to get it.
    CannotRun(String),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::Failed(error)
    }
}

/// What a step ends with.
pub(crate) type Ended = Result<(), Failure>;

/// One step.
struct Step {
    /// Its name on the command line and in the summary.
    name: &'static str,
    /// What is known when it has passed.
    proves: &'static str,
    /// The steps without which this one tells nothing; few, so that one step can be asked for alone.
    needs: &'static [&'static str],
    run: fn(&Project) -> Ended,
}

const STEPS: &[Step] = &[
    step("format", "the code is formatted", &[], code::format),
    step("tidy", "the project's promises about itself hold", &[], run_tidy),
    step("build", "everything compiles, tests included", &[], code::build),
    step("lint", "no lint has anything to say", &[], code::lint),
    step("docs", "the documentation builds, every link leads somewhere", &[], code::docs),
    step("dicom", "the real DICOM files that tests read are here", &[], dicom::fetch),
    step("opcua", "the OPC UA servers that tests run against are here", &[], opcua::fetch),
    step("images", "the images of public packages that tests read are here", &[], images::fetch),
    step("unit", "unit, conformance and scenario tests", &["build", "dicom", "opcua", "images"], code::unit),
    step("examples", "examples in the documentation", BUILD, code::examples),
    step("dialect", "a new dialect is its folder and one line", &[], run_scaffold),
    step("pages", "the pages' own logic", &[], browser::pages),
    step("release", "the program as it is shipped", &[], code::release),
    step("python", "clients in Python are content", &["release", "dicom", "opcua"], clients::python),
    step("proxies", "clients behind nginx and HAProxy are content", RELEASE, clients::proxies),
    step("node", "clients in Node are content", &["release", "opcua"], clients::node),
    step("browser", "people at a browser are content", RELEASE, browser::browser),
    step("autobahn", "public WebSocket conformance", RELEASE, run_autobahn),
    step("abuse", "attacks on all ports are withstood", RELEASE, run_abuse),
];

const BUILD: &[&str] = &["build"];
const RELEASE: &[&str] = &["release"];

/// One line of the list.
const fn step(
    name: &'static str,
    proves: &'static str,
    needs: &'static [&'static str],
    run: fn(&Project) -> Ended,
) -> Step {
    Step { name, proves, needs, run }
}

/// Prints the steps.
pub(crate) fn list() {
    for step in STEPS {
        println!("{:<10} {}", step.name, step.proves);
    }
}

/// Runs the steps that are named, with what they need, or all; tells whether all is well.
pub(crate) fn run(project: &Project, names: &[String]) -> anyhow::Result<bool> {
    let chosen = choose(names)?;
    let mut report = Report::new(Project::in_ci());
    for (index, step) in chosen.iter().enumerate() {
        eprintln!("\n== {} of {}: {}: {}", index + 1, chosen.len(), step.name, step.proves);
        let begun = Instant::now();
        let verdict = match step.needs.iter().find(|needed| !report.has_passed(needed)) {
            Some(needed) => Verdict::CouldNotRun(format!("it needs the step {needed}")),
            None => match (step.run)(project) {
                Ok(()) => Verdict::Passed,
                Err(Failure::Failed(error)) => Verdict::Failed(format!("{error:#}")),
                Err(Failure::CannotRun(reason)) => Verdict::CouldNotRun(reason),
            },
        };
        eprintln!("== {}: {verdict}", step.name);
        report.add(step.name, verdict, begun.elapsed());
    }
    println!("\n{report}");
    Ok(report.is_good())
}

/// The steps of these names and those they need, in order; all for no names.
fn choose(names: &[String]) -> anyhow::Result<Vec<&'static Step>> {
    let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut next = 0;
    while let Some(name) = wanted.get(next) {
        let Some(step) = STEPS.iter().find(|step| step.name == *name) else {
            let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            bail!("there is no step {name:?}; there are {}", known.join(", "));
        };
        wanted.extend(step.needs);
        next += 1;
    }
    Ok(STEPS.iter().filter(|step| names.is_empty() || wanted.contains(&step.name)).collect())
}

fn run_tidy(project: &Project) -> Ended {
    if !tidy::is_tidy(&project.root)? {
        return Err(anyhow::anyhow!("a promise is broken: see above").into());
    }
    Ok(())
}

fn run_scaffold(project: &Project) -> Ended {
    Ok(scaffold::prove(project)?)
}

fn run_autobahn(project: &Project) -> Ended {
    if !prepare::has_python() {
        return Err(Failure::CannotRun(prepare::NO_PYTHON.to_owned()));
    }
    if !autobahn::compare(project, false)? {
        return Err(anyhow::anyhow!("a verdict has changed: see above").into());
    }
    Ok(())
}

/// The attacks in their short form, on the program as it is shipped.
fn run_abuse(project: &Project) -> Ended {
    let mut command = Command::new(project.target.join("release/tieline-bench"));
    Ok(process::run(command.args(["abuse", "--short"]).current_dir(&project.root))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Vec<&'static str> {
        let names: Vec<_> = names.iter().map(|name| name.to_string()).collect();
        choose(&names).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn a_step_brings_what_it_needs_before_it() {
        assert_eq!(chosen(&["node", "format"]), ["format", "opcua", "release", "node"]);
        assert_eq!(chosen(&[]).len(), STEPS.len());
    }

    #[test]
    fn what_a_step_needs_stands_before_it() {
        for (index, step) in STEPS.iter().enumerate() {
            let before = |needed: &str| STEPS[..index].iter().any(|step| step.name == needed);
            assert!(step.needs.iter().all(|needed| before(needed)), "{}", step.name);
        }
    }

    #[test]
    fn an_unknown_step_is_told_the_known_ones() {
        let error = choose(&["nod".to_owned()]).err().unwrap().to_string();
        assert!(error.starts_with("there is no step \"nod\"; there are format, tidy, "), "{error}");
    }
}
