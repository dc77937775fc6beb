//! The content of a `new` frame: whether a series conforms, and what was compared (contract `mr`, Frames).

use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_model::{Reason, Refusal};

/// A verdict's five parts as they stand in the text.
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
}

impl Content<'_> {
    /// Reads a content whose parts are of the right kinds and agree with each other.
    pub(crate) fn read(json: &str) -> Result<Content<'_>, Refusal> {
        let refused = |detail: &'static str| Err(Refusal::new(Reason::BadField, detail));
        let Ok(content) = serde_json::from_str::<Content<'_>>(json) else {
            return refused(
                "the content of mr.STATION.new is an object of conforms, errors, input, template and verdict, each once",
            );
        };
        let objects = [content.errors, content.input, content.template];
        if !objects.iter().all(|part| part.get().starts_with('{')) {
            return refused("errors, input and template are objects");
        }
        match (content.verdict.get(), content.conforms.get()) {
            (r#""conforms""# | r#""no_template""#, "true") | (r#""differs""#, "false") => Ok(content),
            (r#""conforms""# | r#""no_template""# | r#""differs""#, _) => {
                refused("`conforms` is false when the verdict is differs, and true otherwise")
            }
            _ => refused("`verdict` is conforms, differs or no_template"),
        }
    }

    /// The same as JSON, in the contract's order.
    pub(crate) fn in_order(&self) -> String {
        let Content { conforms, errors, input, template, verdict } = self;
        format!(
            r#"{{"conforms":{conforms},"errors":{errors},"input":{input},"template":{template},"verdict":{verdict}}}"#
        )
    }
}
