//! The simulated fleet says only what this dialect accepts, and moves as vehicles do.

use super::*;
use crate::instrument::Fleet;
use serde_json::Value;
use std::collections::BTreeMap;
use tieline_model::Instrument;

/// An hour of the fleet.
fn drive() -> Vec<Value> {
    let dialect = dialect();
    let (mut client, mut fleet) = (Client::of(&dialect), Fleet::new());
    for text in fleet.greet() {
        client.say(&text).0.unwrap();
    }
    let beat = |fleet: &mut Fleet| {
        let beat = fleet.next();
        assert_eq!(beat.after.as_millis(), 125);
        beat.say
    };
    let heard = |text: String| match client.say(&text).0.unwrap().intent {
        Intent::Publish(message) => {
            assert_eq!(message.topics[0].as_str(), "fme.vehicles");
            serde_json::from_slice(&message.body).unwrap()
        }
        other => panic!("{other:?}"),
    };
    std::iter::repeat_with(|| beat(&mut fleet)).take(8 * 3600).map(heard).collect()
}

fn number(message: &Value, key: &str) -> f64 {
    message[key].as_f64().unwrap()
}

#[test]
fn twelve_vehicles_move_as_they_say() {
    let mut tracks: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for message in drive() {
        let keys: Vec<&String> = message.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "line", "lon", "lat", "heading_deg", "speed_kmh"]);
        tracks.entry(message["id"].as_str().unwrap().to_owned()).or_default().push(message);
    }
    assert_eq!(tracks.len(), 12);
    for (id, track) in tracks {
        assert_eq!(track.len(), 2400, "{id}");
        for pair in track.windows(2) {
            let (before, now) = (&pair[0], &pair[1]);
            let (lon, lat) = (number(now, "lon"), number(now, "lat"));
            assert!((0.0..=0.05).contains(&lon) && (0.0..=0.03).contains(&lat), "{now}");
            let (east, north) = (lon - number(before, "lon"), lat - number(before, "lat"));
            let driven_km = east.hypot(north) * 111.32;
            let said_km = number(now, "speed_kmh") * 1.5 / 3600.0;
            assert!((driven_km - said_km).abs() < 0.0008, "{id}: {driven_km} km, not {said_km}");
            let turn = |a: f64, b: f64| ((a - b + 540.0) % 360.0 - 180.0).abs();
            let heading = east.atan2(north).to_degrees().rem_euclid(360.0);
            assert!(turn(heading, number(now, "heading_deg")) < 20.0, "{id}: {before} {now}");
            assert!(turn(number(before, "heading_deg"), number(now, "heading_deg")) < 30.0, "{id}: {before} {now}");
        }
    }
}

#[test]
fn it_is_the_same_drive_every_time() {
    assert_eq!(drive(), drive());
}
