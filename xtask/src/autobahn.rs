//! `cargo xtask autobahn`: the public WebSocket conformance suite against the transport, with no dialect in between.
//!
//! Promises: each case's verdict is compared with the one recorded in `tests/autobahn/expected.json`, and any difference,
//! better or worse, is a failure; verdicts are recorded from a full run only, and from none in which a case failed. The runner itself is described in
//! `tests/autobahn/README.md`.

use crate::check;
use crate::process::{Output, Server};
use crate::project::Project;
use anyhow::Context;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Left out of an everyday run: compression, 216 cases of which each sends up to 128 MiB.
const SLOW_GROUPS: [u32; 2] = [12, 13];

/// A case's number: `[9, 1, 6]` for 9.1.6, so that it sorts as people count.
type Case = Vec<u32>;

/// How a case and its closing handshake went, in the suite's words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    behavior: String,
    closing: String,
}

type Verdicts = BTreeMap<Case, Verdict>;

/// Builds the echo server, runs the suite, compares or records; tells whether nothing has changed.
pub(crate) fn run_all(project: &Project, full: bool, bless: bool) -> anyhow::Result<bool> {
    check::build_release(project)?;
    if !bless {
        return compare(project, full);
    }
    let verdicts = measure(project, true)?;
    let failed = failures(&verdicts);
    anyhow::ensure!(failed.is_empty(), "nothing recorded, since these failed: {}", failed.join(" "));
    let path = expected_path(&project.root);
    std::fs::write(&path, print(&verdicts)).with_context(|| format!("cannot write {}", path.display()))?;
    println!("autobahn: {} verdicts recorded in {}", verdicts.len(), path.display());
    Ok(true)
}

/// Runs the suite against the echo server that is already built, and compares.
pub(crate) fn compare(project: &Project, full: bool) -> anyhow::Result<bool> {
    let path = expected_path(&project.root);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: record verdicts with `cargo xtask autobahn --full --bless`", path.display()))?;
    let mut expected = parse(&serde_json::from_str(&text)?).with_context(|| format!("{}", path.display()))?;
    if !full {
        expected.retain(|case, _| !is_slow(case));
    }
    let found = measure(project, full)?;
    let changes = changes(&expected, &found);
    for change in &changes {
        println!("{change}");
    }
    println!("autobahn: {} cases, {} verdicts differ from the recorded ones", found.len(), changes.len());
    Ok(changes.is_empty())
}

fn expected_path(root: &Path) -> PathBuf {
    root.join("tests/autobahn/expected.json")
}

fn is_slow(case: &Case) -> bool {
    case.first().is_some_and(|group| SLOW_GROUPS.contains(group))
}

/// One run of the suite.
fn measure(project: &Project, full: bool) -> anyhow::Result<Verdicts> {
    let out = project.target.join("autobahn");
    let mut echo = Command::new(project.target.join("release/examples/echo"));
    let (_echo, address) = Server::start(echo.args(["--listen", "127.0.0.1:0"]), Output::Data, "listening on ")?;
    let mut suite = Command::new("python3");
    suite.arg("-B").arg(project.root.join("tests/autobahn/autobahn")).arg(format!("ws://{address}/"));
    suite.arg("--out").arg(&out).env("AUTOBAHN_CACHE", project.target.join("autobahn-suite"));
    if !full {
        suite.args(["--exclude", "12.*,13.*"]);
    }
    let status = suite.current_dir(&project.root).status().context("cannot start python3")?;
    // 1 says that a case failed: whether that is news, the comparison tells.
    anyhow::ensure!(matches!(status.code(), Some(0 | 1)), "the suite itself did not get through: {status}");
    let path = out.join("index.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let index: Value = serde_json::from_str(&text)?;
    parse(index.get("server").context("the suite's index has no server in it")?)
}

fn parse(cases: &Value) -> anyhow::Result<Verdicts> {
    let cases = cases.as_object().context("no object of cases")?;
    let one = |(case, verdict): (&String, &Value)| {
        let number: Case = case.split('.').map(str::parse).collect::<Result<_, _>>().context(case.clone())?;
        let word = |key: &str| verdict.get(key).and_then(Value::as_str).map(str::to_owned);
        let behavior = word("behavior").with_context(|| format!("{case} has no behavior"))?;
        let closing = word("behaviorClose").with_context(|| format!("{case} has no behaviorClose"))?;
        Ok((number, Verdict { behavior, closing }))
    };
    cases.iter().map(one).collect()
}

/// JSON with one case a line, so that a change is one line in a diff.
fn print(verdicts: &Verdicts) -> String {
    let one = |(case, verdict): (&Case, &Verdict)| {
        let words = json!({ "behavior": verdict.behavior, "behaviorClose": verdict.closing });
        format!("  {:?}: {words}", name(case))
    };
    let lines: Vec<_> = verdicts.iter().map(one).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

fn name(case: &Case) -> String {
    case.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

/// The cases that went wrong, or whose closing did: never something to get used to.
fn failures(verdicts: &Verdicts) -> Vec<String> {
    let is_bad = |word: &str| matches!(word, "FAILED" | "UNCLEAN" | "WRONG CODE");
    let bad = verdicts.iter().filter(|(_, verdict)| is_bad(&verdict.behavior) || is_bad(&verdict.closing));
    bad.map(|(case, _)| name(case)).collect()
}

/// A line for every case that is not as recorded.
fn changes(expected: &Verdicts, found: &Verdicts) -> Vec<String> {
    let mut cases: Vec<&Case> = expected.keys().chain(found.keys()).collect();
    cases.sort();
    cases.dedup();
    let words = |verdict: Option<&Verdict>| {
        verdict.map_or("nothing".to_owned(), |verdict| format!("{} closing {}", verdict.behavior, verdict.closing))
    };
    let changed = cases.into_iter().filter(|case| expected.get(*case) != found.get(*case));
    changed
        .map(|case| format!("{}: recorded {}, found {}", name(case), words(expected.get(case)), words(found.get(case))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(cases: &[(&str, &str)]) -> Verdicts {
        let cases = cases.iter().map(|(case, behavior)| {
            (case.to_string(), json!({ "behavior": behavior, "behaviorClose": "OK", "duration": 3 }))
        });
        parse(&Value::Object(cases.collect())).unwrap()
    }

    #[test]
    fn verdicts_are_written_in_the_order_of_people_and_come_back() {
        let some = verdicts(&[("10.1.1", "OK"), ("9.1.6", "NON-STRICT")]);
        let text = print(&some);
        let expected = "{\n  \"9.1.6\": {\"behavior\":\"NON-STRICT\",\"behaviorClose\":\"OK\"},\n  \
                        \"10.1.1\": {\"behavior\":\"OK\",\"behaviorClose\":\"OK\"}\n}\n";
        assert_eq!(text, expected);
        assert_eq!(parse(&serde_json::from_str(&text).unwrap()).unwrap(), some);
    }

    #[test]
    fn a_failure_is_nothing_to_record() {
        let mut some = verdicts(&[("1.1.1", "OK"), ("1.1.2", "FAILED"), ("1.1.3", "NON-STRICT"), ("7.1.1", "OK")]);
        some.get_mut(&vec![7, 1, 1]).unwrap().closing = "UNCLEAN".to_owned();
        assert_eq!(failures(&some), ["1.1.2", "7.1.1"]);
    }

    #[test]
    fn any_change_is_told_for_better_or_worse() {
        let expected = verdicts(&[("1.1.1", "OK"), ("1.1.2", "FAILED"), ("1.1.3", "OK"), ("1.1.4", "OK")]);
        let found = verdicts(&[("1.1.1", "OK"), ("1.1.2", "OK"), ("1.1.3", "FAILED"), ("1.1.5", "OK")]);
        let told = [
            "1.1.2: recorded FAILED closing OK, found OK closing OK",
            "1.1.3: recorded OK closing OK, found FAILED closing OK",
            "1.1.4: recorded OK closing OK, found nothing",
            "1.1.5: recorded nothing, found OK closing OK",
        ];
        assert_eq!(changes(&expected, &found), told);
    }
}
