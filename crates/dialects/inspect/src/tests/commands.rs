//! Requests that are carried out behind the dialect: what is asked, by which right, and what each answer is told as.

use super::*;
use tieline_model::{DefaultGrant, Right, Topic};

fn body(command: &Command) -> &str {
    std::str::from_utf8(&command.body).unwrap()
}

#[test]
fn a_request_is_a_command_with_its_right() {
    let mut client = Client::new();
    for (number, (text, topic, expected)) in [
        (IMAGE, "inspect.image", r#"{"file":"C:/temp/example.jpg","name":"other","focal_length":50.0}"#),
        (ELEMENTS, "inspect.elements", r#"{"file":"C:/temp/Points.gxml","import_mode":"clipboard"}"#),
        ("\n{ \"report\" : [ 1.50, \"a b\" ] }\n", "inspect.report", "{ \"report\" : [ 1.50, \"a b\" ] }"),
        (r#"{"gr\u00f6ße 1.2":1e9}"#, "inspect.größe%201%2E2", r#"{"gr\u00f6ße 1.2":1e9}"#),
    ]
    .into_iter()
    .enumerate()
    {
        let Ok(Asked { intent: Intent::Command(command), right: Some(right) }) = client.say(text).0 else { panic!() };
        assert_eq!((command.verb, command.topic.as_str(), command.ticket), ("run", topic, number as u64));
        assert_eq!(body(&command), expected);
        let Right { verb, topics, default_grant } = right;
        assert_eq!((verb, default_grant), ("inspect.run", DefaultGrant::Everyone));
        assert_eq!(topics.iter().map(Topic::as_str).collect::<Vec<_>>(), [topic]);
    }
}

#[test]
fn parameters_as_they_are_and_lengths_as_numbers() {
    for (given, expected) in [
        (r#"{"name":"","focal_length":50,"file":""}"#, r#"{"file":"","name":"","focal_length":50.0}"#),
        (
            r#"{"file":"C:\\temp\\ü \ud83d\ude8c.jpg","name":"\n","focal_length":" 3.5e1\n","x":[]}"#,
            r#"{"file":"C:\\temp\\ü 🚌.jpg","name":"\n","focal_length":35.0}"#,
        ),
        (
            r#"{"file":1,"name":"a","focal_length":null,"name":"b","file":"f","focal_\u006cength":0.25}"#,
            r#"{"file":"f","name":"b","focal_length":0.25}"#,
        ),
    ] {
        let command = Client::new().command(&format!(r#"{{"image":{given}}}"#));
        assert_eq!(body(&command), expected);
    }
    // A mode that nothing knows fails where it is used.
    let command = Client::new().command(r#"{"elements":{"file":"f","import_mode":"other"}}"#);
    assert_eq!(body(&command), r#"{"file":"f","import_mode":"other"}"#);
}

#[test]
fn the_first_key_that_is_known_decides() {
    let (image, elements) = (r#""image":{"file":"f","name":"","focal_length":1}"#, r#""elements":{}"#);
    let topic = |text: &str| Client::new().command(text).topic.as_str().to_owned();
    assert_eq!(topic(&format!(r#"{{"quit":1,"report":1,{elements},{image}}}"#)), "inspect.image");
    assert_eq!(topic(&format!(r#"{{"image":7,{image}}}"#)), "inspect.image", "the last of two equal keys");
    let missed = "Error: Missing parameter 'file' in 'elements' request.";
    assert_eq!(Client::new().reply(&format!(r#"{{"quit":1,"report":1,{elements}}}"#)), missed);
    assert_eq!(Client::new().reply(r#"{"report":1,"quit":1}"#), "bye");
    assert_eq!(topic(r#"{"x":1,"größe 1.2":1,"report":1}"#), "inspect.größe%201%2E2");
}

#[test]
fn every_answer_has_its_words() {
    let (image, elements, report) = (IMAGE, ELEMENTS, r#"{"report":1}"#);
    for (request, answer, expected) in [
        (image, r#"{"done":true}"#, "O.k."),
        (elements, r#"{"done":true}"#, "O.k."),
        (report, r#"{"done":true}"#, "Ok"),
        (image, r#"{"failed":"read"}"#, "Error: Image file C:/temp/example.jpg could not be read."),
        (image, r#"{"failed":"import"}"#, "Error: Image could not be imported from file C:/temp/example.jpg."),
        (elements, r#"{"failed":"read"}"#, "Error: Elements file C:/temp/Points.gxml could not be read."),
        (
            elements,
            r#"{"failed":"import"}"#,
            "Error: Elements could not be imported from file C:/temp/Points.gxml with import mode clipboard.",
        ),
        (
            image,
            r#"{"failed":"import","cause":"TIFF with JBIG compression is not read"}"#,
            "Error: Image could not be imported from file C:/temp/example.jpg. (TIFF with JBIG compression is not read)",
        ),
        (report, r#"{"failed":"import"}"#, "Error: Request 'report' could not be carried out."),
        (report, r#"{"failed":"read"}"#, "Error: Request 'report' could not be carried out."),
        (report, r#"{"reply":"two\nlines, ü\n"}"#, "two\nlines, ü\n"),
        (report, r#"{"reply":""}"#, "Ok"),
        (image, r#"{"reply":"as it is"}"#, "as it is"),
        (elements, r#"{"reply":""}"#, "O.k."),
        (image, r#"{"error":"no licence"}"#, "Error: no licence"),
        (report, r#"{"error":"","reply":"x"}"#, "Error: "),
        (image, "{}", "Error: The answer to this request could not be read."),
        (image, r#"{"done":false}"#, "Error: The answer to this request could not be read."),
        (image, r#"{"failed":"else"}"#, "Error: The answer to this request could not be read."),
        (report, "", "Error: The answer to this request could not be read."),
    ] {
        let mut client = Client::new();
        let ticket = client.command(request).ticket;
        assert_eq!(client.answer(ticket, answer), texts(&[expected]), "{request} {answer}");
        assert_eq!(client.answer(ticket, answer), [], "once");
    }
}

#[test]
fn what_is_refused_behind_it_is_told_as_well() {
    for (reason, expected) in [
        (Reason::NotPermitted, "Error: Not permitted."),
        (Reason::Unavailable, "Error: Not available now."),
        (Reason::TooMany, "Error: Busy, try again later: the detail."),
        (Reason::TooLarge, "Error: The detail."),
        (Reason::BadField, "Error: The detail."),
    ] {
        let refusal = Refusal::new(reason, "the detail");
        let mut client = Client::new();
        let ticket = client.command(IMAGE).ticket;
        assert_eq!(client.told(Outcome::Answered { ticket, answer: Err(&refusal) }), texts(&[expected]));
        // The same before it got that far.
        client.command(IMAGE);
        assert_eq!(client.told(Outcome::Refused(&refusal)), texts(&[expected]));
        assert_eq!(client.reply(r#"{"quit":1}"#), "bye", "it stays open");
    }
}

/// A client of the dialect with this section.
fn with(commands: &[(&str, &str)]) -> Client {
    use tieline_model::settings::{Value, Values};
    let mut values = Values::default();
    let named = commands.iter().map(|(name, executor)| {
        let mut table = Values::default();
        table.set("executor", Value::Text((*executor).to_owned()));
        ((*name).to_owned(), table)
    });
    values.set("commands", Value::Named(named.collect()));
    let dialect = (crate::ENTRY.build)(&values, DialectLimits::default());
    let address = "127.0.0.1:50000".parse().unwrap();
    Client(dialect.open(&Peer { session: SessionId::new(0, 1), address, forwarded: false, target: "/".into() }))
}

#[test]
fn what_something_else_carries_out_is_passed_on_as_it_came() {
    let whole = r#"{"image": {"file":"C:/a.jpg", "name":"L","focal_length":"50.0", "camera":"left"},"job" : "17"}"#;
    for executor in ["exec", "relay"] {
        let command = with(&[("image", executor)]).command(&format!("{whole}\n"));
        assert_eq!((command.topic.as_str(), body(&command)), ("inspect.image", whole), "{executor}");
    }
    // A real server says itself what it misses; before a program is started, that is ours to say.
    let wrong = r#"{"image":{"file":7}}"#;
    assert_eq!(body(&with(&[("image", "relay")]).command(wrong)), wrong);
    let missing = "Error: Missing parameter 'name' in 'image' request.";
    assert_eq!(with(&[("image", "exec")]).reply(wrong), missing);
    assert_eq!(with(&[("image", "project")]).reply(wrong), missing);
}

#[test]
fn a_command_of_a_star_takes_what_no_other_takes() {
    let commands = [("*", "exec"), ("weld", "exec")];
    for text in [r#""hello""#, "[1, 2]", "7", "null", r#"{"anything":{"a":1}}"#, "{}", r#"{"*":1}"#] {
        let command = with(&commands).command(text);
        assert_eq!((command.topic.as_str(), body(&command)), ("inspect.%2A", text));
    }
    assert_eq!(with(&commands).command(r#"{"weld":1}"#).topic.as_str(), "inspect.weld");
    assert_eq!(with(&commands).reply(r#"{"quit":1}"#), "bye");
    assert_eq!(with(&commands).reply("hello"), "Error: Malformed JSON message.");
    assert!(with(&commands).reply(r#"{"image":{}}"#).starts_with("Error: Missing parameter 'file'"));
    let mut client = with(&commands);
    let ticket = client.command("[]").ticket;
    assert_eq!(client.answer(ticket, r#"{"reply":""}"#), texts(&["Ok"]));
}
