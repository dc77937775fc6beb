//! Templates and rules as a file that people read and keep under version control: its form, written and read.
//!
//! The form is described in `docs/dialects/mr.md`, "Templates as a file". Promises: what was written is read back the same;
//! what is wrong with a file is told with its place, and then nothing of it is taken.

use serde_json::{Map, Value as Json, json};
use tieline_dicom_backend::DicomSettings;
use tieline_dicom_judge::templates::COMPARED;
use tieline_dicom_read::Parameter;
use tieline_store::templates::{Expected, Free, PLANE, Plane, Slot, Template, Told, Values};

/// What the file says it is.
const FORMAT: &str = "tieline-mr-templates";
/// The newest form this program knows.
const VERSION: u64 = 1;

/// The whole file.
pub(super) fn write<'a>(templates: impl Iterator<Item = &'a Template>, settings: &DicomSettings) -> Json {
    json!({
        "format": FORMAT, "version": VERSION, "templates": templates.map(template).collect::<Vec<_>>(), "rules": rules(settings),
    })
}

fn template(template: &Template) -> Json {
    let mut parameters = Map::new();
    for (at, parameter) in COMPARED.into_iter().enumerate() {
        let value = match &template.expected[at] {
            Expected::NotRecorded => json!({"free": "not_recorded"}),
            Expected::Absent => Json::Null,
            Expected::Text(text) => json!(text),
            // They stand together below.
            Expected::OneOf(_) if PLANE.contains(&at) => continue,
            Expected::OneOf(values) => json!({"one_of": values}),
            Expected::Free(why) => json!({"free": why.as_str()}),
        };
        let _ = parameters.insert(parameter.name().to_owned(), value);
    }
    let mut all = json!({
        "kind": template.kind, "acquisitions": template.count, "first": template.first, "last": template.last,
        "chosen": template.chosen.is_some(), "parameters": parameters,
    });
    if !template.planes.is_empty() {
        all["planes"] = json!(template.planes);
    }
    all
}

/// The rules of the configuration, keys without a value left out.
pub(super) fn rules(settings: &DicomSettings) -> Json {
    let filled = |pairs: Vec<(&str, Json)>| -> Json {
        let is_empty = |value: &Json| match value {
            Json::String(text) => text.is_empty(),
            Json::Array(values) => values.is_empty(),
            Json::Object(map) => map.is_empty(),
            _ => false,
        };
        let filled = pairs.into_iter().filter(|(_, value)| !is_empty(value));
        filled.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
    };
    let names = |globs: [&str; 4]| {
        ["project", "sequence", "station", "kind"].into_iter().zip(globs.map(Json::from)).collect::<Vec<_>>()
    };
    let rule = |rule: &tieline_dicom_judge::rules::RuleSettings| {
        let mut pairs = names(rule.globs());
        pairs.push(("ignore", json!(rule.ignore)));
        pairs.push(("tolerance", json!(rule.tolerance)));
        pairs.push(("allow", json!(rule.allow)));
        pairs.push(("require", json!(rule.require)));
        filled(pairs)
    };
    let session = |session: &tieline_dicom_judge::rules::SessionSettings| {
        let pairs = [
            ("project", json!(session.project)),
            ("sequences", json!(session.sequences)),
            ("images", json!(session.images.0)),
        ];
        filled(pairs.into())
    };
    json!({
        "rule": settings.rule.iter().map(rule).collect::<Vec<_>>(),
        "skip": settings.skip.iter().map(|skip| filled(names(skip.globs()))).collect::<Vec<_>>(),
        "session": settings.session.iter().map(session).collect::<Vec<_>>(),
    })
}

/// Reads the templates of a file, or says what is wrong with it. With `choose` each is chosen, whatever the file says.
pub(super) fn read(json: &Json, choose: bool) -> Result<Vec<Told>, String> {
    if json["format"] != FORMAT {
        return Err(format!("this is no file of templates: its `format` is not \"{FORMAT}\""));
    }
    if json["version"].as_u64().is_none_or(|version| version > VERSION) {
        return Err(format!("this program knows such files up to version {VERSION}; a newer program wrote this one"));
    }
    let all = json["templates"].as_array().ok_or("`templates` is no list")?;
    let read = |(at, one): (usize, &Json)| told(one, choose).map_err(|wrong| format!("templates.{at}: {wrong}"));
    all.iter().enumerate().map(read).collect()
}

fn told(json: &Json, choose: bool) -> Result<Told, String> {
    let kind = json["kind"].as_str().ok_or("`kind` is no text")?;
    if !kind.is_empty() && tieline_dicom_read::SeriesKind::parse(kind).is_none_or(|known| known.as_str() != kind) {
        return Err(format!("{kind:?} is no kind of image"));
    }
    let parameters = json["parameters"].as_object().ok_or("`parameters` is no table")?;
    if let Some(name) = parameters.keys().find(|name| Parameter::named(name).is_none_or(|one| !COMPARED.contains(&one)))
    {
        return Err(format!("parameters.{name}: there is no such compared parameter"));
    }
    let planes = planes(&json["planes"])?;
    let mut slots: [Slot; COMPARED.len()] = Default::default();
    for (at, slot) in slots.iter_mut().enumerate() {
        let name = COMPARED[at].name();
        *slot = match parameters.get(name) {
            None if PLANE.contains(&at) && !planes.is_empty() => Slot::Set(Vec::new()),
            None => return Err(format!("parameters.{name} is missing; write null when headers do not have it")),
            Some(json) => self::slot(json).map_err(|wrong| format!("parameters.{name}: {wrong}"))?,
        };
    }
    for name in [0, 1] {
        if !matches!(&slots[name], Slot::Set(values) if matches!(values.as_slice(), [Some(_)])) {
            return Err(format!("parameters.{}: a template needs a name", COMPARED[name].name()));
        }
    }
    let date = |key: &str| json[key].as_str().map(str::to_owned);
    Ok(Told {
        kind: kind.to_owned(),
        values: Values::from_parts(slots, planes),
        count: json["acquisitions"].as_u64().unwrap_or(1),
        first: date("first"),
        last: date("last"),
        is_chosen: choose || json["chosen"].as_bool().unwrap_or(false),
    })
}

fn slot(json: &Json) -> Result<Slot, &'static str> {
    const WRONG: &str = "write a text, null, { \"one_of\": [texts] } or { \"free\": reason }";
    let one = |json: &Json| match json {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.clone())),
        _ => Err(WRONG),
    };
    match json {
        Json::Object(map) if map.len() == 1 => match (map.get("one_of"), map.get("free")) {
            (Some(Json::Array(values)), _) if !values.is_empty() => {
                Ok(Slot::Set(values.iter().map(one).collect::<Result<_, _>>()?))
            }
            (_, Some(Json::String(why))) => Ok(Slot::Free(Free::named(why))),
            _ => Err(WRONG),
        },
        other => Ok(Slot::Set(vec![one(other)?])),
    }
}

fn planes(json: &Json) -> Result<Vec<Plane>, String> {
    const WRONG: &str = "planes: write lists of PED_major, Matrix and PixelResol, each a text or null";
    let Json::Array(planes) = json else {
        return if json.is_null() { Ok(Vec::new()) } else { Err(WRONG.to_owned()) };
    };
    let part = |json: &Json| match json {
        Json::Null => Some(None),
        Json::String(text) => Some(Some(text.clone())),
        _ => None,
    };
    let plane = |json: &Json| {
        let parts: Option<Vec<_>> = json.as_array()?.iter().map(part).collect();
        Plane::try_from(parts?).ok()
    };
    planes.iter().map(plane).collect::<Option<_>>().ok_or_else(|| WRONG.to_owned())
}

/// Rules as they stand in a configuration file.
pub(super) fn toml(rules: &Json) -> String {
    let mut text = String::new();
    for name in ["rule", "skip", "session"] {
        for table in rules[name].as_array().into_iter().flatten() {
            text.push_str(&format!("[[mr.{name}]]\n"));
            for (key, value) in table.as_object().into_iter().flatten() {
                let one = Map::from_iter([(key.clone(), value.clone())]);
                let line = tieline_model::settings::toml(&tieline_model::settings::Value::Free(one));
                let line = line.trim_start_matches("{ ").strip_suffix(" }").unwrap_or_default();
                text.push_str(&format!("{line}\n"));
            }
            text.push('\n');
        }
    }
    text
}
