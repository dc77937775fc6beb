//! The web site: the page, one scanner's page, the state a page begins with (contract `mr`, HTTP).
//!
//! Promises: no file is opened here. Called by the console for every GET request, through
//! [`tieline_model::Dialect::visit`].

use crate::MrSettings;
use crate::about::verdicts;
use crate::wire::{frame, html};
use serde_json::json;
use std::path::PathBuf;
use tieline_model::{Page, Visit};

/// What stands at a path.
pub(crate) fn visit(settings: &MrSettings, visit: &Visit<'_>) -> Option<Page> {
    match visit.path {
        "/state" => Some(Page::Json(state(settings, visit))),
        "/settings" => {
            let told = json!({ "port": visit.port, "tls": visit.tls, "escape_html": settings.escape_html });
            Some(Page::Json(told.to_string().into_bytes()))
        }
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

/// `{station: {"station", "content"}}` of the last verdicts, oldest first.
fn state(settings: &MrSettings, visit: &Visit<'_>) -> Vec<u8> {
    let mut out = String::from("{");
    for published in (visit.kept)(&verdicts()) {
        let Some(frame::Frame { station, content, .. }) = frame::read(&published.message.body) else { continue };
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&format!(r#"{station}:{{"station":{station},"content":{content}}}"#));
    }
    out.push('}');
    if !settings.escape_html {
        return out.into_bytes();
    }
    let mut escaped = Vec::new();
    html::escape(out.as_bytes(), &mut escaped);
    escaped
}
