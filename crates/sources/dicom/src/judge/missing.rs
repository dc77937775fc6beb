//! Which values of a set have come in a series: what never came is told at its end.
//!
//! Promises: one bit per value; only templates that have sets cost anything. Called by the memory of series.

use super::compare::value_conforms;
use crate::parameters::{Parameter, Value};
use crate::read::Header;
use crate::rules::Applied;
use crate::templates::{COMPARED, text};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
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
