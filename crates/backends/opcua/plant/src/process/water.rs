//! Pump and tank: the pump fills, the valve drains, what is too much runs over the edge.
//!
//! Promises: the level stays between empty and full, whatever is set. Stepped by the plant.

use super::noise::Noise;

/// What the tank holds, in litres.
pub(in super::super) const TANK_L: f64 = 100.0;
/// The pump at full speed, per minute.
const FULL_RPM: f64 = 1450.0;
/// What it then moves, in litres per minute.
const FULL_FLOW: f64 = 120.0;
/// How long it takes to two thirds of a new speed, in seconds.
const INERTIA_S: f64 = 2.0;
/// Below this it stands, per minute.
const STANDS_RPM: f64 = 20.0;
/// What an open valve lets out of a full tank, in litres per second.
const DRAIN: f64 = 2.4;

/// Pump and tank at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Water {
    /// Whether the pump is switched on.
    pub(in super::super) is_pump_on: bool,
    /// How far the valve is open, %.
    pub(in super::super) valve_percent: f64,
    /// How fast the pump turns, per minute.
    pub(in super::super) rpm: f64,
    /// What is in the tank, l.
    pub(super) level_l: f64,
    /// What the instruments say: the level in l, the flow in l/min, the pressure in bar.
    pub(in super::super) measured_l: f64,
    /// As above.
    pub(in super::super) flow: f64,
    /// As above.
    pub(in super::super) pressure_bar: f64,
}

impl Water {
    /// A tank that is not half full, and a pump that runs up.
    pub(super) fn new() -> Water {
        Water {
            is_pump_on: true,
            valve_percent: 50.0,
            rpm: 0.0,
            level_l: 40.0,
            measured_l: 40.0,
            flow: 0.0,
            pressure_bar: 0.0,
        }
    }

    /// Whether the pump turns.
    pub(in super::super) fn is_running(&self) -> bool {
        self.rpm > STANDS_RPM
    }

    /// Lets some moments pass.
    pub(super) fn step(&mut self, dt: f64) {
        let wanted = if self.is_pump_on { FULL_RPM } else { 0.0 };
        self.rpm += (wanted - self.rpm) * (dt / INERTIA_S).min(1.0);
        let drained = DRAIN * self.valve_percent / 100.0 * (self.level_l / TANK_L).sqrt();
        self.level_l = (self.level_l + (self.moved() / 60.0 - drained) * dt).clamp(0.0, TANK_L);
    }

    /// What the pump moves now, l/min: less against a fuller tank.
    fn moved(&self) -> f64 {
        if self.is_running() { FULL_FLOW * self.rpm / FULL_RPM * (1.0 - 0.15 * self.level_l / TANK_L) } else { 0.0 }
    }

    /// Reads the instruments.
    pub(super) fn measure(&mut self, noise: &mut Noise) {
        self.measured_l = (self.level_l + noise.error(0.15)).clamp(0.0, TANK_L);
        let (moved, turns) = (self.moved(), self.rpm / FULL_RPM);
        self.flow = if moved > 0.0 { (moved + noise.error(0.8)).max(0.0) } else { 0.0 };
        self.pressure_bar = (3.2 * turns * turns + 0.1 * self.level_l / TANK_L + noise.error(0.02)).max(0.0);
    }
}
