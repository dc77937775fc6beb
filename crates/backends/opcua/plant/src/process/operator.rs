//! Who works in the plant: turns the setpoint and the valve now and then, opens the door, sees to the pump.
//!
//! Promises: what a client has set stays for a while before it is touched. Works within the plant's steps.

use super::Process;
use super::noise::Noise;

/// The setpoints that are worked with, °C.
const SETPOINTS_C: [f64; 4] = [180.0, 200.0, 220.0, 240.0];
/// As above for the valve, %.
const VALVES_PERCENT: [f64; 4] = [35.0, 45.0, 50.0, 60.0];
/// The pump goes on below, l.
const LOW_L: f64 = 25.0;
/// How long what a client has set is left alone, in seconds.
const LEAVE_S: f64 = 180.0;
/// The same for the pump's switch: a tank cannot wait as long.
const LEAVE_PUMP_S: f64 = 60.0;

/// When the next things are done: seconds from now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operator {
    setpoint_s: f64,
    valve_s: f64,
    door_s: f64,
    pump_s: f64,
    /// How long the tank has been too full for somebody who has other things to do.
    high_s: f64,
}

impl Operator {
    /// Somebody who has just come.
    pub(super) fn new(noise: &mut Noise) -> Operator {
        Operator {
            setpoint_s: noise.between(90.0, 150.0),
            valve_s: noise.between(40.0, 80.0),
            door_s: noise.between(20.0, 50.0),
            pump_s: 0.0,
            high_s: 0.0,
        }
    }

    pub(super) fn leave_setpoint(&mut self) {
        self.setpoint_s = self.setpoint_s.max(LEAVE_S);
    }

    pub(super) fn leave_valve(&mut self) {
        self.valve_s = self.valve_s.max(LEAVE_S);
    }

    pub(super) fn leave_pump(&mut self) {
        self.pump_s = LEAVE_PUMP_S;
    }

    /// Does what is due.
    pub(super) fn work(&mut self, plant: &mut Process, dt: f64) {
        for timer in [&mut self.setpoint_s, &mut self.valve_s, &mut self.door_s, &mut self.pump_s] {
            *timer -= dt;
        }
        let noise = &mut plant.noise;
        if self.setpoint_s <= 0.0 {
            self.setpoint_s = noise.between(90.0, 180.0);
            plant.oven.setpoint_c = noise.pick(&SETPOINTS_C).unwrap_or(plant.oven.setpoint_c);
        }
        if self.valve_s <= 0.0 {
            self.valve_s = noise.between(60.0, 120.0);
            plant.water.valve_percent = noise.pick(&VALVES_PERCENT).unwrap_or(plant.water.valve_percent);
        }
        if self.door_s <= 0.0 {
            plant.oven.is_door_open = !plant.oven.is_door_open;
            self.door_s = if plant.oven.is_door_open { noise.between(4.0, 8.0) } else { noise.between(25.0, 60.0) };
        }
        self.high_s = if plant.alarms.is_high { self.high_s + dt } else { 0.0 };
        if self.pump_s <= 0.0 {
            match plant.water.is_pump_on {
                true if self.high_s > 8.0 => plant.water.is_pump_on = false,
                false if plant.water.level_l < LOW_L => plant.water.is_pump_on = true,
                _ => {}
            }
        }
    }
}
