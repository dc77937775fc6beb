//! The plant itself: an oven, a pump, a tank, a door and who works there, as numbers that change with time.
//!
//! Promises: the same seed and the same steps give the same plant; no clock, no socket; whatever is set and however long a
//! step is, levels and powers stay where things of this world stay. Stepped by the plant's thread, read and set by its server.

mod noise;
mod operator;
mod oven;
mod water;

use noise::Noise;
use operator::Operator;
use oven::Oven;
use std::time::Duration;
use water::Water;

/// The longest stretch that is worked out at once, in seconds.
const STRETCH_S: f64 = 0.1;
/// A longer step is a machine that slept: the plant then slept too.
const LONGEST: Duration = Duration::from_secs(10);
/// A part takes this long while the oven is right, in seconds.
const PART_S: f64 = 8.0;
/// How far from its setpoint the oven still makes good parts, in °C.
const RIGHT_C: f64 = 10.0;

/// What may be set, each within these limits.
pub(super) const SETPOINT_C: (f64, f64) = (20.0, 300.0);
/// As above.
pub(super) const VALVE_PERCENT: (f64, f64) = (0.0, 100.0);

/// The plant at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Process {
    pub(super) oven: Oven,
    pub(super) water: Water,
    /// Parts made so far.
    pub(super) parts: u32,
    part_s: f64,
    alarms: Alarms,
    operator: Option<Operator>,
    noise: Noise,
}

/// What is wrong, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alarm {
    /// Empty when all is well.
    pub(super) text: &'static str,
    /// From 1 to 1000 (OPC UA part 9); 0 when all is well.
    pub(super) severity: u16,
}

/// Alarms end a little below where they began: a value at the edge must not chatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Alarms {
    is_hot: bool,
    is_high: bool,
}

impl Process {
    /// A plant that starts cold, with somebody who works there.
    pub(super) fn new(seed: u64) -> Process {
        let mut noise = Noise::new(seed);
        Process { operator: Some(Operator::new(&mut noise)), ..Process::alone(seed) }
    }

    /// A plant in which nobody touches anything.
    fn alone(seed: u64) -> Process {
        Process {
            oven: Oven::new(),
            water: Water::new(),
            parts: 0,
            part_s: 0.0,
            alarms: Alarms::default(),
            operator: None,
            noise: Noise::new(seed),
        }
    }

    /// Lets time pass.
    pub(super) fn step(&mut self, dt: Duration) {
        let mut left = dt.min(LONGEST).as_secs_f64();
        while left > 0.0 {
            let stretch = left.min(STRETCH_S);
            self.stretch(stretch);
            left -= stretch;
        }
        self.oven.measure(&mut self.noise);
        self.water.measure(&mut self.noise);
    }

    fn stretch(&mut self, dt: f64) {
        if let Some(mut operator) = self.operator.take() {
            operator.work(self, dt);
            self.operator = Some(operator);
        }
        self.oven.step(dt);
        self.water.step(dt);
        self.alarms = Alarms {
            is_hot: self.oven.air_c > if self.alarms.is_hot { 252.0 } else { 260.0 },
            is_high: self.water.level_l > if self.alarms.is_high { 78.0 } else { 85.0 },
        };
        if !self.oven.is_door_open && (self.oven.air_c - self.oven.setpoint_c).abs() < RIGHT_C {
            self.part_s += dt;
        }
        if self.part_s >= PART_S {
            self.part_s = 0.0;
            self.parts = self.parts.wrapping_add(1);
        }
    }

    /// The worst of what is wrong.
    pub(super) fn alarm(&self) -> Alarm {
        match self.alarms {
            Alarms { is_hot: true, .. } => Alarm { text: "Oven too hot", severity: 800 },
            Alarms { is_high: true, .. } => Alarm { text: "Tank level high", severity: 500 },
            _ => Alarm { text: "", severity: 0 },
        }
    }

    /// A client turns the setpoint; who works there then leaves it alone for a while.
    pub(super) fn set_setpoint(&mut self, degrees: f64) {
        self.oven.setpoint_c = degrees.clamp(SETPOINT_C.0, SETPOINT_C.1);
        self.tell(Operator::leave_setpoint);
    }

    /// A client turns the valve.
    pub(super) fn set_valve(&mut self, percent: f64) {
        self.water.valve_percent = percent.clamp(VALVE_PERCENT.0, VALVE_PERCENT.1);
        self.tell(Operator::leave_valve);
    }

    /// A client switches the pump.
    pub(super) fn set_pump(&mut self, is_on: bool) {
        self.water.is_pump_on = is_on;
        self.tell(Operator::leave_pump);
    }

    fn tell(&mut self, what: fn(&mut Operator)) {
        if let Some(operator) = &mut self.operator {
            what(operator);
        }
    }
}

#[cfg(test)]
mod tests;
