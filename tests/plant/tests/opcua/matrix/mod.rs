//! Servers as they are in the field: every quirk with every library that has it, and what each kind of request comes to.
//!
//! `table.rs` holds the cases, `bench.rs` carries one out, `chance.rs` draws many. In all of them: each request is answered,
//! a value from before a loss is never told as current, who watches is served again without doing anything, and the server
//! has one session of ours, for a moment two.
#![allow(clippy::unwrap_used, clippy::panic)]

mod bench;
mod chance;
mod model;
mod probe;
mod table;

use bench::Bench;
use table::{Case, LIMITS, LOSSES, REPORTS, TIMES};
use tieline_opcua_tests::Library;
use tieline_testkit::Logs;

/// Carries out the cases that this library has, one after the other on the same gateway; tells of all that fail.
/// `TIELINE_TEST_CASE` has parts of the names of those that are of interest, with `|` between them.
async fn all(library: Library, cases: &[Case]) {
    let part = std::env::var("TIELINE_TEST_CASE").unwrap_or_default();
    let is_run = |case: &&Case| case.servers.contains(&library) && part.split('|').any(|part| case.name.contains(part));
    let cases: Vec<&Case> = cases.iter().filter(is_run).collect();
    let logs = Logs::events();
    let mut bench = Bench::start(library).await.unwrap();
    let mut failed = Vec::new();
    for case in &cases {
        if let Err(failure) = bench.carry_out(case).await {
            failed.push(format!("{library:?}, {}: {failure}\nthe log ends with\n{}", case.name, logs.last(40)));
            // What is left of it is not to fail the next one.
            let ended = std::mem::replace(&mut bench, Bench::start(library).await.unwrap()).end().await;
            failed.extend(ended.err().map(|failure| format!("{library:?}, {}: {failure}", case.name)));
        }
    }
    bench.end().await.unwrap();
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

#[tokio::test]
async fn limits_of_quirky() {
    all(Library::Quirky, LIMITS).await;
}

#[tokio::test]
async fn limits_of_node_opcua() {
    all(Library::NodeOpcua, LIMITS).await;
}

#[tokio::test]
async fn limits_of_open62541() {
    all(Library::Open62541, LIMITS).await;
}

#[tokio::test]
async fn reports_of_quirky() {
    all(Library::Quirky, REPORTS).await;
}

#[tokio::test]
async fn times_of_quirky() {
    all(Library::Quirky, TIMES).await;
}

#[tokio::test]
async fn reports_and_times_of_open62541() {
    all(Library::Open62541, REPORTS).await;
    all(Library::Open62541, TIMES).await;
}

#[tokio::test]
async fn losses_of_quirky() {
    all(Library::Quirky, LOSSES).await;
}

#[tokio::test]
async fn losses_of_node_opcua() {
    all(Library::NodeOpcua, LOSSES).await;
}

#[tokio::test]
async fn losses_of_open62541() {
    all(Library::Open62541, LOSSES).await;
}

/// A case that no test above carries out would be one that cannot fail.
#[test]
fn every_case_has_a_server() {
    let run: [(&[Case], &[Library]); 4] = [
        (LIMITS, &[Library::Quirky, Library::NodeOpcua, Library::Open62541]),
        (REPORTS, &[Library::Quirky, Library::Open62541]),
        (TIMES, &[Library::Quirky, Library::Open62541]),
        (LOSSES, &[Library::Quirky, Library::NodeOpcua, Library::Open62541]),
    ];
    for (cases, libraries) in run {
        for case in cases {
            assert!(!case.servers.is_empty(), "{} has no server", case.name);
            assert!(case.servers.iter().all(|server| libraries.contains(server)), "{} is not run", case.name);
        }
    }
}
