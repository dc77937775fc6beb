//! Reading, writing and asking for the past: what the backend is asked, and how its answers are told.

use super::*;

const TEMPERATURE: &str = r#"{"Variable":"Temperature"}"#;

#[test]
fn a_read_is_asked_for_and_told_in_the_form_that_is_set() {
    let asked = "read opcua.plant.Temperature by opcua.read [opcua.plant.Temperature]";
    let value = concat!(
        r#"{"Value":{"Type":11,"Body":2.8},"Status":2150891520,"SourceTimestamp":"2020-01-02T03:04:05.1234567Z","#,
        r#""ServerTimestamp":"2020-01-02T03:04:05Z"}"#
    );
    let text = concat!(
        r#"{"Value":{"Type":"11","Body":"2.8"},"Status":"2150891520","SourceTimestamp":"2020-01-02T03:04:05Z","#,
        r#""ServerTimestamp":"2020-01-02T03:04:05Z"}"#
    );
    let exact = text.replace("05Z\",\"Ser", "05.1234567Z\",\"Ser");
    let (seconds, both) = (value.replace(".1234567", ""), [("scalars", "native"), ("timestamps", "exact")]);
    for (settings, body) in [
        (&[][..], text),
        (&[("timestamps", "exact")][..], &exact),
        (&[("scalars", "native")][..], &seconds),
        (&both[..], value),
    ] {
        let dialect = dialect_with(settings, DialectLimits::default());
        let mut client = Client::of(&dialect);
        assert_eq!(client.ask("READ", TEMPERATURE), asked);
        let told = format!(r#"{{"Header":{{"MessageType":"READ_RESPONSE","ClientHandle":"1"}},"Body":{body}}}"#);
        assert_eq!(client.answered(1, value), told, "{settings:?}");
        assert_eq!(client.answered(1, value), "", "once only");
    }
}

#[test]
fn answers_find_their_requests_in_any_order() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let request = |kind: &str, handle: &str| {
        let body = r#"{"Variable":"Temperature","Value":{"Value":{"Type":1,"Body":1}}}"#;
        format!(r#"{{"Header":{{"MessageType":"{kind}_REQUEST","ClientHandle":"{handle}"}},"Body":{body}}}"#)
    };
    for (kind, handle) in [("READ", "a"), ("READ", "a"), ("WRITE", "a"), ("READ", "b")] {
        client.say(&request(kind, handle)).0.unwrap();
    }
    let told = |kind: &str, handle: &str, body: &str| {
        format!(r#"{{"Header":{{"MessageType":"{kind}_RESPONSE","ClientHandle":"{handle}"}},"Body":{body}}}"#)
    };
    assert_eq!(
        client.answered(4, r#"{"StatusCode":"BadTimeout"}"#),
        told("READ", "b", r#"{"StatusCode":"BadTimeout"}"#)
    );
    assert_eq!(client.answered(2, r#"{"Value":2}"#), told("READ", "a", r#"{"Value":"2"}"#));
    assert_eq!(client.answered(3, "{}"), told("WRITE", "a", r#""""#));
    assert_eq!(client.answered(9, "{}"), "", "nobody asked that");
    assert_eq!(client.answered(1, r#"{"Value":1}"#), told("READ", "a", r#"{"Value":"1"}"#));
}

#[test]
fn a_name_is_needed_and_an_unknown_one_comes_before_everything_else() {
    let dialect = dialect();
    let wrong = r#","StatusCode":"BadAttributeIdInvalid"}}"#;
    let unknown = r#"},"Body":{"StatusCode":"BadNodeIdUnknown"}}"#;
    for kind in ["READ", "WRITE", "HISTORICALREAD", "MONITORSTART", "MONITORSTOP"] {
        let bodies = [
            "{}",
            "null",
            r#""""#,
            "[]",
            "5",
            r#"{"WRONG_FIELD":"WRONG_VALUE"}"#,
            r#"{"Variable":null}"#,
            r#"{"Variable":["Temperature"]}"#,
            r#"{"Variable":"Temperature","Variable":"Temperature"}"#,
        ];
        for body in bodies {
            assert_eq!(Client::of(&dialect).ask(kind, body), wrong, "{kind} {body}");
        }
        let bare = format!(r#"{{"Header":{{"MessageType":"{kind}_REQUEST","ClientHandle":"1"}}}}"#);
        assert!(Client::of(&dialect).say(&bare).1.ends_with(wrong), "{kind}");
        for body in
            [r#"{"Variable":"NOT_EXIST"}"#, r#"{"Variable":5}"#, r#"{"Value":{"Value":[]},"Variable":"temperature"}"#]
        {
            assert_eq!(Client::of(&dialect).ask(kind, body), unknown, "{kind} {body}");
        }
    }
    for body in [r#"{"Variable":"Temperature"}"#, r#"{"Variable":"Temperature","Value":null}"#] {
        assert_eq!(Client::of(&dialect).ask("WRITE", body), wrong, "{body}");
    }
}

#[test]
fn a_write_passes_the_strict_form_and_its_answer_says_who_refused() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let body = r#"{"Variable":"Temperature","Value":{"Value":{"Type":"11","Body":"2.80"},"Status":"0"}}"#;
    let asked = concat!(
        r#"write opcua.plant.Temperature {"Value":{"Type":11,"Body":2.8}} by opcua.write "#,
        "[opcua.plant.Temperature]"
    );
    let head = r#"{"Header":{"MessageType":"WRITE_RESPONSE","ClientHandle":"1""#;
    for (ticket, answer, told) in [
        (1, "{}", r#"},"Body":""}"#),
        (2, r#"{"StatusCode":"BadTypeMismatch","By":"server"}"#, r#","StatusCode":"BadTypeMismatch"}}"#),
        (3, r#"{"StatusCode":"BadNotConnected"}"#, r#"},"Body":{"StatusCode":"BadNotConnected"}}"#),
        (4, r#"{"StatusCode":"BadSessionClosed"}"#, r#"},"Body":{"StatusCode":"BadSessionClosed"}}"#),
        (5, r#"{"StatusCode":"BadNodeIdInvalid"}"#, r#"},"Body":{"StatusCode":"BadNodeIdInvalid"}}"#),
        (6, "nonsense", r#"},"Body":{"StatusCode":"BadInternalError"}}"#),
    ] {
        assert_eq!(client.ask("WRITE", body), asked);
        assert_eq!(client.answered(ticket, answer), format!("{head}{told}"), "{answer}");
    }
    let native = native();
    let mut client = Client::of(&native);
    client.ask("WRITE", body);
    assert_eq!(client.answered(1, "{}"), format!(r#"{head}}},"Body":{{}}}}"#));
}

#[test]
fn the_past_is_asked_for_by_strict_times_and_a_bound() {
    let ask = |rows, body: &str| {
        let dialect = dialect_with(&[], DialectLimits { history_rows: rows, ..DialectLimits::default() });
        let asked = Client::of(&dialect).ask("HISTORICALREAD", &format!(r#"{{"Variable":"Temperature",{body}}}"#));
        let rest = asked.strip_prefix("history opcua.plant.Temperature ").unwrap_or(&asked);
        rest.replace(" by opcua.history [opcua.plant.Temperature]", "")
    };
    let period = r#""StartTime":"20200102T030405","EndTime":"now""#;
    let told = |most| format!(r#"{{"StartTime":"2020-01-02T03:04:05Z","EndTime":"NOW","MaxValues":{most}}}"#);
    for (rows, most, expected) in [
        (100, "", 100),
        (100, "5", 5),
        (100, r#""101""#, 100),
        (100, "0", 100),
        (0, "", 0),
        (0, "7", 7),
        (100, "null", 100),
    ] {
        let most = if most.is_empty() { String::new() } else { format!(r#","MaxValues":{most}"#) };
        assert_eq!(ask(rows, &format!("{period}{most}")), told(expected), "{most} of {rows}");
    }
    let wrong = r#","StatusCode":"BadAttributeIdInvalid"}}"#;
    for body in [
        r#""StartTime":"NOW""#,
        r#""EndTime":"NOW""#,
        r#""StartTime":"yesterday","EndTime":"NOW""#,
        r#""StartTime":5,"EndTime":"NOW""#,
        r#""StartTime":null,"EndTime":"NOW""#,
        r#""StartTime":"NOW","EndTime":"NOW","MaxValues":-1"#,
        r#""StartTime":"NOW","EndTime":"NOW","MaxValues":"x""#,
        r#""StartTime":"NOW","EndTime":"NOW","MaxValues":1.5"#,
    ] {
        assert_eq!(ask(100, body), wrong, "{body}");
    }
}

#[test]
fn the_past_is_told_oldest_first_with_each_time_cut() {
    let answer = concat!(
        r#"{"DataValues":[{"Value":{"Type":13,"Body":"2020-01-02T03:04:05.5Z"},"SourceTimestamp":"2020-01-02T03:04:05.5Z"},"#,
        r#"{"StatusCode":"BadInternalError"}],"Truncated":true}"#
    );
    let told = concat!(
        r#"{"Header":{"MessageType":"HISTORICALREAD_RESPONSE","ClientHandle":"1"},"Body":{"DataValues":["#,
        r#"{"Value":{"Type":"13","Body":"2020-01-02T03:04:05.5Z"},"SourceTimestamp":"2020-01-02T03:04:05Z"},"#,
        r#"{"StatusCode":"BadInternalError"}],"Truncated":"true"}}"#
    );
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let ask = r#"{"Variable":"Temperature","StartTime":"NOW","EndTime":"NOW"}"#;
    client.ask("HISTORICALREAD", ask);
    assert_eq!(client.answered(1, answer), told);
    client.ask("HISTORICALREAD", ask);
    assert!(client.answered(2, r#"{"DataValues":[]}"#).ends_with(r#""Body":{"DataValues":""}}"#));
}

#[test]
fn a_refused_right_is_told_where_the_table_says() {
    let dialect = dialect();
    let body = r#"{"Variable":"Temperature","Value":{"Value":{"Type":1,"Body":1}},"StartTime":"NOW","EndTime":"NOW"}"#;
    let header = r#","StatusCode":"BadUserAccessDenied"}}"#;
    let in_body = r#"},"Body":{"StatusCode":"BadUserAccessDenied"}}"#;
    for (kind, told) in [("READ", in_body), ("WRITE", header), ("HISTORICALREAD", in_body), ("MONITORSTART", in_body)] {
        let mut client = Client::of(&dialect);
        let request = format!(r#"{{"Header":{{"MessageType":"{kind}_REQUEST","ClientHandle":"1"}},"Body":{body}}}"#);
        client.0.on_message(Frame::Text(&request)).unwrap();
        let refusal = Refusal::new(Reason::NotPermitted, "no");
        let head = format!(r#"{{"Header":{{"MessageType":"{kind}_RESPONSE","ClientHandle":"1""#);
        assert_eq!(client.answer(Outcome::Refused(&refusal)), format!("{head}{told}"));
        assert_eq!(client.answered(1, "{}"), "", "{kind} is not under way any more");
    }
    assert_eq!(dialect.0.handles.len(), 0);
}

#[test]
fn a_source_that_does_not_answer_is_told_in_the_body() {
    let dialect = dialect();
    for (reason, code) in [
        (Reason::Unavailable, "BadNotConnected"),
        (Reason::TooMany, "BadTooManyOperations"),
        (Reason::Malformed, "BadInternalError"),
    ] {
        let mut client = Client::of(&dialect);
        let refusal = Refusal::new(reason, "the source says so");
        for (ticket, kind) in [(1, "READ"), (2, "WRITE")] {
            let body = r#"{"Variable":"Temperature","Value":{"Value":{"Type":1,"Body":1}}}"#;
            client.ask(kind, body);
            let told = client.answer(Outcome::Answered { ticket, answer: Err(&refusal) });
            assert!(told.ends_with(&format!(r#"}},"Body":{{"StatusCode":"{code}"}}}}"#)), "{told}");
        }
    }
}

#[test]
fn what_waits_for_answers_is_bounded() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    for _ in 0..10_000 {
        client.ask("READ", TEMPERATURE);
    }
    let full = r#"},"Body":{"StatusCode":"BadTooManyOperations"}}"#;
    assert_eq!(client.ask("READ", TEMPERATURE), full);
    client.answered(77, "{}");
    assert!(client.ask("READ", TEMPERATURE).starts_with("read "));
}
