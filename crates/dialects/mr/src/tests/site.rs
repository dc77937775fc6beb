//! What stands at which path of the web site.

use super::*;
use std::sync::Arc;
use tieline_model::{Filter, Page, Visit};

fn at(dialect: &Mr, path: &str, kept: &dyn Fn(&Filter) -> Vec<Arc<Published>>) -> Option<Page> {
    dialect.visit(&Visit { path, port: 5001, tls: true, kept })
}

fn nothing_kept(_: &Filter) -> Vec<Arc<Published>> {
    Vec::new()
}

fn json(page: Option<Page>) -> String {
    match page {
        Some(Page::Json(bytes)) => String::from_utf8(bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_built_page_and_its_files() {
    let at = |path: &str| at(&dialect(), path, &nothing_kept);
    let built = |name: &str| Some(Page::Built(name.to_owned()));
    for path in ["/", "/scanner/AWP1", "/scanner/MR%201", "/scanner/assets"] {
        assert_eq!(at(path), built("mr.html"), "{path}");
    }
    for path in ["/assets/mr-1.js", "/scanner/assets/mr-1.js"] {
        assert_eq!(at(path), built("assets/mr-1.js"), "{path}");
    }
    for path in ["", "/none", "/static/index.html", "/scanner", "/scanner/", "/scanner/a/b", "/index.html", "/State"] {
        assert_eq!(at(path), None, "{path}");
    }
}

#[test]
fn a_folder_of_the_sites_own_takes_the_place_of_the_page() {
    let own = Mr::new(MrSettings { r#static: "/srv/mr".to_owned(), ..MrSettings::default() }, DialectLimits::default());
    for (path, file) in [
        ("/", "/index.html"),
        ("/scanner/AWP1", "/index.html"),
        ("/static/main.css", "/main.css"),
        ("/static", "/static"),
        ("/staticity", "/staticity"),
        ("/assets/a.js", "/assets/a.js"),
        ("/deep/..%2f/x", "/deep/..%2f/x"),
    ] {
        let expected = Page::File { folder: "/srv/mr".into(), path: file.to_owned() };
        assert_eq!(at(&own, path, &nothing_kept), Some(expected), "{path}");
    }
    assert_eq!(json(at(&own, "/state", &nothing_kept)), "{}");
    assert_eq!(json(at(&own, "/settings", &nothing_kept)), r#"{"port":5001,"tls":true,"escape_html":true}"#);
}

#[test]
fn the_state_is_the_last_verdict_of_each_station() {
    let content = no_template(r#"{"Comments":"<b>"}"#);
    let kept = |filter: &Filter| {
        assert_eq!(filter.as_str(), "mr.*.new");
        let message = |topic| Arc::new(published(compose(topic, &content).unwrap()));
        vec![message("mr.AWP2.new"), message("mr.%22A%22.new")]
    };
    let escaped = no_template(r#"{"Comments":"&lt;b&gt;"}"#);
    assert_eq!(
        json(at(&dialect(), "/state", &kept)),
        format!(
            r#"{{"AWP2":{{"station":"AWP2","content":{escaped}}},"&quot;A&quot;":{{"station":"&quot;A&quot;","content":{escaped}}}}}"#
        )
    );
    assert_eq!(
        json(at(&unescaped(), "/state", &kept)),
        format!(
            r#"{{"AWP2":{{"station":"AWP2","content":{content}}},"\"A\"":{{"station":"\"A\"","content":{content}}}}}"#
        )
    );
    assert_eq!(json(at(&unescaped(), "/settings", &kept)), r#"{"port":5001,"tls":true,"escape_html":false}"#);
}
