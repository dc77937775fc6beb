//! Variables that a backend finds in a server's folders, and methods: they are there for clients as the others are.

use super::*;

fn tell(dialect: &Opcua, json: &str) -> Result<Message, Refusal> {
    dialect.compose(&Topic::parse("opcua.plant").unwrap(), json)
}

#[test]
fn what_is_found_is_there_until_it_vanishes() {
    let dialect = native();
    let mut client = Client::of(&dialect);
    let before = client.ask("VALUELIST", "{}");
    let found = r#"{"Appeared":[{"Name":"line1.A","Type":"Byte","IsArray":true},{"Name":"Temperature","Type":"Int16","IsArray":false}]}"#;
    let message = tell(&dialect, found).unwrap();
    assert!(!message.retain);
    assert_eq!(client.ask("VALUELIST", "{}"), before.replace(r#""é"#, r#""line1.A","é"#));
    let info = client.ask("VALUEINFO", r#"{"Variables":["line1.A","Temperature"]}"#);
    let entry = |how| format!(r#"{{"Variable":"line1.A","Type":"Byte","IsArray":true,"Delivery":"{how}"}}"#);
    assert!(info.contains(&entry("subscription")), "{info}");
    dialect.note(&Topic::parse("opcua.plant").unwrap(), r#"{"Delivery":"polling"}"#);
    let polled = client.ask("VALUEINFO", r#"{"Variables":["line1.A"]}"#);
    assert!(polled.contains(&entry("polling")), "{polled}");
    assert!(info.contains(r#""Variable":"Temperature","Type":"Double""#), "what is configured stays: {info}");
    assert_eq!(
        client.ask("WRITE", r#"{"Variable":"line1.A","Value":["1",2]}"#),
        r#"write opcua.plant.line1%2EA {"Value":{"Type":3,"Body":[1,2]}} by opcua.write [opcua.plant.line1%2EA]"#
    );
    tell(&dialect, r#"{"Vanished":["line1.A","Temperature"]}"#).unwrap();
    assert_eq!(client.ask("VALUELIST", "{}"), before, "what is configured does not vanish");
    assert!(client.ask("READ", r#"{"Variable":"line1.A"}"#).contains("BadNodeIdUnknown"));
}

#[test]
fn what_is_told_of_a_server_is_for_nobodys_monitor() {
    let dialect = native();
    let message = tell(&dialect, r#"{"Vanished":[]}"#).unwrap();
    assert_eq!(written(&dialect, &message, Representation::Wire(Variant(1))), "");
    assert_eq!(written(&dialect, &message, Representation::Event(tieline_model::Sight::Full)), r#"{"Vanished":[]}"#);
    for wrong in ["[]", "{}", r#"{"Appeared":1}"#, r#"{"Appeared":[{"Name":"x"}]}"#, r#"{"Vanished":[1]}"#, "x"] {
        assert!(tell(&dialect, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_method_is_called_by_writing_its_arguments() {
    let mut start = Values::default();
    start.set("name", Value::Text("Start".into()));
    let mut plant = server("plant", Vec::new());
    plant.set("method", Value::Tables(vec![start]));
    let mut values = Values::default();
    values.set("server", Value::Tables(vec![plant]));
    let dialect = Opcua::new(&values, DialectLimits::default());
    let mut client = Client::of(&dialect);
    assert!(client.ask("VALUELIST", "{}").contains("Start"));
    assert!(client.ask("VALUEINFO", r#"{"Variables":["Start"]}"#).contains(r#""Type":"Method","IsArray":"false"}"#));
    let called = client.ask("WRITE", r#"{"Variable":"Start","Value":{"Speed":"7"}}"#);
    assert_eq!(called, r#"write opcua.plant.Start {"Speed":"7"} by opcua.write [opcua.plant.Start]"#);
    let answer = client.answered(1, r#"{"Outputs":{"Job":5,"Names":[]}}"#);
    assert!(answer.ends_with(r#"},"Body":{"Job":"5","Names":""}}"#), "{answer}");
    for (answer, told) in [
        (
            r#"{"StatusCode":"BadInvalidArgument","Arguments":{"Speed":"x"}}"#,
            r#"},"Body":{"StatusCode":"BadInvalidArgument","Arguments":{"Speed":"x"}}}"#,
        ),
        (r#"{"StatusCode":"BadUserAccessDenied","By":"server"}"#, r#","StatusCode":"BadUserAccessDenied"}}"#),
        (r#"{"StatusCode":"BadTimeout"}"#, r#"},"Body":{"StatusCode":"BadTimeout"}}"#),
        (r#"{"Outputs":{}}"#, r#"},"Body":""}"#),
    ] {
        let asked = client.ask("WRITE", r#"{"Variable":"Start"}"#);
        assert!(asked.starts_with("write opcua.plant.Start {} by"), "{asked}");
        let ticket = (2..9).find_map(|ticket| Some(client.answered(ticket, answer)).filter(|told| !told.is_empty()));
        assert!(ticket.as_ref().is_some_and(|said| said.ends_with(told)), "{ticket:?}");
    }
    assert!(client.ask("MONITORSTART", r#"{"Variable":"Start"}"#).contains("BadNotReadable"));
}
