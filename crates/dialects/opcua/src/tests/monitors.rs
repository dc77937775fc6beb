//! Monitors: which are there, under which handles, and what they hear (contract `opcua`, `MONITORSTART_REQUEST`).

use super::*;

const DONE: &str = r#"},"Body":""}"#;

fn start(client: &mut Client, handle: &str, name: &str) -> String {
    say(client, "MONITORSTART", handle, name)
}

fn stop(client: &mut Client, handle: &str, name: &str) -> String {
    say(client, "MONITORSTOP", handle, name)
}

/// What was asked of the gateway, and what was told behind the handle.
fn say(client: &mut Client, kind: &str, handle: &str, name: &str) -> String {
    let header = format!(r#""MessageType":"{kind}_REQUEST","ClientHandle":"{handle}""#);
    let (asked, told) = client.say(&format!(r#"{{"Header":{{{header}}},"Body":{{"Variable":"{name}"}}}}"#));
    let head = format!(r#"{{"Header":{{"MessageType":"{kind}_RESPONSE","ClientHandle":"{handle}""#);
    let told = told.strip_prefix(&head).unwrap_or(&told);
    asked.map_or_else(|_| told.to_owned(), |asked| format!("{} {told}", describe(&asked)))
}

#[test]
fn each_handle_hears_its_variable_in_its_own_form() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let by = "after 500ms by opcua.read";
    let expected = format!("hear opcua.plant.Temperature#1 {by} [opcua.plant.Temperature] {DONE}");
    assert_eq!(start(&mut client, "1", "Temperature"), expected);
    let expected = format!("hear opcua.plant.Temperature#2 {by} [opcua.plant.Temperature] {DONE}");
    assert_eq!(start(&mut client, "2", "Temperature"), expected, "two handles may watch one variable");
    let expected = format!("hear opcua.plant.Boolean#3 {by} [opcua.plant.Boolean] {DONE}");
    assert_eq!(start(&mut client, "3", "Boolean"), expected);
    let expected = format!("hear no more opcua.plant.Temperature#1 {DONE}");
    assert_eq!(stop(&mut client, "1", "Temperature"), expected);
    let value = r#"{"Value":{"Type":11,"Body":-30}}"#;
    let told = concat!(
        r#"{"Header":{"MessageType":"MONITORUPDATE_MESSAGE","ClientHandle":"2"},"#,
        r#""Body":{"Value":{"Type":"11","Body":"-30"}}}"#
    );
    assert_eq!(update(&dialect, Variant(2), value), told);
    assert_eq!(update(&dialect, Variant(1), value), "", "it has ended, so nobody receives this");
}

#[test]
fn a_handle_is_used_once_and_can_be_used_again() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let (exists, none) =
        (r#"},"Body":{"StatusCode":"BadEntryExists"}}"#, r#"},"Body":{"StatusCode":"BadNoEntryExists"}}"#);
    assert_eq!(stop(&mut client, "1", "Temperature"), none);
    start(&mut client, "1", "Temperature");
    assert_eq!(start(&mut client, "1", "Temperature"), exists);
    assert_eq!(start(&mut client, "1", "Boolean"), exists);
    assert_eq!(
        start(&mut client, r"\u0031", "Boolean"),
        r#"{"Header":{"MessageType":"MONITORSTART_RESPONSE","ClientHandle":"1"},"Body":{"StatusCode":"BadEntryExists"}}"#
    );
    assert_eq!(stop(&mut client, "1", "Boolean"), none, "it watches another variable");
    assert_eq!(stop(&mut client, "2", "Temperature"), none);
    assert_eq!(stop(&mut client, "1", "Temperature"), format!("hear no more opcua.plant.Temperature#1 {DONE}"));
    assert_eq!(stop(&mut client, "1", "Temperature"), none);
    assert!(start(&mut client, "1", "Boolean").contains("#2 "), "a new monitor is a new form");
    assert!(start(&mut Client::of(&dialect), "1", "Boolean").ends_with(DONE), "handles belong to their connection");
}

#[test]
fn handles_of_all_clients_share_a_table_that_empties() {
    let dialect = dialect();
    let (mut one, mut two) = (Client::of(&dialect), Client::of(&dialect));
    for client in [&mut one, &mut two] {
        start(client, "1", "Temperature");
        start(client, "2", "Boolean");
    }
    assert_eq!(dialect.0.handles.len(), 2, "equal handles have equal bytes");
    drop(one);
    assert_eq!(dialect.0.handles.len(), 2);
    stop(&mut two, "1", "Temperature");
    assert_eq!(dialect.0.handles.len(), 1);
    drop(two);
    assert_eq!(dialect.0.handles.len(), 0);
}

#[test]
fn the_older_spelling_of_the_handle_is_kept_in_updates() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let header = r#""MessageType":"MONITORSTART_REQUEST","ClientHandler":7"#;
    client.say(&format!(r#"{{"Header":{{{header}}},"Body":{{"Variable":"Temperature"}}}}"#)).0.unwrap();
    let told = update(&dialect, Variant(1), r#"{"Value":{"Type":1,"Body":true}}"#);
    assert!(
        told.starts_with(r#"{"Header":{"MessageType":"MONITORUPDATE_MESSAGE","ClientHandler":"7"},"Body":"#),
        "{told}"
    );
    start(&mut client, "8", "Temperature");
    assert_eq!(start(&mut client, "7", "Temperature"), r#"},"Body":{"StatusCode":"BadEntryExists"}}"#);
}

#[test]
fn monitors_are_bounded() {
    let dialect = dialect_with(&[], DialectLimits { streams: 2, ..DialectLimits::default() });
    let mut client = Client::of(&dialect);
    start(&mut client, "1", "Temperature");
    start(&mut client, "2", "Temperature");
    let full = r#"},"Body":{"StatusCode":"BadTooManyMonitoredItems"}}"#;
    assert_eq!(start(&mut client, "3", "Temperature"), full);
    assert_eq!(start(&mut client, "2", "Temperature"), r#"},"Body":{"StatusCode":"BadEntryExists"}}"#);
    stop(&mut client, "1", "Temperature");
    assert!(start(&mut client, "3", "Temperature").ends_with(DONE));
    let unbounded = dialect_with(&[], DialectLimits { streams: 0, ..DialectLimits::default() });
    let mut client = Client::of(&unbounded);
    for handle in 0..1500 {
        assert!(start(&mut client, &handle.to_string(), "Temperature").ends_with(DONE));
    }
}

#[test]
fn a_refused_start_leaves_nothing() {
    let dialect = dialect();
    let mut client = Client::of(&dialect);
    let request =
        r#"{"Header":{"MessageType":"MONITORSTART_REQUEST","ClientHandle":"1"},"Body":{"Variable":"Boolean"}}"#;
    client.0.on_message(Frame::Text(request)).unwrap();
    assert_eq!(dialect.0.handles.len(), 1);
    client.answer(Outcome::Refused(&Refusal::new(Reason::NotPermitted, "no")));
    assert_eq!(dialect.0.handles.len(), 0);
    assert!(start(&mut client, "1", "Boolean").ends_with(DONE));
}

#[test]
fn a_lost_server_is_told_in_the_header_and_other_statuses_in_the_body() {
    for (dialect, done) in [(dialect(), DONE), (native(), r#"},"Body":{}}"#)] {
        let mut client = Client::of(&dialect);
        assert!(start(&mut client, "1", "Temperature").ends_with(done));
        let head = r#"{"Header":{"MessageType":"MONITORUPDATE_MESSAGE","ClientHandle":"1""#;
        for (event, told) in [
            (r#"{"StatusCode":"BadNotConnected"}"#, r#","StatusCode":"BadNotConnected"}}"#),
            (r#"{"StatusCode":"BadInternalError"}"#, r#"},"Body":{"StatusCode":"BadInternalError"}}"#),
        ] {
            assert_eq!(update(&dialect, Variant(1), event), format!("{head}{told}"));
        }
    }
}
