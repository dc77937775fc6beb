//! What stands at which path of the web site.

use super::*;
use std::sync::Arc;
use tieline_model::{Caller, Filter, Page, Visit};

fn at(dialect: &Mr, path: &str, kept: &dyn Fn(&Filter) -> Vec<Arc<Published>>) -> Option<Page> {
    dialect.visit(&Visit { path, port: 5001, tls: true, caller: caller(true), served: false, kept })
}

fn caller(is_local: bool) -> Caller {
    Caller { address: ([127, 0, 0, 1], 50_000).into(), forwarded: !is_local }
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
    assert_eq!(
        json(at(&own, "/settings", &nothing_kept)),
        r#"{"port":5001,"tls":true,"escape_html":true,"history":false,"choose":false}"#
    );
}

#[test]
fn the_state_is_the_last_verdict_of_each_station() {
    let content = no_template(r#"{"Comments":"<b>"}"#);
    let kept = |filter: &Filter| {
        if filter.as_str() != "mr.*.new" {
            return Vec::new();
        }
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
    assert_eq!(
        json(at(&unescaped(), "/settings", &kept)),
        r#"{"port":5001,"tls":true,"escape_html":false,"history":false,"choose":false}"#
    );
}

/// The state when these are kept.
fn state(kept: &[(&str, &str)]) -> serde_json::Value {
    let kept: Vec<_> = kept.iter().map(|(topic, json)| Arc::new(published(compose(topic, json).unwrap()))).collect();
    let of = |filter: &Filter| {
        kept.iter().filter(|one| one.message.topics.iter().any(|topic| filter.matches(topic))).cloned().collect()
    };
    serde_json::from_str(&json(at(&dialect(), "/state", &of))).unwrap()
}

#[test]
fn the_state_has_what_is_known_of_the_series_by_now_and_the_last_session() {
    let new = with_series(&series("0123abcd", 1, 1, "1"));
    let later = r#"{"number":7,"name":"rest <AP>","uid":"0123abcd","images":220,"differing":3,"first_differing":17,"verdict":"differs","ended":true,"missing_values":{"TE":["46"]}}"#;
    let session = r#"{"missing":["T2w"],"incomplete":[],"repeated":[],"differing":[]}"#;
    let other = series("ffffffff", 9, 0, "null");
    let state = state(&[
        ("mr.A.new", &new),
        ("mr.A.series", later),
        ("mr.A.session", session),
        ("mr.B.new", &new),
        ("mr.B.series", &other),
        ("mr.C.series", later),
        ("mr.D.new", &no_template("{}")),
        ("mr.D.series", later),
    ]);
    let of = |station: &str| &state[station]["content"];
    assert_eq!(of("A")["series"]["images"], 220);
    assert_eq!(of("A")["series"]["missing_values"]["TE"][0], "46");
    assert_eq!(of("A")["series"]["name"], "rest &lt;AP&gt;");
    assert_eq!(of("A")["session"]["missing"][0], "T2w");
    assert_eq!((&of("B")["series"]["images"], of("B").get("session")), (&serde_json::json!(1), None), "another series");
    assert_eq!(of("D").get("series"), None, "a verdict that names no series");
    assert_eq!(state.get("C"), None, "no verdict, no state");
    let keys: Vec<_> = of("A").as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 7, "{keys:?}");
}

#[test]
fn what_is_remembered_and_chosen_is_for_the_source_to_answer() {
    for path in ["/history", "/choose"] {
        for (served, page) in [(true, Some(Page::Service(path[1..].to_owned()))), (false, None)] {
            let visit = Visit { path, port: 1, tls: false, caller: caller(true), served, kept: &nothing_kept };
            assert_eq!(dialect().visit(&visit), page, "{path} {served}");
        }
    }
    let own = Mr::new(MrSettings { r#static: "/srv/mr".to_owned(), ..MrSettings::default() }, DialectLimits::default());
    for path in ["/history", "/choose"] {
        let visit = Visit { path, port: 1, tls: false, caller: caller(true), served: true, kept: &nothing_kept };
        assert_eq!(own.visit(&visit), Some(Page::Service(path[1..].to_owned())), "{path}");
    }
    assert_eq!(String::from_utf8(dialect().dress(br#"{"a":"<b>"}"#)).unwrap(), r#"{"a":"&lt;b&gt;"}"#);
    assert_eq!(String::from_utf8(unescaped().dress(br#"{"a":"<b>"}"#)).unwrap(), r#"{"a":"<b>"}"#);
}

#[test]
fn a_page_may_offer_a_choice_on_this_machine_alone() {
    for (is_local, served, offered) in [(true, true, true), (false, true, false), (true, false, false)] {
        let visit =
            Visit { path: "/settings", port: 1, tls: false, caller: caller(is_local), served, kept: &nothing_kept };
        let told: serde_json::Value = serde_json::from_str(&json(dialect().visit(&visit))).unwrap();
        assert_eq!((&told["choose"], &told["history"]), (&offered.into(), &served.into()), "{is_local} {served}");
    }
}
