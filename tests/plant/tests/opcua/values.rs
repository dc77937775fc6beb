//! Values of every built-in type, through a gateway to servers made with two libraries and back, in both forms.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use tieline_opcua_tests::{Library, Plant, Rig, Scalars, Web, scalar, types};

/// What is read is what the server has; what is written is what the server has then, and is read again.
async fn every_type(library: Library, scalars: Scalars) {
    let mut plant = Plant::start(library, &[]).await.unwrap();
    let (_rig, mut web) = Rig::connected(plant.port(), scalars).await.unwrap();
    for kind in types(library) {
        let what = format!("{} of {library:?}, {scalars:?}", kind.name);
        let (values, plain) = (kind.values(scalars), kind.plain());
        let (one, all) = (format!("Scalar.{}", kind.name), format!("Array.{}", kind.name));
        let expected = |body: &Value| {
            let id = json!(kind.id);
            let id = if scalars == Scalars::String { json!(id.to_string()) } else { id };
            json!({ "Type": id, "Body": body })
        };
        assert_eq!(web.read(&one).await.unwrap()["Value"], expected(&values[0]), "{what}");
        assert_eq!(web.read(&all).await.unwrap()["Value"], expected(&json!(values)), "{what}");
        for (value, plain) in values.iter().zip(plain).rev() {
            assert_eq!(web.write(&one, kind.id, value).await.unwrap(), None, "{what}: {value}");
            let found = plant.get(&one).await.unwrap();
            assert_eq!(found["Type"], kind.id, "{what}: {value}");
            // An empty text stands for null too in the form where every scalar is a text.
            let is_empty = value == "" && plain.is_null() && found["Body"] == "";
            assert!(kind.is_same(&found["Body"], plain) || is_empty, "{what}: wrote {value}, it has {found}");
            assert_eq!(web.read(&one).await.unwrap()["Value"], expected(value), "{what}");
        }
        let (turned, turned_plain): (Vec<_>, Vec<_>) = values
            .iter()
            .zip(plain)
            .rev()
            .filter(|(_, plain)| !plain.is_null())
            .map(|(v, p)| (v.clone(), p.clone()))
            .unzip();
        assert_eq!(web.write(&all, kind.id, &json!(turned)).await.unwrap(), None, "{what}");
        let found = plant.get(&all).await.unwrap();
        assert!(kind.is_same(&found["Body"], &json!(turned_plain)), "{what}: wrote {turned:?}, it has {found}");
        assert_eq!(web.read(&all).await.unwrap()["Value"], expected(&json!(turned)), "{what}");
    }
}

#[tokio::test]
async fn every_type_with_asyncua_as_texts() {
    every_type(Library::Asyncua, Scalars::String).await;
}

#[tokio::test]
async fn every_type_with_asyncua_as_json() {
    every_type(Library::Asyncua, Scalars::Native).await;
}

#[tokio::test]
async fn every_type_with_node_opcua_as_texts() {
    every_type(Library::NodeOpcua, Scalars::String).await;
}

#[tokio::test]
async fn every_type_with_node_opcua_as_json() {
    every_type(Library::NodeOpcua, Scalars::Native).await;
}

#[tokio::test]
async fn what_is_no_plain_value() {
    for library in Library::ALL {
        let plant = Plant::start(library, &[]).await.unwrap();
        let (_rig, mut web) = Rig::connected(plant.port(), Scalars::Native).await.unwrap();
        let variants = json!([{ "Type": 6, "Body": 7 }, { "Type": 12, "Body": "text" }]);
        for (variable, expected) in [
            ("Scalar.Variant", json!({ "Type": 6, "Body": 42 })),
            ("Array.Variant", json!({ "Type": 24, "Body": variants })),
            ("Odd.Matrix", json!({ "Type": 11, "Body": [1, 2, 3, 4, 5, 6.5], "Dimensions": [2, 3] })),
            ("Odd.Empty", json!({ "Type": 6, "Body": [] })),
            ("Id.1", json!({ "Type": 11, "Body": 1 })),
            ("Id.2", json!({ "Type": 11, "Body": 2 })),
            ("Id.3", json!({ "Type": 11, "Body": 3 })),
            ("Place", json!({ "Type": 12, "Body": "plant" })),
            ("Spare", json!({ "Type": 12, "Body": "spare" })),
        ] {
            let read = web.read(variable).await.unwrap();
            assert_eq!((&read["Value"], read.get("Status")), (&expected, None), "{variable} of {library:?}");
        }
        for (variable, expected) in [
            ("Odd.Null", "BadInternalError"),
            ("Missing", "BadNodeIdUnknown"),
            ("Nowhere", "BadNodeIdInvalid"),
            ("nobody", "BadNodeIdUnknown"),
        ] {
            let read = web.read(variable).await.unwrap();
            assert_eq!(read, json!({ "StatusCode": expected }), "{variable} of {library:?}");
        }
        let uncertain = web.read("Odd.Uncertain").await.unwrap();
        assert_eq!(uncertain["Value"], json!({ "Type": 6, "Body": 1 }), "{library:?}");
        assert_eq!(uncertain["Status"], 0x4090_0000u32, "{library:?}");
        let bad = web.read("Odd.Bad").await.unwrap();
        match library {
            Library::NodeOpcua => {
                assert_eq!((&bad["Value"], &bad["Status"]), (&json!({ "Type": 6, "Body": 1 }), &json!(0x808C_0000u32)));
            }
            // It forgets a value whose status is bad.
            _ => assert_eq!(bad, json!({ "StatusCode": "BadSensorFailure" })),
        }
    }
}

/// A list of lists keeps its shape through a write.
#[tokio::test]
async fn a_matrix_is_written() {
    for library in Library::ALL {
        let plant = Plant::start(library, &[]).await.unwrap();
        let (_rig, mut web) = Rig::connected(plant.port(), Scalars::Native).await.unwrap();
        let value = json!({ "Type": 11, "Body": [6, 5, 4, 3, 2, 1.5], "Dimensions": [2, 3] });
        let body = json!({ "Variable": "Odd.Matrix", "Value": { "Value": value } });
        let answer = web.ask("WRITE", body).await.unwrap();
        assert_eq!(answer["Body"], json!({}), "{library:?}: {answer}");
        assert_eq!(web.read("Odd.Matrix").await.unwrap()["Value"], value, "{library:?}");
    }
}

/// Clients name a type; what fits the node's own without loss is written as that, and nothing else is.
#[tokio::test]
async fn another_type_than_the_node_has() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let (_rig, mut web) = Rig::connected(plant.port(), Scalars::String).await.unwrap();
        for (variable, kind, body, there) in [
            ("Scalar.Int32", 11, "7", "7"),
            ("Scalar.Int16", 8, "-5", "-5"),
            ("Scalar.Double", 6, "3", "3"),
            ("Scalar.Byte", 6, "200", "200"),
        ] {
            let what = format!("{body} of type {kind} to {variable} of {library:?}");
            assert_eq!(web.write(variable, kind, &json!(body)).await.unwrap(), None, "{what}");
            let found = scalar(&plant.get(variable).await.unwrap()["Body"]);
            assert_eq!(found.trim_end_matches(".0"), there, "{what}");
        }
        for (variable, kind, body) in
            [("Scalar.Int32", 11, "7.5"), ("Scalar.Byte", 6, "300"), ("Scalar.Int32", 12, "seven")]
        {
            let what = format!("{body} of type {kind} to {variable} of {library:?}");
            assert_eq!(
                web.write(variable, kind, &json!(body)).await.unwrap().as_deref(),
                Some("BadTypeMismatch"),
                "{what}"
            );
        }
        let refused = web.write("Odd.ReadOnly", 6, &json!("2")).await.unwrap();
        let expected = match library {
            Library::NodeOpcua => "BadNotWritable",
            _ => "BadUserAccessDenied",
        };
        assert_eq!(refused.as_deref(), Some(expected));
    }
}

/// A write may bring its own status and time.
#[tokio::test]
async fn status_and_time_of_a_write() {
    let plant = Plant::start(Library::NodeOpcua, &[]).await.unwrap();
    let rig = Rig::start(plant.port(), "scalars = \"native\"\ntimestamps = \"exact\"", "").unwrap();
    let mut web: Web = rig.web().await.unwrap();
    let value = json!({
        "Value": { "Type": 6, "Body": 5 }, "Status": 0x4090_0000u32, "SourceTimestamp": "2021-02-03T04:05:06.789Z",
    });
    let answer = web.ask("WRITE", json!({ "Variable": "Scalar.Int32", "Value": value })).await.unwrap();
    assert_eq!(answer["Body"], json!({}), "{answer}");
    let read = web.read("Scalar.Int32").await.unwrap();
    for key in ["Value", "Status", "SourceTimestamp"] {
        assert_eq!(read[key], value[key], "{read}");
    }
}

/// A node that takes longer than the limit is told so, and what comes afterwards is answered.
#[tokio::test]
async fn too_slow() {
    for library in Library::ALL {
        let plant = Plant::start(library, &[]).await.unwrap();
        let rig = Rig::start(plant.port(), "", "request_timeout = \"1s\"").unwrap();
        let mut web = rig.web().await.unwrap();
        assert_eq!(web.read("Odd.Slow").await.unwrap(), json!({ "StatusCode": "BadTimeout" }), "{library:?}");
        if library == Library::NodeOpcua {
            assert_eq!(web.read("Place").await.unwrap()["Value"]["Body"], "plant");
            continue;
        }
        // This library answers nothing else on the connection until the slow node has answered.
        let mut web = rig.web().await.unwrap();
        assert_eq!(web.read("Place").await.unwrap()["Value"]["Body"], "plant");
    }
}
