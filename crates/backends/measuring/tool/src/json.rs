//! What the project holds, as JSON for programs; times as text.

use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};
use tieline_store::project::{Element, Image, JobRecord, Series, Stage};

/// A time in milliseconds since 1970, as text: `2025-01-31T12:00:00.000Z`.
pub(super) fn time(at: i64) -> String {
    // Later than the year 9999 cannot be written so, and is no time of an import.
    let at = u64::try_from(at).unwrap_or(0).min(253_402_300_799_999);
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(at)).to_string()
}

/// A content hash as text.
pub(super) fn hash(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn series(series: &Series) -> Value {
    json!({
        "name": series.name, "focal_length": series.focal_length, "made": time(series.at), "images": series.images,
    })
}

pub(super) fn image(image: &Image) -> Value {
    let picture = &image.picture;
    json!({
        "file": image.file, "sha256": hash(&picture.hash), "format": picture.format, "width": picture.width,
        "height": picture.height, "bits": picture.bits, "bytes": picture.size, "focal_length": image.focal_length,
        "camera": picture.camera, "exif_focal_length": picture.focal_length, "imported": time(image.at),
    })
}

pub(super) fn stage(stage: &Stage) -> Value {
    json!({
        "name": stage.name(), "number": stage.number, "file": stage.file, "imported": time(stage.at),
        "elements": stage.elements,
    })
}

pub(super) fn element(element: &Element) -> Value {
    // It was JSON when it was kept.
    let body: Value = serde_json::from_str(&element.body).unwrap_or(Value::Null);
    json!({
        "kind": element.kind, "name": element.name, "id": element.identity, "position": element.position, "content": body,
    })
}

pub(super) fn job(job: &JobRecord) -> Value {
    json!({
        "job": job.id, "ended": time(job.at), "peer": job.peer, "command": job.command, "took_ms": job.took,
        "result": job.result, "detail": job.detail,
    })
}
