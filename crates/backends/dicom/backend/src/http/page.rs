//! Pages of what is remembered: what is asked for, and the JSON of it.

use serde_json::{Map, Value, json};
use std::time::{Duration, UNIX_EPOCH};
use tieline_dicom_read::Parameter;
use tieline_model::Sight;
use tieline_model::dialect::service::Reply;
use tieline_store::series::Remembered;
use tieline_store::{Store, StoreError};

/// How many series a page has when nothing is said, and at most.
const LIMIT: (usize, usize) = (100, 500);
/// What identifies nobody of a series object; values that never came may be comments.
const OPEN: [&str; 8] = ["number", "name", "uid", "images", "differing", "first_differing", "verdict", "ended"];

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// One station's, by its raw name.
    pub(super) station: Option<String>,
    /// Milliseconds since 1970.
    pub(super) since: i64,
    /// The `next` of the page before.
    pub(super) before: Option<i64>,
    pub(super) limit: usize,
}

impl Asked {
    /// Reads a query; what is not known in it means nothing.
    pub(super) fn read(query: &[(String, String)]) -> Result<Asked, &'static str> {
        let mut asked = Asked { station: None, since: i64::MIN, before: None, limit: LIMIT.0 };
        for (key, value) in query {
            match key.as_str() {
                "station" => asked.station = Some(value.clone()),
                "since" => {
                    let wrong = "`since` must be a moment as RFC 3339 writes it, such as 2026-01-05T00:00:00Z";
                    asked.since = milliseconds(value).ok_or(wrong)?;
                }
                "before" => {
                    let wrong = "`before` must be the `next` of the page before, a whole number";
                    asked.before = Some(value.parse().map_err(|_| wrong)?);
                }
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=LIMIT.1).contains(limit));
                    asked.limit = limit.ok_or("`limit` must be a whole number from 1 to 500")?;
                }
                _ => {}
            }
        }
        Ok(asked)
    }
}

/// The answer.
pub(super) fn page(store: &mut Store, asked: &Asked, sight: Sight) -> Result<Reply, StoreError> {
    let page = store.series().history(asked.station.as_deref(), asked.since, asked.before, asked.limit)?;
    let series: Vec<_> = page.series.iter().filter_map(|one| entry(one, sight)).collect();
    Ok(Reply::json(200, json!({ "series": series, "next": page.next }).to_string()))
}

/// The answer where nothing is remembered.
pub(super) fn empty() -> Reply {
    Reply::json(200, r#"{"series":[],"next":null}"#)
}

/// A series as pages read it; `None` when what is kept of it is no JSON, which nobody here has written.
fn entry(one: &Remembered, sight: Sight) -> Option<Value> {
    let content: Value = serde_json::from_str(&one.content).ok()?;
    let series: Map<String, Value> = serde_json::from_str(&one.series).ok()?;
    let (content, series) = match sight {
        Sight::Full => (content, series),
        Sight::Redacted => {
            (short(&content), series.into_iter().filter(|(key, _)| OPEN.contains(&key.as_str())).collect())
        }
    };
    Some(json!({
        "station": one.station, "uid": format!("{:016x}", one.uid), "began": moment(one.began), "at": moment(one.at),
        "content": content, "series": series,
    }))
}

/// Of a verdict: which it is, and the names of the parameters that differ.
fn short(content: &Value) -> Value {
    let verdict =
        content.get("verdict").filter(|word| matches!(word.as_str(), Some("conforms" | "differs" | "no_template")));
    let errors = content.get("errors").and_then(Value::as_object);
    let is_known = |name: &&String| Parameter::ALL.iter().any(|parameter| parameter.name() == name.as_str());
    let differing: Vec<_> = errors.into_iter().flat_map(Map::keys).filter(is_known).collect();
    json!({ "verdict": verdict, "differing": differing })
}

fn milliseconds(text: &str) -> Option<i64> {
    let since = humantime::parse_rfc3339_weak(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// Milliseconds since 1970 as RFC 3339; what is outside the years it can write is its nearest end.
pub fn moment(at: i64) -> String {
    let at = u64::try_from(at).unwrap_or(0).min(253_402_300_799_999);
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(at)).to_string()
}
