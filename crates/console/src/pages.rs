//! The web pages as they were built from `ui/`, embedded in the program.
//!
//! Promises: no file is read at run time; a page is found by the path a browser asks for. Called by the console's HTTP
//! server. Without the feature `pages` there is one short text in place of every page.

use std::borrow::Cow;

/// One embedded file, ready to be answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asset {
    /// The whole file.
    pub(crate) bytes: Cow<'static, [u8]>,
    /// The value of `Content-Type`.
    pub(crate) content_type: &'static str,
    /// The value of `ETag`, quotes included: a hash of the bytes.
    pub(crate) etag: String,
    /// The name holds a hash of the content, so a browser may keep it for ever; otherwise it has to ask again each time.
    pub(crate) immutable: bool,
}

/// The built file of this name, as `Page::Built` names it.
pub(crate) fn named(name: &str) -> Option<Asset> {
    built::named(name)
}

/// What stands at `path`, the path of a request's URL; `None` when there is nothing.
pub(crate) fn asset(path: &str) -> Option<Asset> {
    built::asset(path)
}

#[cfg(feature = "pages")]
mod built {
    use super::Asset;
    use std::borrow::Cow;

    /// Name, bytes, hash of the bytes: written by build.rs.
    const FILES: &[(&str, &[u8], u64)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

    pub(super) fn asset(path: &str) -> Option<Asset> {
        let name = match path {
            "/" => "index.html",
            "/display" => "display.html",
            "/plant" => "plant.html",
            "/project" => "project.html",
            other => other.strip_prefix('/').filter(|name| name.starts_with("assets/"))?,
        };
        named(name)
    }

    pub(super) fn named(name: &str) -> Option<Asset> {
        let (_, bytes, hash) = FILES.iter().find(|(known, ..)| *known == name)?;
        Some(Asset {
            bytes: Cow::Borrowed(bytes),
            content_type: content_type(name),
            etag: format!("\"{hash:016x}\""),
            immutable: name.starts_with("assets/"),
        })
    }

    fn content_type(name: &str) -> &'static str {
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(not(feature = "pages"))]
mod built {
    use super::Asset;
    use std::borrow::Cow;

    const TEXT: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Tieline</title>\n\
        <p>This gateway was built without its web pages (<code>--no-default-features</code>). \
        What programs ask over HTTP works as usual.</p>\n</html>\n";

    pub(super) fn asset(path: &str) -> Option<Asset> {
        matches!(path, "/" | "/display" | "/plant" | "/project").then(page)
    }

    pub(super) fn named(name: &str) -> Option<Asset> {
        name.ends_with(".html").then(page)
    }

    fn page() -> Asset {
        Asset {
            bytes: Cow::Borrowed(TEXT.as_bytes()),
            content_type: "text/html; charset=utf-8",
            etag: concat!("\"no-pages-", env!("CARGO_PKG_VERSION"), "\"").to_owned(),
            immutable: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> String {
        String::from_utf8(asset(path).unwrap().bytes.into_owned()).unwrap()
    }

    #[test]
    fn every_page_is_html_that_a_browser_asks_for_again() {
        for path in ["/", "/display", "/plant", "/project"] {
            let page = asset(path).unwrap();
            assert_eq!((page.content_type, page.immutable), ("text/html; charset=utf-8", false), "{path}");
            assert!(page.etag.starts_with('"') && page.etag.ends_with('"') && page.etag.len() > 2, "{path}");
            assert!(text(path).to_lowercase().starts_with("<!doctype html>"), "{path}");
        }
    }

    #[test]
    fn nothing_else_is_reachable() {
        let paths =
            ["", "/index.html", "/display.html", "/plant.html", "/../Cargo.toml", "/assets/../index.html", "/assets/"];
        for path in paths.into_iter().chain(["/none", "/plant/", "/project/"]) {
            assert_eq!(asset(path), None, "{path}");
        }
    }

    /// What a page names in `src` and `href`, as a path from the root.
    #[cfg(feature = "pages")]
    fn named(page: &str) -> Vec<String> {
        page.split('"').filter(|part| part.starts_with("./assets/")).map(|part| part[1..].to_owned()).collect()
    }

    #[cfg(feature = "pages")]
    #[test]
    fn whatever_a_page_names_is_embedded_for_ever_and_the_policy_lets_it_in() {
        for path in ["/", "/display", "/plant", "/project"] {
            let page = text(path);
            let files = named(&page);
            assert!(
                files.iter().any(|file| file.ends_with(".js")) && files.iter().any(|file| file.ends_with(".css")),
                "{path}"
            );
            for file in files {
                let found = asset(&file).unwrap();
                assert!(found.immutable && found.content_type != "application/octet-stream", "{file}");
            }
            assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("<script>"), "{path}");
            assert!(!page.contains("http:") && !page.contains("https:"), "{path}");
        }
    }
}
