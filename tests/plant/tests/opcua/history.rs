//! History: the server's own over all its pages, and Tieline's for servers that have none.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};
use tieline_opcua_tests::{Library, Plant, Rig, Scalars, Web, at_last, section};
use tieline_testkit::Done;

async fn history(web: &mut Web, variable: &str, more: Value) -> Done<Value> {
    let mut body = json!({ "Variable": variable, "StartTime": "20191231T000000Z", "EndTime": "NOW" });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    Ok(web.ask("HISTORICALREAD", body).await?["Body"].take())
}

fn values(body: &Value) -> Vec<String> {
    let values = body["DataValues"].as_array().unwrap_or_else(|| panic!("no list in {body}"));
    values.iter().map(|value| value["Value"]["Body"].to_string()).collect()
}

#[tokio::test]
async fn all_pages_oldest_first() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let (_rig, mut web) = Rig::connected(plant.port(), Scalars::Native).await.unwrap();
        let all = history(&mut web, "History.Ramp", json!({})).await.unwrap();
        let expected: Vec<String> = (0..2500).map(|number| number.to_string()).collect();
        assert_eq!(values(&all), expected, "{library:?}");
        assert_eq!(all.get("Truncated"), None, "{library:?}");
        let list = all["DataValues"].as_array().unwrap();
        assert_eq!(list[60]["SourceTimestamp"], "2020-01-01T00:01:00Z", "{library:?}");
        assert_eq!((list[98].get("Status"), &list[99]["Status"]), (None, &json!(0x808C_0000u32)), "{library:?}");
        // Both ends belong to it, in any form a time may have.
        for (start, end) in [
            ("2020-01-01T00:00:10Z", "2020-01-01T00:00:19Z"),
            ("20200101T000010", "20200101T000019"),
            ("2020-01-01T01:00:10.000+01:00", "2020-01-01T00:00:19.5Z"),
        ] {
            let some = history(&mut web, "History.Ramp", json!({ "StartTime": start, "EndTime": end })).await.unwrap();
            assert_eq!(values(&some), expected[10..20], "{library:?}: {start} to {end}");
        }
        let turned = json!({ "StartTime": "2020-01-01T00:00:19Z", "EndTime": "2020-01-01T00:00:10Z" });
        let turned = history(&mut web, "History.Ramp", turned).await.unwrap();
        assert_eq!(values(&turned), expected[10..20], "{library:?}: oldest first, whatever was asked");
        let few = history(&mut web, "History.Ramp", json!({ "MaxValues": 1200 })).await.unwrap();
        assert_eq!((values(&few).len(), &few["Truncated"]), (1200, &json!(true)), "{library:?}");
        assert_eq!(values(&few), expected[..1200], "{library:?}");
        assert!(plant.stat("requests.HistoryRead").await.unwrap() >= 3, "{library:?}");
    }
}

/// The section of a gateway that keeps the values of `History.None`, as `Kept`.
fn keeping(port: u16) -> String {
    let variable = "name = \"Kept\"\nnode = \"ns=1;s=History.None\"\ntype = \"Double\"\nhistory = true";
    format!("{}[[opcua.server.variable]]\n{variable}\n", section(port, "scalars = \"native\"", ""))
}

/// For a server that keeps nothing, what `history = true` has recorded; also while the server is away, and after a restart
/// of the gateway.
#[tokio::test]
async fn what_tieline_keeps() {
    for library in Library::ALL {
        let mut plant = Plant::start(library, &[]).await.unwrap();
        let rig = Rig::on(tempfile::tempdir().unwrap(), &keeping(plant.port()));
        let mut web = rig.web().await.unwrap();
        plant.comes_to("items", 1).await.unwrap();
        let expected: Vec<String> = (0..=5).map(|number| number.to_string()).collect();
        // Recorded without anybody who listens.
        for number in 0..=5 {
            plant.set("History.None", json!(number.to_string())).await.unwrap();
            at_last("the value is kept", async {
                while values(&history(&mut web, "Kept", json!({})).await?).len() <= number {
                    tokio::task::yield_now().await;
                }
                Ok(())
            })
            .await
            .unwrap();
        }
        let kept = values(&history(&mut web, "Kept", json!({})).await.unwrap());
        assert!(kept.ends_with(&expected), "{library:?}: {kept:?}");
        let few = history(&mut web, "Kept", json!({ "MaxValues": 2 })).await.unwrap();
        assert_eq!((values(&few), &few["Truncated"]), (kept[..2].to_vec(), &json!(true)), "{library:?}");
        plant.kill().await.unwrap();
        assert_eq!(values(&history(&mut web, "Kept", json!({})).await.unwrap()), kept, "{library:?}");
        web.close().await.unwrap();
        let Rig { gateway, folder } = rig;
        assert_eq!(gateway.stop().await.unwrap().cut, 0);
        let rig = Rig::on(folder, &keeping(plant.port()));
        let mut web = Web::connect(&rig.gateway).await.unwrap();
        assert_eq!(values(&history(&mut web, "Kept", json!({})).await.unwrap()), kept, "{library:?}");
    }
}
