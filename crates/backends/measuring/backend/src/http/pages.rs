//! The project and the record of jobs, as pages read them.
//!
//! Promises: an answer is bounded in rows and in bytes; nothing is changed, and no store is made. On a thread of its own.

use super::notes::time;
use super::{Note, Notes, Uploads};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tieline_model::dialect::service::Reply;
use tieline_store::project::{Element, Image, JobRecord, Project, Series, Stage};
use tieline_store::{FILE, Store, StoreError};

/// How many rows an answer has when nothing is said, and at most.
const LIMIT: (usize, usize) = (100, 1000);
/// How much of elements one answer holds, in bytes about; the rest is on its next page.
const BYTES: usize = 8 << 20;
/// Elements that are read at once.
const ELEMENTS: usize = 16;
/// Images that are looked through for the latest ones of all series of one answer.
const LOOKED: u64 = 20_000;

/// Reads the project.
pub(crate) struct Pages {
    folder: PathBuf,
    store: Option<Store>,
    notes: Arc<Notes>,
    commands: Vec<String>,
    most: u64,
}

/// What is asked for.
struct Page {
    offset: u64,
    limit: usize,
    before: Option<i64>,
}

type Found = Result<Option<Reply>, StoreError>;

impl Pages {
    pub(super) fn new(folder: PathBuf, notes: Arc<Notes>, uploads: &Uploads) -> Pages {
        Pages { folder, store: None, notes, commands: uploads.commands(), most: uploads.most() }
    }

    /// Answers a call.
    pub(super) fn answer(&mut self, path: &str, query: &[(String, String)]) -> Reply {
        let Some(page) = Page::read(query) else {
            return Reply::told(400, "offset, limit and before must be whole numbers, limit from 1 to 1000");
        };
        let nothing = || Reply::told(404, "there is nothing at this path");
        if self.store.is_none() && self.folder.join(FILE).exists() {
            match Store::open(&self.folder) {
                Ok(store) => self.store = Some(store),
                Err(_) => return Reply::told(503, "the store cannot be opened; `tieline project list` says why"),
            }
        }
        let found = match &mut self.store {
            None if path == "project" => Ok(Some(self.overview((vec![], None), vec![]))),
            None if path == "jobs" => Ok(Some(Reply::json(200, r#"{"jobs":[],"total":0}"#))),
            None => Ok(None),
            Some(_) => self.found(path, &page),
        };
        match found {
            Ok(reply) => reply.unwrap_or_else(nothing),
            Err(_) => {
                // The next call tries with a new connection.
                self.store = None;
                Reply::told(503, "the store cannot be read; `tieline project list` says why")
            }
        }
    }

    fn found(&mut self, path: &str, page: &Page) -> Found {
        let Some(store) = &mut self.store else { return Ok(None) };
        let project = store.project();
        let number = |text: &str| text.parse::<i64>().ok();
        match path.split_once('/') {
            None if path == "project" => {
                let series = project.series(0, page.limit)?;
                let latest = latest(&project, &series)?;
                let stages = project.stages(1, page.limit)?;
                let clipboard = project.stages(0, 1)?.into_iter().find(|stage| stage.number == 0);
                let series = series.iter().zip(latest).map(|(series, latest)| {
                    json!({
                        "id": series.id, "name": series.name, "focal_length": series.focal_length,
                        "images": series.images, "latest": latest.map(time),
                    })
                });
                let series = series.collect();
                Ok(Some(self.overview((series, clipboard), stages)))
            }
            None if path == "clipboard" => elements(&project, 0, page),
            None if path == "jobs" => {
                let jobs = project.jobs(page.before, page.limit)?;
                // Numbers follow each other without gaps.
                let newest = project.jobs(None, 1)?.first().map_or(0, |job| job.id);
                let total = newest.min(count(&project, newest)?);
                let jobs: Vec<_> = jobs.into_iter().map(|job| self.job(job)).collect();
                Ok(Some(Reply::json(200, json!({ "jobs": jobs, "total": total }).to_string())))
            }
            Some(("series", id)) => number(id).map_or(Ok(None), |id| images(&project, id, page)),
            Some(("stages", id)) => number(id).filter(|id| *id > 0).map_or(Ok(None), |id| elements(&project, id, page)),
            Some(("jobs", id)) => {
                let Some(id) = number(id) else { return Ok(None) };
                let jobs = project.jobs(Some(id.saturating_add(1)), 1)?;
                let job = jobs.into_iter().find(|job| job.id == id);
                Ok(job.map(|job| Reply::json(200, self.job(job).to_string())))
            }
            Some(("thumbnail", hash)) => {
                let Some(hash) = read_hash(hash) else { return Ok(None) };
                Ok(project.thumbnail(&hash)?.map(|thumbnail| {
                    let kind = if thumbnail.media_type == "image/png" { "image/png" } else { "image/jpeg" };
                    Reply { status: 200, kind, body: thumbnail.bytes.into() }
                }))
            }
            _ => Ok(None),
        }
    }

    fn overview(&self, (series, clipboard): (Vec<Value>, Option<Stage>), stages: Vec<Stage>) -> Reply {
        let stages = stages.iter().map(|stage| {
            json!({
                "id": stage.number, "name": stage.name(), "elements": stage.elements, "at": time(stage.at),
                "file": stage.file,
            })
        });
        let stages: Vec<_> = stages.collect();
        let clipboard = clipboard.map(|it| json!({ "elements": it.elements, "at": time(it.at), "file": it.file }));
        let all = json!({
            "series": series, "stages": stages, "clipboard": clipboard, "commands": self.commands,
            "upload_bytes": self.most,
        });
        Reply::json(200, all.to_string())
    }

    fn job(&self, job: JobRecord) -> Value {
        let JobRecord { id, at, peer, command, took, result, detail } = job;
        let known = self.notes.of(id).map(|note| (note.state, note.reply, note.file, note.name));
        let (state, reply, file, name) = known.unwrap_or((result, None, None, None));
        let id = Some(id);
        Note { id, at, command, by: peer, state, took_ms: took, reply, detail, file, name }.json()
    }
}

impl Page {
    fn read(query: &[(String, String)]) -> Option<Page> {
        let mut page = Page { offset: 0, limit: LIMIT.0, before: None };
        for (key, value) in query {
            match key.as_str() {
                "offset" => page.offset = value.parse().ok()?,
                "limit" => page.limit = value.parse().ok().filter(|limit| (1..=LIMIT.1).contains(limit))?,
                "before" => page.before = Some(value.parse().ok()?),
                _ => {}
            }
        }
        Some(page)
    }
}

/// How many jobs the record has. Numbers have no gaps and the oldest are dropped, so halving finds the first one.
fn count(project: &Project<'_>, newest: i64) -> Result<i64, StoreError> {
    let (mut gone, mut there) = (0, newest);
    while there - gone > 1 {
        let middle = gone + (there - gone) / 2;
        if project.jobs(Some(middle + 1), 1)?.is_empty() { gone = middle } else { there = middle }
    }
    Ok(newest - gone)
}

/// When each series' latest image came; `None` where there are too many to look through.
fn latest(project: &Project<'_>, series: &[Series]) -> Result<Vec<Option<i64>>, StoreError> {
    let mut left = LOOKED;
    let mut found = Vec::new();
    for one in series {
        let may = left.checked_sub(one.images);
        left = may.unwrap_or(left);
        let images = if may.is_some() { project.images(one.id, 0, LOOKED as usize)? } else { Vec::new() };
        found.push(images.iter().map(|image| image.at).max());
    }
    Ok(found)
}

fn images(project: &Project<'_>, id: i64, page: &Page) -> Found {
    let series = project.series(id.saturating_sub(1), 1)?.into_iter().find(|series| series.id == id);
    let Some(series) = series else { return Ok(None) };
    let (mut skip, mut after) = (page.offset.min(series.images), 0);
    while skip > 0 {
        let step = usize::try_from(skip).unwrap_or(usize::MAX).min(LIMIT.1);
        let passed = project.images(id, after, step)?;
        let Some(last) = passed.last() else { break };
        after = last.id;
        skip -= passed.len() as u64;
    }
    let images: Vec<_> = project.images(id, after, page.limit)?.iter().map(image).collect();
    let all = json!({
        "id": series.id, "name": series.name, "focal_length": series.focal_length, "total": series.images,
        "images": images,
    });
    Ok(Some(Reply::json(200, all.to_string())))
}

fn image(image: &Image) -> Value {
    let picture = &image.picture;
    let hash: String = picture.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "id": image.id, "hash": hash, "file": image.file, "format": picture.format.to_uppercase(),
        "width": picture.width, "height": picture.height, "bytes": picture.size, "camera": picture.camera,
        "exif_focal_length": picture.focal_length, "at": time(image.at), "job": null,
    })
}

fn elements(project: &Project<'_>, number: i64, page: &Page) -> Found {
    let stage = project.stages(number, 1)?.into_iter().find(|stage| stage.number == number);
    let Some(stage) = stage else { return Ok(None) };
    let (mut list, mut bytes) = (Vec::new(), 0);
    while list.len() < page.limit && bytes < BYTES {
        let from = page.offset.saturating_add(list.len() as u64);
        let some = project.elements(number, from, ELEMENTS.min(page.limit - list.len()))?;
        if some.is_empty() {
            break;
        }
        bytes += some.iter().map(|element| element.body.len()).sum::<usize>();
        let first = from.saturating_add(1);
        list.extend(some.iter().zip(first..).map(|(one, number)| element(one, number)));
    }
    let id = Some(number).filter(|number| *number > 0);
    let all = json!({
        "id": id, "name": stage.name(), "file": stage.file, "at": time(stage.at), "total": stage.elements,
        "elements": list,
    });
    Ok(Some(Reply::json(200, all.to_string())))
}

fn element(element: &Element, number: u64) -> Value {
    // It was JSON when it was kept.
    let mut body: Value = serde_json::from_str(&element.body).unwrap_or(Value::Null);
    let numbers = body["numbers"].as_array().cloned().unwrap_or_default();
    let numbers = numbers
        .into_iter()
        .map(|number| json!({ "name": number["at"], "value": number["value"], "unit": number.get("unit") }));
    let numbers: Vec<_> = numbers.collect();
    let points: Vec<_> = element.position.into_iter().collect();
    let mut all = json!({
        "number": number, "kind": element.kind, "type": body["tree"]["tag"], "name": element.name,
        "id": element.identity, "points": points, "numbers": numbers,
    });
    if body["tree"].is_object() {
        all["more"] = body["tree"].take();
    }
    all
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}
