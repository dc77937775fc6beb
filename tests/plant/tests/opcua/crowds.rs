//! Many at once: two thousand variables started one by one, and more than the hub keeps.
#![allow(clippy::unwrap_used)]

use std::ops::Range;
use tieline_opcua_tests::{Library, Plant, Rig, Web, section, variable};

/// A plant with so many variables of load, and a gateway that knows them all.
async fn crowded(count: usize) -> (Plant, Rig, Web) {
    let plant = Plant::start(Library::NodeOpcua, &["--load", &count.to_string()]).await.unwrap();
    let more: String = (10..count).map(|number| variable(&format!("Load.{number}"), "Int32", "")).collect();
    let rig = Rig::on(tempfile::tempdir().unwrap(), &(section(plant.port(), "", "") + &more));
    let web = rig.web().await.unwrap();
    (plant, rig, web)
}

async fn start(web: &mut Web, numbers: Range<usize>) -> Vec<String> {
    let mut handles = Vec::with_capacity(numbers.len());
    for number in numbers {
        handles.push(web.monitor(&format!("Load.{number}")).await.unwrap());
    }
    handles
}

/// Each is started when the one before it was answered, as a page does it.
#[tokio::test]
async fn two_thousand_variables_started_one_by_one() {
    let count = 2000;
    let (mut plant, _rig, mut web) = crowded(count).await;
    let handles = start(&mut web, 0..count).await;
    for handle in &handles {
        assert_eq!(web.update(handle).await.unwrap(), "0");
    }
    assert_eq!(plant.stat("items").await.unwrap(), count as u64);
}

/// The hub keeps 10,000 values: who comes later is told the others all the same. Twenty-one clients watch 500 each.
#[tokio::test]
async fn more_variables_than_are_kept() {
    let count = 10_500;
    let (_plant, rig, _) = crowded(count).await;
    // They stay connected.
    let mut watching = Vec::new();
    for first in (0..count).step_by(500) {
        let mut web = rig.web().await.unwrap();
        for handle in &start(&mut web, first..first + 500).await {
            assert_eq!(web.update(handle).await.unwrap(), "0");
        }
        watching.push(web);
    }
    let mut late = rig.web().await.unwrap();
    for number in [0, 1, 5000, 10_499] {
        let handle = late.monitor(&format!("Load.{number}")).await.unwrap();
        assert_eq!(late.update(&handle).await.unwrap(), "0", "Load.{number}");
    }
}
