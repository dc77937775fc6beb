//! The content of a `new` frame: whether a series conforms, and what was compared (contracts `mr`, "Frames", and
//! `mr-verdicts`).

use super::series::Series;
use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_model::{Reason, Refusal};

/// A verdict's parts as they stand in the text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content<'a> {
    /// `false` when something differs.
    #[serde(borrow)]
    pub(crate) conforms: &'a RawValue,
    /// `{parameter: {"expect", "have"}}`.
    #[serde(borrow)]
    pub(crate) errors: &'a RawValue,
    /// The parameters that were found, and the file's path.
    #[serde(borrow)]
    pub(crate) input: &'a RawValue,
    /// The parameters that were expected; empty when there is no template.
    #[serde(borrow)]
    pub(crate) template: &'a RawValue,
    /// `conforms`, `differs` or `no_template`.
    #[serde(borrow)]
    pub(crate) verdict: &'a RawValue,
    /// The series as one thing ([`Series`]).
    #[serde(borrow, default)]
    pub(crate) series: Option<&'a RawValue>,
    /// `M`, `P`, `MOCO`, `DERIVED`, `SBREF` or `OTHER`.
    #[serde(borrow, default)]
    pub(crate) kind: Option<&'a RawValue>,
    /// `{parameter: why}`.
    #[serde(borrow, default)]
    pub(crate) not_compared: Option<&'a RawValue>,
    /// Numbers of the site's rules that apply.
    #[serde(borrow, default)]
    pub(crate) rules: Option<&'a RawValue>,
    /// Why there is no template, when it is not for want of one: `no_study_name`.
    #[serde(borrow, default)]
    pub(crate) reason: Option<&'a RawValue>,
    /// What to do about that.
    #[serde(borrow, default)]
    pub(crate) hint: Option<&'a RawValue>,
}

const SHAPE: &str = "the content of mr.STATION.new is an object of conforms, errors, input, template and verdict, each once, and may \
    have series, kind, not_compared, rules, reason and hint";

impl<'a> Content<'a> {
    /// Reads a content whose parts are of the right kinds and agree with each other.
    pub(crate) fn read(json: &'a str) -> Result<Content<'a>, Refusal> {
        let refused = |detail: &'static str| Err(Refusal::new(Reason::BadField, detail));
        let Ok(content) = serde_json::from_str::<Content<'_>>(json) else { return refused(SHAPE) };
        let objects = [Some(content.errors), Some(content.input), Some(content.template), content.not_compared];
        if !objects.iter().flatten().all(|part| part.get().starts_with('{')) {
            return refused("errors, input, template and not_compared are objects");
        }
        if ![content.kind, content.reason, content.hint].iter().flatten().all(|part| part.get().starts_with('"')) {
            return refused("kind, reason and hint are texts");
        }
        if content.rules.is_some_and(|rules| serde_json::from_str::<Vec<u64>>(rules.get()).is_err()) {
            return refused("rules are whole numbers");
        }
        content.series.map(|series| Series::read(series.get())).transpose()?;
        match (content.verdict.get(), content.conforms.get()) {
            (r#""conforms""# | r#""no_template""#, "true") | (r#""differs""#, "false") => Ok(content),
            (word, _) if is_word(word) => {
                refused("`conforms` is false when the verdict is differs, and true otherwise")
            }
            _ => refused("`verdict` is conforms, differs or no_template"),
        }
    }

    /// The same as JSON, in the contract's order: the old members, then the new ones.
    pub(crate) fn in_order(&self) -> String {
        let Content { conforms, errors, input, template, verdict, .. } = self;
        let mut out = format!(
            r#"{{"conforms":{conforms},"errors":{errors},"input":{input},"template":{template},"verdict":{verdict}"#
        );
        // Read before, so it can be read.
        let series = self.series.and_then(|series| Series::read(series.get()).ok()).map(|series| series.in_order(None));
        super::push_member(&mut out, "series", series.as_deref());
        for (key, part) in [
            ("kind", self.kind),
            ("not_compared", self.not_compared),
            ("rules", self.rules),
            ("reason", self.reason),
            ("hint", self.hint),
        ] {
            super::push_member(&mut out, key, part.map(RawValue::get));
        }
        out + "}"
    }
}

/// Whether a JSON text is one of the three verdicts.
pub(super) fn is_word(json: &str) -> bool {
    matches!(json, r#""conforms""# | r#""differs""# | r#""no_template""#)
}
