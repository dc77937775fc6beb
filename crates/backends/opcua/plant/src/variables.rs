//! The plant's variables: what they are called, what people are told of them, where their values come from and go to.
//!
//! Promises: one list for the server's address space and for the settings of its client. Used by both halves of the demo.

use super::NAMESPACE;
use super::process::{Process, SETPOINT_C, VALVE_PERCENT};
use opcua::types::{DataTypeId, StatusCode, Variant};
use serde_json::{Value as Json, json};
use tieline_model::settings::{Value, Values};
use tieline_opcua_settings::Notes;

/// One variable.
pub(super) struct Variable {
    /// Its name; also the text of its node id.
    pub(super) name: &'static str,
    /// The part of the plant it belongs to.
    pub(super) group: &'static str,
    /// What people call it.
    pub(super) title: &'static str,
    /// Name and id of its type, and whether it is an array.
    pub(super) kind: (&'static str, DataTypeId, bool),
    unit: &'static str,
    limits: Option<(f64, f64)>,
    /// Whether the server keeps its history.
    pub(super) is_kept: bool,
    /// How it is set, when it can be.
    pub(super) set: Option<Set>,
    /// What it is now.
    pub(super) read: fn(&Process) -> Reading,
}

/// A value and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading(pub(super) Variant, pub(super) StatusCode);

/// How a variable is set.
#[derive(Clone, Copy)]
pub(super) enum Set {
    /// To a number between two limits.
    Number((f64, f64), fn(&mut Process, f64)),
    /// On or off.
    Switch(fn(&mut Process, bool)),
}

impl Set {
    /// Sets it, or says why not.
    pub(super) fn to(self, plant: &mut Process, value: &Variant) -> StatusCode {
        match (self, value) {
            (Set::Number((low, high), set), Variant::Double(number)) => {
                if !(low..=high).contains(number) {
                    return StatusCode::BadOutOfRange;
                }
                set(plant, *number);
            }
            (Set::Switch(set), Variant::Boolean(is_on)) => set(plant, *is_on),
            _ => return StatusCode::BadTypeMismatch,
        }
        StatusCode::Good
    }
}

const DOUBLE: (&str, DataTypeId, bool) = ("Double", DataTypeId::Double, false);
const DOUBLES: (&str, DataTypeId, bool) = ("Double", DataTypeId::Double, true);
const BOOLEAN: (&str, DataTypeId, bool) = ("Boolean", DataTypeId::Boolean, false);

const fn variable(
    [name, group, title, unit]: [&'static str; 4],
    kind: (&'static str, DataTypeId, bool),
    read: fn(&Process) -> Reading,
) -> Variable {
    Variable { name, group, title, kind, unit, limits: None, is_kept: false, set: None, read }
}

/// All of them, in the order in which they are added to the server.
pub(super) const VARIABLES: &[Variable] = &[
    Variable {
        limits: Some((0.0, 400.0)),
        is_kept: true,
        ..variable(["Oven.Temperature", "Oven", "Temperature", "°C"], DOUBLE, |p| number(p.oven.measured_c, 100.0))
    },
    Variable {
        limits: Some(SETPOINT_C),
        set: Some(Set::Number(SETPOINT_C, Process::set_setpoint)),
        ..variable(["Oven.Setpoint", "Oven", "Setpoint", "°C"], DOUBLE, |p| good(p.oven.setpoint_c))
    },
    Variable {
        limits: Some((0.0, 100.0)),
        ..variable(["Oven.Heater", "Oven", "Heater power", "%"], DOUBLE, |p| number(p.oven.power_percent, 10.0))
    },
    variable(["Oven.Zones", "Oven", "Zones front to back", "°C"], DOUBLES, |p| {
        good(p.oven.zones_c.iter().map(|zone| rounded(*zone, 10.0)).collect::<Vec<f64>>())
    }),
    variable(["Door.Open", "Oven", "Door open", ""], BOOLEAN, |p| good(p.oven.is_door_open)),
    Variable {
        set: Some(Set::Switch(Process::set_pump)),
        ..variable(["Pump.Switch", "Pump", "Switch", ""], BOOLEAN, |p| good(p.water.is_pump_on))
    },
    variable(["Pump.Running", "Pump", "Running", ""], BOOLEAN, |p| good(p.water.is_running())),
    Variable {
        limits: Some((0.0, 1500.0)),
        ..variable(["Pump.Speed", "Pump", "Speed", "1/min"], DOUBLE, |p| number(p.water.rpm, 1.0))
    },
    variable(["Pump.Flow", "Pump", "Flow", "l/min"], DOUBLE, |p| number(p.water.flow, 10.0)),
    variable(["Pump.Pressure", "Pump", "Pressure", "bar"], DOUBLE, |p| {
        // The sensor is made for a running pump: what it says of a standing one is not to be trusted.
        let Reading(value, status) = number(p.water.pressure_bar, 100.0);
        Reading(value, if p.water.is_running() { status } else { StatusCode::UncertainSensorNotAccurate })
    }),
    Variable {
        limits: Some((0.0, 100.0)),
        is_kept: true,
        ..variable(["Tank.Level", "Tank", "Level", "l"], DOUBLE, |p| number(p.water.measured_l, 10.0))
    },
    Variable {
        limits: Some(VALVE_PERCENT),
        set: Some(Set::Number(VALVE_PERCENT, Process::set_valve)),
        ..variable(["Tank.Valve", "Tank", "Valve", "%"], DOUBLE, |p| good(p.water.valve_percent))
    },
    variable(["Parts.Count", "Line", "Parts made", ""], ("UInt32", DataTypeId::UInt32, false), |p| good(p.parts)),
    variable(["Alarm.Text", "Line", "Alarm", ""], ("String", DataTypeId::String, false), |p| good(p.alarm().text)),
    Variable {
        limits: Some((0.0, 1000.0)),
        ..variable(["Alarm.Severity", "Line", "Alarm severity", ""], ("UInt16", DataTypeId::UInt16, false), |p| {
            good(p.alarm().severity)
        })
    },
];

fn good(value: impl Into<Variant>) -> Reading {
    Reading(value.into(), StatusCode::Good)
}

/// As an instrument shows it: to so many parts of one.
fn number(value: f64, parts: f64) -> Reading {
    good(rounded(value, parts))
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// The settings with which a client reaches the plant: one `server` table.
pub(crate) fn settings(endpoint: &str) -> Values {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut server = Values::default();
    server.set("name", text("plant"));
    server.set("endpoint", text(endpoint));
    server.set("namespaces", Value::Texts(vec![NAMESPACE.to_owned()]));
    let variables = VARIABLES.iter().map(|variable| {
        let mut values = Values::default();
        values.set("name", text(variable.name));
        values.set("node", Value::Text(format!("ns=1;s={}", variable.name)));
        values.set("type", text(variable.kind.0));
        values.set("array", Value::Bool(variable.kind.2));
        values.set("meta", Value::Free(variable.notes()));
        values
    });
    server.set("variable", Value::Tables(variables.collect()));
    server
}

impl Variable {
    /// What clients are told of it.
    fn notes(&self) -> Notes {
        let mut notes = Notes::new();
        let mut note = |key: &str, value: Json| notes.insert(key.to_owned(), value);
        note("DisplayName", self.title.into());
        note("Group", self.group.into());
        if !self.unit.is_empty() {
            note("Unit", self.unit.into());
        }
        if let Some((low, high)) = self.limits {
            note("Limits", json!({ "Min": low.to_string(), "Max": high.to_string() }));
        }
        if self.set.is_some() {
            note("Writable", true.into());
        }
        notes
    }
}
