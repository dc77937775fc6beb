//! A server as TOML, to be put into a configuration file.

use std::fmt::Write;
use tieline_model::settings::{Value, Values, toml};

/// `[[opcua.server]]` with its variables; what is not given is left out.
pub fn to_toml(server: &Values) -> String {
    let mut out = String::from("[[opcua.server]]\n");
    keys(server, &mut out);
    for (_, value) in server.iter() {
        let Value::Tables(variables) = value else { continue };
        for variable in variables {
            out.push_str("\n[[opcua.server.variable]]\n");
            keys(variable, &mut out);
        }
    }
    out
}

/// Everything but tables, which follow with a heading of their own.
fn keys(values: &Values, out: &mut String) {
    let plain = values.iter().filter(|(_, value)| !matches!(value, Value::Tables(_) | Value::Named(_)));
    for (key, value) in plain {
        let _ = writeln!(out, "{key} = {}", toml(value));
    }
}
