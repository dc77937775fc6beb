//! What a server's own model says: structures as objects, folders that grow, methods that are called.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};
use tieline_opcua_tests::{Library, Plant, Rig, Web, at_last, tool, variable};

const NATIVE: &str = "scalars = \"native\"";

/// The variables that hold structures, and one that does not say so.
fn structured() -> String {
    let any = "[[opcua.server.variable]]\nname = \"Any\"\nnode = \"ns=1;s=Struct.Job\"\ntype = \"Variant\"\n";
    ["Struct.Point", "Struct.Job"].map(|name| variable(name, "ExtensionObject", "")).concat() + any
}

async fn body(web: &mut Web, name: &str) -> Value {
    web.read(name).await.unwrap()["Value"]["Body"]["Body"].take()
}

async fn write(web: &mut Web, name: &str, value: Value) -> Value {
    web.ask("WRITE", json!({ "Variable": name, "Value": value })).await.unwrap()
}

#[tokio::test]
async fn structures_are_objects() {
    let plant = Plant::start(Library::Asyncua, &[]).await.unwrap();
    let rig = Rig::start(plant.port(), NATIVE, &structured()).unwrap();
    let mut web = rig.web().await.unwrap();
    let handle = web.monitor("Struct.Point").await.unwrap();
    let first = web.hear(&handle).await.unwrap();
    assert_eq!(first["Body"]["Value"]["Body"]["Body"], json!({"X": 1.5, "Y": -2}), "{first}");
    let job = json!({"Name": "first", "Colour": {"Value": 2, "Name": "Blue"}, "Points": [{"X": 1.5, "Y": -2}]});
    assert_eq!(body(&mut web, "Struct.Job").await, job);
    assert_eq!(body(&mut web, "Any").await, job, "the variable does not say that it holds a structure");

    let done = write(&mut web, "Struct.Point", json!({"X": "3", "Y": 4.5})).await;
    assert_eq!(done["Body"], json!({}), "{done}");
    assert_eq!(web.hear(&handle).await.unwrap()["Body"]["Value"]["Body"]["Body"], json!({"X": 3, "Y": 4.5}));
    let read = web.read("Struct.Job").await.unwrap();
    let mut changed = read["Value"].clone();
    changed["Body"]["Body"] = json!({"Name": "n", "Colour": "Green", "Points": [], "Note": "a note"});
    let done = write(&mut web, "Struct.Job", json!({ "Value": changed })).await;
    assert_eq!(done["Body"], json!({}), "{done}");
    let there = json!({"Name": "n", "Colour": {"Value": 1, "Name": "Green"}, "Points": [], "Note": "a note"});
    assert_eq!(body(&mut web, "Struct.Job").await, there);
    for wrong in [json!({"X": 1}), json!({"X": 1, "Y": 2, "Z": 3}), json!({"X": "x", "Y": 2})] {
        let refused = write(&mut web, "Struct.Point", wrong.clone()).await;
        assert_eq!(refused["Header"]["StatusCode"], "BadTypeMismatch", "{wrong}: {refused}");
    }
    assert_eq!(body(&mut web, "Struct.Point").await, json!({"X": 3, "Y": 4.5}));
}

/// People at a terminal see the fields, too.
#[tokio::test]
async fn commands_show_structures_as_objects() {
    let plant = Plant::start(Library::Asyncua, &[]).await.unwrap();
    let server = format!("opc.tcp://127.0.0.1:{}", plant.port());
    let node = "nsu=urn:tieline:test:plant;s=Struct.Job";
    let job = r#"{"Name":"first","Colour":{"Value":2,"Name":"Blue"},"Points":[{"X":1.5,"Y":-2}]}"#;
    for command in [
        vec!["read", "--server", &server, "--node", node],
        vec!["read", "--json", "--server", &server, "--node", node],
        vec!["watch", "--count", "1", "--server", &server, "--node", node],
        vec!["browse", &server, "--node", node, "--json"],
    ] {
        let (code, printed) = at_last(command[0], tool(&command)).await.unwrap();
        assert_eq!(code, 0, "{printed}");
        assert!(printed.replace(".0", "").contains(job), "{command:?}: {printed}");
    }
}

/// What a variable of any type tells is learned when it comes, and told again.
#[tokio::test]
async fn a_structure_that_comes_unannounced_is_learned() {
    let plant = Plant::start(Library::Asyncua, &[]).await.unwrap();
    let any = variable("Struct.Job", "Variant", "");
    let rig = Rig::start(plant.port(), NATIVE, &any).unwrap();
    let mut web = rig.web().await.unwrap();
    let handle = web.monitor("Struct.Job").await.unwrap();
    at_last("the structure as an object", async {
        while !web.hear(&handle).await?["Body"]["Value"]["Body"]["Body"].is_object() {}
        Ok(())
    })
    .await
    .unwrap();
}

fn folder(more: &str) -> String {
    let keys = "node = \"ns=1;s=Line\"\nprefix = \"line.\"\nexclude = [\"*Hidden*\"]\nrenew = \"1s\"";
    format!("[[opcua.server.folder]]\n{keys}\n{more}\n")
}

async fn found(web: &mut Web) -> Vec<String> {
    let list = web.ask("VALUELIST", json!({})).await.unwrap();
    let names = list["Body"]["Variables"].as_array().cloned().unwrap_or_default();
    let names = names.iter().filter_map(Value::as_str).filter(|name| name.starts_with("line."));
    names.map(str::to_owned).collect()
}

async fn comes_to(web: &mut Web, expected: &[&str]) {
    let work = async {
        while found(web).await != expected {
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    at_last("the folder's variables", work).await.unwrap();
}

#[tokio::test]
async fn a_folder_grows() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let rig = Rig::start(plant.port(), NATIVE, &folder("writable = true")).unwrap();
        let mut web = rig.web().await.unwrap();
        comes_to(&mut web, &["line.Oven.Heat", "line.Speed"]).await;
        assert_eq!(
            web.read("line.Oven.Heat").await.unwrap()["Value"],
            json!({"Type": 11, "Body": 21.5}),
            "{library:?}"
        );
        let info = web.ask("VALUEINFO", json!({ "Variables": ["line.Speed"] })).await.unwrap();
        assert_eq!(info["Body"]["Variables"][0]["Type"], "Int32", "{library:?}: {info}");
        let handle = web.monitor("line.Speed").await.unwrap();
        assert_eq!(web.update(&handle).await.unwrap(), "5", "{library:?}");
        assert_eq!(write(&mut web, "line.Speed", json!(8)).await["Body"], json!({}), "{library:?}");
        assert_eq!(web.update(&handle).await.unwrap(), "8", "{library:?}");

        plant.ask(json!({"do": "grow", "name": "New"})).await.unwrap();
        comes_to(&mut web, &["line.New", "line.Oven.Heat", "line.Speed"]).await;
        assert_eq!(web.read("line.New").await.unwrap()["Value"]["Body"], 7, "{library:?}");
        plant.ask(json!({"do": "shrink", "name": "New"})).await.unwrap();
        comes_to(&mut web, &["line.Oven.Heat", "line.Speed"]).await;
        assert_eq!(web.read("line.New").await.unwrap(), json!({"StatusCode": "BadNodeIdUnknown"}), "{library:?}");
    }
}

/// Where the server tells that its nodes have changed, nobody waits for the time to look again.
#[tokio::test]
async fn a_folder_is_looked_through_when_the_server_tells_of_changes() {
    let mut plant = Plant::start(Library::NodeOpcua, &[]).await.unwrap();
    let keys = folder("").replace("1s", "1d");
    let rig = Rig::start(plant.port(), NATIVE, &keys).unwrap();
    let mut web = rig.web().await.unwrap();
    comes_to(&mut web, &["line.Oven.Heat", "line.Speed"]).await;
    assert_eq!(write(&mut web, "line.Speed", json!(8)).await["Header"]["StatusCode"], "BadNotWritable");
    plant.ask(json!({"do": "grow", "name": "New"})).await.unwrap();
    comes_to(&mut web, &["line.New", "line.Oven.Heat", "line.Speed"]).await;
}

/// A folder is bounded, and its variables are there again after the server was away, with other numbers of namespaces.
#[tokio::test]
async fn a_folder_outlives_its_server() {
    let mut plant = Plant::start(Library::Asyncua, &[]).await.unwrap();
    let rig = Rig::start(plant.port(), NATIVE, &folder("depth = 1\nmost = 1")).unwrap();
    let mut web = rig.web().await.unwrap();
    comes_to(&mut web, &["line.Speed"]).await;
    let handle = web.monitor("line.Speed").await.unwrap();
    assert_eq!(web.update(&handle).await.unwrap(), "5");
    plant.kill().await.unwrap();
    web.updates_until(&handle, "BadNotConnected").await.unwrap();
    plant.again(&["--swap"]).await.unwrap();
    assert_eq!(web.updates_until(&handle, "5").await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn methods_are_called() {
    for library in Library::ALL {
        let plant = Plant::start(library, &[]).await.unwrap();
        let method =
            "[[opcua.server.method]]\nname = \"Add\"\nobject = \"ns=1;s=Line\"\nmethod = \"ns=1;s=Line.Add\"\n";
        let rig = Rig::start(plant.port(), NATIVE, method).unwrap();
        let mut web = rig.web().await.unwrap();
        let (structure, given, moved) = match library {
            Library::NodeOpcua => ("Range", json!({"Low": 1, "High": 2}), json!({"Low": 8, "High": 2})),
            _ => ("Point", json!({"X": 1, "Y": 2}), json!({"X": 8, "Y": 2})),
        };
        let mut arguments = json!({"Count": "7"});
        arguments[structure] = given.clone();
        let called = write(&mut web, "Add", arguments.clone()).await;
        let outputs = &called["Body"];
        assert_eq!((&outputs["Next"], &outputs["Moved"]["Body"]), (&json!(8), &moved), "{library:?}: {called}");
        let called = write(&mut web, "Add", json!([7, given])).await;
        assert_eq!(called["Body"]["Next"], 8, "{library:?}: {called}");

        arguments["Count"] = json!(300);
        arguments["Cuont"] = json!(1);
        let refused = write(&mut web, "Add", arguments.clone()).await;
        assert_eq!(refused["Body"]["StatusCode"], "BadInvalidArgument", "{library:?}: {refused}");
        let told = &refused["Body"]["Arguments"];
        assert_eq!(told["Count"], "expected a whole number from 0 to 255 (Byte)", "{library:?}");
        assert!(told["Cuont"].as_str().unwrap().contains("no such argument"), "{library:?}: {told}");
        let refused = write(&mut web, "Add", json!({"Count": 1})).await;
        let what = refused["Body"]["Arguments"][structure].as_str().unwrap();
        assert!(what.starts_with("missing: expected"), "{library:?}: {what}");
        let mut beyond = json!({"Count": 101});
        beyond[structure] = given;
        let refused = write(&mut web, "Add", beyond).await;
        assert_eq!(refused["Header"]["StatusCode"], "BadOutOfRange", "{library:?}: {refused}");
        assert_eq!(web.read("Add").await.unwrap(), json!({"StatusCode": "BadNotReadable"}), "{library:?}");
    }
}
