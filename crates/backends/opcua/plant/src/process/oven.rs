//! The oven: a heating element, the air around it, a door, and a controller that overshoots a little, as they do.
//!
//! Promises: never colder than the hall, power between none and full. Stepped by the plant.

use super::noise::Noise;

/// The hall around it, in °C.
const HALL_C: f64 = 20.0;
/// What full power adds to the element, in °C per second.
const POWER: f64 = 12.7;
/// How fast element and air come to the same temperature, per second.
const EXCHANGE: f64 = 1.0 / 8.0;
/// How fast the air cools down with the door closed, per second.
const LOSS: f64 = 1.0 / 30.0;
/// How much faster with the door open.
const DOOR: f64 = 2.5;
/// Power for each °C too cold.
const GAIN: f64 = 0.02;
/// Seconds in which the controller's memory does as much as its eye.
const RESET_S: f64 = 12.0;
/// How far the zones are from the middle, as parts of the temperature above the hall's.
const ZONES: [f64; 3] = [0.97, 1.0, 1.02];

/// The oven at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Oven {
    /// Where the temperature shall be, °C.
    pub(in super::super) setpoint_c: f64,
    /// Where it is.
    pub(super) air_c: f64,
    element_c: f64,
    /// Heating power, %.
    pub(in super::super) power_percent: f64,
    memory: f64,
    /// Whether its door is open.
    pub(in super::super) is_door_open: bool,
    /// What the instrument says of the air, °C.
    pub(in super::super) measured_c: f64,
    /// What the instruments of the three zones say.
    pub(in super::super) zones_c: [f64; 3],
}

impl Oven {
    /// Cold, with its door closed.
    pub(super) fn new() -> Oven {
        Oven {
            setpoint_c: 200.0,
            air_c: HALL_C,
            element_c: HALL_C,
            power_percent: 0.0,
            memory: 0.0,
            is_door_open: false,
            measured_c: HALL_C,
            zones_c: [HALL_C; 3],
        }
    }

    /// Lets some moments pass.
    pub(super) fn step(&mut self, dt: f64) {
        let error = self.setpoint_c - self.air_c;
        let wanted = GAIN * error + self.memory;
        let power = wanted.clamp(0.0, 1.0);
        // A memory that grows while the power is at its end would have to be paid back by a long overshoot.
        if power == wanted {
            self.memory = (self.memory + GAIN / RESET_S * error * dt).clamp(0.0, 1.0);
        }
        self.power_percent = 100.0 * power;
        let exchange = EXCHANGE * (self.element_c - self.air_c);
        let loss = LOSS * if self.is_door_open { DOOR } else { 1.0 } * (self.air_c - HALL_C);
        self.element_c += (POWER * power - exchange) * dt;
        self.air_c = (self.air_c + (exchange - loss) * dt).max(HALL_C);
    }

    /// Reads the instruments.
    pub(super) fn measure(&mut self, noise: &mut Noise) {
        self.measured_c = self.air_c + noise.error(0.4);
        for (zone, part) in self.zones_c.iter_mut().zip(ZONES) {
            *zone = HALL_C + part * (self.air_c - HALL_C) + noise.error(0.6);
        }
    }
}
