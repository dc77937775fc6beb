//! Which values of a set have come in a series: what never came is told at its end.
//!
//! Promises: one bit per value; only templates that have sets cost anything. Called by the memory of series.

use super::compare::value_conforms;
use crate::rules::Applied;
use crate::templates::{COMPARED, Templates, text};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use tieline_dicom_read::{Header, Parameter, Value};
use tieline_store::templates::{EchoTimes, Expected, PLANE, TE, Template};

/// So many kinds of one series are followed.
const KINDS: usize = 8;
/// So many missing values of a parameter are told.
const TOLD: usize = 100;

/// What has come so far, for each template of the series' images.
#[derive(Debug, Clone, Default)]
pub(super) struct Missing(Vec<Came>);

#[derive(Debug, Clone)]
struct Came {
    template: Arc<Template>,
    /// For each parameter with several values: its place, and which have come. The planes stand at the first of theirs.
    values: Vec<(usize, Vec<bool>)>,
    echoes: Option<(EchoTimes, EchoTimes)>,
}

impl Missing {
    /// Notes an image that was compared with this template.
    pub(super) fn came(&mut self, template: &Arc<Template>, header: &Header) {
        let same = |came: &Came| came.template.set == template.set && came.template.kind == template.kind;
        let at = match self.0.iter().position(same) {
            Some(at) => at,
            None if self.0.len() < KINDS => {
                self.0.push(Came::new(template));
                self.0.len() - 1
            }
            None => return,
        };
        if let Some(came) = self.0.get_mut(at) {
            came.note(header);
        }
    }

    /// What is kept of it: bits as a text of 0 and 1, in the order of the template's values.
    pub(super) fn write(&self) -> Json {
        let one = |came: &Came| {
            let (project, sequence) = came.template.names();
            let bits = |came: &[bool]| came.iter().map(|came| if *came { '1' } else { '0' }).collect::<String>();
            let values: Vec<_> = came.values.iter().map(|(at, came)| json!([at, bits(came)])).collect();
            let echoes = came.echoes.as_ref().and_then(|(_, came)| came.plain());
            json!({"project": project, "sequence": sequence, "kind": came.template.kind, "set": came.template.set,
                "values": values, "echoes": echoes})
        };
        // Most templates have no sets.
        self.0.iter().filter(|came| !came.values.is_empty() || came.echoes.is_some()).map(one).collect()
    }

    /// Reads it back, as far as the templates are still the same.
    pub(super) fn read(json: &Json, templates: &mut Templates) -> Missing {
        Missing(
            json.as_array().into_iter().flatten().filter_map(|one| Came::read(one, templates)).take(KINDS).collect(),
        )
    }

    /// What has not come, by parameter.
    pub(super) fn json(&self) -> Map<String, Json> {
        let mut all: Map<String, Json> = Map::new();
        for came in &self.0 {
            for (name, missing) in came.missing().into_iter().filter(|(_, missing)| !missing.is_empty()) {
                let list = all.entry(name.to_owned()).or_insert_with(|| Json::Array(Vec::new()));
                if let Json::Array(list) = list {
                    list.extend(missing.into_iter().take(TOLD).map(Json::from));
                }
            }
        }
        all
    }
}

impl Came {
    fn new(template: &Arc<Template>) -> Came {
        let mut values = Vec::new();
        for (at, expected) in template.expected.iter().enumerate() {
            if let Expected::OneOf(list) = expected
                && at != TE
                && !PLANE.contains(&at)
            {
                values.push((at, vec![false; list.len()]));
            }
        }
        if !template.planes.is_empty() {
            values.push((PLANE[0], vec![false; template.planes.len()]));
        }
        let echoes = template.echo_times.as_deref().and_then(EchoTimes::parse).filter(|times| times.len() > 1);
        Came { template: template.clone(), values, echoes: echoes.map(|all| (all, EchoTimes::default())) }
    }

    fn read(json: &Json, templates: &mut Templates) -> Option<Came> {
        let text = |key: &str| json[key].as_str();
        let allowed = templates.allowed(text("project")?, text("sequence")?, text("kind")?).ok()?;
        let mut came = Came::new(allowed.iter().find(|template| json["set"] == template.set)?);
        for kept in json["values"].as_array()? {
            let values = came.values.iter_mut().find(|(at, _)| kept[0] == *at);
            let bits = kept[1].as_str()?.as_bytes();
            if let Some((_, values)) = values.filter(|(_, values)| values.len() == bits.len()) {
                values.iter_mut().zip(bits).for_each(|(value, bit)| *value = *bit == b'1');
            }
        }
        if let (Some((_, came)), Some(kept)) = (&mut came.echoes, text("echoes").and_then(EchoTimes::parse)) {
            *came = kept;
        }
        Some(came)
    }

    fn note(&mut self, header: &Header) {
        let template = &self.template;
        for (at, came) in &mut self.values {
            let place = match &template.expected[*at] {
                _ if PLANE.contains(at) => template.planes.iter().position(|plane| {
                    PLANE.iter().zip(plane).all(|(at, value)| is(COMPARED[*at], value.as_deref(), header))
                }),
                Expected::OneOf(values) => {
                    let have = text(header.parameters.get(COMPARED[*at]));
                    let exact = values.binary_search(&have).ok();
                    exact.or_else(|| values.iter().position(|value| is(COMPARED[*at], value.as_deref(), header)))
                }
                _ => None,
            };
            if let Some(came) = place.and_then(|place| came.get_mut(place)) {
                *came = true;
            }
        }
        if let Some((_, came)) = &mut self.echoes {
            match header.parameters.get(Parameter::Te) {
                Value::Number(time) => came.add(*time),
                Value::Numbers(times) => times.iter().for_each(|time| came.add(*time)),
                _ => {}
            }
        }
    }

    fn missing(&self) -> Vec<(&'static str, Vec<String>)> {
        let written = |value: &Option<String>| value.clone().unwrap_or_else(|| super::NULL.to_owned());
        let mut all = Vec::new();
        for (at, came) in &self.values {
            let places = came.iter().enumerate().filter(|(_, came)| !**came).map(|(place, _)| place);
            let texts: Vec<String> = match &self.template.expected[*at] {
                _ if PLANE.contains(at) => {
                    let planes = places.filter_map(|place| self.template.planes.get(place));
                    planes.map(|plane| plane.iter().map(written).collect::<Vec<_>>().join(" ")).collect()
                }
                Expected::OneOf(values) => places.filter_map(|place| values.get(place)).map(written).collect(),
                _ => Vec::new(),
            };
            all.push((COMPARED[*at].name(), texts));
        }
        if let Some((allowed, came)) = &self.echoes {
            let alone = |text: &str| EchoTimes::parse(text).is_some_and(|time| !came.has_any_of(&time));
            let texts = allowed.plain().unwrap_or_default();
            all.push((Parameter::Te.name(), texts.split(',').filter(|text| alone(text)).map(str::to_owned).collect()));
        }
        all
    }
}

/// Whether the header has this value.
fn is(parameter: Parameter, value: Option<&str>, header: &Header) -> bool {
    let have = header.parameters.get(parameter);
    match (value, text(have)) {
        (None, None) => true,
        (Some(value), Some(written)) => value_conforms(parameter, value, have, &written, &Applied::default()),
        _ => false,
    }
}
