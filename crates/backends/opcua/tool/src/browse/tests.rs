//! Tests of what is printed of an address space, against whole texts.

use super::configuration::server;
use super::found::{Below, Found, Node, Variable};
use super::tree::{lines, tree};
use opcua::types::{DataValue, NodeClass, NodeId, StatusCode, Variant};
use serde_json::Value as Json;
use tieline_opcua_settings::import::to_toml;
use tieline_opcua_settings::{SecurityMode, SecurityPolicy, ServerSettings};
use tieline_opcua_values::Structures;

fn node(id: NodeId, parent: Option<usize>, name: &str, class: NodeClass) -> Node {
    let (name, display) = (name.to_owned(), name.to_owned());
    let depth = usize::from(parent.is_some());
    Node { id, parent, depth, name, display, class, below: Below::Opened, properties: Vec::new(), variable: None }
}

fn variable(data_type: &str, access: [bool; 3], value: impl Into<Variant>) -> Variable {
    let value = DataValue::value_only(value);
    let is_array = value.value.as_ref().is_some_and(Variant::is_array);
    Variable { data_type: data_type.to_owned(), is_array, access, value, ..Variable::default() }
}

/// A plant with two ovens.
fn plant() -> Found {
    let text = |id: &str| NodeId::new(2, id);
    let mut nodes = vec![
        node(NodeId::objects_folder_id(), None, "Objects", NodeClass::Object),
        node(NodeId::new(0, 2253), Some(0), "Server", NodeClass::Object),
        node(text("Oven"), Some(0), "Oven", NodeClass::Object),
        node(text("Oven.Temperature"), Some(2), "Temperature", NodeClass::Variable),
        node(NodeId::new(3, 7), Some(2), "Levels", NodeClass::Variable),
        node(text("Oven.Reset"), Some(2), "Reset", NodeClass::Method),
        node(text("Other"), Some(0), "Other", NodeClass::Object),
        node(text("Other.Temperature"), Some(6), "Temperature", NodeClass::Variable),
        node(text("Oven"), Some(6), "Oven", NodeClass::Object),
        node(NodeId::new(0, 2258), Some(0), "CurrentTime", NodeClass::Variable),
    ];
    nodes[1].below = Below::Closed;
    nodes[8].below = Below::Before;
    let mut temperature = variable("Double", [true, true, true], 21.5);
    (temperature.unit, temperature.limits) = (Some("°C".to_owned()), Some((0.0, 400.0)));
    nodes[3].variable = Some(temperature);
    nodes[3].display = "Oven \"heat\"\u{1b}[2J".to_owned();
    nodes[4].variable = Some(variable("Int32", [true, false, false], vec![1i32, 2, 3]));
    let mut broken = variable("Double", [false; 3], Variant::Empty);
    broken.value.status = Some(StatusCode::BadSensorFailure);
    nodes[7].variable = Some(broken);
    nodes[9].variable = Some(variable("String", [true, false, false], "x".repeat(70).as_str()));
    Found { nodes, ..Found::default() }
}

fn namespaces() -> [String; 4] {
    ["http://opcfoundation.org/UA/", "urn:x", "urn:plant", "urn:lab"].map(str::to_owned)
}

fn all(found: &Found) -> Vec<bool> {
    vec![true; found.nodes.len()]
}

#[test]
fn the_tree_shows_each_node_on_a_line() {
    let found = plant();
    let expected = format!(
        "\
Objects/  i=85
├─ Server/  i=2253  (not opened)
├─ Oven/  ns=2;s=Oven
│  ├─ Temperature  ns=2;s=Oven.Temperature  \"Oven \"heat\"\u{fffd}[2J\"  Double rwh = 21.5 °C [0 … 400]
│  ├─ Levels  ns=3;i=7  Int32[] r = [1,2,3]
│  └─ Reset()  ns=2;s=Oven.Reset
├─ Other/  ns=2;s=Other
│  ├─ Temperature  ns=2;s=Other.Temperature  Double -  BadSensorFailure
│  └─ Oven/  ns=2;s=Oven  (above)
└─ CurrentTime  i=2258  String r = {}…
",
        "x".repeat(60)
    );
    assert_eq!(tree(&found, &all(&found), &Structures::default()), expected);
}

#[test]
fn a_search_keeps_the_way_to_what_matches() {
    let found = plant();
    let kept = found.with_way(found.matching("LEVELS"));
    assert_eq!(
        tree(&found, &kept, &Structures::default()),
        "Objects/  i=85\n└─ Oven/  ns=2;s=Oven\n   └─ Levels  ns=3;i=7  Int32[] r = [1,2,3]\n"
    );
    assert_eq!(found.matching("\"heat\"").iter().filter(|is_match| **is_match).count(), 1, "by the display name");
    assert_eq!(found.matching("oven/temp").iter().filter(|is_match| **is_match).count(), 1, "by the path");
}

#[test]
fn programs_get_a_line_per_node() {
    let found = plant();
    let namespaces = namespaces();
    let lines = lines(&found, &all(&found), &namespaces, &Structures::default());
    let read: Vec<Json> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines[2],
        r#"{"path":"Objects/Oven","node":"ns=2;s=Oven","namespace":"urn:plant","class":"Object","name":"Oven","display":"Oven"}"#
    );
    assert_eq!(read[3]["data"], serde_json::json!({"Value": {"Type": 11, "Body": 21.5}}));
    assert_eq!((&read[3]["access"], &read[3]["limits"]), (&"rwh".into(), &serde_json::json!([0.0, 400.0])));
    assert_eq!((&read[4]["array"], &read[4]["unit"]), (&true.into(), &Json::Null));
}

#[test]
fn variables_become_configuration() {
    let found = plant();
    let settings = ServerSettings {
        name: "plant".to_owned(),
        endpoint: "opc.tcp://plc:4840".to_owned(),
        security_policy: SecurityPolicy::Basic256Sha256,
        security_mode: SecurityMode::SignAndEncrypt,
        user: "ann".to_owned(),
        password_file: "pw.txt".to_owned(),
        ..ServerSettings::default()
    };
    let namespaces = namespaces();
    let expected = "\
[[opcua.server]]
name = \"plant\"
endpoint = \"opc.tcp://plc:4840\"
security_policy = \"Basic256Sha256\"
security_mode = \"SignAndEncrypt\"
user = \"ann\"
password_file = \"pw.txt\"
namespaces = [\"urn:plant\", \"urn:lab\"]

[[opcua.server.variable]]
name = \"Oven.Temperature\"
node = \"ns=1;s=Oven.Temperature\"
type = \"Double\"
meta = { DisplayName = \"Oven \\\"heat\\\"\\u001B[2J\", Unit = \"°C\", Limits = { Min = \"0\", Max = \"400\" } }

[[opcua.server.variable]]
name = \"Levels\"
node = \"ns=2;i=7\"
type = \"Int32\"
array = true

[[opcua.server.variable]]
name = \"Other.Temperature\"
node = \"ns=1;s=Other.Temperature\"
type = \"Double\"
meta = { DisplayName = \"Temperature\" }

[[opcua.server.variable]]
name = \"CurrentTime\"
node = \"i=2258\"
type = \"String\"
";
    let (table, left) = server(&found, &all(&found), &settings, &namespaces);
    assert!(left.is_empty(), "{left:?}");
    let toml = to_toml(&table);
    assert_eq!(toml, expected);
    let read: toml::Table = toml.parse().unwrap();
    assert_eq!(read["opcua"]["server"][0]["variable"].as_array().map(Vec::len), Some(4));
}

#[test]
fn names_that_are_the_same_are_told_apart() {
    let mut found = plant();
    found.nodes[4] = Node { parent: Some(2), ..found.nodes[3].clone() };
    let toml = to_toml(&server(&found, &all(&found), &ServerSettings::default(), &namespaces()).0);
    assert!(toml.contains("\"Oven.Temperature\"\n") && toml.contains("\"Oven.Temperature#2\"\n"), "{toml}");
}

#[test]
fn what_no_configuration_can_name_is_left_out_and_said() {
    let mut found = plant();
    // An empty id, a namespace that the server does not have, no name, and the name that a double would get.
    found.nodes[3].id = NodeId::new(2, "");
    found.nodes[4].id = NodeId::new(9, 7);
    found.nodes[7].name = String::new();
    found.nodes[9].name = "Twin".to_owned();
    let twin = |name: &str, id: u32| Node { name: name.to_owned(), id: NodeId::new(2, id), ..found.nodes[9].clone() };
    let twins = [twin("Twin#2", 1), twin("Twin", 2)];
    found.nodes.extend(twins);
    let (table, left) = server(&found, &all(&found), &ServerSettings::default(), &namespaces());
    let left: Vec<String> = left.iter().map(ToString::to_string).collect();
    for id in ["ns=2;s=", "ns=9;i=7", "ns=2;s=Other.Temperature"] {
        assert!(left.contains(&id.to_owned()), "{id} is not among {left:?}");
    }
    let mut section = tieline_model::settings::Values::default();
    section.set("server", tieline_model::settings::Value::Tables(vec![table]));
    let refused = tieline_opcua_settings::check(&section);
    assert!(refused.iter().all(|bad| !bad.key.contains("variable")), "{refused:?}");
}
