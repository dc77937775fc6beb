//! The variables of all servers as clients know them: their names, what is told of them, where they are published.
//!
//! Promises: read once, from the configuration; what can be written beforehand is. No server is asked: how values come from
//! one, the source says when it changes. Called by the dialect when it is built, and by conversations.

use crate::NAME;
use crate::value::Own;
use crate::wire::head::quote;
use crate::wire::style::Style;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tieline_model::Topic;
use tieline_model::settings::{Value, Values};

/// One variable.
pub(crate) struct Variable {
    /// Where its values are published, and what a right to it is about.
    pub(crate) topic: Topic,
    /// The type of its values, as it is configured.
    pub(crate) own: Own,
    /// Its entry in the answer to `VALUEINFO_REQUEST`, without how its values come and without its end.
    info: Box<str>,
    /// Whether its server is polled.
    is_polled: Arc<AtomicBool>,
}

impl Variable {
    /// Appends its entry in the answer to `VALUEINFO_REQUEST`.
    pub(crate) fn tell(&self, out: &mut Vec<u8>) {
        let how = if self.is_polled.load(Ordering::Relaxed) { "polling" } else { "subscription" };
        out.extend_from_slice(self.info.as_bytes());
        out.extend_from_slice(format!(r#","Delivery":"{how}"}}"#).as_bytes());
    }
}

/// All variables by their names.
pub(crate) struct Variables {
    by_name: HashMap<Box<str>, Variable>,
    /// The body of the answer to `VALUELIST_REQUEST`.
    pub(crate) list: Box<str>,
    /// Whether a server is polled, by its topic.
    polled: HashMap<Topic, Arc<AtomicBool>>,
}

impl Variables {
    /// Reads the section's `server` tables. Of two variables with one name, which the source's check finds, the first counts.
    pub(crate) fn read(values: &Values, style: Style) -> Variables {
        let mut by_name: HashMap<Box<str>, Variable> = HashMap::new();
        let mut polled: HashMap<Topic, Arc<AtomicBool>> = HashMap::new();
        for server in tables(values, "server") {
            let is_polled = polled.entry(Topic::new([NAME, text(server, "name")])).or_default().clone();
            for variable in tables(server, "variable") {
                let name = text(variable, "name");
                let topic = Topic::new([NAME, text(server, "name"), name]);
                let is_array = matches!(variable.get("array"), Some(Value::Bool(true)));
                let info = info(name, variable, is_array, style);
                let own = Own::named(text(variable, "type"), is_array);
                by_name.entry(name.into()).or_insert(Variable { topic, own, info, is_polled: is_polled.clone() });
            }
        }
        let list = list(by_name.keys().map(|name| &**name).collect(), style);
        Variables { by_name, list, polled }
    }

    /// The source says how the values of a server come.
    pub(crate) fn note(&self, server: &Topic, json: &str) {
        let is_polling = json.contains(r#""polling""#);
        if let Some(is_polled) = self.polled.get(server) {
            is_polled.store(is_polling, Ordering::Relaxed);
        }
    }

    /// The variable of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Variable> {
        self.by_name.get(name)
    }
}

fn tables<'v>(values: &'v Values, key: &str) -> &'v [Values] {
    match values.get(key) {
        Some(Value::Tables(tables)) => tables,
        _ => &[],
    }
}

fn text<'v>(values: &'v Values, key: &str) -> &'v str {
    match values.get(key) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// `{"Variables":[…]}`, sorted by bytes.
fn list(mut names: Vec<&str>, style: Style) -> Box<str> {
    names.sort_unstable();
    let names = Json::from(names).to_string();
    let mut out = Vec::new();
    style.write(format!(r#"{{"Variables":{names}}}"#).as_bytes(), 0, &mut out);
    String::from_utf8_lossy(&out).into()
}

/// `{"Variable","Type","IsArray","MetaData"?`.
fn info(name: &str, variable: &Values, is_array: bool, style: Style) -> Box<str> {
    let mut info = Map::new();
    info.insert("Variable".to_owned(), name.into());
    info.insert("Type".to_owned(), text(variable, "type").into());
    info.insert("IsArray".to_owned(), is_array.into());
    if let Some(Value::Free(meta)) =
        variable.get("meta").filter(|meta| !matches!(meta, Value::Free(map) if map.is_empty()))
    {
        let meta = Json::Object(meta.clone());
        info.insert("MetaData".to_owned(), if style.is_text { indented(&meta) } else { meta });
    }
    let mut out = Vec::new();
    style.write(Json::Object(info).to_string().as_bytes(), 0, &mut out);
    out.pop();
    String::from_utf8_lossy(&out).into()
}

/// The same with every scalar as a text that begins with a blank: clients in the field and the reference's own tests
/// expect it (contract `opcua`, `VALUEINFO_REQUEST`).
fn indented(notes: &Json) -> Json {
    match notes {
        Json::Null => Json::Null,
        Json::String(text) => format!(" {text}").into(),
        Json::Bool(_) | Json::Number(_) => format!(" {notes}").into(),
        Json::Array(list) => list.iter().map(indented).collect(),
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), indented(value))).collect(),
    }
}

/// The entry of a name that is not configured, as it was asked for.
pub(crate) fn unknown(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"Variable":"#);
    quote(name, out);
    out.extend_from_slice(br#","StatusCode":"BadNodeIdUnknown"}"#);
}
