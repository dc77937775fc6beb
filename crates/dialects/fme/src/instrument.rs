//! A simulated fleet for `tieline demo`: twelve vehicles on four closed routes, sent by one client on one stream.
//!
//! Promises: the same drive every time, somewhere in the sea where nobody lives. Called by [`crate::ENTRY`].

use serde_json::json;
use std::f64::consts::TAU;
use std::time::Duration;
use tieline_model::{Beat, Instrument};

const VEHICLES: usize = 12;
/// Eight messages a second for the whole fleet.
const BEAT: Duration = Duration::from_millis(125);
/// So every vehicle is heard of once in this many seconds.
const TURN: f64 = VEHICLES as f64 * 0.125;
/// Kilometres in one degree, at the equator and along a meridian alike.
const DEGREE_KM: f64 = 111.32;

/// A closed route: an ellipse with a wave in it, so that it bends both ways.
struct Route {
    line: &'static str,
    kind: &'static str,
    centre: (f64, f64),
    radius: (f64, f64),
    wave: f64,
    speed_kmh: f64,
}

const ROUTES: [Route; 4] = [
    Route { line: "1", kind: "tram", centre: (0.025, 0.015), radius: (0.019, 0.010), wave: 0.0020, speed_kmh: 32.0 },
    Route { line: "3", kind: "bus", centre: (0.016, 0.013), radius: (0.012, 0.007), wave: 0.0016, speed_kmh: 38.0 },
    Route { line: "5", kind: "bus", centre: (0.035, 0.017), radius: (0.010, 0.008), wave: 0.0014, speed_kmh: 35.0 },
    Route { line: "7", kind: "tram", centre: (0.027, 0.008), radius: (0.017, 0.005), wave: 0.0008, speed_kmh: 28.0 },
];

impl Route {
    /// Degrees east and north at `angle`, and how they change with it.
    fn at(&self, angle: f64) -> ((f64, f64), (f64, f64)) {
        let place = (
            self.centre.0 + self.radius.0 * angle.cos() + self.wave * (3.0 * angle).sin(),
            self.centre.1 + self.radius.1 * angle.sin() + self.wave * (2.0 * angle).cos(),
        );
        let change = (
            -self.radius.0 * angle.sin() + 3.0 * self.wave * (3.0 * angle).cos(),
            self.radius.1 * angle.cos() - 2.0 * self.wave * (2.0 * angle).sin(),
        );
        (place, change)
    }
}

struct Vehicle {
    id: String,
    route: &'static Route,
    angle: f64,
    driven_seconds: f64,
}

impl Vehicle {
    /// Drives for one turn and says where it is.
    fn drive(&mut self) -> String {
        // Faster and slower within some 40 seconds, as in traffic.
        let speed_kmh = self.route.speed_kmh * (1.0 + 0.35 * (self.driven_seconds / 40.0 * TAU + self.angle).sin());
        // In small steps, so that it stays on its route in the bends.
        for _ in 0..8 {
            let (_, (east, north)) = self.route.at(self.angle);
            self.angle = (self.angle + speed_kmh / 3600.0 * TURN / 8.0 / DEGREE_KM / east.hypot(north)) % TAU;
        }
        self.driven_seconds += TURN;
        let ((lon, lat), (east, north)) = self.route.at(self.angle);
        let heading = east.atan2(north).to_degrees().rem_euclid(360.0);
        let message = json!({
            "id": self.id,
            "line": self.route.line,
            "lon": rounded(lon, 6),
            "lat": rounded(lat, 6),
            "heading_deg": rounded(heading, 1),
            "speed_kmh": rounded(speed_kmh, 1),
        });
        json!({ "ws_op": "send", "ws_msg": message }).to_string()
    }
}

fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10f64.powi(digits);
    (value * unit).round() / unit
}

/// All vehicles, and whose turn it is.
pub(crate) struct Fleet {
    vehicles: Vec<Vehicle>,
    turn: usize,
}

impl Fleet {
    /// The fleet, spread along its routes.
    pub(crate) fn new() -> Fleet {
        let vehicle = |number: usize| {
            let route = &ROUTES[number % ROUTES.len()];
            let place = number / ROUTES.len();
            let angle = TAU * (place as f64 / 3.0 + number as f64 / 29.0) % TAU;
            Vehicle { id: format!("{}-{}", route.kind, number + 1), route, angle, driven_seconds: 0.0 }
        };
        Fleet { vehicles: (0..VEHICLES).map(vehicle).collect(), turn: 0 }
    }
}

impl Instrument for Fleet {
    fn name(&self) -> &'static str {
        "vehicles"
    }

    fn greet(&mut self) -> Vec<String> {
        vec![json!({ "ws_op": "open", "ws_stream_ids": ["vehicles"] }).to_string()]
    }

    fn next(&mut self) -> Beat {
        self.turn = (self.turn + 1) % VEHICLES;
        Beat { after: BEAT, say: self.vehicles[self.turn].drive() }
    }
}
