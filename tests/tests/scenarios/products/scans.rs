//! From a file in a watched folder to those who hear and see it: a real gateway, files made here, its site beside it.
#![allow(clippy::unwrap_used, clippy::panic)]

use dicom_core::VR;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use tieline_config::{Input, load};
use tieline_dicom_read::write::{Element, file};
use tieline_gateway::registry::DIALECTS;
use tieline_gateway::{Gateway, Options};
use tieline_testkit::{Client, Logs, Raw, TestGateway};

/// Every text that may identify a person begins so.
const MARKER: &str = "MRKR";

/// The header of one image, with these words in every place that may hold a person.
fn image(series: u32, who: &str) -> Vec<u8> {
    let text = |tag, vr, text: &str| Element::text(tag, vr, text);
    file(&[
        text((0x0008, 0x1010), VR::SH, "AWP7"),
        text((0x0008, 0x1030), VR::LO, &format!("{who}study")),
        text((0x0008, 0x103E), VR::LO, "rest"),
        text((0x0008, 0x1070), VR::PN, &format!("{who}operator")),
        text((0x0010, 0x0010), VR::PN, &format!("{who}name")),
        text((0x0018, 0x0080), VR::DS, "1300"),
        text((0x0020, 0x000D), VR::UI, "2.25.7"),
        text((0x0020, 0x0011), VR::IS, &series.to_string()),
        text((0x0020, 0x4000), VR::LT, &format!("{who}comment")),
        Element::new((0x7FE0, 0x0010), VR::OW, vec![0; 32]),
    ])
}

/// A gateway that watches a folder of its own.
fn gateway(folder: &TempDir, more: &str) -> TestGateway {
    let (store, export) = (folder.path().join("store"), folder.path().join("export"));
    fs::create_dir_all(&export).unwrap();
    TestGateway::start(&format!("[store]\npath = {store:?}\n[mr]\nwatch = [{export:?}]\n{more}"))
}

fn put(folder: &TempDir, name: &str, bytes: &[u8]) {
    let path = folder.path().join("export").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A client on this path that is known to listen: a handshake that has ended says only that it will.
async fn listening(gateway: &TestGateway, path: &str) -> Client {
    let mut client = Client::connect(gateway.address("mr"), path).await.unwrap();
    client.barrier().await.unwrap();
    client
}

async fn frame(client: &mut Client) -> Value {
    match client.receive().await.unwrap() {
        tieline_testkit::Heard::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("no text: {other:?}"),
    }
}

#[tokio::test]
async fn a_series_is_told_once_and_then_counted() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = gateway(&folder, "");
    let mut all = listening(&gateway, "/").await;
    let mut one = listening(&gateway, "/station/AWP7").await;
    let mut other = listening(&gateway, "/station/AWP8").await;
    assert_eq!(Raw::connect(gateway.site("mr")).await.unwrap().get("/state").await.unwrap().body, "{}");
    put(&folder, "study/series/001.dcm", &image(3, "a "));
    for client in [&mut all, &mut one] {
        let new = frame(client).await;
        assert_eq!((&new["station"], &new["type"]), (&"AWP7".into(), &"new".into()));
        assert_eq!(new["content"]["verdict"], "no_template");
        assert_eq!(new["content"]["conforms"], true);
        assert_eq!(new["content"]["input"]["TR"].to_string(), "1300.0");
    }
    for count in 1..=3 {
        put(&folder, &format!("study/series/00{}.dcm", count + 1), &image(3, "a "));
        assert_eq!(frame(&mut all).await["content"], count);
        assert_eq!(frame(&mut one).await["content"], count);
    }
    put(&folder, "study/next/001.dcm", &image(4, "a "));
    assert_eq!(frame(&mut all).await["content"]["input"]["SeriesNumber"], 4);
    let state = Raw::connect(gateway.site("mr")).await.unwrap().get("/state").await.unwrap();
    assert_eq!(state.header("content-type"), Some("application/json"));
    let state: Value = serde_json::from_str(&state.body).unwrap();
    assert_eq!(state["AWP7"]["content"]["input"]["SeriesNumber"], 4);
    other.hears_nothing().await.unwrap();
}

#[tokio::test]
async fn whatever_a_file_holds_the_next_one_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = gateway(&folder, "");
    let mut client = listening(&gateway, "/").await;
    let whole = image(1, "a ");
    for (number, bytes) in [b"not DICOM".as_slice(), &whole[..200], &whole[..140]].into_iter().enumerate() {
        put(&folder, &format!("bad{number}.dcm"), bytes);
        let told = frame(&mut client).await;
        assert_eq!((&told["station"], &told["type"]), (&Value::Null, &"unreadable".into()));
        assert!(told["content"]["path"].as_str().unwrap().ends_with(&format!("bad{number}.dcm")));
    }
    // A watched folder that disappears and comes back is watched again.
    let export = folder.path().join("export");
    fs::remove_dir_all(&export).unwrap();
    put(&folder, "again/001.dcm", &whole);
    assert_eq!(frame(&mut client).await["type"], "new");
}

#[tokio::test]
async fn what_identifies_a_person_stays_with_those_it_is_addressed_to() {
    let logs = Logs::capture();
    let folder = tempfile::tempdir().unwrap();
    let gateway = gateway(&folder, "");
    let mut tail = Raw::connect(gateway.console()).await.unwrap();
    tail.write(b"GET /api/tail HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await.unwrap();
    assert_eq!(tail.answer().await.unwrap().status, 200);
    // One that logs nothing itself: its words would be in the log of this process.
    let mut client = gateway.raw("mr").await.unwrap();
    assert!(client.barrier().await.unwrap().is_empty());
    put(&folder, &format!("{MARKER}path/1.dcm"), &image(1, MARKER));
    let new = client.receive().await.unwrap();
    for place in ["study", "operator", "name", "comment", "path"] {
        assert!(new.contains(&format!("{MARKER}{place}")), "{place}");
    }
    put(&folder, &format!("{MARKER}wrong.dcm"), format!("{MARKER}content").as_bytes());
    assert!(client.receive().await.unwrap().contains(&format!("{MARKER}wrong.dcm")));
    let mut shown = String::new();
    while !shown.contains("mr.unreadable") {
        shown += &tail.piece().await.unwrap();
    }
    let metrics = gateway.get("/metrics").await.unwrap().body;
    for (what, text) in [("the tail", &shown), ("the metrics", &metrics), ("the log", &logs.text())] {
        assert!(text.len() > 100, "{what} is as good as empty");
        assert!(!text.contains(MARKER), "a marker in {what}");
    }
    assert!(shown.contains("AWP7") && metrics.contains(r#"tieline_dicom_files_unreadable_total{reason="not_dicom"}"#));
}

/// What stands at a path of the site, asked for by hand so that nothing tidies the path.
async fn visit(gateway: &TestGateway, request: &str, host: &str) -> tieline_testkit::Answer {
    let mut raw = Raw::connect(gateway.site("mr")).await.unwrap();
    raw.write(format!("{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    raw.answer().await.unwrap()
}

#[tokio::test]
async fn the_site_has_its_door_and_its_own_folder_has_walls() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages");
    fs::create_dir_all(pages.join("sub")).unwrap();
    fs::write(pages.join("index.html"), "<title>of the site</title>").unwrap();
    fs::write(pages.join("sub/own.js"), "own()").unwrap();
    fs::write(folder.path().join("secret"), "SECRET").unwrap();
    let gateway = gateway(&folder, &format!("static = {:?}", Path::new(&pages)));
    let host = "127.0.0.1";
    for (path, body) in [
        ("/", "<title>of the site</title>"),
        ("/scanner/AWP7", "<title>of the site</title>"),
        ("/static/sub/own.js", "own()"),
    ] {
        let answer = visit(&gateway, &format!("GET {path}"), host).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        assert_eq!(answer.header("content-security-policy"), None, "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    for path in [
        "/static/../secret",
        "/static/%2e%2e/secret",
        "/../secret",
        "/static/..%2fsecret",
        "/static//etc/passwd",
        "/none",
    ] {
        let answer = visit(&gateway, &format!("GET {path}"), host).await;
        assert!(answer.status >= 400 && !answer.body.contains("SECRET"), "{path}: {}", answer.status);
    }
    assert_eq!(visit(&gateway, "GET /state", "attacker.example").await.status, 403);
    assert_eq!(visit(&gateway, "POST /state", host).await.status, 405);
    assert!(visit(&gateway, "GET /state", host).await.header("content-security-policy").is_some());
}

#[test]
fn templates_that_are_no_database_stop_the_start_and_free_its_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("db.sqlite");
    fs::write(&database, "no database").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = format!(
        "[store]\npath = {:?}\n[mr]\nlisten = \"{free}\"\nhttp = \"127.0.0.1:0\"\nwatch = [{:?}]\ntemplates = {database:?}",
        folder.path().join("store"),
        folder.path()
    );
    let input = Input { path: "test.toml".to_owned(), bytes: text.into_bytes(), ..Input::default() };
    let config = load(&input, DIALECTS).unwrap();
    let error = Gateway::start(&config, Options { shards: 1, ..Options::default() }).err().unwrap().to_string();
    assert!(error.starts_with("mr: ") && error.contains("db.sqlite"), "{error}");
    std::net::TcpListener::bind(free).unwrap();
}
