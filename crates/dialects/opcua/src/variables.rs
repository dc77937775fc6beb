//! The variables of all servers as clients know them: their names, what is told of them, where they are published.
//!
//! Promises: read once, from the configuration; what a backend finds in a server's folders comes and goes behind them, and
//! takes no name that is taken. What can be written beforehand is. No server is asked: how values come from one, the backend
//! says when it changes. Called by the dialect when it is built and when the backend tells of changes, and by conversations.

use crate::NAME;
use crate::value::Own;
use crate::wire::fields::fields;
use crate::wire::head::quote;
use crate::wire::style::Style;
use foldhash::fast::RandomState;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tieline_model::settings::{Value, Values};
use tieline_model::{Reason, Refusal, Topic};

/// One variable.
pub(crate) struct Variable {
    /// Where its values are published, and what a right to it is about.
    pub(crate) topic: Topic,
    /// The type of its values, as it is configured.
    pub(crate) own: Own,
    /// Whether it is a method, which is called by writing its arguments.
    pub(crate) is_method: bool,
    /// Its entry in the answer to `VALUEINFO_REQUEST`, without how its values come and without its end.
    info: Box<str>,
    /// Whether its server is polled.
    is_polled: Arc<AtomicBool>,
    /// Whether a backend has found it, and may take it away.
    is_found: bool,
}

impl Variable {
    /// Appends its entry in the answer to `VALUEINFO_REQUEST`.
    pub(crate) fn tell(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.info.as_bytes());
        // A method has no values that come.
        if !self.is_method {
            let how = if self.is_polled.load(Ordering::Relaxed) { "polling" } else { "subscription" };
            out.extend_from_slice(format!(r#","Delivery":"{how}""#).as_bytes());
        }
        out.push(b'}');
    }
}

/// All variables by their names.
pub(crate) struct Variables {
    known: RwLock<Known>,
    /// Whether a server is polled, by its topic.
    polled: HashMap<Topic, Arc<AtomicBool>>,
    style: Style,
}

#[derive(Default)]
struct Known {
    by_name: HashMap<Box<str>, Arc<Variable>, RandomState>,
    /// The body of the answer to `VALUELIST_REQUEST`; none when it has to be written anew.
    list: Option<Arc<str>>,
}

/// What a backend tells of its server's folders.
pub(crate) struct Changes {
    appeared: Vec<Appeared>,
    vanished: Vec<String>,
}

#[derive(Deserialize)]
struct Appeared {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "IsArray")]
    is_array: bool,
}

impl Changes {
    /// Reads `{"Appeared":[{"Name","Type","IsArray"}],"Vanished":[names]}`, with either of them.
    pub(crate) fn read(json: &str) -> Result<Changes, Refusal> {
        let [appeared, vanished] = fields(json, ["Appeared", "Vanished"])?;
        let bad = |_| {
            Refusal::new(
                Reason::BadField,
                "`Appeared` is a list of `Name`, `Type` and `IsArray`, `Vanished` one of names",
            )
        };
        if appeared.is_none() && vanished.is_none() {
            return Err(Refusal::new(Reason::BadField, "`Appeared` or `Vanished` is needed, for a server's topic"));
        }
        let appeared = appeared.map_or(Ok(Vec::new()), |list| serde_json::from_str(list.get())).map_err(bad)?;
        let vanished = vanished.map_or(Ok(Vec::new()), |list| serde_json::from_str(list.get())).map_err(bad)?;
        Ok(Changes { appeared, vanished })
    }
}

impl Variables {
    /// Reads the section's `server` tables. Of two variables with one name, which the backend's check finds, the first counts.
    pub(crate) fn read(values: &Values, style: Style) -> Variables {
        let mut by_name: HashMap<Box<str>, Arc<Variable>, RandomState> = HashMap::default();
        let mut polled: HashMap<Topic, Arc<AtomicBool>> = HashMap::new();
        for server in tables(values, "server") {
            let is_polled = polled.entry(Topic::new([NAME, text(server, "name")])).or_default().clone();
            for (key, is_method) in [("variable", false), ("method", true)] {
                for variable in tables(server, key) {
                    let name = text(variable, "name");
                    let topic = Topic::new([NAME, text(server, "name"), name]);
                    let is_array = matches!(variable.get("array"), Some(Value::Bool(true)));
                    let kind = if is_method { METHOD } else { text(variable, "type") };
                    let meta = match variable.get("meta") {
                        Some(Value::Free(meta)) => meta.clone(),
                        _ => Map::new(),
                    };
                    let (info, own) = (info(name, kind, is_array, meta, style), Own::named(kind, is_array));
                    let is_polled = is_polled.clone();
                    let made = Variable { topic, own, is_method, info, is_polled, is_found: false };
                    by_name.entry(name.into()).or_insert_with(|| Arc::new(made));
                }
            }
        }
        Variables { known: RwLock::new(Known { by_name, list: None }), polled, style }
    }

    /// The backend says how the values of a server come.
    pub(crate) fn note(&self, server: &Topic, json: &str) {
        let is_polling = json.contains(r#""polling""#);
        if let Some(is_polled) = self.polled.get(server) {
            is_polled.store(is_polling, Ordering::Relaxed);
        }
    }

    /// The variable of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Variable>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).by_name.get(name).cloned()
    }

    /// The body of the answer to `VALUELIST_REQUEST`.
    pub(crate) fn list(&self) -> Arc<str> {
        if let Some(list) = &self.known.read().unwrap_or_else(PoisonError::into_inner).list {
            return list.clone();
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Known { by_name, list } = &mut *known;
        list.get_or_insert_with(|| self::list(by_name.keys().map(|name| &**name).collect(), self.style)).clone()
    }

    /// Takes in what a backend found in the folders of a server.
    pub(crate) fn change(&self, server: &str, changes: Changes) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for name in &changes.vanished {
            if known.by_name.get(name.as_str()).is_some_and(|one| one.is_found) {
                known.by_name.remove(name.as_str());
            }
        }
        let is_polled = self.polled.get(&Topic::new([NAME, server])).cloned().unwrap_or_default();
        for Appeared { name, kind, is_array } in changes.appeared {
            let topic = Topic::new([NAME, server, &name]);
            let info = info(&name, &kind, is_array, Map::new(), self.style);
            let own = Own::named(&kind, is_array);
            let is_polled = is_polled.clone();
            let made = Variable { topic, own, is_method: false, info, is_polled, is_found: true };
            known.by_name.entry(name.into()).or_insert_with(|| Arc::new(made));
        }
        known.list = None;
    }
}

/// What a method's type is called.
const METHOD: &str = "Method";

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
fn list(mut names: Vec<&str>, style: Style) -> Arc<str> {
    names.sort_unstable();
    let names = Json::from(names).to_string();
    let mut out = Vec::new();
    style.write(format!(r#"{{"Variables":{names}}}"#).as_bytes(), 0, &mut out);
    String::from_utf8_lossy(&out).into()
}

/// `{"Variable","Type","IsArray","MetaData"?`.
fn info(name: &str, kind: &str, is_array: bool, meta: Map<String, Json>, style: Style) -> Box<str> {
    let mut info = Map::new();
    info.insert("Variable".to_owned(), name.into());
    info.insert("Type".to_owned(), kind.into());
    info.insert("IsArray".to_owned(), is_array.into());
    if !meta.is_empty() {
        let meta = Json::Object(meta);
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
