//! A series as one thing: how many images it has, how many differ, what never came (contract `mr-verdicts`, "What is compared
//! with what"). The member `series` of a verdict, and the content of a `series` frame.

use serde::Deserialize;
use serde_json::value::RawValue;
use tieline_model::{Reason, Refusal};

/// A series' parts as they stand in the text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Series<'a> {
    /// As the header has it: a number (several where it has several), or a text when it is none.
    #[serde(borrow)]
    pub(crate) number: &'a RawValue,
    /// As the header has it.
    #[serde(borrow)]
    pub(crate) name: &'a RawValue,
    /// A keyed hash in hexadecimal digits.
    #[serde(borrow)]
    pub(crate) uid: &'a RawValue,
    #[serde(borrow)]
    pub(crate) images: &'a RawValue,
    #[serde(borrow)]
    pub(crate) differing: &'a RawValue,
    /// Instance number; null when none differs, or the header has none.
    #[serde(borrow)]
    pub(crate) first_differing: &'a RawValue,
    /// `conforms`, `differs` or `no_template`.
    #[serde(borrow, default)]
    pub(crate) verdict: Option<&'a RawValue>,
    /// Whether no further image is expected.
    #[serde(borrow, default)]
    pub(crate) ended: Option<&'a RawValue>,
    /// `{parameter: [value]}`: values of the template's set that no image had.
    #[serde(borrow, default)]
    pub(crate) missing_values: Option<&'a RawValue>,
}

const SHAPE: &str = "a series is an object of number, name, uid, images, differing and first_differing, and may have verdict, ended \
    and missing_values, each once";

impl<'a> Series<'a> {
    /// Reads a series whose parts are of the right kinds.
    pub(crate) fn read(json: &'a str) -> Result<Series<'a>, Refusal> {
        let refused = |detail: &'static str| Err(Refusal::new(Reason::BadField, detail));
        let Ok(series) = serde_json::from_str::<Series<'_>>(json) else { return refused(SHAPE) };
        let is_whole = |value: &RawValue| serde_json::from_str::<u64>(value.get()).is_ok();
        let Series { number, name, uid, images, differing, first_differing: first, .. } = &series;
        let is_text = |value: &RawValue| value.get().starts_with('"');
        let one = serde_json::from_str::<f64>(number.get()).is_ok();
        // A header may have several where one is right.
        let is_number = one || is_text(number) || serde_json::from_str::<Vec<f64>>(number.get()).is_ok();
        if !is_text(name) || !is_number {
            return refused("`name` of a series is a text, `number` a number or a text");
        }
        if !is_hash(uid.get()) {
            return refused("`uid` of a series is a hash in hexadecimal digits");
        }
        if !is_whole(images) || !is_whole(differing) {
            return refused("`images` and `differing` of a series are whole numbers");
        }
        if first.get() != "null" && serde_json::from_str::<i64>(first.get()).is_err() {
            return refused("`first_differing` of a series is a whole number or null");
        }
        if series.verdict.is_some_and(|verdict| !super::verdict::is_word(verdict.get())) {
            return refused("`verdict` is conforms, differs or no_template");
        }
        if series.ended.is_some_and(|ended| !matches!(ended.get(), "true" | "false")) {
            return refused("`ended` of a series is true or false");
        }
        if series.missing_values.is_some_and(|missing| !missing.get().starts_with('{')) {
            return refused("`missing_values` of a series is an object");
        }
        Ok(series)
    }

    /// The same as JSON, in the contract's order; `missing` takes the place of what is missing.
    pub(crate) fn in_order(&self, missing: Option<&str>) -> String {
        let Series { number, name, uid, images, differing, first_differing, verdict, ended, missing_values } = self;
        let mut out = format!(
            r#"{{"number":{number},"name":{name},"uid":{uid},"images":{images},"differing":{differing},"first_differing":{first_differing}"#
        );
        let missing = missing_values.map(|values| missing.unwrap_or(values.get()));
        for (key, value) in
            [("verdict", verdict.map(RawValue::get)), ("ended", ended.map(RawValue::get)), ("missing_values", missing)]
        {
            super::push_member(&mut out, key, value);
        }
        out + "}"
    }
}

/// Whether a JSON text is a string of hexadecimal digits, of the length of a hash.
fn is_hash(json: &str) -> bool {
    let digits = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    (8..=64).contains(&digits.len()) && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
