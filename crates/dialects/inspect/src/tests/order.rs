//! Replies come in the order of the requests, whatever order the answers come in.

use super::*;
use proptest::prelude::*;

#[test]
fn a_later_reply_waits_for_an_earlier_one() {
    let mut client = Client::new();
    let first = client.command(IMAGE).ticket;
    let second = client.command(ELEMENTS).ticket;
    assert_eq!(client.say("x").1, []);
    let third = client.command(r#"{"report":1}"#).ticket;
    assert_eq!(client.answer(third, r#"{"reply":"third"}"#), []);
    assert_eq!(client.answer(first, r#"{"done":true}"#), texts(&["O.k."]));
    let rest =
        ["Error: Elements file C:/temp/Points.gxml could not be read.", "Error: Malformed JSON message.", "third"];
    assert_eq!(client.answer(second, r#"{"failed":"read"}"#), texts(&rest));
    assert_eq!(client.reply(r#"{"quit":1}"#), "bye");
}

#[test]
fn quit_waits_for_what_is_under_way() {
    let mut client = Client::new();
    let ticket = client.command(IMAGE).ticket;
    assert_eq!(client.say("quit").1, []);
    assert_eq!(client.say("x").1, [], "nothing behind it is heard");
    let mut expected = texts(&["O.k."]);
    expected.extend(goodbye());
    assert_eq!(client.answer(ticket, r#"{"done":true}"#), expected);
}

#[test]
fn a_refusal_is_told_in_the_place_of_what_it_is_about() {
    let mut client = Client::new();
    let first = client.command(IMAGE).ticket;
    client.command(ELEMENTS);
    let not_permitted = Refusal::new(Reason::NotPermitted, "no right");
    assert_eq!(client.told(Outcome::Refused(&not_permitted)), []);
    let third = client.command(ELEMENTS).ticket;
    // A limit of transport's is about the next message, which is not heard: the command before it goes on.
    let limited = Refusal::new(Reason::TooMany, "too fast").at_limit("messages_per_second");
    assert_eq!(client.told(Outcome::Refused(&limited)), []);
    assert_eq!(client.answer(first, r#"{"done":true}"#), texts(&["O.k.", "Error: Not permitted."]));
    let rest = ["O.k.", "Error: Busy, try again later: too fast."];
    assert_eq!(client.answer(third, r#"{"done":true}"#), texts(&rest));
}

#[test]
fn an_answer_to_nothing_is_nobodys() {
    let mut client = Client::new();
    let ticket = client.command(IMAGE).ticket;
    for other in [ticket + 1, ticket.wrapping_sub(1), u64::MAX] {
        assert_eq!(client.answer(other, r#"{"done":true}"#), []);
    }
    assert_eq!(client.answer(ticket, r#"{"done":true}"#), texts(&["O.k."]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Each request is a custom command with its number (`true`) or one that is answered at once with its number.
    #[test]
    fn any_order_of_answers_gives_the_order_of_requests(
        commands in proptest::collection::vec(any::<bool>(), 1..60),
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 60),
    ) {
        let mut client = Client::new();
        let (mut told, mut open) = (Vec::new(), Vec::new());
        for (number, is_command) in commands.iter().enumerate() {
            if *is_command {
                open.push((client.command(&format!(r#"{{"report":{number}}}"#)).ticket, number));
            } else {
                told.extend(client.say(&format!("[{number}]")).1);
            }
            // Some are answered while others are still being asked.
            if order[number].index(2) == 0 && !open.is_empty() {
                let (ticket, number) = open.remove(order[number].index(open.len()));
                told.extend(client.answer(ticket, &format!(r#"{{"reply":"{number}"}}"#)));
            }
        }
        for at in &order {
            if open.is_empty() {
                break;
            }
            let (ticket, number) = open.remove(at.index(open.len()));
            told.extend(client.answer(ticket, &format!(r#"{{"reply":"{number}"}}"#)));
        }
        let expected = commands.iter().enumerate().map(|(number, is_command)| {
            Utterance::Text(if *is_command { number.to_string() } else { format!("Error: Unknown request:\n[{number}]") })
        });
        prop_assert_eq!(told, expected.collect::<Vec<_>>());
    }
}
