//! Tests of the commands that need no server, with a context of their own.

use super::TOOL;
use serde_json::Value as Json;
use std::net::TcpListener;
use std::path::Path;
use tieline_commandline::{FAILED, USAGE, WELL};
use tieline_model::settings::{Value, Values};
use tieline_model::{ToolContext, ToolSettings};
use tieline_opcua_settings::OpcuaSettings;

/// A store, and what is configured.
struct Site {
    folder: tempfile::TempDir,
    values: Values,
}

/// What a command said.
#[derive(Debug)]
struct Told {
    code: u8,
    out: String,
    diagnostics: String,
}

impl Site {
    fn new() -> Site {
        Site { folder: tempfile::tempdir().unwrap(), values: Values::defaults(OpcuaSettings::FIELDS) }
    }

    /// With one server of one variable at this URL.
    fn with_server(url: &str) -> Site {
        let mut site = Site::new();
        let text = |text: &str| Value::Text(text.to_owned());
        let (mut server, mut variable) = (Values::default(), Values::default());
        variable.set("name", text("Temperature"));
        variable.set("node", text("ns=1;i=5"));
        variable.set("type", text("Double"));
        server.set("name", text("plant"));
        server.set("endpoint", text(url));
        server.set("variable", Value::Tables(vec![variable]));
        site.values.set("server", Value::Tables(vec![server]));
        site
    }

    fn run(&self, line: &[&str]) -> Told {
        let (mut out, mut diagnostics) = (Vec::new(), Vec::new());
        let configuration = |_: Option<&Path>, set: &[String]| match set.first() {
            Some(wrong) => Err(format!("{wrong} is no key")),
            None => Ok(ToolSettings { values: self.values.clone(), store: self.folder.path().join("store") }),
        };
        let mut context = ToolContext {
            out: &mut out,
            diagnostics: &mut diagnostics,
            is_terminal: false,
            configuration: &configuration,
        };
        let code = (TOOL.run)(line.iter().map(Into::into).collect(), &mut context);
        Told { code, out: String::from_utf8(out).unwrap(), diagnostics: String::from_utf8(diagnostics).unwrap() }
    }
}

/// A URL where nobody answers: the port was just given back.
fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("opc.tcp://127.0.0.1:{port}")
}

#[test]
fn help_is_data_and_a_mistake_is_talk() {
    let site = Site::new();
    for command in ["browse", "read", "write", "watch", "history", "folders", "import", "trust"] {
        let told = site.run(&[command, "--help"]);
        assert!(told.code == WELL && told.diagnostics.is_empty(), "{told:?}");
        assert!(told.out.contains(&format!("Usage: tieline opcua {command}")), "{told:?}");
    }
    for line in [&["fly"][..], &[], &["read"], &["write"], &["trust"], &["read", "--node", "i=85"]] {
        let told = site.run(line);
        assert!(told.code == USAGE && told.out.is_empty() && !told.diagnostics.is_empty(), "{line:?}: {told:?}");
    }
}

#[test]
fn mistakes_are_said_before_anything_is_dialled() {
    let site = Site::with_server(&nobody());
    for (line, hint) in [
        (&["read", "Pressure"][..], "configured are Temperature"),
        (&["browse", "plnt"], "configured are plant"),
        (&["browse", "http://plc"], "opc.tcp://"),
        (&["write", "Temperature"], "a name and a value"),
        (&["write", "Temperature", "5", "--type", "Duoble"], "did you mean Double?"),
        (&["history", "Temperature", "--from", "soon"], "2h"),
        (&["watch", "Temperature", "--for", "10"], "as in 10s"),
        (&["browse", "plant", "--user", "ann"], "--password-file"),
        (&["browse", "plant", "--user", "ann", "--password-file", "/none"], "/none"),
        (&["folders"], "no server has a `folder`"),
        (&["folders", "plnt"], "configured are plant"),
        (&["trust", "list", "--set", "store.pith=x"], "store.pith=x is no key"),
    ] {
        let told = site.run(line);
        assert!(told.code == USAGE && told.out.is_empty() && told.diagnostics.contains(hint), "{line:?}: {told:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_told_with_what_to_look_at() {
    let site = Site::with_server(&nobody());
    for line in [
        &["browse", "plant"][..],
        &["read", "Temperature"],
        &["write", "Temperature", "5"],
        &["watch", "Temperature"],
        &["history", "Temperature"],
    ] {
        let told = site.run(line);
        assert!(told.code == FAILED && told.out.is_empty(), "{line:?}: {told:?}");
        assert!(
            told.diagnostics.contains("Connection refused") && told.diagnostics.contains("right port"),
            "{line:?}: {told:?}"
        );
    }
}

#[test]
fn a_certificate_from_a_file_is_trusted_and_forgotten() {
    let site = Site::new();
    let told = site.run(&["trust", "list"]);
    assert!(told.code == WELL && told.out.is_empty() && told.diagnostics.contains("no certificate yet"), "{told:?}");
    let file = site.folder.path().join("plc.der");
    std::fs::write(&file, certificate()).unwrap();
    let told = site.run(&["trust", "add", &file.to_string_lossy()]);
    assert!(told.code == WELL && told.diagnostics.contains("is trusted from now on"), "{told:?}");
    let told = site.run(&["trust", "list", "--json"]);
    let line: Json = serde_json::from_str(&told.out).unwrap();
    assert_eq!(line["trusted"], true);
    let thumbprint = line["thumbprint"].as_str().unwrap();
    assert!(site.run(&["trust", "list"]).out.contains(thumbprint));
    let told = site.run(&["trust", "add", thumbprint, "--allow", "expired,uri"]);
    assert!(told.code == WELL && told.diagnostics.contains("whatever there is with its expired, uri"), "{told:?}");
    let line: Json = serde_json::from_str(&site.run(&["trust", "list", "--json"]).out).unwrap();
    assert_eq!(line["allowed"], serde_json::json!(["expired", "uri"]));
    let told = site.run(&["trust", "add", thumbprint, "--allow", "everything"]);
    assert!(told.code == USAGE && told.diagnostics.contains("expired, uri, host"), "{told:?}");
    assert_eq!(site.run(&["trust", "remove", thumbprint]).code, WELL);
    let told = site.run(&["trust", "remove", thumbprint]);
    assert!(told.code == FAILED && told.diagnostics.contains(thumbprint), "{told:?}");
    assert_eq!(site.run(&["trust", "list", "--json"]).out, "");
}

#[test]
fn an_issuer_is_trusted_and_shown_as_one() {
    let site = Site::new();
    let file = site.folder.path().join("ca.der");
    std::fs::write(&file, certificate()).unwrap();
    let told = site.run(&["trust", "add", "--ca", &file.to_string_lossy()]);
    assert!(told.code == WELL && told.diagnostics.contains("Whatever CN="), "{told:?}");
    let told = site.run(&["trust", "list"]);
    assert!(
        told.out.contains("issuer") && told.diagnostics.contains("revoked certificates beside the issuers: 0"),
        "{told:?}"
    );
    let line: Json = serde_json::from_str(&site.run(&["trust", "list", "--json"]).out).unwrap();
    assert_eq!((&line["issuer"], &line["trusted"]), (&true.into(), &true.into()));
    assert_eq!(site.run(&["trust", "remove", line["thumbprint"].as_str().unwrap()]).code, WELL);
    assert_eq!(site.run(&["trust", "list", "--json"]).out, "");
    assert_eq!(site.run(&["trust", "add"]).code, USAGE);
}

#[test]
fn the_references_files_become_configuration() {
    let site = Site::new();
    let (good, bad) = (site.folder.path().join("OpcUaClient0.xml"), site.folder.path().join("none.xml"));
    let xml = "<!-- before --><?xml version=\"1.0\"?><OpcUaClient Name=\"plant\"><Endpoint>\
        <EndpointUrl>opc.tcp://127.0.0.1:4840</EndpointUrl></Endpoint><NamespaceUri><Uri>urn:plant</Uri></NamespaceUri>\
        <NodeList><Node ValueName=\"Temperature\" NodeId=\"ns=1;i=5\" NodeType=\"Double\"/></NodeList></OpcUaClient>";
    std::fs::write(&good, xml).unwrap();
    let told = site.run(&["import", &good.to_string_lossy()]);
    assert_eq!(told.code, WELL, "{told:?}");
    let read: toml::Table = told.out.parse().unwrap();
    let server = &read["opcua"]["server"][0];
    assert_eq!(server["endpoint"].as_str(), Some("opc.tcp://127.0.0.1:4840"));
    assert_eq!(server["variable"][0]["name"].as_str(), Some("Temperature"));
    // One that is not there does not hide the other.
    let told = site.run(&["import", &bad.to_string_lossy(), &good.to_string_lossy()]);
    assert!(
        told.code == FAILED && told.diagnostics.contains("none.xml") && told.out.contains("Temperature"),
        "{told:?}"
    );
}

fn certificate() -> Vec<u8> {
    let arguments = opcua::crypto::X509Data::sample_cert();
    let (certificate, _) = opcua::crypto::X509::cert_and_pkey(&arguments).unwrap();
    certificate.to_der().unwrap()
}
