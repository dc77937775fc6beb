//! Seeded errors: headers of the archive with one thing changed, and whether the judge finds it.
//!
//! Promises: the same seed makes the same errors; only what would be an error is made one: a parameter that is not compared, or
//! of which the acquisition has both values, is left alone.

use super::archive::{Archive, Chance, Session};
use crate::{Context, Failure, Reader};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tieline_commandline::{Plain, printable};
use tieline_dicom_judge::{Judge, Judgement, Kind, SESSION_END, Verdict};
use tieline_dicom_read::{Header, Parameter, Value};
use tieline_store::templates::Expected;

/// What an error changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Error {
    Parameter(Parameter),
    MissingSeries,
}

/// Each in turn.
const ERRORS: [Error; 6] = [
    Error::Parameter(Parameter::Te),
    Error::Parameter(Parameter::Tr),
    Error::Parameter(Parameter::Fa),
    Error::Parameter(Parameter::Phase),
    Error::Parameter(Parameter::Matrix),
    Error::MissingSeries,
];

/// So many files are tried until one has what is to be changed.
const TRIED: usize = 64;
/// How often it is said how far it is, where no bar is drawn.
const LINE: Duration = Duration::from_secs(10);

/// What became of the errors.
#[derive(Default)]
pub(super) struct Seeded {
    wanted: u64,
    /// For each kind: how many were made, and how many were found.
    made: [(u64, u64); ERRORS.len()],
    /// What was not found, and where.
    missed: Vec<(&'static str, PathBuf)>,
}

/// Makes errors and looks for them.
pub(super) fn errors(
    count: u32,
    seed: u64,
    archive: &Archive,
    judge: &mut Judge,
    reader: &Reader<'_>,
    context: &mut Context<'_>,
) -> Result<Seeded, Failure> {
    let mut seeded = Seeded { wanted: count.into(), ..Seeded::default() };
    let mut maker = Maker { archive, judge, reader, chance: Chance(seed), now: Duration::ZERO };
    // What an archive does not have at all is not looked for again and again.
    let mut hopeless = [false; ERRORS.len()];
    let mut said = Instant::now();
    for number in 0..count as usize {
        for step in 0..ERRORS.len() {
            let at = (number + step) % ERRORS.len();
            if hopeless[at] {
                continue;
            }
            let Some((found, path)) = maker.error(ERRORS[at])? else {
                hopeless[at] = true;
                continue;
            };
            seeded.made[at].0 += 1;
            seeded.made[at].1 += u64::from(found);
            if !found {
                seeded.missed.push((ERRORS[at].name(), path));
            }
            break;
        }
        if said.elapsed() >= LINE {
            said = Instant::now();
            writeln!(context.diagnostics, "{number} of {count} errors seeded")?;
        }
    }
    Ok(seeded)
}

struct Maker<'a> {
    archive: &'a Archive,
    judge: &'a mut Judge,
    reader: &'a Reader<'a>,
    chance: Chance,
    now: Duration,
}

impl Maker<'_> {
    /// Makes one, and says whether it was found, and where; `None` when there is nothing to make it from.
    fn error(&mut self, error: Error) -> Result<Option<(bool, PathBuf)>, Failure> {
        for _ in 0..TRIED {
            let made = match error {
                Error::Parameter(parameter) => self.changed(parameter)?,
                Error::MissingSeries => self.missing()?,
            };
            if made.is_some() {
                return Ok(made);
            }
        }
        Ok(None)
    }

    fn changed(&mut self, parameter: Parameter) -> Result<Option<(bool, PathBuf)>, Failure> {
        let at = self.chance.below(self.archive.files.len() as u64);
        let Some(path) = self.archive.files.get(at) else { return Ok(None) };
        let Some(mut header) = self.read(path) else { return Ok(None) };
        let before = self.judge.look(&header)?;
        let amount = 1.0 + (self.chance.below(90) as f64) / 10.0;
        let Some(value) = change(parameter, header.parameters.get(parameter), amount) else { return Ok(None) };
        if !is_compared(&before, parameter) {
            return Ok(None);
        }
        header.parameters.set(parameter, value);
        let after = self.judge.look(&header)?;
        let found = after.verdict == Verdict::Differs && after.differences.iter().any(|one| one.parameter == parameter);
        Ok(Some((found, path.clone())))
    }

    /// Plays a session without one of its series.
    fn missing(&mut self) -> Result<Option<(bool, PathBuf)>, Failure> {
        let at = self.chance.below(self.archive.sessions.len() as u64);
        let Some(session) = self.archive.sessions.values().nth(at).filter(|session| session.len() > 1) else {
            return Ok(None);
        };
        let gone = self.chance.below(session.len() as u64);
        let Some(path) = session.values().nth(gone) else { return Ok(None) };
        let Some(header) = self.read(path) else { return Ok(None) };
        let (Value::Text(project), Value::Text(name)) =
            (header.parameters.get(Parameter::Project), header.parameters.get(Parameter::SequenceName))
        else {
            return Ok(None);
        };
        let of_kind = format!("{name} ({})", header.kind.as_str());
        let is_it = |names: &[String]| names.iter().any(|known| known == name || *known == of_kind);
        // Only what is expected can be missing: of the whole session nothing is, without it something is.
        if !is_it(&self.judge.expected(project)) {
            return Ok(None);
        }
        let (whole, without) = (self.play(session, None)?, self.play(session, Some(gone))?);
        let found = without.len() > whole.len() && is_it(&without);
        Ok(Some((found, path.clone())))
    }

    /// What is missing at the end of a session that holds one image of each series but this one.
    fn play(&mut self, session: &Session, gone: Option<usize>) -> Result<Vec<String>, Failure> {
        for (_, path) in session.values().enumerate().filter(|(at, _)| Some(*at) != gone) {
            if let Some(header) = self.read(path) {
                let _ = self.judge.take(&header, path, self.now)?;
            }
        }
        self.now += SESSION_END;
        let ended = self.judge.tick(self.now).into_iter().find(|report| report.kind == Kind::Session);
        let content = ended.and_then(|report| serde_json::from_str::<Json>(report.content.reveal()).ok());
        let missing = content.iter().flat_map(|content| content["missing"].as_array()).flatten();
        Ok(missing.filter_map(Json::as_str).map(str::to_owned).collect())
    }

    fn read(&self, path: &Path) -> Option<Header> {
        (self.reader)(path).ok().map(|header| self.judge.named(&header, path))
    }
}

/// Another value of this parameter, by so much; `None` when the header does not have it as a number.
fn change(parameter: Parameter, value: &Value, amount: f64) -> Option<Value> {
    Some(match (parameter, value) {
        (Parameter::Phase, Value::Integer(0)) => Value::Integer(1),
        (Parameter::Phase, Value::Integer(1)) => Value::Integer(0),
        (Parameter::Matrix, Value::Integers(numbers)) => {
            let at = numbers.iter().position(|number| *number > 0)?;
            let mut numbers = numbers.clone();
            *numbers.get_mut(at)? += 16 * (1 + amount as i64);
            Value::Integers(numbers)
        }
        // No echo time, repetition time or angle of a protocol has such decimals.
        (Parameter::Te | Parameter::Tr | Parameter::Fa, Value::Number(number)) => {
            Value::Number(number + amount + 0.013)
        }
        (Parameter::Te, Value::Numbers(numbers)) => {
            Value::Numbers(numbers.iter().map(|number| number + amount + 0.013).collect())
        }
        _ => return None,
    })
}

/// Whether another value would be an error: the template has something to compare it with.
fn is_compared(judgement: &Judgement, parameter: Parameter) -> bool {
    let template = judgement.template.as_ref().map(|template| template.expected(parameter.name()));
    let has_both = parameter == Parameter::Phase && matches!(template, Some(Expected::OneOf(_)));
    template.is_some() && !has_both && !judgement.not_compared.iter().any(|(known, _)| *known == parameter)
}

impl Error {
    fn name(self) -> &'static str {
        match self {
            Error::Parameter(parameter) => parameter.name(),
            Error::MissingSeries => "missing series",
        }
    }
}

impl Seeded {
    fn sums(&self) -> (u64, u64) {
        self.made.iter().fold((0, 0), |(made, found), one| (made + one.0, found + one.1))
    }

    /// Whether as many as were wanted were made, and all found.
    pub(super) fn are_all_found(&self) -> bool {
        self.sums() == (self.wanted, self.wanted)
    }

    /// As JSON.
    pub(super) fn json(&self) -> Json {
        let (made, found) = self.sums();
        let each = ERRORS.iter().zip(self.made);
        let each =
            each.map(|(error, (made, found))| (error.name().to_owned(), json!({"seeded": made, "found": found})));
        let missed = self.missed.iter().map(|(error, path)| json!({"error": error, "path": path.to_string_lossy()}));
        json!({
            "wanted": self.wanted, "seeded": made, "found": found, "by_error": each.collect::<serde_json::Map<_, _>>(),
            "missed": missed.collect::<Vec<_>>(),
        })
    }

    /// In words.
    pub(super) fn text(&self) -> String {
        let (made, found) = self.sums();
        let mut all = format!("Seeded errors: {found} of {made} found.\n");
        if made < self.wanted {
            all.push_str(&format!("{} were wanted: the archive has nothing to make the others from.\n", self.wanted));
        }
        let mut table = Plain::with_numbers(&["error", "seeded", "found"], &[1, 2]);
        for (error, (made, found)) in ERRORS.iter().zip(self.made) {
            table.add([error.name().to_owned(), made.to_string(), found.to_string()]);
        }
        all.push_str(&table.text());
        for (error, path) in self.missed.iter().take(20) {
            all.push_str(&format!("not found: {error} in {}\n", printable(&path.to_string_lossy())));
        }
        all
    }
}
