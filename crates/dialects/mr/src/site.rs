//! The web site: the page, one scanner's page, the state a page begins with (contract `mr`, HTTP), and the paths that the
//! backend answers: what it remembers of series, and what is right from now on (contract `mr-verdicts`).
//!
//! Promises: no file is opened here. Called by the console for every request, through [`tieline_model::Dialect::visit`].

use crate::MrSettings;
use crate::about::kept;
use crate::wire::series::Series;
use crate::wire::{frame, html, push_member, verdict::Content};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tieline_model::{Page, Published, Visit};

/// What stands at a path.
pub(crate) fn visit(settings: &MrSettings, visit: &Visit<'_>) -> Option<Page> {
    match visit.path {
        "/state" => Some(Page::Json(state(settings, visit))),
        "/settings" => {
            // Who may choose is said again by whoever answers: this only says what a page may offer.
            let told = json!({
                "port": visit.port, "tls": visit.tls, "escape_html": settings.escape_html,
                "history": visit.served, "choose": visit.served && visit.caller.is_local(),
            });
            Some(Page::Json(told.to_string().into_bytes()))
        }
        "/history" | "/choose" if visit.served => Some(Page::Service(visit.path.trim_start_matches('/').to_owned())),
        path if settings.r#static.is_empty() => built(path),
        path => {
            let path = match path {
                "/" => "/index.html",
                path if is_scanner(path) => "/index.html",
                // As in the product, whose folder is called so.
                path => path.strip_prefix("/static").filter(|rest| rest.starts_with('/')).unwrap_or(path),
            };
            Some(Page::File { folder: PathBuf::from(&settings.r#static), path: path.to_owned() })
        }
    }
}

/// The page that is built in. It names its files relative to itself, so a scanner's page finds them one folder lower.
fn built(path: &str) -> Option<Page> {
    if path == "/" || is_scanner(path) {
        return Some(Page::Built("mr.html".to_owned()));
    }
    let file = path.strip_prefix("/scanner").unwrap_or(path).strip_prefix("/assets/")?;
    Some(Page::Built(format!("assets/{file}")))
}

/// `/scanner/<station>`.
fn is_scanner(path: &str) -> bool {
    path.strip_prefix("/scanner/").is_some_and(|station| !station.is_empty() && !station.contains('/'))
}

/// `{station: {"station", "content"}}` of the last verdicts, oldest first: each with what is known of its series by now, and
/// with the station's last session.
fn state(settings: &MrSettings, visit: &Visit<'_>) -> Vec<u8> {
    let newest = |kind| (visit.kept)(&kept(kind));
    let (series, sessions) = (newest("series"), newest("session"));
    let mut out = String::from("{");
    for published in newest("new") {
        let Some(frame::Frame { station, content, .. }) = frame::read(&published.message.body) else { continue };
        let of_station = |all: &[Arc<Published>]| {
            let mut frames = all.iter().filter_map(|one| frame::read(&one.message.body));
            frames.find(|one| one.station.get() == station.get()).map(|one| one.content.get().to_owned())
        };
        if out.len() > 1 {
            out.push(',');
        }
        let content = up_to_date(content.get(), of_station(&series), of_station(&sessions));
        out.push_str(&format!(r#"{station}:{{"station":{station},"content":{content}}}"#));
    }
    out.push('}');
    dressed(settings, out.as_bytes())
}

/// A verdict's content with the newest that was said of its series, and with the station's last session.
fn up_to_date(content: &str, series: Option<String>, session: Option<String>) -> String {
    let Ok(mut read) = Content::read(content) else { return content.to_owned() };
    let newest = series.as_deref().and_then(|newest| Some((Series::read(newest).ok()?, newest)));
    let told = read.series.and_then(|told| Series::read(told.get()).ok());
    if let (Some((newest, text)), Some(told)) = (newest, told)
        && newest.uid.get() == told.uid.get()
        && let Ok(text) = serde_json::from_str(text)
    {
        read.series = Some(text);
    }
    let mut content = read.in_order();
    if session.is_some() {
        content.pop();
        push_member(&mut content, "session", session.as_deref());
        content.push('}');
    }
    content
}

/// JSON as it leaves the site.
pub(crate) fn dressed(settings: &MrSettings, json: &[u8]) -> Vec<u8> {
    if !settings.escape_html {
        return json.to_vec();
    }
    let mut escaped = Vec::new();
    html::escape(json, &mut escaped);
    escaped
}
