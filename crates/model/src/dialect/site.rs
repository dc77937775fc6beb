//! The web site some products bring besides their WebSocket: which path shows what.
//!
//! Promises: no socket and no file here; a dialect says what stands at a path, the console serves it. Called by the
//! console, once per request, through [`crate::Dialect::visit`].

use crate::{Caller, Filter, Published};
use std::path::PathBuf;
use std::sync::Arc;

/// A request to a dialect's own HTTP address.
pub struct Visit<'a> {
    /// The request's path, still percent-encoded, without the query.
    pub path: &'a str,
    /// The port of the dialect's WebSocket listener.
    pub port: u16,
    /// Whether that listener speaks TLS.
    pub tls: bool,
    /// Who asks.
    pub caller: Caller,
    /// Whether something stands behind the dialect that answers calls ([`crate::Service`]).
    pub served: bool,
    /// What is kept on the topics of a filter, oldest first.
    pub kept: &'a dyn Fn(&Filter) -> Vec<Arc<Published>>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// A file of the pages that are built into the program, by its name there: `mr.html`, `assets/…`.
    Built(String),
    /// `application/json`, never stored by a browser.
    Json(Vec<u8>),
    /// What stands behind the dialect answers, at this path of its own ([`crate::Service`]), and sees patient data; its JSON goes
    /// out as [`crate::Dialect::dress`] makes it. The one page that may take a POST.
    Service(String),
    /// A file below a folder of the site's owner; `path` begins with a slash and is still percent-encoded.
    File {
        /// The folder that must not be left.
        folder: PathBuf,
        /// The path below it.
        path: String,
    },
}
