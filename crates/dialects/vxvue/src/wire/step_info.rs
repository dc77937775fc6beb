//! 601 `sendStepInfo`: which body part in which projection comes next.

use super::fields::{is_null, put, text};
use serde_json::value::RawValue;
use tieline_model::json::members;
use tieline_model::{Reason, Refusal, safe};

/// Checks the `data` of a 601: both aliases are texts, null or absent; other fields pass unread.
pub(crate) fn check(data: Option<&RawValue>) -> Result<(), Refusal> {
    let Some(data) = data else { return Ok(()) };
    let (mut bodypart, mut projection, mut placed) = (None, None, Ok(()));
    members(data.get(), |key, raw| {
        let now = match key {
            BODYPART => put(&mut bodypart, BODYPART, raw),
            PROJECTION => put(&mut projection, PROJECTION, raw),
            _ => Ok(()),
        };
        if placed.is_ok() {
            placed = now;
        }
    })
    .map_err(|_| Refusal::new(Reason::BadField, "`data` cannot be read"))?;
    placed?;
    for (key, raw) in [(BODYPART, bodypart), (PROJECTION, projection)] {
        if raw.is_some_and(|raw| !is_null(raw) && text(raw).is_none()) {
            return Err(Refusal::new(Reason::BadField, safe!("`{}` must be a text or null", key)));
        }
    }
    Ok(())
}

/// Whether this field of a 601 may be shown to anyone: what is to be exposed, not who.
pub(crate) fn is_open(key: &str) -> bool {
    key == BODYPART || key == PROJECTION
}

const BODYPART: &str = "bodypartAlias";
const PROJECTION: &str = "projectionAlias";
