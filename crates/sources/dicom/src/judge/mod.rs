//! The judge: compares each file with its study's template and remembers what was said about its series (contract `mr`).
//!
//! Promises: every file is compared; a series' first file and every change of verdict is a `new`, the others are counted;
//! memory is bounded and holds hashes only. Called by the source with what the reader has read, from one thread.

mod compare;
mod report;
mod series;
#[cfg(test)]
mod tests;

pub use compare::{Difference, NULL, compare};
pub use report::{Kind, Report, Tell, Verdict};

use crate::parameters::{Parameter, Value};
use crate::read::Header;
use crate::templates::Templates;
use series::{Said, Series};
use std::path::Path;
use tieline_model::Patient;
use tieline_store::StoreError;
use tieline_store::templates::Template;

/// Judges files, one after the other.
pub struct Judge {
    templates: Templates,
    series: Series,
}

/// What came out about one header, by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What differs, in the contract's order.
    pub differences: Vec<Difference>,
    /// The template it was compared with.
    pub template: Option<Template>,
}

impl Judge {
    /// A judge who knows these templates and no series yet.
    pub fn new(templates: Templates) -> Judge {
        Judge { templates, series: Series::default() }
    }

    /// Judges the next file and says what is to be told. `None` when it is the file of the last message again, as when
    /// it grew, and nothing has changed. Without an answer from the templates nothing is remembered either.
    pub fn judge(&mut self, header: &Header, path: &Path) -> Result<Option<Report>, StoreError> {
        let judgement = self.look(header)?;
        let station = match header.parameters.get(Parameter::Station) {
            Value::Text(station) => Some(station.clone()),
            _ => None,
        };
        let (kind, content) = match self.series.said(header, path, &judgement) {
            Said::Nothing => return Ok(None),
            Said::New => (Kind::New, judgement.content(header, path)),
            Said::Update(count) => (Kind::Update, count.to_string()),
        };
        Ok(Some(Report { station, kind, content: Patient::new(content) }))
    }

    /// Compares one header with its template; no series is remembered.
    pub fn look(&mut self, header: &Header) -> Result<Judgement, StoreError> {
        let none = Judgement { verdict: Verdict::NoTemplate, differences: Vec::new(), template: None };
        let name = |parameter| header.parameters.get(parameter);
        // A header that does not name its study or sequence has no template, not that of all the nameless.
        let (Value::Text(project), Value::Text(sequence)) = (name(Parameter::Project), name(Parameter::SequenceName))
        else {
            return Ok(none);
        };
        let Some(template) = self.templates.template(project, sequence)? else { return Ok(none) };
        let differences = compare(template, &header.parameters);
        let verdict = if differences.is_empty() { Verdict::Conforms } else { Verdict::Differs };
        Ok(Judgement { verdict, differences, template: Some(template.clone()) })
    }

    /// How many series had to be forgotten because there were too many: their next file is a `new` again.
    pub fn forgotten(&self) -> u64 {
        self.series.forgotten()
    }

    /// How often a template from memory had to do because the database did not answer.
    pub fn stale(&self) -> u64 {
        self.templates.stale()
    }
}

impl Judgement {
    /// The content of a `new` message: JSON, keys in the contract's order.
    pub fn content(&self, header: &Header, path: &Path) -> String {
        let template = self.template.as_ref();
        report::content(&header.parameters, path, template, self.verdict, &self.differences).to_string()
    }
}
