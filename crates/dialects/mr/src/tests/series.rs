//! What is said of a series as one thing, and of a session: the frames, what is kept, what is refused, what events show.

use super::*;
use tieline_model::Sensitivity;

const UID: &str = "00ff00ff00ff00ff";
const SESSION: &str = r#"{"missing":["T2w"],"incomplete":[{"sequence":"rest_AP","expected":220,"got":180}],"repeated":["<b>"],"differing":[]}"#;

#[test]
fn a_verdict_says_more_behind_what_it_always_said() {
    let series = series(UID, 220, 3, "17");
    let new = format!(
        r#"{{"hint":"say which","reason":"no_study_name","rules":[2],"not_compared":{{"TE":"absent on both sides"}},"kind":"M","series":{series},"verdict":"no_template","template":{{}},"input":{{}},"errors":{{}},"conforms":true}}"#
    );
    assert_eq!(
        wire("mr.A.new", &new),
        format!(
            r#"{{"station":"A","type":"new","content":{{"conforms":true,"errors":{{}},"input":{{}},"template":{{}},"verdict":"no_template","series":{series},"kind":"M","not_compared":{{"TE":"absent on both sides"}},"rules":[2],"reason":"no_study_name","hint":"say which"}}}}"#
        )
    );
}

#[test]
fn series_and_sessions_have_frames_of_their_own() {
    let told = r#"{"missing_values":{"TE":["46"]},"ended":true,"verdict":"conforms","first_differing":null,"differing":0,"images":9,"uid":"00ff00ff00ff00ff","name":"a & b","number":"null"}"#;
    assert_eq!(
        wire("mr.A.series", told),
        r#"{"station":"A","type":"series","content":{"number":"null","name":"a &amp; b","uid":"00ff00ff00ff00ff","images":9,"differing":0,"first_differing":null,"verdict":"conforms","ended":true,"missing_values":{"TE":["46"]}}}"#
    );
    let session = SESSION.replace("<b>", "&lt;b&gt;");
    assert_eq!(wire("mr.A.session", SESSION), format!(r#"{{"station":"A","type":"session","content":{session}}}"#));
    assert_eq!(
        event("mr.A.session", SESSION, Sight::Full),
        format!(r#"{{"station":"A","type":"session","content":{SESSION}}}"#)
    );
}

#[test]
fn the_newest_of_each_is_kept_and_never_shown_whole() {
    for (topic, json) in [("mr.A.series", series(UID, 1, 0, "null")), ("mr.A.session", SESSION.to_owned())] {
        let message = compose(topic, &json).unwrap();
        assert_eq!((message.retain, message.sensitivity), (true, Sensitivity::Patient), "{topic}");
    }
}

#[test]
fn a_redacted_event_keeps_counts_and_names_of_sequences() {
    let series = r#"{"number":7,"name":"rest_AP","uid":"00ff00ff00ff00ff","images":9,"differing":1,"first_differing":3,"verdict":"differs","missing_values":{"TE":["46"],"Comments":["Doe"],"Odd":[1]}}"#;
    let shown = r#"{"number":7,"name":"rest_AP","uid":"00ff00ff00ff00ff","images":9,"differing":1,"first_differing":3,"verdict":"differs","missing_values":{"TE":["46"],"Comments":"[patient data]","[patient data]":"[patient data]"}}"#;
    assert_eq!(
        event("mr.A.series", series, Sight::Redacted),
        format!(r#"{{"station":"A","type":"series","content":{shown}}}"#)
    );
    assert_eq!(event("mr.A.session", SESSION, Sight::Redacted), event("mr.A.session", SESSION, Sight::Full));
    let new = format!(
        r#"{{"conforms":true,"errors":{{}},"input":{{}},"template":{{}},"verdict":"no_template","series":{series},"kind":"MOCO","not_compared":{{"Comments":"free: within a series it differs from session to session","TE":"ignored by [[mr.rule]] 12","FA":"Doe","Odd":"absent on both sides"}},"rules":[12],"reason":"no_study_name","hint":"Doe"}}"#
    );
    assert_eq!(
        event("mr.A.new", &new, Sight::Redacted),
        format!(
            r#"{{"station":"A","type":"new","content":{{"conforms":true,"errors":{{}},"input":{{}},"template":{{}},"verdict":"no_template","series":{shown},"kind":"MOCO","not_compared":{{"Comments":"free: within a series it differs from session to session","TE":"ignored by [[mr.rule]] 12","FA":"[patient data]","[patient data]":"[patient data]"}},"rules":[12],"reason":"no_study_name"}}}}"#
        )
    );
}

#[test]
fn a_series_or_session_of_another_shape_is_refused() {
    let with = |from: &str, to: &str| series(UID, 1, 0, "null").replace(from, to);
    let quoted = |text: &str| format!("\"{text}\"");
    for (topic, json, told) in [
        ("mr.A.series", "{}".to_owned(), "a series is an object"),
        ("mr.A.series", with("\"number\":7", "\"number\":7,\"number\":7"), "a series is an object"),
        ("mr.A.series", with("\"number\":7", "\"number\":7,\"other\":7"), "a series is an object"),
        ("mr.A.series", with("7", "[\"7\"]"), "`number` a number"),
        ("mr.A.series", with(&quoted("rest_AP"), "null"), "`name` of a series"),
        ("mr.A.series", with(UID, "Doe^Jane"), "`uid` of a series"),
        ("mr.A.series", with(UID, "1.2.840.113619"), "`uid` of a series"),
        ("mr.A.series", with(&quoted(UID), "7"), "`uid` of a series"),
        ("mr.A.series", with("\"images\":1", "\"images\":1.5"), "whole numbers"),
        ("mr.A.series", with("\"differing\":0", "\"differing\":-1"), "whole numbers"),
        ("mr.A.series", with("null", "\"1\""), "`first_differing`"),
        ("mr.A.series", with("null", "1,\"verdict\":\"good\""), "`verdict` is"),
        ("mr.A.series", with("null", "1,\"ended\":1"), "`ended`"),
        ("mr.A.series", with("null", "1,\"missing_values\":[]"), "`missing_values`"),
        ("mr.A.session", "{}".to_owned(), "four lists"),
        ("mr.A.session", SESSION.replace("\"T2w\"", "1"), "four lists"),
        ("mr.A.session", SESSION.replace("180", "-180"), "four lists"),
        ("mr.A.session", SESSION.replace("\"got\"", "\"had\""), "four lists"),
        ("mr.A.session", SESSION.replace("\"missing\"", "\"expected\":[],\"missing\""), "four lists"),
    ] {
        let refusal = compose(topic, &json).unwrap_err();
        assert_eq!(refusal.reason, Reason::BadField, "{topic} {json}");
        assert!(refusal.to_string().contains(told), "{topic} {json}: {refusal}");
    }
}
