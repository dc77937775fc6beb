//! Tests of the check: each problem at its key, all of them at once, and none in what is right.

use super::*;
use std::time::Duration;
use tieline_model::settings::Value;

fn values(pairs: Vec<(&'static str, Value)>) -> Values {
    let mut values = Values::default();
    pairs.into_iter().for_each(|(key, value)| values.set(key, value));
    values
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn variable(name: &str, node: &str, kind: &str) -> Values {
    values(vec![("name", text(name)), ("node", text(node)), ("type", text(kind))])
}

/// A server with what is right, and these keys over it.
fn server(name: &str, over: Vec<(&'static str, Value)>) -> Values {
    let mut server = values(vec![
        ("name", text(name)),
        ("endpoint", text("opc.tcp://127.0.0.1:4840")),
        ("namespaces", Value::Texts(vec!["urn:a".to_owned()])),
    ]);
    over.into_iter().for_each(|(key, value)| server.set(key, value));
    server
}

fn section(servers: Vec<Values>) -> Values {
    values(vec![("server", Value::Tables(servers))])
}

/// Each key that is bad; a warning has a question mark.
fn keys(values: &Values) -> Vec<String> {
    let found = check(values);
    for bad in &found {
        assert!(!bad.message.is_empty() && !bad.hint.is_empty(), "{bad:?}");
    }
    found.into_iter().map(|bad| bad.key + if bad.is_usable { "?" } else { "" }).collect()
}

/// The keys of one server with these keys.
fn keys_of(over: Vec<(&'static str, Value)>) -> Vec<String> {
    keys(&section(vec![server("a", over)]))
}

#[test]
fn what_is_right_passes() {
    assert_eq!(check(&Values::default()), []);
    let variables = Value::Tables(vec![variable("x", "ns=1;i=1", "Double"), variable("y", "i=2258", "DateTime")]);
    let secured =
        vec![("security_policy", text("Basic256Sha256")), ("security_mode", text("Sign")), ("variable", variables)];
    assert_eq!(check(&section(vec![server("a", secured), server("b", vec![])])), []);
}

#[test]
fn every_problem_is_told_at_once() {
    let zero = || Value::Duration(Duration::ZERO);
    let mut odd = variable("x", "ns=1;i=1", "Double");
    odd.set("sampling", text("often"));
    odd.set("deadband", Value::Free(serde_json::Map::from_iter([("relative".to_owned(), 1.into())])));
    let variables = vec![odd, variable("x", "ns=2;i=1", "double"), variable("", "Oven", "")];
    let bad = vec![
        ("endpoint", text("http://127.0.0.1")),
        ("security_mode", text("Sign")),
        ("publishing", zero()),
        ("connect_timeout", zero()),
        ("request_timeout", zero()),
        ("queue", Value::Count(0)),
        ("variable", Value::Tables(variables)),
    ];
    let mut section = section(vec![server("a", bad), server("a", vec![]), server("", vec![])]);
    section.set("retry", zero());
    let expected = [
        "retry",
        "server.0.endpoint",
        "server.0.security_policy",
        "server.0.publishing",
        "server.0.connect_timeout",
        "server.0.request_timeout",
        "server.0.queue",
        "server.0.variable.0.sampling",
        "server.0.variable.0.deadband",
        "server.0.variable.1.name",
        "server.0.variable.1.node",
        "server.0.variable.1.type",
        "server.0.variable.2.name",
        "server.0.variable.2.node",
        "server.0.variable.2.type",
        "server.1.name",
        "server.2.name",
    ];
    assert_eq!(keys(&section), expected);
    let found = check(&section);
    assert_eq!(found[11].hint, "did you mean \"Double\"?");
    assert!(found[9].hint.contains("server.0.variable.0.name"), "{}", found[9].hint);
}

#[test]
fn names_of_variables_are_unique_over_all_servers() {
    let one = || vec![("variable", Value::Tables(vec![variable("x", "ns=1;i=1", "Double")]))];
    assert_eq!(keys(&section(vec![server("a", one()), server("b", one())])), ["server.1.variable.0.name"]);
}

#[test]
fn who_logs_in_has_what_it_takes() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let secured = || vec![("security_policy", text("Basic256Sha256")), ("security_mode", text("SignAndEncrypt"))];
    let with = |more: Vec<(&'static str, Value)>| keys_of(secured().into_iter().chain(more).collect());
    assert_eq!(with(vec![("user", text("u")), ("password_file", text(file))]), [""; 0]);
    assert_eq!(with(vec![("user", text("u"))]), ["server.0.password_file"]);
    assert_eq!(with(vec![("user", text("u")), ("password_file", text("/nowhere/p"))]), ["server.0.password_file"]);
    assert_eq!(with(vec![("password_file", text(file))]), ["server.0.user"]);
    assert_eq!(with(vec![("user_certificate", text(file))]), ["server.0.user_key"]);
    assert_eq!(with(vec![("user_key", text(file))]), ["server.0.user_certificate"]);
    let both = vec![
        ("user", text("u")),
        ("password_file", text(file)),
        ("user_certificate", text(file)),
        ("user_key", text(file)),
    ];
    assert_eq!(with(both), ["server.0.user_certificate"]);
    let open = || vec![("user", text("u")), ("password_file", text(file))];
    assert_eq!(keys_of(open()), ["server.0.security_policy?"]);
    let meant = open().into_iter().chain([("insecure_password", Value::Bool(true))]).collect();
    assert_eq!(keys_of(meant), [""; 0]);
}

#[test]
fn policy_and_mode_go_together() {
    assert_eq!(keys_of(vec![("security_policy", text("Aes256_Sha256_RsaPss"))]), ["server.0.security_mode"]);
    assert_eq!(keys_of(vec![("security_mode", text("SignAndEncrypt"))]), ["server.0.security_policy"]);
}

#[test]
fn endpoints_have_a_host_and_perhaps_a_port() {
    for right in [
        "opc.tcp://plant",
        "opc.tcp://plant:4840",
        "opc.tcp://plant.example.org:1/UA/Server",
        "opc.tcp://[::1]:4840/x",
        "opc.tcp://[fe80::1]",
        "opc.tcp://10.0.0.1/",
    ] {
        assert_eq!(endpoint(right), Ok(()), "{right}");
    }
    for wrong in [
        "",
        "plant:4840",
        "opc.tcp:/plant",
        "opc.tcp://",
        "opc.tcp://:4840",
        "opc.tcp:///x",
        "opc.tcp://plant:",
        "opc.tcp://plant:0",
        "opc.tcp://plant:65536",
        "opc.tcp://plant:4840x",
        "opc.tcp://::1:4840",
        "opc.tcp://[::1",
        "opc.tcp://[plant]",
        "opc.tcp://[::1]4840",
        "opc.tcp://user@plant",
        "opc.tcp://pl ant:4840",
        "OPC.TCP://plant",
    ] {
        assert!(endpoint(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn folders_and_methods_have_their_nodes_and_bounds() {
    let folder = |over: Vec<(&'static str, Value)>| {
        let mut folder = values(vec![("node", text("ns=1;s=Line1"))]);
        over.into_iter().for_each(|(key, value)| folder.set(key, value));
        keys_of(vec![("folder", Value::Tables(vec![folder]))])
    };
    assert_eq!(folder(vec![("exclude", Value::Texts(vec!["*.Internal*".to_owned()]))]), [""; 0]);
    assert_eq!(
        folder(vec![("exclude", Value::Texts(vec!["ok".to_owned(), "[".to_owned()]))]),
        ["server.0.folder.0.exclude.1"]
    );
    assert_eq!(folder(vec![("node", text("ns=2;s=x"))]), ["server.0.folder.0.node"]);
    let bad =
        vec![("depth", Value::Count(0)), ("most", Value::Count(u64::MAX)), ("renew", Value::Duration(Duration::ZERO))];
    assert_eq!(folder(bad), ["server.0.folder.0.renew", "server.0.folder.0.depth", "server.0.folder.0.most"]);
    let method = |name: &str, object: &str| {
        values(vec![("name", text(name)), ("object", text(object)), ("method", text("i=1"))])
    };
    let variables = Value::Tables(vec![variable("x", "ns=1;i=1", "Double")]);
    let methods = Value::Tables(vec![method("x", "i=85"), method("y", "Line1")]);
    let found = keys_of(vec![("variable", variables), ("method", methods)]);
    assert_eq!(found, ["server.0.method.0.name", "server.0.method.1.object"]);
}
